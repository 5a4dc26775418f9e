//! The content encoder (METHODS 2.1): features to one vector a frame; and the head that makes one embedding of a window.

use crate::contextual::{AlignmentConfig, GeneratorConfig};
use orator_nn::attention::{EncoderLayer, layer_norm, sinusoidal_positions};
use orator_nn::convolution::same_convolution;
use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

/// Frames that the convolution before the transformer looks at.
const LOCAL_FRAMES: i64 = 5;

/// Sizes of a content encoder.
#[derive(Clone, Copy, Debug)]
pub(in crate::contextual) struct EncoderSizes {
    pub width: i64,
    pub heads: i64,
    pub hidden: i64,
    pub layers: i64,
    pub dropout: f64,
}

impl From<&GeneratorConfig> for EncoderSizes {
    fn from(g: &GeneratorConfig) -> Self {
        Self { width: g.width, heads: g.heads, hidden: g.hidden, layers: g.speech_layers, dropout: g.dropout }
    }
}

impl From<&AlignmentConfig> for EncoderSizes {
    fn from(a: &AlignmentConfig) -> Self {
        Self { width: a.width, heads: a.heads, hidden: a.hidden, layers: a.layers, dropout: a.dropout }
    }
}

/// Linear map, positions, transformer layers. One definition for speech, face and body, and for the generators' memory.
///
/// Added to the paper's: a short convolution over time beside the linear map. A single frame of keypoints knows no velocity.
pub(in crate::contextual) struct ContentEncoder {
    enter: nn::Linear,
    local: nn::Conv1D,
    layers: Vec<EncoderLayer>,
    norm: nn::LayerNorm,
    dropout: f64,
}

impl ContentEncoder {
    pub fn new(path: &Path, features: i64, sizes: EncoderSizes) -> Self {
        let EncoderSizes { width, heads, hidden, layers, dropout } = sizes;
        Self {
            enter: nn::linear(path / "enter", features, width, nn::LinearConfig::default()),
            local: same_convolution(path / "local", width, width, LOCAL_FRAMES, 1),
            layers: (0..layers)
                .map(|i| EncoderLayer::new(&(path / "layer" / i), width, heads, hidden, dropout))
                .collect(),
            norm: layer_norm(path / "norm", width),
            dropout,
        }
    }

    /// `[batch, time, features]` to `[batch, time, width]`.
    pub fn forward(&self, features: &Tensor, train: bool) -> Tensor {
        let (length, device) = (features.size()[1], features.device());
        let entered = self.enter.forward(features);
        let x = &entered + self.local.forward(&entered.transpose(1, 2)).transpose(1, 2).gelu("none");
        let mut x = (&x + sinusoidal_positions(length, x.size()[2], device)).dropout(self.dropout, train);
        for layer in &self.layers {
            x = layer.forward(&x, train);
        }
        self.norm.forward(&x)
    }
}

/// Mean over time, then two linear layers to a vector of length 1.
pub(super) struct EmbeddingHead {
    inner: nn::Linear,
    outer: nn::Linear,
}

impl EmbeddingHead {
    pub fn new(path: &Path, config: &AlignmentConfig) -> Self {
        let linear =
            |name: &str, to: i64| nn::linear(path / name, config.width, to, nn::LinearConfig::default());
        Self { inner: linear("inner", config.width), outer: linear("outer", config.embedding) }
    }

    /// `[batch, time, width]` to `[batch, embedding]`; frames with `valid` `[batch, time]` 0 do not count.
    pub fn forward(&self, content: &Tensor, valid: &Tensor) -> Tensor {
        let weight = valid.unsqueeze(-1);
        let sum = |t: Tensor| t.sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
        let mean = sum(content * &weight) / sum(weight).clamp_min(1.0);
        let made = self.outer.forward(&self.inner.forward(&mean).gelu("none"));
        let length = made.square().sum_dim_intlist([-1i64].as_slice(), true, Kind::Float).sqrt();
        made / length.clamp_min(1e-6)
    }
}
