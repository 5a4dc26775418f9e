//! The generators' block (METHODS 2.3): self-attention, cross-attention to speech, feed-forward under the speaker's style
//! (AdaIN), each added to its input. Norms come before each part, which trains steadily without a long warm-up.

use super::{GeneratorConfig, SpeechMemory};
use orator_nn::attention::{Attention, FeedForward, layer_norm};
use tch::Tensor;
use tch::nn::{self, Module, Path};

/// One block of one stream.
pub(super) struct GestureBlock {
    norm_self: nn::LayerNorm,
    self_attention: Attention,
    /// Absent where speech is joined to the tokens instead.
    hearing: Option<(nn::LayerNorm, Attention)>,
    norm_feed_forward: nn::LayerNorm,
    feed_forward: FeedForward,
    style: nn::Linear,
    dropout: f64,
}

impl GestureBlock {
    pub(super) fn new(path: &Path, config: &GeneratorConfig) -> Self {
        let w = config.width;
        // The style begins as "no change".
        let zero = nn::LinearConfig {
            ws_init: nn::Init::Const(0.0),
            bs_init: Some(nn::Init::Const(0.0)),
            bias: true,
        };
        Self {
            norm_self: layer_norm(path / "norm_self", w),
            self_attention: Attention::new(&(path / "self_attention"), w, config.heads, config.dropout),
            hearing: (config.speech_encoder != SpeechMemory::ConcatenatedAudio).then(|| {
                (
                    layer_norm(path / "norm_speech", w),
                    Attention::new(&(path / "speech_attention"), w, config.heads, config.dropout),
                )
            }),
            norm_feed_forward: layer_norm(path / "norm_feed_forward", w),
            feed_forward: FeedForward::new(&(path / "feed_forward"), w, config.hidden, config.dropout),
            style: nn::linear(path / "style", w, 2 * w, zero),
            dropout: config.dropout,
        }
    }

    /// `x` `[batch, n, width]`, `speech` `[batch, m, width]`, `speaker` `[batch, width]`.
    pub(super) fn forward(&self, x: &Tensor, speech: &Tensor, speaker: &Tensor, train: bool) -> Tensor {
        let normed = self.norm_self.forward(x);
        let mut x = x + self.self_attention.forward(&normed, &normed, train).dropout(self.dropout, train);
        if let Some((norm, attention)) = &self.hearing {
            let heard = attention.forward(&norm.forward(&x), speech, train);
            x = &x + heard.dropout(self.dropout, train);
        }
        let style = self.style.forward(speaker).unsqueeze(1).chunk(2, -1);
        let styled = self.norm_feed_forward.forward(&x) * (&style[0] + 1.0) + &style[1];
        &x + self.feed_forward.forward(&styled, train).dropout(self.dropout, train)
    }
}

/// Attention of one stream to the other, so that head and hands move together.
pub(super) struct StreamCoupling {
    norms: [nn::LayerNorm; 2],
    attentions: [Attention; 2],
}

impl StreamCoupling {
    pub(super) fn new(path: &Path, config: &GeneratorConfig) -> Self {
        let w = config.width;
        Self {
            norms: [layer_norm(path / "norm_face", w), layer_norm(path / "norm_body", w)],
            attentions: [
                Attention::new(&(path / "face_to_body"), w, config.heads, config.dropout),
                Attention::new(&(path / "body_to_face"), w, config.heads, config.dropout),
            ],
        }
    }

    /// Both streams, `[batch, n, width]` each.
    pub(super) fn forward(&self, streams: &[Tensor; 2], train: bool) -> [Tensor; 2] {
        let normed = [self.norms[0].forward(&streams[0]), self.norms[1].forward(&streams[1])];
        [
            &streams[0] + self.attentions[0].forward(&normed[0], &normed[1], train),
            &streams[1] + self.attentions[1].forward(&normed[1], &normed[0], train),
        ]
    }
}
