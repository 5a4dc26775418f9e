//! The configuration of stage-1 training: a YAML file.

use super::judges::RegionConfig;
use crate::picture::Emphasis;
use crate::{ClipSource, Result, StageConfig, TrainError};
use orator_metrics::perceptual::PerceptualConfig;
use orator_render::deviation::DeviationConfig;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Weights of the losses (METHODS 1.7), and ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeviationLosses {
    /// Of the mean absolute difference of the pixels (ours; 0 in the paper). Default 10.
    pub pixel: f64,
    /// L_G, of the perceptual distance at several sizes (Eq. 8; its layers weigh 10 each). Default 1.
    pub perceptual: f64,
    /// Which layers and sizes that looks at. Default as Eq. 8.
    pub features: PerceptualConfig,
    /// Of the perceptual distance of both hands and the lips, each enlarged to 64 pixels (ours, cheap). Default 0.
    pub part_perceptual: f64,
    /// L_local, of hands and face by themselves (Eq. 9); its weights are λ_l.
    pub regions: RegionConfig,
    /// λ_g of the adversarial term (Eq. 10). 0 leaves the discriminator out. Default 0.1.
    pub adversarial: f64,
    /// Steps before the adversarial term sets in (the predecessor: 10 epochs). Default 2,000.
    pub adversarial_after: u64,
    /// Channels of the discriminator's first layer. Default 64, as published.
    pub discriminator_width: i64,
    /// Of the pixels of the moved source where it is trusted, for networks with a moved picture (ours). Default 2.
    pub warped_pixel: f64,
    /// Of the distance between where the motion looks in the source for a keypoint of the driving frame, and that keypoint in the
    /// source (ours): keypoints help to learn and are not needed afterwards. Default 0, which is self-supervised.
    pub keypoint_flow: f64,
    /// Of how badly a probe finds keypoints in the latent pose (ours, as `keypoint_flow`). Default 0.
    pub point_probe: f64,
    /// Of the motion that is found between a picture and itself, for relative poses (METHODS 1.5). Default 1.
    pub identity: f64,
    /// How much a pixel of a hand counts beside one of the background. Default 5.
    pub hand_weight: f64,
    /// Likewise of the face. Default 2.
    pub face_weight: f64,
    /// Likewise of the lips. Default 5.
    pub lip_weight: f64,
    /// Colours of a pair are changed by up to this share. Default 0.1.
    pub colour_jitter: f64,
}

impl Default for DeviationLosses {
    fn default() -> Self {
        Self {
            pixel: 10.0,
            perceptual: 1.0,
            features: PerceptualConfig::default(),
            part_perceptual: 0.0,
            regions: RegionConfig::default(),
            adversarial: 0.1,
            adversarial_after: 2_000,
            discriminator_width: 64,
            warped_pixel: 2.0,
            keypoint_flow: 0.0,
            point_probe: 0.0,
            identity: 1.0,
            hand_weight: 5.0,
            face_weight: 2.0,
            lip_weight: 5.0,
            colour_jitter: 0.1,
        }
    }
}

impl DeviationLosses {
    /// Whether hands or faces are judged by themselves.
    pub(crate) fn judges_regions(&self) -> bool {
        self.regions.hand_weight > 0.0 || self.regions.face_weight > 0.0
    }

    /// What concerns the pairs.
    pub(crate) fn emphasis(&self) -> Emphasis {
        Emphasis {
            hand: self.hand_weight,
            face: self.face_weight,
            lips: self.lip_weight,
            colour_jitter: self.colour_jitter,
        }
    }
}

/// The networks by name.
const PARTS: [&str; 5] = ["encoder", "enhancer", "pose", "transformation", "decoder"];

/// Weights to begin with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartFrom {
    /// A weight file of stage 1.
    pub weights: PathBuf,
    /// Which networks to take from it (`encoder`, `enhancer`, `pose`, `transformation`, `decoder`); all when empty. What has another
    /// shape in this run begins afresh.
    #[serde(default)]
    pub parts: Vec<String>,
}

/// A whole training run of stage 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeaturesTrainConfig {
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
    /// Shapes and switches of the networks.
    #[serde(default)]
    pub networks: DeviationConfig,
    /// Weights to begin with; none when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_from: Option<StartFrom>,
    /// Networks that stay as they began in every stage: `pose`, so that a stage 2 that was trained with it still fits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rest: Vec<String>,
    /// Weights of the losses.
    #[serde(default)]
    pub losses: DeviationLosses,
    /// Steps and rates of pose estimator and transformation by themselves, by `point_probe`, `keypoint_flow` and `identity`, before
    /// everything else (ours); left out when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pose: Option<StageConfig>,
    /// Steps and rates of all networks together.
    pub features: StageConfig,
    /// The corpus.
    pub clips: Vec<ClipSource>,
}

fn side() -> u32 {
    256
}

fn every() -> usize {
    5
}

impl FeaturesTrainConfig {
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
        if self.every == 0 {
            return Err("every must be above zero".into());
        }
        self.networks.check()?;
        if self.networks.as_released {
            return Err("as_released is for released weights; new ones are trained without its quirks".into());
        }
        if self.pose.is_some() && self.losses.point_probe + self.losses.keypoint_flow <= 0.0 {
            return Err("pose needs losses.point_probe or losses.keypoint_flow above zero".into());
        }
        let parts = self.start_from.iter().flat_map(|start| &start.parts).chain(&self.rest);
        if let Some(part) = parts.into_iter().find(|part| !PARTS.contains(&part.as_str())) {
            return Err(format!("{part} is none of {}", PARTS.join(", ")));
        }
        self.features.check().map_err(|what| format!("features: {what}"))?;
        self.losses.regions.check().map_err(|what| format!("losses.regions: {what}"))?;
        if let Some(pose) = &self.pose {
            pose.check().map_err(|what| format!("pose: {what}"))?;
        }
        if !(1..=1024).contains(&self.losses.discriminator_width) {
            return Err("losses.discriminator_width must be 1 to 1024".into());
        }
        for clip in &self.clips {
            clip.check_place().map_err(|what| format!("{}: {what}", clip.place()))?;
        }
        Ok(())
    }
}
