//! The first stage: pictures from pictures by warping features (METHODS 1.7).

mod judges;

pub use judges::{RegionConfig, RegionLoss, RegionTerms};
