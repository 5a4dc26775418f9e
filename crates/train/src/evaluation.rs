//! Motion models on held-out clips: do lips follow the voice, and do strokes fall on stressed syllables? Each figure stands beside
//! what another clip's motion reaches on the same sound, which is what a model that does not listen would get.

mod screening;
mod strokes;

use self::screening::Screening;
use self::strokes::StrokeFigures;
use crate::gestures::triggered;
use crate::phrases::sound_of;
use crate::picture::{HeldOutClips, load_frames};
use crate::{ClipSource, Event, PreparedClip, Result, TrainError, prepare};
use ndarray::{Array2, Axis, concatenate, s};
use orator_body::KeypointTrack;
use orator_corpus::{ClipDescription, Corpus};
use orator_metrics::ProtocolHash;
use orator_metrics::frechet::FrechetStatistics;
use orator_metrics::lip_agreement::{LipConfig, LipReport};
use orator_metrics::strokes::{Detector, TOLERANCE};
use orator_motion::contextual::StrokePlan;
use orator_motion::{Motion, MotionModel, RestPose, SampleOptions, SampleRequest, to_streams};
use orator_render::Renderer;
use orator_speech::{
    ENCODER_RATE, ENCODER_SAMPLES_PER_FRAME, Speech, SpeechEncoder, TextListener, WakeHubert,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A point counts as seen from this confidence on.
const SEEN: f32 = 0.5;
/// Numbers of the body stream that are arms: shoulders, elbows, wrists.
const ARM_NUMBERS: usize = 12;

/// Which clips are looked at, and how they are sampled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvaluationSettings {
    /// Most held-out clips of each kind, spread evenly. Default 20.
    pub clips: usize,
    /// Whose style; `None` takes the model's default.
    pub speaker: Option<String>,
    /// The take and how it is drawn.
    #[serde(serialize_with = "in_words")]
    pub options: SampleOptions,
}

/// Options are no data that anybody reads back: their words do.
fn in_words<S: serde::Serializer>(options: &SampleOptions, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(&format!("{options:?}"))
}

impl Default for EvaluationSettings {
    fn default() -> Self {
        Self { clips: 20, speaker: None, options: SampleOptions::default() }
    }
}

/// A mean over clips: of the model's motion, of another clip's motion on the same sound, of the true motion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Beside {
    /// The model's motion for this sound.
    pub own: Option<f64>,
    /// The model's motion for the next clip's sound: does not listen to this one.
    pub other: Option<f64>,
    /// The person's own motion.
    pub truth: Option<f64>,
    /// The person's own motion as far as the model's representation can hold it.
    pub represented: Option<f64>,
}

/// The figures of one kind of clips.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct KindReport {
    /// Clips looked at.
    pub clips: usize,
    /// Their length in seconds.
    pub seconds: f64,
    /// Correlation of the lips' opening with the loudness, mean over clips.
    pub lips: Beside,
    /// The same with the sound moved round within the clip.
    pub lips_shifted: Beside,
    /// Share of the beats (known triggers) with a stroke of their hand within 120 ms; staged clips only.
    pub beats_answered: Beside,
    /// Share of all strokes within 120 ms of a stressed syllable; staged clips only.
    pub strokes_on_stress: Beside,
    /// The latter for strokes moved round at random.
    pub strokes_on_stress_by_chance: Beside,
    /// Strokes a minute.
    pub strokes_a_minute: Beside,
    /// The share on a stressed syllable of the faster half of each hand's strokes: preparations and retractions are slower.
    pub fast_strokes_on_stress: Beside,
    /// The same for strokes moved round at random.
    pub fast_strokes_on_stress_by_chance: Beside,
    /// Planned strokes a minute: the true motion's are its gestures.
    pub planned_a_minute: Beside,
    /// Share of the planned strokes within 120 ms of a stressed syllable, whatever the hands make of them.
    pub planned_on_stress: Beside,
    /// Share of the planned strokes that their hand makes within 120 ms.
    pub planned_made: Beside,
    /// Share of the planned strokes that are made *and* whose made stroke is within 120 ms of a stressed syllable. The stroke made
    /// is the detected one of that hand that is nearest, if it is within 200 ms; one that is not made counts as missed.
    pub beats_on_syllable: Beside,
    /// The same for made strokes moved round at random.
    pub beats_on_syllable_by_chance: Beside,
    /// Mean distance of elbows and wrists from the true motion's, as offsets from rest, in shoulder widths.
    pub arm_error: Beside,
    /// Fréchet distance to the true motion of the arms' offsets from rest and of their speeds (shoulder widths; and a second),
    /// each frame a sample: how alike the movements are as a whole, whenever they happen.
    pub arm_distance: Beside,
}

