//! Where the body's tokens are told of the planned strokes.

use super::super::mask_generator::StrokeGuide;
use super::GUIDE_NUMBERS;
use tch::Tensor;
use tch::nn::{self, Module, Path};

/// What is added to the body's tokens of a window: of the plan, or a learned constant where there is none.
pub(in super::super) struct StrokeEntrance {
    inner: nn::Linear,
    outer: nn::Linear,
    absent: Tensor,
}

impl StrokeEntrance {
    /// Begins as "no change", so that a generator trained without plans can go on from where it is.
    pub(in super::super) fn new(path: &Path, width: i64) -> Self {
        let zero = nn::LinearConfig {
            ws_init: nn::Init::Const(0.0),
            bs_init: Some(nn::Init::Const(0.0)),
            bias: true,
        };
        Self {
            inner: nn::linear(path / "inner", GUIDE_NUMBERS as i64, width, nn::LinearConfig::default()),
            outer: nn::linear(path / "outer", width, width, zero),
            absent: path.zeros("absent", &[1, 1, width]),
        }
    }

    /// `tokens` `[batch, time, width]` with what they are told.
    pub(in super::super) fn tell(&self, tokens: &Tensor, guide: Option<&StrokeGuide<'_>>) -> Tensor {
        let Some(guide) = guide else { return tokens + &self.absent };
        let told = self.outer.forward(&self.inner.forward(guide.numbers).gelu("none"));
        let drop = guide.drop.to_kind(tch::Kind::Float).view([-1, 1, 1]);
        tokens + told * (1.0 - &drop) + &self.absent * &drop
    }
}
