//! What people look at while a stage learns: true motion beside the networks' own, as a short video of poses.

use crate::clips::Clips;
use crate::windows::Batch;
use crate::{Result, TrainError};
use ndarray::Array2;
use orator_body::KeypointTrack;
use orator_body::draw::{PoseStyle, draw_pose};
use orator_media::video_out::{VideoSettings, VideoWriter};
use orator_media::{FrameRate, Picture};
use orator_motion::contextual::Stream;
use orator_motion::{RestPose, to_keypoints};
use orator_nn::to_array2;
use std::path::Path;
use tch::{IndexOp, Tensor};

/// Height of the pictures in pixels.
const HEIGHT: usize = 256;
/// Widest picture of one pose, in heights.
const WIDEST: f32 = 2.0;

/// The same window twice.
pub(crate) struct Comparison {
    real: KeypointTrack,
    made: KeypointTrack,
}

impl Comparison {
    /// Window `window` of a held-out batch beside normalised motion `made` `[batch, time, dimensions]` of both streams, both
    /// put onto the person of the clip.
    pub fn new(clips: &Clips, batch: &Batch, window: usize, made: [&Tensor; 2]) -> Result<Self> {
        let nothing = || TrainError::Corpus {
            what: "the window is of no clip".into(),
            hint: "this is a fault of the training program, please report it".into(),
        };
        let clip =
            batch.places.get(window).and_then(|place| clips.clips.get(place.clip)).ok_or_else(nothing)?;
        let rest = RestPose::of(&clip.track)?;
        let seen = (0..clip.track.frames()).max_by(|&a, &b| {
            let sum = |f: usize| clip.track.confidence().row(f).sum();
            sum(a).total_cmp(&sum(b))
        });
        let reference = seen.and_then(|f| clip.track.frame(f)).ok_or_else(nothing)?;
        let onto = |streams: [&Tensor; 2]| -> Result<KeypointTrack> {
            let real = |stream: Stream| -> Result<Array2<f32>> {
                let s = stream as usize;
                Ok(clips.statistics.motion[s].undo(&to_array2(&streams[s].i(window as i64))?))
            };
            let (face, body) = (real(Stream::Face)?, real(Stream::Body)?);
            Ok(to_keypoints(&face, &body, &rest, &reference, &clips.statistics.hands)?)
        };
        Ok(Self { real: onto([&batch.motion[0], &batch.motion[1]])?, made: onto(made)? })
    }

    /// Writes the true motion on the left and the networks' on the right.
    pub fn write(&self, path: &Path) -> Result<()> {
        let (width, height) = self.real.size();
        let aspect = (width as f32 / height.max(1) as f32).clamp(1.0 / WIDEST, WIDEST);
        let width = ((HEIGHT as f32 * aspect / 2.0).round() as usize * 2).max(16);
        let mut video = VideoWriter::create(path, VideoSettings::new(2 * width, HEIGHT, FrameRate::MOTION))?;
        for frame in 0..self.real.frames() {
            let mut both = Picture::filled(2 * width, HEIGHT, [0, 0, 0]);
            for (side, track) in [&self.real, &self.made].into_iter().enumerate() {
                let mut one = Picture::filled(width, HEIGHT, [0, 0, 0]);
                draw_pose(&mut one, track, frame, &PoseStyle::default());
                let (row, from) = (3 * width, 3 * side * width);
                for (target, source) in both.rgb_mut().chunks_mut(2 * row).zip(one.rgb().chunks(row)) {
                    target[from..from + row].copy_from_slice(source);
                }
            }
            video.push(&both)?;
        }
        video.finish()?;
        Ok(())
    }
}
