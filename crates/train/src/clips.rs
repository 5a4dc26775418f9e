//! Clips as training sees them, and windows drawn from them.

use crate::phrases::Phrases;
use crate::prepare::PreparedClip;
use crate::{ClipSource, Result, Split, TrainError};
use ndarray::{Array2, Array3, s};
use orator_body::KeypointTrack;
use orator_body::smooth::{GapConfig, SmoothingConfig};
use orator_motion::contextual::{
    ContextualConfig, MotionLayout, Normaliser, SPEECH_FEATURES, Statistics, Stream, WINDOW_FRAMES,
    WINDOW_STRIDE,
};
use orator_motion::{HandShape, RestPose, Streams, mirror, to_streams};
use orator_nn::{Randomness, from_array2, from_array3};
use tch::{Device, Tensor};

/// Frames a second of all motion.
pub(crate) const RATE: f64 = 25.0;
/// Fewest frames a clip must have to be of use.
const FEWEST_FRAMES: usize = 25;

/// One clip, in real units.
pub struct Clip {
    /// The clip's name.
    pub name: String,
    /// The speaker's number.
    pub speaker: i64,
    /// Motion as offsets from the clip's own rest pose; without a body, `body_seen` is all 0.
    pub streams: Streams,
    /// `[frames, 163]`.
    pub speech: Option<Array2<f32>>,
    /// How often it is drawn.
    pub weight: f64,
    /// Train or held out.
    pub split: Split,
    /// Whether its keypoints are known and not detected: it was staged, not filmed.
    pub exact: bool,
    /// The keypoints, for pictures.
    pub track: KeypointTrack,
    /// Where it is among the prepared clips.
    pub number: usize,
    /// Where its speaker pauses, and its speech in another order: taken up by the alignment stage only.
    pub phrases: Phrases,
    hands: [Option<HandShape>; 2],
}

/// All clips with the statistics of the training ones.
pub struct Clips {
    /// The clips, motion and speech normalised.
    pub clips: Vec<Clip>,
    /// What they were normalised with.
    pub statistics: Statistics,
}

impl Clips {
    /// Takes up prepared clips; `known` are statistics of an earlier stage, measured anew when absent.
    ///
    /// # Errors
    /// When no training clip is left.
    pub fn new(
        prepared: Vec<PreparedClip>,
        sources: &[ClipSource],
        config: &ContextualConfig,
        known: Option<Statistics>,
    ) -> Result<Self> {
        let mut clips = Vec::new();
        for (number, clip) in prepared.into_iter().enumerate() {
            if clip.track.frames() < FEWEST_FRAMES {
                continue;
            }
            let source = &sources[clip.source];
            let exact = clip.exact;
            let speaker =
                config.speakers.iter().position(|s| *s == clip.speaker).unwrap_or(config.speakers.len());
            if let Some(streams) = clip.motion {
                let wide = [&streams.face, &streams.body].map(|a| a.ncols());
                let wanted = Stream::ALL.map(|s| config.layout.dimensions(s));
                if wide != wanted {
                    return Err(TrainError::Corpus {
                        what: format!(
                            "{} has {} and {} numbers a frame, not the {} and {} of the layout {}",
                            clip.name, wide[0], wide[1], wanted[0], wanted[1], config.layout.name
                        ),
                        hint: "name the motion's own layout in networks.layout".into(),
                    });
                }
                clips.push(Clip {
                    name: clip.name,
                    speaker: speaker as i64,
                    streams,
                    speech: clip.speech,
                    weight: source.weight,
                    split: source.split,
                    exact,
                    track: clip.track,
                    number,
                    phrases: Phrases::default(),
                    hands: [None, None],
                });
                continue;
            }
            if !config.layout.is_keypoints() {
                return Err(TrainError::Corpus {
                    what: format!(
                        "{} is keypoints and not motion of the layout {}",
                        clip.name, config.layout.name
                    ),
                    hint: "take it out, or leave out networks.layout".into(),
                });
            }
            // What is known exactly has neither gaps nor jitter, and smoothing would only dull its strokes.
            let track = if exact {
                clip.track
            } else {
                clip.track.gaps_filled(&GapConfig::default()).smoothed(&SmoothingConfig {
                    // Lighter than for looking at: strokes and lip closures must stay.
                    window: 7,
                    outer_lips_window: 5,
                    inner_lips_window: 3,
                    ..SmoothingConfig::default()
                })?
            };
            let Ok(rest) = RestPose::of(&track) else { continue };
            let mut streams = to_streams(&track, &rest)?;
            if !source.body {
                streams.body.fill(0.0);
                streams.body_seen.fill(0.0);
            }
            clips.push(Clip {
                name: clip.name,
                speaker: speaker as i64,
                streams,
                speech: clip.speech,
                weight: source.weight,
                split: source.split,
                exact,
                track,
                number,
                phrases: Phrases::default(),
                hands: [0, 1].map(|side| rest.hand_shape(side).copied().filter(|_| source.body)),
            });
        }
        let training: Vec<&Clip> = clips.iter().filter(|c| c.split == Split::Train).collect();
        if training.is_empty() {
            return Err(TrainError::Corpus {
                what: "no training clip is left".into(),
                hint: "a clip needs a face in view and at least one second".into(),
            });
        }
        let statistics = known.unwrap_or_else(|| measure(&training, &config.layout));
        for clip in &mut clips {
            clip.streams.face = statistics.motion[0].apply(&clip.streams.face);
            clip.streams.body = statistics.motion[1].apply(&clip.streams.body);
            clip.speech = clip.speech.as_ref().map(|s| statistics.speech.apply(s));
        }
        Ok(Self { clips, statistics })
    }

