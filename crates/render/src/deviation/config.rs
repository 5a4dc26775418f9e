//! The configuration of the latent deviation networks: widths, and the switches that were measured.

use orator_nn::grid::Outside;
use serde::{Deserialize, Serialize};

/// Channels of no layer may be more.
const WIDEST: i64 = 4096;
/// Blocks of no stack may be more.
const MOST_BLOCKS: usize = 64;

/// What holds the spread of the pose estimator's channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoseNormalisation {
    /// Over the batch, as released; wants large batches.
    Batch,
    /// Over groups of channels of each picture (ours: the same in training and afterwards, with any batch).
    #[default]
    Group,
}

/// The image encoder E (METHODS 1.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncoderConfig {
    /// Channels at the picture's size; doubled with each of three halvings. Released: 64, which makes features 512 deep.
    pub width: i64,
    /// Whether the first layer halves the size itself, so that nothing is computed at the picture's size. Released: no.
    pub halving_stem: bool,
    /// Residual blocks on the coarsest level. Released: 4.
    pub residual_blocks: usize,
}

/// The feature enhancer (METHODS 1.3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnhancerConfig {
    /// Whether there is one (an ablation of the paper).
    pub active: bool,
    /// Channels at 1/16 and 1/32 of the picture's size. Released: 768, 1024.
    pub widths: [i64; 2],
}

/// The latent pose estimator LPE (METHODS 1.4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoseEstimatorConfig {
    /// Channels of the first layer; the three stages have 4, 8 and 16 times as many. Released: 64.
    pub width: i64,
    /// Bottleneck blocks in each stage, besides the two that halve. Released: 3, 3, 5.
    pub bottlenecks: [usize; 3],
    /// Bins of 3 degrees that an angle is the mean of. Released: 66.
    pub bins: i64,
    /// What holds the spread of channels.
    pub normalisation: PoseNormalisation,
}

/// The nonlinear pose transformation P (METHODS 1.4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransformationConfig {
    /// Whether there is one; without, features turn by the estimated rotations themselves (an ablation of the paper).
    pub active: bool,
    /// Channels of the first level; the next have 2, 4 and 8 times as many. Released: 64.
    pub width: i64,
    /// Residual blocks at the bottom. Released: 3.
    pub residual_blocks: usize,
}

/// The latent deviation decoder (METHODS 1.6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecoderConfig {
    /// Residual blocks on the warped features. Released: 8.
    pub residual_blocks: usize,
    /// Channels at 1/4, 1/2 and the whole of the picture's size. Released: 512, 256, 128.
    pub widths: [i64; 3],
    /// Residual blocks at these sizes. Released: 1 each.
    pub stage_blocks: [usize; 3],
    /// Whether a stage convolves before it doubles the size: a quarter of the arithmetic. Released: no.
    pub convolve_first: bool,
    /// Whether the picture is painted at half its size, four pixels at a time; then the last of `widths` and `stage_blocks` are of no
    /// use. Released: no.
    pub paint_at_half: bool,
}

/// The latent deviation networks of stage 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeviationConfig {
    /// Image encoder.
    pub encoder: EncoderConfig,
    /// Feature enhancer.
    pub enhancer: EnhancerConfig,
    /// Latent pose estimator.
    pub pose: PoseEstimatorConfig,
    /// Nonlinear pose transformation.
    pub transformation: TransformationConfig,
    /// Latent deviation decoder.
    pub decoder: DecoderConfig,
    /// Whether the source's own features are mixed in above the warped ones (Eq. 5, 6; an ablation of the paper).
    pub full_scene: bool,
    /// As the released code computes: 3.14 for π, and a grid from corner to corner that is looked up as if it went from edge to
    /// edge. Only for released weights.
    pub as_released: bool,
    /// Whether the source's own pose counts: A = P([R_D; R_S]), t = t_D − t_S, so that a source drawn in its own pose need not
    /// move. Released: no, the enhancer has to forget the source's pose.
    pub relative: bool,
    /// Whether features move in the plane alone, A being applied to (x, y, 1). Released: no, A is applied to (x, y, z) and moves them between
    /// channels, too. With z, what lies in the middle of the picture can hardly move (x and y are zero there, and z has both signs),
    /// and neighbouring channels have nothing in common, so that the gradient towards z is large and says little.
    pub planar: bool,
    /// Whether the full-scene features follow the motion, each trusted as much as is learned. Released: no, so they ghost where
    /// something moves.
    pub warp_skips: bool,
    /// Whether the source picture itself follows the motion, too, and is mixed with what is painted. Released: no.
    pub warped_picture: bool,
    /// Whether the motion that skips and picture follow is corrected at 1/4 of the picture's size, up to this many times the
    /// picture's width (0: not at all). Released: 0.
    pub flow_correction: f64,
    /// What lies outside the feature volume. Released: zeros.
    pub outside: Outside,
}

impl Default for EncoderConfig {
    fn default() -> Self {
        Self { width: 64, halving_stem: false, residual_blocks: 4 }
    }
}

