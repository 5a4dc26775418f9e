//! The `deviation` renderer: latent deviation stage 1 (METHODS 1.2–1.6). A picture's pose is a latent vector that the networks
//! find themselves; it warps the source's features as a volume.

mod backing;
mod blocks;
mod config;
mod decoder;
mod encoder;
mod enhancer;
mod import;
mod networks;
#[cfg(test)]
mod parity;
mod pose_estimator;
mod renderer;
mod transfer;
mod transformation;
mod warping;

pub use config::{
    DecoderConfig, DeviationConfig, EncoderConfig, EnhancerConfig, PoseEstimatorConfig, PoseNormalisation,
    TransformationConfig,
};
pub use decoder::{Decoded, DeviationDecoder, SceneMaps};
pub use encoder::{Encoded, ImageEncoder};
pub use enhancer::FeatureEnhancer;
pub use import::{deviation_name, import_deviation};
pub use networks::{DeviationNetworks, Driven, Source};
pub use pose_estimator::{Estimate, LatentPose, PoseEstimator};
pub use renderer::{
    DeviationRenderer, POSE_NUMBERS, POSE_PICTURE, POSE_SIDE, deviation_checkpoint, deviation_networks,
};
pub use transformation::PoseTransformation;
