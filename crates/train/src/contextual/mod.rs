//! The stages of the contextual system's motion half.

mod generator;
mod losses;
mod residual;
mod stage;
mod tokenizer;
mod weights;

pub use stage::{Stage, train};
