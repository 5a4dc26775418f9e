//! Magnitudes of a constant-Q transform by octaves: the highest is analysed at the full rate, each
//! lower one after halving the rate (Schörkhuber and Klapuri 2010).

use super::stft::{Stft, hann_periodic};
use crate::resample::{Quality, Resampled};
use realfft::num_complex::Complex;

/// Frequency of the lowest band: C1.
pub(crate) const LOWEST_HZ: f64 = 32.703_195_662_574_83;
/// Bands in an octave.
pub(crate) const PER_OCTAVE: usize = 36;
/// Octaves.
pub(crate) const OCTAVES: usize = 7;
/// Share of each filter's magnitude, in its smallest coefficients, that is left out.
const SPARSITY: f64 = 0.01;

/// The filters of one octave in the frequency domain; each is zero outside a short run of bins.
struct OctaveFilters {
    size: usize,
    filters: Vec<Vec<(usize, Complex<f64>)>>,
}

/// Relative bandwidth of evenly tempered bands: `Q = 1 / alpha`.
fn alpha() -> f64 {
    let ratio = 2f64.powf(2.0 / PER_OCTAVE as f64);
    (ratio - 1.0) / (ratio + 1.0)
}

impl OctaveFilters {
    fn new(frequencies: &[f64], rate: f64, scale: f64) -> Self {
        let lengths: Vec<f64> = frequencies.iter().map(|hertz| rate / (alpha() * hertz)).collect();
        let longest = lengths.iter().copied().fold(1.0, f64::max);
        let size = (longest.ceil() as usize).next_power_of_two();
        let mut planner = realfft::RealFftPlanner::<f64>::new();
        let transform = planner.plan_fft_forward(size);
        let filters = frequencies
            .iter()
            .zip(&lengths)
            .map(|(&hertz, &length)| filter(hertz, rate, length, size, scale, transform.as_ref()))
            .collect();
        Self { size, filters }
    }
}

/// One windowed complex sinusoid of `length` samples, its spectrum's negligible coefficients dropped.
fn filter(
    hertz: f64,
    rate: f64,
    length: f64,
    size: usize,
    scale: f64,
    transform: &dyn realfft::RealToComplex<f64>,
) -> Vec<(usize, Complex<f64>)> {
    let from = (-length / 2.0).floor() as isize;
    let to = (length / 2.0).floor() as isize;
    let count = (to - from).max(1) as usize;
    let window = hann_periodic(count);
    let sum: f64 = window.iter().sum::<f64>().max(f64::from(f32::MIN_POSITIVE));
    let begin = (size - count.min(size)) / 2;
    let (mut real, mut imaginary) = (transform.make_input_vec(), transform.make_input_vec());
    for (index, weight) in window.iter().enumerate().take(size) {
        let angle = std::f64::consts::TAU * hertz / rate * (from + index as isize) as f64;
        let weight = weight / sum * length / size as f64;
        real[begin + index] = weight * angle.cos();
        imaginary[begin + index] = weight * angle.sin();
    }
    let mut real_bins = transform.make_output_vec();
    let mut imaginary_bins = transform.make_output_vec();
    let done = transform.process(&mut real, &mut real_bins);
    debug_assert!(done.is_ok());
    let done = transform.process(&mut imaginary, &mut imaginary_bins);
    debug_assert!(done.is_ok());
    let spectrum: Vec<Complex<f64>> =
        real_bins.iter().zip(&imaginary_bins).map(|(re, im)| re + im * Complex::i()).collect();

    let mut sorted: Vec<f64> = spectrum.iter().map(|bin| bin.norm()).collect();
    let total: f64 = sorted.iter().sum();
    sorted.sort_by(f64::total_cmp);
    let mut sum = 0.0;
    let threshold = sorted
        .iter()
        .find(|&&magnitude| {
            sum += magnitude / total;
            sum >= SPARSITY
        })
        .copied()
        .unwrap_or(0.0);
    spectrum
        .into_iter()
        .enumerate()
        .filter(|(_, bin)| bin.norm() >= threshold)
        .map(|(index, bin)| (index, bin * scale))
        .collect()
}

/// Calls `take` with every frame, band (0 the lowest, 252 in all) and magnitude of a signal at `rate`, every
/// `hop` samples: `1 + samples / hop` frames, octave by octave from the highest. `tuning` moves all bands by that
/// share of a band. `hop` must be a multiple of 64.
pub(crate) fn magnitudes(
    signal: &[f32],
    rate: f64,
    hop: usize,
    tuning: f64,
    mut take: impl FnMut(usize, usize, f32),
) {
    let lowest = LOWEST_HZ * 2f64.powf(tuning / PER_OCTAVE as f64);
    let frames = 1 + signal.len() / hop;
    let mut halved: Vec<f32>;
    let mut current = signal;
    let (mut current_rate, mut current_hop) = (rate, hop);
    for octave in (0..OCTAVES).rev() {
        let first = octave * PER_OCTAVE;
        let frequencies: Vec<f64> = (first..first + PER_OCTAVE)
            .map(|band| lowest * 2f64.powf(band as f64 / PER_OCTAVE as f64))
            .collect();
        let filters = OctaveFilters::new(&frequencies, current_rate, (rate / current_rate).sqrt());
        // Energy is kept per band, not per sample: longer filters weigh less.
        let weights: Vec<f64> = frequencies.iter().map(|hertz| (alpha() * hertz / rate).sqrt()).collect();
        let stft = Stft::new(filters.size, current_hop, Vec::new());
        stft.run(&current, |frame, bins| {
            // Halving rounds lengths up, so lower octaves may have a frame more but never one less.
            if frame >= frames {
                return;
            }
            for (band, (filter, weight)) in filters.filters.iter().zip(&weights).enumerate() {
                let sum: Complex<f64> = filter.iter().map(|(bin, factor)| bins[*bin] * factor).sum();
                take(frame, first + band, (sum.norm_sqr().sqrt() * weight) as f32);
            }
        });
        if octave > 0 {
            halved = Resampled::new(current, 1, 2, Quality::HIGH).collect();
            for sample in &mut halved {
                *sample *= std::f32::consts::SQRT_2;
            }
            current = &halved;
            current_rate /= 2.0;
            current_hop /= 2;
        }
    }
}
