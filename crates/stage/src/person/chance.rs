//! Draws that identities are made of.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A bell around zero with standard deviation one, never beyond ±2.4: a sum of uniform draws.
pub(super) fn bell(rng: &mut ChaCha8Rng) -> f32 {
    /// Uniform draws in the sum.
    const DRAWS: usize = 4;
    let sum: f32 = (0..DRAWS).map(|_| rng.random::<f32>() - 0.5).sum();
    (sum * (12.0 / DRAWS as f32).sqrt()).clamp(-2.4, 2.4)
}

/// A bell around `mean` with standard deviation `spread`, kept within the range.
pub(super) fn around(rng: &mut ChaCha8Rng, mean: f32, spread: f32, range: [f32; 2]) -> f32 {
    (mean + spread * bell(rng)).clamp(range[0], range[1])
}

/// Whether something of this probability happens.
pub(super) fn happens(rng: &mut ChaCha8Rng, probability: f32) -> bool {
    rng.random::<f32>() < probability
}

/// From 0 at `low` to 1 at `high`, smoothly.
pub(super) fn smooth(value: f32, low: f32, high: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Mixes two colours.
pub(super) fn mix(a: [f32; 3], b: [f32; 3], share: f32) -> [f32; 3] {
    std::array::from_fn(|k| a[k] + (b[k] - a[k]) * share)
}
