//! The image encoder E (METHODS 1.2, Eq. 1).

use super::blocks::{Residual, Scale};
use super::config::EncoderConfig;
use orator_nn::picture_blocks::{Convolution, ConvolutionConfig, GroupNorm, groups_of, halve};
use tch::Tensor;
use tch::nn::Path;

/// Groups of the normalisers of the first layer, the halvings and the residual blocks, as released.
const GROUPS: [i64; 3] = [4, 8, 16];

struct Layer {
    conv: Convolution,
    norm: GroupNorm,
}

impl Layer {
    fn new(path: &Path, input: i64, output: i64, config: ConvolutionConfig, groups: i64) -> Self {
        Self {
            conv: Convolution::new(&(path / "conv"), input, output, config),
            norm: GroupNorm::new(&(path / "norm"), output, groups_of(groups, &[output])),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        self.norm.forward(&self.conv.forward(x)).relu()
    }
}

/// What the encoder makes of a picture `[batch, 3, s, s]`.
pub struct Encoded {
    /// F_S `[batch, 8 · width, s / 8, s / 8]`.
    pub features: Tensor,
    /// f₀ (not with a halving stem), f₁, f₂: `[batch, width · 2ⁱ, s / 2ⁱ, s / 2ⁱ]`. f₃ is what `features` is made from, and of no
    /// other use.
    pub maps: Vec<Tensor>,
}

/// The image encoder.
pub struct ImageEncoder {
    first: Layer,
    down: Vec<Layer>,
    residual: Vec<Residual>,
}

impl ImageEncoder {
    /// Under `path`: `first`, `down.i`, `residual.i`.
    #[must_use]
    pub fn new(path: &Path, config: &EncoderConfig) -> Self {
        let width = config.width;
        let [first, down, residual] = GROUPS;
        let stem = ConvolutionConfig::same(7);
        let (from, stem) = if config.halving_stem { (1, stem.strided(2)) } else { (0, stem) };
        Self {
            first: Layer::new(&(path / "first"), 3, width << from, stem, first),
            down: (from..3)
                .map(|i| {
                    let at = path / "down" / (i - from);
                    Layer::new(&at, width << i, width << (i + 1), ConvolutionConfig::same(3), down)
                })
                .collect(),
            residual: (0..config.residual_blocks)
                .map(|i| {
                    Residual::new(
                        &(path / "residual" / i as i64),
                        width * 8,
                        width * 8,
                        residual,
                        Scale::Same,
                    )
                })
                .collect(),
        }
    }

    /// Eq. 1, in the kind of `picture`, whose sides are multiples of 8.
    #[must_use]
    pub fn forward(&self, picture: &Tensor) -> Encoded {
        let mut x = self.first.forward(picture);
        let mut maps = Vec::with_capacity(self.down.len());
        for down in &self.down {
            let next = halve(&down.forward(&x));
            maps.push(std::mem::replace(&mut x, next));
        }
        for block in &self.residual {
            x = block.forward(&x);
        }
        Encoded { features: x, maps }
    }
}
