//! Whisper's front end: logarithms of 80 mel bands, 100 a second (Radford et al. 2022, section 2.2).

use crate::ENCODER_RATE;
use crate::low_level::mel::MelFilters;
use crate::low_level::stft::{Stft, hann_periodic};
use crate::resample::Signal;
use ndarray::Array2;

/// Samples of one window at 16 kHz: 30 s.
pub(crate) const WINDOW_SAMPLES: usize = 480_000;
/// Mel bands.
pub(crate) const BANDS: usize = 80;
/// Mel frames of one window.
pub(crate) const FRAMES: usize = WINDOW_SAMPLES / HOP;
/// Samples of one mel frame: 10 ms.
const HOP: usize = 160;
const FFT_SIZE: usize = 400;
/// What lies further (in powers of ten) below the loudest value of the window counts as this far below.
const RANGE: f32 = 8.0;

/// Log-mel values of at most 30 s of sound, filled up with silence: `[80, 3000]`, about −1..1.5.
pub(crate) fn log_mel(samples: &[f32]) -> Array2<f32> {
    let stft = Stft::new(FFT_SIZE, HOP, hann_periodic(FFT_SIZE));
    let filters = MelFilters::new(f64::from(ENCODER_RATE), FFT_SIZE, BANDS);
    let mut result = Array2::zeros((BANDS, FRAMES));
    let mut column = [0.0f32; BANDS];
    stft.run(&Padded(samples), |frame, bins| {
        // The published front end drops the last frame, which is centred on the end.
        if frame < FRAMES {
            filters.decibels(bins, &mut column);
            for (band, value) in column.iter().enumerate() {
                result[[band, frame]] = value / 10.0;
            }
        }
    });
    let loudest = result.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    result.mapv_inplace(|value| (value.max(loudest - RANGE) + 4.0) / 4.0);
    result
}

/// A window's samples, silence up to its end, and both ends mirrored beyond (as the published front end has it).
struct Padded<'a>(&'a [f32]);

impl Signal for Padded<'_> {
    fn length(&self) -> usize {
        WINDOW_SAMPLES
    }

    fn read(&self, start: isize, target: &mut [f32]) {
        let last = WINDOW_SAMPLES as isize - 1;
        for (offset, value) in target.iter_mut().enumerate() {
            let index = start.saturating_add_unsigned(offset).abs();
            let index = if index > last { 2 * last - index } else { index };
            *value = usize::try_from(index).ok().and_then(|i| self.0.get(i)).copied().unwrap_or(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_stands_in_its_band_while_it_sounds() {
        // 1 kHz for one second.
        let tone: Vec<f32> =
            (0..16_000).map(|n| 0.5 * (n as f32 * std::f32::consts::TAU / 16.0).sin()).collect();
        let mel = log_mel(&tone);
        assert_eq!(mel.dim(), (80, 3000));
        let loudest =
            |frame: usize| (0..80).max_by(|&a, &b| mel[[a, frame]].total_cmp(&mel[[b, frame]])).unwrap();
        // Slaney's scale: 80 bands up to 8 kHz are 45.2 mel, 1 kHz is 15 mel, which is band 15 / 45.245 × 81 − 1.
        assert_eq!(loudest(50), 26);
        let top = mel[[26, 50]];
        // Everything later lies on the floor: 8 powers of ten are 2 units.
        assert!((mel[[26, 200]] - (mel.iter().copied().fold(f32::MIN, f32::max) - 2.0)).abs() < 1e-5);
        assert!(top > 0.5 && top < 2.0, "{top}");
        assert!(log_mel(&[]).iter().all(|value| (value + 1.5).abs() < 1e-5));
    }
}
