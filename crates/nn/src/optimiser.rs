//! AdamW whose state can be saved and loaded, so that a resumed run takes the very same steps.

use crate::{NnError, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tch::{Kind, Tensor};

/// Settings of [`AdamW`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdamWConfig {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Decoupled weight decay, for tensors of two and more axes.
    pub weight_decay: f64,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weight_decay: 1e-2 }
    }
}

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
pub struct AdamW {
    config: AdamWConfig,
    /// Steps that each parameter has taken: one that sits out the first thousand must not take its moments for settled.
    steps: BTreeMap<String, i64>,
    parameters: BTreeMap<String, Tensor>,
    first: BTreeMap<String, Tensor>,
    second: BTreeMap<String, Tensor>,
}

impl AdamW {
    /// Optimises those of the named tensors that ask for gradients.
    #[must_use]
    pub fn new(parameters: BTreeMap<String, Tensor>, config: AdamWConfig) -> Self {
        let parameters: BTreeMap<_, _> = parameters.into_iter().filter(|(_, t)| t.requires_grad()).collect();
        let zeros = || parameters.iter().map(|(n, t)| (n.clone(), t.detach().zeros_like())).collect();
        let steps = parameters.keys().map(|name| (name.clone(), 0)).collect();
        Self { config, steps, first: zeros(), second: zeros(), parameters }
    }

    /// Forgets the gradients.
    pub fn zero_gradients(&mut self) {
        for parameter in self.parameters.values_mut() {
            parameter.zero_grad();
        }
    }

    /// The parameters being optimised, by name.
    #[must_use]
    pub fn parameters(&self) -> &BTreeMap<String, Tensor> {
        &self.parameters
    }

    /// One step against the gradients at learning rate `rate`. Parameters without a gradient stay.
    pub fn step(&mut self, rate: f64) {
        let c = &self.config;
        tch::no_grad(|| {
            for (name, parameter) in &mut self.parameters {
                let gradient = parameter.grad();
                if !gradient.defined() {
                    continue;
                }
                let moments = (self.first.get_mut(name), self.second.get_mut(name));
                let (Some(first), Some(second)) = moments else { continue };
                let steps = self.steps.entry(name.clone()).or_default();
                *steps += 1;
                let taken = i32::try_from(*steps).unwrap_or(i32::MAX);
                let (correction1, correction2) = (1.0 - c.beta1.powi(taken), 1.0 - c.beta2.powi(taken));
                let _ = first.lerp_(&gradient, 1.0 - c.beta1);
                let _ = second.g_mul_scalar_(c.beta2);
                let _ = second.addcmul_(&gradient, &(&gradient * (1.0 - c.beta2)));
                if c.weight_decay > 0.0 && parameter.dim() > 1 {
                    let _ = parameter.g_mul_scalar_(1.0 - rate * c.weight_decay);
                }
                let denominator = (&*second / correction2).sqrt() + c.epsilon;
                let _ = parameter.subtract_(&(&*first / denominator * (rate / correction1)));
            }
        });
    }

    /// Everything needed to go on: both moments of each parameter and its number of steps.
    #[must_use]
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let named = |kind: &str, map: &BTreeMap<String, Tensor>| -> Vec<(String, Tensor)> {
            map.iter().map(|(n, t)| (format!("optimiser.{kind}.{n}"), t.shallow_clone())).collect()
        };
        let mut all = named("first", &self.first);
        all.extend(named("second", &self.second));
        let steps: Vec<i64> = self.steps.values().copied().collect();
        all.push(("optimiser.steps".into(), Tensor::from_slice(&steps)));
        all
    }

    /// Takes up a state written by [`AdamW::state`].
    ///
    /// # Errors
    /// [`NnError::Mismatch`] when a tensor is missing or of another shape.
    pub fn restore(&mut self, state: &BTreeMap<String, Tensor>) -> Result<()> {
        let get = |name: String| {
            state
                .get(&name)
                .ok_or_else(|| NnError::Mismatch { what: format!("the optimiser state lacks {name}") })
        };
        for (kind, map) in [("first", &mut self.first), ("second", &mut self.second)] {
            for (name, tensor) in map.iter_mut() {
                let saved = get(format!("optimiser.{kind}.{name}"))?;
                if saved.size() != tensor.size() {
                    return Err(NnError::Mismatch {
                        what: format!(
                            "optimiser state of {name}: {:?}, not {:?}",
                            saved.size(),
                            tensor.size()
                        ),
                    });
                }
                *tensor = saved.to_kind(Kind::Float).to_device(tensor.device()).copy();
            }
        }
        let steps = Vec::<i64>::try_from(get("optimiser.steps".into())?)?;
        // States of old have one number for all.
        if steps.len() != self.steps.len() && steps.len() != 1 {
            let what =
                format!("the optimiser state has {} parameters, not {}", steps.len(), self.steps.len());
            return Err(NnError::Mismatch { what });
        }
        for (mine, saved) in self.steps.values_mut().zip(steps.iter().cycle()) {
            *mine = *saved;
        }
        Ok(())
    }
}

