//! The motion half of the latent deviation system (METHODS 1.8): a diffusion over the latent motion that the renderer reads from
//! pictures, and S2G-MDDiffusion's published denoiser, which is one of its configurations.

mod config;
mod denoiser;
mod diffusion;
mod flow;
mod import;
mod keypoint_head;
mod layer;
mod model;
mod representation;
mod sampling;
mod seam;
mod statistics;
#[cfg(test)]
mod tests;

pub use config::{
    DenoiserConfig, DeviationConfig, Foretold, NumbersKind, Process, RepresentationConfig, SamplingConfig,
    WINDOW_FRAMES,
};
pub use denoiser::{Denoiser, Heard, NoisyWindow, time_waves};
pub use diffusion::{Diffusion, DiffusionStep, STEPS};
pub use flow::Flow;
pub use import::{S2gDenoiser, import_s2g, passed_over_by_s2g};
pub use keypoint_head::KeypointHead;
pub use model::DeviationModel;
pub use representation::{LATENT_NUMBERS, REPRESENTATION, Representation};
pub use sampling::{Sampler, Window};
pub use seam::{led_on, seam_score};
pub use statistics::{DeviationStatistics, KeypointStatistics};
