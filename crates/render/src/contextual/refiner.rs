//! The U-Net that repaints what the warp could not show (METHODS 2.7). S2G's refiner is one configuration of it.

use super::config::{FusionConfig, RefinerConfig};
use super::{fusion, guide};
use orator_nn::grid::{depth_to_space, for_convolution};
use orator_nn::picture_blocks::{Convolution, ConvolutionConfig, DoublingConvolution, Norm, Normalisation};
use orator_nn::spade::Spade;
use tch::nn::Path;
use tch::{Kind, Tensor};

/// Slope of the leaky ReLU below zero.
const LEAK: f64 = 0.2;
/// Kernel of the halving convolutions.
const DOWN_KERNEL: i64 = 4;
/// Keeps the logit of a blend map finite.
const BLEND_EPSILON: f64 = 1e-3;

enum DecoderNorm {
    Plain(Norm),
    Spade(Spade),
}

struct Down {
    conv: Convolution,
    norm: Norm,
}

struct Up {
    conv: DoublingConvolution,
    norm: DecoderNorm,
}

/// Two 3 × 3 convolutions on a mirrored border, added to the input.
struct MirroredBlock {
    convs: [Convolution; 2],
    norms: [Norm; 2],
}

impl MirroredBlock {
    fn new(path: &Path, channels: i64, normalisation: Normalisation) -> Self {
        let shape = ConvolutionConfig { reflect: true, ..ConvolutionConfig::same(3) }.without_bias();
        Self {
            convs: [0, 1].map(|i| Convolution::new(&(path / "conv" / i), channels, channels, shape)),
            norms: [0, 1].map(|i| Norm::new(&(path / "norm" / i), channels, normalisation)),
        }
    }

    fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        let y = self.norms[0].forward(&self.convs[0].forward(x), train).relu();
        x + self.norms[1].forward(&self.convs[1].forward(&y), train)
    }
}

/// What the structure of the driving pose gives to the U-Net.
pub struct Structure<'a> {
    /// The edge heatmap.
    pub map: &'a Tensor,
    /// Fused features, coarsest first; empty where fusion is off.
    pub fused: &'a [Tensor],
}

/// The refiner.
pub struct Refiner {
    /// Level 1 (half the size) first.
    down: Vec<Down>,
    /// By the level that a step reaches: the last of the list is level 0.
    up: Vec<Up>,
    half: Vec<MirroredBlock>,
    full: Vec<MirroredBlock>,
    last: Convolution,
    /// Whether the last convolution works at half the size, its channels being the finer pixels.
    depth_to_space: bool,
    residual: bool,
    corrects_blend: bool,
    guided: bool,
}

/// What the refiner begins with.
pub struct Unrefined<'a> {
    /// The generator's picture `[batch, 3, s, s]`.
    pub picture: &'a Tensor,
    /// How far it is to be trusted, `[batch, 1, s, s]`.
    pub trust: &'a Tensor,
    /// The guide `[batch, 3, s, s]`; where the network asks for one and there is none, the generator's picture stands in.
    pub guide: Option<&'a Tensor>,
}

impl Refiner {
    /// With `structure` (channels of the map, fusion) SPADE replaces the normaliser at 1/2, 1/4 and 1/8 of the picture
    /// and fused features join the decoder there.
    #[must_use]
    pub fn new(path: &Path, config: &RefinerConfig, structure: Option<(i64, &FusionConfig)>) -> Self {
        let levels = config.levels;
        let width = |level: usize| config.maximum.min(config.width << (level - 1));
        let norm = config.normalisation;
        let outputs = match (config.guided, config.corrects_blend) {
            (true, _) => guide::OUTPUTS,
            (false, true) => 4,
            (false, false) => 3,
        };
        let inputs = if config.guided { 7 } else { 4 };
        let shape = ConvolutionConfig { kernel: DOWN_KERNEL, padding: 1, ..ConvolutionConfig::same(3) }
            .strided(2)
            .without_bias();
        let down = (1..=levels)
            .map(|level| {
                let at = path / "down" / level;
                let from = if level == 1 { inputs } else { width(level - 1) };
                // Neither the first nor the last is normalised: the one sees a picture, the other a single pixel.
                let norm = if level == 1 || level == levels { Normalisation::None } else { norm };
                Down {
                    conv: Convolution::new(&(&at / "conv"), from, width(level), shape),
                    norm: Norm::new(&(&at / "norm"), width(level), norm),
                }
            })
            .collect();
        let scale = |level: usize| (1..=fusion::SCALES).contains(&level).then(|| fusion::SCALES - level);
        let fused = |level: usize| match (structure, scale(level)) {
            (Some((_, config)), Some(scale)) if config.active => fusion::width(config, scale),
            _ => 0,
        };
        let direct = config.final_kernel == 0;
        let up = (usize::from(direct)..levels)
            .rev()
            .map(|level| {
                let at = path / "up" / level;
                let from =
                    if level + 1 == levels { width(levels) } else { 2 * width(level + 1) + fused(level + 1) };
                let to = if level == 0 { config.width } else { width(level) };
                let conv = DoublingConvolution::new(&(&at / "conv"), from, to, level == 0);
                let norm = match (structure, scale(level)) {
                    (Some((channels, fusion)), Some(_)) => DecoderNorm::Spade(Spade::new(
                        &(&at / "spade"),
                        to,
                        channels,
                        fusion.hidden,
                        fusion.kernel,
                    )),
                    _ => {
                        let norm = if level == 0 { Normalisation::None } else { norm };
                        DecoderNorm::Plain(Norm::new(&(&at / "norm"), to, norm))
                    }
                };
                Up { conv, norm }
            })
            .collect();
        let blocks = |name: &str| {
            (0..config.residual_blocks)
                .map(|i| MirroredBlock::new(&(path / name / i), config.width, norm))
                .collect()
        };
        let (shape, from, to) = if direct {
            (ConvolutionConfig::same(3), 2 * width(1) + fused(1), outputs * 4)
        } else {
            let shape = ConvolutionConfig { reflect: true, ..ConvolutionConfig::same(config.final_kernel) };
            (shape, config.width, outputs)
        };
        let shape = if config.residual { shape.from_zero() } else { shape };
        let last = Convolution::new(&(path / "final"), from, to, shape);
        Self {
            down,
            up,
            half: blocks("half"),
            full: if direct { Vec::new() } else { blocks("full") },
            last,
            depth_to_space: direct,
            residual: config.residual,
            corrects_blend: config.corrects_blend,
            guided: config.guided,
        }
    }

