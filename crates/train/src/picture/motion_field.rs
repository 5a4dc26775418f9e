//! The motion-field stage (METHODS 2.6): dense motion and the generator learn to bring a source frame to a driving frame of the
//! same clip.

use super::attempt::attempt;
use super::config::PictureTrainConfig;
use super::frame_store::FrameClip;
use super::losses::{Judges, feature_warp, weighted_pixels};
use super::pairs::PairSampler;
use super::validation::Validation;
use crate::learner::{Learner, Parts};
use crate::{Result, Split};
use orator_nn::Randomness;
use orator_render::contextual::{Driving, PictureNetworks, Training};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

pub(super) struct FieldLearner<'a> {
    networks: &'a PictureNetworks,
    config: &'a PictureTrainConfig,
    sampler: PairSampler<'a>,
    judges: Judges,
    validation: Validation<'a>,
    /// Steps in which as many pairs are drawn as there are training frames.
    epoch_steps: f64,
    device: Device,
}

impl<'a> FieldLearner<'a> {
    pub fn new(
        networks: &'a PictureNetworks,
        clips: &'a [FrameClip],
        config: &'a PictureTrainConfig,
        judges: Judges,
        validation: Validation<'a>,
        device: Device,
    ) -> Result<Self> {
        let frames: usize = clips.iter().filter(|c| c.split == Split::Train).map(FrameClip::frames).sum();
        Ok(Self {
            networks,
            config,
            sampler: PairSampler::new(clips)?,
            judges,
            validation,
            epoch_steps: (frames as f64 / config.motion_field.batch as f64).max(1.0),
            device,
        })
    }
}

impl Learner for FieldLearner<'_> {
    fn loss(&self, step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)> {
        let losses = &self.config.losses;
        let pairs =
            self.sampler.batch(self.config.motion_field.batch, losses.emphasis(), random, self.device)?;
        let source =
            self.networks.source_for(&pairs.source, &pairs.source_points, &pairs.source_confidence, true);
        let driving = Driving {
            points: &pairs.driving_points,
            confidence: &pairs.driving_confidence,
            picture: Some(&pairs.driving),
            guide: pairs.guide.as_ref(),
        };
        let transform_dropout = self.config.networks.transform_dropout.at(step as f64 / self.epoch_steps);
        let drawn =
            self.networks.drive(&source, &driving, Some(Training { transform_dropout, randomness: random }));

        let pixels = weighted_pixels(&drawn.generated, &pairs.driving, &pairs.weight);
        let perceptual = self.judges.perceptual(&drawn.generated, &pairs.driving)?;
        // Where the field trusts the source, the source alone must already be right. The trust is not taught by this.
        let trust = drawn.occlusions.last().map_or_else(
            || pairs.weight.ones_like(),
            |map| {
                let size = pairs.driving.size();
                orator_nn::grid::resize(&map.detach(), size[2], size[3])
            },
        );
        let warped = weighted_pixels(&drawn.warped, &pairs.driving, &(&pairs.weight * trust));
        let features = feature_warp(self.networks, &drawn, &pairs.driving);
        let mut parts: Parts = vec![
            ("pixels", pixels.double_value(&[])),
            ("perceptual", perceptual.double_value(&[])),
            ("warped", warped.double_value(&[])),
            ("features", features.double_value(&[])),
        ];
        let mut total = pixels * losses.pixel
            + perceptual * losses.perceptual
            + warped * losses.warped_pixel
            + features * losses.feature_warp;
        if let Some(there) = &drawn.background {
            // Going there and back again must lead nowhere: ‖I − A_SD A_DS‖ (METHODS 2.6).
            let back = self.networks.camera(&pairs.driving, &pairs.source, true);
            if let Some(back) = back {
                let round = (there.matmul(&back) - Tensor::eye(3, (Kind::Float, self.device)))
                    .abs()
                    .mean(Kind::Float);
                parts.push(("camera", round.double_value(&[])));
                total = total + round * losses.camera;
            }
        }
        Ok((total, parts))
    }

    fn batch(&self, random: &mut Randomness) -> Result<BTreeMap<String, Tensor>> {
        let batch = self.config.motion_field.batch;
        Ok(self.sampler.batch(batch, self.config.losses.emphasis(), random, self.device)?.tensors())
    }

    fn validate(&self, step: u64) -> Result<BTreeMap<String, f64>> {
        self.validation.look(step, &|pairs| attempt(self.networks, pairs))
    }
}
