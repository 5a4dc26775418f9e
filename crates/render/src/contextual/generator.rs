//! Encoder, warped features, decoder: the source picture in another pose (METHODS 2.6).

use super::config::GeneratorConfig;
use super::dense_motion::Field;
use orator_nn::grid::{Outside, depth_to_space, for_convolution, look_up, resize, resize_grid};
use orator_nn::picture_blocks::{
    Convolution, ConvolutionConfig, DownBlock, ResidualBlock, SameBlock, UpBlock,
};
use tch::nn::Path;
use tch::{Kind, Tensor};

/// The generator.
pub struct Generator {
    first: SameBlock,
    down_blocks: Vec<DownBlock>,
    /// Residual blocks before each doubling, coarsest first.
    resblock: Vec<Vec<ResidualBlock>>,
    up_blocks: Vec<UpBlock>,
    last: Convolution,
    stem_stride: i64,
}

/// What the generator makes of a field.
pub struct Generated {
    /// `[batch, 3, s, s]` in 0..1.
    pub picture: Tensor,
    /// The source picture moved by the flow `[batch, 3, s, s]`.
    pub warped: Tensor,
    /// Warped source features times their occlusion map, coarsest first, in the kind of the computation.
    pub features: Vec<Tensor>,
}

impl Generator {
    /// The network of a configuration.
    #[must_use]
    pub fn new(path: &Path, config: &GeneratorConfig) -> Self {
        let norm = config.normalisation;
        let levels = config.levels;
        let stem = ConvolutionConfig::same(7).strided(config.stem_stride);
        let down_blocks = (0..levels)
            .map(|i| {
                let at = path / "down_blocks" / i;
                DownBlock::new(&at, channels(config, i), channels(config, i + 1), norm)
            })
            .collect();
        let mut number = 0;
        let mut resblock = Vec::with_capacity(levels);
        let mut up_blocks = Vec::with_capacity(levels);
        for step in 0..levels {
            let level = levels - step;
            let width = channels(config, level) * if step == 0 { 1 } else { 2 };
            let count = config.residual_blocks.get(step).copied().unwrap_or(0);
            resblock.push(
                (0..count)
                    .map(|_| {
                        let block = ResidualBlock::new(&(path / "resblock" / number), width, norm);
                        number += 1;
                        block
                    })
                    .collect(),
            );
            let at = path / "up_blocks" / step;
            up_blocks.push(UpBlock::new(
                &at,
                width,
                channels(config, level - 1),
                norm,
                config.convolve_first,
            ));
        }
        let outputs = 3 * config.stem_stride * config.stem_stride;
        let shape = ConvolutionConfig::same(config.final_kernel);
        Self {
            first: SameBlock::with(&(path / "first"), 3, config.width, stem, norm),
            down_blocks,
            resblock,
            up_blocks,
            last: Convolution::new(&(path / "final"), config.width, outputs, shape),
            stem_stride: config.stem_stride,
        }
    }

    /// Features of a picture `[batch, 3, s, s]`, coarsest (1/8) first.
    #[must_use]
    pub fn encode(&self, picture: &Tensor, kind: Kind) -> Vec<Tensor> {
        let mut here = self.first.forward(&for_convolution(picture, kind));
        let mut maps = Vec::with_capacity(self.down_blocks.len() + 1);
        for block in &self.down_blocks {
            let next = block.forward(&here);
            maps.push(std::mem::replace(&mut here, next));
        }
        maps.push(here);
        maps.reverse();
        maps
    }

    /// Source `features` (of [`Generator::encode`]) and `picture` moved by the field. What was hidden is painted.
    pub fn decode(
        &self,
        features: &[Tensor],
        picture: &Tensor,
        field: &Field,
        outside: Outside,
        kind: Kind,
    ) -> Generated {
        let size = picture.size();
        let move_by = |x: &Tensor| {
            let [height, width] = [x.size()[2], x.size()[3]];
            look_up(x, &resize_grid(&field.flow, height, width), outside)
        };
        let occlusion = |i: usize, like: &Tensor| {
            let last = field.occlusions.len().saturating_sub(1);
            resize(&field.occlusions[i.min(last)], like.size()[2], like.size()[3])
        };
        let mut trusted: Vec<Tensor> = Vec::with_capacity(features.len());
        for (i, map) in features.iter().enumerate() {
            let moved = move_by(map);
            trusted.push(for_convolution(&(&moved * occlusion(i, &moved)), kind));
        }
        let mut here = trusted[0].shallow_clone();
        for (step, (blocks, up)) in self.resblock.iter().zip(&self.up_blocks).enumerate() {
            here = blocks.iter().fold(here, |x, block| block.forward(&x));
            here = up.forward(&here);
            let skip = trusted[step + 1].shallow_clone();
            here = if step + 1 == self.up_blocks.len() {
                let hidden: Tensor = 1.0 - occlusion(step + 1, &skip);
                here * hidden.to_kind(kind) + skip
            } else {
                Tensor::cat(&[here, skip], 1)
            };
        }
        let painted = self.last.forward(&here).to_kind(Kind::Float);
        let painted = depth_to_space(&painted, self.stem_stride).sigmoid();
        let warped = look_up(picture, &resize_grid(&field.flow, size[2], size[3]), outside);
        let trust = occlusion(field.occlusions.len(), picture);
        let picture = &painted + (&warped - &painted) * trust;
        Generated { picture, warped, features: trusted }
    }
}

/// Channels of level `i`, the first being 0.
pub(super) fn channels(config: &GeneratorConfig, level: usize) -> i64 {
    config.maximum.min(config.width << level)
}
