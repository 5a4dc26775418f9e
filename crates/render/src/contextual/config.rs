//! What decides the networks' shapes: the paper's size, a size for CPUs, and the switches of the paper's ablations.

use crate::TpsForm;
use orator_nn::grid::Outside;
use orator_nn::picture_blocks::Normalisation;
use serde::{Deserialize, Serialize};

/// Points of the contextual layout.
pub const POINTS: i64 = 116;
/// Points in a group: N of METHODS 2.6.
pub(super) const GROUP: usize = 4;
/// Occlusion maps: at 1/8, 1/4, 1/2 and the whole of a 256² picture (METHODS 2.6).
pub const OCCLUSION_MAPS: usize = 4;

/// Which points move the picture (the paper's ablation of warping).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Warping {
    /// The 116 detected points.
    #[default]
    DetectedKeypoints,
    /// The detected points and some that a network finds in both pictures. Needs the driving picture.
    WithLearnedPoints,
    /// Only points that a network finds, as in the TPS motion model. Needs the driving picture.
    Unsupervised,
}

/// What repairs the warped picture (the paper's ablation of refinement).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refinement {
    /// Nothing: the generator's picture is the result.
    None,
    /// A U-Net that knows nothing of the skeleton.
    Unet,
    /// The U-Net and a drawn skeleton of fixed thickness.
    SkeletonMap,
    /// The U-Net and edge heatmaps whose thickness is learned (METHODS 2.7).
    #[default]
    EdgeHeatmap,
}

/// How points are put into groups, one thin-plate spline each (METHODS 2.6 leaves it open).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grouping {
    /// Each finger is a group, each arm with its wrist another; the face in quadruples that span an area. A finger is
    /// nearly a line, which METHODS 2.6 sends to a similarity: for a finger that is the right map.
    #[default]
    Fingers,
    /// Quadruples that span an area everywhere, also across fingers (METHODS 2.6's proposal).
    Interleaved,
}

/// What the heatmaps of the dense motion network show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PointHeatmaps {
    /// One map a point (116), as published.
    #[default]
    Points,
    /// One map a group (29): the sum of its points' maps.
    Groups,
}

/// The dense motion network (METHODS 2.6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MotionConfig {
    /// Height and width at which the flow is estimated, whatever the picture's size.
    pub flow_size: i64,
    /// Channels of the hourglass's first level (half of them after its first block; 64).
    pub width: i64,
    /// Most channels of a level (1024).
    pub maximum: i64,
    /// Levels of the hourglass (5).
    pub levels: usize,
    /// Whether a doubling of the hourglass convolves at the smaller size.
    pub convolve_first: bool,
    /// Kernel of the layers that give contributions and occlusions (7).
    pub head_kernel: i64,
    /// Whether the network sees the warped pictures in colour (3 channels a transform) or grey (1).
    pub colour: bool,
    /// What its heatmaps show.
    pub heatmaps: PointHeatmaps,
    /// Whether the two finest occlusion maps come from the 64² features by depth-to-space instead of by two blocks at
    /// 128² and 256².
    pub occlusion_from_depth: bool,
    /// Whether contributions start from how near a group's points are, so that the network only has to correct that.
    /// Not in the paper; it shortens training a great deal.
    pub nearness: bool,
    /// How the hourglass normalises.
    pub normalisation: Normalisation,
    /// The linear system of the splines.
    #[serde(with = "form_name")]
    pub form: TpsForm,
    /// What lies outside of pictures.
    pub outside: Outside,
    /// How the 116 points are grouped.
    pub grouping: Grouping,
}

/// Encoder, warp, decoder (METHODS 2.6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GeneratorConfig {
    /// Channels of the first level (64).
    pub width: i64,
    /// Most channels of a level (512).
    pub maximum: i64,
    /// Halvings after the first level: as many as lead from it to 1/8 of the picture.
    pub levels: usize,
    /// Step of the first convolution: 1 as published, 2 leaves the finest level out.
    pub stem_stride: i64,
    /// Residual blocks before each doubling, coarsest first.
    pub residual_blocks: Vec<usize>,
    /// Whether a doubling convolves at the smaller size.
    pub convolve_first: bool,
    /// Kernel of the last convolution (7).
    pub final_kernel: i64,
    /// How encoder and decoder normalise.
    pub normalisation: Normalisation,
}

