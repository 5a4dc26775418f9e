//! One-dimensional convolutions over time.

use tch::Tensor;
use tch::nn::{self, Module, Path};

/// A convolution over `[batch, channels, time]` that keeps the length; `kernel` odd.
#[must_use]
pub fn same_convolution(path: Path, input: i64, output: i64, kernel: i64, dilation: i64) -> nn::Conv1D {
    let config = nn::ConvConfig { padding: dilation * (kernel / 2), dilation, ..Default::default() };
    nn::conv1d(path, input, output, kernel, config)
}

/// A stack of residual blocks with growing dilation (MoMask's Resnet1D): ReLU, 3-wide dilated convolution, ReLU,
/// 1-wide convolution, added to the input.
pub struct ResidualStack {
    blocks: Vec<(nn::Conv1D, nn::Conv1D)>,
}

impl ResidualStack {
    /// `depth` blocks of dilation `growth^i`, widest first when `reverse`.
    #[must_use]
    pub fn new(path: &Path, width: i64, depth: i64, growth: i64, reverse: bool) -> Self {
        let blocks = (0..depth)
            .map(|i| {
                let exponent = if reverse { depth - 1 - i } else { i };
                let at = path / i;
                let dilation = growth.pow(u32::try_from(exponent).unwrap_or(0));
                // Each block begins as "no change", else the stack's output grows with its depth.
                let config = nn::ConvConfig { ws_init: nn::Init::Const(0.0), ..Default::default() };
                (
                    same_convolution(&at / "dilated", width, width, 3, dilation),
                    nn::conv1d(&at / "pointwise", width, width, 1, config),
                )
            })
            .collect();
        Self { blocks }
    }

    /// `[batch, width, time]` to the same shape.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let mut x = x.shallow_clone();
        for (dilated, pointwise) in &self.blocks {
            let change = pointwise.forward(&dilated.forward(&x.relu()).relu());
            x = x + change;
        }
        x
    }
}
