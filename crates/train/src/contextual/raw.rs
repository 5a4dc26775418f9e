//! The generator stage without tokens (the paper's ablation "raw"): hidden frames of normalised motion are guessed as numbers.

use super::comparison::Comparison;
use super::generator::{LONGEST_PREFIX, hear, speaks};
use super::losses;
use crate::clips::Clips;
use crate::learner::{Learner, Parts};
use crate::windows::{Batch, HELD_OUT_STRIDE, Sampler, held_out_by_kind};
use crate::{Result, TrainConfig, TrainError};
use orator_motion::SampleOptions;
use orator_motion::contextual::{MaskInput, Networks, RawWindow, Stream, WINDOW_FRAMES, fill_raw};
use orator_nn::Randomness;
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// Most held-out windows measured.
const HELD_OUT: usize = 48;

pub(super) struct RawGenerating<'a> {
    networks: &'a Networks,
    clips: &'a Clips,
    config: &'a TrainConfig,
    sampler: Sampler<'a>,
    weights: [Tensor; 2],
    held_out: Vec<(&'static str, Batch)>,
    device: Device,
}

/// The source frame of every window of a batch, `[batch, dimensions]`.
fn source(batch: &Batch) -> [Tensor; 2] {
    batch.source.each_ref().map(|around| around.select(1, WINDOW_FRAMES as i64 / 2))
}

impl<'a> RawGenerating<'a> {
    pub fn new(
        networks: &'a Networks,
        clips: &'a Clips,
        config: &'a TrainConfig,
        device: Device,
    ) -> Result<Self> {
        let sampler = Sampler::new(clips, &config.networks, config.losses.body_share, speaks);
        if sampler.is_empty() {
            return Err(TrainError::Corpus {
                what: "no training clip has speech".into(),
                hint: "add videos with sound".into(),
            });
        }
        let lips = config.losses.generator_lips.unwrap_or(config.losses.lips);
        Ok(Self {
            networks,
            clips,
            config,
            sampler,
            weights: Stream::ALL
                .map(|s| losses::dimension_weights(s, &config.networks.layout, lips).to_device(device)),
            held_out: held_out_by_kind(clips, &config.networks, HELD_OUT_STRIDE, HELD_OUT, speaks),
            device,
        })
    }

    fn draw(&self, random: &mut Randomness) -> Batch {
        self.sampler.batch(self.config.generator.batch, &self.config.losses, random, self.device)
    }

    /// Which frames are hidden, `[batch, time]`: the same shares and prefixes as of tokens.
    fn hide(&self, batch: i64, random: &mut Randomness) -> Tensor {
        let l = &self.config.losses;
        let mut hidden = vec![0.0f32; batch as usize * WINDOW_FRAMES];
        for row in hidden.chunks_mut(WINDOW_FRAMES) {
            let share = l.least_masked + (1.0 - l.least_masked) * random.uniform();
            if random.chance(l.prefix) {
                row[1 + random.below(LONGEST_PREFIX)..].fill(1.0);
            } else {
                let count = ((share * WINDOW_FRAMES as f64).round() as usize).max(1);
                for t in random.permutation(WINDOW_FRAMES).into_iter().take(count) {
                    row[t] = 1.0;
                }
            }
        }
        Tensor::from_slice(&hidden).view([batch, WINDOW_FRAMES as i64]).to_device(self.device)
    }
}

impl Learner for RawGenerating<'_> {
    fn loss(&self, _step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)> {
        let batch = self.draw(random);
        let l = &self.config.losses;
        let (speech, drop) = hear(&batch.speech, self.config, random);
        let size = batch.speech.size()[0];
        let hidden = self.hide(size, random);
        let bodies = batch.valid[1].amax([1i64].as_slice(), true);
        let hidden_body = &hidden * &bodies + (1.0 - &bodies);
        let input =
            MaskInput { speech: &speech, speakers: [&batch.speaker; 2], drop_speech: &drop, strokes: None };
        let masks = [hidden.shallow_clone(), hidden_body];
        let made = self.networks.mask_generator.forward(&batch.motion, &masks, &source(&batch), &input, true);
        let mut total = Tensor::from(0.0f32).to_device(self.device);
        let mut parts = Vec::new();
        for s in 0..2 {
            let here = hidden.unsqueeze(-1);
            let whole = &batch.motion[s] * (1.0 - &here) + &made[s] * &here;
            let weight = &batch.seen[s] * &self.weights[s];
            let position = losses::motion(&whole, &batch.motion[s], &(&weight * &here));
            let smooth = losses::velocity(&whole, &batch.motion[s], &weight)
                + losses::acceleration(&whole, &batch.motion[s], &weight);
            parts.push((["face-motion", "body-motion"][s], position.double_value(&[])));
            total = total + position + smooth * l.smoothness;
        }
        Ok((total, parts))
    }

    fn batch(&self, random: &mut Randomness) -> Result<BTreeMap<String, Tensor>> {
        Ok(self.draw(random).tensors())
    }

    /// Held-out loss when everything is hidden, with the right speech and with that of another window.
    fn validate(&self, _step: u64) -> Result<BTreeMap<String, f64>> {
        let mut measures = BTreeMap::new();
        for (kind, batch) in &self.held_out {
            let size = batch.speech.size()[0];
            let all = Tensor::ones([size, WINDOW_FRAMES as i64], (Kind::Float, self.device));
            let nothing = Tensor::zeros([size], (Kind::Float, self.device));
            let other = batch.speech.roll([size / 2], [0]);
            for (name, speech) in [("", &batch.speech), ("-other-speech", &other)] {
                let input =
                    MaskInput { speech, speakers: [&batch.speaker; 2], drop_speech: &nothing, strokes: None };
                let hidden = [all.shallow_clone(), all.shallow_clone()];
                let made = self.networks.mask_generator.forward(
                    &batch.motion,
                    &hidden,
                    &source(batch),
                    &input,
                    false,
                );
                for stream in Stream::ALL {
                    let s = stream as usize;
                    let loss = losses::motion(&made[s], &batch.motion[s], &batch.seen[s]);
                    measures.insert(format!("{kind}{}-loss{name}", stream.name()), loss.double_value(&[]));
                }
            }
        }
        Ok(measures)
    }

    fn compare(&self) -> Option<Comparison> {
        let (_, batch) = self.held_out.first()?;
        let one = |t: &Tensor| t.narrow(0, 0, 1).to_device(self.device);
        let source = source(batch);
        let mut window = RawWindow {
            speech: &one(&batch.speech),
            speakers: [batch.speaker.int64_value(&[0]); 2],
            motion: batch.motion.each_ref().map(|m| one(m).zeros_like()),
            known: &[false; WINDOW_FRAMES],
            source: source.each_ref().map(one),
        };
        let options = SampleOptions::default();
        fill_raw(self.networks, &mut window, &options, &mut Randomness::new(options.seed));
        Comparison::new(self.clips, batch, 0, [&window.motion[0], &window.motion[1]]).ok()
    }
}