/// What an evaluation found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MotionReport {
    /// How it was measured.
    pub settings: EvaluationSettings,
    /// Of settings and detectors.
    pub protocol: ProtocolHash,
    /// `filmed` and `staged`.
    pub kinds: BTreeMap<&'static str, KindReport>,
}

/// One clip with what the model makes of its sound.
struct Sample {
    truth: KeypointTrack,
    made: KeypointTrack,
    represented: Option<KeypointTrack>,
    energy: Vec<f32>,
    description: Option<ClipDescription>,
    /// The strokes that the model meant to make.
    plan: Option<StrokePlan>,
    /// The strokes of the true gestures.
    true_plan: Option<StrokePlan>,
}

/// Samples the model on held-out clips and measures. With a renderer the motion is drawn from each clip's first frame, and what is
/// measured is the person found again in the pictures; clips without pictures are passed over then.
///
/// # Errors
/// When clips cannot be prepared or read, or the model cannot be sampled.
pub fn evaluate(
    model: &dyn MotionModel,
    renderer: Option<&dyn Renderer>,
    held_out: &HeldOutClips,
    corpus: &Path,
    folder: &Path,
    settings: &EvaluationSettings,
    tell: &mut dyn FnMut(Event),
) -> Result<MotionReport> {
    let spoken: Vec<ClipSource> = held_out.clips.iter().filter(|s| s.speech).cloned().collect();
    if spoken.is_empty() {
        return Err(TrainError::Corpus {
            what: "the configuration holds no clip with speech out".into(),
            hint: "mark some clips with `split: held-out`".into(),
        });
    }
    let clips = prepare(&spoken, corpus, folder, tell)?;
    let mut screening = match renderer {
        Some(renderer) => {
            let form = (held_out.side, held_out.every);
            Some(Screening::new(renderer, load_frames(&spoken, form, corpus, folder, tell)?)?)
        }
        None => None,
    };
    let mut encoder = WakeHubert::load()?;
    let listener = (model.text_features() > 0).then(|| TextListener::load(None)).transpose()?;
    let mut opened = BTreeMap::new();
    let mut kinds = BTreeMap::new();
    for (kind, exact) in [("filmed", false), ("staged", true)] {
        let of_kind: Vec<&PreparedClip> =
            clips.iter().filter(|c| c.exact == exact && c.speech.is_some() && c.motion.is_none()).collect();
        let step = of_kind.len().div_ceil(settings.clips.max(1)).max(1);
        let chosen: Vec<&PreparedClip> = of_kind.into_iter().step_by(step).collect();
        let mut samples = Vec::with_capacity(chosen.len());
        for (done, clip) in chosen.iter().enumerate() {
            tell(Event::Preparing { done, total: chosen.len(), clip: format!("{} (sampled)", clip.name) });
            let ears = (&mut encoder as &mut dyn SpeechEncoder, listener.as_ref());
            samples.extend(sample(model, screening.as_mut(), clip, settings, ears, &mut opened)?);
        }
        if !samples.is_empty() {
            kinds.insert(kind, report(&samples)?);
        }
    }
    let protocol =
        ProtocolHash::of("motion", &(settings, Detector::default(), LipConfig::default(), TOLERANCE));
    Ok(MotionReport { settings: settings.clone(), protocol, kinds })
}

