//! A recording and everything that motion is made from.

use crate::level::levelling_gain;
use crate::resample::{Quality, Resampled};
use crate::{ENCODER_RATE, LOW_LEVEL_RATE, Result, SpeechEncoder, SpeechError, low_level};
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
    /// Features of what is said, `[frames, dimensions]` of a [`TextEncoder`](crate::TextEncoder); none unless
    /// [`Self::with_text`] brought them.
    pub text: Option<Array2<f32>>,
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
        Ok(Self { waveform_16k, frames, learned, low_level, text: None })
    }

    /// This speech with features of its text, `[frames, dimensions]`: METHODS 0.3's optional third block.
    ///
    /// # Errors
    /// [`SpeechError::Argument`] for another number of rows than [`Self::frames`].
    pub fn with_text(self, text: Array2<f32>) -> Result<Self> {
        if text.nrows() != self.frames {
            return Err(SpeechError::Argument(format!(
                "{} rows of text features for {} frames",
                text.nrows(),
                self.frames
            )));
        }
        Ok(Self { text: Some(text), ..self })
    }

    /// The blocks side by side, learned first, then low-level, then the text's if there is one:
    /// `[frames, encoder.dimensions() + 35 (+ text dimensions)]`.
    #[must_use]
    pub fn features(&self) -> Array2<f32> {
        let blocks = [Some(&self.learned), Some(&self.low_level), self.text.as_ref()];
        let views: Vec<_> = blocks.into_iter().flatten().map(|block| block.view()).collect();
        // All have `frames` rows by construction; a caller that broke that gets the learned block alone.
        concatenate(Axis(1), &views).unwrap_or_else(|_| self.learned.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two columns: the frame's number and the recording's length.
    struct Counting;

    impl SpeechEncoder for Counting {
        fn name(&self) -> &str {
            "counting"
        }
        fn dimensions(&self) -> usize {
            2
        }
        fn encode(
            &mut self,
            waveform: &[f32],
            frames: usize,
            progress: &mut dyn FnMut(f64),
        ) -> Result<Array2<f32>> {
            progress(1.0);
            Ok(Array2::from_shape_fn((frames, 2), |(frame, column)| {
                if column == 0 { frame as f32 } else { waveform.len() as f32 }
            }))
        }
    }

    #[test]
    fn any_rate_gives_both_blocks_side_by_side() {
        for rate in [8000, 16_000, 44_100] {
            let samples = (0..rate * 2).map(|n| (n as f32 * 500.0 / rate as f32).sin() * 0.3).collect();
            let audio = Audio::new(rate, samples).expect("audio");
            let mut done = Vec::new();
            let speech =
                Speech::analyse(&audio, &mut Counting, 50, &mut |share| done.push(share)).expect("speech");
            assert_eq!(speech.waveform_16k.len(), 32_000);
            let features = speech.features();
            assert_eq!(features.dim(), (50, 2 + low_level::DIMENSIONS));
            assert_eq!(features[[49, 0]], 49.0);
            assert!(features.iter().all(|value| value.is_finite()));
            assert!(done.windows(2).all(|pair| pair[0] <= pair[1]) && done.last() == Some(&1.0));
        }
    }

    #[test]
    fn text_is_a_third_block_only_where_asked_for() {
        let speech = Speech::from_waveform(vec![0.1; 6400], &mut Counting, 10, &mut |_| ()).expect("speech");
        let without = speech.features();
        assert!(speech.text.is_none());
        assert!(speech.clone().with_text(Array2::ones((9, 3))).is_err());
        let with = speech.with_text(Array2::ones((10, 3))).expect("as many rows").features();
        assert_eq!(with.dim(), (10, without.ncols() + 3));
        assert_eq!(with.slice(ndarray::s![.., ..without.ncols()]), without);
    }

    #[test]
    fn loudness_does_not_change_the_low_level_block() {
        let sound: Vec<f32> = (0..32_000).map(|n| ((n * n / 500) as f32 * 0.1).sin() * 0.2).collect();
        let quiet = sound.iter().map(|sample| sample * 0.1).collect();
        let a = Speech::from_waveform(sound, &mut Counting, 50, &mut |_| ()).expect("speech");
        let b = Speech::from_waveform(quiet, &mut Counting, 50, &mut |_| ()).expect("speech");
        assert!(a.low_level.iter().zip(&b.low_level).all(|(x, y)| (x - y).abs() < 0.05));
        assert!(b.waveform_16k.iter().all(|sample| sample.abs() < 0.021), "the waveform stays as it came");
    }

    #[test]
    fn nothing_and_not_a_number_are_silence() {
        for samples in [vec![], vec![f32::NAN; 1000], vec![0.0; 3], vec![f32::INFINITY; 640]] {
            let speech = Speech::from_waveform(samples, &mut Counting, 4, &mut |_| ()).expect("speech");
            assert_eq!(speech.features().dim(), (4, 2 + low_level::DIMENSIONS));
            assert!(speech.features().iter().all(|value| value.is_finite()));
        }
    }
}
