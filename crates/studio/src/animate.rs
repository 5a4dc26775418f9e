//! A video's motion onto a portrait.

use crate::check::{self, CheckReport, Real};
use crate::choices::load_renderer;
use crate::driving::{self, Driving, Range};
use crate::generate::name_of;
use crate::stages::Stages;
use crate::{AudioCodec, Event, RendererKind, Result, StudioError};
use crate::{film, latent, output, portrait, transfer};
use orator_body::{Fit, KeypointTrack, LatentTrack, Portrait, write_keypoints};
use orator_media::OutputFile;
use orator_media::video_out::VideoSettings;
use orator_motion::Motion;
use orator_perceive::Perceiver;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How driving points become points of the portrait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// [`Mode::Absolute`] without a picture of its own, else [`Mode::Relative`].
    #[default]
    Auto,
    /// Points are used where they are: for the same person in the same place.
    Absolute,
    /// Each part moves from its place in the portrait as it moves from its resting place in the driving video, in the
    /// portrait's own measures (METHODS 2.8): for another person.
    Relative,
}

/// What to make of what.
#[derive(Clone, Debug, PartialEq)]
pub struct AnimateRequest {
    /// The photo; `None` takes the driving video's own first frame.
    pub image: Option<PathBuf>,
    /// The driving video, or a keypoint file (`.safetensors`).
    pub driving: PathBuf,
    /// Where in the driving video to begin, in seconds.
    pub from: Option<f64>,
    /// Where in the driving video to end, in seconds.
    pub to: Option<f64>,
    /// The video, ending in `.mp4`.
    pub out: PathBuf,
    /// Side of the square video in pixels: 256 or 512. Default 256.
    pub size: u32,
    /// How a picture that is not square becomes square.
    pub fit: Fit,
    /// How driving points become points of the portrait.
    pub mode: Mode,
    /// The renderer.
    pub renderer: RendererKind,
    /// Weights of the renderer, by name or path; `None` takes the ones that ship.
    pub renderer_weights: Option<String>,
    /// Where the motion's keypoints go, if anywhere.
    pub keypoints: Option<PathBuf>,
    /// Text of a small visible label; `None` for no label.
    pub label: Option<String>,
    /// How the sound is coded.
    pub audio_codec: AudioCodec,
    /// Whether to look at the written video again and measure; takes about as long as perceiving the driving video.
    pub check: bool,
    /// Where the measures go as JSON, if anywhere; sets `check`.
    pub report: Option<PathBuf>,
}

