//! The stage of strokes: a pulse at every stroke of the true hands, from speech alone; and what the arms do round them, from the
//! true strokes and what is slow in the motion.

use super::generator::{hear, speaks};
use super::losses;
use crate::clips::{Clip, Clips, RATE, has_body};
use crate::learner::{Learner, Parts};
use crate::windows::{Batch, HELD_OUT_STRIDE, Sampler, held_out_by_kind};
use crate::{Result, Split, StageConfig, TrainConfig, TrainError};
use orator_metrics::strokes::{Peak, TOLERANCE, chance, hits};
use orator_motion::contextual::{ARM_NUMBERS, Networks, StrokePlan, StrokePredictor, pick};
use orator_nn::{Randomness, from_array2, to_array2};
use std::collections::BTreeMap;
use tch::{Device, IndexOp, Kind, Tensor};

/// Most held-out clips measured.
const HELD_OUT: usize = 64;
/// Slow motion that tokens make is not in step with the plan: in training it is led and lagged by up to so many frames, slowly
/// changing, over so many frames.
const LAG: f64 = 8.0;
const LAG_PERIOD: (f64, f64) = (40.0, 160.0);
/// ... as large as this range of its true size about its mean, and absent in this share of the windows.
const SIZES: (f64, f64) = (0.5, 1.2);
const ABSENT: f64 = 0.1;
/// Weights of the arms' speeds and their changes from frame to frame beside their places, in squares.
const SPEED: f64 = 8.0;
const CHANGE: f64 = 4.0;

pub(super) struct Foretelling<'a> {
    predictor: &'a StrokePredictor,
    clips: &'a Clips,
    config: &'a TrainConfig,
    settings: &'a StageConfig,
    sampler: Sampler<'a>,
    held_out: Vec<(&'static str, Batch)>,
    device: Device,
}

impl<'a> Foretelling<'a> {
    pub fn new(
        networks: &'a Networks,
        clips: &'a Clips,
        config: &'a TrainConfig,
        settings: &'a StageConfig,
        device: Device,
    ) -> Result<Self> {
        let predictor = networks.strokes.as_ref().ok_or_else(|| TrainError::Corpus {
            what: "the configuration has nothing that foretells strokes".into(),
            hint: "add networks.strokes, or leave this stage out".into(),
        })?;
        let gestures = |clip: &Clip| speaks(clip) && has_body(clip);
        let sampler = Sampler::new(clips, &config.networks, config.losses.body_share, gestures);
        if sampler.is_empty() {
            return Err(TrainError::Corpus {
                what: "no training clip has speech and hands".into(),
                hint: "add a video with sound in which hands are in view".into(),
            });
        }
        let held_out = held_out_by_kind(clips, &config.networks, HELD_OUT_STRIDE, HELD_OUT, gestures);
        Ok(Self { predictor, clips, config, settings, sampler, held_out, device })
    }

    fn draw(&self, random: &mut Randomness) -> Batch {
        self.sampler.batch(self.settings.batch, &self.config.losses, random, self.device)
    }

    /// Strokes picked from the whole speech of a clip: so many, or as many as are foretold, without chance.
    fn picked(&self, clip: &Clip, count: Option<usize>) -> Option<StrokePlan> {
        let speech = from_array2(clip.speech.as_ref()?).unsqueeze(0).to_device(self.device);
        let speaker = Tensor::from_slice(&[clip.speaker]).to_device(self.device);
        let likely = self.predictor.forward(&speech, &speaker, false).sigmoid().i(0);
        Some(pick(&to_array2(&likely).ok()?, count, 0.0, &mut Randomness::new(0)))
    }
}

