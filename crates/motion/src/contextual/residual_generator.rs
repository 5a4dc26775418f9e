//! The residual generator (METHODS 2.4): one further token layer in one pass, from the sum of the layers before it.

use super::block::GestureBlock;
use super::token_entrance::SpeechEntrance;
use super::{ContextualConfig, MaskInput, Stream};
use orator_nn::attention::{layer_norm, sinusoidal_positions};
use tch::Tensor;
use tch::nn::{self, Module, Path};

struct StreamNetwork {
    embed: nn::Linear,
    layer: nn::Embedding,
    speech: SpeechEntrance,
    blocks: Vec<GestureBlock>,
    norm: nn::LayerNorm,
    heads: Vec<nn::Linear>,
}

/// Both streams of the residual generator; they do not see each other.
pub struct ResidualGenerator {
    networks: [StreamNetwork; 2],
    speakers: nn::Embedding,
    width: i64,
}

impl ResidualGenerator {
    /// Builds the network; `features` is the width of the speech features.
    #[must_use]
    pub fn new(path: &Path, features: i64, config: &ContextualConfig) -> Self {
        let g = &config.generator;
        let w = g.width;
        let network = |stream: Stream| {
            let t = config.tokenizer(stream);
            let at = path / stream.name();
            // Without residual layers there is nothing for blocks to do.
            let blocks = if t.layers > 1 { g.residual_blocks } else { 0 };
            StreamNetwork {
                embed: nn::linear(&at / "embed", t.code_dimensions, w, nn::LinearConfig::default()),
                layer: nn::embedding(&at / "layer", t.layers.max(1), w, Default::default()),
                speech: SpeechEntrance::new(&at, features, g),
                blocks: (0..blocks).map(|i| GestureBlock::new(&(&at / "block" / i), g)).collect(),
                norm: layer_norm(&at / "norm", w),
                heads: (1..t.layers)
                    .map(|q| nn::linear(&at / "head" / q, w, t.codebook_size(), nn::LinearConfig::default()))
                    .collect(),
            }
        };
        Self {
            networks: [network(Stream::Face), network(Stream::Body)],
            speakers: nn::embedding(
                path / "speakers",
                config.speakers.len() as i64 + 1,
                w,
                Default::default(),
            ),
            width: w,
        }
    }

    /// Logits `[batch, time, codes]` of layer `layer` (1 is the first residual layer) of `stream`, given the summed codes
    /// `[batch, time, code]` of the layers before it.
    pub fn forward(
        &self,
        stream: Stream,
        layer: usize,
        summed: &Tensor,
        input: &MaskInput<'_>,
        train: bool,
    ) -> Tensor {
        let network = &self.networks[stream as usize];
        let (batch, length) = (summed.size()[0], summed.size()[1]);
        let device = summed.device();
        let heard = network.speech.hear(input.speech, input.drop_speech, train);
        let number = Tensor::full([batch, 1], layer as i64, (tch::Kind::Int64, device));
        let tokens = network.speech.meet(network.embed.forward(summed), &heard);
        let mut x = Tensor::cat(&[network.layer.forward(&number), tokens], 1)
            + sinusoidal_positions(length + 1, self.width, device);
        let speaker = self.speakers.forward(input.speakers[stream as usize]);
        for block in &network.blocks {
            x = block.forward(&x, &heard, &speaker, train);
        }
        network.heads[layer - 1].forward(&network.norm.forward(&x.narrow(1, 1, length)))
    }
}
