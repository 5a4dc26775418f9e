//! What a stage gives to the training loop.

use crate::Result;
use crate::contextual::Comparison;
use orator_nn::Randomness;
use std::collections::BTreeMap;
use tch::Tensor;

/// Named parts of a loss.
pub(crate) type Parts = Vec<(&'static str, f64)>;

/// One stage's losses and measures.
pub(crate) trait Learner {
    /// Loss of one batch of `step` (from 0), and named parts of it for the log.
    fn loss(&self, step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)>;
    /// The numbers that [`Learner::loss`] works on when it is given the same random numbers, by name.
    fn batch(&self, random: &mut Randomness) -> Result<BTreeMap<String, Tensor>>;
    /// After the weights have moved: what else learns from the step.
    fn after_step(&self, _random: &mut Randomness) {}
    /// Measures on held-out clips after `step` steps, with the averaged weights in place.
    fn validate(&self, step: u64) -> Result<BTreeMap<String, f64>>;
    /// Held-out motion beside what the networks make of it, with the averaged weights in place; `None` where a stage makes
    /// no motion or nothing is held out.
    fn compare(&self) -> Option<Comparison> {
        None
    }
}
