//! The hourglass of the dense motion network: down, up, each level joined with what it was on the way down.

use super::config::MotionConfig;
use orator_nn::picture_blocks::{DownBlock, UpBlock};
use tch::Tensor;
use tch::nn::Path;

/// Encoder and decoder of equal depth.
pub struct Hourglass {
    down: Vec<DownBlock>,
    up: Vec<UpBlock>,
    /// Channels after each step of the decoder, coarsest first.
    outputs: Vec<i64>,
}

impl Hourglass {
    /// For maps of `input` channels.
    #[must_use]
    pub fn new(path: &Path, input: i64, config: &MotionConfig) -> Self {
        let width = |level: usize| config.maximum.min(config.width << level);
        let levels = config.levels;
        let encoder = path / "encoder" / "down_blocks";
        let down = (0..levels)
            .map(|i| {
                let from = if i == 0 { input } else { width(i) };
                DownBlock::new(&(&encoder / i), from, width(i + 1), config.normalisation)
            })
            .collect();
        let decoder = path / "decoder" / "up_blocks";
        let mut outputs = Vec::with_capacity(levels);
        let up = (0..levels)
            .rev()
            .enumerate()
            .map(|(step, i)| {
                let from = if step == 0 { width(i + 1) } else { 2 * width(i + 1) };
                outputs.push(width(i) + if i == 0 { input } else { width(i) });
                UpBlock::new(&(&decoder / step), from, width(i), config.normalisation, config.convolve_first)
            })
            .collect();
        Self { down, up, outputs }
    }

    /// Channels of the finest and of the next coarser output.
    #[must_use]
    pub fn channels(&self) -> (i64, i64) {
        let at = |back: usize| self.outputs.get(self.outputs.len().wrapping_sub(back)).copied().unwrap_or(0);
        (at(1), at(2))
    }

    /// The finest output `[batch, channels, h, w]` and the next coarser one at half the size.
    pub fn forward(&self, x: &Tensor) -> (Tensor, Tensor) {
        let mut levels = vec![x.shallow_clone()];
        for block in &self.down {
            let next = levels.last().map(|x| block.forward(x));
            levels.extend(next);
        }
        let mut here = levels.pop().unwrap_or_else(|| x.shallow_clone());
        let mut coarser = here.shallow_clone();
        for block in &self.up {
            coarser = here;
            let raised = block.forward(&coarser);
            here = match levels.pop() {
                Some(skip) => Tensor::cat(&[raised, skip], 1),
                None => raised,
            };
        }
        (here, coarser)
    }
}
