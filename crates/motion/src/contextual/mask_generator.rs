//! The mask generator (METHODS 2.3, Eq. 10): fills in masked base-layer tokens of face and body from speech.

use super::block::{GestureBlock, StreamCoupling};
use super::strokes::StrokeEntrance;
use super::token_entrance::SpeechEntrance;
use super::{ContextualConfig, Stream};
use orator_nn::attention::{layer_norm, sinusoidal_positions};
use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

/// What the generators read besides tokens.
pub struct MaskInput<'a> {
    /// Normalised speech features `[batch, time, features]`.
    pub speech: &'a Tensor,
    /// Speaker numbers `[batch]`, int64, of face and body; the number of speakers itself means nobody in particular.
    pub speakers: [&'a Tensor; 2],
    /// `[batch]`: 1 where speech is to be ignored (guidance).
    pub drop_speech: &'a Tensor,
    /// When the hands are to stroke, for a mask generator that can be told so (`networks.strokes`); the residual generator,
    /// which only adds to what the base tokens made, is not told.
    pub strokes: Option<StrokeGuide<'a>>,
}

/// A plan as the mask generator reads it.
#[derive(Clone, Copy)]
pub struct StrokeGuide<'a> {
    /// [`super::StrokePlan::guide`], `[batch, time, 8]`.
    pub numbers: &'a Tensor,
    /// `[batch]`: 1 where there is no plan, or it is to be ignored (guidance).
    pub drop: &'a Tensor,
}

struct StreamNetwork {
    embed: nn::Linear,
    mask: Tensor,
    speech: SpeechEntrance,
    blocks: Vec<GestureBlock>,
    norm: nn::LayerNorm,
    head: (nn::Linear, nn::Linear),
}

/// Both streams of the mask generator.
pub struct MaskGenerator {
    networks: [StreamNetwork; 2],
    couplings: Vec<StreamCoupling>,
    speakers: nn::Embedding,
    /// Of the body, where plans are told.
    strokes: Option<StrokeEntrance>,
    width: i64,
}

impl MaskGenerator {
    /// Builds the network; `features` is the width of the speech features.
    #[must_use]
    pub fn new(path: &Path, features: i64, config: &ContextualConfig) -> Self {
        let g = &config.generator;
        let w = g.width;
        let network = |stream: Stream| {
            let (code, given) = config.frame_sizes(stream);
            let at = path / stream.name();
            StreamNetwork {
                embed: nn::linear(&at / "embed", code, w, nn::LinearConfig::default()),
                mask: at.randn("mask", &[1, 1, w], 0.0, 0.02),
                speech: SpeechEntrance::new(&at, features, g),
                blocks: (0..g.blocks).map(|i| GestureBlock::new(&(&at / "block" / i), g)).collect(),
                norm: layer_norm(&at / "norm", w),
                head: (
                    nn::linear(&at / "head_inner", w, w, nn::LinearConfig::default()),
                    nn::linear(&at / "head_outer", w, given, nn::LinearConfig::default()),
                ),
            }
        };
        Self {
            networks: [network(Stream::Face), network(Stream::Body)],
            couplings: if g.joint {
                (0..g.blocks / 2).map(|i| StreamCoupling::new(&(path / "coupling" / i), g)).collect()
            } else {
                Vec::new()
            },
            speakers: nn::embedding(
                path / "speakers",
                config.speakers.len() as i64 + 1,
                w,
                Default::default(),
            ),
            // Last, so that the others begin alike with and without it.
            strokes: config.strokes.as_ref().map(|_| StrokeEntrance::new(&(path / "strokes"), w)),
            width: w,
        }
    }

    /// Logits `[batch, time, codes]` of both streams.
    ///
    /// `codes`: each stream's base-layer codes `[batch, time, code]` (from the frozen codebook; raw motion itself, which is
    /// then also what is given instead of logits), `masked`: `[batch, time]`,
    /// 1 where the token is hidden; `source`: the source frame's base-layer code `[batch, code]`, which stands before the
    /// window and is never hidden.
    pub fn forward(
        &self,
        codes: &[Tensor; 2],
        masked: &[Tensor; 2],
        source: &[Tensor; 2],
        input: &MaskInput<'_>,
        train: bool,
    ) -> [Tensor; 2] {
        let speakers = input.speakers.map(|s| self.speakers.forward(s));
        let length = codes[0].size()[1];
        let positions = sinusoidal_positions(length + 1, self.width, codes[0].device());
        let mut heard = Vec::with_capacity(2);
        let enter = |s: usize, heard: &mut Vec<Tensor>| {
            let network = &self.networks[s];
            let memory = network.speech.hear(input.speech, input.drop_speech, train);
            let hidden = masked[s].to_kind(Kind::Float).unsqueeze(-1);
            let tokens = network.embed.forward(&codes[s]) * (1.0 - &hidden) + &network.mask * &hidden;
            let mut tokens = network.speech.meet(tokens, &memory);
            if let Some(strokes) = self.strokes.as_ref().filter(|_| s == Stream::Body as usize) {
                tokens = strokes.tell(&tokens, input.strokes.as_ref());
            }
            let first = network.embed.forward(&source[s]).unsqueeze(1);
            heard.push(memory);
            Tensor::cat(&[first, tokens], 1) + &positions
        };
        let mut x = [enter(0, &mut heard), enter(1, &mut heard)];
        for i in 0..self.networks[0].blocks.len() {
            x = [0, 1].map(|s| self.networks[s].blocks[i].forward(&x[s], &heard[s], &speakers[s], train));
            if i % 2 == 1
                && let Some(coupling) = self.couplings.get(i / 2)
            {
                x = coupling.forward(&x, train);
            }
        }
        [0, 1].map(|s| {
            let network = &self.networks[s];
            let y = network.norm.forward(&x[s].narrow(1, 1, length));
            network.head.1.forward(&network.head.0.forward(&y).gelu("none"))
        })
    }
}
