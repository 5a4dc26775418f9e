//! Windows of clips, drawn and put together into batches.

use crate::Split;
use crate::clips::{Clip, Clips, has_body};
use ndarray::{Array2, Array3, s};
use orator_motion::contextual::{
    ContextualConfig, GUIDE_NUMBERS, STROKE_KINDS, Statistics, Stream, StrokePlan, WINDOW_FRAMES,
    WINDOW_STRIDE,
};
use orator_motion::{Streams, mirror};
use orator_nn::{Randomness, from_array2, from_array3};
use std::collections::BTreeMap;
use tch::{Device, Tensor};

/// Windows of a batch, as tensors on the training device.
pub struct Batch {
    /// Normalised motion `[batch, 80, dimensions]`, face then body.
    pub motion: [Tensor; 2],
    /// 1 where the value was seen, same shapes.
    pub seen: [Tensor; 2],
    /// 1 where the frame exists and the stream may be learned, `[batch, 80]`.
    pub valid: [Tensor; 2],
    /// Normalised motion around the source frame, `[batch, 80, dimensions]`, whose middle frame is the source.
    pub source: [Tensor; 2],
    /// Normalised speech `[batch, 80, 163]`.
    pub speech: Tensor,
    /// What a plan of the true strokes tells ([`StrokePlan::guide`]), `[batch, 80, 8]`.
    pub guide: Tensor,
    /// Pulses of the true strokes ([`StrokePlan::pulses`]), `[batch, 80, 3]`.
    pub pulses: Tensor,
    /// 1 where the true strokes are known, `[batch]`.
    pub planned: Tensor,
    /// Speaker numbers `[batch]`.
    pub speaker: Tensor,
    /// Where the windows come from.
    pub places: Vec<Place>,
}

/// Where a window comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The clip among [`Clips::clips`].
    pub clip: usize,
    /// The first frame.
    pub start: usize,
}

impl Batch {
    /// Everything that is numbers, by name: what is saved of a step that diverged.
    #[must_use]
    pub fn tensors(&self) -> BTreeMap<String, Tensor> {
        let mut all = BTreeMap::new();
        for stream in Stream::ALL {
            let s = stream as usize;
            for (name, tensors) in [
                ("motion", &self.motion),
                ("seen", &self.seen),
                ("valid", &self.valid),
                ("source", &self.source),
            ] {
                all.insert(format!("{name}.{}", stream.name()), tensors[s].shallow_clone());
            }
        }
        for (name, tensor) in [
            ("speech", &self.speech),
            ("guide", &self.guide),
            ("pulses", &self.pulses),
            ("planned", &self.planned),
        ] {
            all.insert(name.into(), tensor.shallow_clone());
        }
        all.insert("speaker".into(), self.speaker.shallow_clone());
        let places: Vec<i64> = self.places.iter().flat_map(|p| [p.clip as i64, p.start as i64]).collect();
        all.insert("places".into(), Tensor::from_slice(&places).view([-1, 2]));
        all
    }
}

/// Which clips a stage draws from.
pub struct Sampler<'a> {
    clips: Vec<(usize, &'a Clip)>,
    cumulative: Vec<f64>,
    statistics: &'a Statistics,
    nobody: i64,
    /// Whether motion can be mirrored: what left and right are is known of keypoints alone.
    mirrors: bool,
    /// Share of the windows that begin where a window of cut and joined speech does.
    on_grid: f64,
}

impl<'a> Sampler<'a> {
    /// The training clips that pass `wanted`. A clip's chance grows with its length times its weight; clips with a body
    /// together weigh `body_share`, if both kinds are there, because the filmed hands are few beside the filmed faces.
    #[must_use]
    pub fn new(
        clips: &'a Clips,
        config: &ContextualConfig,
        body_share: f64,
        wanted: impl Fn(&Clip) -> bool,
    ) -> Self {
        let chosen: Vec<(usize, &Clip)> =
            clips.clips.iter().enumerate().filter(|(_, c)| c.split == Split::Train && wanted(c)).collect();
        let size = |c: &Clip| c.weight * c.streams.face.nrows() as f64;
        let total = |body: bool| {
            chosen.iter().filter(|(_, c)| has_body(c) == body).map(|(_, c)| size(c)).sum::<f64>()
        };
        let (with, without) = (total(true), total(false));
        let both = with > 0.0 && without > 0.0;
        let mut sum = 0.0;
        let cumulative = chosen
            .iter()
            .map(|(_, c)| {
                let scale = match (both, has_body(c)) {
                    (true, true) => body_share / with,
                    (true, false) => (1.0 - body_share) / without,
                    (false, _) => 1.0,
                };
                sum += size(c) * scale;
                sum
            })
            .collect();
        Self {
            clips: chosen,
            cumulative,
            statistics: &clips.statistics,
            nobody: config.speakers.len() as i64,
            mirrors: config.layout.is_keypoints(),
            on_grid: 0.0,
        }
    }

