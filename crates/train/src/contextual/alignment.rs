//! The alignment stage (METHODS 2.1, Eq. 1): windows of motion and their speech come near each other, and speech with its
//! phrases in another order goes away.

use super::generator::{hear, speaks};
use crate::clips::{Clip, Clips, RATE, has_body};
use crate::learner::{Learner, Parts};
use crate::windows::{Batch, Place, Sampler, held_out_by_kind};
use crate::{ContrastKind, Result, StageConfig, TrainConfig, TrainError};
use orator_motion::contextual::alignment::{
    Alignment, Contrast, batch_recall, contrastive_loss, shuffled_order, sigmoid_loss,
};
use orator_motion::contextual::{Stream, WINDOW_FRAMES};
use orator_nn::{Randomness, from_array3};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// Windows of a clip nearer than this are no negatives of each other: 8 s.
const NEAR_FRAMES: usize = 200;
/// Most held-out windows measured; they do not overlap.
const HELD_OUT: usize = 256;
/// Windows embedded at a time.
const CHUNK: i64 = 64;
/// METHODS 5: recall among 1, 5 and 10 in batches of 32, mean of 100 draws.
const FIRST: [usize; 3] = [1, 5, 10];
const RECALL_BATCH: usize = 32;
const RECALL_DRAWS: usize = 100;
/// Seed of the draws and orders of validation, the same every time.
const VALIDATION_SEED: u64 = 1;

