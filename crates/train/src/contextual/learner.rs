//! What a stage gives to the training loop.

use super::comparison::Comparison;
use orator_nn::Randomness;
use std::collections::BTreeMap;
use tch::Tensor;

/// One stage's losses and measures.
pub(super) trait Learner {
    /// Loss of one batch, and named parts of it for the log.
    fn loss(&self, random: &mut Randomness) -> (Tensor, Vec<(&'static str, f64)>);
    /// The numbers that [`Learner::loss`] works on when it is given the same random numbers, by name.
    fn batch(&self, random: &mut Randomness) -> BTreeMap<String, Tensor>;
    /// After the weights have moved: what else learns from the step.
    fn after_step(&self, _random: &mut Randomness) {}
    /// Measures on held-out clips, with the averaged weights in place.
    fn validate(&self) -> BTreeMap<String, f64>;
    /// Held-out motion beside what the networks make of it, with the averaged weights in place; `None` where a stage makes
    /// no motion or nothing is held out.
    fn compare(&self) -> Option<Comparison> {
        None
    }
}
