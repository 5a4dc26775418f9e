//! Rendering and encoding, side by side and frame by frame.

use crate::stages::Progress;
use crate::{Result, StudioError};
use orator_media::Picture;
use orator_media::video_out::{Provenance, VideoSettings, VideoSummary, VideoWriter};
use orator_motion::Motion;
use orator_render::{RenderError, Scene};
use std::path::Path;
use std::sync::mpsc::sync_channel;

/// Frames that may wait for the encoder: enough to even out slow frames, few enough to cost no memory.
const WAITING: usize = 4;
/// Frames that a renderer is given at once, so that it can draw them side by side.
const AT_ONCE: usize = 8;

/// What a generated video says about itself.
pub(crate) fn provenance(seed: Option<u64>, weights: Vec<String>, made_from: &str) -> Provenance {
    Provenance {
        generator: "orator".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        seed,
        weights,
        note: Some(format!("synthetic: generated from {made_from}")),
    }
}

/// Draws every frame of `motion` and writes the video. At most a handful of frames exist at a time.
pub(crate) fn film(
    scene: &mut dyn Scene,
    motion: &Motion,
    path: &Path,
    settings: VideoSettings,
    progress: &mut Progress<'_>,
) -> Result<VideoSummary> {
    let mut writer = VideoWriter::create(path, settings).map_err(StudioError::Output)?;
    let frames = motion.frames();
    let (sender, receiver) = sync_channel::<std::result::Result<Picture, RenderError>>(WAITING);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for first in (0..frames).step_by(AT_ONCE) {
                let (drawn, failed) = match scene.render_frames(motion, first..(first + AT_ONCE).min(frames))
                {
                    Ok(pictures) => (pictures.into_iter().map(Ok).collect(), false),
                    Err(error) => (vec![Err(error)], true),
                };
                for picture in drawn {
                    // The encoder gave up: it tells why.
                    if sender.send(picture).is_err() {
                        return;
                    }
                }
                if failed {
                    return;
                }
            }
        });
        // Moved in here, so that an error drops the receiver and ends the renderer.
        let receiver = receiver;
        for (done, picture) in receiver.iter().enumerate() {
            writer.push(&picture?).map_err(StudioError::Output)?;
            progress.at(done + 1, frames);
        }
        if writer.frames() != frames as u64 {
            return Err(StudioError::Internal(format!(
                "the renderer stopped after {} of {frames} frames",
                writer.frames()
            )));
        }
        writer.finish().map_err(StudioError::Output)
    })
}