    /// The refined picture (not held to 0..1) and the network's own picture before blending.
    pub fn forward(
        &self,
        unrefined: &Unrefined<'_>,
        structure: Option<&Structure<'_>>,
        kind: Kind,
        train: bool,
    ) -> (Tensor, Tensor) {
        let &Unrefined { picture, trust, guide } = unrefined;
        let guide = self.guided.then(|| guide.unwrap_or(picture));
        let hidden: Tensor = 1.0 - trust;
        let parts: Vec<&Tensor> = [picture, &hidden].into_iter().chain(guide).collect();
        let input = Tensor::cat(&parts, 1);
        let raw = self.decode(&self.encode(&for_convolution(&input, kind), train), structure, train);
        let raw = raw.contiguous().to_kind(Kind::Float);
        let raw = if self.depth_to_space { depth_to_space(&raw, 2) } else { raw };
        if let Some(guide) = guide {
            return guide::compose(&raw, picture, guide);
        }
        let own = raw.narrow(1, 0, 3);
        let own = if self.residual { picture + own } else { own.tanh() };
        let trust = if self.corrects_blend {
            (trust.logit(BLEND_EPSILON) + raw.narrow(1, 3, 1)).sigmoid()
        } else {
            trust.shallow_clone()
        };
        (&own + (picture - &own) * trust, own)
    }

    /// Activated features, level 1 first.
    fn encode(&self, input: &Tensor, train: bool) -> Vec<Tensor> {
        let mut levels: Vec<Tensor> = Vec::with_capacity(self.down.len());
        for (i, step) in self.down.iter().enumerate() {
            let here = step.conv.forward(levels.last().unwrap_or(input));
            let here = step.norm.forward(&here, train);
            // The coarsest is followed by the decoder's own ReLU.
            levels.push(if i + 1 == self.down.len() { here } else { here.maximum(&(&here * LEAK)) });
        }
        levels
    }

    fn decode(&self, levels: &[Tensor], structure: Option<&Structure<'_>>, train: bool) -> Tensor {
        let depth = self.down.len();
        let mut here = levels[depth - 1].shallow_clone();
        for (step, up) in self.up.iter().enumerate() {
            let level = depth - 1 - step;
            let raised = up.conv.forward(&here.relu());
            let raised = match (&up.norm, structure) {
                (DecoderNorm::Spade(spade), Some(structure)) => spade.forward(&raised, structure.map),
                (DecoderNorm::Plain(norm), _) => norm.forward(&raised, train),
                (DecoderNorm::Spade(_), None) => raised,
            };
            here = match level {
                // The predecessors' last doubling ended in a tanh; what follows it was added later.
                0 => self.full.iter().fold(raised.tanh(), |x, block| block.forward(&x, train)),
                1 => self.half.iter().fold(raised, |x, block| block.forward(&x, train)),
                _ => raised,
            };
            if level > 0 {
                let mut parts = vec![levels[level - 1].shallow_clone(), here];
                let fused = structure.and_then(|s| s.fused.get(fusion::SCALES.wrapping_sub(level)));
                parts.extend(fused.map(Tensor::shallow_clone));
                here = Tensor::cat(&parts, 1);
            }
        }
        self.last.forward(&here)
    }
}
