//! The mask generator stage (METHODS 2.3, Eq. 10): guess masked base tokens; decode the guesses and compare the motion.

use super::comparison::Comparison;
use super::losses;
use crate::clips::{Clip, Clips};
use crate::hearing::Hearing;
use crate::learner::{Learner, Parts};
use crate::windows::{Batch, HELD_OUT_STRIDE, Sampler, held_out_by_kind};
use crate::{Result, TrainConfig, TrainError};
use orator_motion::SampleOptions;
use orator_motion::contextual::{
    MaskInput, Networks, Stream, StrokeGuide, WINDOW_FRAMES, WINDOW_STRIDE, Window, fill,
};
use orator_nn::Randomness;
use std::collections::BTreeMap;
use tch::{Device, IndexOp, Kind, Tensor};

/// Most held-out windows measured.
const HELD_OUT: usize = 48;
/// Of the tokens chosen to be guessed, this share is hidden, and half of the rest replaced by a random one (METHODS 2.3:
/// 80 % hidden, 10 % random, 10 % kept).
const HIDDEN: f64 = 0.8;
/// Temperature of the soft choice through which the motion losses reach the generator.
const SOFT_CHOICE: f64 = 0.7;
/// Longest run of kept tokens at a window's beginning.
pub(super) const LONGEST_PREFIX: usize = 2 * WINDOW_STRIDE;

pub(super) struct Generating<'a> {
    networks: &'a Networks,
    clips: &'a Clips,
    config: &'a TrainConfig,
    sampler: Sampler<'a>,
    weights: [Tensor; 2],
    face_spread: Tensor,
    held_out: Vec<(&'static str, Batch)>,
    device: Device,
}

/// Tokens of a batch and their codes.
pub(super) struct Encoded {
    /// `[batch, time, layers]` of both streams.
    pub ids: [Tensor; 2],
    /// Base code of the source frame `[batch, code]`.
    pub source: [Tensor; 2],
}

/// Whether a clip can be learned from with its speech.
pub(super) fn speaks(clip: &Clip) -> bool {
    clip.speech.is_some()
}

/// Tokens of a batch, with the frozen tokenizers.
pub(super) fn encode(networks: &Networks, batch: &Batch) -> Encoded {
    tch::no_grad(|| {
        let ids = [0, 1].map(|s: usize| networks.tokenizers[s].encode(&batch.motion[s]));
        let source = [0, 1].map(|s: usize| {
            let around = networks.tokenizers[s].encode(&batch.source[s]);
            let base = around.i((.., WINDOW_FRAMES as i64 / 2, 0));
            networks.tokenizers[s].quantiser().codebook(0).index_select(0, &base)
        });
        Encoded { ids, source }
    })
}

/// Speech `[batch, time, features]` as another voice and microphone might have given it (every feature shifted and scaled for
/// the whole window, and noise), and which windows go without it.
pub(super) fn hear(speech: &Tensor, config: &TrainConfig, random: &mut Randomness) -> (Tensor, Tensor) {
    let l = &config.losses;
    let hearing =
        Hearing { noise: l.speech_noise, shift: l.speech_shift, scale: l.speech_scale, drop: l.drop_speech };
    hearing.hear(speech, random)
}

/// Which windows go without a plan of strokes, `[batch]`: those of which none is known, those that hear no speech, and this share
/// of the others.
fn without_plan(batch: &Batch, drop_speech: &Tensor, share: f64, random: &mut Randomness) -> Tensor {
    let windows = batch.planned.size()[0];
    let drawn: Vec<f32> = (0..windows).map(|_| f32::from(u8::from(random.chance(share)))).collect();
    let kept = (1.0 - Tensor::from_slice(&drawn).to_device(batch.planned.device())) * &batch.planned;
    1.0 - kept * (1.0 - drop_speech)
}