/// Edge heatmaps (METHODS 2.7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EdgeConfig {
    /// One channel a part of the body (METHODS' proposal) or one for everything (the paper).
    pub channel_per_part: bool,
    /// σ² at the start, in squared half picture widths; held between 5e-5 and 5e-3.
    pub variance: f64,
    /// Height and width of the map, as a share of the picture's: 1/`shrink`.
    pub shrink: i64,
}

/// SPADE fusion of warped features (METHODS 2.7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FusionConfig {
    /// Whether warped features are fused at all.
    pub active: bool,
    /// Most channels of the fused features at 1/8, 1/4 and 1/2 of the picture (the paper's "low-resolution feature";
    /// METHODS proposes 256).
    pub width: i64,
    /// Hidden channels of SPADE (128).
    pub hidden: i64,
    /// Kernel of the layers that give γ and β (3).
    pub kernel: i64,
    /// Two SPADE layers a change instead of one.
    pub deep: bool,
}

/// The U-Net (METHODS 2.7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RefinerConfig {
    /// Channels of its first level (64).
    pub width: i64,
    /// Most channels (512).
    pub maximum: i64,
    /// Levels (8).
    pub levels: usize,
    /// Residual blocks at 1/2 and at the whole of the picture (2 each as published, or 0).
    pub residual_blocks: usize,
    /// Kernel of a last convolution at full size (7); 0 lets a convolution at half the size give the picture by
    /// depth-to-space.
    pub final_kernel: i64,
    /// How encoder and decoder normalise where SPADE does not.
    pub normalisation: Normalisation,
    /// Whether the output is a change of the warped picture (which starts at none) instead of a picture in [−1, 1].
    pub residual: bool,
    /// Whether the network may correct the map that blends its picture with the warped one.
    pub corrects_blend: bool,
    /// Whether it starts from the picture that the untrained `warp` renderer draws of the pose, the guide, and shifts and
    /// corrects that. Not in the paper: cut-out limbs keep their texture, which a small network cannot paint.
    pub guided: bool,
}

/// TPS dropout in training: a share of the transforms is left out (METHODS 2.6).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransformDropout {
    /// Greatest share.
    pub maximum: f64,
    /// Epochs over which the share grows from nothing.
    pub rise: f64,
    /// Epoch from which nothing is left out any more.
    pub end: f64,
}

impl TransformDropout {
    /// The share at a moment of the training, in epochs.
    #[must_use]
    pub fn at(&self, epoch: f64) -> f64 {
        if epoch >= self.end { 0.0 } else { self.maximum * (epoch / self.rise.max(1e-9)).clamp(0.0, 1.0) }
    }
}

impl Default for TransformDropout {
    fn default() -> Self {
        Self { maximum: 0.5, rise: 10.0, end: 35.0 }
    }
}

/// Everything that decides the picture networks' shapes. The default is [`PictureConfig::full`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PictureConfig {
    /// Which points move the picture.
    pub warping: Warping,
    /// How many points a network finds in the picture, where it does (the TPS motion model: 50).
    pub learned_points: i64,
    /// How many of these make one spline (5).
    pub learned_group: i64,
    /// Whether camera motion is estimated in training, from both pictures; drawing from keypoints takes none.
    pub background_motion: bool,
    /// Width of the networks that look at whole pictures for points and camera motion (64).
    pub finder_width: i64,
    /// The dense motion network.
    pub motion: MotionConfig,
    /// TPS dropout.
    pub transform_dropout: TransformDropout,
    /// The generator.
    pub generator: GeneratorConfig,
    /// What repairs the warped picture.
    pub refinement: Refinement,
    /// Edge heatmaps.
    pub edges: EdgeConfig,
    /// Fusion of warped features.
    pub fusion: FusionConfig,
    /// The U-Net.
    pub refiner: RefinerConfig,
}

impl Default for MotionConfig {
    fn default() -> Self {
        Self {
            flow_size: 64,
            width: 64,
            maximum: 1024,
            levels: 5,
            convolve_first: false,
            head_kernel: 7,
            colour: true,
            heatmaps: PointHeatmaps::Points,
            occlusion_from_depth: false,
            nearness: false,
            normalisation: Normalisation::Instance,
            form: TpsForm::Displacement,
            outside: Outside::Border,
            grouping: Grouping::Fingers,
        }
    }
}

impl Default for GeneratorConfig {
    fn default() -> Self {
        Self {
            width: 64,
            maximum: 512,
            levels: 3,
            stem_stride: 1,
            residual_blocks: vec![2, 2, 2],
            convolve_first: false,
            final_kernel: 7,
            normalisation: Normalisation::Instance,
        }
    }
}

