//! The `warp` renderer: no training, only the portrait's own pixels.
//!
//! The portrait is cut into soft layers (torso, head, upper arms, forearms, hands; the background filled in behind
//! them). Each frame warps every layer by the driving points and stacks them, hands in front.

mod bones;
mod claim;
mod colour;
mod cut;
mod field;
mod fill;
mod geometry;
mod layer;
mod mouth;
mod pose;
mod raster;
mod scene;
mod spline_part;
mod tps;

pub use scene::WarpRenderer;
pub use tps::{Tps, TpsForm};
