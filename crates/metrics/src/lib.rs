//! Picture and motion measures with their protocols.
//!
//! Pictures are compared frame by frame and only sums are kept, so a long video costs no memory.

pub mod beats;
pub mod boxes;
pub mod distance;
mod error;
pub mod psnr;
pub mod scores;
pub mod ssim;

pub use beats::{Alignment, BeatReport};
pub use boxes::{BoxConfig, PartBoxes};
pub use distance::{DistanceReport, ReenactmentReport, keypoint_distances};
pub use error::{MetricsError, Result};
pub use psnr::{mse, psnr};
pub use scores::{AreaReport, PictureReport, PictureScores};
pub use ssim::{SsimConfig, ssim};
