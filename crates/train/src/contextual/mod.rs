//! The stages of the contextual system's motion half.

mod alignment;
mod comparison;
mod generator;
mod losses;
mod raw;
mod residual;
mod run;
mod stages;
mod strokes;
mod tokenizer;
mod weights;

pub(crate) use comparison::Comparison;
pub use run::train;
pub use stages::Stage;
