//! Speech features to one vector a frame, for cross-attention (METHODS 2.1: linear, positions, two transformer layers).

use super::GeneratorConfig;
use orator_nn::attention::{EncoderLayer, layer_norm, sinusoidal_positions};
use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

/// The content encoder of speech for one stream.
pub(super) struct SpeechEncoder {
    enter: nn::Linear,
    local: nn::Conv1D,
    layers: Vec<EncoderLayer>,
    norm: nn::LayerNorm,
    silence: Tensor,
    dropout: f64,
}

impl SpeechEncoder {
    pub(super) fn new(path: &Path, features: i64, config: &GeneratorConfig) -> Self {
        let w = config.width;
        Self {
            enter: nn::linear(path / "enter", features, w, nn::LinearConfig::default()),
            local: orator_nn::convolution::same_convolution(path / "local", w, w, 5, 1),
            layers: (0..config.speech_layers)
                .map(|i| {
                    EncoderLayer::new(&(path / "layer" / i), w, config.heads, config.hidden, config.dropout)
                })
                .collect(),
            norm: layer_norm(path / "norm", w),
            silence: path.randn("unconditional", &[1, 1, w], 0.0, 0.02),
            dropout: config.dropout,
        }
    }

    /// `[batch, time, features]` to `[batch, time, width]`. Where `drop` `[batch]` is 1 the result is a learned
    /// constant instead, which is what guidance is measured against.
    pub(super) fn forward(&self, speech: &Tensor, drop: &Tensor, train: bool) -> Tensor {
        let (length, device) = (speech.size()[1], speech.device());
        let entered = self.enter.forward(speech);
        let x = &entered + self.local.forward(&entered.transpose(1, 2)).transpose(1, 2).gelu("none");
        let mut x = (&x + sinusoidal_positions(length, x.size()[2], device)).dropout(self.dropout, train);
        for layer in &self.layers {
            x = layer.forward(&x, train);
        }
        let x = self.norm.forward(&x);
        let drop = drop.to_kind(Kind::Float).view([-1, 1, 1]);
        &x * (1.0 - &drop) + &self.silence * &drop
    }
}
