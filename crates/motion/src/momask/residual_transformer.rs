//! MoMask's residual transformer: one further token layer from the sum of the embeddings of those before it.

use super::text_transformer::{TextTransformer, TextTransformerConfig, beyond, guided};
use crate::SampleOptions;
use crate::contextual::decoding::draw;
use orator_nn::Randomness;
use serde::{Deserialize, Serialize};
use tch::nn::{self, Module, VarStore};
use tch::{Device, IndexOp, Kind, Tensor};

/// Sizes and kind of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidualTransformerConfig {
    /// Sizes.
    pub transformer: TextTransformerConfig,
    /// Layers of the tokenizer, the base included.
    pub quantisers: i64,
    /// Whether the output table of a layer is the embedding table of the next (`share_weight` of the published weights). Then
    /// there is no output bias.
    pub tied: bool,
    /// Whether logits with a bias are twice the product plus the bias, as in the published program by mistake: only for
    /// weights that were trained with it.
    pub doubled: bool,
}

/// Tables of the residual layers, `[layers, codes + 1, code]` each; the last row of a layer stands for padding.
enum Tables {
    Tied { shared: Tensor, first_embedding: Tensor, last_output: Tensor },
    Free { embedding: Tensor, output: Tensor, bias: Tensor },
}

/// The network with its variables.
pub struct ResidualTransformer {
    tables: Tables,
    layer: nn::Linear,
    transformer: TextTransformer,
    config: ResidualTransformerConfig,
    /// The variables.
    pub store: VarStore,
}

impl ResidualTransformer {
    /// A fresh network.
    #[must_use]
    pub fn new(config: &ResidualTransformerConfig, device: Device) -> Self {
        let store = VarStore::new(device);
        let root = store.root();
        let t = &config.transformer;
        let (layers, rows, code) = (config.quantisers - 1, t.codes + 1, t.code_dimensions);
        let table = |name: &str, count: i64| root.randn(name, &[count, rows, code], 0.0, 0.02);
        let tables = if config.tied {
            Tables::Tied {
                shared: table("shared", layers - 1),
                first_embedding: table("first_embedding", 1),
                last_output: table("last_output", 1),
            }
        } else {
            Tables::Free {
                embedding: table("embedding", layers),
                output: table("output", layers),
                bias: root.zeros("bias", &[layers, rows]),
            }
        };
        let layer = nn::linear(&root / "layer_number", config.quantisers, t.width, Default::default());
        let transformer = TextTransformer::new(&root, t, code);
        Self { tables, layer, transformer, config: config.clone(), store }
    }

    /// Sizes and kind.
    #[must_use]
    pub fn config(&self) -> &ResidualTransformerConfig {
        &self.config
    }

    /// The number that stands beyond a sequence's length.
    #[must_use]
    pub fn pad_id(&self) -> i64 {
        self.config.transformer.codes
    }

    /// Embeddings `[codes + 1, code]` of the tokens of layer `layer` (0 is the base).
    pub fn embedding(&self, layer: i64) -> Tensor {
        match &self.tables {
            Tables::Tied { first_embedding, .. } if layer == 0 => first_embedding.i(0),
            Tables::Tied { shared, .. } => shared.i(layer - 1),
            Tables::Free { embedding, .. } => embedding.i(layer),
        }
    }

    /// What the transformer says of layer `layer` (1 is the first residual one), `[batch, time, code]`, given the summed
    /// embeddings `[batch, time, code]` of the layers before it.
    pub fn content(&self, layer: i64, summed: &Tensor, condition: &Tensor, lengths: &[usize]) -> Tensor {
        let (batch, device) = (summed.size()[0], summed.device());
        let number = Tensor::full([batch], layer, (Kind::Int64, device)).one_hot(self.config.quantisers);
        let front = self.layer.forward(&number.to_kind(Kind::Float));
        let hidden = beyond(lengths, summed.size()[1]).to_device(device);
        self.transformer.forward(summed, condition, Some(&front), &hidden)
    }

    /// Logits `[batch, time, codes + 1]` of what [`ResidualTransformer::content`] said of layer `layer`.
    pub fn project(&self, layer: i64, content: &Tensor) -> Tensor {
        let (table, bias) = match &self.tables {
            Tables::Tied { shared, last_output, .. } => {
                let tied = layer < self.config.quantisers - 1;
                (if tied { shared.i(layer - 1) } else { last_output.i(0) }, None)
            }
            Tables::Free { output, bias, .. } => (output.i(layer - 1), Some(bias.i(layer - 1))),
        };
        let product = content.matmul(&table.transpose(0, 1));
        match bias {
            Some(bias) if self.config.doubled => product * 2.0 + bias,
            Some(bias) => product + bias,
            None => product,
        }
    }

    /// Logits `[batch, time, codes + 1]` of layer `layer` under guidance; 1 asks the condition alone.
    pub fn forward(
        &self,
        layer: i64,
        summed: &Tensor,
        condition: &Tensor,
        lengths: &[usize],
        guidance: f64,
    ) -> Tensor {
        let of = |condition: &Tensor| self.project(layer, &self.content(layer, summed, condition, lengths));
        if (guidance - 1.0).abs() < f64::EPSILON {
            return of(condition);
        }
        let without = of(&condition.zeros_like());
        guided(of(condition), &without, guidance)
    }

    /// All layers `[batch][time][layer]` above given base tokens `[batch][time]`, which are read up to the lengths; −1 beyond
    /// them, and where padding was the likeliest.
    #[must_use]
    pub fn generate(
        &self,
        base: &[Vec<i64>],
        condition: &Tensor,
        lengths: &[usize],
        options: &SampleOptions,
        random: &mut Randomness,
    ) -> Vec<Vec<Vec<i64>>> {
        let time = base.first().map_or(0, Vec::len);
        let pad = self.pad_id();
        let mut layer: Vec<Vec<i64>> = base
            .iter()
            .zip(lengths)
            .map(|(ids, &l)| ids.iter().enumerate().map(|(t, &id)| if t < l { id } else { pad }).collect())
            .collect();
        let mut all: Vec<Vec<Vec<i64>>> =
            layer.iter().map(|ids| ids.iter().map(|&id| vec![id]).collect()).collect();
        let used = options.layers.map_or(self.config.quantisers, |l| (l as i64).min(self.config.quantisers));
        let mut summed: Option<Tensor> = None;
        for q in 1..used {
            let flat: Vec<i64> = layer.iter().flatten().copied().collect();
            let ids = Tensor::from_slice(&flat).to_device(self.store.device());
            let codes = self.embedding(q - 1).index_select(0, &ids);
            let codes = codes.view([base.len() as i64, time as i64, -1]);
            let sum = match summed.take() {
                Some(sum) => sum + codes,
                None => codes,
            };
            let logits = tch::no_grad(|| self.forward(q, &sum, condition, lengths, options.token_guidance()));
            summed = Some(sum);
            for (b, &length) in lengths.iter().enumerate() {
                let (mut chosen, _) = draw(&logits.i(b as i64), options, random);
                chosen[length..].fill(pad);
                for (column, &id) in all[b].iter_mut().zip(&chosen) {
                    column.push(id);
                }
                layer[b] = chosen;
            }
        }
        for id in all.iter_mut().flatten().flatten().filter(|id| **id == pad) {
            *id = -1;
        }
        all
    }
}
