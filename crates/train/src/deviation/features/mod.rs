//! Stage 1 of the latent deviation system: self-supervised warping in feature space (METHODS 1.2–1.7).

mod config;
mod judges;
mod keypoint_flow;
mod learner;
#[cfg(test)]
mod one_batch;
mod point_probe;
mod pose_learner;
mod run;

pub use config::{DeviationLosses, FeaturesTrainConfig, StartFrom};
pub use judges::{RegionConfig, RegionLoss, RegionTerms};
pub use run::{Stage, train};
