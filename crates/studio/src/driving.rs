//! The motion that drives an animation: a video, perceived, or a keypoint file.

use crate::stages::Stages;
use crate::{Result, StudioError};
use orator_body::crop::CropConfig;
use orator_body::smooth::{GapConfig, SmoothingConfig};
use orator_body::{Fit, KeypointTrack, SquareCrop, read_keypoints};
use orator_media::video_in::{Position, VideoReadOptions, VideoReader};
use orator_media::{Audio, FrameRate, Limits, Picture, audio};
use orator_perceive::Perceiver;
use std::path::{Path, PathBuf};

/// Which part of a video is used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Range {
    pub from: Option<f64>,
    pub to: Option<f64>,
}

impl Range {
    /// How the video is read: at 25 fps.
    pub(crate) fn options(self) -> VideoReadOptions {
        VideoReadOptions {
            from: self.from.map(Position::seconds),
            to: self.to.map(Position::seconds),
            ..VideoReadOptions::at_motion_rate()
        }
    }

    /// Refuses what is no range.
    pub(crate) fn check(self) -> Result<()> {
        let wrong = [self.from, self.to].iter().flatten().any(|s| !s.is_finite() || *s < 0.0)
            || matches!((self.from, self.to), (from, Some(to)) if to <= from.unwrap_or(0.0));
        if !wrong {
            return Ok(());
        }
        Err(StudioError::Usage {
            what: "the range of the driving video is empty".into(),
            hint: "give --from and --to in seconds, the first below the second".into(),
        })
    }
}

/// Driving motion, cut to a square.
pub(crate) struct Driving {
    /// As found, in pixels of the square.
    pub found: KeypointTrack,
    /// With short gaps filled, lightly smoothed.
    pub track: KeypointTrack,
    /// The square; the same for all frames.
    pub crop: SquareCrop,
    /// The video's first frame, whole; `None` for a keypoint file.
    pub first: Option<Picture>,
    /// The video's sound, as long as its frames.
    pub sound: Option<Audio>,
    /// The video and range, to read its frames again; `None` for a keypoint file.
    pub video: Option<(PathBuf, Range)>,
}

/// Whether `path` is a keypoint file by its name.
pub(crate) fn is_keypoint_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors"))
}

/// Perceives a driving video (stage `driving`). All of it is cropped by one square around the person over the clip.
pub(crate) fn from_video(
    path: &Path,
    range: Range,
    fit: Fit,
    side: u32,
    perceiver: &mut Perceiver,
    stages: &mut Stages<'_>,
) -> Result<Driving> {
    let (track, first, has_audio) = stages.run("driving", |progress| {
        let reader = VideoReader::open(path, &range.options()).map_err(StudioError::Input)?;
        let total = reader.info().frames.unwrap_or(0) as usize;
        let has_audio = reader.info().has_audio;
        let mut first = None;
        let frames = reader.inspect(|picture| {
            if first.is_none() {
                first = picture.as_ref().ok().cloned();
            }
        });
        let found = perceiver
            .video(frames, FrameRate::MOTION, &mut |done| progress.at(done, total.max(done)))
            .map_err(StudioError::perceive(path))?;
        for remark in &found.remarks {
            progress.remark(format!("{}: {remark}", path.display()));
        }
        Ok::<_, StudioError>((found.track, first, has_audio))
    })?;
    let sound = if has_audio { sound_of(path, range, track.frames(), stages) } else { None };
    let driving = cropped(&track, fit, side)?;
    Ok(Driving { first, sound, video: Some((path.to_owned(), range)), ..driving })
}

/// Reads a keypoint file as driving motion.
pub(crate) fn from_keypoints(path: &Path, range: Range, fit: Fit, side: u32) -> Result<Driving> {
    let track = read_keypoints(path).map_err(StudioError::Keypoints)?.track;
    let rate = track.rate().as_f64();
    let frame = |seconds: f64| ((seconds * rate).ceil() as usize).min(track.frames());
    let (from, to) = (range.from.map_or(0, frame), range.to.map_or(track.frames(), frame));
    if track.layout() != orator_body::Layout::WholeBody133 || from >= to {
        return Err(StudioError::Usage {
            what: format!(
                "{}: {} keypoints over {} frames cannot drive a video",
                path.display(),
                track.layout().name(),
                to.saturating_sub(from)
            ),
            hint: "give a keypoint file in the whole-body133 layout with frames in the range".into(),
        });
    }
    cropped(&track.window(from..to), fit, side)
}

fn cropped(whole: &KeypointTrack, fit: Fit, side: u32) -> Result<Driving> {
    let crop = SquareCrop::choose(whole.size(), Some(whole), fit, side, &CropConfig::default())?;
    let found = crop.keypoints_to_crop(whole)?;
    let track = found.gaps_filled(&GapConfig::default()).smoothed(&SmoothingConfig::DRIVING)?;
    Ok(Driving { found, track, crop, first: None, sound: None, video: None })
}

/// The sound of the range, cut or filled with silence to exactly `frames` motion frames. Sound that cannot be read
/// is told and left out: the pictures are what was asked for.
fn sound_of(path: &Path, range: Range, frames: usize, stages: &mut Stages<'_>) -> Option<Audio> {
    match audio::read(path, &Limits::default()) {
        Ok(audio) => Some(cut_to_frames(&audio, range.from.unwrap_or(0.0), frames)),
        Err(error) => {
            stages.warn(format!("the driving video's sound is left out: {error}"));
            None
        }
    }
}

fn cut_to_frames(audio: &Audio, from_seconds: f64, frames: usize) -> Audio {
    // The range begins with the first frame that starts then or later.
    let first = Position::seconds(from_seconds).frame_at(FrameRate::MOTION);
    let start = FrameRate::MOTION.start_of_frame(first, audio.rate) as usize;
    let length = FrameRate::MOTION.start_of_frame(frames as u64, audio.rate) as usize;
    let mut cut = audio.slice(start, start.saturating_add(length));
    cut.samples.resize(length, 0.0);
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_as_long_as_the_frames() {
        let audio = Audio::new(44_100, (0..44_100).map(|n| n as f32 / 44_100.0).collect()).unwrap();
        let cut = cut_to_frames(&audio, 0.5, 10);
        assert_eq!(cut.samples.len(), 17_640);
        // Half a second is 12.5 frames: the 13th is the first.
        assert_eq!(cut.samples[0], audio.samples[13 * 1764]);
        let longer = cut_to_frames(&audio, 0.0, 50);
        assert_eq!((longer.samples.len(), longer.samples[80_000]), (88_200, 0.0));
        assert_eq!(cut_to_frames(&audio, 99.0, 2).samples, vec![0.0; 3528]);
    }

    #[test]
    fn ranges_are_checked() {
        let range = |from, to| Range { from, to }.check();
        assert!(
            range(None, None).is_ok()
                && range(Some(1.0), Some(2.0)).is_ok()
                && range(Some(3.0), None).is_ok()
        );
        assert!(range(Some(2.0), Some(2.0)).is_err() && range(None, Some(0.0)).is_err());
        assert!(range(Some(-1.0), None).is_err() && range(None, Some(f64::NAN)).is_err());
    }
}
