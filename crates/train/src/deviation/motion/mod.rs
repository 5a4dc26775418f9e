//! The second stage of the latent deviation system (METHODS 1.8): a diffusion learns the latent motion that the first stage's
//! weights read from the clips' pictures.

mod config;
mod latent_store;
mod learning;
mod losses;
mod run;
#[cfg(test)]
mod tests;
mod windows;

pub use config::{DeviationMotionConfig, MotionLosses};
pub use latent_store::{Features, load_features};
pub use run::{STAGE, train};
