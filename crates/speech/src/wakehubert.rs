//! WakeHuBERT-tiny: raw 16 kHz sound to 128 features, distilled from HuBERT-base (Apache-2.0).

use crate::encoder::{SpeechEncoder, to_motion_frames};
use crate::level::levelling_gain;
use crate::{ENCODER_RATE, Result, SpeechError};
use ndarray::{Array2, s};
use orator_assets::Asset;
use rten::Model;
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, NdTensorView};
use std::path::Path;

const NAME: &str = "wakehubert-tiny";
const DIMENSIONS: usize = 128;
/// Samples between two rows (50 Hz).
const HOP: usize = 320;
/// Rows computed at once: 20 s of sound.
const CHUNK_ROWS: usize = 1000;
/// Rows of the past that reach into a row. The network is convolutional and causal: two stacks of four
/// depthwise convolutions of width 5 and dilations 1, 2, 4, 8 look back 2 × 4 × 15 = 120 rows, and the
/// mel frames below them 2 rows more. With 128 (2.56 s) a chunk's rows equal those of the whole.
const CONTEXT_ROWS: usize = 128;
/// Levelled samples are cut to ± this (sound within −1..1 never gets there), so that powers stay finite.
const LARGEST_SAMPLE: f32 = 100.0;

/// The WakeHuBERT-tiny encoder on the CPU.
///
/// The network is causal (a row depends on the 2.44 s before it and on nothing later) and not
/// invariant to gain, so the waveform is first brought to a common speech level
/// ([`TARGET_LEVEL_DBFS`](crate::TARGET_LEVEL_DBFS)) by one factor for the recording. Long recordings
/// are run in chunks of 20 s that carry their past with them: memory stays bounded and the
/// result is that of one run over the whole.
pub struct WakeHubert {
    model: Model,
}

impl WakeHubert {
    /// Loads the weights that `setup` has put into the cache.
    ///
    /// # Errors
    /// [`SpeechError::Asset`] when they are missing, [`SpeechError::Model`] when they are damaged.
    pub fn load() -> Result<Self> {
        Self::from_file(&orator_assets::locate(Asset::WakeHubert)?)
    }

    /// Loads the weights from an ONNX file.
    ///
    /// # Errors
    /// [`SpeechError::Model`] when the file cannot be read, or is not WakeHuBERT-tiny.
    pub fn from_file(path: &Path) -> Result<Self> {
        let wrong = |what: String| SpeechError::Model { path: path.to_owned(), what };
        let model = Model::load_file(path).map_err(|error| wrong(error.to_string()))?;
        if model.input_ids().len() != 1 || model.output_ids().len() != 1 {
            return Err(wrong("not WakeHuBERT: it takes one waveform and gives one table".into()));
        }
        let encoder = Self { model };
        // A wrong model shows here and not in the middle of a long recording.
        let rows = encoder.rows(&[0.0; HOP]).map_err(|error| wrong(error.to_string()))?;
        if rows.dim() != (1, DIMENSIONS) {
            return Err(wrong(format!("not WakeHuBERT: {:?} features instead of [1, 128]", rows.dim())));
        }
        Ok(encoder)
    }

    /// Rows at 50 Hz, `[samples / 320, 128]`, of at least 320 samples in one run.
    fn rows(&self, samples: &[f32]) -> Result<Array2<f32>> {
        let failed = |what: String| SpeechError::Run { encoder: NAME.into(), what };
        let input = NdTensorView::from_data([1, samples.len()], samples);
        let output = self.model.run_one(input.into(), None).map_err(|error| failed(error.to_string()))?;
        let output: NdTensor<f32, 3> =
            output.try_into().map_err(|_| failed("the features have another shape or type".into()))?;
        let [_, rows, dimensions] = output.shape();
        Array2::from_shape_vec((rows, dimensions), output.into_data())
            .map_err(|error| failed(error.to_string()))
    }

