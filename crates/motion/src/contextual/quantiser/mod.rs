//! Quantisers in layers: each codes what the layers before it left over (METHODS 2.2 and 4.2).

mod scalar;
mod vector;

use super::{QuantiserKind, TokenizerConfig};
use orator_nn::Randomness;
use scalar::ScalarQuantiser;
use tch::Tensor;
use tch::nn::Path;
use vector::VectorQuantiser;

/// What one pass through the quantiser gives in training.
pub struct Quantised {
    /// `[batch, time, code]`: the sum of the chosen codes; gradients pass straight through to the input.
    pub codes: Tensor,
    /// `[batch, time, layers]`, int64; layers that were dropped hold −1.
    pub ids: Tensor,
    /// Mean squared distance of each layer's input from its code, summed over layers.
    pub commitment: Tensor,
    /// What the codebooks are to learn from this pass, see [`ResidualQuantiser::learn`].
    pub uses: Vec<CodeUse>,
}

/// Which codes of a layer were chosen for what.
pub struct CodeUse {
    layer: usize,
    /// `[rows, code]`.
    rows: Tensor,
    /// `[rows]`, int64.
    chosen: Tensor,
}

/// The quantiser of a tokenizer, of either kind.
pub enum ResidualQuantiser {
    /// Learned codebooks.
    Vector(VectorQuantiser),
    /// A fixed grid.
    Scalar(ScalarQuantiser),
}

impl ResidualQuantiser {
    /// The quantiser that `config` asks for, in `path`.
    #[must_use]
    pub fn new(path: &Path, config: &TokenizerConfig) -> Self {
        match config.quantiser {
            QuantiserKind::ResidualVq => Self::Vector(VectorQuantiser::new(path, config)),
            QuantiserKind::ResidualFsq => Self::Scalar(ScalarQuantiser::new(path, config)),
        }
    }

    /// `[codes, code]` of layer `layer` (0 is the base).
    ///
    /// # Panics
    /// Never for `layer` below the configured number of layers.
    pub fn codebook(&self, layer: usize) -> Tensor {
        match self {
            Self::Vector(q) => q.codebook(layer),
            Self::Scalar(q) => q.codebook(layer),
        }
    }

    /// Quantises `[batch, time, code]` as training wants it: some layers dropped, codes drawn.
    #[must_use]
    pub fn train(&self, input: &Tensor, random: &mut Randomness) -> Quantised {
        match self {
            Self::Vector(q) => q.train(input, random),
            Self::Scalar(q) => q.train(input, random),
        }
    }

    /// Moves the codebooks by one step towards what they were chosen for, over all passes of the step together.
    pub fn learn(&self, uses: &[CodeUse], random: &mut Randomness) {
        if let Self::Vector(q) = self {
            q.learn(uses, random);
        }
    }

    /// Nearest codes of `[batch, time, code]`: `[batch, time, layers]`, int64.
    pub fn encode(&self, input: &Tensor) -> Tensor {
        match self {
            Self::Vector(q) => q.encode(input),
            Self::Scalar(q) => q.encode(input),
        }
    }

    /// The sum of the codes of the first `layers` columns of `[batch, time, …]`: `[batch, time, code]`.
    pub fn decode(&self, ids: &Tensor, layers: usize) -> Tensor {
        let size = ids.size();
        let layers = layers.min(size[2] as usize);
        let mut total: Option<Tensor> = None;
        for layer in 0..layers {
            let chosen = ids.select(2, layer as i64).reshape([-1]);
            let codes = self.codebook(layer).index_select(0, &chosen);
            total = Some(match total {
                Some(sum) => sum + codes,
                None => codes,
            });
        }
        match total {
            Some(sum) => sum.view([size[0], size[1], -1]),
            None => {
                let base = self.codebook(0);
                Tensor::zeros([size[0], size[1], base.size()[1]], (base.kind(), base.device()))
            }
        }
    }
}

/// How many layers a training pass uses: all, or with probability `dropout` a random number of them.
fn active_layers(layers: usize, dropout: f64, random: &mut Randomness) -> usize {
    if random.chance(dropout) { 1 + random.below(layers) } else { layers }
}
