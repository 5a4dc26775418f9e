//! The stages of the contextual system's motion half.

mod alignment;
mod comparison;
mod generator;
mod learner;
mod losses;
mod raw;
mod residual;
mod run;
mod stages;
mod tokenizer;
mod weights;

pub use run::train;
pub use stages::Stage;
