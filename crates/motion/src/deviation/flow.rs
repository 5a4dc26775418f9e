//! Flow matching over the same network (METHODS 4.1): a straight way from noise to motion, x_u = (1 − u) ε + u x₀, whose direction
//! v = x₀ − ε the network foretells; Euler steps follow it.
//!
//! The network is told 1000 (1 − u) − 1 as its time, so that both processes mean the same by it: 999 is noise.

use super::STEPS;
use orator_nn::Randomness;
use tch::{Device, Kind, Tensor};

/// One Euler step: from u to `u + length`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlowStep {
    /// Where it begins, 0 is noise.
    pub at: f64,
    /// How far it goes.
    pub length: f64,
}

/// The straight way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flow;

impl Flow {
    /// The place `u` `[batch]` on the way as the network's time, `[batch]`.
    pub fn time(&self, u: &Tensor) -> Tensor {
        (1.0 - u) * STEPS as f64 - 1.0
    }

    /// x_u of `clean` and `noise` `[batch, frames, numbers]` at `u` `[batch]`.
    pub fn noised(&self, clean: &Tensor, noise: &Tensor, u: &Tensor) -> Tensor {
        let u = u.view([-1, 1, 1]);
        clean * &u + noise * (1.0 - &u)
    }

    /// The direction v.
    pub fn direction(&self, clean: &Tensor, noise: &Tensor) -> Tensor {
        clean - noise
    }

    /// The clean motion to which `direction` leads from `noisy` at `u`.
    pub fn clean_of(&self, noisy: &Tensor, direction: &Tensor, u: &Tensor) -> Tensor {
        let left: Tensor = 1.0 - u;
        noisy + direction * left.view([-1, 1, 1])
    }

    /// Draws `u` for each of `batch` windows by the logit-normal law (Esser et al. 2024): most often in the middle.
    pub fn draw_place(&self, batch: usize, random: &mut Randomness) -> Tensor {
        random.normal_tensor(&[batch as i64]).sigmoid()
    }

    /// Even steps.
    pub(super) fn steps(&self, count: usize) -> Vec<FlowStep> {
        let length = 1.0 / count.max(1) as f64;
        (0..count.max(1)).map(|i| FlowStep { at: i as f64 * length, length }).collect()
    }
}

impl FlowStep {
    /// `[batch]` of its place.
    pub(super) fn place(&self, batch: i64, device: Device) -> Tensor {
        Tensor::full([batch], self.at, (Kind::Float, device))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_leads_from_noise_to_motion() {
        tch::manual_seed(1);
        let draw = || Tensor::randn([2, 4, 3], (Kind::Float, Device::Cpu));
        let (clean, noise) = (draw(), draw());
        let at = |u: f32| Flow.noised(&clean, &noise, &Tensor::from_slice(&[u, u]));
        assert!(at(0.0).equal(&noise) && at(1.0).equal(&clean));
        let v = Flow.direction(&clean, &noise);
        let far = |a: &Tensor, b: &Tensor| (a - b).abs().max().double_value(&[]);
        assert!(far(&Flow.clean_of(&at(0.3), &v, &Tensor::from_slice(&[0.3f32, 0.3])), &clean) < 1e-5);
        // Euler steps along the true direction arrive.
        let mut x = noise.shallow_clone();
        for step in Flow.steps(8) {
            x = x + &v * step.length;
        }
        assert!(far(&x, &clean) < 1e-5);
        let times = Vec::<f32>::try_from(Flow.time(&Tensor::from_slice(&[0.0f32, 1.0]))).unwrap();
        assert_eq!(times, [999.0, -1.0]);
    }

    #[test]
    fn places_are_drawn_about_the_middle() {
        let u = Flow.draw_place(4000, &mut Randomness::new(1));
        assert!((u.mean(Kind::Float).double_value(&[]) - 0.5).abs() < 0.02);
        assert!(u.min().double_value(&[]) > 0.0 && u.max().double_value(&[]) < 1.0);
    }
}
