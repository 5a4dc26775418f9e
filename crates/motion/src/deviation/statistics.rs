//! What the networks' numbers mean: statistics of the clips that they were trained on.

use super::{DeviationConfig, Representation};
use crate::contextual::{Normaliser, SPEECH_FEATURES};
use crate::{BODY_DIMENSIONS, FACE_DIMENSIONS, HandShape};
use orator_nn::{NnError, Result};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// The hands' name in a checkpoint, and their axes: sides, points, coordinates.
const HANDS: &str = "statistics.hands";
const HAND_AXES: [i64; 3] = [2, 21, 2];

/// What the numbers of keypoints mean.
#[derive(Clone, Debug)]
pub struct KeypointStatistics {
    /// Of the face and body streams.
    pub streams: [Normaliser; 2],
    /// The resting hands that the motion was learned from (left, right).
    pub hands: [HandShape; 2],
}

/// Statistics the networks were trained with.
#[derive(Clone, Debug)]
pub struct DeviationStatistics {
    /// Of the latent motion.
    pub representation: Representation,
    /// Of the speech features.
    pub speech: Normaliser,
    /// Of keypoints, where they are a second target.
    pub keypoints: Option<KeypointStatistics>,
}

impl DeviationStatistics {
    /// Numbers a frame that the diffusion works on: latent ones, then those of keypoints.
    #[must_use]
    pub fn numbers(&self) -> i64 {
        self.representation.numbers() + self.keypoint_numbers()
    }

    /// How many of them are keypoints'.
    #[must_use]
    pub fn keypoint_numbers(&self) -> i64 {
        if self.keypoints.is_some() { (FACE_DIMENSIONS + BODY_DIMENSIONS) as i64 } else { 0 }
    }

    /// Each number's share of the latent motion's variance, `[numbers]`; 0 for keypoints.
    pub fn importance(&self) -> Tensor {
        let latent = self.representation.importance();
        let none = Tensor::zeros([self.keypoint_numbers()], (Kind::Float, latent.device()));
        Tensor::cat(&[latent, none], 0)
    }

    /// As named tensors for a checkpoint.
    #[must_use]
    pub fn tensors(&self) -> Vec<(String, Tensor)> {
        let mut all = self.representation.tensors();
        all.extend(self.speech.tensors("statistics.speech"));
        if let Some(KeypointStatistics { streams: [face, body], hands }) = &self.keypoints {
            all.extend(face.tensors("statistics.face"));
            all.extend(body.tensors("statistics.body"));
            let hands: Vec<f32> = hands.iter().flatten().flatten().copied().collect();
            all.push((HANDS.into(), Tensor::from_slice(&hands).view(HAND_AXES)));
        }
        all
    }

    /// From a checkpoint's tensors.
    ///
    /// # Errors
    /// When one is missing or of another shape.
    pub fn from_tensors(
        tensors: &BTreeMap<String, Tensor>,
        config: &DeviationConfig,
        device: Device,
    ) -> Result<Self> {
        let keypoints = if config.keypoints {
            let streams = [
                Normaliser::from_tensors(tensors, "statistics.face", FACE_DIMENSIONS)?,
                Normaliser::from_tensors(tensors, "statistics.body", BODY_DIMENSIONS)?,
            ];
            let hands = tensors
                .get(HANDS)
                .filter(|t| t.size() == HAND_AXES)
                .ok_or_else(|| NnError::Mismatch { what: format!("{HANDS} is missing") })?;
            let hand = |side: i64| -> Result<HandShape> {
                let flat = Vec::<f32>::try_from(&hands.get(side).reshape([-1]))?;
                Ok(std::array::from_fn(|i| [flat[2 * i], flat[2 * i + 1]]))
            };
            Some(KeypointStatistics { streams, hands: [hand(0)?, hand(1)?] })
        } else {
            None
        };
        Ok(Self {
            representation: Representation::from_tensors(tensors, &config.representation, device)?,
            speech: Normaliser::from_tensors(tensors, "statistics.speech", SPEECH_FEATURES)?,
            keypoints,
        })
    }
}
