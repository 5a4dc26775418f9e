//! Phrases of a recording, split where the speaker pauses (METHODS 2.1): what chronological negatives shuffle.
//!
//! METHODS 2.1, open there: phrases end at pauses of at least 120 ms and last at least 0.4 s. Chosen here: a cut lies in the
//! middle of its pause, longer pauses are cut first, and a cut that would leave a phrase shorter than 0.4 s is not made.
//! The phrases cover the recording from 0 to its end without gaps, so that any order of them lasts as long.

use crate::level::active_level;

/// A pause shorter than this many seconds does not end a phrase.
pub const SHORTEST_PAUSE: f64 = 0.12;
/// A phrase lasts at least this many seconds (unless the recording itself is shorter).
pub const SHORTEST_SEGMENT: f64 = 0.4;

/// Step of the energy curve in which pauses are looked for, in samples at 16 kHz: 10 ms.
const ENERGY_HOP: usize = 160;
/// A pause is quieter than this share of the way (in decibels) from the background to the speech. On the five LibriVox
/// clips the pauses so found agree best with those of the word times that come with them.
const PAUSE_SHARE: f64 = 0.35;
/// The background is the energy that this share of the recording does not exceed.
const BACKGROUND_SHARE: f64 = 0.05;
/// A background further below the speech counts as this far: recordings cut to digital silence have breaths, too.
const DEEPEST_BACKGROUND_DECIBELS: f64 = 45.0;
/// A background nearer to the speech is none: somebody speaks all the time, or nobody does.
const SHALLOWEST_BACKGROUND_DECIBELS: f64 = 10.0;

/// Sound between two quiet stretches that is no longer than this many seconds is a click or a breath and no speech.
const LONGEST_CLICK: f64 = 0.08;

/// A stretch of a recording, in seconds from its beginning; `start <= end`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Where it begins.
    pub start: f64,
    /// Where it ends.
    pub end: f64,
}

impl Segment {
    /// Its length in seconds.
    #[must_use]
    pub fn length(self) -> f64 {
        self.end - self.start
    }
}

/// The phrases of a recording of `duration` seconds in which words last from `.0` to `.1` (seconds, in any order; what is
/// not a number or lies outside the recording counts for nothing).
///
/// They lie in the order of time, touch each other, begin at 0 and end at `duration`: at least one for a positive
/// duration, none otherwise. Without words the whole recording is one.
#[must_use]
pub fn from_words(words: &[(f64, f64)], duration: f64) -> Vec<Segment> {
    split(&pauses_between(words, duration), duration, usize::MAX, SHORTEST_PAUSE)
}

/// The phrases of a mono recording at 16 kHz, found by its energy; for speech whose words are not known. As
/// [`from_words`] otherwise.
#[must_use]
pub fn from_energy(waveform_16k: &[f32]) -> Vec<Segment> {
    let duration = seconds(waveform_16k.len());
    split(&quiet_stretches(waveform_16k), duration, usize::MAX, SHORTEST_PAUSE)
}

/// Cuts a recording of `duration` seconds in the middle of its `pauses` (in any order) into at most `most` phrases, the
/// longest pauses first, leaving out pauses shorter than `shortest_pause` and cuts nearer than [`SHORTEST_SEGMENT`] to an
/// earlier one or to an end.
///
/// `split(pauses, duration, 3, 0.0)` is "split at the two largest pauses" of METHODS 2.1.
#[must_use]
pub fn split(pauses: &[Segment], duration: f64, most: usize, shortest_pause: f64) -> Vec<Segment> {
    if !duration.is_finite() || duration <= 0.0 || most == 0 {
        return Vec::new();
    }
    // Lengths are compared with a hair of tolerance: 1.12 - 1.0 is less than 0.12 in floating point.
    let tolerance = 1e-9;
    let mut pauses: Vec<Segment> =
        pauses.iter().copied().filter(|pause| pause.length() + tolerance >= shortest_pause).collect();
    pauses.sort_by(|a, b| b.length().total_cmp(&a.length()).then(a.start.total_cmp(&b.start)));
    let mut cuts = vec![0.0, duration];
    for pause in pauses {
        if cuts.len() > most {
            break;
        }
        let middle = pause.start + pause.length() / 2.0;
        let room = cuts.iter().map(|cut| (cut - middle).abs()).fold(f64::INFINITY, f64::min);
        if middle > 0.0 && middle < duration && room + tolerance >= SHORTEST_SEGMENT {
            cuts.push(middle);
        }
    }
    cuts.sort_by(f64::total_cmp);
    cuts.windows(2).map(|pair| Segment { start: pair[0], end: pair[1] }).collect()
}

