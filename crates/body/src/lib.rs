//! Keypoint layouts and views, skeleton edges, smoothing, drawing a pose, the keypoint file.
//!
//! Pixels: x = 0 is a picture's left edge and x = width its right edge (the middle of the first pixel is
//! 0.5), y likewise from the top. Left and right are the person's own.

pub mod crop;
pub mod draw;
pub mod edges;
mod error;
pub mod file;
mod latent;
pub mod layout;
mod motion;
pub mod normalise;
mod portrait;
#[cfg(test)]
mod samples;
pub mod smooth;
mod track;
mod view;

pub use crop::{Fit, SquareCrop};
pub use error::{BodyError, Result};
pub use file::{KeypointFile, read_keypoints, write_keypoints};
pub use latent::{KEYPOINTS, LatentTrack};
pub use layout::{Layout, Part};
pub use motion::Motion;
pub use portrait::Portrait;
pub use track::KeypointTrack;
