//! The networks of latent deviation stage 1 together (METHODS 1.2–1.6): source branch once, driven branch for each frame.

use super::config::DeviationConfig;
use super::decoder::{Decoded, DeviationDecoder, SceneMaps};
use super::encoder::ImageEncoder;
use super::enhancer::FeatureEnhancer;
use super::pose_estimator::{LatentPose, PoseEstimator};
use super::transformation::PoseTransformation;
use super::warping::{self, WarpingRules};
use orator_nn::grid::for_convolution;
use tch::nn::Path;
use tch::{Kind, Tensor};

/// π as the released code writes it.
#[allow(clippy::approx_constant, reason = "that is the point")]
pub(super) const RELEASED_HALF_TURN: f64 = 3.14;

/// Parts that stay in 32 bits.
const PRECISE: [&str; 2] = ["pose.", "transformation."];

/// Everything about a source picture that does not depend on the driving pose.
pub struct Source {
    /// F_e `[batch, depth, s / 8, s / 8]` in 32-bit floats.
    pub features: Tensor,
    /// What the decoder mixes in.
    pub scene: SceneMaps,
    /// The source's own pose.
    pub pose: LatentPose,
}

impl Source {
    /// The same tensors under new handles, for another thread.
    #[must_use]
    pub fn share(&self) -> Self {
        Self { features: self.features.shallow_clone(), scene: self.scene.share(), pose: self.pose.share() }
    }
}

/// A driven frame and what led to it.
pub struct Driven {
    /// Picture, flow and shares.
    pub decoded: Decoded,
    /// A `[batch, h, w, 3, 3]`.
    pub maps: Tensor,
    /// Motion in the plane of the volume's middle, `[batch, h, w, 2]`, in halves of the picture's width.
    pub displacement: Tensor,
    /// F_w `[batch, depth, h, w]`.
    pub features: Tensor,
}

/// All networks of stage 1.
pub struct DeviationNetworks {
    config: DeviationConfig,
    encoder: ImageEncoder,
    enhancer: Option<FeatureEnhancer>,
    pose: PoseEstimator,
    transformation: Option<PoseTransformation>,
    decoder: DeviationDecoder,
    kind: Kind,
    pose_kind: Kind,
}

impl DeviationNetworks {
    /// Fresh networks under `path`; check the configuration first ([`DeviationConfig::check`]). Initial values come from
    /// libtorch's generator, so seed that.
    #[must_use]
    pub fn new(path: &Path, config: &DeviationConfig) -> Self {
        let half_turn = if config.as_released { RELEASED_HALF_TURN } else { std::f64::consts::PI };
        let fields = if config.relative { 2 } else { 1 };
        Self {
            encoder: ImageEncoder::new(&(path / "encoder"), &config.encoder),
            enhancer: config
                .enhancer
                .active
                .then(|| FeatureEnhancer::new(&(path / "enhancer"), config.depth(), &config.enhancer)),
            pose: PoseEstimator::new(&(path / "pose"), &config.pose, half_turn),
            transformation: config
                .transformation
                .active
                .then(|| PoseTransformation::new(&(path / "transformation"), fields, &config.transformation)),
            decoder: DeviationDecoder::new(&(path / "decoder"), config),
            config: config.clone(),
            kind: Kind::Float,
            pose_kind: Kind::Float,
        }
    }

