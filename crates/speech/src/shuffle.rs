//! Puts the phrases of a recording into another order (METHODS 2.1): speech that holds the same sounds at the wrong times.

use crate::segments::Segment;
use crate::{ENCODER_RATE, Result, SpeechError};
use std::ops::Range;

/// Length of the cross-fade over each join, in seconds (METHODS 2.1).
pub const CROSS_FADE: f64 = 0.01;

/// The mono recording at 16 kHz with its phrases in the order `permutation` (the phrase at place `i` of the result is
/// `segments[permutation[i]]`), as many samples as before.
///
/// `segments` cover the recording ([`segments::from_words`](crate::segments::from_words)). Over each join the sound that went on
/// behind one phrase fades into the sound that led up to the next, over `cross_fade` seconds ([`CROSS_FADE`]) but at most the
/// shorter of the two phrases. The two weights add up to one, so that phrases that were neighbours before are joined without
/// a trace: the identity changes nothing, and cutting alone cannot be heard or learned.
///
/// # Errors
/// [`SpeechError::Argument`] when `permutation` is not one of the segments' numbers, or the segments do not cover the recording.
pub fn shuffle(
    waveform_16k: &[f32],
    segments: &[Segment],
    permutation: &[usize],
    cross_fade: f64,
) -> Result<Vec<f32>> {
    let parts = parts(segments, permutation, waveform_16k.len())?;
    let mut result: Vec<f32> = Vec::with_capacity(waveform_16k.len());
    for part in &parts {
        result.extend_from_slice(&waveform_16k[part.clone()]);
    }
    // Beyond the recording's ends its first and last sample go on: silence there would click.
    let last = waveform_16k.len().saturating_sub(1);
    let at = |index: isize| waveform_16k[usize::try_from(index).unwrap_or(0).min(last)];
    let fade = (cross_fade.max(0.0) * f64::from(ENCODER_RATE)).min(waveform_16k.len() as f64) as usize;
    let mut join = 0usize;
    for pair in parts.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        join += before.len();
        if before.end == after.start {
            continue;
        }
        // Half the fade on each side, and never over half of a phrase: its other end may be fading, too.
        let half = (fade.min(before.len()).min(after.len()) / 2) as isize;
        for offset in -half..half {
            let share = (offset + half) as f32 + 0.5;
            let share = share / (2 * half) as f32;
            let (old, new) = (at(before.end as isize + offset), at(after.start as isize + offset));
            result[join.wrapping_add_signed(offset)] = old + (new - old) * share;
        }
    }
    Ok(result)
}

/// Which of `frames` equally long frames over the same recording each frame of the shuffled one shows: the way to shuffle
/// features that are already computed. Every frame appears once.
///
/// # Errors
/// As [`shuffle`].
pub fn shuffled_frames(segments: &[Segment], permutation: &[usize], frames: usize) -> Result<Vec<usize>> {
    Ok(parts(segments, permutation, frames)?.into_iter().flatten().collect())
}