pub(super) struct Aligning<'a> {
    alignment: &'a Alignment,
    clips: &'a Clips,
    config: &'a TrainConfig,
    settings: &'a StageConfig,
    chronological: bool,
    samplers: [Sampler<'a>; 2],
    held_out: [Vec<(&'static str, Batch)>; 2],
    device: Device,
}

impl<'a> Aligning<'a> {
    pub fn new(
        alignment: &'a Alignment,
        clips: &'a Clips,
        config: &'a TrainConfig,
        settings: &'a StageConfig,
        device: Device,
    ) -> Result<Self> {
        let chronological = config.networks.alignment.as_ref().is_some_and(|a| a.chronological);
        let grid = if chronological { config.losses.re_extracted } else { 0.0 };
        let gestures = |clip: &Clip| speaks(clip) && has_body(clip);
        let samplers = [
            Sampler::new(clips, &config.networks, config.losses.body_share, speaks).with_grid(grid),
            Sampler::new(clips, &config.networks, config.losses.body_share, gestures).with_grid(grid),
        ];
        if samplers.iter().any(Sampler::is_empty) {
            return Err(TrainError::Corpus {
                what: "alignment needs clips with a face and speech, and clips with a body and speech".into(),
                hint: "add a video with sound in which hands are in view".into(),
            });
        }
        let held_out = |wanted: fn(&Clip) -> bool| {
            held_out_by_kind(clips, &config.networks, WINDOW_FRAMES, HELD_OUT, wanted)
        };
        let held_out = [held_out(speaks), held_out(|clip| speaks(clip) && has_body(clip))];
        Ok(Self { alignment, clips, config, settings, chronological, samplers, held_out, device })
    }

    fn draw(&self, stream: Stream, random: &mut Randomness) -> Batch {
        self.samplers[stream as usize].batch(self.settings.batch, &self.config.losses, random, self.device)
    }

    /// The speech of a batch with the phrases of every window in another order: `heard` with its frames changing places, or,
    /// where a window stands on the grid of cut and joined sound, that.
    fn in_another_order(&self, heard: &Tensor, places: &[Place], random: &mut Randomness) -> Tensor {
        let orders: Vec<i64> = places
            .iter()
            .flat_map(|place| {
                let pauses = &self.clips.clips[place.clip].phrases.pauses;
                shuffled_order(pauses, place.start, WINDOW_FRAMES, RATE, random)
            })
            .map(|frame| frame as i64)
            .collect();
        let size = heard.size();
        let orders = Tensor::from_slice(&orders).view([size[0], size[1], 1]).to_device(heard.device());
        heard.gather(1, &orders.expand_as(heard), false)
    }

    /// Features of cut and joined sound where there are some, and where they are used `[batch, 1, 1]`.
    fn cut_and_joined(&self, like: &Tensor, places: &[Place]) -> Option<(Tensor, Tensor)> {
        let size = like.size();
        let mut features = ndarray::Array3::<f32>::zeros((places.len(), size[1] as usize, size[2] as usize));
        let mut used = vec![0.0f32; places.len()];
        for (b, place) in places.iter().enumerate() {
            let Some(shuffled) = &self.clips.clips[place.clip].phrases.shuffled else { continue };
            let whole = place.start % WINDOW_FRAMES == 0 && place.start + WINDOW_FRAMES <= shuffled.nrows();
            // The sampler has let the asked share of the windows begin where cut and joined speech does.
            if whole {
                let rows = shuffled.slice(ndarray::s![place.start..place.start + WINDOW_FRAMES, ..]);
                features.slice_mut(ndarray::s![b, .., ..]).assign(&rows);
                used[b] = 1.0;
            }
        }
        used.contains(&1.0).then(|| {
            let used = Tensor::from_slice(&used).view([-1, 1, 1]).to_device(like.device());
            (from_array3(&features).to_device(like.device()), used)
        })
    }

    /// Embeddings of a held-out batch: motion, its speech, and that speech in another order.
    fn embed(&self, stream: Stream, batch: &Batch) -> [Tensor; 3] {
        let s = stream as usize;
        let mut random = Randomness::new(VALIDATION_SEED);
        let other = self.in_another_order(&batch.speech, &batch.places, &mut random);
        let n = batch.speech.size()[0];
        let in_chunks = |of: &dyn Fn(i64, i64) -> Tensor| {
            let parts: Vec<Tensor> = (0..n)
                .step_by(CHUNK as usize)
                .map(|from| of(from, CHUNK.min(n - from)).to_device(Device::Cpu))
                .collect();
            Tensor::cat(&parts, 0)
        };
        let at = |t: &Tensor, from: i64, count: i64| t.narrow(0, from, count).to_device(self.device);
        let motion = in_chunks(&|from, count| {
            let (motion, valid) = (at(&batch.motion[s], from, count), at(&batch.valid[s], from, count));
            self.alignment.embed_motion(stream, &motion, &valid, false)
        });
        let speech = |features: &Tensor| {
            in_chunks(&|from, count| self.alignment.embed_speech(stream, &at(features, from, count), false))
        };
        [motion, speech(&batch.speech), speech(&other)]
    }
}

/// Pairs of windows that are of one clip and near in time, `[n, n]`.
fn near(places: &[Place]) -> Tensor {
    let near: Vec<bool> = places
        .iter()
        .flat_map(|a| places.iter().map(move |b| a.clip == b.clip && a.start.abs_diff(b.start) < NEAR_FRAMES))
        .collect();
    let n = places.len() as i64;
    Tensor::from_slice(&near).view([n, n])
}

impl Learner for Aligning<'_> {
    fn loss(&self, _step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)> {
        let batches = Stream::ALL.map(|stream| self.draw(stream, random));
        let mut total = Tensor::from(0.0f32).to_device(self.device);
        let mut parts = Vec::new();
        for (stream, batch) in Stream::ALL.into_iter().zip(&batches) {
            let s = stream as usize;
            let (heard, _) = hear(&batch.speech, self.config, random);
            let motion = self.alignment.embed_motion(stream, &batch.motion[s], &batch.valid[s], true);
            let speech = self.alignment.embed_speech(stream, &heard, true);
            let shuffled = self.chronological.then(|| {
                let mut other = self.in_another_order(&heard, &batch.places, random);
                if let Some((joined, used)) = self.cut_and_joined(&heard, &batch.places) {
                    let (joined, _) = hear(&joined, self.config, random);
                    other = &other * (1.0 - &used) + joined * &used;
                }
                self.alignment.embed_speech(stream, &other, true)
            });
            let excluded = near(&batch.places).to_device(self.device);
            let contrast = Contrast {
                motion: &motion,
                speech: &speech,
                shuffled: shuffled.as_ref(),
                excluded: Some(&excluded),
                temperature: self.config.losses.temperature,
            };
            let loss = match self.config.losses.contrast {
                ContrastKind::Softmax => contrastive_loss(&contrast),
                ContrastKind::Sigmoid => sigmoid_loss(&contrast, self.config.losses.sigmoid_bias),
            };
            parts.push((["face", "body"][s], loss.double_value(&[])));
            total = total + loss;
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

    /// Recall both ways in batches of 32 beside chance, and how often the right speech is nearer than the same in another
    /// order (chance 0.5).
    fn validate(&self, _step: u64) -> Result<BTreeMap<String, f64>> {
        let mut measures = BTreeMap::new();
        for stream in Stream::ALL {
            for (kind, batch) in &self.held_out[stream as usize] {
                let name = format!("{kind}{}", stream.name());
                let [motion, speech, other] = self.embed(stream, batch);
                let mut random = Randomness::new(VALIDATION_SEED);
                let recalls = batch_recall(&motion, &speech, &FIRST, RECALL_BATCH, RECALL_DRAWS, &mut random);
                for recall in recalls {
                    let k = recall.first;
                    measures.insert(format!("{name}-speech-of-motion-r{k}"), recall.speech_of_motion);
                    measures.insert(format!("{name}-motion-of-speech-r{k}"), recall.motion_of_speech);
                    measures.insert(format!("{name}-chance-r{k}"), recall.chance);
                }
                let near =
                    |to: &Tensor| (&motion * to).sum_dim_intlist([-1i64].as_slice(), false, Kind::Float);
                let right = near(&speech).gt_tensor(&near(&other)).to_kind(Kind::Float).mean(Kind::Float);
                measures.insert(format!("{name}-in-order"), right.double_value(&[]));
                measures.insert(format!("{name}-windows"), motion.size()[0] as f64);
            }
        }
        Ok(measures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_windows_of_one_clip() {
        let place = |clip, start| Place { clip, start };
        let near = near(&[place(0, 0), place(0, 199), place(0, 200), place(1, 0)]);
        let row = |i: i64| Vec::<bool>::try_from(&near.select(0, i)).unwrap();
        assert_eq!(row(0), [true, true, false, false]);
        assert_eq!(row(1), [true, true, true, false]);
        assert_eq!(row(3), [false, false, false, true]);
    }
}