/// The model's motion for a clip's sound; `None` where the clip shows no face to begin from.
fn sample(
    model: &dyn MotionModel,
    screening: Option<&mut Screening<'_>>,
    clip: &PreparedClip,
    settings: &EvaluationSettings,
    (encoder, listener): (&mut dyn SpeechEncoder, Option<&TextListener>),
    opened: &mut BTreeMap<PathBuf, Corpus>,
) -> Result<Option<Sample>> {
    let face = orator_body::layout::FACE.start;
    let first = (0..clip.track.frames()).find(|&f| clip.track.confidence()[[f, face]] >= SEEN);
    let Some(reference) = first.and_then(|f| clip.track.frame(f)) else { return Ok(None) };
    let mut drawn = None;
    if let Some(screening) = screening {
        let Some(screen) = screening.open(&clip.name)? else { return Ok(None) };
        drawn = Some((screening, screen));
    }
    let reference = drawn.as_ref().map_or(reference, |(_, screen)| screen.portrait.keypoints.clone());
    let own = drawn.as_ref().and_then(|(_, screen)| Some(screen.scene.own_motion()?.to_owned()));
    let frames = clip.track.frames();
    let (sound, description) = sound_of(&clip.place, opened)?;
    let mut waveform = sound.resampled(ENCODER_RATE)?.samples;
    waveform.resize(frames * ENCODER_SAMPLES_PER_FRAME, 0.0);
    let energy = orator_speech::energy(&waveform, frames);
    let speech = Speech::from_waveform(waveform, encoder, frames, &mut |_| {})?;
    let speech = match listener {
        Some(listener) => listener.add_to(speech, &sound)?,
        None => speech,
    };
    let request = SampleRequest {
        speech: &speech,
        reference: &reference,
        latent: own.as_ref().map(|row| row.view()),
        known: None,
        speaker: settings.speaker.as_deref(),
        options: settings.options.clone(),
    };
    let plan = model.planned_strokes(&request)?.map(|hands| StrokePlan { hands });
    let made = model.sample(&request, &mut |_, _| {})?;
    let made = match drawn {
        Some((screening, mut screen)) => screening.seen(&mut screen, &made)?,
        None => made.keypoints()?,
    };
    let seconds = frames as f64 / clip.track.rate().as_f64();
    let true_plan = description.as_ref().map(|d| triggered(d, seconds));
    let represented = model.represented(&clip.track)?.map(Motion::keypoints).transpose()?;
    Ok(Some(Sample { truth: clip.track.clone(), made, represented, energy, description, plan, true_plan }))
}

/// Adds up values that may be missing.
#[derive(Clone, Copy, Default)]
struct Mean {
    sum: f64,
    weight: f64,
}

impl Mean {
    fn add(&mut self, value: Option<f64>, weight: f64) {
        if let Some(value) = value {
            self.sum += value * weight;
            self.weight += weight;
        }
    }

    /// `part` of `whole`.
    fn share(&mut self, part: f64, whole: f64) {
        self.add((whole > 0.0).then(|| part / whole), whole);
    }

    fn value(self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }
}

/// The figures of one kind of motion.
#[derive(Default)]
struct Figures {
    lips: Mean,
    lips_shifted: Mean,
    arm_error: Mean,
    strokes: StrokeFigures,
    /// Arms of all clips, `[frames, 24]`.
    arms: Vec<Array2<f64>>,
}

impl Figures {
    /// Adds motion `track`, whose strokes were planned, on the sound of `sample`.
    fn add(&mut self, track: &KeypointTrack, plan: Option<&StrokePlan>, sample: &Sample) -> Result<()> {
        let frames = track.frames().min(sample.energy.len());
        let track = track.window(0..frames);
        let lips = LipReport::of(&track, &sample.energy[..frames], &LipConfig::default())?;
        self.lips.add(lips.correlation, 1.0);
        self.lips_shifted.add(lips.shifted, 1.0);
        if let Some(description) = &sample.description {
            self.strokes.add(&track, plan, description);
        }
        if let (Some(made), Some(truth)) = (arms(&track)?, arms(&sample.truth)?) {
            let frames = made.nrows().min(truth.nrows());
            let apart = &made.slice(s![..frames, ..ARM_NUMBERS]) - &truth.slice(s![..frames, ..ARM_NUMBERS]);
            let distances: Vec<f64> =
                apart.exact_chunks((1, 2)).into_iter().map(|d| d[[0, 0]].hypot(d[[0, 1]])).collect();
            // Shoulders hardly move.
            let moving = distances.iter().enumerate().filter(|(i, _)| i % 3 > 0).map(|(_, d)| d);
            let count = (distances.len() / 3 * 2) as f64;
            self.arm_error.share(moving.sum(), count);
            self.arms.push(made);
        }
        Ok(())
    }

