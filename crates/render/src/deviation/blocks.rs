//! The residual block of the deviation networks.

use orator_nn::picture_blocks::{Convolution, ConvolutionConfig, GroupNorm, double, groups_of};
use tch::Tensor;
use tch::nn::init::{FanInOut, NonLinearity, NormalOrUniform};
use tch::nn::{Init, Path};

/// What a block does to the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    Half,
    Same,
    Double,
}

/// Group normaliser, ReLU, change of size by nearest values, 3 × 3 convolution; then normaliser, ReLU, convolution; added to the
/// input (through a 1 × 1 convolution where the channels change).
pub(super) struct Residual {
    norm1: GroupNorm,
    conv1: Convolution,
    norm2: GroupNorm,
    conv2: Convolution,
    conv3: Option<Convolution>,
    scale: Scale,
}

impl Residual {
    /// `groups`: groups of either normaliser, as far as they divide the channels. A fresh block begins as its shortcut, which keeps the
    /// spread of its input: a dozen of them in a row would else multiply it by a hundred.
    pub fn new(path: &Path, input: i64, output: i64, groups: i64, scale: Scale) -> Self {
        let same = ConvolutionConfig::same(3);
        let dist = NormalOrUniform::Uniform;
        let keeping = Init::Kaiming { dist, fan: FanInOut::FanIn, non_linearity: NonLinearity::Linear };
        let shortcut = ConvolutionConfig { weights: keeping, ..ConvolutionConfig::same(1) };
        let conv3 = (input != output).then(|| Convolution::new(&(path / "conv3"), input, output, shortcut));
        Self {
            norm1: GroupNorm::new(&(path / "norm1"), input, groups_of(groups, &[input])),
            conv1: Convolution::new(&(path / "conv1"), input, output, same),
            norm2: GroupNorm::new(&(path / "norm2"), output, groups_of(groups, &[output])),
            conv2: Convolution::new(&(path / "conv2"), output, output, same.from_zero()),
            conv3,
            scale,
        }
    }

    /// `[batch, input, h, w]` to `[batch, output, ·, ·]`; halving drops an odd last row.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let change = self.norm1.forward(x).relu();
        let change = match self.scale {
            Scale::Double => self.conv1.forward_doubled(&change),
            other => self.conv1.forward(&scaled(&change, other)),
        };
        let change = self.conv2.forward(&self.norm2.forward(&change).relu());
        // A 1 × 1 convolution and a choice of pixels may change places: the fewer pixels first.
        let kept = match (&self.conv3, self.scale) {
            (Some(conv), Scale::Double) => scaled(&conv.forward(x), self.scale),
            (Some(conv), _) => conv.forward(&scaled(x, self.scale)),
            (None, _) => scaled(x, self.scale),
        };
        change + kept
    }
}

fn scaled(x: &Tensor, scale: Scale) -> Tensor {
    match scale {
        Scale::Same => x.shallow_clone(),
        Scale::Half => {
            let size = x.size();
            x.slice(2, 0, size[2] / 2 * 2, 2).slice(3, 0, size[3] / 2 * 2, 2)
        }
        Scale::Double => double(x),
    }
}