/// The gaps between words within a recording, before the first and after the last of them included; in order of time.
#[must_use]
pub fn pauses_between(words: &[(f64, f64)], duration: f64) -> Vec<Segment> {
    let mut words: Vec<(f64, f64)> = words
        .iter()
        .filter(|(start, end)| start.is_finite() && end.is_finite() && end >= start)
        .map(|&(start, end)| (start.clamp(0.0, duration.max(0.0)), end.clamp(0.0, duration.max(0.0))))
        .collect();
    if words.is_empty() || !duration.is_finite() {
        return Vec::new();
    }
    words.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut pauses = Vec::new();
    let mut spoken_until = 0.0f64;
    for (start, end) in words.into_iter().chain([(duration, duration)]) {
        if start > spoken_until {
            pauses.push(Segment { start: spoken_until, end: start });
        }
        spoken_until = spoken_until.max(end);
    }
    pauses
}

/// Stretches of a mono recording at 16 kHz that are as quiet as its background, to 10 ms; in order of time.
///
/// The energy of 30 ms is compared with a level between that of the quietest twentieth of the recording and that of
/// the speech. A recording without both has none. Clicks of up to 80 ms between quiet stretches count as quiet.
#[must_use]
pub fn quiet_stretches(waveform_16k: &[f32]) -> Vec<Segment> {
    let Some(level) = active_level(waveform_16k, crate::ENCODER_RATE) else { return Vec::new() };
    let energies = smooth_decibels(waveform_16k);
    let mut sorted = energies.clone();
    sorted.sort_by(f64::total_cmp);
    let background = sorted[(sorted.len() as f64 * BACKGROUND_SHARE) as usize];
    let depth = (level - background).min(DEEPEST_BACKGROUND_DECIBELS);
    if depth.is_nan() || depth < SHALLOWEST_BACKGROUND_DECIBELS {
        return Vec::new();
    }
    let gate = level - depth * (1.0 - PAUSE_SHARE);
    let mut pauses: Vec<Segment> = Vec::new();
    for (index, &energy) in energies.iter().enumerate() {
        // What is not a number is not below the gate either.
        if energy < gate {
            let end = seconds(((index + 1) * ENERGY_HOP).min(waveform_16k.len()));
            let start = seconds(index * ENERGY_HOP);
            match pauses.last_mut() {
                // With a hair of tolerance, because times are sums of tenths.
                Some(last) if start - last.end <= LONGEST_CLICK + 1e-9 => last.end = end,
                _ => pauses.push(Segment { start, end }),
            }
        }
    }
    pauses
}

/// Energy in decibels below full scale by 10 ms, each the mean of itself and its two neighbours.
fn smooth_decibels(waveform_16k: &[f32]) -> Vec<f64> {
    let powers: Vec<f64> = waveform_16k
        .chunks(ENERGY_HOP)
        .map(|part| {
            part.iter().map(|&sample| f64::from(sample) * f64::from(sample)).sum::<f64>() / part.len() as f64
        })
        .collect();
    (0..powers.len())
        .map(|index| {
            let near = &powers[index.saturating_sub(1)..(index + 2).min(powers.len())];
            let mean = near.iter().sum::<f64>() / near.len() as f64;
            // Digital silence is finite, too.
            10.0 * if mean.is_nan() { mean } else { mean.max(1e-12) }.log10()
        })
        .collect()
}