impl<'a> Generating<'a> {
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
        let face_spread = Tensor::from_slice(&clips.statistics.motion[0].spread().to_vec());
        Ok(Self {
            networks,
            clips,
            config,
            sampler,
            weights: Stream::ALL
                .map(|s| losses::dimension_weights(s, &config.networks.layout, lips).to_device(device)),
            face_spread: face_spread.to_device(device),
            held_out: held_out_by_kind(clips, &config.networks, HELD_OUT_STRIDE, HELD_OUT, speaks),
            device,
        })
    }

    fn draw(&self, random: &mut Randomness) -> Batch {
        self.sampler.batch(self.config.generator.batch, &self.config.losses, random, self.device)
    }

    /// One pass: `(chosen to be guessed, hidden, codes given)` per stream.
    fn hide(&self, ids: &Tensor, codebook: &Tensor, random: &mut Randomness) -> (Tensor, Tensor, Tensor) {
        let (batch, time) = (ids.size()[0] as usize, ids.size()[1] as usize);
        let mut chosen = vec![0.0f32; batch * time];
        let mut hidden = vec![0.0f32; batch * time];
        let mut given =
            Vec::<i64>::try_from(&ids.select(2, 0).reshape([-1]).to_device(Device::Cpu)).unwrap_or_default();
        let codes = codebook.size()[0] as usize;
        let l = &self.config.losses;
        for b in 0..batch {
            let share = l.least_masked + (1.0 - l.least_masked) * random.uniform();
            let kept = if random.chance(l.prefix) { 1 + random.below(LONGEST_PREFIX) } else { 0 };
            let count = ((share * time as f64).round() as usize).max(1);
            let picked: Vec<usize> = if kept > 0 {
                (kept..time).collect()
            } else {
                random.permutation(time).into_iter().take(count).collect()
            };
            for t in picked {
                let at = b * time + t;
                chosen[at] = 1.0;
                let u = random.uniform();
                if u < HIDDEN {
                    hidden[at] = 1.0;
                } else if u < HIDDEN + (1.0 - HIDDEN) / 2.0 {
                    given[at] = random.below(codes) as i64;
                }
            }
        }
        let shape = [batch as i64, time as i64];
        let to = |v: &[f32]| Tensor::from_slice(v).view(shape).to_device(self.device);
        let codes = codebook.index_select(0, &Tensor::from_slice(&given).to_device(self.device));
        (to(&chosen), to(&hidden), codes.view([shape[0], shape[1], -1]))
    }
}

