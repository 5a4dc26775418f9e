//! The conditional patch discriminator: does this patch look real for this edge heatmap (METHODS 2.7)? Training only.

use orator_nn::grid::{for_convolution, resize};
use orator_nn::picture_blocks::ConvolutionConfig;
use orator_nn::spectral::SpectralConvolution;
use tch::nn::Path;
use tch::{Kind, Tensor};

/// Slope of the leaky ReLU below zero.
const LEAK: f64 = 0.2;
/// Kernel of all its convolutions.
const KERNEL: i64 = 4;
/// Halvings before the last two layers: patches of 70 × 70 pixels.
const HALVINGS: u32 = 3;

/// A discriminator of patches of 70 × 70 pixels with spectral normalisation.
pub struct Discriminator {
    layers: Vec<SpectralConvolution>,
    map_channels: i64,
}

impl Discriminator {
    /// `map_channels` of the condition (0 for none); `width` channels in the first layer (64 in the predecessors).
    #[must_use]
    pub fn new(path: &Path, map_channels: i64, width: i64) -> Self {
        let shape = ConvolutionConfig { kernel: KERNEL, padding: 1, ..ConvolutionConfig::same(3) };
        let mut from = 3 + map_channels;
        let mut layers = Vec::new();
        for i in 0..=HALVINGS {
            let to = width << i.min(3);
            let stride = if i < HALVINGS { 2 } else { 1 };
            layers.push(SpectralConvolution::new(&(path / i), from, to, shape.strided(stride)));
            from = to;
        }
        layers.push(SpectralConvolution::new(&(path / (HALVINGS + 1)), from, 1, shape));
        Self { layers, map_channels }
    }

    /// A picture `[batch, 3, s, s]` in 0..1 and the map of its pose `[batch, channels, any, any]` to one score a patch,
    /// `[batch, 1, h, w]`, without a final function. `train` lets the spectral norms follow.
    pub fn forward(&self, picture: &Tensor, map: Option<&Tensor>, kind: Kind, train: bool) -> Tensor {
        let size = picture.size();
        let mut here = picture * 2.0 - 1.0;
        if let (Some(map), true) = (map, self.map_channels > 0) {
            here = Tensor::cat(&[here, resize(map, size[2], size[3])], 1);
        }
        let mut here = for_convolution(&here, kind);
        for (i, layer) in self.layers.iter().enumerate() {
            here = layer.forward(&here, train);
            if i + 1 < self.layers.len() {
                here = here.maximum(&(&here * LEAK));
            }
        }
        here.to_kind(Kind::Float)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, nn::VarStore};

    #[test]
    fn judges_patches_and_hears_the_condition() {
        tch::manual_seed(2);
        let store = VarStore::new(Device::Cpu);
        let judge = Discriminator::new(&store.root(), 7, 8);
        let picture = Tensor::rand([2, 3, 64, 64], (Kind::Float, Device::Cpu));
        let map = Tensor::rand([2, 7, 32, 32], (Kind::Float, Device::Cpu));
        let scores = judge.forward(&picture, Some(&map), Kind::Float, true);
        assert_eq!(scores.size(), [2, 1, 6, 6]);
        let others = judge.forward(&picture, Some(&(1.0 - map)), Kind::Float, false);
        assert!(!others.allclose(&scores, 1e-4, 1e-4, false));
        scores.sum(Kind::Float).backward();
        assert!(store.trainable_variables().iter().all(|t| t.grad().defined()));
    }
}
