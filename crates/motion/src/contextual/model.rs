//! The trained model: networks, statistics, and sampling over recordings of any length.

use super::decoding::{Window, fill};
use super::{
    ALIGNMENT, ARM_NUMBERS, ContextualConfig, Networks, RawWindow, Representation, SPEECH_LEARNED,
    SPEECH_LOW_LEVEL, STAGES, STROKES, Statistics, Stream, StrokePlan, StrokeShaper, VARIETY, WINDOW_FRAMES,
    WINDOW_STRIDE, fill_raw, pick, speech_features,
};
use crate::lips::{LOUDNESS_SHARE, follow_loudness};
use crate::{Motion, MotionError, MotionModel, Result, SampleOptions, SampleRequest, Streams};
use crate::{RestPose, to_keypoints, to_streams};
use ndarray::{Array2, s};
use orator_body::KeypointTrack;
use orator_body::smooth::SmoothingConfig;
use orator_nn::{Checkpoint, NnError, Randomness, assign, from_array2, mix, to_array2, weight_file};
use orator_speech::Speech;
use std::collections::BTreeMap;
use std::path::Path;
use tch::{Device, IndexOp, Kind, Tensor};

/// What the weight file says it is.
const KIND: &str = "contextual-motion";
/// Mixed into the take's seed for the plan of strokes: windows use small numbers.
const PLAN_SEED: u64 = 0x5354_524f_4b45;
/// Less likely than this a stroke is never; it keeps shares of nothing from being no numbers.
const LEAST_LIKELY: f64 = 1e-6;
/// Decoded tokens jump a little from frame to frame; hands and lips must stay quick.
const SMOOTHING: SmoothingConfig =
    SmoothingConfig { order: 2, window: 7, outer_lips_window: 5, inner_lips_window: 3, threshold: 0.0 };
/// Frames over which kept motion is blended into new motion. METHODS 2.5 has 3 for editing; what tokens lose of a hand's place
/// then shows as a jerk, so it is as many here as windows have in common.
const BLEND_FRAMES: usize = WINDOW_STRIDE;

/// The contextual system's motion half, ready to sample.
pub struct ContextualModel {
    config: ContextualConfig,
    statistics: Statistics,
    networks: Networks,
    metadata: BTreeMap<String, String>,
    device: Device,
}

impl ContextualModel {
    /// Joins what training made.
    #[must_use]
    pub fn new(config: ContextualConfig, statistics: Statistics, networks: Networks) -> Self {
        let device = networks.stores[0].device();
        Self { config, statistics, networks, metadata: BTreeMap::new(), device }
    }

    /// Reads a weight file written by [`ContextualModel::checkpoint`].
    ///
    /// # Errors
    /// When the file is damaged, is of another kind, or does not fit its own configuration.
    pub fn load(path: &Path, device: Device) -> Result<Self> {
        let checkpoint = Checkpoint::read(path)?;
        let mismatch = |what: String| NnError::Mismatch { what: format!("{}: {what}", path.display()) };
        let config: ContextualConfig =
            weight_file::config_of(&checkpoint, KIND).map_err(|error| error.in_file(path))?;
        config.check().map_err(|what| mismatch(format!("configuration: {what}")))?;
        let networks = Networks::new(&config, device);
        if let Some(alignment) = &networks.alignment {
            assign(&alignment.store, &checkpoint.tensors, &format!("{ALIGNMENT}."))?;
        }
        if let Some(strokes) = &networks.strokes {
            assign(&strokes.store, &checkpoint.tensors, &format!("{STROKES}."))?;
        }
        for (store, stage) in networks.stores.iter().zip(STAGES) {
            assign(store, &checkpoint.tensors, &format!("{stage}."))?;
        }
        let statistics = Statistics::from_tensors(&checkpoint.tensors, &config)?;
        Ok(Self { config, statistics, networks, metadata: checkpoint.metadata, device })
    }

