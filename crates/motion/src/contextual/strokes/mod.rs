//! When the hands stroke: p(hands | speech) = p(strokes | speech) · p(hands | strokes, speech).
//!
//! Body tokens alone take almost nothing from speech: which code a frame has depends on where the hand is and where it goes
//! far more than on the syllable that is spoken, so that the little that speech says is lost. What speech does decide is *when*
//! a stroke falls. A small network foretells that ([`StrokePredictor`]), moments are picked from what it says ([`pick`]), and the
//! generator is told them beside every frame ([`StrokePlan::guide`]). In training it is told those of the true motion. Of the arms
//! tokens then give what is slow, and [`StrokeShaper`] what is quick.
//!
//! This is ours: METHODS 2.3 has no such step. Without `networks.strokes` everything is as in the paper.

mod entrance;
mod picking;
mod plan;
mod predictor;
mod shaper;

pub(super) use entrance::StrokeEntrance;
pub use picking::{VARIETY, pick};
pub use plan::{GUIDE_NUMBERS, StrokePlan};
pub use predictor::{STROKE_KINDS, StrokeConfig, StrokePredictor};
pub use shaper::{ARM_NUMBERS, StrokeShaper};
