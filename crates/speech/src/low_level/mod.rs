//! The low-level block: 35 descriptors at 25 Hz (METHODS 0.3), as librosa 0.11.0 computes them.
//!
//! Sound at 12,800 Hz, hop 512, transforms of 2048 samples, 128 Slaney mel bands. Row `k` is centred on the start of motion
//! frame `k`, `k/25` seconds. Columns:
//!
//! | columns | feature |
//! |---|---|
//! | 0 | onset strength, ≥ 0, around 0–20 |
//! | 1–20 | MFCC; the first is level-like, −550..150, the others within ±160 |
//! | 21–32 | chroma CENS, 0..1 |
//! | 33 | 1 in frames where something begins, else 0 |
//! | 34 | 1 on beats, else 0 |
//!
//! Published settings: S2G-MDDiffusion's feature extraction, from which S1 and S2 inherit. The spectra are computed
//! frame by frame; of a recording only what grows with its frames is kept (about 1 kB a frame).

mod beat;
mod chroma;
mod constant_q;
pub(crate) mod mel;
mod onset;
pub(crate) mod stft;
mod tempo;
mod tuning;

use crate::LOW_LEVEL_RATE;
use crate::resample::{Quality, Resampled, Signal};
use ndarray::{Array2, Axis, s};
use stft::{Stft, hann_periodic};

/// Columns of the block.
pub const DIMENSIONS: usize = 35;
/// Column of the onset strength.
pub const ONSET_STRENGTH: usize = 0;
/// First of the 20 MFCC columns.
pub const MFCC: usize = 1;
/// First of the 12 chroma columns.
pub const CHROMA: usize = 21;
/// Column of the onset flags.
pub const ONSET: usize = 33;
/// Column of the beat flags.
pub const BEAT: usize = 34;

const FFT_SIZE: usize = 2048;
const HOP: usize = 512;
const FRAME_RATE: f64 = 25.0;
/// Tempo expected before anything is known, in beats per minute.
const USUAL_TEMPO: f64 = 120.0;
/// The rate at which the predecessor estimates the start tempo (METHODS 0.3; a parity trap of FIXTURES.md).
const TEMPO_RATE: usize = 22_050;

/// All 35 columns of a mono signal at 12,800 Hz: `[1 + samples / 512, 35]`. Finite for finite samples.
#[must_use]
pub fn features(signal_12800: &[f32]) -> Array2<f32> {
    features_with_progress(signal_12800, &mut |_| ())
}

/// As [`features`]; `progress` is told the finished share, 0..1.
#[must_use]
pub fn features_with_progress(signal_12800: &[f32], progress: &mut dyn FnMut(f64)) -> Array2<f32> {
    let spectra = Spectra::of(signal_12800, true);
    progress(0.25);
    let frames = spectra.decibels.nrows();
    let mut result = Array2::zeros((frames, DIMENSIONS));
    result.slice_mut(s![.., MFCC..CHROMA]).assign(&mel::cepstrum(&spectra.decibels));
    let strength = onset::strength(&spectra.decibels);
    for (frame, &value) in strength.iter().enumerate() {
        result[[frame, ONSET_STRENGTH]] = value;
    }
    for frame in onset::peaks(&strength) {
        result[[frame, ONSET]] = 1.0;
    }
    progress(0.3);
    let energy = chroma::fold(signal_12800, f64::from(LOW_LEVEL_RATE), HOP, spectra.tuning);
    result.slice_mut(s![.., CHROMA..ONSET]).assign(&chroma::cens(&energy));
    progress(0.6);
    for frame in beat_frames(signal_12800, &strength) {
        result[[frame, BEAT]] = 1.0;
    }
    progress(1.0);
    result
}

