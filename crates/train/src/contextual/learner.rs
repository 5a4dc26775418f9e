//! What a stage gives to the training loop.

use orator_nn::Randomness;
use std::collections::BTreeMap;
use tch::Tensor;

/// One stage's losses and measures.
pub(super) trait Learner {
    /// Loss of one batch, and named parts of it for the log.
    fn loss(&self, random: &mut Randomness) -> (Tensor, Vec<(&'static str, f64)>);
    /// Measures on held-out clips, with the averaged weights in place.
    fn validate(&self) -> BTreeMap<String, f64>;
}
