//! The pose estimator by itself (ours): before anything is warped, it learns to tell where keypoints are.

use super::config::FeaturesTrainConfig;
use super::learner::poses;
use super::point_probe::PointProbe;
use crate::learner::{Learner, Parts};
use crate::picture::{FrameClip, PairSampler, Pairs, held_out_pairs};
use crate::{Result, Split, StageConfig};
use orator_nn::Randomness;
use orator_render::deviation::DeviationNetworks;
use std::collections::BTreeMap;
use tch::{Device, Tensor};

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

    /// How badly the points of both frames of each pair are found.
    fn found(&self, pairs: &Pairs, train: bool) -> Tensor {
        let (own, driving) = poses(self.networks, pairs, train);
        let source = self.probe.loss(&own, &pairs.source_points, &pairs.source_confidence);
        (source + self.probe.loss(&driving, &pairs.driving_points, &pairs.driving_confidence)) * 0.5
    }
}

impl Learner for PoseLearner<'_> {
    fn loss(&self, _step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)> {
        let emphasis = self.config.losses.emphasis();
        let pairs = self.sampler.batch(self.stage.batch, emphasis, random, self.device)?;
        let loss = self.found(&pairs, true);
        let value = loss.double_value(&[]);
        Ok((loss, vec![("probe", value)]))
    }

    fn batch(&self, random: &mut Randomness) -> Result<BTreeMap<String, Tensor>> {
        let emphasis = self.config.losses.emphasis();
        Ok(self.sampler.batch(self.stage.batch, emphasis, random, self.device)?.tensors())
    }

    fn validate(&self, _step: u64) -> Result<BTreeMap<String, f64>> {
        let (mut sum, mut count) = (0.0, 0usize);
        for clip in &self.held_out {
            let emphasis = self.config.losses.emphasis();
            if let Some(pairs) = held_out_pairs(clip, LOOKED_AT.1, emphasis, self.device)? {
                sum += tch::no_grad(|| self.found(&pairs, false)).double_value(&[]);
                count += 1;
            }
        }
        Ok((count > 0).then(|| ("probe".to_string(), sum / count as f64)).into_iter().collect())
    }
}
