//! Embeddings of recordings and of motion, for retrieval (METHODS 2.5): near each other where one belongs to the other.

use super::{ContextualModel, Stream, WINDOW_FRAMES};
use crate::{MotionError, RestPose, Result, to_streams};
use ndarray::{Array2, Axis, concatenate};
use orator_body::KeypointTrack;
use orator_nn::{from_array2, to_array2};
use orator_speech::Speech;
use tch::{Kind, Tensor};

/// Windows embedded at a time.
const CHUNK: usize = 64;

/// First frames of the windows over `frames`, one every `stride`; one window of what is shorter than a window.
fn starts(frames: usize, stride: usize) -> Vec<usize> {
    (0..=frames.saturating_sub(WINDOW_FRAMES)).step_by(stride.max(1)).collect()
}

impl ContextualModel {
    /// Embeddings `[windows, embedding]` of length 1 of a recording's windows of 80 frames, one every `stride` frames from its
    /// start on. Their products with those of [`ContextualModel::embed_motion`] say how well a motion fits.
    ///
    /// # Errors
    /// When the weights hold no alignment encoders, or the recording is empty.
    pub fn embed_speech(&self, stream: Stream, speech: &Speech, stride: usize) -> Result<Array2<f32>> {
        self.check_text(speech)?;
        let features = self.speech_features(speech);
        self.embed(&features, None, stride, |alignment, windows, _| {
            alignment.embed_speech(stream, windows, false)
        })
    }

    /// The same of a person's motion at 25 frames a second.
    ///
    /// # Errors
    /// As there, and when no face is in view.
    pub fn embed_motion(&self, stream: Stream, track: &KeypointTrack, stride: usize) -> Result<Array2<f32>> {
        if !self.config().layout.is_keypoints() {
            return Err(MotionError::Request {
                what: format!(
                    "these weights know motion of the layout {}, not keypoints",
                    self.config().layout.name
                ),
                hint: "use weights that were trained on keypoints".into(),
            });
        }
        let streams = to_streams(track, &RestPose::of(track)?)?;
        let (motion, seen) = match stream {
            Stream::Face => (&streams.face, &streams.face_seen),
            Stream::Body => (&streams.body, &streams.body_seen),
        };
        let motion = self.statistics().motion[stream as usize].apply(motion);
        let any = |row: ndarray::ArrayView1<'_, f32>| f32::from(u8::from(row.iter().any(|&v| v > 0.0)));
        let valid = seen.map_axis(Axis(1), any);
        self.embed(&motion, Some(valid.insert_axis(Axis(1))), stride, |alignment, windows, valid| {
            alignment.embed_motion(stream, windows, valid, false)
        })
    }

    fn embed(
        &self,
        rows: &Array2<f32>,
        valid: Option<Array2<f32>>,
        stride: usize,
        of: impl Fn(&super::Alignment, &Tensor, &Tensor) -> Tensor,
    ) -> Result<Array2<f32>> {
        let alignment = self.networks().alignment.as_ref().ok_or_else(|| MotionError::Request {
            what: "these weights hold no alignment encoders".into(),
            hint: "train them with networks.alignment in the configuration".into(),
        })?;
        let frames = rows.nrows();
        if frames == 0 {
            return Err(MotionError::Request {
                what: "there is not one frame to compare".into(),
                hint: "use a longer recording".into(),
            });
        }
        let valid = valid.unwrap_or_else(|| Array2::ones((frames, 1)));
        let device = alignment.store.device();
        let mut all = Vec::new();
        for chunk in starts(frames, stride).chunks(CHUNK) {
            let cut = |a: &Array2<f32>, beyond: bool| {
                let windows: Vec<Tensor> = chunk
                    .iter()
                    .map(|&start| {
                        let window = Array2::from_shape_fn((WINDOW_FRAMES, a.ncols()), |(t, c)| {
                            let at = start + t;
                            if at < frames || beyond { a[[at.min(frames - 1), c]] } else { 0.0 }
                        });
                        from_array2(&window)
                    })
                    .collect();
                Tensor::stack(&windows, 0).to_device(device)
            };
            let seen = cut(&valid, false).squeeze_dim(-1).to_kind(Kind::Float);
            let made = tch::no_grad(|| of(alignment, &cut(rows, true), &seen));
            all.push(to_array2(&made)?);
        }
        let views: Vec<_> = all.iter().map(|a| a.view()).collect();
        concatenate(Axis(0), &views).map_err(|e| orator_nn::NnError::Shape(e.to_string()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contextual::{AlignmentConfig, ContextualConfig, Networks, Normaliser, Statistics};
    use crate::contextual::{SPEECH_FEATURES, SPEECH_LEARNED, SPEECH_LOW_LEVEL, TokenizerConfig};
    use tch::Device;

    fn model(alignment: Option<AlignmentConfig>) -> ContextualModel {
        tch::manual_seed(6);
        let tokenizer = TokenizerConfig { width: 8, blocks: 1, depth: 1, ..TokenizerConfig::default() };
        let config = ContextualConfig {
            face: tokenizer.clone(),
            body: tokenizer,
            alignment,
            ..ContextualConfig::default()
        };
        let statistics = Statistics {
            motion: Stream::ALL.map(|s| Normaliser::identity(s.dimensions())),
            speech: Normaliser::identity(SPEECH_FEATURES),
            hands: [[[0.0; 2]; 21]; 2],
        };
        let networks = Networks::new(&config, Device::Cpu);
        ContextualModel::new(config, statistics, networks)
    }

    fn speech(frames: usize) -> Speech {
        Speech {
            waveform_16k: vec![0.0; frames * 640],
            frames,
            learned: Array2::from_shape_fn((frames, SPEECH_LEARNED), |(f, c)| ((f + c) as f32 * 0.1).sin()),
            low_level: Array2::zeros((frames, SPEECH_LOW_LEVEL)),
            text: None,
        }
    }

    #[test]
    fn one_vector_of_length_one_a_window() {
        let with = model(Some(AlignmentConfig { embedding: 12, ..AlignmentConfig::default() }));
        for (frames, stride, windows) in [(30, 80, 1), (80, 80, 1), (240, 80, 3), (240, 20, 9)] {
            let made = with.embed_speech(Stream::Body, &speech(frames), stride).unwrap();
            assert_eq!(made.dim(), (windows, 12));
            assert!(made.rows().into_iter().all(|r| (r.dot(&r) - 1.0).abs() < 1e-4));
        }
        let none = model(None).embed_speech(Stream::Body, &speech(80), 80).unwrap_err();
        assert!(none.hint().unwrap().contains("networks.alignment"), "{none}");
    }
}
