//! Stage 1 (METHODS 1.7): all networks learn together to turn a source frame into a driving frame of the same clip.

use super::config::FeaturesTrainConfig;
use super::judges::RegionLoss;
use super::keypoint_flow::keypoint_flow;
use super::point_probe::PointProbe;
use crate::Result;
use crate::adversarial::play;
use crate::learner::{Learner, Parts};
use crate::picture::{Attempt, FrameClip, Judges, PairSampler, Pairs, Validation, weighted_pixels};
use orator_nn::Randomness;
use orator_nn::grid::resize;
use orator_render::Discriminator;
use orator_render::deviation::{DeviationNetworks, LatentPose, POSE_PICTURE};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

pub(super) struct FeaturesLearner<'a> {
    networks: &'a DeviationNetworks,
    config: &'a FeaturesTrainConfig,
    sampler: PairSampler<'a>,
    judges: StageJudges,
    validation: Validation<'a>,
    kind: Kind,
    device: Device,
}

/// What judges the pictures of stage 1.
pub(super) struct StageJudges {
    /// Whole pictures, and parts cheaply.
    pub pictures: Judges,
    /// Hands and face (Eq. 9).
    pub regions: Option<RegionLoss>,
    /// Patches (Eq. 10); learns along.
    pub discriminator: Option<Discriminator>,
    /// Whether poses tell where keypoints are; learns along.
    pub probe: Option<PointProbe>,
}

impl<'a> FeaturesLearner<'a> {
    pub fn new(
        networks: &'a DeviationNetworks,
        clips: &'a [FrameClip],
        config: &'a FeaturesTrainConfig,
        judges: StageJudges,
        validation: Validation<'a>,
        kind: Kind,
        device: Device,
    ) -> Result<Self> {
        Ok(Self { networks, config, sampler: PairSampler::new(clips)?, judges, validation, kind, device })
    }
}

/// Latent poses of source and driving pictures, found in one pass.
pub(super) fn poses(networks: &DeviationNetworks, pairs: &Pairs, train: bool) -> (LatentPose, LatentPose) {
    let small = |t: &Tensor| resize(t, POSE_PICTURE, POSE_PICTURE);
    let both = networks.read_pose(&Tensor::cat(&[small(&pairs.source), small(&pairs.driving)], 0), train);
    let batch = pairs.source.size()[0];
    let part = |from: i64| LatentPose {
        rotations: both.rotations.narrow(0, from, batch),
        translation: both.translation.narrow(0, from, batch),
    };
    (part(0), part(batch))
}

/// The networks on held-out pairs, whose sources are all the same frame.
fn attempt(networks: &DeviationNetworks, pairs: &Pairs) -> Attempt {
    let (own, driving) = poses(networks, pairs, false);
    let own =
        LatentPose { rotations: own.rotations.narrow(0, 0, 1), translation: own.translation.narrow(0, 0, 1) };
    let source = networks.source(&pairs.source.narrow(0, 0, 1), own);
    let decoded = networks.drive(&source, &driving).decoded;
    let warped = decoded.warped.unwrap_or_else(|| decoded.picture.shallow_clone());
    Attempt { warped, picture: decoded.picture }
}

impl Learner for FeaturesLearner<'_> {
    fn loss(&self, step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)> {
        let losses = &self.config.losses;
        let batch = self.config.features.batch;
        let pairs = self.sampler.batch(batch, losses.emphasis(), random, self.device)?;
        let (own, driving) = poses(self.networks, &pairs, true);
        let probed = self.judges.probe.as_ref().map(|probe| {
            let source = probe.loss(&own, &pairs.source_points, &pairs.source_confidence);
            (source + probe.loss(&driving, &pairs.driving_points, &pairs.driving_confidence)) * 0.5
        });
        let source = self.networks.source(&pairs.source, own);
        let driven = self.networks.drive(&source, &driving);
        let decoded = &driven.decoded;

        let pixels = weighted_pixels(&decoded.picture, &pairs.driving, &pairs.weight);
        let perceptual = self.judges.pictures.perceptual(&decoded.picture, &pairs.driving)?;
        let mut parts: Parts =
            vec![("pixels", pixels.double_value(&[])), ("perceptual", perceptual.double_value(&[]))];
        let mut total = pixels * losses.pixel + perceptual * losses.perceptual;
        let mut add = |name: &'static str, value: Tensor, weight: f64| {
            parts.push((name, value.double_value(&[])));
            total = &total + value * weight;
        };
        if let Some(distance) = self.judges.pictures.parts(&decoded.picture, &pairs)? {
            add("parts", distance, losses.part_perceptual);
        }
        if let Some(regions) = &self.judges.regions {
            let terms = regions.forward(
                &decoded.picture,
                &pairs.driving,
                &pairs.driving_points,
                &pairs.driving_confidence,
            )?;
            if let Some(value) = terms.total(regions.config()) {
                add("regions", value, 1.0);
            }
        }
        if let (Some(judge), true) = (&self.judges.discriminator, step >= losses.adversarial_after) {
            let (fooling, judging) = play(judge, &decoded.picture, &pairs.driving, None, self.kind);
            add("fooling", fooling, losses.adversarial);
            add("judging", judging, 1.0);
        }
        if let (Some(warped), Some(share), true) =
            (&decoded.warped, &decoded.share, losses.warped_pixel > 0.0)
        {
            // The trust is not taught by this: without it, no trust would be its cheapest answer.
            let weight = &pairs.weight * share.detach();
            add("warped", weighted_pixels(warped, &pairs.driving, &weight), losses.warped_pixel);
        }
        if let Some(probed) = probed {
            add("probe", probed, losses.point_probe);
        }
        if losses.keypoint_flow > 0.0 {
            let value = keypoint_flow(
                &driven.displacement,
                (&pairs.source_points, &pairs.source_confidence),
                (&pairs.driving_points, &pairs.driving_confidence),
            );
            add("flow", value, losses.keypoint_flow);
        }
        if self.config.networks.relative && losses.identity > 0.0 {
            let (still, _) = self.networks.maps(&source.pose, &source.pose);
            add("identity", still.abs().mean(Kind::Float), losses.identity);
        }
        Ok((total, parts))
    }

    fn batch(&self, random: &mut Randomness) -> Result<BTreeMap<String, Tensor>> {
        let batch = self.config.features.batch;
        Ok(self.sampler.batch(batch, self.config.losses.emphasis(), random, self.device)?.tensors())
    }

    fn validate(&self, step: u64) -> Result<BTreeMap<String, f64>> {
        self.validation.look(step, &|pairs| attempt(self.networks, pairs))
    }
}
