//! Brightness and level.

use std::f32::consts::TAU;

/// Where the shelf begins, in Hz.
const SHELF_HZ: f32 = 1_000.0;
/// Length over which loudness is compared, and step between comparisons, in seconds.
const LEVEL_WINDOW: f32 = 0.03;
const LEVEL_STEP: f32 = 0.01;
/// Loudness is corrected by at most this factor.
const MOST_GAIN: f32 = 2.5;
/// Added to both loudnesses, so that silence is not amplified.
const FLOOR: f32 = 1e-4;
const PEAK: f32 = 0.98;

/// Raises or lowers what lies above about 1 kHz by `decibels`: the sound plus a share of its high-passed self.
pub(super) fn brighten(samples: &mut [f32], sample_rate: u32, decibels: f32) {
    let share = 10.0_f32.powf(decibels / 20.0) - 1.0;
    let keep = 1.0 - (-TAU * SHELF_HZ / sample_rate as f32).exp();
    let mut low = 0.0;
    for sample in samples {
        low += keep * (*sample - low);
        *sample += share * (*sample - low);
    }
}

/// Brings the loudness of `samples` over time to that of `original`, and peaks under full scale.
pub(super) fn match_level(samples: &mut [f32], original: &[f32], sample_rate: u32) {
    let step = ((LEVEL_STEP * sample_rate as f32) as usize).max(1);
    let half = ((LEVEL_WINDOW * sample_rate as f32) as usize / 2).max(1);
    let gains: Vec<f32> = (0..=samples.len() / step)
        .map(|index| {
            let (from, to) = ((index * step).saturating_sub(half), (index * step + half).min(samples.len()));
            let gain = (level(&original[from..to]) + FLOOR) / (level(&samples[from..to]) + FLOOR);
            gain.clamp(1.0 / MOST_GAIN, MOST_GAIN)
        })
        .collect();
    for (index, sample) in samples.iter_mut().enumerate() {
        let (before, share) = (index / step, (index % step) as f32 / step as f32);
        let next = gains.get(before + 1).copied().unwrap_or(gains[before]);
        *sample *= gains[before] + (next - gains[before]) * share;
    }
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    if peak > PEAK {
        samples.iter_mut().for_each(|sample| *sample *= PEAK / peak);
    }
}

fn level(samples: &[f32]) -> f32 {
    (samples.iter().map(|x| x * x).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}
