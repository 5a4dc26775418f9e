//! Windows of latent motion, drawn and put together into batches.

use super::config::MotionLosses;
use crate::clips::{Clip, Clips};
use crate::{Result, Split, TrainError};
use ndarray::{Array2, s};
use orator_motion::deviation::{DeviationStatistics, WINDOW_FRAMES};
use orator_nn::{Randomness, from_array2};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// Windows of a batch on the training device; `numbers` are the latent ones, then those of keypoints.
pub(super) struct Batch {
    /// True motion `[batch, 80, numbers]`.
    pub motion: Tensor,
    /// 1 where it is known, same shape.
    pub seen: Tensor,
    /// The source frames `[batch, numbers]`.
    pub source: Tensor,
    /// The frames before the windows `[batch, prefix, numbers]`.
    pub prefix: Tensor,
    /// Normalised speech `[batch, 80, 163]`.
    pub speech: Tensor,
    /// Clip and first frame of each, `[batch, 2]`.
    pub places: Tensor,
}

impl Batch {
    /// Everything by name: what is saved of a step that diverged.
    pub fn tensors(self) -> BTreeMap<String, Tensor> {
        [
            ("motion", self.motion),
            ("seen", self.seen),
            ("source", self.source),
            ("prefix", self.prefix),
            ("speech", self.speech),
            ("places", self.places),
        ]
        .into_iter()
        .map(|(name, tensor)| (name.to_string(), tensor))
        .collect()
    }
}

/// A clip with its latent rows.
pub(super) struct LatentClip<'a> {
    /// Its speech and keypoint streams, normalised.
    pub clip: &'a Clip,
    /// Latent rows `[frames, 2307]`, not normalised.
    pub rows: Tensor,
}

impl LatentClip<'_> {
    /// Frames that have both.
    pub fn frames(&self) -> usize {
        self.clip.streams.face.nrows().min(self.rows.size()[0] as usize)
    }
}

/// The clips with latent rows, `rows` being by the prepared clips' numbers.
pub(super) fn latent_clips<'a>(clips: &'a Clips, rows: &[Option<Array2<f32>>]) -> Vec<LatentClip<'a>> {
    clips
        .clips
        .iter()
        .filter(|clip| clip.speech.is_some())
        .filter_map(|clip| {
            let rows = rows.get(clip.number)?.as_ref()?;
            Some(LatentClip { clip, rows: from_array2(rows) })
        })
        .collect()
}

/// What the frames before a window are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prefix {
    /// As they are.
    True,
    /// With a little noise.
    Noisy,
    /// Copies of the source, which is the frame before the window.
    Start,
}

/// A window before it is tensors.
struct Place {
    clip: usize,
    start: usize,
    source: usize,
    prefix: Prefix,
}

/// Draws windows from the training clips, and cuts those of the held-out ones.
pub(super) struct Windows<'a> {
    clips: Vec<LatentClip<'a>>,
    /// Training clips and the sum of chances up to each.
    training: Vec<(usize, f64)>,
    statistics: &'a DeviationStatistics,
    prefix: usize,
    device: Device,
}

impl<'a> Windows<'a> {
    /// # Errors
    /// [`TrainError::Corpus`] when there is no training clip.
    pub fn new(
        clips: Vec<LatentClip<'a>>,
        statistics: &'a DeviationStatistics,
        prefix: usize,
        device: Device,
    ) -> Result<Self> {
        let mut sum = 0.0;
        let training: Vec<(usize, f64)> = clips
            .iter()
            .enumerate()
            .filter(|(_, c)| c.clip.split == Split::Train)
            .map(|(number, c)| {
                sum += c.clip.weight * c.frames() as f64;
                (number, sum)
            })
            .collect();
        if training.is_empty() {
            return Err(no_clip());
        }
        Ok(Self { clips, training, statistics, prefix, device })
    }

    /// Draws `size` windows of the training clips.
    pub fn batch(&self, size: usize, losses: &MotionLosses, random: &mut Randomness) -> Batch {
        let sum = self.training.last().map_or(0.0, |(_, sum)| *sum);
        let places: Vec<Place> = (0..size)
            .map(|_| {
                let at = random.uniform() * sum;
                let found = self.training.partition_point(|(_, up_to)| *up_to <= at);
                let clip = self.training[found.min(self.training.len() - 1)].0;
                let frames = self.clips[clip].frames();
                let start = random.below(frames.saturating_sub(WINDOW_FRAMES) + 1);
                let kind = random.uniform();
                let anywhere = random.below(frames);
                if kind < losses.start_prefix || start < self.prefix {
                    Place { clip, start, source: start.saturating_sub(1), prefix: Prefix::Start }
                } else if kind < losses.start_prefix + losses.noisy_prefix {
                    Place { clip, start, source: anywhere, prefix: Prefix::Noisy }
                } else {
                    Place { clip, start, source: anywhere, prefix: Prefix::True }
                }
            })
            .collect();
        let mut batch = self.assemble(&places);
        let noisy: Vec<f32> = places.iter().map(|p| f32::from(u8::from(p.prefix == Prefix::Noisy))).collect();
        let noise = random.normal_tensor(&batch.prefix.size()).to_device(self.device);
        let noisy = Tensor::from_slice(&noisy).view([-1, 1, 1]).to_device(self.device);
        batch.prefix = batch.prefix + noise * noisy * losses.prefix_noise;
        batch
    }

