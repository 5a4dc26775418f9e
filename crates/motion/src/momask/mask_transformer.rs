//! MoMask's mask transformer: base-layer tokens from a text's embedding.

use super::text_transformer::{TextTransformer, TextTransformerConfig, beyond, guided};
use crate::SampleOptions;
use crate::contextual::decoding::{KEPT, draw, hide_lowest};
use crate::contextual::masked_counts;
use orator_nn::Randomness;
use tch::nn::{self, Module, VarStore};
use tch::{Device, IndexOp, Tensor};

/// The network with its variables.
pub struct MaskTransformer {
    embedding: nn::Embedding,
    transformer: TextTransformer,
    config: TextTransformerConfig,
    /// The variables.
    pub store: VarStore,
}

impl MaskTransformer {
    /// A fresh network.
    #[must_use]
    pub fn new(config: &TextTransformerConfig, device: Device) -> Self {
        let store = VarStore::new(device);
        let root = store.root();
        // Behind the codes stand [MASK] and [PAD].
        let rows = config.codes + 2;
        let embedding = nn::embedding(&root / "token", rows, config.code_dimensions, Default::default());
        let transformer = TextTransformer::new(&root, config, config.codes);
        Self { embedding, transformer, config: config.clone(), store }
    }

    /// Sizes.
    #[must_use]
    pub fn config(&self) -> &TextTransformerConfig {
        &self.config
    }

    /// The number that stands for a hidden token.
    #[must_use]
    pub fn mask_id(&self) -> i64 {
        self.config.codes
    }

    /// The number that stands beyond a sequence's length.
    #[must_use]
    pub fn pad_id(&self) -> i64 {
        self.config.codes + 1
    }

    /// Logits `[batch, time, codes]` of tokens `[batch, time]` under conditions `[batch, condition]`, for sequences of these
    /// lengths. Guidance 1 asks the condition alone and 0 leaves it out.
    pub fn forward(&self, ids: &Tensor, condition: &Tensor, lengths: &[usize], guidance: f64) -> Tensor {
        let hidden = beyond(lengths, ids.size()[1]).to_device(ids.device());
        let tokens = self.embedding.forward(ids);
        let of = |condition: &Tensor| self.transformer.forward(&tokens, condition, None, &hidden);
        if (guidance - 1.0).abs() < f64::EPSILON {
            return of(condition);
        }
        let without = of(&condition.zeros_like());
        if guidance == 0.0 { without } else { guided(of(condition), &without, guidance) }
    }

    /// Base-layer tokens `[batch][time]`, −1 beyond the lengths, by iterative decoding (METHODS 2.5). MoMask decodes with 10
    /// to 18 steps and guidance 4.
    #[must_use]
    pub fn generate(
        &self,
        condition: &Tensor,
        lengths: &[usize],
        options: &SampleOptions,
        random: &mut Randomness,
    ) -> Vec<Vec<i64>> {
        let time = lengths.iter().copied().max().unwrap_or(0);
        let steps = options.token_steps();
        let guidance = options.token_guidance();
        let counts: Vec<Vec<usize>> = lengths.iter().map(|&l| masked_counts(steps, l)).collect();
        let mut ids: Vec<Vec<i64>> = lengths
            .iter()
            .map(|&l| (0..time).map(|t| if t < l { self.mask_id() } else { self.pad_id() }).collect())
            .collect();
        let mut scores: Vec<Vec<f32>> = lengths.iter().map(|&l| vec![0.0; l]).collect();
        for step in 0..steps {
            let hidden: Vec<Vec<bool>> =
                scores.iter_mut().zip(&counts).map(|(s, c)| hide_lowest(s, c[step])).collect();
            for (ids, hidden) in ids.iter_mut().zip(&hidden) {
                ids.iter_mut().zip(hidden).filter(|(_, h)| **h).for_each(|(id, _)| *id = self.mask_id());
            }
            let flat: Vec<i64> = ids.iter().flatten().copied().collect();
            let tensor = Tensor::from_slice(&flat).view([lengths.len() as i64, time as i64]);
            let logits = tch::no_grad(|| {
                self.forward(&tensor.to_device(self.store.device()), condition, lengths, guidance)
            });
            for (b, hidden) in hidden.iter().enumerate() {
                let (chosen, probability) = draw(&logits.i(b as i64), options, random);
                for t in (0..hidden.len()).filter(|&t| hidden[t]) {
                    ids[b][t] = chosen[t];
                    scores[b][t] = probability[t].min(KEPT);
                }
            }
        }
        for (ids, &length) in ids.iter_mut().zip(lengths) {
            ids[length..].fill(-1);
        }
        ids
    }
}
