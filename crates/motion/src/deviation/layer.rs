//! A decoder layer whose three parts are each scaled and shifted by the time and the pooled speech (FiLM, Perez et al. 2018).

use super::DenoiserConfig;
use orator_nn::attention::{Attention, FeedForward, RotaryPositions, layer_norm};
use tch::Tensor;
use tch::nn::{self, Init, Module, Path};

/// Where queries, the window itself and the memory stand in time.
pub(super) struct LayerPositions {
    /// Of the window among itself.
    pub own: RotaryPositions,
    /// Of the window over the memory.
    pub memory: RotaryPositions,
}

/// h ↦ (1 + scale) · h + shift, both from a condition by Mish and a linear layer.
struct Film {
    linear: nn::Linear,
}

impl Film {
    fn new(path: &Path, width: i64) -> Self {
        // At first nothing is scaled or shifted, so that a deep stack begins as a plain one.
        let config =
            nn::LinearConfig { ws_init: Init::Const(0.0), bs_init: Some(Init::Const(0.0)), bias: true };
        Self { linear: nn::linear(path, width, 2 * width, config) }
    }

    /// `x` `[batch, n, width]` by `condition` `[batch, width]`.
    fn forward(&self, x: &Tensor, condition: &Tensor) -> Tensor {
        let both = self.linear.forward(&condition.mish()).unsqueeze(1).chunk(2, -1);
        x * (&both[0] + 1.0) + &both[1]
    }
}

/// Self-attention, attention to the memory, and a feed-forward part, each with its norm before and its FiLM behind it.
pub(super) struct FilmLayer {
    norms: [nn::LayerNorm; 3],
    films: [Film; 3],
    own: Attention,
    memory: Attention,
    feed_forward: FeedForward,
    dropout: f64,
}

impl FilmLayer {
    pub fn new(path: &Path, config: &DenoiserConfig) -> Self {
        let (w, dropout) = (config.width, config.dropout);
        let attention = |name: &str| Attention::new(&(path / name), w, config.heads, dropout);
        let parts = ["own", "memory", "feed_forward"];
        Self {
            norms: parts.map(|part| layer_norm(path / format!("norm_{part}"), w)),
            films: parts.map(|part| Film::new(&(path / format!("film_{part}")), w)),
            own: attention("own"),
            memory: attention("memory"),
            feed_forward: FeedForward::new(&(path / "feed_forward"), w, config.hidden, dropout),
            dropout,
        }
    }

    /// `x` `[batch, n, width]`, `memory` `[batch, m, width]`, `condition` `[batch, width]`.
    pub fn forward(
        &self,
        x: &Tensor,
        memory: &Tensor,
        condition: &Tensor,
        positions: &LayerPositions,
        train: bool,
    ) -> Tensor {
        let add = |x: &Tensor, part: usize, made: Tensor| {
            x + self.films[part].forward(&made.dropout(self.dropout, train), condition)
        };
        let normed = self.norms[0].forward(x);
        let x = add(x, 0, self.own.forward_turned(&normed, &normed, &positions.own, train));
        let normed = self.norms[1].forward(&x);
        let x = add(&x, 1, self.memory.forward_turned(&normed, memory, &positions.memory, train));
        let made = self.feed_forward.forward(&self.norms[2].forward(&x), train);
        add(&x, 2, made)
    }
}
