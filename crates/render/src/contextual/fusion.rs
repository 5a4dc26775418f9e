//! Structure-guided fusion: what the edge heatmap asks to change in the warped features at 1/8, 1/4 and 1/2 of the
//! picture (METHODS 2.7).

use super::config::{FusionConfig, GeneratorConfig};
use super::generator::channels;
use orator_nn::picture_blocks::{Convolution, ConvolutionConfig, double};
use orator_nn::spade::SpadeChange;
use tch::Tensor;
use tch::nn::Path;

/// Scales that are fused (32, 64 and 128 of 256).
pub const SCALES: usize = 3;

struct Level {
    warped: Convolution,
    coarser: Option<Convolution>,
    change: SpadeChange,
}

/// The fusion network.
pub struct Fusion {
    levels: Vec<Level>,
}

/// Channels of the fused features of scale `i`, coarsest first.
pub(super) fn width(config: &FusionConfig, scale: usize) -> i64 {
    (config.width >> scale).max(4)
}

impl Fusion {
    /// For warped features of the generator and maps of `map_channels`.
    #[must_use]
    pub fn new(path: &Path, config: &FusionConfig, generator: &GeneratorConfig, map_channels: i64) -> Self {
        let point = ConvolutionConfig::same(1);
        let levels = (0..SCALES)
            .map(|i| {
                let at = path / i;
                let from = channels(generator, generator.levels - i);
                let coarser = (i > 0).then(|| {
                    Convolution::new(&(&at / "coarser"), width(config, i - 1), width(config, i), point)
                });
                Level {
                    warped: Convolution::new(&(&at / "warped"), from, width(config, i), point),
                    coarser,
                    change: SpadeChange::new(
                        &(&at / "change"),
                        width(config, i),
                        map_channels,
                        config.hidden,
                        config.kernel,
                        config.deep,
                    ),
                }
            })
            .collect();
        Self { levels }
    }

    /// Warped features (coarsest first) and the map to fused features of the same sizes, coarsest first.
    pub fn forward(&self, warped: &[Tensor], map: &Tensor) -> Vec<Tensor> {
        let mut fused: Vec<Tensor> = Vec::with_capacity(SCALES);
        for (level, feature) in self.levels.iter().zip(warped) {
            let mut here = level.warped.forward(feature);
            if let (Some(conv), Some(before)) = (&level.coarser, fused.last()) {
                // A 1 × 1 convolution commutes with doubling: compute at the smaller size.
                here = here + double(&conv.forward(before));
            }
            let change = level.change.forward(&here, map);
            fused.push(here + change);
        }
        fused
    }
}
