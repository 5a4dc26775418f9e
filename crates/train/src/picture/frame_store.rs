//! Frames of the clips, cut to squares and kept on disk, so that any frame can be read without decoding what comes before it.

use super::guides::{Guides, read_at};
use crate::prepare::{Pictures, PreparedClip, prepare_each};
use crate::{ClipSource, Event, Result, TrainError};
use ndarray::{Array2, Array3, s};
use orator_body::crop::CropConfig;
use orator_body::layout::mirror_of;
use orator_body::smooth::{GapConfig, SmoothingConfig};
use orator_body::{Fit, KeypointTrack, Layout, SquareCrop};
use orator_corpus::Split;
use orator_media::OutputFile;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The layout that drives the learned renderer.
pub const LAYOUT: Layout = Layout::Contextual116;
/// Bytes of a pixel.
const CHANNELS: usize = 3;

/// The kept frames of one clip with their keypoints.
pub struct FrameClip {
    /// The clip's name.
    pub name: String,
    /// Train or held out.
    pub split: Split,
    /// Whether the keypoints are known and not detected: it was staged, not filmed.
    pub exact: bool,
    /// How often it is drawn.
    pub weight: f64,
    /// Side of the frames in pixels.
    pub side: usize,
    /// Keypoints in pixels of the square, `[frames, 116, 2]`.
    pub points: Array3<f32>,
    /// `[frames, 116]`.
    pub confidence: Array2<f32>,
    /// The same frames with all 133 points, for scores on hands and lips.
    pub track: KeypointTrack,
    /// What the `warp` renderer draws of the frames, for networks that start from that.
    pub(super) guides: Option<Guides>,
    path: PathBuf,
}

impl FrameClip {
    /// Takes up a prepared clip; its pictures are read and kept in `folder` unless they are there already. Every `every`-th
    /// frame is kept.
    ///
    /// # Errors
    /// When the pictures cannot be read, or the folder cannot be written.
    pub fn new(
        clip: &PreparedClip,
        pictures: &Pictures<'_>,
        weight: f64,
        split: Split,
        (side, every): (u32, usize),
        folder: &Path,
    ) -> Result<Option<Self>> {
        let crop = SquareCrop::choose(
            clip.track.size(),
            Some(&clip.track),
            Fit::Crop,
            side,
            &CropConfig::default(),
        )?;
        let whole = crop.keypoints_to_crop(&clip.track)?;
        let whole = if clip.exact {
            whole
        } else {
            whole.gaps_filled(&GapConfig::default()).smoothed(&SmoothingConfig::DRIVING)?
        };
        let kept: Vec<usize> = (0..whole.frames()).step_by(every.max(1)).collect();
        let path = folder.join(format!("{}-{side}-{every}.frames", clip.name));
        let frame_bytes = side as usize * side as usize * CHANNELS;
        let bytes = (kept.len() * frame_bytes) as u64;
        if path.metadata().map(|m| m.len()).ok() != Some(bytes)
            && !keep(pictures, &crop, every, kept.len(), &path)?
        {
            return Ok(None);
        }
        let of = |track: &KeypointTrack| -> Result<KeypointTrack> {
            Ok(KeypointTrack::new(
                track.layout(),
                track.rate(),
                track.size(),
                track.points().select(ndarray::Axis(0), &kept),
                track.confidence().select(ndarray::Axis(0), &kept),
            )?)
        };
        let track = of(&whole)?;
        let view = track.view(LAYOUT)?;
        Ok(Some(Self {
            name: clip.name.clone(),
            split,
            exact: clip.exact,
            weight,
            side: side as usize,
            points: view.points().to_owned(),
            confidence: view.confidence().to_owned(),
            track,
            guides: None,
            path,
        }))
    }

    /// How many frames are kept.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.points.shape()[0]
    }

    /// The picture of a frame: `side`² pixels of red, green, blue.
    ///
    /// # Errors
    /// When the file was cut since.
    pub fn picture(&self, frame: usize) -> Result<Vec<u8>> {
        let bytes = self.side * self.side * CHANNELS;
        read_at(&self.path, bytes, frame)
    }

    /// Whether the face is seen in a frame; frames without one teach nothing about drawing a speaker.
    #[must_use]
    pub fn has_face(&self, frame: usize) -> bool {
        let face = self.confidence.slice(s![frame, ..FACE_POINTS]);
        face.mean().is_some_and(|mean| mean > 0.0)
    }
}

/// Perceives what is not perceived yet and keeps every `every`-th frame, `side` pixels wide, of each clip that has pictures.
///
/// # Errors
/// When a clip cannot be read, or the folder cannot be written.
pub(crate) fn load_frames(
    sources: &[ClipSource],
    (side, every): (u32, usize),
    corpus: &Path,
    folder: &Path,
    tell: &mut dyn FnMut(Event),
) -> Result<Vec<FrameClip>> {
    let mut clips: Vec<FrameClip> = Vec::new();
    prepare_each(sources, corpus, folder, tell, &mut |clip, pictures| {
        let source = &sources[clip.source];
        clips.extend(FrameClip::new(&clip, &pictures, source.weight, source.split, (side, every), folder)?);
        Ok(())
    })?;
    Ok(clips)
}

/// The face comes first in the 116 points.
const FACE_POINTS: usize = 68;

/// Writes every `every`-th picture of a clip; false when the clip has no pictures.
fn keep(pictures: &Pictures<'_>, crop: &SquareCrop, every: usize, count: usize, path: &Path) -> Result<bool> {
    let mut file = OutputFile::create(path)?;
    let mut written = 0;
    let there = pictures.read(&mut |frame, picture| {
        if frame % every.max(1) == 0 && written < count {
            let square = crop.picture(&picture)?;
            file.write_all(square.rgb()).map_err(|e| file.error(e))?;
            written += 1;
        }
        Ok(())
    })?;
    if !there {
        return Ok(false);
    }
    if written < count {
        return Err(TrainError::Corpus {
            what: format!("{}: only {written} of {count} frames could be read", path.display()),
            hint: "delete the prepared folder of the run and prepare again".into(),
        });
    }
    file.persist()?;
    Ok(true)
}

/// For every one of the 116 points, the point on the other side of the body.
#[must_use]
pub fn mirrored_order() -> Vec<usize> {
    LAYOUT
        .points()
        .into_iter()
        .enumerate()
        .map(|(at, whole)| LAYOUT.position(mirror_of(whole)).unwrap_or(at))
        .collect()
}

#[cfg(test)]
impl FrameClip {
    /// A clip of pictures and a track that are at hand; its file lies in `folder`.
    pub(super) fn made_up(pictures: &[orator_media::Picture], track: KeypointTrack, folder: &Path) -> Self {
        let path = folder.join("made-up.frames");
        let bytes: Vec<u8> = pictures.iter().flat_map(|picture| picture.rgb().to_vec()).collect();
        std::fs::write(&path, bytes).unwrap();
        let view = track.view(LAYOUT).unwrap();
        Self {
            name: "made-up".into(),
            split: Split::Train,
            exact: true,
            weight: 1.0,
            side: pictures[0].width(),
            points: view.points().to_owned(),
            confidence: view.confidence().to_owned(),
            track,
            guides: Some(Guides::made_up(pictures, folder)),
            path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirroring_twice_changes_nothing_and_hands_change_sides() {
        let order = mirrored_order();
        assert!((0..order.len()).all(|at| order[order[at]] == at));
        let moved = order.iter().enumerate().filter(|(at, to)| at != *to).count();
        // Both hands, both arms, and the face but for its middle line.
        assert!(moved > 90 && order.len() == LAYOUT.len());
    }
}