    /// Everything as one weight file; `notes` (what it was trained on, for how long) go into the metadata.
    ///
    /// # Errors
    /// Never in practice: when the configuration cannot be written as JSON.
    pub fn checkpoint(&self, notes: &BTreeMap<String, String>) -> Result<Checkpoint> {
        let mut tensors: BTreeMap<String, Tensor> = self.statistics.tensors().into_iter().collect();
        let aligned = self.networks.alignment.iter().map(|a| (&a.store, ALIGNMENT));
        let strokes = self.networks.strokes.iter().map(|s| (&s.store, STROKES));
        for (store, stage) in self.networks.stores.iter().zip(STAGES).chain(aligned).chain(strokes) {
            tensors
                .extend(orator_nn::parameters(store).into_iter().map(|(n, t)| (format!("{stage}.{n}"), t)));
        }
        Ok(weight_file::checkpoint_of(KIND, &self.config, tensors, notes)?)
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &ContextualConfig {
        &self.config
    }

    /// Text that came with the weights: kind, configuration, what they were trained on.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// The statistics.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// The networks.
    #[must_use]
    pub fn networks(&self) -> &Networks {
        &self.networks
    }

    /// Normalised speech features `[frames, 163]`, or more where the weights listen to the text.
    #[must_use]
    pub fn speech_features(&self, speech: &Speech) -> Array2<f32> {
        speech_features(speech, &self.statistics.speech)
    }

    /// Refuses speech that has features of its text where the weights know none, and the other way round.
    pub(super) fn check_text(&self, speech: &Speech) -> Result<()> {
        let (has, wanted) = (speech.text.as_ref().map_or(0, Array2::ncols), self.config.text_features);
        if has == wanted {
            return Ok(());
        }
        Err(MotionError::Request {
            what: format!("the weights want {wanted} features of the text a frame, and the speech has {has}"),
            hint: "use the text model that the weights were trained with, or weights without text_features"
                .into(),
        })
    }

    /// Numbers of the speakers whose styles face and body take.
    fn speaker_numbers(&self, name: Option<&str>) -> Result<[i64; 2]> {
        let number = |name: &str| -> Result<i64> {
            if name.is_empty() {
                return Ok(self.config.speakers.len() as i64);
            }
            let found = self.config.speakers.iter().position(|s| s == name);
            found.map(|i| i as i64).ok_or_else(|| MotionError::Request {
                what: format!("no speaker is called {name}"),
                hint: format!("the model knows {}", self.config.speakers.join(", ")),
            })
        };
        let body = number(name.unwrap_or(&self.config.default_speaker))?;
        let face = &self.config.default_face_speaker;
        Ok([if name.is_none() && !face.is_empty() { number(face)? } else { body }, body])
    }

    /// When the hands are to stroke in a take on normalised speech `[1, frames, 163]`; `None` where these weights plan nothing,
    /// or nothing is to be planned.
    fn plan(&self, speech: &Tensor, speaker: i64, options: &SampleOptions) -> Result<Option<StrokePlan>> {
        let Some(predictor) = self.networks.strokes.as_ref().filter(|_| options.planned_strokes) else {
            return Ok(None);
        };
        // When, is what speech says to nobody in particular; a speaker's own label was learned with one voice, and on others
        // foretells half as many. With which hands, is the speaker's.
        let nobody = self.config.speakers.len() as i64;
        let speakers = Tensor::from_slice(&[nobody, speaker]).to_device(self.device);
        let likely = tch::no_grad(|| {
            let both = predictor.forward(&speech.expand([2, -1, -1], false), &speakers, false).sigmoid();
            let sums = both.sum_dim_intlist([-1i64].as_slice(), true, Kind::Float);
            both.i(1) * (sums.i(0) / sums.i(1).clamp_min(LEAST_LIKELY))
        });
        let mut random = Randomness::new(mix(options.seed, PLAN_SEED));
        Ok(Some(pick(&to_array2(&likely)?, None, VARIETY, &mut random)))
    }

    /// Tokens `[frames][layers]` of both streams of a whole clip.
    fn tokens(&self, streams: [&Array2<f32>; 2]) -> Result<[Vec<Vec<i64>>; 2]> {
        let of = |s: usize| -> Result<Vec<Vec<i64>>> {
            let motion =
                from_array2(&self.statistics.motion[s].apply(streams[s])).unsqueeze(0).to_device(self.device);
            let ids =
                tch::no_grad(|| self.networks.tokenizers[s].encode(&motion)).i(0).to_device(Device::Cpu);
            let layers = ids.size()[1] as usize;
            let flat = Vec::<i64>::try_from(&ids.reshape([-1]))?;
            Ok(flat.chunks(layers).map(<[i64]>::to_vec).collect())
        };
        Ok([of(0)?, of(1)?])
    }

    /// Both streams, in real units, from the first `used` layers of a whole clip's tokens.
    fn motion_of(&self, ids: &[Vec<Vec<i64>>; 2], used: Option<usize>) -> Result<[Array2<f32>; 2]> {
        let of = |s: usize| -> Result<Array2<f32>> {
            let layers = ids[s].first().map_or(0, Vec::len) as i64;
            let used = used.unwrap_or(usize::MAX).clamp(1, (layers as usize).max(1));
            let flat: Vec<i64> = ids[s].iter().flatten().copied().collect();
            let ids = Tensor::from_slice(&flat).view([1, -1, layers]).to_device(self.device);
            let tokenizer = &self.networks.tokenizers[s];
            let codes = tokenizer.quantiser().decode(&ids, used);
            let motion = tch::no_grad(|| tokenizer.decode_codes(&codes)).i(0);
            Ok(self.statistics.motion[s].undo(&to_array2(&motion)?))
        };
        Ok([of(0)?, of(1)?])
    }

    /// Both streams `[length, dimensions]`, in real units, by tokens window by window.
    fn token_take(
        &self,
        take: &Take<'_>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<[Array2<f32>; 2]> {
        let length = take.length();
        let still = [Stream::Face, Stream::Body].map(|s| Array2::zeros((WINDOW_FRAMES, s.dimensions())));
        let resting = self.tokens([&still[0], &still[1]])?;
        let mut ids = [0, 1].map(|s: usize| vec![resting[s][WINDOW_FRAMES / 2].clone(); length]);
        let mut known = vec![false; length];
        if let Some((streams, keep)) = &take.known {
            let tokens = self.tokens([&streams.face, &streams.body])?;
            for f in (0..take.frames).filter(|&f| keep[f]) {
                known[f] = true;
                for s in 0..2 {
                    ids[s][f].clone_from(&tokens[s][f]);
                }
            }
        }
        progress(0, take.frames);
        for (number, start) in window_starts(length).into_iter().enumerate() {
            let end = start + WINDOW_FRAMES;
            if !known[start..end].iter().all(|k| *k) {
                let source = [0, 1].map(|s: usize| {
                    if start == 0 { resting[s][WINDOW_FRAMES / 2][0] } else { ids[s][start - 1][0] }
                });
                let told = take.strokes.as_ref().map(|s| s.narrow(1, start as i64, WINDOW_FRAMES as i64));
                let mut window = Window {
                    strokes: told.as_ref(),
                    speech: &take.features.narrow(1, start as i64, WINDOW_FRAMES as i64),
                    speakers: take.speakers,
                    ids: [0, 1].map(|s: usize| ids[s][start..end].to_vec()),
                    known: [known[start..end].to_vec(), known[start..end].to_vec()],
                    source,
                };
                let mut random = Randomness::new(mix(take.options.seed, number as u64));
                fill(&self.networks, &mut window, take.options, &mut random);
                for (whole, part) in ids.iter_mut().zip(window.ids) {
                    whole[start..end].clone_from_slice(&part);
                }
                known[start..end].fill(true);
            }
            progress(end.min(take.frames), take.frames);
        }
        let [face, mut body] = self.motion_of(&ids, take.options.layers)?;
        if let (Some(guide), Some(predictor)) = (&take.strokes, &self.networks.strokes) {
            self.shape_arms(&mut body, &predictor.shaper, guide, take.speakers[1])?;
        }
        Ok([face, body])
    }

    /// Lets the arms of body motion `[length, 96]` stroke as `guide` `[1, length, 8]` tells.
    fn shape_arms(
        &self,
        body: &mut Array2<f32>,
        shaper: &StrokeShaper,
        guide: &Tensor,
        speaker: i64,
    ) -> Result<()> {
        let normaliser = &self.statistics.motion[1];
        let mut normalised = normaliser.apply(body);
        let arms = from_array2(&normalised).narrow(1, 0, ARM_NUMBERS).unsqueeze(0).to_device(self.device);
        let speaker = Tensor::from_slice(&[speaker]).to_device(self.device);
        let shaped = tch::no_grad(|| shaper.forward(&shaper.slow(&arms), guide, &speaker, false)).i(0);
        normalised.slice_mut(s![.., ..ARM_NUMBERS as usize]).assign(&to_array2(&shaped)?);
        *body = normaliser.undo(&normalised);
        Ok(())
    }

    /// The same without tokens (see [`super::RawWindow`]).
    fn raw_take(&self, take: &Take<'_>, progress: &mut dyn FnMut(usize, usize)) -> Result<[Array2<f32>; 2]> {
        let length = take.length();
        let normaliser = &self.statistics.motion;
        let rest = [Stream::Face, Stream::Body]
            .map(|s| normaliser[s as usize].apply(&Array2::zeros((1, s.dimensions()))).row(0).to_owned());
        let mut motion =
            rest.each_ref().map(|row| Array2::from_shape_fn((length, row.len()), |(_, c)| row[c]));
        let mut known = vec![false; length];
        if let Some((streams, keep)) = &take.known {
            let given = [normaliser[0].apply(&streams.face), normaliser[1].apply(&streams.body)];
            for f in (0..take.frames).filter(|&f| keep[f]) {
                known[f] = true;
                for s in 0..2 {
                    motion[s].row_mut(f).assign(&given[s].row(f));
                }
            }
        }
        progress(0, take.frames);
        for (number, start) in window_starts(length).into_iter().enumerate() {
            let end = start + WINDOW_FRAMES;
            let tensor = |a: Array2<f32>| from_array2(&a).to_device(self.device);
            let mut window = RawWindow {
                speech: &take.features.narrow(1, start as i64, WINDOW_FRAMES as i64),
                speakers: take.speakers,
                motion: motion
                    .each_ref()
                    .map(|m| tensor(m.slice(s![start..end, ..]).to_owned()).unsqueeze(0)),
                known: &known[start..end],
                source: [0, 1].map(|s: usize| {
                    let row = if start == 0 { rest[s].view() } else { motion[s].row(start - 1) };
                    tensor(row.to_owned().insert_axis(ndarray::Axis(0)))
                }),
            };
            let mut random = Randomness::new(mix(take.options.seed, number as u64));
            fill_raw(&self.networks, &mut window, take.options, &mut random);
            for (whole, part) in motion.iter_mut().zip(&window.motion) {
                whole.slice_mut(s![start..end, ..]).assign(&to_array2(&part.i(0))?);
            }
            known[start..end].fill(true);
            progress(end.min(take.frames), take.frames);
        }
        Ok([normaliser[0].undo(&motion[0]), normaliser[1].undo(&motion[1])])
    }
}

/// A request as the networks see it.
struct Take<'a> {
    /// Normalised speech `[1, length, features]`.
    features: &'a Tensor,
    /// Frames asked for.
    frames: usize,
    speakers: [i64; 2],
    /// What the plan of strokes tells, `[1, length, 8]`.
    strokes: Option<Tensor>,
    /// Motion to keep, and in which frames.
    known: Option<(Streams, &'a [bool])>,
    options: &'a SampleOptions,
}

impl Take<'_> {
    /// Frames that are made: at least a window.
    fn length(&self) -> usize {
        self.frames.max(WINDOW_FRAMES)
    }
}