impl Default for EnhancerConfig {
    fn default() -> Self {
        Self { active: true, widths: [768, 1024] }
    }
}

impl Default for PoseEstimatorConfig {
    fn default() -> Self {
        Self { width: 64, bottlenecks: [3, 3, 5], bins: 66, normalisation: PoseNormalisation::Batch }
    }
}

impl Default for TransformationConfig {
    fn default() -> Self {
        Self { active: true, width: 64, residual_blocks: 3 }
    }
}

impl Default for DecoderConfig {
    fn default() -> Self {
        Self {
            residual_blocks: 8,
            widths: [512, 256, 128],
            stage_blocks: [1, 1, 1],
            convolve_first: false,
            paint_at_half: false,
        }
    }
}

impl Default for DeviationConfig {
    /// The network as the paper describes it; [`DeviationConfig::published`] has the released code's quirks besides.
    fn default() -> Self {
        Self {
            encoder: EncoderConfig::default(),
            enhancer: EnhancerConfig::default(),
            pose: PoseEstimatorConfig::default(),
            transformation: TransformationConfig::default(),
            decoder: DecoderConfig::default(),
            full_scene: true,
            as_released: false,
            relative: false,
            planar: false,
            warp_skips: false,
            warped_picture: false,
            flow_correction: 0.0,
            outside: Outside::Zeros,
        }
    }
}

impl DeviationConfig {
    /// The released network (210.6 million parameters), its quirks included.
    #[must_use]
    pub fn published() -> Self {
        Self { as_released: true, ..Self::default() }
    }

    /// Small enough to draw in real time on two cores, with every improvement.
    #[must_use]
    pub fn lite() -> Self {
        Self {
            encoder: EncoderConfig { width: 12, halving_stem: true, residual_blocks: 2 },
            enhancer: EnhancerConfig { active: true, widths: [128, 192] },
            pose: PoseEstimatorConfig {
                width: 16,
                bottlenecks: [1, 2, 3],
                bins: 66,
                normalisation: PoseNormalisation::Group,
            },
            transformation: TransformationConfig { active: true, width: 24, residual_blocks: 2 },
            decoder: DecoderConfig {
                residual_blocks: 2,
                widths: [64, 32, 16],
                stage_blocks: [1, 1, 0],
                convolve_first: true,
                paint_at_half: true,
            },
            relative: true,
            planar: true,
            warp_skips: true,
            warped_picture: true,
            flow_correction: 0.05,
            outside: Outside::Border,
            ..Self::default()
        }
    }

    /// Channels of the warped features: the depth of the feature volume.
    #[must_use]
    pub fn depth(&self) -> i64 {
        self.encoder.width * 8
    }

    /// Refuses sizes that make no sense, before anything is allocated.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> std::result::Result<(), String> {
        let widths = [
            ("encoder.width", self.encoder.width),
            ("enhancer.widths", self.enhancer.widths[0]),
            ("enhancer.widths", self.enhancer.widths[1]),
            ("pose.width", self.pose.width),
            ("pose.bins", self.pose.bins),
            ("transformation.width", self.transformation.width),
            ("decoder.widths", self.decoder.widths[0]),
            ("decoder.widths", self.decoder.widths[1]),
            ("decoder.widths", self.decoder.widths[2]),
        ];
        for (name, width) in widths {
            if !(1..=WIDEST).contains(&width) {
                return Err(format!("{name} {width} must be 1 to {WIDEST}"));
            }
        }
        let largest = [self.depth(), self.pose.width * 16, self.transformation.width * 8];
        if largest.iter().any(|&width| width > WIDEST) {
            return Err(format!("no layer may have more than {WIDEST} channels"));
        }
        let blocks =
            [self.encoder.residual_blocks, self.transformation.residual_blocks, self.decoder.residual_blocks];
        let blocks = blocks.iter().chain(&self.pose.bottlenecks).chain(&self.decoder.stage_blocks);
        if blocks.into_iter().any(|&blocks| blocks > MOST_BLOCKS) {
            return Err(format!("no stack may have more than {MOST_BLOCKS} blocks"));
        }
        if !(0.0..=1.0).contains(&self.flow_correction) {
            return Err(format!("flow_correction {} must be 0 to 1", self.flow_correction));
        }
        if self.as_released && (self.relative || self.planar) {
            return Err("as_released goes with neither relative nor planar".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_checked_before_anything_is_made() {
        assert!(DeviationConfig::published().check().is_ok() && DeviationConfig::lite().check().is_ok());
        let mut huge = DeviationConfig::lite();
        huge.encoder.width = 1 << 40;
        assert!(huge.check().unwrap_err().contains("encoder.width"));
        let mut deep = DeviationConfig::lite();
        deep.pose.bottlenecks[2] = 1 << 20;
        assert!(deep.check().is_err());
        let both = DeviationConfig { relative: true, ..DeviationConfig::published() };
        assert!(both.check().is_err());
    }
}