    /// The same where this share of the windows of clips that have cut and joined speech begin where that does.
    #[must_use]
    pub fn with_grid(self, share: f64) -> Self {
        Self { on_grid: share, ..self }
    }

    /// Whether there is nothing to draw from.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clips.is_empty()
    }

    /// Draws `size` windows, each mirrored with probability one half where motion can be.
    #[must_use]
    pub fn batch(
        &self,
        size: usize,
        settings: &crate::config::LossConfig,
        random: &mut Randomness,
        device: Device,
    ) -> Batch {
        let windows: Vec<WindowOf<'_>> = (0..size)
            .map(|_| {
                let at = random.uniform() * self.cumulative.last().copied().unwrap_or(1.0);
                let (number, clip) =
                    self.clips[self.cumulative.partition_point(|&c| c <= at).min(self.clips.len() - 1)];
                let last = clip.streams.face.nrows().saturating_sub(WINDOW_FRAMES);
                let mut start = random.below(last + 1);
                if self.on_grid > 0.0 && clip.phrases.shuffled.is_some() && random.chance(self.on_grid) {
                    start -= start % WINDOW_FRAMES;
                }
                WindowOf {
                    clip,
                    number,
                    start,
                    mirrored: random.chance(0.5) && self.mirrors,
                    rest_source: random.chance(settings.rest_source),
                    nobody: random.chance(settings.drop_speaker),
                }
            })
            .collect();
        assemble(&windows, self.statistics, self.nobody, device)
    }
}

/// Windows of the held-out clips that pass `wanted`, one every `stride` frames, at most `most`, in order.
#[must_use]
pub fn held_out(
    clips: &Clips,
    config: &ContextualConfig,
    stride: usize,
    most: usize,
    wanted: impl Fn(&Clip) -> bool,
) -> Option<Batch> {
    let mut windows = Vec::new();
    let held_out = clips.clips.iter().enumerate().filter(|(_, c)| c.split == Split::HeldOut && wanted(c));
    for (number, clip) in held_out {
        let last = clip.streams.face.nrows().saturating_sub(WINDOW_FRAMES);
        for start in (0..=last).step_by(stride.max(1)) {
            windows.push(WindowOf {
                clip,
                number,
                start,
                mirrored: false,
                rest_source: false,
                nobody: false,
            });
        }
    }
    // Spread over all clips when there are more than wanted.
    let step = windows.len().div_ceil(most.max(1)).max(1);
    let windows: Vec<_> = windows.into_iter().step_by(step).collect();
    (!windows.is_empty())
        .then(|| assemble(&windows, &clips.statistics, config.speakers.len() as i64, Device::Cpu))
}

/// [`held_out`] windows of filmed and of staged clips apart, at most `most` of each, with what to write before the names of
/// their measures; nothing is written before them where there is only one kind.
#[must_use]
pub fn held_out_by_kind(
    clips: &Clips,
    config: &ContextualConfig,
    stride: usize,
    most: usize,
    wanted: impl Fn(&Clip) -> bool,
) -> Vec<(&'static str, Batch)> {
    let mut kinds: Vec<_> = [("filmed-", false), ("staged-", true)]
        .into_iter()
        .filter_map(|(name, exact)| {
            held_out(clips, config, stride, most, |clip| clip.exact == exact && wanted(clip))
                .map(|batch| (name, batch))
        })
        .collect();
    if let [(name, _)] = kinds.as_mut_slice() {
        *name = "";
    }
    kinds
}

/// Frames between the held-out windows that losses and errors are measured on.
pub(crate) const HELD_OUT_STRIDE: usize = 4 * WINDOW_STRIDE;

struct WindowOf<'a> {
    clip: &'a Clip,
    number: usize,
    start: usize,
    mirrored: bool,
    rest_source: bool,
    nobody: bool,
}

