//! Randomness that belongs to a purpose and not to the process: the same seed gives the same numbers whatever else
//! ran before, and a stopped training run draws the same ones when it goes on.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

/// Mixes a seed with a position (a step, a window) into a new seed (SplitMix64's finaliser).
#[must_use]
pub fn mix(seed: u64, position: u64) -> u64 {
    let mut z = seed ^ position.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A stream of random numbers from one seed; a copy goes on with the same numbers.
#[derive(Clone)]
pub struct Randomness {
    source: ChaCha8Rng,
}

impl Randomness {
    /// The stream of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { source: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        self.source.random::<f64>()
    }

    /// Uniform in `0..bound` (0 when `bound` is 0).
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { self.source.random_range(0..bound) }
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Uniform numbers in (0, 1) as a float tensor on the CPU.
    pub fn uniform_tensor(&mut self, shape: &[i64]) -> Tensor {
        let count: i64 = shape.iter().product();
        let values: Vec<f32> =
            (0..count).map(|_| self.source.random::<f32>().clamp(1e-7, 1.0 - 1e-7)).collect();
        Tensor::from_slice(&values).view(shape)
    }

    /// Standard Gumbel noise, −ln(−ln u), as a float tensor on the CPU.
    pub fn gumbel_tensor(&mut self, shape: &[i64]) -> Tensor {
        -(-self.uniform_tensor(shape).log()).log()
    }

    /// Standard normal numbers, by Box and Muller's rule, as a float tensor on the CPU.
    pub fn normal_tensor(&mut self, shape: &[i64]) -> Tensor {
        let radius = (self.uniform_tensor(shape).log() * -2.0).sqrt();
        radius * (self.uniform_tensor(shape) * std::f64::consts::TAU).cos()
    }

    /// A permutation of `0..count`.
    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for i in (1..count).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_numbers() {
        let (mut a, mut b) = (Randomness::new(7), Randomness::new(7));
        assert_eq!(a.permutation(50), b.permutation(50));
        assert!(a.gumbel_tensor(&[3, 4]).equal(&b.gumbel_tensor(&[3, 4])));
        assert_ne!(mix(1, 2), mix(1, 3));
    }

    #[test]
    fn normal_noise_has_its_mean_and_spread() {
        let noise = Randomness::new(5).normal_tensor(&[20_000]);
        assert!(noise.mean(tch::Kind::Float).double_value(&[]).abs() < 0.03);
        assert!((noise.std(true).double_value(&[]) - 1.0).abs() < 0.03);
    }

    #[test]
    fn gumbel_noise_has_its_mean() {
        let mean = Randomness::new(1).gumbel_tensor(&[200_000]).mean(tch::Kind::Float).double_value(&[]);
        assert!((mean - 0.5772).abs() < 0.01, "{mean}");
    }
}