fn seconds(samples_16k: usize) -> f64 {
    samples_16k as f64 / f64::from(crate::ENCODER_RATE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ends(segments: &[Segment]) -> Vec<f64> {
        segments.iter().map(|segment| (segment.end * 1000.0).round() / 1000.0).collect()
    }

    #[test]
    fn phrases_end_in_the_middle_of_pauses() {
        // Pauses: 0.1 (too short), 0.12, 0.3.
        let words = [(0.0, 0.5), (0.6, 1.0), (1.12, 2.0), (2.3, 3.0)];
        assert_eq!(ends(&from_words(&words, 3.2)), [1.06, 2.15, 3.2]);
        assert_eq!(ends(&from_words(&[], 3.2)), [3.2]);
        assert!(from_words(&words, 0.0).is_empty() && from_words(&words, f64::NAN).is_empty());
    }

    #[test]
    fn longer_pauses_win_where_phrases_would_be_too_short() {
        // Both pauses would leave 0.35 s between them: the longer one is cut.
        let words = [(0.0, 0.9), (1.1, 1.2), (1.5, 3.0)];
        assert_eq!(ends(&from_words(&words, 3.0)), [1.35, 3.0]);
        // "The two largest pauses" even if they are short.
        let words = [(0.0, 0.98), (1.0, 1.97), (2.0, 2.99), (3.0, 4.0)];
        assert_eq!(from_words(&words, 4.0).len(), 1);
        let thirds = split(&pauses_between(&words, 4.0), 4.0, 3, 0.0);
        assert_eq!(ends(&thirds), [0.99, 1.985, 4.0]);
    }

    #[test]
    fn energy_finds_the_pauses_of_a_quiet_and_of_a_loud_recording() {
        for gain in [0.02f32, 0.9] {
            let sound: Vec<f32> = (0..48_000)
                .map(|n| {
                    let pause = (14_400..17_600).contains(&n) || (32_000..32_800).contains(&n);
                    let level = if pause { 0.01 } else { 1.0 };
                    gain * level * (n as f32 * 0.2).sin()
                })
                .collect();
            // 0.9 to 1.1 s is a pause; 50 ms at 2 s are none.
            assert_eq!(ends(&from_energy(&sound)), [1.0, 3.0]);
        }
        // A click of 50 ms does not end a pause.
        let mut sound: Vec<f32> = (0..48_000).map(|n| 0.5 * (n as f32 * 0.2).sin()).collect();
        sound[16_000..24_000].fill(0.0);
        sound[20_000..20_800].fill(0.1);
        assert_eq!(quiet_stretches(&sound).len(), 1);
        assert_eq!(from_energy(&[0.0; 16_000]).len(), 1);
        assert!(from_energy(&[]).is_empty());
        assert_eq!(from_energy(&[f32::NAN; 16_000]), [Segment { start: 0.0, end: 1.0 }]);
    }

    proptest! {
        #[test]
        fn phrases_cover_the_recording_in_order(
            words in prop::collection::vec((-1.0f64..12.0, -0.5f64..1.5), 0..40),
            duration in 0.01f64..10.0,
            most in 1usize..9,
        ) {
            let words: Vec<(f64, f64)> = words.into_iter().map(|(start, length)| (start, start + length)).collect();
            let phrases = from_words(&words, duration);
            let few = split(&pauses_between(&words, duration), duration, most, 0.0);
            prop_assert!(few.len() <= most);
            for segments in [&phrases, &few] {
                prop_assert_eq!(segments[0].start, 0.0);
                prop_assert_eq!(segments[segments.len() - 1].end, duration);
                for pair in segments.windows(2) {
                    prop_assert_eq!(pair[0].end, pair[1].start);
                }
                let short = segments.iter().filter(|s| s.length() < SHORTEST_SEGMENT - 1e-6).count();
                prop_assert!(short == 0 || segments.len() == 1);
            }
            // No cut lies inside a word.
            for segment in &phrases[1..] {
                prop_assert!(!words.iter().any(|&(a, b)| a < segment.start - 1e-9 && segment.start + 1e-9 < b));
            }
        }

        #[test]
        fn energy_covers_any_waveform(samples in prop::collection::vec(-1.0f32..1.0, 1..4000), repeats in 1usize..12) {
            let sound: Vec<f32> = (0..repeats)
                .flat_map(|part| samples.iter().map(move |s| if part % 2 == 0 { *s } else { s * 0.001 }))
                .collect();
            let segments = from_energy(&sound);
            prop_assert_eq!(segments[0].start, 0.0);
            prop_assert_eq!(segments[segments.len() - 1].end, sound.len() as f64 / 16_000.0);
            prop_assert!(segments.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].length() > 0.0));
        }
    }
}