fn assemble(windows: &[WindowOf<'_>], statistics: &Statistics, nobody: i64, device: Device) -> Batch {
    let n = windows.len();
    let zeros = |d: usize| Array3::<f32>::zeros((n, WINDOW_FRAMES, d));
    let dimensions = [0, 1].map(|s: usize| statistics.motion[s].dimensions());
    let mut motion = dimensions.map(zeros);
    let mut seen = dimensions.map(zeros);
    let mut source = dimensions.map(zeros);
    let mut valid = [0, 1].map(|_| Array2::<f32>::zeros((n, WINDOW_FRAMES)));
    let mut speech = zeros(statistics.speech.dimensions());
    let (mut guide, mut pulses) = (zeros(GUIDE_NUMBERS), zeros(STROKE_KINDS as usize));
    let mut planned = vec![0.0f32; n];
    let mut speakers = Vec::with_capacity(n);
    let rest = [0, 1].map(|s: usize| statistics.motion[s].apply(&Array2::zeros((1, dimensions[s]))));
    for (b, window) in windows.iter().enumerate() {
        let all = &window.clip.streams;
        let frames = all.face.nrows();
        let cut = |from: usize| -> Streams {
            let rows = |a: &Array2<f32>| {
                Array2::from_shape_fn((WINDOW_FRAMES, a.ncols()), |(t, c)| a[[(from + t).min(frames - 1), c]])
            };
            let part = Streams {
                face: rows(&all.face),
                body: rows(&all.body),
                face_seen: rows(&all.face_seen),
                body_seen: rows(&all.body_seen),
            };
            if window.mirrored { mirrored(&part, statistics) } else { part }
        };
        let here = cut(window.start);
        let real = (frames - window.start).min(WINDOW_FRAMES);
        // The source frame is the one before the window, seen with what surrounds it.
        let before = window.start.checked_sub(1).filter(|_| !window.rest_source);
        let around = before
            .map(|f| cut(f.saturating_sub(WINDOW_FRAMES / 2).min(frames.saturating_sub(WINDOW_FRAMES))));
        for s in 0..2 {
            let (values, mask) =
                if s == 0 { (&here.face, &here.face_seen) } else { (&here.body, &here.body_seen) };
            motion[s].slice_mut(s![b, .., ..]).assign(values);
            seen[s].slice_mut(s![b, ..real, ..]).assign(&mask.slice(s![..real, ..]));
            for t in 0..real {
                if mask.row(t).iter().any(|&m| m > 0.0) {
                    valid[s][[b, t]] = 1.0;
                }
            }
            let mut target = source[s].slice_mut(s![b, .., ..]);
            match (&around, before) {
                (Some(part), Some(f)) => {
                    let values = if s == 0 { &part.face } else { &part.body };
                    let from = f.saturating_sub(WINDOW_FRAMES / 2).min(frames.saturating_sub(WINDOW_FRAMES));
                    // Rolled so that the source stands in the middle whatever the clip's ends.
                    let shift = (f - from) as isize - (WINDOW_FRAMES / 2) as isize;
                    for t in 0..WINDOW_FRAMES {
                        let at = (t as isize + shift).clamp(0, WINDOW_FRAMES as isize - 1) as usize;
                        target.row_mut(t).assign(&values.row(at));
                    }
                }
                _ => target
                    .assign(&rest[s].broadcast((WINDOW_FRAMES, dimensions[s])).unwrap_or(rest[s].view())),
            }
        }
        if let Some(gestures) = &window.clip.gestures {
            planned[b] = 1.0;
            for (all, target, turn) in [
                (&gestures.guide, &mut guide, StrokePlan::mirrored_guide as fn(&Array2<f32>) -> Array2<f32>),
                (&gestures.pulses, &mut pulses, StrokePlan::mirrored_pulses),
            ] {
                let here = all.slice(s![window.start..window.start + real, ..]).to_owned();
                let here = if window.mirrored { turn(&here) } else { here };
                target.slice_mut(s![b, ..real, ..]).assign(&here);
            }
        }
        if let Some(features) = &window.clip.speech {
            let rows = features.nrows().saturating_sub(window.start).min(WINDOW_FRAMES);
            speech
                .slice_mut(s![b, ..rows, ..])
                .assign(&features.slice(s![window.start..window.start + rows, ..]));
        }
        speakers.push(if window.nobody { nobody } else { window.clip.speaker });
    }
    let to = |a: &Array3<f32>| from_array3(a).to_device(device);
    Batch {
        motion: [to(&motion[0]), to(&motion[1])],
        seen: [to(&seen[0]), to(&seen[1])],
        valid: [from_array2(&valid[0]).to_device(device), from_array2(&valid[1]).to_device(device)],
        source: [to(&source[0]), to(&source[1])],
        speech: to(&speech),
        guide: to(&guide),
        pulses: to(&pulses),
        planned: Tensor::from_slice(&planned).to_device(device),
        speaker: Tensor::from_slice(&speakers).to_device(device),
        places: windows.iter().map(|w| Place { clip: w.number, start: w.start }).collect(),
    }
}

/// Mirrors normalised streams: back to real units, exchanged, normalised again.
fn mirrored(part: &Streams, statistics: &Statistics) -> Streams {
    let real = Streams {
        face: statistics.motion[0].undo(&part.face),
        body: statistics.motion[1].undo(&part.body),
        face_seen: part.face_seen.clone(),
        body_seen: part.body_seen.clone(),
    };
    let turned = mirror(&real);
    Streams {
        face: statistics.motion[0].apply(&turned.face),
        body: statistics.motion[1].apply(&turned.body),
        ..turned
    }
}
