//! A photo and a recording in, a talking and gesturing video out.

use crate::choices::{check_fit, check_keypoints, load_renderer};
use crate::listening::listen;
use crate::stages::Stages;
use crate::{AudioCodec, Event, MotionKind, RendererKind, Result, StudioError};
use crate::{film, models, output, portrait, recording};
use orator_body::{Fit, write_keypoints};
use orator_media::video_out::VideoSettings;
use orator_media::{Audio, FrameRate};
use orator_motion::deviation::DeviationModel;
use orator_motion::{Motion, MotionModel, SampleOptions, SampleRequest};
use orator_nn::choose_device;
use orator_perceive::Perceiver;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What the visible label says when no other text is given.
pub const DEFAULT_LABEL: &str = "generated";
/// The most takes of one request.
const MOST_TAKES: usize = 100;

/// What to make of what.
#[derive(Clone, Debug, PartialEq)]
pub struct GenerateRequest {
    /// The photo: PNG, JPEG or WebP.
    pub image: PathBuf,
    /// The recording.
    pub audio: PathBuf,
    /// The video, ending in `.mp4`; takes are numbered `NAME-1.mp4`, `NAME-2.mp4`, …
    pub out: PathBuf,
    /// Side of the square video in pixels: 256 or 512. Default 256.
    pub size: u32,
    /// How a picture that is not square becomes square.
    pub fit: Fit,
    /// Seed of the first take; each further one has the next number. Default 0.
    pub seed: u64,
    /// How many takes. Default 1.
    pub takes: usize,
    /// Whose style; `None` takes the weights' default.
    pub speaker: Option<String>,
    /// The motion system.
    pub motion: MotionKind,
    /// Weights of the motion system, by name or path; `None` takes the ones that ship.
    pub weights: Option<String>,
    /// Folder of the text model, for motion weights that listen to the text; `None` takes MiniLM.
    pub text_model: Option<PathBuf>,
    /// The renderer.
    pub renderer: RendererKind,
    /// Weights of the renderer, by name or path; `None` takes the ones that ship.
    pub renderer_weights: Option<String>,
    /// Where the motion's keypoints go, if anywhere; numbered like the videos.
    pub keypoints: Option<PathBuf>,
    /// Text of a small visible label; `None` for no label.
    pub label: Option<String>,
    /// How the sound is coded.
    pub audio_codec: AudioCodec,
    /// Whether to go on when the recording is silent.
    pub allow_silence: bool,
}

impl GenerateRequest {
    /// A request with defaults for everything else.
    #[must_use]
    pub fn new(image: impl Into<PathBuf>, audio: impl Into<PathBuf>, out: impl Into<PathBuf>) -> Self {
        Self {
            image: image.into(),
            audio: audio.into(),
            out: out.into(),
            size: 256,
            fit: Fit::default(),
            seed: 0,
            takes: 1,
            speaker: None,
            motion: MotionKind::default(),
            weights: None,
            text_model: None,
            renderer: RendererKind::default(),
            renderer_weights: None,
            keypoints: None,
            label: None,
            audio_codec: AudioCodec::default(),
            allow_silence: false,
        }
    }
}

/// One generated result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Take {
    /// The video.
    pub path: PathBuf,
    /// The seed that makes it again.
    pub seed: u64,
    /// Frames at 25 fps.
    pub frames: u64,
    /// Length of the pictures in seconds.
    pub video_seconds: f64,
    /// Length of the sound in seconds.
    pub audio_seconds: f64,
    /// Size of the file.
    pub bytes: u64,
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GenerateReport {
    /// The takes.
    pub takes: Vec<Take>,
    /// The weights that were used, as the videos name them.
    pub weights: Vec<String>,
}

