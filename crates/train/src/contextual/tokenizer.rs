//! The tokenizer stage (METHODS 2.2): reconstruction, its velocity, and commitment, each stream by itself.

use super::learner::Learner;
use super::losses;
use crate::clips::{Batch, Clips, Sampler, has_body, held_out_by_kind};
use crate::{Result, TrainConfig, TrainError};
use orator_motion::LIP_POINTS;
use orator_motion::contextual::{Networks, Stream};
use orator_nn::Randomness;
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// Most held-out windows measured.
const HELD_OUT: usize = 64;

pub(super) struct Tokenizing<'a> {
    networks: &'a Networks,
    config: &'a TrainConfig,
    samplers: [Sampler<'a>; 2],
    weights: [Tensor; 2],
    /// Held-out windows of each stream.
    held_out: [Vec<(&'static str, Batch)>; 2],
    spreads: [Tensor; 2],
    device: Device,
}

impl<'a> Tokenizing<'a> {
    pub fn new(
        networks: &'a Networks,
        clips: &'a Clips,
        config: &'a TrainConfig,
        device: Device,
    ) -> Result<Self> {
        let samplers = [
            Sampler::new(clips, &config.networks, 0.5, |_| true),
            Sampler::new(clips, &config.networks, 0.5, has_body),
        ];
        if samplers.iter().any(Sampler::is_empty) {
            return Err(TrainError::Corpus {
                what: "the tokenizers need clips with a face and clips with a body".into(),
                hint: "add a video in which hands are in view".into(),
            });
        }
        Ok(Self {
            networks,
            config,
            samplers,
            weights: Stream::ALL.map(|s| losses::dimension_weights(s, &config.losses).to_device(device)),
            held_out: [
                held_out_by_kind(clips, &config.networks, HELD_OUT, |_| true),
                held_out_by_kind(clips, &config.networks, HELD_OUT, has_body),
            ],
            spreads: [0, 1].map(|s: usize| Tensor::from_slice(&clips.statistics.motion[s].spread().to_vec())),
            device,
        })
    }
}

impl Learner for Tokenizing<'_> {
    fn loss(&self, random: &mut Randomness) -> (Tensor, Vec<(&'static str, f64)>) {
        let mut total = Tensor::from(0.0f32).to_device(self.device);
        let mut parts = Vec::new();
        for stream in Stream::ALL {
            let s = stream as usize;
            let batch =
                self.samplers[s].batch(self.config.tokenizer.batch, &self.config.losses, random, self.device);
            let (made, quantised) = self.networks.tokenizers[s].train(&batch.motion[s], random);
            let weight = &batch.seen[s] * &self.weights[s];
            let position = losses::motion(&made, &batch.motion[s], &weight);
            let velocity = losses::velocity(&made, &batch.motion[s], &weight);
            let names =
                [["face", "face-velocity", "face-commitment"], ["body", "body-velocity", "body-commitment"]]
                    [s];
            parts.extend([
                (names[0], position.double_value(&[])),
                (names[1], velocity.double_value(&[])),
                (names[2], quantised.commitment.double_value(&[])),
            ]);
            total = total
                + position
                + velocity * self.config.losses.velocity
                + quantised.commitment * self.config.losses.commitment;
        }
        (total, parts)
    }

    /// Mean absolute error in the streams' own units (eye distances; shoulder widths or hand lengths), and how many codes
    /// of the base layer are in use.
    fn validate(&self) -> BTreeMap<String, f64> {
        let mut measures = BTreeMap::new();
        for stream in Stream::ALL {
            let s = stream as usize;
            for (kind, batch) in &self.held_out[s] {
                let real = batch.motion[s].to_device(self.device);
                let ids = self.networks.tokenizers[s].encode(&real);
                let made = self.networks.tokenizers[s].decode(&ids).to_device(Device::Cpu);
                let seen = batch.seen[s].to_device(Device::Cpu);
                let error = (made - &batch.motion[s]).abs() * &self.spreads[s] * &seen;
                let mean = |e: &Tensor, m: &Tensor| {
                    (e.sum(Kind::Float) / m.sum(Kind::Float).clamp_min(1.0)).double_value(&[])
                };
                measures.insert(format!("{kind}{}-error", stream.name()), mean(&error, &seen));
                if stream == Stream::Face {
                    let (from, n) = (LIP_POINTS.start as i64 * 2, LIP_POINTS.len() as i64 * 2);
                    measures.insert(
                        format!("{kind}lip-error"),
                        mean(&error.narrow(2, from, n), &seen.narrow(2, from, n)),
                    );
                }
                let base = Vec::<i64>::try_from(&ids.select(2, 0).reshape([-1]).to_device(Device::Cpu))
                    .unwrap_or_default();
                let used: std::collections::BTreeSet<i64> = base.into_iter().collect();
                measures.insert(format!("{kind}{}-codes-used", stream.name()), used.len() as f64);
            }
        }
        measures
    }
}
