//! The refinement stage (METHODS 2.7, Eq. 8): fusion and the U-Net learn to repaint what the warp could not show, while the
//! motion field rests.

use super::attempt::attempt;
use super::config::PictureTrainConfig;
use super::frame_store::FrameClip;
use super::losses::{Judges, weighted_pixels};
use super::pairs::PairSampler;
use super::validation::Validation;
use crate::Result;
use crate::adversarial::play;
use crate::learner::{Learner, Parts};
use orator_nn::Randomness;
use orator_render::Discriminator;
use orator_render::contextual::{Driving, PictureNetworks, Training};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

pub(super) struct RefineLearner<'a> {
    networks: &'a PictureNetworks,
    discriminator: Option<&'a Discriminator>,
    config: &'a PictureTrainConfig,
    sampler: PairSampler<'a>,
    judges: Judges,
    validation: Validation<'a>,
    kind: Kind,
    device: Device,
}

impl<'a> RefineLearner<'a> {
    pub fn new(
        networks: &'a PictureNetworks,
        discriminator: Option<&'a Discriminator>,
        clips: &'a [FrameClip],
        config: &'a PictureTrainConfig,
        judges: Judges,
        validation: Validation<'a>,
        kind: Kind,
        device: Device,
    ) -> Result<Self> {
        let sampler = PairSampler::new(clips)?;
        Ok(Self { networks, discriminator, config, sampler, judges, validation, kind, device })
    }
}

impl Learner for RefineLearner<'_> {
    fn loss(&self, _step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)> {
        let losses = &self.config.losses;
        let pairs = self.sampler.batch(self.config.refine.batch, losses.emphasis(), random, self.device)?;
        let source = self.networks.source(&pairs.source, &pairs.source_points, &pairs.source_confidence);
        let driving = Driving {
            points: &pairs.driving_points,
            confidence: &pairs.driving_confidence,
            picture: Some(&pairs.driving),
            guide: pairs.guide.as_ref(),
        };
        let training = Training { transform_dropout: 0.0, randomness: random };
        let drawn = self.networks.drive(&source, &driving, Some(training));
        let pixels = weighted_pixels(&drawn.picture, &pairs.driving, &pairs.weight);
        let perceptual = self.judges.perceptual(&drawn.picture, &pairs.driving)?;
        let mut parts: Parts =
            vec![("pixels", pixels.double_value(&[])), ("perceptual", perceptual.double_value(&[]))];
        let mut total = pixels * losses.pixel + perceptual * losses.perceptual;
        if let Some(distance) = self.judges.parts(&drawn.picture, &pairs)? {
            parts.push(("parts", distance.double_value(&[])));
            total = total + distance * losses.part_perceptual;
        }
        if let Some(judge) = self.discriminator {
            let map = drawn.heatmaps.as_ref();
            let (fooling, judging) = play(judge, &drawn.picture, &pairs.driving, map, self.kind);
            parts.push(("fooling", fooling.double_value(&[])));
            parts.push(("judging", judging.double_value(&[])));
            total = total + fooling * losses.adversarial + judging;
        }
        Ok((total, parts))
    }

    fn batch(&self, random: &mut Randomness) -> Result<BTreeMap<String, Tensor>> {
        let batch = self.config.refine.batch;
        Ok(self.sampler.batch(batch, self.config.losses.emphasis(), random, self.device)?.tensors())
    }

    fn validate(&self, step: u64) -> Result<BTreeMap<String, f64>> {
        self.validation.look(step, &|pairs| attempt(self.networks, pairs))
    }
}
