//! The nonlinear pose transformation P (METHODS 1.4): from rotations to a free linear map at each place.

use super::blocks::{Residual, Scale};
use super::config::TransformationConfig;
use orator_nn::grid::for_convolution;
use orator_nn::picture_blocks::{Convolution, ConvolutionConfig};
use tch::nn::Path;
use tch::{Kind, Tensor};

/// Numbers of a 3 × 3 matrix.
const ENTRIES: i64 = 9;
/// Groups of the normalisers as released (found by trying: only these give fixture 02): at the size of the rotations and above, on the levels
/// below, and at the bottom.
const GROUPS: [i64; 3] = [4, 8, 16];

/// The nonlinear pose transformation.
pub struct PoseTransformation {
    first: Convolution,
    down: [Residual; 2],
    middle: Vec<Residual>,
    up: [Residual; 3],
    narrow: Residual,
    out: Convolution,
}

impl PoseTransformation {
    /// `fields`: how many rotation fields are joined (two where the source's own counts). Under `path`: `first`, `down.i`,
    /// `middle.i`, `up.i`, `narrow`, `out`. The last convolution begins at zero: nothing moves at first.
    #[must_use]
    pub fn new(path: &Path, fields: i64, config: &TransformationConfig) -> Self {
        let w = config.width;
        let same = ConvolutionConfig::same(3);
        let middle = |i: usize| {
            let input = if i == 0 { w * 4 } else { w * 8 };
            let groups = if i == 0 { GROUPS[1] } else { GROUPS[2] };
            Residual::new(&(path / "middle" / i as i64), input, w * 8, groups, Scale::Same)
        };
        Self {
            first: Convolution::new(&(path / "first"), ENTRIES * fields, w, ConvolutionConfig::same(1)),
            down: [
                Residual::new(&(path / "down" / 0), w, w * 2, GROUPS[0], Scale::Half),
                Residual::new(&(path / "down" / 1), w * 2, w * 4, GROUPS[1], Scale::Half),
            ],
            middle: (0..=config.residual_blocks).map(middle).collect(),
            up: [
                Residual::new(&(path / "up" / 0), w * 5, w * 2, GROUPS[1], Scale::Double),
                Residual::new(&(path / "up" / 1), w * 8, w * 4, GROUPS[1], Scale::Double),
                Residual::new(&(path / "up" / 2), w * 12, w * 6, GROUPS[2], Scale::Double),
            ],
            narrow: Residual::new(&(path / "narrow"), w * 2, w, GROUPS[0], Scale::Same),
            out: Convolution::new(&(path / "out"), w, ENTRIES, same.from_zero()),
        }
    }

    /// Rotation fields `[batch, h, w, 3, 3]` to A `[batch, 2h, 2w, 3, 3]` in −1..=1, in 32-bit floats; h and w
    /// are multiples of 4.
    #[must_use]
    pub fn forward(&self, fields: &[&Tensor], kind: Kind) -> Tensor {
        let flat: Vec<Tensor> =
            fields.iter().map(|field| field.flatten(3, -1).permute([0, 3, 1, 2])).collect();
        let x = self.first.forward(&for_convolution(&Tensor::cat(&flat, 1), kind));
        let finer = self.down[0].forward(&x);
        let coarse = self.down[1].forward(&finer);
        let mut y = coarse.shallow_clone();
        for block in &self.middle {
            y = block.forward(&y);
        }
        for (block, skip) in self.up.iter().rev().zip([&coarse, &finer, &x]) {
            y = block.forward(&Tensor::cat(&[&y, skip], 1));
        }
        let y = self.out.forward(&self.narrow.forward(&y)).tanh();
        let size = y.size();
        y.permute([0, 2, 3, 1]).reshape([size[0], size[2], size[3], 3, 3])
    }
}
