//! What the networks' numbers mean: statistics of the clips they were trained on.

use super::{ContextualConfig, Normaliser, Stream};
use crate::HandShape;
use ndarray::Array2;
use orator_nn::NnError;
use orator_speech::Speech;
use std::collections::BTreeMap;
use tch::{IndexOp, Tensor};

/// Statistics the networks were trained with.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// Of the face and body streams.
    pub motion: [Normaliser; 2],
    /// Of the speech features.
    pub speech: Normaliser,
    /// The resting hands the motion was learned from (left, right).
    pub hands: [HandShape; 2],
}

impl Statistics {
    /// As named tensors for a checkpoint.
    #[must_use]
    pub fn tensors(&self) -> Vec<(String, Tensor)> {
        let mut all = self.motion[0].tensors("statistics.face");
        all.extend(self.motion[1].tensors("statistics.body"));
        all.extend(self.speech.tensors("statistics.speech"));
        let hands: Vec<f32> = self.hands.iter().flatten().flatten().copied().collect();
        all.push(("statistics.hands".into(), Tensor::from_slice(&hands).view([2, 21, 2])));
        all
    }

    /// From a checkpoint's tensors, for the layout and the speech features of a configuration.
    ///
    /// # Errors
    /// [`NnError::Mismatch`] when something is missing.
    pub fn from_tensors(
        tensors: &BTreeMap<String, Tensor>,
        config: &ContextualConfig,
    ) -> orator_nn::Result<Self> {
        let motion = |stream: Stream| {
            Normaliser::from_tensors(
                tensors,
                &format!("statistics.{}", stream.name()),
                config.layout.dimensions(stream),
            )
        };
        let hands = tensors
            .get("statistics.hands")
            .filter(|t| t.size() == [2, 21, 2])
            .ok_or_else(|| NnError::Mismatch { what: "statistics.hands is missing".into() })?;
        let hand = |side: i64| -> orator_nn::Result<HandShape> {
            let flat = Vec::<f32>::try_from(&hands.i(side).reshape([-1]))?;
            Ok(std::array::from_fn(|i| [flat[2 * i], flat[2 * i + 1]]))
        };
        Ok(Self {
            motion: [motion(Stream::Face)?, motion(Stream::Body)?],
            speech: Normaliser::from_tensors(tensors, "statistics.speech", config.speech_features())?,
            hands: [hand(0)?, hand(1)?],
        })
    }
}

/// Frames of a recording that count as much as all of training when its own statistics are taken: 10 s. Voice, microphone
/// and codec shift every feature; without this, a recording unlike the training clips leaves the lips out of step.
const ADAPTATION_FRAMES: f32 = 250.0;

/// Normalised speech features `[frames, 163]`: learned, then low-level; then those of the text, where there are some.
#[must_use]
pub fn speech_features(speech: &Speech, normaliser: &Normaliser) -> Array2<f32> {
    adapted_features(&speech.features(), normaliser, 1.0)
}

/// Features `[frames, numbers]` normalised as those of a recording that is `longer` times as long.
#[must_use]
pub fn adapted_features(features: &Array2<f32>, normaliser: &Normaliser, longer: f32) -> Array2<f32> {
    normaliser.adapted(features, ADAPTATION_FRAMES / longer).apply(features)
}
