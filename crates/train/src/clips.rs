//! Clips as training sees them.

use crate::phrases::Phrases;
use crate::prepare::PreparedClip;
use crate::{ClipSource, Result, Split, TrainError};
use ndarray::Array2;
use orator_body::KeypointTrack;
use orator_body::smooth::{GapConfig, SmoothingConfig};
use orator_motion::contextual::{
    ContextualConfig, Normaliser, Statistics, Stream, StrokePlan, adapted_features,
};
use orator_motion::{HandShape, RestPose, Streams, to_streams};

/// Frames a second of all motion.
pub(crate) const RATE: f64 = 25.0;
/// How many times as long as it is a clip is taken for, see [`Clips::adapt_speech`].
const LONG: f32 = 5.0;
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
    /// When its hands stroke: taken up by the stages that deal with strokes only, and only of clips with a body.
    pub gestures: Option<Gestures>,
    hands: [Option<HandShape>; 2],
}

/// The gestures of a clip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gestures {
    /// When each hand strokes.
    pub plan: StrokePlan,
    /// The middles of stressed syllables in seconds, where somebody knows them.
    pub stresses: Vec<f64>,
    /// [`StrokePlan::guide`] of the clip, `[frames, 8]`.
    pub guide: Array2<f32>,
    /// [`StrokePlan::pulses`] of the clip, `[frames, 3]`.
    pub pulses: Array2<f32>,
}

impl Gestures {
    pub(crate) fn new(plan: StrokePlan, stresses: Vec<f64>, frames: usize) -> Self {
        Self { guide: plan.guide(frames), pulses: plan.pulses(frames), plan, stresses }
    }
}

/// All clips with the statistics of the training ones.
pub struct Clips {
    /// The clips, motion and speech normalised.
    pub clips: Vec<Clip>,
    /// What they were normalised with.
    pub statistics: Statistics,
    /// Clips that nothing can be learned from, by name, and why.
    pub left_out: Vec<(String, &'static str)>,
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
        let (mut clips, mut left_out) = (Vec::new(), Vec::new());
        for (number, clip) in prepared.into_iter().enumerate() {
            if clip.track.frames() < FEWEST_FRAMES {
                left_out.push((clip.name, "it is shorter than a second"));
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
                    gestures: None,
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
            let track = as_learned(&clip.track, exact)?;
            let Ok(rest) = RestPose::of(&track) else {
                left_out.push((clip.name, "no face is in view"));
                continue;
            };
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
                gestures: None,
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
        let statistics = known.unwrap_or_else(|| measure(&training, config));
        for clip in &mut clips {
            clip.streams.face = statistics.motion[0].apply(&clip.streams.face);
            clip.streams.body = statistics.motion[1].apply(&clip.streams.body);
            clip.speech = clip.speech.as_ref().map(|s| statistics.speech.apply(s));
        }
        Ok(Self { clips, statistics, left_out })
    }

    /// Brings all speech nearer to what sampling hears, where a recording is normalised by its own statistics as well: every
    /// second training clip as if it were `LONG` times as long, because clips are short and recordings may not be.
    pub fn adapt_speech(&mut self) {
        let known = Normaliser::identity(self.statistics.speech.dimensions());
        for (number, clip) in self.clips.iter_mut().enumerate() {
            let long = clip.split == Split::Train && number % 2 == 1;
            let longer = if long { LONG } else { 1.0 };
            clip.speech = clip.speech.as_ref().map(|s| adapted_features(s, &known, longer));
        }
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

/// A track as it is learned from. What is known exactly has neither gaps nor jitter, and smoothing would only dull its strokes;
/// what was found is smoothed more lightly than for looking at: strokes and lip closures must stay.
pub(crate) fn as_learned(track: &KeypointTrack, exact: bool) -> Result<KeypointTrack> {
    if exact {
        return Ok(track.clone());
    }
    Ok(track.gaps_filled(&GapConfig::default()).smoothed(&SmoothingConfig {
        window: 7,
        outer_lips_window: 5,
        inner_lips_window: 3,
        ..SmoothingConfig::default()
    })?)
}

fn measure(clips: &[&Clip], config: &ContextualConfig) -> Statistics {
    let of = |stream: Stream| {
        let parts: Vec<_> = clips
            .iter()
            .map(|c| match stream {
                Stream::Face => (&c.streams.face, &c.streams.face_seen),
                Stream::Body => (&c.streams.body, &c.streams.body_seen),
            })
            .collect();
        Normaliser::measure(&parts, config.layout.dimensions(stream))
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
        speech: Normaliser::measure(&parts, config.speech_features()),
        hands,
    }
}

/// Whether a clip's body may be learned.
#[must_use]
pub fn has_body(clip: &Clip) -> bool {
    clip.streams.body_seen.iter().any(|&v| v > 0.0)
}
