//! Attention over time: the pieces from which the transformers of all three systems are put together.

use crate::rotary::Turns;
use serde::{Deserialize, Serialize};
use tch::nn::{self, Module, Path};
use tch::{Device, Kind, Tensor};

/// Sine and cosine positions, `[length, width]` (Vaswani et al. 2017); `width` even.
pub fn sinusoidal_positions(length: i64, width: i64, device: Device) -> Tensor {
    let position = Tensor::arange(length, (Kind::Float, device)).unsqueeze(1);
    let rate = (Tensor::arange_start_step(0, width, 2, (Kind::Float, device))
        * (-(10_000f64).ln() / width as f64))
        .exp();
    let angle = position * rate.unsqueeze(0);
    Tensor::stack(&[angle.sin(), angle.cos()], -1).flatten(1, 2)
}

/// Multi-head attention of queries `[batch, n, width]` over a memory `[batch, m, width]`.
pub struct Attention {
    query: nn::Linear,
    key: nn::Linear,
    value: nn::Linear,
    output: nn::Linear,
    heads: i64,
    dropout: f64,
}

impl Attention {
    /// `width` must be a multiple of `heads`; `dropout` acts on the attention weights in training.
    #[must_use]
    pub fn new(path: &Path, width: i64, heads: i64, dropout: f64) -> Self {
        let linear = |name: &str| nn::linear(path / name, width, width, nn::LinearConfig::default());
        Self {
            query: linear("query"),
            key: linear("key"),
            value: linear("value"),
            output: linear("output"),
            heads,
            dropout,
        }
    }

    /// `[batch, n, width]`; every query sees the whole memory.
    pub fn forward(&self, queries: &Tensor, memory: &Tensor, train: bool) -> Tensor {
        self.forward_masked(queries, memory, None, train)
    }

    /// The same where no query sees the places of the memory at which `hidden` `[batch, m]` is true (padding). At least one
    /// place of every row must be seen.
    pub fn forward_masked(
        &self,
        queries: &Tensor,
        memory: &Tensor,
        hidden: Option<&Tensor>,
        train: bool,
    ) -> Tensor {
        let seen = hidden.map(|h| h.logical_not().view([queries.size()[0], 1, 1, -1]));
        let [q, k] = [self.split(&self.query, queries), self.split(&self.key, memory)];
        self.mix(&q, &k, &self.split(&self.value, memory), seen, train)
    }

    /// The same with rotary positions of the queries and of the memory.
    pub fn forward_turned(
        &self,
        queries: &Tensor,
        memory: &Tensor,
        positions: &RotaryPositions,
        train: bool,
    ) -> Tensor {
        let RotaryPositions { place, queries: turn_queries, memory: turn_memory } = positions;
        let (q, k) = match place {
            RotaryPlace::Heads => (
                turn_queries.apply(&self.split(&self.query, queries)),
                turn_memory.apply(&self.split(&self.key, memory)),
            ),
            RotaryPlace::Latent => (
                self.split(&self.query, &turn_queries.apply(queries)),
                self.split(&self.key, &turn_memory.apply(memory)),
            ),
        };
        self.mix(&q, &k, &self.split(&self.value, memory), None, train)
    }

    /// What a layer makes of `[batch, n, width]`, by heads: `[batch, heads, n, width / heads]`.
    fn split(&self, layer: &nn::Linear, x: &Tensor) -> Tensor {
        let (batch, n, width) = axes(x);
        layer.forward(x).view([batch, n, self.heads, width / self.heads]).transpose(1, 2)
    }

    fn mix(&self, q: &Tensor, k: &Tensor, v: &Tensor, seen: Option<Tensor>, train: bool) -> Tensor {
        let dropout = if train { self.dropout } else { 0.0 };
        let mixed = Tensor::scaled_dot_product_attention(q, k, v, seen, dropout, false, None, false);
        self.output.forward(&mixed.transpose(1, 2).flatten(2, 3))
    }
}

/// What rotary positions turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RotaryPlace {
    /// Queries and keys of each head, as in the paper.
    #[default]
    Heads,
    /// The whole vectors before queries and keys are made of them, as S2G-MDDiffusion does.
    Latent,
}

/// Where the queries and the memory of an attention stand in time.
pub struct RotaryPositions {
    place: RotaryPlace,
    queries: Turns,
    memory: Turns,
}

impl RotaryPositions {
    /// For an attention of that width and number of heads (`width / heads` even).
    #[must_use]
    pub fn new(
        place: RotaryPlace,
        queries: &[f64],
        memory: &[f64],
        width: i64,
        heads: i64,
        device: Device,
    ) -> Self {
        let turned = match place {
            RotaryPlace::Heads => width / heads,
            RotaryPlace::Latent => width,
        };
        let turns = |places: &[f64]| Turns::new(places, turned, device);
        Self { place, queries: turns(queries), memory: turns(memory) }
    }
}

/// Two linear layers with GELU between.
pub struct FeedForward {
    inner: nn::Linear,
    outer: nn::Linear,
    dropout: f64,
}

impl FeedForward {
    /// From `width` to `hidden` and back.
    #[must_use]
    pub fn new(path: &Path, width: i64, hidden: i64, dropout: f64) -> Self {
        Self {
            inner: nn::linear(path / "inner", width, hidden, nn::LinearConfig::default()),
            outer: nn::linear(path / "outer", hidden, width, nn::LinearConfig::default()),
            dropout,
        }
    }