impl Default for EdgeConfig {
    fn default() -> Self {
        Self { channel_per_part: true, variance: 5e-4, shrink: 2 }
    }
}

impl Default for FusionConfig {
    fn default() -> Self {
        Self { active: true, width: 256, hidden: 128, kernel: 3, deep: true }
    }
}

impl Default for RefinerConfig {
    fn default() -> Self {
        Self {
            width: 64,
            maximum: 512,
            levels: 8,
            residual_blocks: 2,
            final_kernel: 7,
            normalisation: Normalisation::Instance,
            residual: true,
            corrects_blend: false,
            guided: false,
        }
    }
}

impl Default for PictureConfig {
    fn default() -> Self {
        Self::full()
    }
}

impl PictureConfig {
    /// The paper's size (widths of the TPS motion model and of S2G's refiner, which it builds on).
    #[must_use]
    pub fn full() -> Self {
        Self {
            warping: Warping::DetectedKeypoints,
            learned_points: 50,
            learned_group: 5,
            background_motion: true,
            finder_width: 64,
            motion: MotionConfig::default(),
            transform_dropout: TransformDropout::default(),
            generator: GeneratorConfig::default(),
            refinement: Refinement::EdgeHeatmap,
            edges: EdgeConfig::default(),
            fusion: FusionConfig::default(),
            refiner: RefinerConfig::default(),
        }
    }

    /// A size for CPUs: little is computed above 64², detail comes from the source picture through the flow, and the
    /// networks only correct the nearness of points and paint what was hidden.
    #[must_use]
    pub fn lite() -> Self {
        Self {
            finder_width: 16,
            background_motion: false,
            transform_dropout: TransformDropout { maximum: 0.2, rise: 1.0, end: 2.0 },
            motion: MotionConfig {
                width: 16,
                maximum: 128,
                levels: 4,
                convolve_first: true,
                head_kernel: 3,
                colour: false,
                heatmaps: PointHeatmaps::Groups,
                occlusion_from_depth: true,
                nearness: true,
                ..MotionConfig::default()
            },
            generator: GeneratorConfig {
                width: 24,
                maximum: 128,
                levels: 2,
                stem_stride: 2,
                residual_blocks: vec![1, 0],
                convolve_first: true,
                final_kernel: 3,
                normalisation: Normalisation::Instance,
            },
            edges: EdgeConfig { shrink: 4, ..EdgeConfig::default() },
            fusion: FusionConfig { active: true, width: 32, hidden: 16, kernel: 1, deep: false },
            refiner: RefinerConfig {
                width: 16,
                maximum: 96,
                levels: 5,
                residual_blocks: 0,
                final_kernel: 0,
                normalisation: Normalisation::Instance,
                residual: true,
                corrects_blend: false,
                guided: true,
            },
            ..Self::full()
        }
    }

    /// Splines whose control points are among the 116.
    #[must_use]
    pub fn detected_groups(&self) -> i64 {
        match self.warping {
            Warping::Unsupervised => 0,
            _ => POINTS / GROUP as i64,
        }
    }

    /// Splines whose control points a network finds.
    #[must_use]
    pub fn learned_groups(&self) -> i64 {
        match self.warping {
            Warping::DetectedKeypoints => 0,
            _ => self.learned_points / self.learned_group.max(1),
        }
    }

    /// Whether drawing needs the `warp` renderer's picture of the pose ([`RefinerConfig::guided`]).
    #[must_use]
    pub fn guided(&self) -> bool {
        self.refinement != Refinement::None && self.refiner.guided
    }

    /// All splines (29 in the paper).
    #[must_use]
    pub fn transforms(&self) -> i64 {
        self.detected_groups() + self.learned_groups()
    }

    /// All control points.
    #[must_use]
    pub fn control_points(&self) -> i64 {
        self.detected_groups() * GROUP as i64 + self.learned_groups() * self.learned_group
    }