/// Slow motion of arms `[batch, time, 12]` as it might come with a plan that it does not know of.
fn out_of_step(slow: &Tensor, random: &mut Randomness) -> Tensor {
    let (batch, time) = (slow.size()[0], slow.size()[1]);
    let mut order = Vec::with_capacity((batch * time) as usize);
    let mut sizes = Vec::with_capacity(batch as usize);
    for _ in 0..batch {
        let (reach, phase) = (LAG * random.uniform(), std::f64::consts::TAU * random.uniform());
        let period = LAG_PERIOD.0 + (LAG_PERIOD.1 - LAG_PERIOD.0) * random.uniform();
        for t in 0..time {
            let lag = reach * (std::f64::consts::TAU * t as f64 / period + phase).sin();
            order.push((t + lag.round() as i64).clamp(0, time - 1));
        }
        let size = SIZES.0 + (SIZES.1 - SIZES.0) * random.uniform();
        sizes.push(if random.chance(ABSENT) { 0.0 } else { size as f32 });
    }
    let order = Tensor::from_slice(&order).view([batch, time, 1]).to_device(slow.device());
    let sizes = Tensor::from_slice(&sizes).view([batch, 1, 1]).to_device(slow.device());
    let mean = slow.mean_dim([1i64].as_slice(), true, Kind::Float);
    let led = slow.gather(1, &order.expand_as(slow), false);
    (led - &mean) * sizes + mean
}

/// The moments at which any hand strokes, in order.
fn moments(plan: &StrokePlan) -> Vec<f64> {
    let mut all: Vec<f64> = plan.hands.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    all.dedup_by(|later, earlier| *later - *earlier < TOLERANCE);
    all
}

/// Of `asked`, in order, how many have one of `answers` near, and how many would by chance.
fn near(asked: &[f64], answers: &[f64], seconds: f64) -> (f64, f64) {
    let peaks: Vec<Peak> = answers.iter().map(|&seconds| Peak { seconds, speed: 0.0 }).collect();
    let found = hits(asked, answers.iter().copied(), TOLERANCE) as f64;
    (found, chance(asked, &peaks, seconds, TOLERANCE) * asked.len() as f64)
}

