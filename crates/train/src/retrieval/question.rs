//! What is asked: a recording or a gesture, cut into windows and embedded.

use super::library::everything;
use super::{Query, RATE, literal, nothing};
use crate::clips::as_learned;
use crate::prepare::{ClipPlace, Tools};
use crate::{ClipSource, Event, Result, prepare};
use ndarray::{Array2, s};
use orator_body::{KeypointTrack, Layout, read_keypoints};
use orator_media::{Audio, FrameRate, Limits};
use orator_motion::contextual::{ContextualModel, Stream, WINDOW_FRAMES};
use orator_speech::Speech;
use std::path::Path;

/// The question in a form that can be compared and shown.
pub(super) struct Question {
    /// First frame and the one after the last of each window.
    pub windows: Vec<(usize, usize)>,
    /// Embeddings of the windows by stream, `[windows, embedding]`.
    pub embeddings: Vec<Array2<f32>>,
    /// What it is.
    pub content: Content,
}

/// A recording, or motion with where its pictures are if there are some.
pub(super) enum Content {
    Recording(Audio),
    Gesture(KeypointTrack, Option<ClipPlace>),
}

impl Question {
    pub(super) fn read(
        model: &ContextualModel,
        query: &Query,
        streams: &[Stream],
        folder: &Path,
        tell: &mut dyn FnMut(Event),
    ) -> Result<Self> {
        match query {
            Query::Recording(path) => {
                let audio = orator_media::audio::read(path, &Limits::default())?;
                if audio.is_silent() {
                    let what = format!("{}: the recording is silent", path.display());
                    return Err(nothing(what, "give a recording of speech"));
                }
                let frames = FrameRate::MOTION.frames_covering(audio.samples.len() as u64, audio.rate);
                let frames = frames.max(1) as usize;
                let mut tools = Tools::default();
                let speech = Speech::analyse(&audio, tools.encoder()?, frames, &mut |_| {})?;
                let embeddings = streams
                    .iter()
                    .map(|&stream| Ok(model.embed_speech(stream, &speech, WINDOW_FRAMES)?))
                    .collect::<Result<_>>()?;
                Ok(Self { windows: windows(frames), embeddings, content: Content::Recording(audio) })
            }
            Query::Gesture(path) => {
                let (track, place) = gesture(path, folder, tell)?;
                let mut embeddings = Vec::new();
                for &stream in streams {
                    embeddings.push(model.embed_motion(stream, &track, WINDOW_FRAMES)?);
                }
                let mut windows = windows(track.frames());
                // A window in which the stream is hardly in view says nothing.
                let usable: Vec<usize> = (0..windows.len())
                    .filter(|&w| streams.iter().all(|&stream| in_view(&track, stream, windows[w])))
                    .collect();
                if usable.is_empty() {
                    let what = format!("{}: face or hands are hardly in view", path.display());
                    return Err(nothing(what, "compare one stream only (--stream face or body)"));
                }
                windows = usable.iter().map(|&w| windows[w]).collect();
                for all in &mut embeddings {
                    *all = all.select(ndarray::Axis(0), &usable);
                }
                Ok(Self { windows, embeddings, content: Content::Gesture(track, place) })
            }
        }
    }
}

/// Windows that do not overlap, as the model embeds them; one of what is shorter than a window.
fn windows(frames: usize) -> Vec<(usize, usize)> {
    (0..=frames.saturating_sub(WINDOW_FRAMES))
        .step_by(WINDOW_FRAMES)
        .map(|start| (start, (start + WINDOW_FRAMES).min(frames)))
        .collect()
}

/// Whether what a stream is about is in view in at least half of the frames from one to before another: the face, or one of
/// the wrists.
pub(super) fn in_view(track: &KeypointTrack, stream: Stream, (from, to): (usize, usize)) -> bool {
    const SEEN: f32 = 0.3;
    let points: &[usize] = match stream {
        Stream::Face => &[orator_body::layout::FACE.start],
        Stream::Body => &orator_body::layout::WRISTS,
    };
    let rows = track.confidence().slice(s![from..to, ..]);
    let seen = rows.rows().into_iter().filter(|row| points.iter().any(|&p| row[p] >= SEEN)).count();
    2 * seen >= to - from
}

fn gesture(
    path: &Path,
    folder: &Path,
    tell: &mut dyn FnMut(Event),
) -> Result<(KeypointTrack, Option<ClipPlace>)> {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("safetensors")) {
        let track = read_keypoints(path)?.track;
        if track.layout() != Layout::WholeBody133 || track.rate() != FrameRate::MOTION || track.frames() == 0
        {
            let what = format!(
                "{}: {} frames of the layout {} at {} a second",
                path.display(),
                track.frames(),
                track.layout().name(),
                track.rate().as_f64()
            );
            return Err(nothing(what, &format!("give 133 points at {RATE} frames a second")));
        }
        // Nobody says whether they were found or made: smoothing leaves made ones nearly alone.
        return Ok((as_learned(&track, false)?, None));
    }
    if !path.is_file() {
        let what = format!("{}: there is no such file", path.display());
        return Err(nothing(what, "give a video, or keypoints as .safetensors"));
    }
    let name = path.file_name().map(Path::new).unwrap_or(path);
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let source = ClipSource { files: Some(literal(name)), speech: false, ..everything() };
    let mut clips = prepare(&[source], parent, folder, tell)?;
    let clip = clips.pop().ok_or_else(|| nothing(format!("{}: no clip", path.display()), "give a video"))?;
    Ok((as_learned(&clip.track, clip.exact)?, Some(clip.place)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn windows_follow_each_other() {
        assert_eq!(windows(30), [(0, 30)]);
        assert_eq!(windows(80), [(0, 80)]);
        assert_eq!(windows(250), [(0, 80), (80, 160), (160, 240)]);
    }

    #[test]
    fn hands_out_of_view_do_not_count() {
        let mut confidence = Array2::zeros((100, 133));
        confidence.slice_mut(s![.., orator_body::layout::FACE.start]).fill(1.0);
        confidence.slice_mut(s![..60, orator_body::layout::WRISTS[1]]).fill(1.0);
        let points = Array3::zeros((100, 133, 2));
        let track =
            KeypointTrack::new(Layout::WholeBody133, FrameRate::MOTION, (8, 8), points, confidence).unwrap();
        assert!(in_view(&track, Stream::Face, (0, 100)));
        assert!(in_view(&track, Stream::Body, (0, 100)) && !in_view(&track, Stream::Body, (30, 100)));
    }
}
