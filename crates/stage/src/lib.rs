//! Synthetic presenters: people from a seed, who talk and gesture, drawn with the truth about every frame.
//!
//! Lengths are in decimetres, as in the base mesh: y up, z towards the camera, x towards the person's own left.
//! A picture therefore shows the person's left hand on its right side, as in a filmed speaker.

pub mod acting;
mod check;
mod clip;
mod error;
pub mod figure;
pub mod person;
pub mod picture;
mod plan;
mod portrait;
pub mod pose;
mod render;
mod scene;
pub mod script;
mod sheet;
pub mod surface;
pub mod truth;

pub use check::{
    CheckReport, CheckSettings, PartErrors, SignedError, StrokeReport, calibrate, check, strokes,
};
pub use error::{Result, StageError};
pub use plan::{ClipPlan, PEOPLE_PER_SEED, RenderSettings, clips_of_shard, plan};
pub use portrait::{PortraitSettings, portrait};
pub use render::{Progress, finish_corpus, render_shard};
pub use scene::{Presenter, Scene};
pub use sheet::{SheetSettings, Subject, sheet};
