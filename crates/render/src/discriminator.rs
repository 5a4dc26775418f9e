//! The patch discriminator: does this patch look real (METHODS 1.7), and, where it is given one, real for this edge heatmap
//! (METHODS 2.7)? Training only.

use orator_nn::grid::{for_convolution, resize};
use orator_nn::picture_blocks::ConvolutionConfig;
use orator_nn::spectral::SpectralConvolution;
use tch::nn::Path;
use tch::{Kind, Tensor};

/// Slope of the leaky ReLU below zero.
const LEAK: f64 = 0.2;
/// Halvings before the last two layers.
const HALVINGS: u32 = 3;
/// Pixels around a picture that its convolutions see, all zero.
const PADDING: i64 = 1;

/// What a discriminator is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiscriminatorConfig {
    /// Channels of the condition; 0 for none.
    pub map_channels: i64,
    /// Channels of the first layer; twice, four and eight times as many in those that follow.
    pub width: i64,
    /// Kernel of all its convolutions: 4 judges patches of 70 × 70 pixels, 5 of 93 × 93.
    pub kernel: i64,
    /// Whether its convolutions have a bias.
    pub bias: bool,
}

impl DiscriminatorConfig {
    /// The contextual system's: patches of 70 × 70 pixels, beside the map of a pose.
    #[must_use]
    pub fn contextual(map_channels: i64, width: i64) -> Self {
        Self { map_channels, width, kernel: 4, bias: true }
    }

    /// As published for S2G and taken for the deviation system (METHODS 1.7): 5 × 5 convolutions without bias, no condition, 64
    /// channels in the first layer unless `width` says otherwise.
    #[must_use]
    pub fn published(width: i64) -> Self {
        Self { map_channels: 0, width, kernel: 5, bias: false }
    }
}

/// A discriminator of patches with spectral normalisation.
pub struct Discriminator {
    layers: Vec<SpectralConvolution>,
    map_channels: i64,
}

impl Discriminator {
    /// With weights `0.weight` to `4.weight` under `path`.
    #[must_use]
    pub fn new(path: &Path, config: DiscriminatorConfig) -> Self {
        let DiscriminatorConfig { map_channels, width, kernel, bias } = config;
        let shape = ConvolutionConfig { kernel, padding: PADDING, bias, ..ConvolutionConfig::same(kernel) };
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
        let judge = Discriminator::new(&store.root(), DiscriminatorConfig::contextual(7, 8));
        let picture = Tensor::rand([2, 3, 64, 64], (Kind::Float, Device::Cpu));
        let map = Tensor::rand([2, 7, 32, 32], (Kind::Float, Device::Cpu));
        let scores = judge.forward(&picture, Some(&map), Kind::Float, true);
        assert_eq!(scores.size(), [2, 1, 6, 6]);
        let others = judge.forward(&picture, Some(&(1.0 - map)), Kind::Float, false);
        assert!(!others.allclose(&scores, 1e-4, 1e-4, false));
        scores.sum(Kind::Float).backward();
        assert!(store.trainable_variables().iter().all(|t| t.grad().defined()));
    }

    #[test]
    fn the_published_one_has_its_shapes_and_hears_no_condition() {
        let store = VarStore::new(Device::Cpu);
        let judge = Discriminator::new(&store.root(), DiscriminatorConfig::published(64));
        let weights = store.trainable_variables().iter().map(Tensor::numel).sum::<usize>();
        assert_eq!(weights, 25 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512));
        let picture = Tensor::rand([1, 3, 256, 256], (Kind::Float, Device::Cpu));
        let map = Tensor::rand([1, 7, 32, 32], (Kind::Float, Device::Cpu));
        let scores = judge.forward(&picture, None, Kind::Float, false);
        assert_eq!(scores.size(), [1, 1, 27, 27]);
        assert!(judge.forward(&picture, Some(&map), Kind::Float, false).equal(&scores));
    }
}
