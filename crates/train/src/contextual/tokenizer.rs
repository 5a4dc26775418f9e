//! The tokenizer stage (METHODS 2.2, Eq. 2, 3): reconstruction, its velocity, commitment, and, where the configuration asks
//! for it, what the frozen alignment encoders say of the motion; each stream by itself.

use super::comparison::Comparison;
use super::losses;
use crate::clips::{Clips, has_body};
use crate::learner::{Learner, Parts};
use crate::windows::{Batch, HELD_OUT_STRIDE, Sampler, held_out_by_kind};
use crate::{Result, TrainConfig, TrainError};
use orator_motion::LIP_POINTS;
use orator_motion::contextual::{CodeUse, Networks, Stream};
use orator_nn::Randomness;
use std::cell::RefCell;
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// Most held-out windows measured.
const HELD_OUT: usize = 64;

pub(super) struct Tokenizing<'a> {
    networks: &'a Networks,
    clips: &'a Clips,
    config: &'a TrainConfig,
    samplers: [Sampler<'a>; 2],
    weights: [Tensor; 2],
    /// Held-out windows of each stream.
    held_out: [Vec<(&'static str, Batch)>; 2],
    spreads: [Tensor; 2],
    /// What the codebooks of both streams are to learn at the end of the step.
    uses: RefCell<[Vec<CodeUse>; 2]>,
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
            clips,
            config,
            samplers,
            weights: Stream::ALL.map(|s| {
                losses::dimension_weights(s, &config.networks.layout, config.losses.lips).to_device(device)
            }),
            held_out: [
                held_out_by_kind(clips, &config.networks, HELD_OUT_STRIDE, HELD_OUT, |_| true),
                held_out_by_kind(clips, &config.networks, HELD_OUT_STRIDE, HELD_OUT, has_body),
            ],
            spreads: [0, 1].map(|s: usize| Tensor::from_slice(&clips.statistics.motion[s].spread().to_vec())),
            uses: RefCell::default(),
            device,
        })
    }

    fn draw(&self, stream: Stream, random: &mut Randomness) -> Batch {
        let size = self.config.tokenizer.batch;
        self.samplers[stream as usize].batch(size, &self.config.losses, random, self.device)
    }

    /// Eq. 2: one minus the cosine between what codes `[batch, time, code]` foretell and what the alignment encoder says, mean
    /// over the frames that were seen.
    fn distillation(&self, stream: Stream, batch: &Batch, codes: &Tensor) -> Option<Tensor> {
        let s = stream as usize;
        let foretold = self.networks.tokenizers[s].foretell(codes)?;
        let alignment = self.networks.alignment.as_ref()?;
        let content = tch::no_grad(|| alignment.motion_content(stream, &batch.motion[s], false));
        let cosine = Tensor::cosine_similarity(&foretold, &content, -1, 1e-6);
        let seen = &batch.valid[s];
        let distance: Tensor = (cosine.neg() + (1.0 - self.config.losses.distillation_margin)).relu();
        Some((distance * seen).sum(Kind::Float) / seen.sum(Kind::Float).clamp_min(1.0))
    }
}

impl Learner for Tokenizing<'_> {
    fn loss(&self, _step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)> {
        let batches = Stream::ALL.map(|stream| self.draw(stream, random));
        let l = &self.config.losses;
        let mut total = Tensor::from(0.0f32).to_device(self.device);
        let mut parts = Vec::new();
        for (stream, batch) in Stream::ALL.into_iter().zip(&batches) {
            let s = stream as usize;
            let (made, quantised) = self.networks.tokenizers[s].train(&batch.motion[s], random);
            self.uses.borrow_mut()[s].extend(quantised.uses);
            let weight = &batch.seen[s] * &self.weights[s];
            let position = losses::motion(&made, &batch.motion[s], &weight);
            let velocity = losses::velocity(&made, &batch.motion[s], &weight);
            let names = [
                ["face", "face-velocity", "face-commitment", "face-distillation"],
                ["body", "body-velocity", "body-commitment", "body-distillation"],
            ][s];
            parts.extend([
                (names[0], position.double_value(&[])),
                (names[1], velocity.double_value(&[])),
                (names[2], quantised.commitment.double_value(&[])),
            ]);
            total = total + position + velocity * l.velocity + quantised.commitment * l.commitment;
            if let Some(distillation) = self.distillation(stream, batch, &quantised.codes) {
                parts.push((names[3], distillation.double_value(&[])));
                total = total + distillation * l.distillation;
            }
        }
        Ok((total, parts))
    }

    fn batch(&self, random: &mut Randomness) -> Result<BTreeMap<String, Tensor>> {
        let mut all = BTreeMap::new();
        for stream in Stream::ALL {
            let tensors = self.draw(stream, random).tensors();
            all.extend(tensors.into_iter().map(|(name, t)| (format!("{}.{name}", stream.name()), t)));
        }
        Ok(all)
    }

    fn after_step(&self, random: &mut Randomness) {
        let uses = self.uses.take();
        for (tokenizer, uses) in self.networks.tokenizers.iter().zip(&uses) {
            tokenizer.quantiser().learn(uses, random);
        }
    }

    /// Mean absolute error in the streams' own units (eye distances; shoulder widths or hand lengths), and how many codes
    /// of the base layer are in use.
    fn validate(&self, _step: u64) -> Result<BTreeMap<String, f64>> {
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
                if stream == Stream::Face && self.config.networks.layout.is_keypoints() {
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
                let codes = self.networks.tokenizers[s].quantiser().decode(&ids, usize::MAX);
                if let Some(distillation) = self.distillation(stream, batch, &codes) {
                    measures.insert(
                        format!("{kind}{}-distillation", stream.name()),
                        distillation.double_value(&[]),
                    );
                }
            }
        }
        Ok(measures)
    }

    /// Held-out motion and what is left of it as tokens.
    fn compare(&self) -> Option<Comparison> {
        let (_, batch) = self.held_out[1].first().or(self.held_out[0].first())?;
        let made = [0, 1].map(|s: usize| {
            let tokenizer = &self.networks.tokenizers[s];
            tokenizer.decode(&tokenizer.encode(&batch.motion[s].to_device(self.device)))
        });
        Comparison::new(self.clips, batch, 0, [&made[0], &made[1]]).ok()
    }
}
