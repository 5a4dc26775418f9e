//! Pitch marks: one per period where the sound is voiced, evenly spaced elsewhere.

use super::PitchTrack;

/// Distance of marks in unvoiced sound, in seconds.
const UNVOICED_PERIOD: f32 = 0.005;
/// How far a mark may stray from its expected place, as a share of the period.
const STRAY: f32 = 0.2;
/// Weight against straying: the level at the edge of the search counts this share less.
const STRAY_COST: f32 = 0.25;

/// One mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mark {
    /// Sample.
    pub at: usize,
    /// Period in samples.
    pub period: f32,
    /// Whether the sound is voiced here.
    pub voiced: bool,
}

/// Places marks over the whole recording, in order.
pub(super) fn place(samples: &[f32], sample_rate: u32, track: &PitchTrack) -> Vec<Mark> {
    let rate = sample_rate as f32;
    let plain = UNVOICED_PERIOD * rate;
    let polarity = polarity(samples);
    let mut marks: Vec<Mark> = Vec::new();
    let mut at = 0.0_f32;
    while (at as usize) < samples.len() {
        let Some(hz) = track.at(at / rate) else {
            marks.push(Mark { at: at as usize, period: plain, voiced: false });
            at += plain;
            continue;
        };
        let period = rate / hz;
        // The first mark of a voiced stretch may lie anywhere in its first period.
        let (reach, cost) = match marks.last() {
            Some(mark) if mark.voiced => (STRAY * period, STRAY_COST),
            _ => (0.5 * period, 0.0),
        };
        let last = marks.last().map_or(0, |mark| mark.at + 1);
        let from = ((at - reach).max(0.0) as usize).max(last);
        let to = ((at + reach) as usize + 1).min(samples.len());
        let value = |index: usize| {
            let stray = (index as f32 - at) / reach.max(1.0);
            polarity * samples[index] * (1.0 - cost * stray * stray)
        };
        let best =
            (from..to).max_by(|&one, &other| value(one).total_cmp(&value(other))).unwrap_or(at as usize);
        marks.push(Mark { at: best, period, voiced: true });
        at = best as f32 + period;
    }
    marks
}

/// 1 where the sharper peaks of the wave point up, else -1.
fn polarity(samples: &[f32]) -> f32 {
    let cubes: f64 = samples.iter().map(|&x| f64::from(x).powi(3)).sum();
    if cubes < 0.0 { -1.0 } else { 1.0 }
}
