//! The stages of the contextual system's picture half (METHODS 2.6, 2.7): the motion field with the generator, then the
//! refinement.

mod attempt;
mod config;
mod frame_store;
mod guide_drawing;
mod guides;
mod held_out;
mod losses;
mod motion_field;
#[cfg(test)]
pub(crate) mod one_batch;
mod pairs;
mod reenactment;
mod refine;
pub(crate) mod regions;
mod run;
mod sheet;
mod stages;
mod validation;
mod weights;

pub(crate) use config::Emphasis;
pub(crate) use frame_store::{FrameClip, LAYOUT, load_frames};
pub(crate) use guide_drawing::portrait;
pub(crate) use losses::{Judges, weighted_pixels};
pub(crate) use pairs::{PairSampler, Pairs, held_out_pairs};
pub(crate) use validation::{Attempt, Validation};

pub use config::{PictureLosses, PictureTrainConfig};
pub use held_out::HeldOutClips;
pub use reenactment::{ReenactmentSettings, ReenactmentTable, reenact};
pub use run::train;
pub use stages::Stage;
