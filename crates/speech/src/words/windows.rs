//! Where a long recording is cut into windows that the encoder can take: in pauses, so that no word is halved.

use super::log_mel::WINDOW_SAMPLES;
use crate::ENCODER_RATE;
use crate::segments::quiet_stretches;
use std::ops::Range;

/// Longest window, in samples: a second less than the encoder takes, so that every window ends in silence.
const LONGEST: usize = WINDOW_SAMPLES - ENCODER_RATE as usize;
/// A window that is followed by another is at least this long.
const SHORTEST: usize = LONGEST / 2;

/// Ranges of samples that cover the recording in order, none longer than 29 s. A cut lies in the middle of the longest pause
/// between 14.5 and 29 s after the one before, or at 29 s where nobody pauses.
pub(crate) fn windows(waveform_16k: &[f32]) -> Vec<Range<usize>> {
    let mut result = Vec::new();
    let mut start = 0;
    while start < waveform_16k.len() {
        let rest = &waveform_16k[start..];
        let length = if rest.len() <= LONGEST { rest.len() } else { first_cut(&rest[..LONGEST]) };
        result.push(start..start + length);
        start += length;
    }
    result
}

fn first_cut(window: &[f32]) -> usize {
    let sample = |time: f64| (time * f64::from(ENCODER_RATE)).round() as usize;
    quiet_stretches(window)
        .into_iter()
        .filter(|pause| (SHORTEST..window.len()).contains(&sample(pause.start + pause.length() / 2.0)))
        .max_by(|a, b| a.length().total_cmp(&b.length()))
        .map_or(window.len(), |pause| sample(pause.start + pause.length() / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_lie_in_the_longest_pause_within_reach() {
        let mut sound: Vec<f32> = (0..16_000 * 40).map(|n| 0.3 * (n as f32 * 0.2).sin()).collect();
        // Pauses of 1.0 s at 5 s (too early), 0.2 s at 16 s and 0.5 s at 24 s.
        for (at, length) in [(5.0, 1.0), (16.0, 0.2), (24.0, 0.5)] {
            sound[(at * 16_000.0) as usize..((at + length) * 16_000.0) as usize].fill(0.0);
        }
        let windows = windows(&sound);
        assert_eq!(windows.len(), 2);
        assert!(windows[0].end.abs_diff(24 * 16_000 + 4000) <= 400, "{windows:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn windows_cover_any_length(seconds in 0usize..100, extra in 0usize..700, loud in any::<bool>()) {
            let level = if loud { 0.5 } else { 0.0 };
            let sound = vec![level; seconds * 16_000 + extra];
            let windows = windows(&sound);
            let mut end = 0;
            for window in &windows {
                prop_assert_eq!(window.start, end);
                prop_assert!(window.end > window.start && window.len() <= LONGEST);
                end = window.end;
            }
            prop_assert_eq!(end, sound.len());
        }
    }
}