    /// Takes up the phrases of the prepared clips, in their order.
    pub fn take_phrases(&mut self, mut phrases: Vec<Phrases>) {
        for clip in &mut self.clips {
            let Some(found) = phrases.get_mut(clip.number) else { continue };
            clip.phrases = std::mem::take(found);
            clip.phrases.shuffled = clip.phrases.shuffled.as_ref().map(|s| self.statistics.speech.apply(s));
        }
    }
}

fn measure(clips: &[&Clip], layout: &MotionLayout) -> Statistics {
    let of = |stream: Stream| {
        let parts: Vec<_> = clips
            .iter()
            .map(|c| match stream {
                Stream::Face => (&c.streams.face, &c.streams.face_seen),
                Stream::Body => (&c.streams.body, &c.streams.body_seen),
            })
            .collect();
        Normaliser::measure(&parts, layout.dimensions(stream))
    };
    let ones: Vec<Option<Array2<f32>>> =
        clips.iter().map(|c| c.speech.as_ref().map(|s| Array2::ones(s.dim()))).collect();
    let parts: Vec<_> =
        clips.iter().zip(&ones).filter_map(|(c, o)| c.speech.as_ref().zip(o.as_ref())).collect();
    let hands = [0, 1].map(|side: usize| {
        let shapes: Vec<&HandShape> = clips.iter().filter_map(|c| c.hands[side].as_ref()).collect();
        let count = shapes.len().max(1) as f32;
        std::array::from_fn(|i| {
            let sum = shapes.iter().fold([0.0, 0.0], |a, h| [a[0] + h[i][0], a[1] + h[i][1]]);
            [sum[0] / count, sum[1] / count]
        })
    });
    Statistics {
        motion: [of(Stream::Face), of(Stream::Body)],
        speech: Normaliser::measure(&parts, SPEECH_FEATURES),
        hands,
    }
}

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
    pub fn tensors(&self) -> std::collections::BTreeMap<String, Tensor> {
        let mut all = std::collections::BTreeMap::new();
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
        all.insert("speech".into(), self.speech.shallow_clone());
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

/// Whether a clip's body may be learned.
#[must_use]
pub fn has_body(clip: &Clip) -> bool {
    clip.streams.body_seen.iter().any(|&v| v > 0.0)
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
    let mut speech = zeros(SPEECH_FEATURES);
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
