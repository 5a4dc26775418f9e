//! Pose estimator and pose transformation by themselves (ours): before anything is painted, they learn to tell where keypoints are
//! and where they were. A step costs a quarter of one with pictures.

use super::config::FeaturesTrainConfig;
use super::keypoint_flow::keypoint_flow;
use super::learner::poses;
use super::point_probe::PointProbe;
use crate::learner::{Learner, Parts};
use crate::picture::{FrameClip, PairSampler, Pairs, held_out_pairs};
use crate::{Result, Split, StageConfig};
use orator_nn::Randomness;
use orator_render::deviation::DeviationNetworks;
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// Held-out clips that are looked at, and frames of each.
const LOOKED_AT: (usize, usize) = (24, 3);

pub(super) struct PoseLearner<'a> {
    networks: &'a DeviationNetworks,
    probe: &'a PointProbe,
    config: &'a FeaturesTrainConfig,
    stage: &'a StageConfig,
    sampler: PairSampler<'a>,
    held_out: Vec<&'a FrameClip>,
    device: Device,
}

impl<'a> PoseLearner<'a> {
    pub fn new(
        networks: &'a DeviationNetworks,
        probe: &'a PointProbe,
        clips: &'a [FrameClip],
        (config, stage): (&'a FeaturesTrainConfig, &'a StageConfig),
        device: Device,
    ) -> Result<Self> {
        let all: Vec<&FrameClip> = clips.iter().filter(|c| c.split == Split::HeldOut).collect();
        let step = all.len().div_ceil(LOOKED_AT.0).max(1);
        let held_out = all.into_iter().step_by(step).collect();
        Ok(Self { networks, probe, config, stage, sampler: PairSampler::new(clips)?, held_out, device })
    }

    /// The losses of the pairs that need no picture, and what they add up to.
    fn losses(&self, pairs: &Pairs, train: bool) -> (Tensor, Parts) {
        let losses = &self.config.losses;
        // Nothing is kept for gradients that nobody asks for.
        let rests = self.config.rest.iter().any(|part| part == "pose");
        let (own, driving) = if rests {
            tch::no_grad(|| poses(self.networks, pairs, false))
        } else {
            poses(self.networks, pairs, train)
        };
        let source = self.probe.loss(&own, &pairs.source_points, &pairs.source_confidence);
        let probed =
            (source + self.probe.loss(&driving, &pairs.driving_points, &pairs.driving_confidence)) * 0.5;
        let flow = keypoint_flow(
            &self.networks.displacement(&own, &driving),
            (&pairs.source_points, &pairs.source_confidence),
            (&pairs.driving_points, &pairs.driving_confidence),
        );
        let mut parts = vec![("probe", probed.double_value(&[])), ("flow", flow.double_value(&[]))];
        let mut total = probed * losses.point_probe + flow * losses.keypoint_flow;
        if self.config.networks.relative && losses.identity > 0.0 {
            let (still, _) = self.networks.maps(&own, &own);
            let still = still.abs().mean(Kind::Float);
            parts.push(("identity", still.double_value(&[])));
            total = total + still * losses.identity;
        }
        (total, parts)
    }
}

impl Learner for PoseLearner<'_> {
    fn loss(&self, _step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)> {
        let emphasis = self.config.losses.emphasis();
        let pairs = self.sampler.batch(self.stage.batch, emphasis, random, self.device)?;
        Ok(self.losses(&pairs, true))
    }

    fn batch(&self, random: &mut Randomness) -> Result<BTreeMap<String, Tensor>> {
        let emphasis = self.config.losses.emphasis();
        Ok(self.sampler.batch(self.stage.batch, emphasis, random, self.device)?.tensors())
    }

    fn validate(&self, _step: u64) -> Result<BTreeMap<String, f64>> {
        let mut means: BTreeMap<String, f64> = BTreeMap::new();
        let mut count = 0.0;
        for clip in &self.held_out {
            let emphasis = self.config.losses.emphasis();
            if let Some(pairs) = held_out_pairs(clip, LOOKED_AT.1, emphasis, self.device)? {
                for (name, value) in tch::no_grad(|| self.losses(&pairs, false)).1 {
                    *means.entry(name.to_string()).or_default() += value;
                }
                count += 1.0;
            }
        }
        means.values_mut().for_each(|mean| *mean /= count);
        Ok(means)
    }
}
