//! The configuration of the motion stage: a YAML file.

use crate::hearing::Hearing;
use crate::{ClipSource, Result, StageConfig, TrainError};
use orator_motion::deviation::DeviationConfig;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Weights of the losses, and what is done to what the network is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MotionLosses {
    /// Of the motion's own distance (Eq. 11: 1).
    pub position: f64,
    /// Of first differences in time, λ_v (Eq. 11; 1 in the predecessor).
    pub velocity: f64,
    /// Of second differences in time, λ_a (Eq. 11; 1 in the predecessor).
    pub acceleration: f64,
    /// Of the keypoint streams, where they are a second target.
    pub keypoints: f64,
    /// How much more those numbers count that move the latent motion more: each counts as its share of the variance to this power.
    /// 0 counts all whitened numbers alike, 1 counts errors as they are in the latent rows (ours; the paper is silent).
    pub variance_power: f64,
    /// Share of the windows whose prefix is four copies of the source, as at the start of a recording (METHODS 1.8: 0.25). The source
    /// is then the frame before the window.
    pub start_prefix: f64,
    /// Share of the windows with noise on their prefix (METHODS 1.8: 0.25).
    pub noisy_prefix: f64,
    /// Spread of that noise, in whitened numbers (METHODS 1.8: 0.02).
    pub prefix_noise: f64,
    /// Probability of learning without speech, for guidance (METHODS 1.8: 0.25).
    pub drop_speech: f64,
    /// Spread of the noise added to the normalised speech features.
    pub speech_noise: f64,
    /// Spread of a shift of every speech feature that stays for a whole window.
    pub speech_shift: f64,
    /// Spread of the logarithm of a factor on every speech feature, likewise.
    pub speech_scale: f64,
}

impl Default for MotionLosses {
    fn default() -> Self {
        Self {
            position: 1.0,
            velocity: 1.0,
            acceleration: 1.0,
            keypoints: 1.0,
            variance_power: 0.0,
            start_prefix: 0.25,
            noisy_prefix: 0.25,
            prefix_noise: 0.02,
            drop_speech: 0.25,
            speech_noise: 0.1,
            speech_shift: 0.7,
            speech_scale: 0.2,
        }
    }
}

impl MotionLosses {
    pub(super) fn hearing(&self) -> Hearing {
        Hearing {
            noise: self.speech_noise,
            shift: self.speech_shift,
            scale: self.speech_scale,
            drop: self.drop_speech,
        }
    }

    fn check(&self) -> std::result::Result<(), String> {
        let spreads = [
            self.position,
            self.velocity,
            self.acceleration,
            self.keypoints,
            self.variance_power,
            self.prefix_noise,
            self.speech_noise,
            self.speech_shift,
            self.speech_scale,
        ];
        if spreads.iter().any(|v| !v.is_finite() || *v < 0.0) {
            return Err("no loss may be below zero".into());
        }
        let shares =
            [self.start_prefix, self.noisy_prefix, self.start_prefix + self.noisy_prefix, self.drop_speech];
        if shares.iter().any(|v| !(0.0..=1.0).contains(v)) {
            return Err("shares of windows must be 0 to 1, prefixes together as well".into());
        }
        Ok(())
    }
}

/// A training run of the latent deviation system's motion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviationMotionConfig {
    /// The name the weights are kept under.
    pub name: String,
    /// Seed of everything.
    pub seed: u64,
    /// The first stage's weights, whose latent motion is learned: a name among the models, or a file.
    pub features: String,
    /// Side of the pictures that latent motion is read from, in pixels.
    #[serde(default = "side")]
    pub side: u32,
    /// Shapes of the networks.
    #[serde(default)]
    pub networks: DeviationConfig,
    /// Weights of the losses.
    #[serde(default)]
    pub losses: MotionLosses,
    /// How long and how fast it learns.
    pub motion: StageConfig,
    /// The corpus; clips without pictures are passed over.
    pub clips: Vec<ClipSource>,
}

fn side() -> u32 {
    256
}

impl DeviationMotionConfig {
    /// Reads and checks a YAML file. Weights named by a file are looked for from the configuration's folder.
    ///
    /// # Errors
    /// [`TrainError::Config`] naming the line or the setting that cannot be used.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| TrainError::io(path, e))?;
        let wrong = |what: String| TrainError::Config { path: path.to_owned(), what };
        let mut config: Self = serde_saphyr::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        config.check().map_err(wrong)?;
        if Path::new(&config.features).extension().is_some() {
            let beside: PathBuf = path.parent().unwrap_or(Path::new("")).join(&config.features);
            config.features = beside.to_string_lossy().into_owned();
        }
        Ok(config)
    }

    fn check(&self) -> std::result::Result<(), String> {
        if !matches!(self.side, 64 | 128 | 256 | 512) {
            return Err(format!("side {} must be 64, 128, 256 or 512", self.side));
        }
        self.networks.check()?;
        self.losses.check().map_err(|what| format!("losses: {what}"))?;
        self.motion.check().map_err(|what| format!("motion: {what}"))?;
        for clip in &self.clips {
            clip.check_place().map_err(|what| format!("{}: {what}", clip.place()))?;
        }
        Ok(())
    }
}