    /// The same computing in `kind`: [`Kind::Float`], or [`Kind::BFloat16`]. Poses, the maps made of them, places and mixing with the
    /// source picture stay in 32 bits: along the features' depth, where each of 512 places is another feature, the rounding
    /// of bfloat16 moves a place by a whole feature.
    #[must_use]
    pub fn computing_in(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// As [`DeviationNetworks::computing_in`], poses and maps as well: for training, where haste counts more than their last digits.
    #[must_use]
    pub fn training_in(self, kind: Kind) -> Self {
        Self { pose_kind: kind, ..self.computing_in(kind) }
    }

    /// Whether the weight of that name may be cast to the kind that networks compute in.
    #[must_use]
    pub fn may_be_cast(name: &str) -> bool {
        !PRECISE.iter().any(|part| name.starts_with(part))
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &DeviationConfig {
        &self.config
    }

    /// The image encoder.
    #[must_use]
    pub fn encoder(&self) -> &ImageEncoder {
        &self.encoder
    }

    /// The latent pose estimator.
    #[must_use]
    pub fn pose_estimator(&self) -> &PoseEstimator {
        &self.pose
    }

    /// LPE of pictures `[batch, 3, s, s]`; `train` lets batch normalisation follow them.
    #[must_use]
    pub fn read_pose(&self, pictures: &Tensor, train: bool) -> LatentPose {
        self.pose.forward(&for_convolution(pictures, self.pose_kind), train)
    }

    /// The source branch: pictures `[batch, 3, s, s]` in 0..=1, s a multiple of 32.
    #[must_use]
    pub fn source(&self, picture: &Tensor, pose: LatentPose) -> Source {
        let encoded = self.encoder.forward(&for_convolution(picture, self.kind));
        let features = match &self.enhancer {
            Some(enhancer) => enhancer.forward(&encoded.features),
            None => encoded.features,
        };
        Source {
            features: features.to_kind(Kind::Float),
            scene: self.decoder.scene(picture, &encoded.maps),
            pose,
        }
    }

    /// A of a driving pose, and the translation: `[batch, h, w, 3, 3]`, `[batch, 3]`. The source may be a batch of one.
    pub fn maps(&self, source: &LatentPose, driving: &LatentPose) -> (Tensor, Tensor) {
        let batch = driving.rotations.size()[0];
        let mut shape = driving.rotations.size();
        shape[0] = batch;
        let own = source.rotations.expand(shape.as_slice(), false);
        let translation = if self.config.relative {
            &driving.translation - &source.translation
        } else {
            driving.translation.shallow_clone()
        };
        let maps = match &self.transformation {
            Some(transformation) if self.config.relative => {
                // The same span of inputs as [R_D; R_S], and what matters is not hidden behind what both share.
                transformation.forward(&[&(&driving.rotations - &own), &own], self.pose_kind)
            }
            Some(transformation) => transformation.forward(&[&driving.rotations], self.pose_kind),
            None => {
                let turned = if self.config.relative {
                    driving.rotations.matmul(&own.transpose(-1, -2))
                } else {
                    driving.rotations.shallow_clone()
                };
                turned - Tensor::eye(3, (Kind::Float, driving.rotations.device()))
            }
        };
        (maps, translation)
    }

    /// Where the plane of a driving pose looks in the source, less its own places: `[batch, h, w, 2]`, at A's size.
    pub fn displacement(&self, source: &LatentPose, driving: &LatentPose) -> Tensor {
        let (maps, translation) = self.maps(source, driving);
        warping::displacement(&maps, &translation, self.rules())
    }

    /// The driven branch (Eq. 4 to 7).
    #[must_use]
    pub fn drive(&self, source: &Source, driving: &LatentPose) -> Driven {
        let (maps, translation) = self.maps(&source.pose, driving);
        let size = source.features.size();
        let maps = warping::maps_at(&maps, size[2], size[3]);
        let rules = self.rules();
        let warped = warping::warp(&source.features, &maps, &translation, rules);
        let displacement = warping::displacement(&maps, &translation, rules);
        let decoded =
            self.decoder.forward(&for_convolution(&warped, self.kind), &source.scene, &displacement);
        Driven { decoded, maps, displacement, features: warped }
    }

    /// The places of Eq. 4 in a volume as deep as the source's features, `[batch, depth, h, w, 3]` as (x, y, z): where [`Self::drive`] looks
    /// unless features move in the plane alone.
    pub fn places(&self, source: &Source, driving: &LatentPose) -> Tensor {
        let (maps, translation) = self.maps(&source.pose, driving);
        let size = source.features.size();
        warping::places(&warping::maps_at(&maps, size[2], size[3]), &translation, size[1])
    }

    fn rules(&self) -> WarpingRules {
        WarpingRules {
            as_released: self.config.as_released,
            planar: self.config.planar,
            outside: self.config.outside,
        }
    }
}