/// The segments in their new order, as ranges of `count` equal steps of the recording.
fn parts(segments: &[Segment], permutation: &[usize], count: usize) -> Result<Vec<Range<usize>>> {
    let refuse = |what: String| Err(SpeechError::Argument(what));
    let mut seen = vec![false; segments.len()];
    for &index in permutation {
        match seen.get_mut(index) {
            Some(known) if !*known => *known = true,
            _ => return refuse(format!("{permutation:?} is no order of {} segments", segments.len())),
        }
    }
    if permutation.len() != segments.len() {
        return refuse(format!("{permutation:?} is no order of {} segments", segments.len()));
    }
    let Some(duration) = segments.last().map(|last| last.end) else {
        return if count == 0 { Ok(Vec::new()) } else { refuse("no segments cover the recording".into()) };
    };
    let touching = segments.windows(2).all(|pair| (pair[0].end - pair[1].start).abs() < 1e-6);
    let rising = segments.iter().all(|segment| segment.end >= segment.start);
    if !touching || !rising || segments[0].start != 0.0 || !duration.is_finite() || duration <= 0.0 {
        return refuse("the segments do not cover the recording without gaps".into());
    }
    let step = |time: f64| ((time / duration * count as f64).round() as usize).min(count);
    let whole: Vec<Range<usize>> = segments.iter().map(|s| step(s.start)..step(s.end)).collect();
    Ok(permutation.iter().map(|&index| whole[index].clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segments::from_words;
    use proptest::prelude::*;

    fn thirds() -> Vec<Segment> {
        vec![
            Segment { start: 0.0, end: 0.5 },
            Segment { start: 0.5, end: 1.2 },
            Segment { start: 1.2, end: 2.0 },
        ]
    }

    #[test]
    fn joins_fade_over_ten_milliseconds_and_nothing_else_changes() {
        let sound: Vec<f32> = (0..32_000).map(|n| n as f32).collect();
        let result = shuffle(&sound, &thirds(), &[2, 0, 1], CROSS_FADE).unwrap();
        // 1.2–2.0 s, then 0–0.5 s, then 0.5–1.2 s, which followed before: one join.
        let join = 32_000 - 19_200;
        for (index, &value) in result.iter().enumerate() {
            let untouched = if index < join { index + 19_200 } else { index - join };
            if index < join - 80 || index >= join + 80 {
                assert_eq!(value, untouched as f32, "{index}");
            }
        }
        // Just before the join the old sound has half its weight; the recording's first sample (0) stands for what lay before it.
        assert!((result[join - 1] / 31_999.0 - 0.503).abs() < 0.01, "{}", result[join - 1]);
        let gentle = result[join - 81..join + 81].windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(gentle < 32_000.0 / 100.0, "{gentle}");
    }

    #[test]
    fn orders_that_are_none_are_refused() {
        let sound = vec![0.5; 32_000];
        for order in [&[0, 1][..], &[0, 1, 1], &[0, 1, 3], &[0, 1, 2, 2]] {
            let error = shuffle(&sound, &thirds(), order, CROSS_FADE).unwrap_err();
            assert!(error.to_string().contains("3 segments"), "{error}");
        }
        let gap = [Segment { start: 0.0, end: 0.5 }, Segment { start: 0.7, end: 2.0 }];
        assert!(shuffle(&sound, &gap, &[1, 0], CROSS_FADE).is_err());
        assert!(shuffle(&sound, &[], &[], CROSS_FADE).is_err());
        assert!(shuffle(&[], &[], &[], CROSS_FADE).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn duration_and_samples_stay(
            samples in 1usize..9000,
            words in prop::collection::vec((0.0f64..0.6, 0.0f64..0.3), 0..8),
            shift in 0usize..8,
            fade in 0.0f64..0.05,
        ) {
            let sound: Vec<f32> = (0..samples).map(|n| n as f32).collect();
            let words: Vec<(f64, f64)> = words.into_iter().map(|(start, length)| (start, start + length)).collect();
            let segments = from_words(&words, samples as f64 / 16_000.0);
            let order: Vec<usize> = (0..segments.len()).map(|i| (i + shift) % segments.len()).collect();
            let mut plain = shuffle(&sound, &segments, &order, 0.0).unwrap();
            prop_assert_eq!(shuffle(&sound, &segments, &order, fade).unwrap().len(), samples);
            plain.sort_by(f32::total_cmp);
            prop_assert_eq!(&plain, &sound);
            let identity: Vec<usize> = (0..segments.len()).collect();
            prop_assert_eq!(shuffle(&sound, &segments, &identity, fade).unwrap(), sound);
            let mut frames = shuffled_frames(&segments, &order, samples % 90).unwrap();
            frames.sort_unstable();
            prop_assert_eq!(frames, (0..samples % 90).collect::<Vec<_>>());
        }
    }
}
