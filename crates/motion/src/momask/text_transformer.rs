//! What MoMask's two transformers have in common: a sequence of codes behind a token for the condition.

use orator_nn::attention::{EncoderLayer, NormPlace, sinusoidal_positions};
use serde::{Deserialize, Serialize};
use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

/// ε of the norm before the last layer.
const HEAD_EPSILON: f64 = 1e-12;

/// Sizes of a transformer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextTransformerConfig {
    /// Numbers in the condition (512, of CLIP).
    pub condition: i64,
    /// Numbers in a token's embedding.
    pub code_dimensions: i64,
    /// Width of the transformer (384).
    pub width: i64,
    /// Attention heads (6).
    pub heads: i64,
    /// Hidden width of the feed-forward layers (1024).
    pub hidden: i64,
    /// Layers (8).
    pub layers: i64,
    /// Codes in a layer of the tokenizer (512).
    pub codes: i64,
}

/// Largest of any size: far above all published ones, so that a damaged file asks for no impossible memory.
const LARGEST: i64 = 1 << 14;

impl TextTransformerConfig {
    /// What cannot be built, in words.
    pub(super) fn check(&self) -> Result<(), String> {
        let sizes = [
            self.condition,
            self.code_dimensions,
            self.width,
            self.heads,
            self.hidden,
            self.layers,
            self.codes,
        ];
        let possible = sizes.iter().all(|s| (1..=LARGEST).contains(s));
        if !possible || self.width % 2 != 0 || self.width % self.heads != 0 {
            return Err(format!("these sizes cannot be: {self:?}"));
        }
        Ok(())
    }
}

/// Entrance, layers and head.
pub(super) struct TextTransformer {
    enter: nn::Linear,
    condition: nn::Linear,
    layers: Vec<EncoderLayer>,
    dense: nn::Linear,
    norm: nn::LayerNorm,
    leave: nn::Linear,
    width: i64,
}

impl TextTransformer {
    pub fn new(path: &Path, config: &TextTransformerConfig, output: i64) -> Self {
        let w = config.width;
        let linear = |name: &str, from, to| nn::linear(path / name, from, to, nn::LinearConfig::default());
        let layer = |i| {
            let at = path / "layer" / i;
            EncoderLayer::with_norms(&at, NormPlace::After, w, config.heads, config.hidden, 0.0)
        };
        let norm = nn::LayerNormConfig { eps: HEAD_EPSILON, ..Default::default() };
        Self {
            enter: linear("enter", config.code_dimensions, w),
            condition: linear("condition", config.condition, w),
            layers: (0..config.layers).map(layer).collect(),
            dense: linear("dense", w, w),
            norm: nn::layer_norm(path / "norm", vec![w], norm),
            leave: linear("leave", w, output),
            width: w,
        }
    }

    /// `[batch, time, output]` of embedded tokens `[batch, time, code]` under a condition `[batch, condition]`. `front`
    /// `[batch, width]` stands between the condition and the tokens; frames at which `hidden` `[batch, time]` is true are not
    /// seen. Neither condition nor front has a position.
    pub fn forward(
        &self,
        tokens: &Tensor,
        condition: &Tensor,
        front: Option<&Tensor>,
        hidden: &Tensor,
    ) -> Tensor {
        let (batch, time) = (tokens.size()[0], tokens.size()[1]);
        let x = self.enter.forward(tokens) + sinusoidal_positions(time, self.width, tokens.device());
        let mut sequence = vec![self.condition.forward(condition).unsqueeze(1)];
        sequence.extend(front.map(|f| f.unsqueeze(1)));
        let before = sequence.len() as i64;
        sequence.push(x);
        let seen = Tensor::zeros([batch, before], (Kind::Bool, tokens.device()));
        let hidden = Tensor::cat(&[&seen, hidden], 1);
        let mut x = Tensor::cat(&sequence, 1);
        for layer in &self.layers {
            x = layer.forward_masked(&x, Some(&hidden), false);
        }
        let x = self.dense.forward(&x.narrow(1, before, time)).gelu("none");
        self.leave.forward(&self.norm.forward(&x))
    }
}

/// Conditional and unconditional logits mixed: classifier-free guidance at `scale`.
pub(super) fn guided(conditional: Tensor, unconditional: &Tensor, scale: f64) -> Tensor {
    unconditional + (conditional - unconditional) * scale
}

/// Where frames lie beyond their sequence's length, `[batch, time]`.
pub(super) fn beyond(lengths: &[usize], time: i64) -> Tensor {
    let flat: Vec<bool> = lengths.iter().flat_map(|&l| (0..time).map(move |t| t >= l as i64)).collect();
    Tensor::from_slice(&flat).view([lengths.len() as i64, time])
}
