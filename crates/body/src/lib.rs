//! Keypoint layouts and views, skeleton edges, smoothing, drawing a pose, the keypoint file.

mod error;
pub mod layout;
mod portrait;
mod track;

pub use error::{BodyError, Result};
pub use layout::Layout;
pub use portrait::Portrait;
pub use track::KeypointTrack;
