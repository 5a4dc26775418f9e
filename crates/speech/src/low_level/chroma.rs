//! Chroma: energy by pitch class, and its smoothed, quantised form CENS (Müller 2007).

use super::constant_q::{self, PER_OCTAVE};
use super::stft::hann_symmetric;
use ndarray::Array2;

/// Pitch classes, C first.
pub(crate) const CLASSES: usize = 12;
/// Shares of a frame's energy from which a class counts one step more.
const STEPS: [f32; 4] = [0.4, 0.2, 0.1, 0.05];
/// What a step adds.
const STEP: f32 = 0.25;
/// Frames of the smoothing window, 1.64 s at 25 Hz.
const SMOOTHING: usize = 41;
/// Below this a frame is silent and stays as it is.
const TINY: f32 = f32::MIN_POSITIVE;

/// Energy of each pitch class over the octaves, `[frames, 12]`, of a signal at `rate` every `hop` samples.
pub(crate) fn fold(signal: &[f32], rate: f64, hop: usize, tuning: f64) -> Array2<f32> {
    let mut chroma = Array2::zeros((1 + signal.len() / hop, CLASSES));
    let per_class = PER_OCTAVE / CLASSES;
    constant_q::magnitudes(signal, rate, hop, tuning, |frame, band, magnitude| {
        // A class owns the bands around its centre: one below it, itself and one above.
        chroma[[frame, (band + per_class / 2) / per_class % CLASSES]] += magnitude;
    });
    chroma
}

/// CENS of folded chroma `[frames, 12]`: share of the frame's energy, quantised in four steps, smoothed over
/// 41 frames, brought to unit Euclidean length. Silent frames far from sound are zero.
pub(crate) fn cens(chroma: &Array2<f32>) -> Array2<f32> {
    let frames = chroma.nrows();
    let mut quantised = Array2::<f32>::zeros((frames, CLASSES));
    for (mut target, frame) in quantised.rows_mut().into_iter().zip(chroma.rows()) {
        let sum: f32 = frame.iter().map(|value| value.abs()).sum();
        let scale = if sum < TINY { 1.0 } else { sum };
        for (value, energy) in target.iter_mut().zip(frame) {
            *value = STEP * STEPS.iter().filter(|&&step| energy / scale > step).count() as f32;
        }
    }
    let window = hann_symmetric(SMOOTHING + 2);
    let sum: f64 = window.iter().sum();
    let reach = window.len() / 2;
    let mut result = Array2::zeros((frames, CLASSES));
    for frame in 0..frames {
        let from = frame.saturating_sub(reach);
        let to = (frame + reach).min(frames - 1);
        let mut smooth = [0.0f64; CLASSES];
        for other in from..=to {
            let weight = window[frame + reach - other] / sum;
            for (value, step) in smooth.iter_mut().zip(quantised.row(other)) {
                *value += weight * f64::from(*step);
            }
        }
        let length = smooth.iter().map(|value| value * value).sum::<f64>().sqrt();
        let scale = if length < f64::from(TINY) { 1.0 } else { length };
        for (target, value) in result.row_mut(frame).iter_mut().zip(smooth) {
            *target = (value / scale) as f32;
        }
    }
    result
}
