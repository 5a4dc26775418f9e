//! A recording and everything that motion is made from.

use crate::level::levelling_gain;
use crate::resample::{Quality, Resampled};
use crate::{ENCODER_RATE, LOW_LEVEL_RATE, Result, SpeechEncoder, low_level};
use ndarray::{Array2, Axis, concatenate};
use orator_media::Audio;

/// A speech recording with its features, one row a motion frame at 25 Hz.
#[derive(Clone, Debug)]
pub struct Speech {
    /// The recording, mono, 16 kHz, as loud as it came.
    pub waveform_16k: Vec<f32>,
    /// Motion frames; frame `k` covers `k/25` to `(k+1)/25` seconds.
    pub frames: usize,
    /// Features of the learned encoder, `[frames, encoder.dimensions()]`.
    pub learned: Array2<f32>,
    /// The low-level block, `[frames, 35]`; columns in [`low_level`].
    pub low_level: Array2<f32>,
}

/// Share of the analysis time that goes to the learned encoder, for the progress.
const LEARNED_SHARE: f64 = 0.7;

impl Speech {
    /// Analyses a whole recording; see [`Self::from_waveform`].
    ///
    /// # Errors
    /// Those of the encoder, and [`SpeechError::Audio`](crate::SpeechError::Audio) for an impossible rate.
    pub fn analyse(
        audio: &Audio,
        encoder: &mut dyn SpeechEncoder,
        frames: usize,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Self> {
        let waveform = audio.resampled(ENCODER_RATE)?.samples;
        Self::from_waveform(waveform, encoder, frames, progress)
    }

    /// Analyses a whole mono recording at 16 kHz. `frames` normally is
    /// `FrameRate::MOTION.frames_covering(samples, 16_000)`; features beyond the sound repeat its last frame.
    ///
    /// For the features (not for `waveform_16k`) the speech is brought to
    /// [`TARGET_LEVEL_DBFS`](crate::TARGET_LEVEL_DBFS) by one factor, so that a quiet recording gives the
    /// features of a loud one. `NaN` and infinite samples count as silence. `progress` is told the
    /// finished share, 0..1.
    ///
    /// # Errors
    /// Those of the encoder.
    pub fn from_waveform(
        mut waveform_16k: Vec<f32>,
        encoder: &mut dyn SpeechEncoder,
        frames: usize,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Self> {
        for sample in &mut waveform_16k {
            if !sample.is_finite() {
                *sample = 0.0;
            }
        }
        let learned = encoder.encode(&waveform_16k, frames, &mut |done| progress(done * LEARNED_SHARE))?;
        let mut slower =
            Resampled::new(&waveform_16k, LOW_LEVEL_RATE as usize, ENCODER_RATE as usize, Quality::HIGH)
                .collect();
        let gain = levelling_gain(&waveform_16k, ENCODER_RATE);
        slower.iter_mut().for_each(|sample| *sample *= gain);
        let rows = low_level::features_with_progress(&slower, &mut |done| {
            progress(LEARNED_SHARE + done * (1.0 - LEARNED_SHARE));
        });
        let low_level = low_level::to_frames(&rows, frames);
        Ok(Self { waveform_16k, frames, learned, low_level })
    }

    /// Both blocks side by side, learned first: `[frames, encoder.dimensions() + 35]`.
    #[must_use]
    pub fn features(&self) -> Array2<f32> {
        // Both have `frames` rows by construction; a caller that broke that gets the learned block alone.
        concatenate(Axis(1), &[self.learned.view(), self.low_level.view()])
            .unwrap_or_else(|_| self.learned.clone())
    }
}
