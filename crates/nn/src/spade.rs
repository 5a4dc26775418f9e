//! Spatially adaptive normalisation: a map says, pixel by pixel, what becomes of normalised features (SPADE).

use crate::grid::for_convolution;
use crate::picture_blocks::{Convolution, ConvolutionConfig, normalise_instances};
use tch::Tensor;
use tch::nn::Path;

/// out = norm(x) · (1 + γ(map)) + β(map), with a parameter-free instance norm (METHODS 2.7).
pub struct Spade {
    shared: Convolution,
    gamma: Convolution,
    beta: Convolution,
}

impl Spade {
    /// For `channels` channels and a map of `map_channels`; `hidden` is 128 in the paper. Begins as γ = β = 0.
    #[must_use]
    pub fn new(path: &Path, channels: i64, map_channels: i64, hidden: i64, kernel: i64) -> Self {
        let same = ConvolutionConfig::same(kernel);
        Self {
            shared: Convolution::new(&(path / "shared"), map_channels, hidden, ConvolutionConfig::same(3)),
            gamma: Convolution::new(&(path / "gamma"), hidden, channels, same.from_zero()),
            beta: Convolution::new(&(path / "beta"), hidden, channels, same.from_zero()),
        }
    }

    /// `x` `[batch, channels, h, w]`, `map` `[batch, map channels, any, any]` (nearest-resized): same shape as `x`.
    pub fn forward(&self, x: &Tensor, map: &Tensor) -> Tensor {
        let size = x.size();
        let map = if map.size()[2..] == size[2..] {
            map.shallow_clone()
        } else {
            map.upsample_nearest2d([size[2], size[3]], None::<f64>, None::<f64>)
        };
        let shared = self.shared.forward(&for_convolution(&map, x.kind())).relu();
        let normal = normalise_instances(x, None);
        let gamma = self.gamma.forward(&shared) + 1.0;
        normal * gamma + self.beta.forward(&shared)
    }
}

/// SPADE, leaky ReLU, 3 × 3 convolution: the change that a map asks of features. Twice when `deep`, as in the paper's
/// predecessors. Begins at zero.
pub struct SpadeChange {
    steps: Vec<(Spade, Convolution)>,
}

/// Slope of the leaky ReLU below zero.
const LEAK: f64 = 0.2;

impl SpadeChange {
    /// `channels` in and out.
    #[must_use]
    pub fn new(path: &Path, channels: i64, map_channels: i64, hidden: i64, kernel: i64, deep: bool) -> Self {
        let count = if deep { 2 } else { 1 };
        let steps = (0..count)
            .map(|i| {
                let same = ConvolutionConfig::same(3);
                let config = if i + 1 == count { same.from_zero() } else { same };
                let spade = Spade::new(&(path / format!("spade{i}")), channels, map_channels, hidden, kernel);
                (spade, Convolution::new(&(path / format!("conv{i}")), channels, channels, config))
            })
            .collect();
        Self { steps }
    }

    /// `[batch, channels, h, w]` to the same shape: what to add.
    pub fn forward(&self, x: &Tensor, map: &Tensor) -> Tensor {
        self.steps.iter().fold(x.shallow_clone(), |x, (spade, conv)| {
            let x = spade.forward(&x, map);
            conv.forward(&x.maximum(&(&x * LEAK)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind, nn::VarStore};

    #[test]
    fn begins_as_a_plain_norm_and_hears_the_map_after() {
        tch::manual_seed(1);
        let store = VarStore::new(Device::Cpu);
        let spade = Spade::new(&store.root(), 6, 2, 8, 3);
        let x = Tensor::rand([2, 6, 8, 8], (Kind::Float, Device::Cpu));
        let map = Tensor::rand([2, 2, 4, 4], (Kind::Float, Device::Cpu));
        let plain = spade.forward(&x, &map);
        assert!((&plain - normalise_instances(&x, None)).abs().max().double_value(&[]) < 1e-5);
        tch::no_grad(|| {
            for (name, mut variable) in store.variables() {
                if name.starts_with("gamma.weight") {
                    let _ = variable.fill_(0.1);
                }
            }
        });
        assert!(!spade.forward(&x, &map).allclose(&plain, 1e-3, 1e-3, false));
    }

    #[test]
    fn a_change_begins_at_zero() {
        let store = VarStore::new(Device::Cpu);
        let change = SpadeChange::new(&store.root(), 4, 3, 8, 3, true);
        let x = Tensor::rand([1, 4, 8, 8], (Kind::Float, Device::Cpu));
        let map = Tensor::rand([1, 3, 8, 8], (Kind::Float, Device::Cpu));
        assert_eq!(change.forward(&x, &map).abs().max().double_value(&[]), 0.0);
    }
}
