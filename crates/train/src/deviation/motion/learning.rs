//! What the motion stage learns by: windows of latent motion are noised and foretold again, from speech, source and prefix.

use super::config::DeviationMotionConfig;
use super::losses::distances;
use super::windows::{Batch, Windows};
use crate::Result;
use crate::learner::{Learner, Parts};
use orator_motion::deviation::{
    DeviationModel, Diffusion, Flow, NoisyWindow, Process, Sampler, SamplingConfig, Window,
};
use orator_nn::Randomness;
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// Frames between held-out windows.
const HELD_OUT_STRIDE: usize = 20;
/// Most held-out windows of each kind that losses are measured on.
const HELD_OUT: usize = 64;
/// Most of them that are also drawn anew.
const DRAWN: usize = 8;
/// Steps of drawing them.
const DRAWING_STEPS: usize = 20;
/// Where on the way from clean motion (0) to noise (1) held-out losses are measured; their mean is told.
const NOISE_LEVELS: [f64; 3] = [0.3, 0.6, 0.9];
/// Seed of the noise of held-out windows, the same at every look.
const HELD_OUT_SEED: u64 = 0x4845_4c44;

pub(super) struct MotionLearner<'a> {
    model: &'a DeviationModel,
    config: &'a DeviationMotionConfig,
    windows: Windows<'a>,
    diffusion: Diffusion,
    /// How much each latent number counts, `[latent numbers]`, 1 on average.
    weight: Tensor,
    held_out: Vec<(&'static str, Batch)>,
    device: Device,
}

impl<'a> MotionLearner<'a> {
    pub fn new(
        model: &'a DeviationModel,
        config: &'a DeviationMotionConfig,
        windows: Windows<'a>,
        device: Device,
    ) -> Self {
        let shares = model.statistics().representation.importance().to_device(device);
        let weight = shares.pow_tensor_scalar(config.losses.variance_power);
        let weight = &weight / weight.mean(Kind::Float);
        let mut held_out: Vec<_> = [("filmed-", false), ("staged-", true)]
            .into_iter()
            .filter_map(|(name, exact)| Some((name, windows.held_out(exact, HELD_OUT_STRIDE, HELD_OUT)?)))
            .collect();
        if let [(name, _)] = held_out.as_mut_slice() {
            *name = "";
        }
        Self { model, config, windows, diffusion: Diffusion::default(), weight, held_out, device }
    }

    fn draw(&self, random: &mut Randomness) -> Batch {
        self.windows.batch(self.config.motion.batch, &self.config.losses, random)
    }

