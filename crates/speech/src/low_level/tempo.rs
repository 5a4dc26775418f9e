//! Tempo from the autocorrelation of the onset strength (tempogram) under a log-normal prior.

use super::stft::hann_periodic;
use realfft::RealFftPlanner;

/// Span of the local autocorrelation, in seconds.
const SPAN_SECONDS: f64 = 8.0;
/// Faster tempi are not considered.
const FASTEST: f64 = 320.0;
/// Standard deviation of the prior, in octaves.
const PRIOR_OCTAVES: f64 = 1.0;
/// Weight of the autocorrelation inside the logarithm.
const SHARPNESS: f64 = 1e6;

/// The most likely tempo in beats per minute of an onset strength at `frame_rate` frames per second, where
/// tempi near `expected` are preferred. Only tempi of a whole number of frames a beat can come out.
pub(crate) fn estimate(strength: &[f32], frame_rate: f64, expected: f64) -> f64 {
    let span = (SPAN_SECONDS * frame_rate).floor() as usize;
    let correlation = mean_tempogram(strength, span);
    let mut best = (expected, f64::NEG_INFINITY);
    for (lag, &value) in correlation.iter().enumerate().skip(1) {
        let tempo = 60.0 * frame_rate / lag as f64;
        if tempo >= FASTEST {
            continue;
        }
        let octaves = (tempo.log2() - expected.log2()) / PRIOR_OCTAVES;
        let score = (SHARPNESS * value).ln_1p() - 0.5 * octaves * octaves;
        if score > best.1 {
            best = (tempo, score);
        }
    }
    best.0
}

/// Autocorrelation of Hann-windowed stretches of `span` frames around every frame, each scaled to a maximum
/// of 1, averaged over the frames. Beyond the ends the strength falls to zero in a straight line.
fn mean_tempogram(strength: &[f32], span: usize) -> Vec<f64> {
    let mut mean = vec![0.0; span];
    let (Some(&first), Some(&last)) = (strength.first(), strength.last()) else { return mean };
    if span == 0 {
        return mean;
    }
    let margin = span / 2;
    let ramp = |edge: f32, step: usize| f64::from(edge) * step as f64 / margin.max(1) as f64;
    let mut padded: Vec<f64> = (0..margin).map(|step| ramp(first, step)).collect();
    padded.extend(strength.iter().map(|&value| f64::from(value)));
    padded.extend((0..margin).rev().map(|step| ramp(last, step)));

    let window = hann_periodic(span);
    let size = (2 * span).next_power_of_two();
    let mut planner = RealFftPlanner::<f64>::new();
    let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
    let mut stretch = forward.make_input_vec();
    let mut bins = forward.make_output_vec();
    let mut scratch = forward.make_scratch_vec();
    let mut inverse_scratch = inverse.make_scratch_vec();
    for frame in 0..strength.len() {
        stretch.fill(0.0);
        for ((target, value), weight) in stretch.iter_mut().zip(&padded[frame..]).zip(&window) {
            *target = value * weight;
        }
        let there = forward.process_with_scratch(&mut stretch, &mut bins, &mut scratch);
        for bin in &mut bins {
            *bin = (bin.norm_sqr() / size as f64).into();
        }
        let back = inverse.process_with_scratch(&mut bins, &mut stretch, &mut inverse_scratch);
        debug_assert!(there.is_ok() && back.is_ok());
        let highest = stretch[..span].iter().fold(0.0f64, |high, value| high.max(value.abs()));
        let scale = if highest < f64::from(f32::MIN_POSITIVE) { 1.0 } else { 1.0 / highest };
        for (sum, value) in mean.iter_mut().zip(&stretch) {
            // Rounding leaves tiny negative values whose logarithm would not exist.
            *sum += value.max(0.0) * scale;
        }
    }
    let frames = strength.len() as f64;
    mean.iter_mut().for_each(|value| *value /= frames);
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_steady_beat() {
        let strength: Vec<f32> = (0..300).map(|frame| if frame % 13 == 0 { 5.0 } else { 0.0 }).collect();
        assert!((estimate(&strength, 25.0, 120.0) - 60.0 * 25.0 / 13.0).abs() < 1e-9);
    }

    #[test]
    fn short_and_silent_give_a_number() {
        for strength in [vec![], vec![0.0], vec![0.0; 50], vec![1.0; 3]] {
            assert!(estimate(&strength, 25.0, 120.0).is_finite());
        }
    }
}
