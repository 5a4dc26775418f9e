//! A time range of a video made anew: with another seed, in another speaker's style, or saying something else. Everything outside
//! of the range is kept (METHODS 2.5).

mod range;
mod seam;
mod splice;
#[cfg(test)]
mod whole_clip;

pub use seam::Seams;

use crate::choices::{check_fit, check_keypoints, load_renderer};
use crate::driving::{self, Driving, Range};
use crate::generate::{check_speaker, load_motion, name_of};
use crate::listening::listen;
use crate::stages::Stages;
use crate::{AudioCodec, Event, MotionKind, RendererKind, Result, StudioError};
use crate::{film, output, portrait, recording};
use ndarray::Axis;
use orator_body::layout::{ELBOWS, FACE, LEFT_HAND, RIGHT_HAND, WRISTS};
use orator_body::{Fit, KeypointTrack, Portrait, write_keypoints};
use orator_media::video_in::VideoReader;
use orator_media::video_out::{VideoSettings, VideoWriter};
use orator_media::{Audio, FrameRate, Limits, Picture, audio};
use orator_motion::{Known, SampleOptions, SampleRequest};
use orator_perceive::Perceiver;
use range::EditRange;
use serde::Serialize;
use splice::Splice;
use std::path::{Path, PathBuf};

/// A part counts as seen from this confidence on.
const SEEN: f32 = 0.5;
/// From this side of the square on, in pixels of the video, the new part is drawn at 512.
const LARGE: f32 = 384.0;

/// What to change of a video.
#[derive(Clone, Debug, PartialEq)]
pub struct EditRequest {
    /// The video: filmed or generated.
    pub video: PathBuf,
    /// Where the range begins, in seconds.
    pub from: f64,
    /// Where it ends, in seconds.
    pub to: f64,
    /// The new video, ending in `.mp4`, at 25 frames a second and in the old one's size.
    pub out: PathBuf,
    /// What is said in the range instead; the range becomes as long as it. `None` keeps the sound.
    pub audio: Option<PathBuf>,
    /// Whose style the range takes; `None` takes the weights' default.
    pub speaker: Option<String>,
    /// The take. Default 0.
    pub seed: u64,
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
    /// Where the whole motion's keypoints go, if anywhere.
    pub keypoints: Option<PathBuf>,
    /// Text of a small visible label; `None` for no label.
    pub label: Option<String>,
    /// How the sound is coded.
    pub audio_codec: AudioCodec,
}