    fn prefix<'b>(&self, batch: &'b Batch) -> Option<&'b Tensor> {
        (batch.prefix.size()[1] > 0).then_some(&batch.prefix)
    }

    /// What the network foretells for the windows with `noise` at `level` `[batch]` (0 to 1): the clean motion, and the error that
    /// counts as that of the position.
    fn foretold(
        &self,
        batch: &Batch,
        speech: &Tensor,
        deaf: &Tensor,
        noise: &Tensor,
        level: &Tensor,
        train: bool,
    ) -> (Tensor, Tensor) {
        let denoiser = self.model.denoiser();
        let heard = denoiser.hear(speech, deaf, train);
        let run = |noisy: &Tensor, time: &Tensor| {
            let window = NoisyWindow { noisy, time, source: &batch.source, prefix: self.prefix(batch) };
            denoiser.forward(&window, &heard, train)
        };
        match self.config.networks.process {
            Process::Diffusion => {
                let noisy = self.diffusion.noised(&batch.motion, noise, level);
                let made = run(&noisy, level);
                let clean = self.diffusion.clean_foretold(made, self.config.networks.foretold, &noisy, level);
                (clean.shallow_clone(), clean - &batch.motion)
            }
            Process::Flow => {
                let noisy = Flow.noised(&batch.motion, noise, level);
                let direction = run(&noisy, &Flow.time(level));
                let error = &direction - Flow.direction(&batch.motion, noise);
                (Flow.clean_of(&noisy, &direction, level), error)
            }
        }
    }

    /// Draws how noisy each window is, as the process counts it: a step, or a place on the way.
    fn levels(&self, count: usize, random: &mut Randomness) -> Tensor {
        let drawn = match self.config.networks.process {
            Process::Diffusion => self.diffusion.draw_time(count, random),
            Process::Flow => Flow.draw_place(count, random),
        };
        drawn.to_device(self.device)
    }

    /// The same for a given share of the way from clean motion to noise.
    fn level(&self, share: f64, count: i64) -> Tensor {
        let value = match self.config.networks.process {
            Process::Diffusion => (share * (orator_motion::deviation::STEPS - 1) as f64).round(),
            Process::Flow => 1.0 - share,
        };
        Tensor::full([count], value, (Kind::Float, self.device))
    }

    /// Eq. 11 over the latent numbers, and over those of keypoints where there are some.
    fn losses(&self, batch: &Batch, clean: &Tensor, error: &Tensor) -> (Tensor, Parts) {
        let l = &self.config.losses;
        let latent = self.model.statistics().representation.numbers();
        let of = |from: i64, count: i64, weight: &Tensor| {
            let part = |t: &Tensor| t.narrow(2, from, count);
            let (truth, seen) = (part(&batch.motion), part(&batch.seen));
            let all = distances(&part(clean), &truth, &seen, weight, batch.prefix.size()[1]);
            // The position's error is the process's own: of the clean motion, or of the direction.
            let own = distances(&part(error), &part(error).zeros_like(), &seen, weight, 0);
            [own.position, all.velocity, all.acceleration]
        };
        let [position, velocity, acceleration] = of(0, latent, &self.weight);
        let mut parts: Parts = vec![
            ("position", position.double_value(&[])),
            ("velocity", velocity.double_value(&[])),
            ("acceleration", acceleration.double_value(&[])),
        ];
        let joined = |p: Tensor, v: Tensor, a: Tensor| p * l.position + v * l.velocity + a * l.acceleration;
        let mut total = joined(position, velocity, acceleration);
        let keypoints = self.model.statistics().keypoint_numbers();
        if keypoints > 0 {
            let even = Tensor::ones([keypoints], (Kind::Float, self.device));
            let [position, velocity, acceleration] = of(latent, keypoints, &even);
            let points = joined(position, velocity, acceleration);
            parts.push(("keypoints", points.double_value(&[])));
            total = total + points * l.keypoints;
        }
        (total, parts)
    }

    /// How much latent motion `[batch, frames, numbers]` changes from frame to frame where it is known, in spreads: its mean speed,
    /// and the mean change of its velocity.
    fn liveliness(&self, motion: &Tensor, seen: &Tensor) -> [f64; 2] {
        let latent = self.model.statistics().representation.numbers();
        let importance = self.model.statistics().representation.importance().to_device(self.device);
        let step = |x: &Tensor| {
            let frames = x.size()[1];
            x.narrow(1, 1, frames - 1) - x.narrow(1, 0, frames - 1)
        };
        let velocity = step(&motion.narrow(2, 0, latent));
        [velocity.shallow_clone(), step(&velocity)].map(|change| {
            let length = (change.square() * &importance)
                .sum_dim_intlist([-1i64].as_slice(), false, Kind::Float)
                .sqrt();
            let frames = length.size()[1];
            let seen = seen.select(2, 0).narrow(1, seen.size()[1] - frames, frames);
            ((length * &seen).sum(Kind::Float) / seen.sum(Kind::Float).clamp_min(1.0)).double_value(&[])
        })
    }

    /// Losses of held-out windows at fixed noise: with the right speech, with that of another window, and with none; beside them
    /// the loss of staying where the prefix ends.
    fn look(&self, batch: &Batch, measures: &mut BTreeMap<String, f64>, kind: &str) {
        let size = batch.motion.size()[0];
        let flag = |value: f64| Tensor::full([size], value, (Kind::Float, self.device));
        let other = batch.speech.roll([(size / 2).max(1)], [0]);
        for (name, speech, deaf) in
            [("", &batch.speech, 0.0), ("-other-speech", &other, 0.0), ("-no-speech", &batch.speech, 1.0)]
        {
            let mut random = Randomness::new(HELD_OUT_SEED);
            for share in NOISE_LEVELS {
                let noise = random.normal_tensor(&batch.motion.size()).to_device(self.device);
                let level = self.level(share, size);
                let (clean, error) = self.foretold(batch, speech, &flag(deaf), &noise, &level, false);
                for (part, value) in self.losses(batch, &clean, &error).1 {
                    if name.is_empty() || part == "position" || part == "keypoints" {
                        *measures.entry(format!("{kind}{part}{name}")).or_default() +=
                            value / NOISE_LEVELS.len() as f64;
                    }
                }
            }
        }
        let from =
            if batch.prefix.size()[1] > 0 { batch.prefix.select(1, -1) } else { batch.motion.select(1, 0) };
        let still = from.unsqueeze(1).expand_as(&batch.motion);
        let latent = self.model.statistics().representation.numbers();
        let part = |t: &Tensor| t.narrow(2, 0, latent);
        let staying = distances(&part(&still), &part(&batch.motion), &part(&batch.seen), &self.weight, 0);
        measures.insert(format!("{kind}position-staying"), staying.position.double_value(&[]));
    }

    /// How lively drawn motion is beside the true one.
    fn draw_again(&self, batch: &Batch, measures: &mut BTreeMap<String, f64>, kind: &str) {
        let networks = &self.config.networks;
        let steps = DRAWING_STEPS.min(networks.sampling.steps);
        let sampler = Sampler::new(
            self.model.denoiser(),
            networks,
            SamplingConfig { steps, ..networks.sampling.clone() },
        );
        let count = batch.motion.size()[0].min(DRAWN as i64);
        let drawn: Vec<Tensor> = (0..count)
            .map(|i| {
                let one = |t: &Tensor| t.narrow(0, i, 1);
                let prefix = self.prefix(batch).map(one);
                let window = Window {
                    speech: &one(&batch.speech),
                    source: &one(&batch.source),
                    prefix: prefix.as_ref(),
                };
                sampler.draw(&window, 1, &mut Randomness::new(orator_nn::mix(HELD_OUT_SEED, i as u64)))
            })
            .collect();
        let seen = batch.seen.narrow(0, 0, count);
        for (name, motion) in [("", Tensor::cat(&drawn, 0)), ("-true", batch.motion.narrow(0, 0, count))] {
            let [speed, change] = self.liveliness(&motion, &seen);
            measures.insert(format!("{kind}speed{name}"), speed);
            measures.insert(format!("{kind}change-of-speed{name}"), change);
        }
    }
}

impl Learner for MotionLearner<'_> {
    fn loss(&self, _step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)> {
        let batch = self.draw(random);
        let (speech, deaf) = self.config.losses.hearing().hear(&batch.speech, random);
        let level = self.levels(batch.motion.size()[0] as usize, random);
        let noise = random.normal_tensor(&batch.motion.size()).to_device(self.device);
        let (clean, error) = self.foretold(&batch, &speech, &deaf, &noise, &level, true);
        Ok(self.losses(&batch, &clean, &error))
    }

    fn batch(&self, random: &mut Randomness) -> Result<BTreeMap<String, Tensor>> {
        Ok(self.draw(random).tensors())
    }

    fn validate(&self, _step: u64) -> Result<BTreeMap<String, f64>> {
        let mut measures = BTreeMap::new();
        for (kind, batch) in &self.held_out {
            self.look(batch, &mut measures, kind);
            self.draw_again(batch, &mut measures, kind);
        }
        Ok(measures)
    }
}
