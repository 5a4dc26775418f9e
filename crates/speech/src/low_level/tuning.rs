//! How far a recording's pitches lie from concert pitch, which the chroma bands are moved by.

use realfft::num_complex::Complex;

const LOWEST_HZ: f64 = 150.0;
const HIGHEST_HZ: f64 = 4000.0;
/// Spectral peaks below this share of their frame's highest value are ignored.
const PEAK_SHARE: f64 = 0.1;
/// Steps of the histogram in a chroma band.
const STEPS: usize = 100;

/// Collects the spectral peaks of a recording, frame by frame, as (frequency, height).
#[derive(Default)]
pub(crate) struct Pitches {
    peaks: Vec<(f32, f32)>,
    magnitudes: Vec<f64>,
}

impl Pitches {
    /// Adds one frame of a transform of `fft_size` at `rate` samples per second.
    pub(crate) fn add(&mut self, bins: &[Complex<f64>], rate: f64, fft_size: usize) {
        self.magnitudes.clear();
        self.magnitudes.extend(bins.iter().map(|bin| bin.norm_sqr().sqrt()));
        let height = &self.magnitudes;
        let threshold = PEAK_SHARE * height.iter().copied().fold(0.0, f64::max);
        let kept = |bin: usize| if height[bin] > threshold { height[bin] } else { 0.0 };
        for bin in 1..height.len().saturating_sub(1) {
            let hertz = bin as f64 * rate / fft_size as f64;
            let inside = (LOWEST_HZ..HIGHEST_HZ).contains(&hertz);
            if !(inside && kept(bin) > kept(bin - 1) && kept(bin) >= kept(bin + 1)) {
                continue;
            }
            // The parabola through three points: where its top lies, and how high.
            let slope = (height[bin + 1] - height[bin - 1]) / 2.0;
            let bend = height[bin + 1] + height[bin - 1] - 2.0 * height[bin];
            let shift = if slope.abs() >= bend.abs() { 0.0 } else { -slope / bend };
            let pitch = (bin as f64 + shift) * rate / fft_size as f64;
            self.peaks.push((pitch as f32, (height[bin] + 0.5 * slope * shift) as f32));
        }
    }

    /// The most frequent deviation in bands of `per_octave`, −0.5..0.5, among the higher half of the peaks;
    /// 0 without any.
    pub(crate) fn tuning(self, per_octave: usize) -> f64 {
        let mut heights: Vec<f64> = self.peaks.iter().map(|peak| f64::from(peak.1)).collect();
        let Some(threshold) = super::median(&mut heights) else { return 0.0 };
        let mut counts = [0usize; STEPS];
        for &(pitch, height) in &self.peaks {
            if f64::from(height) < threshold {
                continue;
            }
            let octaves = (f64::from(pitch) / (440.0 / 16.0)).log2();
            let mut deviation = (octaves * per_octave as f64).rem_euclid(1.0);
            if deviation >= 0.5 {
                deviation -= 1.0;
            }
            let step = ((deviation + 0.5) * STEPS as f64) as usize;
            counts[step.min(STEPS - 1)] += 1;
        }
        let mut best = 0;
        for step in 1..STEPS {
            if counts[step] > counts[best] {
                best = step;
            }
        }
        best as f64 / STEPS as f64 - 0.5
    }
}
