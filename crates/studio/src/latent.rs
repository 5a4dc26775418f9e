//! Latent motion read from a driving video.

use crate::driving::Range;
use crate::stages::Progress;
use crate::{Result, StudioError};
use ndarray::{Array2, concatenate, s};
use orator_body::{LatentTrack, SquareCrop};
use orator_media::video_in::VideoReader;
use orator_media::{FrameRate, Picture};
use orator_render::{MotionReader, Renderer};
use std::path::Path;

/// Frames whose motion is read at once.
const AT_ONCE: usize = 16;

/// The motion reader of a renderer of latent motion, where `driving` is a video.
pub(crate) fn reader<'a>(renderer: &'a dyn Renderer, driving: &Path) -> Result<Option<&'a dyn MotionReader>> {
    let reader = renderer.motion_reader();
    if reader.is_some() && crate::driving::is_keypoint_file(driving) {
        return Err(StudioError::Usage {
            what: format!(
                "{}: keypoints cannot drive the renderer {}, which reads motion from pictures",
                driving.display(),
                renderer.name()
            ),
            hint: "give a driving video, or choose the renderer contextual or warp".into(),
        });
    }
    Ok(reader)
}

/// The motion of `frames` frames of a video, each cut by `crop`; a handful of pictures exist at a time.
pub(crate) fn of_video(
    reader: &dyn MotionReader,
    representation: &str,
    (path, range): (&Path, Range),
    crop: &SquareCrop,
    frames: usize,
    progress: &mut Progress<'_>,
) -> Result<LatentTrack> {
    let video = VideoReader::open(path, &range.options()).map_err(StudioError::Input)?;
    let mut rows: Vec<Array2<f32>> = Vec::new();
    let mut waiting: Vec<Picture> = Vec::with_capacity(AT_ONCE);
    let mut done = 0;
    let mut read = |waiting: &mut Vec<Picture>| -> Result<usize> {
        rows.push(reader.read_motion(waiting)?);
        let count = waiting.len();
        waiting.clear();
        Ok(count)
    };
    for picture in video.take(frames) {
        waiting.push(crop.picture(&picture.map_err(StudioError::Input)?)?);
        if waiting.len() == AT_ONCE {
            done += read(&mut waiting)?;
            progress.at(done, frames);
        }
    }
    if !waiting.is_empty() {
        read(&mut waiting)?;
    }
    let views: Vec<_> = rows.iter().map(|rows| rows.slice(s![.., ..])).collect();
    let all = concatenate(ndarray::Axis(0), &views)
        .map_err(|error| StudioError::Internal(format!("latent motion of different sizes: {error}")))?;
    Ok(LatentTrack::new(representation, FrameRate::MOTION, all)?)
}
