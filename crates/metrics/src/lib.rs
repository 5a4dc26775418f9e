//! Picture and motion measures with their protocols.
//!
//! Pictures are compared frame by frame and only sums are kept, so a long video costs no memory.

mod alexnet;
pub mod beats;
pub mod boxes;
pub mod distance;
mod error;
pub mod frechet;
pub mod i3d;
pub mod lip_agreement;
pub mod lpips;
pub mod perceptual;
mod pooled_features;
mod protocol;
pub mod psnr;
mod published;
pub mod retrieval;
pub mod scores;
pub mod ssim;
pub mod strokes;

pub use beats::{Alignment, BeatReport};
pub use boxes::{BoxConfig, PartBoxes};
pub use distance::{DistanceReport, ReenactmentReport, keypoint_distances};
pub use error::{MetricsError, Result};
pub use frechet::{FrechetProtocol, FrechetReport, FrechetStatistics};
pub use i3d::I3d;
pub use lip_agreement::{LipConfig, LipReport};
pub use lpips::{Lpips, LpipsNetwork};
pub use perceptual::{PerceptualConfig, PerceptualLoss};
pub use pooled_features::PooledFeatures;
pub use protocol::ProtocolHash;
pub use psnr::{mse, psnr};
pub use published::Arrays;
pub use retrieval::{Recall, RetrievalConfig, RetrievalReport};
pub use scores::{AreaReport, PictureProtocol, PictureReport, PictureScores};
pub use ssim::{SsimConfig, ssim};
