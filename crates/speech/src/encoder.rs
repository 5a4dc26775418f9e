//! The contract of learned speech encoders, and their way from 50 Hz to motion frames.

use crate::Result;
use ndarray::{Array2, Axis, s};

/// Turns a whole recording into learned features, one row a motion frame.
///
/// An encoder sees the whole recording (or enough context that nothing changes by cutting it up): run
/// on isolated windows its features shift, the defect of METHODS 0.3 (i).
pub trait SpeechEncoder {
    /// A short name for weight files and model cards, such as `wakehubert-tiny`.
    fn name(&self) -> &str;

    /// Columns of a feature row.
    fn dimensions(&self) -> usize;

    /// Features at 25 Hz, `[frames, dimensions]`, of a mono recording at
    /// [`ENCODER_RATE`](crate::ENCODER_RATE) whose samples lie roughly in −1..1.
    ///
    /// `progress` is told the finished share, 0..1, now and then.
    ///
    /// # Errors
    /// [`SpeechError::Run`](crate::SpeechError::Run) when the inference library fails.
    fn encode(
        &mut self,
        waveform_16k: &[f32],
        frames: usize,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Array2<f32>>;
}

/// Brings an encoder's 50 Hz rows `[rows, dimensions]` to `frames` motion frames at 25 Hz.
///
/// METHODS 0.3: a copy of the last row is appended while fewer rows than fiftieths of a second are there (encoders
/// whose convolutions eat the margin come out one short), then linear interpolation with aligned
/// corners to the ceil(T/2) motion frames that the sound lasts. When `frames` is another number than
/// that (a video a little longer or shorter than its sound), rows are cut off or the last is repeated:
/// stretching would let features and sound drift apart. No rows at all give zeros.
#[must_use]
pub fn to_motion_frames(rows: &Array2<f32>, samples_16k: usize, frames: usize) -> Array2<f32> {
    let (given, dimensions) = rows.dim();
    let mut result = Array2::zeros((frames, dimensions));
    if given == 0 {
        return result;
    }
    // One row is appended at most: what is missing beyond it repeats anyway, by the clamp below.
    let expected = samples_16k.div_ceil(crate::ENCODER_SAMPLES_PER_FRAME / 2).max(1);
    let fiftieths = if given + 1 == expected { given + 1 } else { given };
    let natural = fiftieths.div_ceil(2);
    let step = if natural > 1 { (fiftieths - 1) as f64 / (natural - 1) as f64 } else { 0.0 };
    for (frame, mut target) in result.axis_iter_mut(Axis(0)).enumerate() {
        let position = frame.min(natural - 1) as f64 * step;
        let below = (position.floor() as usize).min(given - 1);
        let above = (below + 1).min(given - 1);
        let share = (position - position.floor()) as f32;
        let (low, high) = (rows.slice(s![below, ..]), rows.slice(s![above, ..]));
        for ((value, &a), &b) in target.iter_mut().zip(low).zip(high) {
            *value = a + (b - a) * share;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn corners_are_aligned() {
        let rows = Array2::from_shape_fn((10, 1), |(row, _)| row as f32);
        let frames = to_motion_frames(&rows, 3200, 5);
        let column: Vec<f32> = frames.iter().copied().collect();
        assert_eq!(column, [0.0, 2.25, 4.5, 6.75, 9.0]);
    }

    #[test]
    fn a_missing_last_row_is_a_copy() {
        let rows = Array2::from_shape_fn((8, 1), |(row, _)| row as f32);
        let frames = to_motion_frames(&rows, 9 * 320, 5);
        let column: Vec<f32> = frames.iter().copied().collect();
        assert_eq!(column, [0.0, 2.0, 4.0, 6.0, 7.0]);
    }

    #[test]
    fn another_length_does_not_stretch() {
        let rows = Array2::from_shape_fn((9, 1), |(row, _)| row as f32);
        let longer: Vec<f32> = to_motion_frames(&rows, 9 * 320, 7).iter().copied().collect();
        assert_eq!(longer, [0.0, 2.0, 4.0, 6.0, 8.0, 8.0, 8.0]);
        let shorter: Vec<f32> = to_motion_frames(&rows, 9 * 320, 2).iter().copied().collect();
        assert_eq!(shorter, [0.0, 2.0]);
    }

    proptest! {
        #[test]
        fn stays_within_the_rows(rows in 0usize..40, short in 0usize..2, frames in 0usize..60) {
            let table = Array2::from_shape_fn((rows, 2), |(row, column)| ((row * 7 + column * 3) % 11) as f32);
            let result = to_motion_frames(&table, (rows + short) * 320, frames);
            prop_assert_eq!(result.dim(), (frames, 2));
            prop_assert!(result.iter().all(|value| (0.0..=10.0).contains(value)));
        }
    }
}
