//! Multi-head attention with what published speech and text models need of it: their own names for the four projections,
//! keys and values that are kept from step to step, and the scores themselves.

use tch::Tensor;
use tch::nn::{self, Module};

/// Four projections and the number of heads they are split into.
pub(crate) struct Attention {
    pub query: nn::Linear,
    pub key: nn::Linear,
    pub value: nn::Linear,
    pub output: nn::Linear,
    pub heads: i64,
}

/// Keys and values of what is attended to, each `[batch, heads, length, width / heads]`.
pub(crate) struct Memory {
    keys: Tensor,
    values: Tensor,
}

impl Memory {
    /// How many places it has.
    pub fn length(&self) -> i64 {
        self.keys.size()[2]
    }

    /// This memory with later places appended.
    pub fn extended(&self, later: &Self) -> Self {
        Self {
            keys: Tensor::cat(&[&self.keys, &later.keys], 2),
            values: Tensor::cat(&[&self.values, &later.values], 2),
        }
    }
}

impl Attention {
    /// Keys and values of `x`, `[batch, length, width]`.
    pub fn memory(&self, x: &Tensor) -> Memory {
        Memory { keys: self.split(&self.key.forward(x)), values: self.split(&self.value.forward(x)) }
    }

    /// What queries made of `x`, `[batch, length, width]`, take from the memory; as `x`. `causal`: place `i` sees the
    /// places up to `i` of a memory as long as `x`.
    pub fn forward(&self, x: &Tensor, memory: &Memory, causal: bool) -> Tensor {
        let queries = self.split(&self.query.forward(x));
        let mixed = Tensor::scaled_dot_product_attention::<Tensor>(
            &queries,
            &memory.keys,
            &memory.values,
            None,
            0.0,
            causal,
            None,
            false,
        );
        let size = x.size();
        self.output.forward(&mixed.transpose(1, 2).contiguous().view([size[0], size[1], size[2]]))
    }

    /// Scores before the softmax, scaled by the root of a head's width: `[batch, heads, length, memory]`.
    pub fn scores(&self, x: &Tensor, memory: &Memory) -> Tensor {
        let queries = self.split(&self.query.forward(x));
        let scale = (queries.size()[3] as f64).sqrt();
        queries.matmul(&memory.keys.transpose(2, 3)) / scale
    }

    fn split(&self, x: &Tensor) -> Tensor {
        let size = x.size();
        x.view([size[0], size[1], self.heads, size[2] / self.heads]).transpose(1, 2)
    }
}