    /// Same shape out as in.
    pub fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        self.outer.forward(&self.inner.forward(x).gelu("none").dropout(self.dropout, train))
    }
}

/// Layer normalisation over the last axis.
#[must_use]
pub fn layer_norm(path: Path, width: i64) -> nn::LayerNorm {
    nn::layer_norm(path, vec![width], nn::LayerNormConfig::default())
}

/// Where a layer's norms stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormPlace {
    /// Before attention and before the feed-forward part; their results are added to what came in.
    Before,
    /// After each addition, as in the first transformers (Vaswani et al. 2017).
    After,
}

/// A transformer encoder layer.
pub struct EncoderLayer {
    place: NormPlace,
    norm_attention: nn::LayerNorm,
    attention: Attention,
    norm_feed_forward: nn::LayerNorm,
    feed_forward: FeedForward,
    dropout: f64,
}

impl EncoderLayer {
    /// A layer with its norms before its parts; widths as in [`Attention`] and [`FeedForward`].
    #[must_use]
    pub fn new(path: &Path, width: i64, heads: i64, hidden: i64, dropout: f64) -> Self {
        Self::with_norms(path, NormPlace::Before, width, heads, hidden, dropout)
    }

    /// A layer with its norms at `place`.
    #[must_use]
    pub fn with_norms(
        path: &Path,
        place: NormPlace,
        width: i64,
        heads: i64,
        hidden: i64,
        dropout: f64,
    ) -> Self {
        Self {
            place,
            norm_attention: layer_norm(path / "norm_attention", width),
            attention: Attention::new(&(path / "attention"), width, heads, dropout),
            norm_feed_forward: layer_norm(path / "norm_feed_forward", width),
            feed_forward: FeedForward::new(&(path / "feed_forward"), width, hidden, dropout),
            dropout,
        }
    }

    /// `[batch, n, width]` to the same shape.
    pub fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        self.forward_masked(x, None, train)
    }

    /// The same where nobody sees the places at which `hidden` `[batch, n]` is true (padding).
    pub fn forward_masked(&self, x: &Tensor, hidden: Option<&Tensor>, train: bool) -> Tensor {
        self.forward_with(x, &|x| self.attention.forward_masked(x, x, hidden, train), train)
    }

    /// The same with rotary positions.
    pub fn forward_turned(&self, x: &Tensor, positions: &RotaryPositions, train: bool) -> Tensor {
        self.forward_with(x, &|x| self.attention.forward_turned(x, x, positions, train), train)
    }

    fn forward_with(&self, x: &Tensor, attention: &dyn Fn(&Tensor) -> Tensor, train: bool) -> Tensor {
        let attend = |x: &Tensor| attention(x).dropout(self.dropout, train);
        let feed = |x: &Tensor| self.feed_forward.forward(x, train).dropout(self.dropout, train);
        match self.place {
            NormPlace::Before => {
                let x = x + attend(&self.norm_attention.forward(x));
                let fed = feed(&self.norm_feed_forward.forward(&x));
                x + fed
            }
            NormPlace::After => {
                let x = self.norm_attention.forward(&(x + attend(x)));
                self.norm_feed_forward.forward(&(&x + feed(&x)))
            }
        }
    }
}

fn axes(tensor: &Tensor) -> (i64, i64, i64) {
    let size = tensor.size();
    (size[0], size[1], size[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_start_at_sine_zero_and_cosine_one() {
        let p = sinusoidal_positions(5, 8, Device::Cpu);
        assert_eq!(p.size(), [5, 8]);
        assert_eq!(p.double_value(&[0, 0]), 0.0);
        assert_eq!(p.double_value(&[0, 1]), 1.0);
        assert!((p.double_value(&[3, 0]) - 3f64.sin()).abs() < 1e-6);
    }

    #[test]
    fn attention_does_not_depend_on_the_order_of_the_memory() {
        tch::manual_seed(1);
        let store = nn::VarStore::new(Device::Cpu);
        let attention = Attention::new(&store.root(), 16, 4, 0.0);
        let q = Tensor::randn([2, 3, 16], (Kind::Float, Device::Cpu));
        let m = Tensor::randn([2, 7, 16], (Kind::Float, Device::Cpu));
        let a = attention.forward(&q, &m, false);
        let b = attention.forward(&q, &m.flip([1]), false);
        assert!((a - b).abs().max().double_value(&[]) < 1e-5);
    }

    #[test]
    fn hidden_places_change_nothing() {
        tch::manual_seed(2);
        let store = nn::VarStore::new(Device::Cpu);
        let layer = EncoderLayer::with_norms(&store.root(), NormPlace::After, 16, 4, 32, 0.0);
        let x = Tensor::randn([1, 5, 16], (Kind::Float, Device::Cpu));
        let hidden = Tensor::from_slice(&[false, false, false, true, true]).view([1, 5]);
        let long = layer.forward_masked(&x, Some(&hidden), false).narrow(1, 0, 3);
        let short = layer.forward(&x.narrow(1, 0, 3), false);
        assert!((long - short).abs().max().double_value(&[]) < 1e-5);
    }
}