    /// Rows at 50 Hz, `[ceil(samples / 320), 128]`, in chunks of `chunk_rows`.
    fn rows_in_chunks(
        &self,
        samples: &[f32],
        chunk_rows: usize,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Array2<f32>> {
        // The last, begun fiftieth of a second is filled up with silence: it may hold a syllable's end.
        let total = samples.len().div_ceil(HOP);
        let gain = levelling_gain(samples, ENCODER_RATE);
        let mut result = Array2::zeros((total, DIMENSIONS));
        let mut chunk = Vec::new();
        for begin in (0..total).step_by(chunk_rows) {
            let end = (begin + chunk_rows).min(total);
            let from = begin.saturating_sub(CONTEXT_ROWS);
            chunk.clear();
            chunk.extend(samples[from * HOP..(end * HOP).min(samples.len())].iter().map(|&sample| {
                let sample = sample * gain;
                if sample.is_nan() { 0.0 } else { sample.clamp(-LARGEST_SAMPLE, LARGEST_SAMPLE) }
            }));
            chunk.resize((end - from) * HOP, 0.0);
            let rows = self.rows(&chunk)?;
            if rows.dim() != (end - from, DIMENSIONS) {
                return Err(SpeechError::Run {
                    encoder: NAME.into(),
                    what: format!("{:?} features for {} rows of sound", rows.dim(), end - from),
                });
            }
            result.slice_mut(s![begin..end, ..]).assign(&rows.slice(s![begin - from.., ..]));
            progress(end as f64 / total as f64);
        }
        Ok(result)
    }
}

impl SpeechEncoder for WakeHubert {
    fn name(&self) -> &str {
        NAME
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn encode(
        &mut self,
        waveform_16k: &[f32],
        frames: usize,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Array2<f32>> {
        let rows = self.rows_in_chunks(waveform_16k, CHUNK_ROWS, progress)?;
        Ok(to_motion_frames(&rows, waveform_16k.len(), frames))
    }
}

impl std::fmt::Debug for WakeHubert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WakeHubert({} parameters)", self.model.total_params())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoder() -> Option<WakeHubert> {
        match WakeHubert::load() {
            Ok(encoder) => Some(encoder),
            Err(SpeechError::Asset(error)) => {
                eprintln!("skipped: {error}");
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Something with pitch, syllables and noise, by a fixed recipe.
    fn sound(samples: usize) -> Vec<f32> {
        let mut state = 1u32;
        (0..samples)
            .map(|n| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = (state >> 8) as f32 / 8_388_608.0 - 1.0;
                let time = n as f32 / 16_000.0;
                let syllable = (time * 13.0).sin().max(0.0);
                syllable * (0.2 * (time * 900.0 + (time * 3.0).sin() * 40.0).sin() + 0.05 * noise)
            })
            .collect()
    }

    fn largest_difference(a: &Array2<f32>, b: &Array2<f32>) -> f32 {
        assert_eq!(a.dim(), b.dim());
        a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn chunks_equal_the_whole() {
        let Some(encoder) = encoder() else { return };
        let sound = sound(16_000 * 12 + 77);
        let whole = encoder.rows_in_chunks(&sound, usize::MAX / 2, &mut |_| ()).expect("rows");
        let parts = encoder.rows_in_chunks(&sound, 150, &mut |_| ()).expect("rows");
        let spread = whole.iter().copied().fold(0.0f32, |high, value| high.max(value.abs()));
        let difference = largest_difference(&whole, &parts);
        eprintln!("chunked against whole: {difference:.1e}, largest feature {spread:.2}");
        assert!(difference < 1e-4, "{difference:e}");
    }

    #[test]
    fn loudness_hardly_matters_and_runs_repeat() {
        let Some(mut encoder) = encoder() else { return };
        let sound = sound(16_000 * 3);
        let quiet: Vec<f32> = sound.iter().map(|sample| sample * 0.1).collect();
        let a = encoder.encode(&sound, 75, &mut |_| ()).expect("rows");
        let b = encoder.encode(&quiet, 75, &mut |_| ()).expect("rows");
        assert!(largest_difference(&a, &b) < 1e-3);
        assert_eq!(a, encoder.encode(&sound, 75, &mut |_| ()).expect("rows"));
    }

    #[test]
    fn odd_lengths_and_values_stay_finite() {
        let Some(mut encoder) = encoder() else { return };
        for samples in [0, 1, 100, 319, 320, 321, 640, 5000] {
            for value in [0.0, 0.3, 1e30, f32::NAN] {
                let mut last = 0.0;
                let rows = encoder.encode(&vec![value; samples], 9, &mut |done| last = done).expect("rows");
                assert_eq!(rows.dim(), (9, 128));
                assert!(rows.iter().all(|value| value.is_finite()), "{samples} of {value}");
                assert!(samples == 0 || last == 1.0);
            }
        }
    }

    #[test]
    fn another_file_is_refused_with_a_hint() {
        let folder = std::env::temp_dir().join(format!("orator-speech-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("broken.onnx");
        std::fs::write(&path, b"not a model").expect("a file");
        let error = WakeHubert::from_file(&path).expect_err("no model");
        std::fs::remove_dir_all(&folder).expect("removed");
        assert!(error.to_string().contains("broken.onnx"));
        assert!(error.hint().expect("a hint").contains("setup"));
    }
}