/// First frames of the windows over `frames`: each keeps [`WINDOW_STRIDE`] frames of the one before it, the last ends
/// where the recording ends and keeps more.
fn window_starts(frames: usize) -> Vec<usize> {
    let mut starts = vec![0];
    let mut start = 0;
    while start + WINDOW_FRAMES < frames {
        start = (start + WINDOW_FRAMES - WINDOW_STRIDE).min(frames - WINDOW_FRAMES);
        starts.push(start);
    }
    starts
}

impl MotionModel for ContextualModel {
    fn name(&self) -> &'static str {
        "contextual"
    }

    fn representation(&self) -> &str {
        orator_body::KEYPOINTS
    }

    fn text_features(&self) -> usize {
        self.config.text_features
    }

    fn speakers(&self) -> &[String] {
        &self.config.speakers
    }

    fn planned_strokes(&self, request: &SampleRequest<'_>) -> Result<Option<[Vec<f64>; 2]>> {
        let features = from_array2(&self.speech_features(request.speech)).unsqueeze(0).to_device(self.device);
        let speaker = self.speaker_numbers(request.speaker)?[1];
        Ok(self.plan(&features, speaker, &request.options)?.map(|plan| plan.hands))
    }

    fn represented(&self, track: &KeypointTrack) -> Result<Option<Motion>> {
        let whole = matches!(self.config.representation, Representation::Tokens | Representation::Distilled);
        let seen = (0..track.frames()).max_by(|&a, &b| {
            let sum = |f: usize| track.confidence().row(f).sum();
            sum(a).total_cmp(&sum(b))
        });
        let Some(reference) = seen.and_then(|f| track.frame(f)).filter(|_| whole) else { return Ok(None) };
        let rest = RestPose::of(track)?;
        let streams = to_streams(track, &rest)?;
        let ids = self.tokens([&streams.face, &streams.body])?;
        let [face, body] = self.motion_of(&ids, None)?;
        let made = to_keypoints(&face, &body, &rest, &reference, &self.statistics.hands)?;
        Ok(Some(Motion::Keypoints(made.smoothed(&SMOOTHING)?)))
    }

    fn sample(&self, request: &SampleRequest<'_>, progress: &mut dyn FnMut(usize, usize)) -> Result<Motion> {
        let frames = request.speech.frames;
        let invalid = |what: String, hint: &str| MotionError::Request { what, hint: hint.into() };
        if frames == 0 {
            return Err(invalid("the recording is shorter than one frame".into(), "use a longer recording"));
        }
        if request.speech.learned.ncols() != SPEECH_LEARNED
            || request.speech.low_level.ncols() != SPEECH_LOW_LEVEL
        {
            return Err(invalid(
                format!(
                    "the model needs {SPEECH_LEARNED} learned and {SPEECH_LOW_LEVEL} low-level speech features a frame, not {} and {}",
                    request.speech.learned.ncols(),
                    request.speech.low_level.ncols()
                ),
                "use the speech encoder that the weights were trained with",
            ));
        }
        if !self.config.layout.is_keypoints() {
            return Err(invalid(
                format!(
                    "these weights make motion of the layout {}, which is no keypoints",
                    self.config.layout.name
                ),
                "use weights that were trained on keypoints",
            ));
        }
        self.check_text(request.speech)?;
        let speakers = self.speaker_numbers(request.speaker)?;
        let rest = RestPose::of(request.reference)?;
        // Positions past the end of a recording shorter than a window hold average speech and are cut off again.
        let length = frames.max(WINDOW_FRAMES);
        let mut features = Array2::zeros((length, self.config.speech_features()));
        features.slice_mut(s![..frames, ..]).assign(&self.speech_features(request.speech));
        let features = from_array2(&features).unsqueeze(0).to_device(self.device);

        let known = match &request.known {
            None => None,
            Some(given) if given.track.frames() != frames || given.keep.len() != frames => {
                return Err(invalid(
                    format!("the known motion has {} frames and the speech {frames}", given.track.frames()),
                    "cut or extend one to the other's length",
                ));
            }
            Some(given) => Some((to_streams(given.track, &rest)?, given.keep)),
        };
        let plan = self.plan(&features.narrow(1, 0, frames as i64), speakers[1], &request.options)?;
        let strokes = plan.map(|plan| from_array2(&plan.guide(length)).unsqueeze(0).to_device(self.device));
        let take = Take { features: &features, frames, speakers, strokes, known, options: &request.options };
        let [face, body] = match self.config.representation {
            Representation::Raw => self.raw_take(&take, progress)?,
            Representation::Tokens | Representation::Distilled => self.token_take(&take, progress)?,
        };
        let cut = |a: Array2<f32>| a.slice_move(s![..frames, ..]);
        let mut face = cut(face);
        let energy = orator_speech::energy(&request.speech.waveform_16k, frames);
        follow_loudness(&mut face, &energy, LOUDNESS_SHARE);
        let mut track = to_keypoints(&face, &cut(body), &rest, request.reference, &self.statistics.hands)?
            .smoothed(&SMOOTHING)?;
        if let Some(given) = &request.known {
            keep_given(&mut track, given.track, given.keep);
        }
        Ok(Motion::Keypoints(track))
    }
}

