//! Onset strength (spectral flux of the mel spectrogram) and its peaks.

use ndarray::Array2;

/// Frames of `fft_size / (2 hop)` by which a centred frame looks ahead, plus the lag of one frame.
const DELAY_FRAMES: usize = 2048 / (2 * 512) + 1;

/// Onset strength, one value a frame, ≥ 0: mean over the bands of the rise in decibels since the frame
/// before, delayed by half a transform so that a rise shows where it is heard. `decibels` is `[frames, bands]`.
pub(crate) fn strength(decibels: &Array2<f32>) -> Vec<f32> {
    let frames = decibels.nrows();
    let mut result = vec![0.0; frames];
    for (index, strength) in result.iter_mut().skip(DELAY_FRAMES).enumerate() {
        let (before, now) = (decibels.row(index), decibels.row(index + 1));
        let rise: f64 = now.iter().zip(before).map(|(a, b)| f64::from((a - b).max(0.0))).sum();
        *strength = (rise / decibels.ncols() as f64) as f32;
    }
    result
}

/// Frames before the current one that enter its local mean: 0.10 s at 25 Hz, rounded down.
const MEAN_BEFORE: usize = 2;
/// Frames from the current one on that enter its local mean.
const MEAN_AFTER: usize = 3;
/// How far a peak must stand above its local mean, of an envelope scaled to 0..1.
const RISE: f32 = 0.07;

/// Frames in which something begins: those whose strength, scaled to 0..1 over the recording, stands at
/// least 0.07 above the mean of the frames around it.
///
/// At 25 Hz librosa's windows for the local maximum (0.03 s) and the waiting time (0.03 s) are shorter than a
/// frame, so neighbouring frames of one rise may all be peaks.
pub(crate) fn peaks(strength: &[f32]) -> Vec<usize> {
    let low = strength.iter().copied().fold(f32::INFINITY, f32::min);
    let high = strength.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if high <= 0.0 || !(high - low).is_finite() {
        return Vec::new();
    }
    let scaled: Vec<f32> =
        strength.iter().map(|value| (value - low) / (high - low + f32::MIN_POSITIVE)).collect();
    (0..scaled.len())
        .filter(|&frame| {
            let around = &scaled[frame.saturating_sub(MEAN_BEFORE)..(frame + MEAN_AFTER).min(scaled.len())];
            let mean = around.iter().sum::<f32>() / around.len() as f32;
            scaled[frame] >= mean + RISE
        })
        .collect()
}