/// Cuts the rows to `frames`, or repeats the last one; onset and beat flags are never repeated.
#[must_use]
pub fn to_frames(features: &Array2<f32>, frames: usize) -> Array2<f32> {
    let (given, columns) = features.dim();
    let mut result = Array2::zeros((frames, columns));
    if given == 0 {
        return result;
    }
    for (frame, mut target) in result.axis_iter_mut(Axis(0)).enumerate() {
        target.assign(&features.row(frame.min(given - 1)));
        if frame >= given && columns == DIMENSIONS {
            target[ONSET] = 0.0;
            target[BEAT] = 0.0;
        }
    }
    result
}

/// Times in seconds at which something begins in a mono signal at 12,800 Hz, rising.
#[must_use]
pub fn onsets(signal_12800: &[f32]) -> Vec<f64> {
    seconds(&onset::peaks(&strength_of(signal_12800)))
}

/// Times in seconds of the beats in a mono signal at 12,800 Hz, rising; none in silence.
#[must_use]
pub fn beats(signal_12800: &[f32]) -> Vec<f64> {
    seconds(&beat_frames(signal_12800, &strength_of(signal_12800)))
}

fn seconds(frames: &[usize]) -> Vec<f64> {
    frames.iter().map(|&frame| frame as f64 / FRAME_RATE).collect()
}

fn strength_of(signal_12800: &[f32]) -> Vec<f32> {
    onset::strength(&Spectra::of(signal_12800, false).decibels)
}

fn beat_frames(signal_12800: &[f32], strength: &[f32]) -> Vec<usize> {
    let tempo = tempo::estimate(strength, FRAME_RATE, start_tempo(signal_12800));
    beat::track(strength, FRAME_RATE, tempo)
}

/// The tempo of the sound at 22,050 Hz, in beats per minute: where the beat tracker starts from.
fn start_tempo(signal_12800: &[f32]) -> f64 {
    let faster = Resampled::new(signal_12800, TEMPO_RATE, LOW_LEVEL_RATE as usize, Quality::LIGHT);
    let decibels = decibels(&faster, TEMPO_RATE as f64, |_| ());
    tempo::estimate(&onset::strength(&decibels), TEMPO_RATE as f64 / HOP as f64, USUAL_TEMPO)
}

/// What one pass over the signal's spectra yields.
struct Spectra {
    /// Mel energies in dB, `[frames, 128]`.
    decibels: Array2<f32>,
    /// Deviation from concert pitch in chroma bands.
    tuning: f64,
}

impl Spectra {
    fn of(signal_12800: &[f32], with_tuning: bool) -> Self {
        let rate = f64::from(LOW_LEVEL_RATE);
        let mut pitches = tuning::Pitches::default();
        let decibels = decibels(&signal_12800, rate, |bins| {
            if with_tuning {
                pitches.add(bins, rate, FFT_SIZE);
            }
        });
        Self { decibels, tuning: pitches.tuning(constant_q::PER_OCTAVE) }
    }
}

/// Mel energies in dB, `[frames, 128]`, within 80 dB of the loudest; `also` sees each frame's bins.
fn decibels(
    signal: &dyn Signal,
    rate: f64,
    mut also: impl FnMut(&[realfft::num_complex::Complex<f64>]),
) -> Array2<f32> {
    let stft = Stft::new(FFT_SIZE, HOP, hann_periodic(FFT_SIZE));
    let filters = mel::MelFilters::new(rate, FFT_SIZE, mel::BANDS);
    let mut result = Array2::zeros((stft.frames(signal.length()), mel::BANDS));
    stft.run(signal, |frame, bins| {
        if let Some(row) = result.row_mut(frame).as_slice_mut() {
            filters.decibels(bins, row);
        }
        also(bins);
    });
    mel::limit_range(&mut result);
    result
}

/// The middle value (mean of the two middle ones); sorts. `None` without values.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => None,
        count if count % 2 == 1 => Some(values[half]),
        _ => Some((values[half - 1] + values[half]) / 2.0),
    }
}

#[cfg(test)]
mod tests;
