//! Convolutions whose largest singular value is held at one, for discriminators (spectral normalisation).

use crate::picture_blocks::{Convolution, ConvolutionConfig};
use tch::nn::Path;
use tch::{Kind, Tensor};

/// A convolution divided by the largest singular value of its weight, which power iteration follows: one step per
/// training pass. The iteration's vector is a variable of the store, so that a stopped run goes on exactly.
pub struct SpectralConvolution {
    conv: Convolution,
    direction: Tensor,
}

/// Keeps divisions finite.
const EPSILON: f64 = 1e-12;

impl SpectralConvolution {
    /// Weight, bias and `direction` `[output]` under `path`.
    #[must_use]
    pub fn new(path: &Path, input: i64, output: i64, config: ConvolutionConfig) -> Self {
        // Any start that is not orthogonal to the answer will do; this one is the same every time.
        let start = Tensor::arange(output, (Kind::Float, path.device())).sin() + 1.5;
        let mut direction = path.zeros_no_train("direction", &[output]);
        tch::no_grad(|| direction.copy_(&unit(&start)));
        Self { conv: Convolution::new(path, input, output, config), direction }
    }

    /// As a convolution; `train` follows the singular value by one step.
    pub fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        let weight = self.conv.weight();
        let matrix = weight.to_kind(Kind::Float).view([weight.size()[0], -1]);
        let (left, right) = tch::no_grad(|| {
            let right = unit(&matrix.tr().mv(&self.direction));
            let left = if train { unit(&matrix.mv(&right)) } else { self.direction.copy() };
            if train {
                self.direction.shallow_clone().copy_(&left);
            }
            (left, right)
        });
        let largest = left.dot(&matrix.mv(&right));
        self.conv.with_weight(x, &(weight / largest))
    }
}

fn unit(v: &Tensor) -> Tensor {
    v / (v.norm() + EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, nn::VarStore};

    #[test]
    fn the_largest_singular_value_becomes_one() {
        tch::manual_seed(5);
        let store = VarStore::new(Device::Cpu);
        let config = ConvolutionConfig { padding: 0, ..ConvolutionConfig::same(1) };
        let layer = SpectralConvolution::new(&store.root(), 5, 7, config.without_bias());
        let basis = Tensor::eye(5, (Kind::Float, Device::Cpu)).view([5, 5, 1, 1]);
        for _ in 0..200 {
            let _ = layer.forward(&basis, true);
        }
        let matrix = layer.forward(&basis, false).view([5, 7]);
        let (_, values, _) = matrix.svd(true, true);
        assert!((values.max().double_value(&[]) - 1.0).abs() < 1e-3);
        let loss = layer.forward(&basis, false).square().sum(Kind::Float);
        loss.backward();
        assert!(store.variables()["weight"].grad().abs().max().double_value(&[]) > 0.0);
    }
}