    /// What is wrong with the numbers, in words, before memory is taken for them.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), String> {
        let within = |name: &str, value: i64, low: i64, high: i64| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(format!("{name} is {value} and must be {low} to {high}"))
            }
        };
        within("motion.flow_size", self.motion.flow_size, 16, 256)?;
        within("motion.width", self.motion.width, 4, 512)?;
        within("motion.maximum", self.motion.maximum, self.motion.width, 4096)?;
        within("motion.levels", self.motion.levels as i64, 2, 6)?;
        within("motion.head_kernel", self.motion.head_kernel, 1, 9)?;
        within("generator.width", self.generator.width, 4, 512)?;
        within("generator.maximum", self.generator.maximum, self.generator.width, 4096)?;
        within("generator.levels", self.generator.levels as i64, 1, 5)?;
        within("generator.stem_stride", self.generator.stem_stride, 1, 2)?;
        within("generator.final_kernel", self.generator.final_kernel, 1, 9)?;
        within("finder_width", self.finder_width, 4, 256)?;
        within("learned_group", self.learned_group, 3, 8)?;
        within("learned_points", self.learned_points, self.learned_group, 500)?;
        within("edges.shrink", self.edges.shrink, 1, 8)?;
        within("fusion.width", self.fusion.width, 4, 1024)?;
        within("fusion.hidden", self.fusion.hidden, 1, 1024)?;
        within("fusion.kernel", self.fusion.kernel, 1, 5)?;
        within("refiner.width", self.refiner.width, 4, 512)?;
        within("refiner.maximum", self.refiner.maximum, self.refiner.width, 4096)?;
        within("refiner.levels", self.refiner.levels as i64, 3, 8)?;
        within("refiner.residual_blocks", self.refiner.residual_blocks as i64, 0, 8)?;
        within("refiner.final_kernel", self.refiner.final_kernel, 0, 9)?;
        let odd = [
            ("motion.head_kernel", self.motion.head_kernel),
            ("generator.final_kernel", self.generator.final_kernel),
            ("fusion.kernel", self.fusion.kernel),
        ];
        if let Some((name, value)) = odd.into_iter().find(|(_, value)| value % 2 == 0) {
            return Err(format!("{name} is {value} and must be odd"));
        }
        if self.refiner.final_kernel > 0 && self.refiner.final_kernel % 2 == 0 {
            return Err(format!(
                "refiner.final_kernel is {} and must be odd or 0",
                self.refiner.final_kernel
            ));
        }
        if self.refiner.guided && (self.refiner.corrects_blend || !self.refiner.residual) {
            return Err("refiner.guided goes with residual: true and corrects_blend: false".into());
        }
        if self.generator.residual_blocks.len() != self.generator.levels {
            return Err(format!(
                "generator.residual_blocks has {} numbers and needs one for each of the {} levels",
                self.generator.residual_blocks.len(),
                self.generator.levels
            ));
        }
        if self.generator.residual_blocks.iter().any(|n| *n > 16) {
            return Err("generator.residual_blocks allows at most 16 a level".into());
        }
        let coarsest = self.generator.stem_stride << self.generator.levels;
        if coarsest != 8 {
            return Err(format!(
                "generator.stem_stride and generator.levels lead to 1/{coarsest} of the picture and must lead to 1/8"
            ));
        }
        if !(self.edges.variance > 0.0 && self.edges.variance < 1.0) {
            return Err(format!("edges.variance is {} and must be between 0 and 1", self.edges.variance));
        }
        if self.transforms() == 0 {
            return Err("there is no spline: learned_points are fewer than learned_group".into());
        }
        Ok(())
    }
}

/// The spline's form by name.
mod form_name {
    use crate::TpsForm;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(form: &TpsForm, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match form {
            TpsForm::Displacement => "displacement",
            TpsForm::Legacy => "legacy",
        })
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TpsForm, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "displacement" => Ok(TpsForm::Displacement),
            "legacy" => Ok(TpsForm::Legacy),
            other => Err(D::Error::custom(format!("no spline form is called {other}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sizes_are_sound_and_survive_json() {
        for config in [PictureConfig::full(), PictureConfig::lite()] {
            config.check().unwrap();
            let text = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<PictureConfig>(&text).unwrap(), config);
            assert_eq!((config.transforms(), config.control_points()), (29, 116));
        }
        assert!(serde_json::from_str::<PictureConfig>(r#"{"colour": 1}"#).is_err());
    }

    #[test]
    fn impossible_numbers_are_named() {
        let mut config = PictureConfig::lite();
        config.generator.levels = 3;
        config.generator.residual_blocks = vec![1, 0, 0];
        assert!(config.check().unwrap_err().contains("1/16"));
        let mut config = PictureConfig::lite();
        config.motion.width = 100_000_000;
        assert!(config.check().unwrap_err().contains("motion.width"));
    }

    #[test]
    fn dropout_rises_and_ends() {
        let dropout = TransformDropout::default();
        assert_eq!([0.0, 5.0, 20.0, 35.0].map(|e| dropout.at(e)), [0.0, 0.25, 0.5, 0.0]);
    }
}
