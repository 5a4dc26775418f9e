//! What is known about every frame: keypoints and whether they are seen, and what the stored triggers can be checked with.

mod anchors;
pub mod fit;
mod keypoints;
pub mod strokes;

pub use anchors::{Anchor, Anchors, Base};
pub use keypoints::{TrueKeypoints, keypoints};
