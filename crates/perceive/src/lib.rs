//! Finding the person in a picture or video: pose, hands, face, mask.
//!
//! MediaPipe's landmark models in the manner of its Holistic solution (PERCEPTION §3), run by
//! LiteRT and given in the 133-point layout. The way of one frame: the body in the whole picture
//! or where it was before; from its wrists and head the hands and the face; all joined in [`Found`].
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let picture = orator_media::Picture::filled(64, 64, [0; 3]);
//! let mut perceiver = orator_perceive::Perceiver::load()?;
//! let found = perceiver.picture(&picture)?;
//! println!("nose at {}, {}", found.points[[0, 0]], found.points[[0, 1]]);
//! for remark in &found.remarks {
//!     eprintln!("{remark}");
//! }
//! # Ok(())
//! # }
//! ```

mod crop;
mod detector;
mod error;
mod face;
mod filter;
mod found;
mod hand;
mod judge;
mod litert;
mod mask;
mod perceiver;
mod pose;
mod region;
mod remark;
mod runtime;
mod tracker;
mod video;

pub use error::{PerceiveError, Result};
pub use found::{Found, Parts};
pub use litert::LiteRt;
pub use mask::PersonMask;
pub use perceiver::Perceiver;
pub use remark::Remark;
pub use runtime::{LandmarkModel, ModelKind, Runtime};
pub use tracker::Tracker;
pub use video::{VideoKeypoints, perceive_video};