/// Puts kept frames back exactly and blends new frames into them over [`BLEND_FRAMES`].
fn keep_given(track: &mut KeypointTrack, given: &KeypointTrack, keep: &[bool]) {
    let frames = track.frames();
    let (points, confidence) = track.parts_mut();
    for f in 0..frames {
        // Nearest kept frame within reach decides how much of its offset to the new motion remains.
        if keep[f] {
            continue;
        }
        let near = (1..=BLEND_FRAMES).find_map(|d| {
            let before = f.checked_sub(d).filter(|&k| keep[k]);
            let after = Some(f + d).filter(|&k| k < frames && keep[k]);
            before.or(after).map(|k| (k, d))
        });
        if let Some((k, d)) = near {
            let near = 1.0 - d as f32 / (BLEND_FRAMES + 1) as f32;
            // Slow at both ends: 3x² − 2x³.
            let share = near * near * (3.0 - 2.0 * near);
            let offset = &given.points().slice(s![k, .., ..]) - &points.slice(s![k, .., ..]);
            let mut here = points.slice_mut(s![f, .., ..]);
            here.scaled_add(share, &offset);
        }
    }
    for f in (0..frames).filter(|&f| keep[f]) {
        points.slice_mut(s![f, .., ..]).assign(&given.points().slice(s![f, .., ..]));
        confidence.slice_mut(s![f, ..]).assign(&given.confidence().slice(s![f, ..]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_the_recording_and_overlap() {
        for frames in [80, 81, 150, 151, 1000, 7503] {
            let starts = window_starts(frames);
            assert_eq!(starts[0], 0);
            assert_eq!(starts.last().unwrap() + WINDOW_FRAMES, frames);
            assert!(starts.windows(2).all(|w| w[1] > w[0] && w[1] - w[0] <= WINDOW_FRAMES - WINDOW_STRIDE));
        }
    }
}
