//! Strokes of the hands of one kind of motion, against the syllables and gestures of staged clips.

use super::Mean;
use crate::gestures::{detected, faster_half};
use orator_body::KeypointTrack;
use orator_corpus::ClipDescription;
use orator_metrics::strokes::{Peak, TOLERANCE, chance, hits};
use orator_motion::contextual::StrokePlan;

/// The class of gestures whose strokes have to fall on a syllable.
const BEAT: &str = "beat";
/// Seconds within which a detected stroke is the one that was planned.
const MADE: f64 = 0.2;

/// Sums over clips and hands; what they mean is said in [`super::KindReport`].
#[derive(Default)]
pub(super) struct StrokeFigures {
    pub beats: Mean,
    pub on_stress: Mean,
    pub by_chance: Mean,
    pub a_minute: Mean,
    pub fast_on_stress: Mean,
    pub fast_by_chance: Mean,
    pub planned_a_minute: Mean,
    pub planned_on_stress: Mean,
    pub planned_made: Mean,
    pub on_syllable: Mean,
    pub on_syllable_by_chance: Mean,
}

/// What stressed syllables say to strokes.
struct Syllables {
    /// Middles of their vowels, in order.
    times: Vec<f64>,
    seconds: f64,
}

impl Syllables {
    /// How many of `strokes` are near one (each answers one), and how many would be by chance.
    fn answer(&self, strokes: &[f64]) -> [f64; 2] {
        let peaks: Vec<Peak> = self.times.iter().map(|&seconds| Peak { seconds, speed: 0.0 }).collect();
        let found = hits(strokes, self.times.iter().copied(), TOLERANCE) as f64;
        [found, chance(strokes, &peaks, self.seconds, TOLERANCE) * strokes.len() as f64]
    }
}

/// The detected stroke that is each planned one: the nearest within 0.2 s; each is one planned stroke's only. In order of time.
fn made(planned: &[f64], detected: &[f64]) -> Vec<f64> {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (p, plan) in planned.iter().enumerate() {
        for (d, time) in detected.iter().enumerate() {
            if (time - plan).abs() <= MADE {
                pairs.push(((time - plan).abs(), p, d));
            }
        }
    }
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0).then((one.1, one.2).cmp(&(other.1, other.2))));
    let mut taken: (Vec<bool>, Vec<bool>) = (vec![false; planned.len()], vec![false; detected.len()]);
    let mut found = Vec::new();
    for (_, p, d) in pairs {
        if !taken.0[p] && !taken.1[d] {
            (taken.0[p], taken.1[d]) = (true, true);
            found.push(detected[d]);
        }
    }
    found.sort_by(f64::total_cmp);
    found
}

impl StrokeFigures {
    /// Adds the motion `track`, whose strokes were meant to be `plan`, against what is said in `description`.
    pub fn add(&mut self, track: &KeypointTrack, plan: Option<&StrokePlan>, description: &ClipDescription) {
        let seconds = track.frames() as f64 / track.rate().as_f64();
        let times = description.words.iter().filter_map(|word| word.stress).filter(|&at| at < seconds);
        let syllables = Syllables { times: times.collect(), seconds };
        let (mut strokes, mut planned) = (0.0, 0.0);
        for (side, (peaks, not_its)) in detected(track).into_iter().zip(["right", "left"]).enumerate() {
            let times: Vec<f64> = peaks.iter().map(|peak| peak.seconds).collect();
            let beats: Vec<f64> = description
                .triggers
                .iter()
                .filter(|t| t.class == BEAT && t.hands != not_its && t.stroke < seconds)
                .map(|t| t.stroke)
                .collect();
            self.beats.share(hits(&beats, times.iter().copied(), TOLERANCE) as f64, beats.len() as f64);
            // Here the strokes are asked and the syllables answer: a syllable may answer both hands.
            let shares = |strokes: &[f64], mine: &mut Mean, by_chance: &mut Mean, among: usize| {
                let [found, likely] = syllables.answer(strokes);
                mine.share(found, among as f64);
                by_chance.share(likely, among as f64);
            };
            shares(&times, &mut self.on_stress, &mut self.by_chance, times.len());
            let fast = faster_half(&peaks);
            shares(&fast, &mut self.fast_on_stress, &mut self.fast_by_chance, fast.len());
            strokes += times.len() as f64;
            let Some(plan) = plan else { continue };
            let wanted: Vec<f64> = plan.hands[side].iter().copied().filter(|&at| at < seconds).collect();
            let found = made(&wanted, &times);
            shares(&found, &mut self.on_syllable, &mut self.on_syllable_by_chance, wanted.len());
            let count = wanted.len() as f64;
            self.planned_on_stress.share(syllables.answer(&wanted)[0], count);
            self.planned_made.share(hits(&wanted, times.iter().copied(), TOLERANCE) as f64, count);
            planned += count;
        }
        if seconds > 0.0 {
            self.a_minute.add(Some(strokes / seconds * 60.0), seconds);
            self.planned_a_minute.add(plan.map(|_| planned / seconds * 60.0), seconds);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_stroke_is_the_one_that_was_planned() {
        assert_eq!(made(&[1.0, 2.0, 3.0], &[0.85, 1.1, 1.95, 3.4]), [1.1, 1.95]);
        // One stroke cannot be two.
        assert_eq!(made(&[1.0, 1.3], &[1.16]), [1.16]);
        assert!(made(&[], &[1.0]).is_empty());
    }

    #[test]
    fn what_is_not_made_is_missed() {
        let syllables = Syllables { times: vec![1.0, 2.0, 5.0], seconds: 6.0 };
        let [found, by_chance] = syllables.answer(&made(&[1.0, 2.0, 3.0, 5.0], &[1.05, 2.15]));
        assert_eq!(found, 1.0);
        assert!(by_chance < 0.7, "{by_chance}");
    }
}
