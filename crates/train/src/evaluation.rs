//! Motion models on held-out clips: do lips follow the voice, and do strokes fall on stressed syllables? Each figure stands beside
//! what another clip's motion reaches on the same sound, which is what a model that does not listen would get.

use crate::phrases::sound_of;
use crate::{ClipSource, Event, PreparedClip, Result, Split, TrainError, prepare};
use orator_body::KeypointTrack;
use orator_body::layout::WRISTS;
use orator_corpus::{ClipDescription, Corpus};
use orator_metrics::ProtocolHash;
use orator_metrics::lip_agreement::{LipConfig, LipReport};
use orator_metrics::strokes::{Detector, TOLERANCE, chance, detect_strokes, hits};
use orator_motion::{Motion, MotionModel, SampleOptions, SampleRequest};
use orator_speech::{ENCODER_RATE, ENCODER_SAMPLES_PER_FRAME, Speech, SpeechEncoder, WakeHubert};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A point counts as seen from this confidence on.
const SEEN: f32 = 0.5;
/// The class of gestures whose strokes have to fall on a syllable.
const BEAT: &str = "beat";

/// Which clips are looked at, and how they are sampled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvaluationSettings {
    /// Most held-out clips of each kind, spread evenly. Default 20.
    pub clips: usize,
    /// Whose style; `None` takes the model's default.
    pub speaker: Option<String>,
    /// The take. Default 0.
    pub seed: u64,
}

impl Default for EvaluationSettings {
    fn default() -> Self {
        Self { clips: 20, speaker: None, seed: 0 }
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
    energy: Vec<f32>,
    description: Option<ClipDescription>,
}

/// Samples the model on held-out clips and measures.
///
/// # Errors
/// When clips cannot be prepared or read, or the model cannot be sampled.
pub fn evaluate(
    model: &dyn MotionModel,
    sources: &[ClipSource],
    corpus: &Path,
    folder: &Path,
    settings: &EvaluationSettings,
    tell: &mut dyn FnMut(Event),
) -> Result<MotionReport> {
    let held_out: Vec<ClipSource> =
        sources.iter().filter(|s| s.split == Split::HeldOut && s.speech).cloned().collect();
    if held_out.is_empty() {
        return Err(TrainError::Corpus {
            what: "the configuration holds no clip with speech out".into(),
            hint: "mark some clips with `split: held-out`".into(),
        });
    }
    let clips = prepare(&held_out, corpus, folder, tell)?;
    let mut encoder = WakeHubert::load()?;
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
            samples.extend(sample(model, clip, settings, &mut encoder, &mut opened)?);
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
    clip: &PreparedClip,
    settings: &EvaluationSettings,
    encoder: &mut dyn SpeechEncoder,
    opened: &mut BTreeMap<PathBuf, Corpus>,
) -> Result<Option<Sample>> {
    let face = orator_body::layout::FACE.start;
    let first = (0..clip.track.frames()).find(|&f| clip.track.confidence()[[f, face]] >= SEEN);
    let Some(reference) = first.and_then(|f| clip.track.frame(f)) else { return Ok(None) };
    let frames = clip.track.frames();
    let (sound, description) = sound_of(&clip.place, opened)?;
    let mut waveform = sound.resampled(ENCODER_RATE)?.samples;
    waveform.resize(frames * ENCODER_SAMPLES_PER_FRAME, 0.0);
    let energy = orator_speech::energy(&waveform, frames);
    let speech = Speech::from_waveform(waveform, encoder, frames, &mut |_| {})?;
    let request = SampleRequest {
        speech: &speech,
        reference: &reference,
        known: None,
        speaker: settings.speaker.as_deref(),
        options: SampleOptions { seed: settings.seed, ..SampleOptions::default() },
    };
    let Motion::Keypoints(made) = model.sample(&request, &mut |_, _| {})?;
    Ok(Some(Sample { truth: clip.track.clone(), made, energy, description }))
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

    fn value(self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }
}

/// The figures of one clip whose motion is `track`.
#[derive(Clone, Copy, Default)]
struct Figures {
    lips: Mean,
    lips_shifted: Mean,
    beats: Mean,
    on_stress: Mean,
    by_chance: Mean,
    a_minute: Mean,
}

impl Figures {
    fn add(&mut self, track: &KeypointTrack, sample: &Sample) -> Result<()> {
        let frames = track.frames().min(sample.energy.len());
        let track = track.window(0..frames);
        let lips = LipReport::of(&track, &sample.energy[..frames], &LipConfig::default())?;
        self.lips.add(lips.correlation, 1.0);
        self.lips_shifted.add(lips.shifted, 1.0);
        let Some(description) = &sample.description else { return Ok(()) };
        let rate = track.rate().as_f64();
        let seconds = frames as f64 / rate;
        let stresses: Vec<f64> =
            description.words.iter().filter_map(|word| word.stress).filter(|&at| at < seconds).collect();
        let mut strokes = 0.0;
        for (wrist, not_its) in WRISTS.into_iter().zip(["right", "left"]) {
            let way: Vec<[f32; 2]> =
                (0..frames).map(|f| track.confident(f, wrist, SEEN).unwrap_or([f32::NAN; 2])).collect();
            let peaks = detect_strokes(&way, rate, &Detector::default());
            let times: Vec<f64> = peaks.iter().map(|peak| peak.seconds).collect();
            let beats: Vec<f64> = description
                .triggers
                .iter()
                .filter(|t| t.class == BEAT && t.hands != not_its && t.stroke < seconds)
                .map(|t| t.stroke)
                .collect();
            let answered = hits(&beats, times.iter().copied(), TOLERANCE) as f64;
            self.beats.add((!beats.is_empty()).then(|| answered / beats.len() as f64), beats.len() as f64);
            let count = times.len() as f64;
            // Here the strokes are asked and the syllables answer: a syllable may answer both hands.
            let on_stress = hits(&times, stresses.iter().copied(), TOLERANCE) as f64;
            self.on_stress.add((count > 0.0).then(|| on_stress / count), count);
            let syllables: Vec<_> = stresses
                .iter()
                .map(|&seconds| orator_metrics::strokes::Peak { seconds, speed: 0.0 })
                .collect();
            let by_chance = chance(&times, &syllables, seconds, TOLERANCE);
            self.by_chance.add((count > 0.0).then_some(by_chance), count);
            strokes += count;
        }
        self.a_minute.add((seconds > 0.0).then(|| strokes / seconds * 60.0), seconds);
        Ok(())
    }
}

fn report(samples: &[Sample]) -> Result<KindReport> {
    let mut figures = [Figures::default(); 3];
    let mut seconds = 0.0;
    for (number, sample) in samples.iter().enumerate() {
        let other = &samples[(number + 1) % samples.len()];
        figures[0].add(&sample.made, sample)?;
        if samples.len() > 1 {
            figures[1].add(&other.made, sample)?;
        }
        figures[2].add(&sample.truth, sample)?;
        seconds += sample.truth.frames() as f64 / sample.truth.rate().as_f64();
    }
    let beside = |of: fn(&Figures) -> Mean| {
        let [own, other, truth] = figures.map(|f| of(&f).value());
        Beside { own, other, truth }
    };
    Ok(KindReport {
        clips: samples.len(),
        seconds,
        lips: beside(|f| f.lips),
        lips_shifted: beside(|f| f.lips_shifted),
        beats_answered: beside(|f| f.beats),
        strokes_on_stress: beside(|f| f.on_stress),
        strokes_on_stress_by_chance: beside(|f| f.by_chance),
        strokes_a_minute: beside(|f| f.a_minute),
    })
}
