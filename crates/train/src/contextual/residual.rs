//! The residual generator stage (METHODS 2.4): guess one layer from the sum of those before it.

use super::comparison::Comparison;
use super::generator::{compare, encode, hear, speaks};
use super::losses;
use crate::clips::Clips;
use crate::learner::{Learner, Parts};
use crate::windows::{Batch, HELD_OUT_STRIDE, Sampler, held_out_by_kind};
use crate::{Result, TrainConfig, TrainError};
use orator_motion::contextual::{MaskInput, Networks, Stream};
use orator_nn::Randomness;
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// Most held-out windows measured.
const HELD_OUT: usize = 48;

pub(super) struct Refining<'a> {
    networks: &'a Networks,
    clips: &'a Clips,
    config: &'a TrainConfig,
    sampler: Sampler<'a>,
    held_out: Vec<(&'static str, Batch)>,
    device: Device,
}

impl<'a> Refining<'a> {
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
        let held_out = held_out_by_kind(clips, &config.networks, HELD_OUT_STRIDE, HELD_OUT, speaks);
        Ok(Self { networks, clips, config, sampler, held_out, device })
    }

    fn draw(&self, random: &mut Randomness) -> Batch {
        self.sampler.batch(self.config.residual.batch, &self.config.losses, random, self.device)
    }
}

/// A layer from 1 to `layers − 1`, early ones more often: 1 + round((1 − cos(πu/2))·(Q − 2)).
fn draw_layer(layers: usize, random: &mut Randomness) -> usize {
    let u = random.uniform();
    1 + ((1.0 - (std::f64::consts::FRAC_PI_2 * u).cos()) * layers.saturating_sub(2) as f64).round() as usize
}

impl Learner for Refining<'_> {
    fn loss(&self, _step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)> {
        let batch = self.draw(random);
        let encoded = encode(self.networks, &batch);
        let (speech, drop) = hear(&batch.speech, self.config, random);
        let input =
            MaskInput { speech: &speech, speakers: [&batch.speaker; 2], drop_speech: &drop, strokes: None };
        let mut total = Tensor::from(0.0f32).to_device(self.device);
        let mut parts = Vec::new();
        for stream in Stream::ALL {
            let s = stream as usize;
            let layers = encoded.ids[s].size()[2] as usize;
            if layers < 2 {
                continue;
            }
            let layer = draw_layer(layers, random);
            let summed = self.networks.tokenizers[s].quantiser().decode(&encoded.ids[s], layer);
            let logits = self.networks.residual_generator.forward(stream, layer, &summed, &input, true);
            let target = encoded.ids[s].select(2, layer as i64);
            let (loss, right) =
                losses::tokens(&logits, &target, &batch.valid[s], self.config.losses.label_smoothing);
            let names = [["face-tokens", "face-right"], ["body-tokens", "body-right"]][s];
            parts.extend([(names[0], loss.double_value(&[])), (names[1], right)]);
            total = total + loss;
        }
        Ok((total, parts))
    }

    fn batch(&self, random: &mut Randomness) -> Result<BTreeMap<String, Tensor>> {
        Ok(self.draw(random).tensors())
    }

    fn validate(&self, _step: u64) -> Result<BTreeMap<String, f64>> {
        let mut measures = BTreeMap::new();
        for (kind, batch) in &self.held_out {
            let encoded = encode(self.networks, batch);
            let nothing = Tensor::zeros([batch.speech.size()[0]], (Kind::Float, self.device));
            let input = MaskInput {
                speech: &batch.speech,
                speakers: [&batch.speaker; 2],
                drop_speech: &nothing,
                strokes: None,
            };
            for stream in Stream::ALL {
                let s = stream as usize;
                for layer in 1..encoded.ids[s].size()[2] as usize {
                    let summed = self.networks.tokenizers[s].quantiser().decode(&encoded.ids[s], layer);
                    let logits =
                        self.networks.residual_generator.forward(stream, layer, &summed, &input, false);
                    let target = encoded.ids[s].select(2, layer as i64);
                    let (loss, _) = losses::tokens(&logits, &target, &batch.valid[s], 0.0);
                    measures.insert(format!("{kind}{}-loss-{layer}", stream.name()), loss.double_value(&[]));
                }
            }
        }
        Ok(measures)
    }

    /// Held-out motion and what all layers make of its speech.
    fn compare(&self) -> Option<Comparison> {
        compare(self.networks, self.clips, &self.held_out, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_drawn_are_residual_ones_and_early_ones_prevail() {
        let mut random = Randomness::new(1);
        let drawn: Vec<usize> = (0..4000).map(|_| draw_layer(6, &mut random)).collect();
        assert!(drawn.iter().all(|q| (1..6).contains(q)));
        let count = |q| drawn.iter().filter(|&&d| d == q).count();
        assert!(count(1) > count(3) && count(5) > 0);
    }
}
