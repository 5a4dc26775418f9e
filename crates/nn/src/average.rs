//! Exponential moving average of weights.

use crate::{NnError, Result};
use std::collections::BTreeMap;
use tch::Tensor;

/// A slowly following copy of the weights, used for validation and for what ships.
pub struct ExponentialAverage {
    decay: f64,
    shadow: BTreeMap<String, Tensor>,
}

impl ExponentialAverage {
    /// Starts at the present weights; `decay` in 0..1, 0.999 follows about a thousand steps.
    #[must_use]
    pub fn new(parameters: &BTreeMap<String, Tensor>, decay: f64) -> Self {
        let shadow = parameters.iter().map(|(n, t)| (n.clone(), t.detach().copy())).collect();
        Self { decay, shadow }
    }

    /// Follows the weights by one step. Early steps follow faster, so that the start is forgotten.
    pub fn update(&mut self, parameters: &BTreeMap<String, Tensor>, step: u64) {
        let decay = self.decay.min((1.0 + step as f64) / (10.0 + step as f64));
        tch::no_grad(|| {
            for (name, tensor) in parameters {
                if let Some(shadow) = self.shadow.get_mut(name) {
                    if tensor.is_floating_point() {
                        let _ = shadow.lerp_(&tensor.detach(), 1.0 - decay);
                    } else {
                        shadow.copy_(&tensor.detach());
                    }
                }
            }
        });
    }

    /// The averaged tensors by name.
    #[must_use]
    pub fn tensors(&self) -> &BTreeMap<String, Tensor> {
        &self.shadow
    }

    /// Takes up averaged tensors read from a checkpoint.
    ///
    /// # Errors
    /// [`NnError::Mismatch`] when one is missing or of another shape.
    pub fn restore(&mut self, saved: &BTreeMap<String, Tensor>, prefix: &str) -> Result<()> {
        for (name, tensor) in &mut self.shadow {
            let found = saved
                .get(&format!("{prefix}{name}"))
                .filter(|t| t.size() == tensor.size())
                .ok_or_else(|| NnError::Mismatch { what: format!("no averaged weights for {name}") })?;
            tensor.copy_(found);
        }
        Ok(())
    }
}