impl AnimateRequest {
    /// A request with defaults for everything else, driving its own first frame.
    #[must_use]
    pub fn new(driving: impl Into<PathBuf>, out: impl Into<PathBuf>) -> Self {
        Self {
            image: None,
            driving: driving.into(),
            from: None,
            to: None,
            out: out.into(),
            size: 256,
            fit: Fit::default(),
            mode: Mode::default(),
            renderer: RendererKind::default(),
            renderer_weights: None,
            keypoints: None,
            label: None,
            audio_codec: AudioCodec::default(),
            check: false,
            report: None,
        }
    }
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnimateReport {
    /// The video.
    pub path: PathBuf,
    /// The mode that was used: never [`Mode::Auto`].
    pub mode: Mode,
    /// Frames.
    pub frames: u64,
    /// Length of the pictures in seconds.
    pub video_seconds: f64,
    /// Length of the sound in seconds, if there is any.
    pub audio_seconds: Option<f64>,
    /// The measures, if they were asked for.
    pub check: Option<CheckReport>,
}

/// Carries out a request. Stages: `driving`, `portrait`, `motion` (for renderers of latent motion), `render` (which draws and encodes at the same time), `check`.
///
/// # Errors
/// [`StudioError`], whose kind tells whether a file, the request or the installation is at fault. Nothing is left
/// half-written then.
pub fn animate(request: &AnimateRequest, tell: &mut dyn FnMut(Event)) -> Result<AnimateReport> {
    let range = Range { from: request.from, to: request.to };
    check_request(request, range)?;
    let mut stages = Stages::new(tell);
    let picture = request.image.as_deref().map(portrait::read).transpose()?;
    let (mut perceiver, renderer, weights) = stages.run("models", |_| {
        let perceiver = Perceiver::load().map_err(StudioError::perceive(&request.driving))?;
        let (renderer, weights) = load_renderer(request.renderer, request.renderer_weights.as_deref())?;
        Ok::<_, StudioError>((perceiver, renderer, weights))
    })?;
    let reader = latent::reader(renderer.as_ref(), &request.driving)?;
    let driving = if driving::is_keypoint_file(&request.driving) {
        driving::from_keypoints(&request.driving, range, request.fit, request.size)?
    } else {
        driving::from_video(&request.driving, range, request.fit, request.size, &mut perceiver, &mut stages)?
    };
    let Driving { found, track, crop, first, sound, video } = driving;

    let own_frame = picture.is_none();
    let portrait = match (picture, &request.image, first) {
        (Some(picture), Some(path), _) => stages.run("portrait", |progress| {
            portrait::prepare(picture, path, &mut perceiver, request.size, request.fit, progress)
        })?,
        (_, _, Some(first)) => stages.run("portrait", |_| {
            let (whole, _) = perceiver.portrait(first).map_err(StudioError::perceive(&request.driving))?;
            let portrait = portrait::cut(&whole, &crop)?;
            Ok::<_, StudioError>(Portrait { keypoints: first_frame(&track, portrait.keypoints), ..portrait })
        })?,
        _ => return Err(needs_picture(&request.driving)),
    };
    let mode = match request.mode {
        Mode::Auto if own_frame => Mode::Absolute,
        Mode::Auto => Mode::Relative,
        mode => mode,
    };
    let likest = transfer::likest_frame(&track, &portrait.keypoints);
    let track = match mode {
        Mode::Relative => transfer::onto(&track, &portrait, &request.driving)?,
        Mode::Absolute | Mode::Auto => track,
    };
    if let Some(path) = &request.keypoints {
        write_keypoints(path, &track, &format!("motion of {}", name_of(&request.driving)))?;
        stages.tell(Event::wrote(path));
    }

    let mut scene = renderer.prepare(&portrait)?;
    let made_from = if own_frame {
        "one frame and the motion of a video"
    } else {
        "one picture and the motion of a video"
    };
    let settings = VideoSettings {
        audio: sound,
        audio_codec: request.audio_codec,
        label: request.label.clone(),
        provenance: film::provenance(None, weights.into_iter().collect(), made_from),
        ..VideoSettings::new(request.size as usize, request.size as usize, track.rate())
    };
    let motion = match (reader, &video) {
        (Some(reader), Some((path, range))) => Motion::Latent(stages.run("motion", |progress| {
            let of = (path.as_path(), *range);
            let read =
                latent::of_video(reader, renderer.representation(), of, &crop, track.frames(), progress)?;
            match (mode, likest.and_then(|frame| read.frame(frame)), scene.own_motion()) {
                (Mode::Relative, Some(rest), Some(own)) => {
                    let moved = reader.transfer(read.values().view(), rest, own);
                    Ok(LatentTrack::new(read.representation(), read.rate(), moved)?)
                }
                _ => Ok::<_, StudioError>(read),
            }
        })?),
        _ => Motion::Keypoints(track.clone()),
    };
    let summary = stages
        .run("render", |progress| film::film(scene.as_mut(), &motion, &request.out, settings, progress))?;
    stages.tell(Event::Wrote { path: request.out.clone(), frames: Some(summary.frames), seed: None });

    let check = if request.check || request.report.is_some() {
        Some(stages.run("check", |progress| {
            let same = mode == Mode::Absolute && own_frame;
            let real = video.as_ref().filter(|_| same);
            let real = real.map(|(path, range)| Real { path, range: *range, crop: &crop });
            let driving = if same { &found } else { &track };
            check::check(&request.out, driving, real, &mut perceiver, progress)
        })?)
    } else {
        None
    };
    let report = AnimateReport {
        path: request.out.clone(),
        mode,
        frames: summary.frames,
        video_seconds: summary.video_seconds,
        audio_seconds: summary.audio_seconds,
        check,
    };
    if let Some(path) = &request.report {
        write_json(path, &report)?;
        stages.tell(Event::wrote(path));
    }
    Ok(report)
}

/// Everything that can be refused without reading anything.
fn check_request(request: &AnimateRequest, range: Range) -> Result<()> {
    portrait::check_side(request.size)?;
    range.check()?;
    let mut inputs: Vec<&Path> = vec![&request.driving];
    inputs.extend(request.image.as_deref());
    let outputs = [
        (Some(&request.out), "mp4"),
        (request.keypoints.as_ref(), "safetensors"),
        (request.report.as_ref(), "json"),
    ];
    for (path, extension) in outputs {
        let Some(path) = path else { continue };
        output::check(path, &[extension])?;
        output::differs_from_inputs(path, &inputs)?;
    }
    if request.image.is_none() && driving::is_keypoint_file(&request.driving) {
        return Err(needs_picture(&request.driving));
    }
    Ok(())
}

fn needs_picture(driving: &Path) -> StudioError {
    StudioError::Usage {
        what: format!("{}: a keypoint file has no picture to animate", driving.display()),
        hint: "give one with --image".into(),
    }
}

/// The first frame of `track`, so that the first driving points leave the portrait as it is; `else_this` if empty.
fn first_frame(track: &KeypointTrack, else_this: KeypointTrack) -> KeypointTrack {
    track.frame(0).unwrap_or(else_this)
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| StudioError::Internal(format!("the report cannot be written as JSON: {error}")))?;
    let mut file = OutputFile::create(path).map_err(StudioError::Output)?;
    writeln!(file, "{text}").map_err(|error| StudioError::Output(file.error(error)))?;
    file.persist().map_err(StudioError::Output)
}