impl Learner for Generating<'_> {
    fn loss(&self, _step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)> {
        let l = &self.config.losses;
        let batch = self.draw(random);
        let encoded = encode(self.networks, &batch);
        let (speech, drop) = hear(&batch.speech, self.config, random);
        let codebooks = [0, 1].map(|s: usize| self.networks.tokenizers[s].quantiser().codebook(0));
        let (chosen0, hidden0, codes0) = self.hide(&encoded.ids[0], &codebooks[0], random);
        let (chosen1, hidden1, codes1) = self.hide(&encoded.ids[1], &codebooks[1], random);
        // A clip without a body shows none: all its body tokens are hidden.
        let bodies = batch.valid[1].amax([1i64].as_slice(), true);
        let hidden1 = &hidden1 * &bodies + (1.0 - &bodies);
        let no_plan = without_plan(&batch, &drop, l.drop_strokes, random);
        let strokes = StrokeGuide { numbers: &batch.guide, drop: &no_plan };
        let input = MaskInput {
            speech: &speech,
            speakers: [&batch.speaker; 2],
            drop_speech: &drop,
            strokes: Some(strokes),
        };
        let (codes, hidden) = ([codes0, codes1], [hidden0, hidden1]);
        let logits = self.networks.mask_generator.forward(&codes, &hidden, &encoded.source, &input, true);
        let chosen = [chosen0, chosen1];
        let misheard = (l.reliance > 0.0).then(|| {
            let other = speech.roll([1], [0]);
            let input = MaskInput { speech: &other, ..input };
            self.networks.mask_generator.forward(&codes, &hidden, &encoded.source, &input, true)
        });
        let mut total = Tensor::from(0.0f32).to_device(self.device);
        let mut parts = Vec::new();
        for s in 0..2 {
            let counted = &chosen[s] * &batch.valid[s];
            let base = encoded.ids[s].select(2, 0);
            let (loss, right) = losses::tokens(&logits[s], &base, &counted, l.label_smoothing);
            let names =
                [["face-tokens", "face-right", "face-motion"], ["body-tokens", "body-right", "body-motion"]]
                    [s];
            parts.extend([(names[0], loss.double_value(&[])), (names[1], right)]);
            total = total + loss;
            if let Some(misheard) = &misheard {
                let likely = |logits: &[Tensor; 2]| losses::likelihood(&logits[s], &base, &counted);
                // Windows learned without speech, or without tokens to guess, say nothing.
                let heard = drop.neg() + 1.0;
                let heard = heard * counted.amax([1i64].as_slice(), false);
                let reliance = losses::reliance(&likely(&logits), &likely(misheard), &heard);
                parts.push((["face-reliance", "body-reliance"][s], reliance.double_value(&[])));
                total = total + reliance * l.reliance;
            }
            if l.reconstruction > 0.0 {
                // A soft choice that is hard forward and soft backward, on top of the true residual layers.
                let noise = random.gumbel_tensor(&logits[s].size()).to_device(self.device);
                let soft = ((&logits[s] + noise) / SOFT_CHOICE).softmax(-1, Kind::Float);
                let hard = soft.argmax(-1, false).one_hot(soft.size()[2]).to_kind(Kind::Float);
                let choice = (hard - &soft).detach() + soft;
                let guessed = choice.matmul(&codebooks[s]);
                let quantiser = self.networks.tokenizers[s].quantiser();
                let layers = encoded.ids[s].size()[2] as usize;
                let truth = quantiser.decode(&encoded.ids[s], layers);
                let base_codes = quantiser.decode(&encoded.ids[s], 1);
                let hidden = counted.unsqueeze(-1);
                let codes = &truth + (guessed - base_codes) * hidden;
                let made = self.networks.tokenizers[s].decode_codes(&codes);
                let weight = &batch.seen[s] * &self.weights[s];
                let real = &batch.motion[s];
                let motion = losses::motion(&made, real, &weight)
                    + (losses::velocity(&made, real, &weight) + losses::acceleration(&made, real, &weight))
                        * l.smoothness;
                parts.push((names[2], motion.double_value(&[])));
                total = total + motion * l.reconstruction;
                if l.lip_opening > 0.0
                    && s == Stream::Face as usize
                    && self.config.networks.layout.is_keypoints()
                {
                    let opening = losses::lip_opening(&made, real, &self.face_spread, &batch.seen[s]);
                    parts.push(("lip-opening", opening.double_value(&[])));
                    total = total + opening * l.lip_opening;
                }
            }
        }
        Ok((total, parts))
    }

    fn batch(&self, random: &mut Randomness) -> Result<BTreeMap<String, Tensor>> {
        Ok(self.draw(random).tensors())
    }

    /// Held-out loss and share of right guesses when everything is hidden, with the right speech and with that of another
    /// window: the difference is what the generator takes from speech. Where strokes are planned, the same with the plan of the
    /// true strokes, with that of another window, and without one.
    fn validate(&self, _step: u64) -> Result<BTreeMap<String, f64>> {
        let mut measures = BTreeMap::new();
        for (kind, batch) in &self.held_out {
            let encoded = encode(self.networks, batch);
            let size = batch.speech.size()[0];
            let all = Tensor::ones([size, WINDOW_FRAMES as i64], (Kind::Float, self.device));
            let nothing = Tensor::zeros([size], (Kind::Float, self.device));
            let other = batch.speech.roll([size / 2], [0]);
            let other_guide = batch.guide.roll([size / 2], [0]);
            let no_plan = 1.0 - &batch.planned;
            let plan = |numbers| StrokeGuide { numbers, drop: &no_plan };
            let mut asked = vec![("", &batch.speech, None), ("-other-speech", &other, None)];
            if self.config.networks.strokes.is_some() {
                asked.push(("-planned", &batch.speech, Some(plan(&batch.guide))));
                asked.push(("-other-plan", &batch.speech, Some(plan(&other_guide))));
            }
            for (name, speech, strokes) in asked {
                let input =
                    MaskInput { speech, speakers: [&batch.speaker; 2], drop_speech: &nothing, strokes };
                let codes =
                    [0, 1].map(|s: usize| self.networks.tokenizers[s].quantiser().decode(&encoded.ids[s], 1));
                let hidden = [all.shallow_clone(), all.shallow_clone()];
                let logits =
                    self.networks.mask_generator.forward(&codes, &hidden, &encoded.source, &input, false);
                for stream in Stream::ALL {
                    let s = stream as usize;
                    let (loss, right) =
                        losses::tokens(&logits[s], &encoded.ids[s].select(2, 0), &batch.valid[s], 0.0);
                    measures.insert(format!("{kind}{}-loss{name}", stream.name()), loss.double_value(&[]));
                    measures.insert(format!("{kind}{}-right{name}", stream.name()), right);
                }
            }
        }
        Ok(measures)
    }

    /// Held-out motion and what the base layer makes of its speech.
    fn compare(&self) -> Option<Comparison> {
        compare(self.networks, self.clips, &self.held_out, Some(1))
    }
}