impl EditRequest {
    /// A request with defaults for everything else.
    #[must_use]
    pub fn new(video: impl Into<PathBuf>, from: f64, to: f64, out: impl Into<PathBuf>) -> Self {
        Self {
            video: video.into(),
            from,
            to,
            out: out.into(),
            audio: None,
            speaker: None,
            seed: 0,
            motion: MotionKind::default(),
            weights: None,
            text_model: None,
            renderer: RendererKind::default(),
            renderer_weights: None,
            keypoints: None,
            label: None,
            audio_codec: AudioCodec::default(),
        }
    }
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EditReport {
    /// The video.
    pub path: PathBuf,
    /// Frames at 25 fps.
    pub frames: u64,
    /// First frame that is new.
    pub first_new: u64,
    /// First frame after it that is kept.
    pub first_kept: u64,
    /// The seed that makes it again.
    pub seed: u64,
    /// The borders of the range.
    pub seams: Seams,
    /// The weights that were used, as the video names them.
    pub weights: Vec<String>,
}

/// Carries out a request. Stages: `inputs`, `models`, `driving` (which looks at the whole video), `speech`, `motion`, `render`.
///
/// # Errors
/// [`StudioError`], whose kind tells whether a file, the request or the installation is at fault. Nothing is left
/// half-written then.
pub fn edit(request: &EditRequest, tell: &mut dyn FnMut(Event)) -> Result<EditReport> {
    edit_watched(request, tell, &mut |_| {})
}

/// [`edit`], showing every frame as it is before it is encoded.
fn edit_watched(
    request: &EditRequest,
    tell: &mut dyn FnMut(Event),
    watch: &mut dyn FnMut(&Picture),
) -> Result<EditReport> {
    check_request(request)?;
    let mut stages = Stages::new(tell);
    let said = stages.run("inputs", |progress| {
        request.audio.as_deref().map(|path| recording::read(path, false, progress)).transpose()
    })?;
    let (model, renderer, weights) = stages.run("models", |_| {
        let (model, of_motion) = load_motion(request.motion, request.weights.as_deref())?;
        let (renderer, of_pictures) = load_renderer(request.renderer, request.renderer_weights.as_deref())?;
        let weights: Vec<String> = std::iter::once(of_motion).chain(of_pictures).collect();
        Ok::<_, StudioError>((model, renderer, weights))
    })?;
    check_fit(model.as_ref(), renderer.as_ref())?;
    check_keypoints(model.representation())?;
    check_speaker(model.as_ref(), request.speaker.as_deref())?;
    let mut perceiver = Perceiver::load().map_err(StudioError::perceive(&request.video))?;

    let whole = Range::default();
    let side = side_for(request, whole)?;
    let Driving { track: old, crop, sound, .. } =
        driving::from_video(&request.video, whole, Fit::Crop, side, &mut perceiver, &mut stages)?;
    let new = said.as_ref().map(|audio| {
        FrameRate::MOTION.frames_covering(audio.samples.len() as u64, audio.rate).max(1) as usize
    });
    let range = EditRange::new(request.from, request.to, new, old.frames())?;
    let sound = joined_sound(request, &range, sound, said)?;
    let neighbour = frame_of(&request.video, whole, range.neighbour())?;
    let portrait = own_portrait(&neighbour, &crop, &old, range.neighbour(), &mut perceiver, &request.video)?;

    let frames = range.total();
    let speech = stages.run("speech", |progress| {
        listen(&sound, frames, model.as_ref(), request.text_model.as_deref(), progress)
    })?;
    let reference = typical_frame(&old).ok_or_else(|| StudioError::NoFace { path: request.video.clone() })?;
    let known = spread_out(&old, &range)?;
    let keep: Vec<bool> = (0..frames).map(|frame| !range.made().contains(&frame)).collect();
    let (track, seams) = stages.run("motion", |progress| {
        let sample = SampleRequest {
            speech: &speech,
            reference: &reference,
            latent: None,
            known: Some(Known { track: &known, keep: &keep }),
            speaker: request.speaker.as_deref(),
            options: SampleOptions { seed: request.seed, ..SampleOptions::default() },
        };
        let mut track = model.sample(&sample, &mut |done, all| progress.at(done, all))?.keypoints()?;
        let seams = seam::soften(&mut track, &range.made());
        if !seams.are_smooth() {
            progress.warn(
                "the motion jumps a little at a border of the range: try another --seed, or move the border",
            );
        }
        Ok::<_, StudioError>((track, seams))
    })?;
    if let Some(path) = &request.keypoints {
        write_keypoints(
            path,
            &track,
            &format!("edit of {}, seed {}", name_of(&request.video), request.seed),
        )?;
        stages.tell(Event::wrote(path));
    }

    let mut scene = renderer.prepare(&portrait)?;
    let settings = VideoSettings {
        audio: Some(sound),
        audio_codec: request.audio_codec,
        label: request.label.clone(),
        provenance: film::provenance(
            Some(request.seed),
            weights.clone(),
            &format!("a video, of which {:.2} s to {:.2} s were made anew", request.from, request.to),
        ),
        ..VideoSettings::new(neighbour.width(), neighbour.height(), FrameRate::MOTION)
    };
    let summary = stages.run("render", |progress| {
        let mut writer = VideoWriter::create(&request.out, settings).map_err(StudioError::Output)?;
        let mut reader = VideoReader::open(&request.video, &whole.options()).map_err(StudioError::Input)?;
        let mut splice =
            Splice { range, track: &track, scene: scene.as_mut(), crop: &crop, surroundings: &neighbour };
        let mut done = 0;
        splice.run(&mut reader, &mut |picture| {
            watch(&picture);
            writer.push(&picture).map_err(StudioError::Output)?;
            done += 1;
            progress.at(done, frames);
            Ok(())
        })?;
        writer.finish().map_err(StudioError::Output)
    })?;
    stages.tell(Event::Wrote {
        path: request.out.clone(),
        frames: Some(summary.frames),
        seed: Some(request.seed),
    });
    Ok(EditReport {
        path: request.out.clone(),
        frames: summary.frames,
        first_new: range.made().start as u64,
        first_kept: range.made().end as u64,
        seed: request.seed,
        seams,
        weights,
    })
}

/// Everything that can be refused without reading anything.
fn check_request(request: &EditRequest) -> Result<()> {
    Range { from: Some(request.from), to: Some(request.to) }.check()?;
    let mut inputs: Vec<&Path> = vec![&request.video];
    inputs.extend(request.audio.as_deref());
    output::check(&request.out, &["mp4"])?;
    output::differs_from_inputs(&request.out, &inputs)?;
    if let Some(path) = &request.keypoints {
        output::check(path, &["safetensors"])?;
        output::differs_from_inputs(path, &inputs)?;
    }
    Ok(())
}

/// At which side the new part is drawn; refuses sizes that cannot be written.
fn side_for(request: &EditRequest, range: Range) -> Result<u32> {
    let reader = VideoReader::open(&request.video, &range.options()).map_err(StudioError::Input)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width % 2 != 0 || height % 2 != 0 {
        return Err(StudioError::Usage {
            what: format!(
                "{}: a video of {width}x{height} pixels cannot be written again: both sides must be even",
                request.video.display()
            ),
            hint: "scale or crop it to even sides first, for example with ffmpeg".into(),
        });
    }
    Ok(if width.min(height) as f32 >= LARGE { portrait::SIZES[1] } else { portrait::SIZES[0] })
}

/// The sound of the result, one rate throughout.
fn joined_sound(
    request: &EditRequest,
    range: &EditRange,
    old: Option<Audio>,
    said: Option<Audio>,
) -> Result<Audio> {
    match (old, said) {
        (Some(old), None) => Ok(range.sound(&old, None)),
        (Some(old), Some(said)) => {
            let said = said.resampled(old.rate).map_err(StudioError::Input)?;
            Ok(range.sound(&old, Some(&said)))
        }
        (None, Some(said)) => {
            let samples = FrameRate::MOTION.start_of_frame(range.old_total as u64, said.rate) as usize;
            let silence = Audio::new(said.rate, vec![0.0; samples]).map_err(StudioError::Input)?;
            Ok(range.sound(&silence, Some(&said)))
        }
        (None, None) => {
            let why =
                audio::read(&request.video, &Limits::default()).err().map(|error| format!(" ({error})"));
            Err(StudioError::Usage {
                what: format!(
                    "{}: the video has no sound to move to{}",
                    request.video.display(),
                    why.unwrap_or_default()
                ),
                hint: "give what is said in the range with --audio".into(),
            })
        }
    }
}

/// One whole frame of the video.
fn frame_of(path: &Path, range: Range, number: usize) -> Result<Picture> {
    let reader = VideoReader::open(path, &range.options()).map_err(StudioError::Input)?;
    for (at, picture) in reader.enumerate() {
        let picture = picture.map_err(StudioError::Input)?;
        if at == number {
            return Ok(picture);
        }
    }
    Err(StudioError::Internal(format!("{}: the video ended before its frame {number}", path.display())))
}

/// The portrait that new frames are drawn from: the frame beside the range, with the points that the video's motion has there.
fn own_portrait(
    picture: &Picture,
    crop: &orator_body::SquareCrop,
    track: &KeypointTrack,
    frame: usize,
    perceiver: &mut Perceiver,
    path: &Path,
) -> Result<Portrait> {
    let (whole, _) = perceiver.portrait(picture.clone()).map_err(StudioError::perceive(path))?;
    let portrait = portrait::cut(&whole, crop)?;
    let keypoints = track.frame(frame).unwrap_or(portrait.keypoints);
    Ok(Portrait { keypoints, ..portrait })
}

/// The frame whose arms are nearest to where they mostly are, of those that show the face and, if any does, both hands: the pose
/// that motion is measured from.
fn typical_frame(track: &KeypointTrack) -> Option<KeypointTrack> {
    let seen = |frame: usize, point: usize| track.confidence()[[frame, point]] >= SEEN;
    let with_face: Vec<usize> = (0..track.frames()).filter(|&f| seen(f, FACE.start)).collect();
    let with_hands: Vec<usize> = with_face
        .iter()
        .copied()
        .filter(|&f| seen(f, LEFT_HAND.start) && seen(f, RIGHT_HAND.start))
        .collect();
    let frames = if with_hands.is_empty() { with_face } else { with_hands };
    let joints: Vec<usize> = ELBOWS.into_iter().chain(WRISTS).collect();
    let middle = |point: usize, axis: usize| {
        let mut values: Vec<f32> = frames.iter().map(|&f| track.points()[[f, point, axis]]).collect();
        values.sort_by(f32::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    };
    let middles: Vec<[f32; 2]> = joints.iter().map(|&p| [middle(p, 0), middle(p, 1)]).collect();
    let apart = |frame: usize| -> f32 {
        let far = |(&p, m): (&usize, &[f32; 2])| {
            (track.points()[[frame, p, 0]] - m[0]).hypot(track.points()[[frame, p, 1]] - m[1])
        };
        joints.iter().zip(&middles).map(far).sum()
    };
    let best = frames.iter().copied().min_by(|&a, &b| apart(a).total_cmp(&apart(b)))?;
    track.frame(best)
}

/// The old motion on the result's frames. Where the range keeps its length that is the old motion itself, so that the tokens of
/// the frames that stay are those of the video; otherwise the range's own motion is stretched to its new length.
fn spread_out(old: &KeypointTrack, range: &EditRange) -> Result<KeypointTrack> {
    let length = range.to - range.from;
    let inside = (0..range.new).map(|at| match length {
        0 => range.neighbour(),
        _ => range.from + at * length / range.new,
    });
    let frames: Vec<usize> = (0..range.from).chain(inside).chain(range.to..old.frames()).collect();
    Ok(KeypointTrack::new(
        old.layout(),
        old.rate(),
        old.size(),
        old.points().select(Axis(0), &frames),
        old.confidence().select(Axis(0), &frames),
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use orator_media::FrameRate;

    fn track(frames: usize) -> KeypointTrack {
        let points = ndarray::Array3::from_shape_fn((frames, 133, 2), |(f, p, _)| (f * 200 + p) as f32);
        let confidence = ndarray::Array2::from_elem((frames, 133), 1.0);
        KeypointTrack::new(orator_body::Layout::WholeBody133, FrameRate::MOTION, (64, 64), points, confidence)
            .unwrap()
    }

    #[test]
    fn a_range_of_the_same_length_leaves_the_motion_alone() {
        let old = track(12);
        let range = EditRange { from: 4, to: 7, new: 3, old_total: 12 };
        assert_eq!(spread_out(&old, &range).unwrap(), old);
    }

    #[test]
    fn a_range_of_another_length_is_stretched_and_the_rest_stays() {
        let old = track(12);
        for new in [1, 2, 5, 9] {
            let range = EditRange { from: 4, to: 7, new, old_total: 12 };
            let spread = spread_out(&old, &range).unwrap();
            assert_eq!(spread.frames(), 9 + new);
            assert_eq!(spread.window(0..4), old.window(0..4));
            assert_eq!(spread.window(4 + new..9 + new), old.window(7..12));
            assert_eq!(spread.frame(4), old.frame(4));
        }
    }
}
