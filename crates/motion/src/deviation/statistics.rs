//! What the networks' numbers mean: statistics of the clips that they were trained on.

use super::{DeviationConfig, Representation};
use crate::contextual::{Normaliser, SPEECH_FEATURES};
use crate::{BODY_DIMENSIONS, FACE_DIMENSIONS};
use orator_nn::Result;
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// Statistics the networks were trained with.
#[derive(Clone, Debug)]
pub struct DeviationStatistics {
    /// Of the latent motion.
    pub representation: Representation,
    /// Of the speech features.
    pub speech: Normaliser,
    /// Of the face and body streams, where keypoints are a second target.
    pub keypoints: Option<[Normaliser; 2]>,
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
    #[must_use]
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
        if let Some([face, body]) = &self.keypoints {
            all.extend(face.tensors("statistics.face"));
            all.extend(body.tensors("statistics.body"));
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
            Some([
                Normaliser::from_tensors(tensors, "statistics.face", FACE_DIMENSIONS)?,
                Normaliser::from_tensors(tensors, "statistics.body", BODY_DIMENSIONS)?,
            ])
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