/// The first held-out window with a body, if there is one, beside a take on its speech.
pub(super) fn compare(
    networks: &Networks,
    clips: &Clips,
    held_out: &[(&'static str, Batch)],
    layers: Option<usize>,
) -> Option<Comparison> {
    let (_, batch) = held_out.first()?;
    let bodies = Vec::<f32>::try_from(&batch.valid[1].amax([1i64].as_slice(), false)).unwrap_or_default();
    let window = bodies.iter().position(|&b| b > 0.0).unwrap_or(0);
    let device = networks.stores[0].device();
    let one = |t: &Tensor| t.narrow(0, window as i64, 1).to_device(device);
    let speaker = batch.speaker.int64_value(&[window as i64]);
    // The tokens of the source frame fill the window until others are made.
    let around = [0, 1].map(|s: usize| networks.tokenizers[s].encode(&one(&batch.source[s])));
    let source = around.each_ref().map(|ids| {
        Vec::<i64>::try_from(&ids.i((0, WINDOW_FRAMES as i64 / 2)).to_device(Device::Cpu)).unwrap_or_default()
    });
    let guide = one(&batch.guide);
    let mut take = Window {
        strokes: (batch.planned.double_value(&[window as i64]) > 0.0).then_some(&guide),
        speech: &one(&batch.speech),
        speakers: [speaker; 2],
        ids: source.each_ref().map(|ids| vec![ids.clone(); WINDOW_FRAMES]),
        known: [vec![false; WINDOW_FRAMES], vec![false; WINDOW_FRAMES]],
        source: [*source[0].first()?, *source[1].first()?],
    };
    let options = SampleOptions { layers, ..SampleOptions::default() };
    fill(networks, &mut take, &options, &mut Randomness::new(options.seed));
    let made = [0, 1].map(|s: usize| {
        let flat: Vec<i64> = take.ids[s].iter().flatten().copied().collect();
        let ids = Tensor::from_slice(&flat).view([1, WINDOW_FRAMES as i64, -1]).to_device(device);
        let tokenizer = &networks.tokenizers[s];
        let codes = tokenizer.quantiser().decode(&ids, layers.unwrap_or(usize::MAX));
        tokenizer.decode_codes(&codes).expand([window as i64 + 1, -1, -1], false)
    });
    Comparison::new(clips, batch, window, [&made[0], &made[1]]).ok()
}
