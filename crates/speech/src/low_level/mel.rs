//! Slaney's mel filter bank, decibels, and MFCC.

use ndarray::Array2;
use realfft::num_complex::Complex;

/// Mel bands.
pub(crate) const BANDS: usize = 128;
/// Cepstral coefficients kept.
pub(crate) const COEFFICIENTS: usize = 20;
/// Powers below this count as this (−100 dB).
const FLOOR: f64 = 1e-10;
/// Range below the loudest value of the recording that is kept.
const RANGE_DECIBELS: f32 = 80.0;

// Slaney's Auditory Toolbox scale: linear below 1 kHz, 27 logarithmic steps per factor 6.4 above.
const LINEAR_STEP_HZ: f64 = 200.0 / 3.0;
const KNEE_HZ: f64 = 1000.0;
const KNEE_MEL: f64 = KNEE_HZ / LINEAR_STEP_HZ;

fn log_step() -> f64 {
    6.4f64.ln() / 27.0
}

fn to_mel(hertz: f64) -> f64 {
    if hertz < KNEE_HZ { hertz / LINEAR_STEP_HZ } else { KNEE_MEL + (hertz / KNEE_HZ).ln() / log_step() }
}

fn to_hertz(mel: f64) -> f64 {
    if mel < KNEE_MEL { mel * LINEAR_STEP_HZ } else { KNEE_HZ * (log_step() * (mel - KNEE_MEL)).exp() }
}

/// `bands + 2` corner frequencies in Hz, evenly spaced in mel from 0 to `rate / 2`.
pub(crate) fn corners(rate: f64, bands: usize) -> Vec<f64> {
    let top = to_mel(rate / 2.0);
    (0..bands + 2).map(|index| to_hertz(top * index as f64 / (bands + 1) as f64)).collect()
}

/// Triangular filters of equal area over the bins of a power spectrum.
pub(crate) struct MelFilters {
    /// First bin and weights of each band.
    bands: Vec<(usize, Vec<f64>)>,
}

impl MelFilters {
    pub(crate) fn new(rate: f64, fft_size: usize, bands: usize) -> Self {
        let corners = corners(rate, bands);
        let bins = fft_size / 2 + 1;
        let bands = corners
            .windows(3)
            .map(|corner| {
                let weight = |bin: usize| {
                    let hertz = bin as f64 * rate / fft_size as f64;
                    let rising = (hertz - corner[0]) / (corner[1] - corner[0]);
                    let falling = (corner[2] - hertz) / (corner[2] - corner[1]);
                    rising.min(falling).max(0.0) * 2.0 / (corner[2] - corner[0])
                };
                let first = (0..bins).find(|&bin| weight(bin) > 0.0).unwrap_or(bins);
                // The published filter bank is single precision.
                let weights =
                    (first..bins).map(weight).take_while(|&w| w > 0.0).map(|w| f64::from(w as f32)).collect();
                (first, weights)
            })
            .collect();
        Self { bands }
    }

    /// Adds up one frame's power into decibels above 1, not yet limited in range. `decibels` holds one number a band.
    pub(crate) fn decibels(&self, bins: &[Complex<f64>], decibels: &mut [f32]) {
        for ((first, weights), target) in self.bands.iter().zip(decibels) {
            let power: f64 = weights.iter().zip(&bins[*first..]).map(|(w, bin)| w * bin.norm_sqr()).sum();
            *target = (10.0 * power.max(FLOOR).log10()) as f32;
        }
    }

    #[cfg(test)]
    pub(crate) fn dense(&self, fft_size: usize) -> Array2<f64> {
        let mut table = Array2::zeros((self.bands.len(), fft_size / 2 + 1));
        for (band, (first, weights)) in self.bands.iter().enumerate() {
            for (offset, weight) in weights.iter().enumerate() {
                table[[band, first + offset]] = *weight;
            }
        }
        table
    }
}

/// Raises everything more than 80 dB below the loudest value of the recording to that limit.
pub(crate) fn limit_range(decibels: &mut Array2<f32>) {
    let loudest = decibels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    decibels.mapv_inplace(|value| value.max(loudest - RANGE_DECIBELS));
}

/// First [`COEFFICIENTS`] values of the orthonormal DCT-II over the bands: `[frames, 128]` → `[frames, 20]`.
pub(crate) fn cepstrum(decibels: &Array2<f32>) -> Array2<f32> {
    let basis = Array2::from_shape_fn((COEFFICIENTS, BANDS), |(order, band)| {
        let scale = if order == 0 { 1.0 } else { 2.0 } / BANDS as f64;
        let angle = std::f64::consts::PI * order as f64 * (2 * band + 1) as f64 / (2 * BANDS) as f64;
        scale.sqrt() * angle.cos()
    });
    Array2::from_shape_fn((decibels.nrows(), COEFFICIENTS), |(frame, order)| {
        let sum: f64 = decibels
            .row(frame)
            .iter()
            .zip(basis.row(order))
            .map(|(&value, weight)| f64::from(value) * weight)
            .sum();
        sum as f32
    })
}
