//! Recordings: one channel of samples and their rate; reading, resampling, cutting, writing them.

mod decode;
mod file_end;
mod mp4_edits;
mod notes;
mod opus;
mod outside_program;
mod read;
mod resample;
mod track;
mod write;

pub use notes::AudioNotes;
pub use read::{read, read_with_notes};
pub use write::write_wav;

use crate::{MediaError, Result};

/// The quietest peak that still counts as sound: one step of a 16-bit recording.
const SILENCE: f32 = 1.0 / 32_768.0;

/// The highest sample rate that is believed, in samples per second.
pub(crate) const MAX_RATE: u32 = 768_000;

/// A mono recording.
#[derive(Clone, PartialEq)]
pub struct Audio {
    /// Samples per second, above zero.
    pub rate: u32,
    /// The samples, `[n]`, within [-1, 1].
    pub samples: Vec<f32>,
}

impl Audio {
    /// Takes samples as they are.
    ///
    /// # Errors
    /// [`MediaError::Argument`] for a rate of zero or above 768 kHz.
    pub fn new(rate: u32, samples: Vec<f32>) -> Result<Self> {
        if rate == 0 || rate > MAX_RATE {
            return Err(MediaError::Argument(format!("{rate} samples per second is not a sample rate")));
        }
        Ok(Self { rate, samples })
    }

    /// The length in seconds.
    #[must_use]
    pub fn duration_seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate.max(1))
    }

    /// Whether nothing in it is louder than one step of a 16-bit recording.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.samples.iter().all(|sample| sample.abs() <= SILENCE)
    }

    /// The samples `from..to`, both cut to the recording's length.
    #[must_use]
    pub fn slice(&self, from: usize, to: usize) -> Self {
        let to = to.min(self.samples.len());
        Self { rate: self.rate, samples: self.samples[from.min(to)..to].to_vec() }
    }
}

impl std::fmt::Debug for Audio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Audio({} samples at {} Hz)", self.samples.len(), self.rate)
    }
}