/// Scales all gradients so that their joint Euclidean norm is at most `limit`; returns the norm before.
pub fn clip_gradient_norm(parameters: &BTreeMap<String, Tensor>, limit: f64) -> f64 {
    tch::no_grad(|| {
        let gradients: Vec<Tensor> = parameters.values().map(Tensor::grad).filter(Tensor::defined).collect();
        if gradients.is_empty() {
            return 0.0;
        }
        let norms: Vec<Tensor> = gradients.iter().map(|g| g.norm().to_kind(Kind::Float)).collect();
        let norm = Tensor::stack(&norms, 0).norm().double_value(&[]);
        if norm > limit && norm.is_finite() {
            for mut gradient in gradients {
                let _ = gradient.g_mul_scalar_(limit / (norm + 1e-6));
            }
        }
        norm
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> (BTreeMap<String, Tensor>, Tensor) {
        let w = Tensor::from_slice(&[1.0f32, -2.0]).set_requires_grad(true);
        (BTreeMap::from([("w".to_string(), w.shallow_clone())]), w)
    }

    #[test]
    fn first_step_has_the_size_of_the_rate() {
        let (parameters, w) = one();
        let mut optimiser = AdamW::new(parameters, AdamWConfig::default());
        (&w * &w).sum(Kind::Float).backward();
        optimiser.step(0.1);
        let v = Vec::<f32>::try_from(&w.detach()).unwrap();
        assert!((v[0] - 0.9).abs() < 1e-5 && (v[1] + 1.9).abs() < 1e-5, "{v:?}");
    }

    #[test]
    fn a_parameter_that_sat_out_begins_like_a_new_one() {
        let (parameters, w) = one();
        let late = Tensor::from_slice(&[1.0f32]).set_requires_grad(true);
        let both = parameters.into_iter().chain([("late".to_string(), late.shallow_clone())]).collect();
        let mut optimiser = AdamW::new(both, AdamWConfig::default());
        for _ in 0..50 {
            optimiser.zero_gradients();
            (&w * &w).sum(Kind::Float).backward();
            optimiser.step(0.01);
        }
        (&late * &late).sum(Kind::Float).backward();
        optimiser.step(0.1);
        assert!((late.double_value(&[0]) - 0.9).abs() < 1e-5);
    }

    #[test]
    fn resumed_steps_equal_uninterrupted_ones() {
        let run = |interrupt: bool| {
            let (parameters, w) = one();
            let mut optimiser = AdamW::new(
                parameters.iter().map(|(n, t)| (n.clone(), t.shallow_clone())).collect(),
                AdamWConfig::default(),
            );
            for i in 0..10 {
                if interrupt && i == 5 {
                    let state: BTreeMap<_, _> =
                        optimiser.state().into_iter().map(|(n, t)| (n, t.copy())).collect();
                    optimiser = AdamW::new(
                        parameters.iter().map(|(n, t)| (n.clone(), t.shallow_clone())).collect(),
                        AdamWConfig::default(),
                    );
                    optimiser.restore(&state).unwrap();
                }
                optimiser.zero_gradients();
                (&w * &w * f64::from(i)).sum(Kind::Float).backward();
                optimiser.step(0.01);
            }
            Vec::<f32>::try_from(&w.detach()).unwrap()
        };
        assert_eq!(run(false), run(true));
    }

    #[test]
    fn clipping_bounds_the_norm() {
        let (parameters, w) = one();
        (&w * 30.0).sum(Kind::Float).backward();
        let before = clip_gradient_norm(&parameters, 1.0);
        assert!(before > 40.0);
        assert!((w.grad().norm().double_value(&[]) - 1.0).abs() < 1e-3);
    }
}
