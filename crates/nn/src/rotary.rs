//! Rotary positions (Su et al. 2021): pairs of neighbouring numbers turned by an angle that grows with the place in time.

use tch::{Device, Kind, Tensor};

/// The base of the pairs' rates, as in the paper.
const BASE: f64 = 10_000.0;

/// Turns for a sequence of places.
pub struct Turns {
    cosine: Tensor,
    sine: Tensor,
}

impl Turns {
    /// For the given places in time (they may be negative), of vectors of `width` numbers; `width` even.
    #[must_use]
    pub fn new(places: &[f64], width: i64, device: Device) -> Self {
        let angles = Self::angles(places, width).to_device(device);
        Self { cosine: angles.cos(), sine: angles.sin() }
    }

    /// The angles `[places, width]` in radians, each twice: once for either number of a pair.
    pub fn angles(places: &[f64], width: i64) -> Tensor {
        let exponent = Tensor::arange_start_step(0, width, 2, (Kind::Float, Device::Cpu)) / width as f64;
        let rate = Tensor::pow_scalar(BASE, &exponent).reciprocal();
        let places: Vec<f32> = places.iter().map(|&place| place as f32).collect();
        let angles = Tensor::from_slice(&places).unsqueeze(1) * rate.unsqueeze(0);
        angles.unsqueeze(-1).expand([-1, -1, 2], false).flatten(1, 2)
    }

    /// `[.., places, width]` turned.
    pub fn apply(&self, x: &Tensor) -> Tensor {
        let mut paired = x.size();
        let width = paired.pop().unwrap_or(0);
        paired.extend([width / 2, 2]);
        let pairs = x.reshape(paired.as_slice());
        let crossed = Tensor::stack(&[-pairs.select(-1, 1), pairs.select(-1, 0)], -1).view_as(x);
        x * &self.cosine + crossed * &self.sine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_depend_on_the_distance_in_time_alone() {
        tch::manual_seed(1);
        let draw = || Tensor::randn([1, 16], (Kind::Float, Device::Cpu));
        let (query, key) = (draw(), draw());
        let product = |at: f64, other: f64| {
            let turned = |x: &Tensor, place: f64| Turns::new(&[place], 16, Device::Cpu).apply(x);
            (turned(&query, at) * turned(&key, other)).sum(Kind::Float).double_value(&[])
        };
        assert!((product(3.0, 7.0) - product(-4.0, 0.0)).abs() < 1e-4);
        assert!((product(3.0, 7.0) - product(3.0, 8.0)).abs() > 1e-3);
        assert!((product(0.0, 0.0) - (&query * &key).sum(Kind::Float).double_value(&[])).abs() < 1e-5);
    }
}