    /// Fréchet distance of the arms to those of `truth`.
    fn arm_distance(&self, truth: &Self) -> Result<Option<f64>> {
        let statistics = |figures: &Self| -> Result<Option<FrechetStatistics>> {
            let views: Vec<_> = figures.arms.iter().map(|arms| arms.view()).collect();
            match concatenate(Axis(0), &views) {
                Ok(all) if all.nrows() > 1 => Ok(Some(FrechetStatistics::of(all.view())?)),
                _ => Ok(None),
            }
        };
        let both = (statistics(self)?, statistics(truth)?);
        let (Some(own), Some(other)) = both else { return Ok(None) };
        Ok(Some(own.distance(&other)?))
    }
}

/// Offsets of the arms from rest in shoulder widths, and their speeds a second, `[frames, 24]`; `None` where no arms or no face are
/// in view.
fn arms(track: &KeypointTrack) -> Result<Option<Array2<f64>>> {
    let Ok(rest) = RestPose::of(track) else { return Ok(None) };
    let streams = to_streams(track, &rest)?;
    if track.frames() < 2 || streams.body_seen.slice(s![.., ..ARM_NUMBERS]).iter().all(|&seen| seen == 0.0) {
        return Ok(None);
    }
    let places = streams.body.slice(s![.., ..ARM_NUMBERS]).mapv(f64::from);
    let rate = track.rate().as_f64();
    let speeds = (&places.slice(s![1.., ..]) - &places.slice(s![..-1, ..])) * rate;
    Ok(concatenate(Axis(1), &[places.slice(s![1.., ..]), speeds.view()]).ok())
}

fn report(samples: &[Sample]) -> Result<KindReport> {
    let mut figures: [Figures; 4] = Default::default();
    let mut seconds = 0.0;
    for (number, sample) in samples.iter().enumerate() {
        let other = &samples[(number + 1) % samples.len()];
        figures[0].add(&sample.made, sample.plan.as_ref(), sample)?;
        if samples.len() > 1 {
            figures[1].add(&other.made, other.plan.as_ref(), sample)?;
        }
        figures[2].add(&sample.truth, sample.true_plan.as_ref(), sample)?;
        if let Some(track) = &sample.represented {
            figures[3].add(track, sample.true_plan.as_ref(), sample)?;
        }
        seconds += sample.truth.frames() as f64 / sample.truth.rate().as_f64();
    }
    let beside = |of: fn(&Figures) -> Mean| {
        let [own, other, truth, represented] = figures.each_ref().map(|f| of(f).value());
        Beside { own, other, truth, represented }
    };
    let [own, other, truth, represented] = &figures;
    let arm_distance = Beside {
        own: own.arm_distance(truth)?,
        other: other.arm_distance(truth)?,
        truth: None,
        represented: represented.arm_distance(truth)?,
    };
    Ok(KindReport {
        clips: samples.len(),
        seconds,
        lips: beside(|f| f.lips),
        lips_shifted: beside(|f| f.lips_shifted),
        beats_answered: beside(|f| f.strokes.beats),
        strokes_on_stress: beside(|f| f.strokes.on_stress),
        strokes_on_stress_by_chance: beside(|f| f.strokes.by_chance),
        strokes_a_minute: beside(|f| f.strokes.a_minute),
        fast_strokes_on_stress: beside(|f| f.strokes.fast_on_stress),
        fast_strokes_on_stress_by_chance: beside(|f| f.strokes.fast_by_chance),
        planned_a_minute: beside(|f| f.strokes.planned_a_minute),
        planned_on_stress: beside(|f| f.strokes.planned_on_stress),
        planned_made: beside(|f| f.strokes.planned_made),
        beats_on_syllable: beside(|f| f.strokes.on_syllable),
        beats_on_syllable_by_chance: beside(|f| f.strokes.on_syllable_by_chance),
        arm_error: beside(|f| f.arm_error),
        arm_distance,
    })
}