impl Learner for Foretelling<'_> {
    fn loss(&self, _step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)> {
        let batch = self.draw(random);
        // Speech that is not heard foretells nothing: nothing is dropped here.
        let (speech, _) = hear(&batch.speech, self.config, random);
        let logits = self.predictor.forward(&speech, &batch.speaker, true);
        let losses = logits.binary_cross_entropy_with_logits::<Tensor>(
            &batch.pulses,
            None,
            None,
            tch::Reduction::None,
        );
        let counted = (&batch.valid[1] * batch.planned.unsqueeze(-1)).unsqueeze(-1);
        let loss = (losses * &counted).sum(Kind::Float) / counted.sum(Kind::Float).clamp_min(1.0);
        let arms = batch.motion[1].narrow(2, 0, ARM_NUMBERS);
        let slow = out_of_step(&self.predictor.shaper.slow(&arms), random);
        let made = self.predictor.shaper.forward(&slow, &batch.guide, &batch.speaker, true);
        let seen = batch.seen[1].narrow(2, 0, ARM_NUMBERS) * batch.planned.view([-1, 1, 1]);
        let shape = losses::squares(&made, &arms, &seen, [1.0, SPEED, CHANGE]);
        let parts = vec![("strokes", loss.double_value(&[])), ("arms", shape.double_value(&[]))];
        Ok((loss + shape, parts))
    }

    fn batch(&self, random: &mut Randomness) -> Result<BTreeMap<String, Tensor>> {
        Ok(self.draw(random).tensors())
    }

    /// On held-out clips, and on known ones of staged people, when as many moments are picked as the hands had: the share of them
    /// within 120 ms of a stressed syllable and of a true stroke, each beside chance; how many would be picked unasked. Then, on
    /// held-out windows, how well arms are shaped round the true strokes.
    fn validate(&self, _step: u64) -> Result<BTreeMap<String, f64>> {
        let mut measures = BTreeMap::new();
        for (kind, exact, split) in [
            ("filmed-", false, Split::HeldOut),
            ("staged-", true, Split::HeldOut),
            ("staged-known-", true, Split::Train),
        ] {
            let clips: Vec<&Clip> = self
                .clips
                .clips
                .iter()
                .filter(|c| c.split == split && c.exact == exact && speaks(c) && has_body(c))
                .collect();
            let step = clips.len().div_ceil(HELD_OUT).max(1);
            let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
            let mut add = |name: &'static str, value: f64| *sums.entry(name).or_default() += value;
            for clip in clips.into_iter().step_by(step) {
                let Some(gestures) = &clip.gestures else { continue };
                let seconds = clip.streams.body.nrows() as f64 / RATE;
                let truth = moments(&gestures.plan);
                let Some(plan) = self.picked(clip, Some(truth.len())) else { continue };
                let unasked = self.picked(clip, None).unwrap_or_default();
                add("foretold", moments(&unasked).len() as f64);
                let picked = moments(&plan);
                let (found, by_chance) = near(&picked, &truth, seconds);
                add("strokes", found);
                add("strokes-chance", by_chance);
                add("picked", picked.len() as f64);
                if !gestures.stresses.is_empty() {
                    let (found, by_chance) = near(&picked, &gestures.stresses, seconds);
                    add("stress", found);
                    add("stress-chance", by_chance);
                    add("asked", picked.len() as f64);
                }
                add("true", truth.len() as f64);
                add("seconds", seconds);
            }
            let of = |name: &str| sums.get(name).copied().unwrap_or(0.0);
            let mut tell = |name: &str, value: f64, among: f64| {
                if among > 0.0 {
                    measures.insert(format!("{kind}{name}"), value / among);
                }
            };
            tell("on-strokes", of("strokes"), of("picked"));
            tell("on-strokes-by-chance", of("strokes-chance"), of("picked"));
            tell("on-stress", of("stress"), of("asked"));
            tell("on-stress-by-chance", of("stress-chance"), of("asked"));
            tell("foretold-a-minute", of("foretold") * 60.0, of("seconds"));
            tell("true-a-minute", of("true") * 60.0, of("seconds"));
        }
        // The arms of held-out windows, from slow motion in and out of step.
        for (kind, batch) in &self.held_out {
            let arms = batch.motion[1].narrow(2, 0, ARM_NUMBERS);
            let seen = batch.seen[1].narrow(2, 0, ARM_NUMBERS);
            let speeds = |x: &Tensor| {
                let n = x.size()[1];
                let speeds = (x.narrow(1, 1, n - 1) - x.narrow(1, 0, n - 1)) * seen.narrow(1, 1, n - 1);
                speeds.square().sum(Kind::Float).double_value(&[]).sqrt()
            };
            let in_step = self.predictor.shaper.slow(&arms);
            let out = out_of_step(&in_step, &mut Randomness::new(1));
            let unshaped = losses::squares(&in_step, &arms, &seen, [1.0, SPEED, CHANGE]);
            measures.insert(format!("{kind}arms-unshaped"), unshaped.double_value(&[]));
            for (name, slow) in [("in-step", &in_step), ("out-of-step", &out)] {
                let made = self.predictor.shaper.forward(slow, &batch.guide, &batch.speaker, false);
                let loss = losses::squares(&made, &arms, &seen, [1.0, SPEED, CHANGE]);
                measures.insert(format!("{kind}arms-{name}"), loss.double_value(&[]));
                measures.insert(format!("{kind}arms-{name}-speed"), speeds(&made) / speeds(&arms).max(1e-9));
            }
        }
        Ok(measures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_of_both_hands_are_one_moment() {
        let plan = StrokePlan { hands: [vec![1.0, 3.0], vec![0.2, 1.05]] };
        assert_eq!(moments(&plan), [0.2, 1.0, 3.0]);
    }

    #[test]
    fn what_is_near_beside_chance() {
        let (found, by_chance) = near(&[1.0, 2.0, 3.0], &[1.1, 2.5, 3.05], 10.0);
        assert_eq!(found, 2.0);
        assert!((by_chance - 3.0 * 3.0 * 0.24 / 10.0).abs() < 0.1, "{by_chance}");
    }
}