    /// Windows of the held-out clips that were staged (or filmed), one every `stride` frames, at most `most`, spread over all. The
    /// source is the clip's first frame.
    pub fn held_out(&self, exact: bool, stride: usize, most: usize) -> Option<Batch> {
        let mut places = Vec::new();
        for (number, clip) in self.clips.iter().enumerate() {
            if clip.clip.split != Split::HeldOut || clip.clip.exact != exact {
                continue;
            }
            let last = clip.frames().saturating_sub(WINDOW_FRAMES);
            for start in (0..=last).step_by(stride.max(1)) {
                let prefix = if start < self.prefix { Prefix::Start } else { Prefix::True };
                places.push(Place { clip: number, start, source: 0, prefix });
            }
        }
        let step = places.len().div_ceil(most.max(1)).max(1);
        let places: Vec<Place> = places.into_iter().step_by(step).collect();
        (!places.is_empty()).then(|| self.assemble(&places))
    }

    fn assemble(&self, places: &[Place]) -> Batch {
        let mut parts: [Vec<Tensor>; 5] = Default::default();
        for place in places {
            let one = self.window(place);
            parts.iter_mut().zip(one).for_each(|(all, tensor)| all.push(tensor));
        }
        let [motion, seen, source, prefix, speech] =
            parts.map(|all| Tensor::stack(&all, 0).to_device(self.device));
        let at: Vec<i64> = places.iter().flat_map(|p| [p.clip as i64, p.start as i64]).collect();
        Batch { motion, seen, source, prefix, speech, places: Tensor::from_slice(&at).view([-1, 2]) }
    }

    /// Motion, what of it is known, source, prefix and speech of one window.
    fn window(&self, place: &Place) -> [Tensor; 5] {
        let LatentClip { clip, rows } = &self.clips[place.clip];
        let frames = self.clips[place.clip].frames();
        let (start, before) = (place.start, self.prefix);
        let real = (frames - start).min(WINDOW_FRAMES);
        // The prefix and the window; what lies beyond either end of the clip repeats its last frame.
        let at: Vec<i64> = (0..before + WINDOW_FRAMES)
            .map(|t| match place.prefix {
                Prefix::Start if t < before => place.source,
                _ => (start + t).saturating_sub(before).min(frames - 1),
            } as i64)
            .collect();
        let source_row = rows.narrow(0, place.source as i64, 1);
        let representation = &self.statistics.representation;
        let mut numbers =
            representation.numbers_of(&rows.index_select(0, &Tensor::from_slice(&at)), &source_row);
        let mut source = representation.source_numbers(&source_row);
        let known = Tensor::zeros([WINDOW_FRAMES as i64, 1], (Kind::Float, Device::Cpu));
        let _ = known.narrow(0, 0, real as i64).fill_(1.0);
        let mut seen = known.expand([-1, representation.numbers()], false);
        if self.statistics.keypoints.is_some() {
            let streams = &clip.streams;
            let frames_of = |at: &[i64], face: &Array2<f32>, body: &Array2<f32>| {
                let rows: Vec<usize> = at.iter().map(|&t| t as usize).collect();
                let parts = [face, body].map(|a| from_array2(&a.select(ndarray::Axis(0), &rows)));
                Tensor::cat(&parts, 1)
            };
            let keypoints = frames_of(&at, &streams.face, &streams.body);
            numbers = Tensor::cat(&[numbers, keypoints], 1);
            source =
                Tensor::cat(&[source, frames_of(&[place.source as i64], &streams.face, &streams.body)], 1);
            let there = frames_of(&at[before..], &streams.face_seen, &streams.body_seen) * &known;
            seen = Tensor::cat(&[seen, there], 1);
        }
        let mut heard = Array2::zeros((WINDOW_FRAMES, clip.speech.as_ref().map_or(0, Array2::ncols)));
        if let Some(speech) = &clip.speech {
            let rows = speech.nrows().saturating_sub(start).min(WINDOW_FRAMES);
            heard.slice_mut(s![..rows, ..]).assign(&speech.slice(s![start..start + rows, ..]));
        }
        let prefix = numbers.narrow(0, 0, before as i64);
        let motion = numbers.narrow(0, before as i64, WINDOW_FRAMES as i64);
        [motion, seen.contiguous(), source.squeeze_dim(0), prefix, from_array2(&heard)]
    }
}

/// Latent rows of training clips beside a source of the same clip for each: what the representation is fitted to. Every
/// `every`-th row, so that there are at most `most`.
pub(super) fn rows_to_fit(
    clips: &[LatentClip<'_>],
    most: usize,
    random: &mut Randomness,
) -> Result<(Tensor, Tensor)> {
    let training: Vec<&LatentClip<'_>> = clips.iter().filter(|c| c.clip.split == Split::Train).collect();
    let total: usize = training.iter().map(|c| c.frames()).sum();
    if total == 0 {
        return Err(no_clip());
    }
    let every = total.div_ceil(most.max(1)).max(1);
    let (mut rows, mut sources) = (Vec::new(), Vec::new());
    for clip in training {
        let at: Vec<i64> = (0..clip.frames()).step_by(every).map(|t| t as i64).collect();
        let from: Vec<i64> = at.iter().map(|_| random.below(clip.frames()) as i64).collect();
        rows.push(clip.rows.index_select(0, &Tensor::from_slice(&at)));
        sources.push(clip.rows.index_select(0, &Tensor::from_slice(&from)));
    }
    Ok((Tensor::cat(&rows, 0), Tensor::cat(&sources, 0)))
}

fn no_clip() -> TrainError {
    TrainError::Corpus {
        what: "no training clip has both pictures and speech".into(),
        hint: "a corpus for pictures is rendered with --size 256; films need their sound".into(),
    }
}