/// Carries out a request. Stages: `inputs`, `models`, `portrait`, `speech`, then for each take `motion` and `render`
/// (which draws and encodes at the same time).
///
/// # Errors
/// [`StudioError`], whose kind tells whether a file, the request or the installation is at fault. Nothing is left
/// half-written then; takes that were finished before stay.
pub fn generate(request: &GenerateRequest, tell: &mut dyn FnMut(Event)) -> Result<GenerateReport> {
    let videos = check_request(request)?;
    let mut stages = Stages::new(tell);
    let (picture, audio) = stages.run("inputs", |progress| {
        let audio = recording::read(&request.audio, request.allow_silence, progress)?;
        Ok::<_, StudioError>((portrait::read(&request.image)?, audio))
    })?;
    let (model, renderer, weights) = stages.run("models", |_| {
        let (model, of_motion) = load_motion(request.motion, request.weights.as_deref())?;
        let (renderer, of_pictures) = load_renderer(request.renderer, request.renderer_weights.as_deref())?;
        let weights: Vec<String> = std::iter::once(of_motion).chain(of_pictures).collect();
        Ok::<_, StudioError>((model, renderer, weights))
    })?;
    check_fit(model.as_ref(), renderer.as_ref())?;
    if request.keypoints.is_some() {
        check_keypoints(model.representation())?;
    }
    check_speaker(model.as_ref(), request.speaker.as_deref())?;

    let portrait = stages.run("portrait", |progress| {
        let mut perceiver = Perceiver::load().map_err(StudioError::perceive(&request.image))?;
        progress.at(1, 3);
        portrait::prepare(picture, &request.image, &mut perceiver, request.size, request.fit, progress)
    })?;
    let frames = frames_of(&audio);
    let speech = stages.run("speech", |progress| {
        listen(&audio, frames, model.as_ref(), request.text_model.as_deref(), progress)
    })?;

    let keypoint_files =
        request.keypoints.as_deref().map(|path| output::numbered(path, request.takes)).unwrap_or_default();
    let mut scene = renderer.prepare(&portrait)?;
    let own = scene.own_motion().map(|row| row.to_owned());
    let mut sound = Some(audio);
    let mut report = GenerateReport { takes: Vec::new(), weights: weights.clone() };
    for (number, path) in videos.iter().enumerate() {
        let seed = request.seed.wrapping_add(number as u64);
        let motion = stages.run("motion", |progress| {
            let sample = SampleRequest {
                speech: &speech,
                reference: &portrait.keypoints,
                latent: own.as_ref().map(|row| row.view()),
                known: None,
                speaker: request.speaker.as_deref(),
                options: SampleOptions { seed, ..SampleOptions::default() },
            };
            Ok::<_, StudioError>(model.sample(&sample, &mut |done, all| progress.at(done, all))?)
        })?;
        if let (Some(file), Motion::Keypoints(track)) = (keypoint_files.get(number), &motion) {
            let source = format!("motion of {} for {}, seed {seed}", model.name(), name_of(&request.audio));
            write_keypoints(file, track, &source)?;
            stages.tell(Event::wrote(file));
        }
        let last = number + 1 == videos.len();
        let settings = VideoSettings {
            audio: if last { sound.take() } else { sound.clone() },
            audio_codec: request.audio_codec,
            label: request.label.clone(),
            provenance: film::provenance(Some(seed), weights.clone(), "one picture and a recording"),
            ..VideoSettings::new(request.size as usize, request.size as usize, FrameRate::MOTION)
        };
        let summary =
            stages.run("render", |progress| film::film(scene.as_mut(), &motion, path, settings, progress))?;
        stages.tell(Event::Wrote { path: path.clone(), frames: Some(summary.frames), seed: Some(seed) });
        report.takes.push(Take {
            path: path.clone(),
            seed,
            frames: summary.frames,
            video_seconds: summary.video_seconds,
            audio_seconds: summary.audio_seconds.unwrap_or_default(),
            bytes: summary.bytes,
        });
    }
    Ok(report)
}

/// Everything that can be refused without reading anything; gives the paths of the videos.
fn check_request(request: &GenerateRequest) -> Result<Vec<PathBuf>> {
    portrait::check_side(request.size)?;
    if !(1..=MOST_TAKES).contains(&request.takes) {
        return Err(StudioError::Usage {
            what: format!("{} takes cannot be made", request.takes),
            hint: format!("ask for 1 to {MOST_TAKES}"),
        });
    }
    let inputs: [&Path; 2] = [&request.image, &request.audio];
    let videos = output::numbered(&request.out, request.takes);
    for path in &videos {
        output::check(path, &["mp4"])?;
        output::differs_from_inputs(path, &inputs)?;
    }
    if let Some(path) = &request.keypoints {
        for path in output::numbered(path, request.takes) {
            output::check(&path, &["safetensors"])?;
            output::differs_from_inputs(&path, &inputs)?;
        }
    }
    Ok(videos)
}

/// A motion system with its weights (`None`: those that ship), and how a video names them.
///
/// # Errors
/// [`StudioError::Models`] when the weights are missing or damaged.
pub fn load_motion(motion: MotionKind, weights: Option<&str>) -> Result<(Box<dyn MotionModel>, String)> {
    let path = models::find(weights.unwrap_or(motion.default_weights()))?;
    match motion {
        MotionKind::Contextual => {
            let (model, weights) = models::load_contextual(&path)?;
            Ok((Box::new(model), weights.short()))
        }
        MotionKind::Deviation => {
            let weights = models::check_hash(&path)?;
            let model = DeviationModel::load(&weights.path, choose_device())?;
            Ok((Box::new(model), weights.short()))
        }
    }
}

pub(crate) fn check_speaker(model: &dyn MotionModel, speaker: Option<&str>) -> Result<()> {
    match speaker {
        Some(name) if !name.is_empty() && !model.speakers().iter().any(|known| known == name) => {
            Err(StudioError::Usage {
                what: format!("these weights know no speaker called {name}"),
                hint: format!("they know {}", model.speakers().join(", ")),
            })
        }
        _ => Ok(()),
    }
}

/// Motion frames of a recording; at least one.
fn frames_of(audio: &Audio) -> usize {
    FrameRate::MOTION.frames_covering(audio.samples.len() as u64, audio.rate).max(1) as usize
}

/// A file's name without its folders, which are nobody else's business.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
