//! The feature enhancer (METHODS 1.3, Eq. 2): a U-Net of two levels on the source's features.

use super::blocks::{Residual, Scale};
use super::config::EnhancerConfig;
use orator_nn::picture_blocks::{Convolution, ConvolutionConfig, GroupNorm, groups_of};
use tch::Tensor;
use tch::nn::Path;

/// Groups of the normalisers on either level and at the end, as released.
const GROUPS: [i64; 3] = [8, 16, 12];

/// The feature enhancer.
pub struct FeatureEnhancer {
    down: [Residual; 2],
    middle: Residual,
    up: [Residual; 2],
    norm: GroupNorm,
    out: Convolution,
}

impl FeatureEnhancer {
    /// Features `depth` deep in and out. Under `path`: `down.i`, `middle`, `up.i`, `norm`, `out`.
    #[must_use]
    pub fn new(path: &Path, depth: i64, config: &EnhancerConfig) -> Self {
        let [wide, wider] = config.widths;
        let [outer, inner, last] = GROUPS;
        Self {
            down: [
                Residual::new(&(path / "down" / 0), depth, wide, outer, Scale::Half),
                Residual::new(&(path / "down" / 1), wide, wider, inner, Scale::Half),
            ],
            middle: Residual::new(&(path / "middle"), wider, wider, inner, Scale::Same),
            up: [
                Residual::new(&(path / "up" / 0), wider + wide, wide, outer, Scale::Double),
                Residual::new(&(path / "up" / 1), wider * 2, wider, inner, Scale::Double),
            ],
            norm: GroupNorm::new(&(path / "norm"), wide, groups_of(last, &[wide])),
            out: Convolution::new(&(path / "out"), wide, depth, ConvolutionConfig::same(3)),
        }
    }

    /// F_S `[batch, depth, h, w]` to F_e of the same shape; h and w are multiples of 4.
    pub fn forward(&self, features: &Tensor) -> Tensor {
        let outer = self.down[0].forward(features);
        let inner = self.down[1].forward(&outer);
        let x = self.middle.forward(&inner);
        let x = self.up[1].forward(&Tensor::cat(&[&x, &inner], 1));
        let x = self.up[0].forward(&Tensor::cat(&[&x, &outer], 1));
        self.out.forward(&self.norm.forward(&x).relu())
    }
}
