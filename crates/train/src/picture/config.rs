//! The configuration of picture training: a YAML file.

use crate::{ClipSource, Result, StageConfig, TrainError};
use orator_metrics::perceptual::PerceptualConfig;
use orator_render::contextual::PictureConfig;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What pairs of frames are made of: which pixels count more, and how far colours are changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Emphasis {
    /// How much a pixel of a hand counts beside one of the background.
    pub hand: f64,
    /// Likewise of the face.
    pub face: f64,
    /// Likewise of the lips.
    pub lips: f64,
    /// Colours of a pair are changed by up to this share.
    pub colour_jitter: f64,
}

/// Weights of the picture losses (METHODS 2.6, 2.7) and what is done to the pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PictureLosses {
    /// Of the mean absolute difference of the pixels, λ₁ of Eq. 8 (published for neither stage; 10 here, on pixels in 0..1).
    pub pixel: f64,
    /// Of the perceptual distance (S1's Eq. 8).
    pub perceptual: f64,
    /// Which features the perceptual distance looks at.
    pub features: PerceptualConfig,
    /// Refinement: of the perceptual distance of both hands and the lips, each enlarged to 64 pixels.
    pub part_perceptual: f64,
    /// Motion field: of the difference between the driving picture's features and the warped ones of the source (10 as published;
    /// 1 here, where the flow has a loss of its own).
    pub feature_warp: f64,
    /// Motion field: of the difference between the driving picture and the source warped alone, where the field says that the
    /// source shows it. It teaches the flow directly.
    pub warped_pixel: f64,
    /// Motion field: of what is left when the camera's motion there and back are joined (10), where it is estimated.
    pub camera: f64,
    /// Refinement: of the conditional adversarial term (0.1 in S2G). 0 leaves the discriminator out. S2G's terms of style, total
    /// variation and holes are not here: the paper names none of them.
    pub adversarial: f64,
    /// How much a pixel of a hand counts beside one of the background (S2G: 5).
    pub hand_weight: f64,
    /// Likewise of the face.
    pub face_weight: f64,
    /// Likewise of the lips.
    pub lip_weight: f64,
    /// Colours of a pair are changed by up to this share.
    pub colour_jitter: f64,
}

impl PictureLosses {
    /// What concerns the pairs.
    #[must_use]
    pub fn emphasis(&self) -> Emphasis {
        Emphasis {
            hand: self.hand_weight,
            face: self.face_weight,
            lips: self.lip_weight,
            colour_jitter: self.colour_jitter,
        }
    }
}

impl Default for PictureLosses {
    fn default() -> Self {
        Self {
            pixel: 10.0,
            perceptual: 1.0,
            features: PerceptualConfig::default(),
            part_perceptual: 0.0,
            feature_warp: 1.0,
            warped_pixel: 2.0,
            camera: 10.0,
            adversarial: 0.0,
            hand_weight: 5.0,
            face_weight: 2.0,
            lip_weight: 5.0,
            colour_jitter: 0.1,
        }
    }
}

/// A whole training run of the contextual system's picture half.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PictureTrainConfig {
    /// The name the weights are kept under.
    pub name: String,
    /// Seed of everything.
    pub seed: u64,
    /// Side of the pictures in pixels: 256 or 512.
    #[serde(default = "side")]
    pub side: u32,
    /// Of each clip, every so many-th frame is kept for training.
    #[serde(default = "every")]
    pub every: usize,
    /// Source frames of each clip that guides are drawn from, where the networks start from the `warp` renderer's picture; of
    /// held-out clips only the first frame is one. 12 KB of disk for each and every kept frame of 64², 200 KB of 256².
    #[serde(default = "guide_sources")]
    pub guide_sources: usize,
    /// Shapes of the networks.
    #[serde(default)]
    pub networks: PictureConfig,
    /// Weights of the losses.
    #[serde(default)]
    pub losses: PictureLosses,
    /// The dense motion field and the generator.
    pub motion_field: StageConfig,
    /// Fusion with the structure and the refiner.
    pub refine: StageConfig,
    /// The corpus.
    pub clips: Vec<ClipSource>,
}

pub(super) fn side() -> u32 {
    256
}

pub(super) fn every() -> usize {
    5
}

fn guide_sources() -> usize {
    2
}

impl PictureTrainConfig {
    /// Reads and checks a YAML file.
    ///
    /// # Errors
    /// [`TrainError::Config`] naming the line or the setting that cannot be used.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| TrainError::io(path, e))?;
        let wrong = |what: String| TrainError::Config { path: path.to_owned(), what };
        let mut config: Self = serde_saphyr::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        config.check().map_err(wrong)?;
        for clip in &mut config.clips {
            clip.speech = false;
        }
        Ok(config)
    }

    fn check(&self) -> std::result::Result<(), String> {
        if !matches!(self.side, 256 | 512) {
            return Err(format!("side {} must be 256 or 512", self.side));
        }
        if self.every == 0 || self.guide_sources == 0 {
            return Err("every and guide_sources must be above zero".into());
        }
        self.networks.check()?;
        for (name, stage) in [("motion_field", &self.motion_field), ("refine", &self.refine)] {
            stage.check().map_err(|what| format!("{name}: {what}"))?;
        }
        for clip in &self.clips {
            clip.check_place().map_err(|what| format!("{}: {what}", clip.place()))?;
        }
        Ok(())
    }
}
