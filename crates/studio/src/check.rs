//! Looking at a written video again: is the person found, do the points follow, how like are the pictures?

use crate::driving::Range;
use crate::stages::Progress;
use crate::{Result, StudioError};
use orator_body::{KeypointTrack, SquareCrop};
use orator_media::Picture;
use orator_media::video_in::{VideoReadOptions, VideoReader};
use orator_metrics::boxes::BoxConfig;
use orator_metrics::{MetricsError, PartBoxes, PictureReport, PictureScores, ReenactmentReport};
use orator_perceive::Perceiver;
use serde::Serialize;
use std::path::Path;

/// Side of the square in whose pixels distances are given, whatever the video's size.
const SIDE: u32 = 256;
/// Points below this confidence are not compared.
const SEEN: f32 = 0.3;

/// How well a video follows what drove it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckReport {
    /// Frames.
    pub frames: usize,
    /// Distances between driving points and points found again, in pixels of 256×256, and shares of frames.
    pub keypoints: ReenactmentReport,
    /// PSNR, SSIM and, where its networks were fetched, LPIPS against the real frames, where the real frames show the same person.
    pub pictures: Option<PictureReport>,
}

/// The real frames that a video stands beside.
pub(crate) struct Real<'a> {
    pub path: &'a Path,
    pub range: Range,
    pub crop: &'a SquareCrop,
}

/// Reads the written video once: perceives every frame and, beside it, compares it with the real one.
pub(crate) fn check(
    video: &Path,
    driving: &KeypointTrack,
    real: Option<Real<'_>>,
    perceiver: &mut Perceiver,
    progress: &mut Progress<'_>,
) -> Result<CheckReport> {
    let frames = driving.frames();
    let options = VideoReadOptions { rate: None, ..VideoReadOptions::default() };
    let reader = VideoReader::open(video, &options).map_err(StudioError::Input)?;
    let mut comparison = real.map(|real| Comparison::open(real, driving)).transpose()?;
    let mut fault = None;
    let pictures = reader.inspect(|picture| {
        if let (Some(comparison), Ok(picture), None) = (&mut comparison, picture, &fault) {
            fault = comparison.add(picture).err();
        }
    });
    let found = perceiver
        .video(pictures, driving.rate(), &mut |done| progress.at(done, frames.max(done)))
        .map_err(StudioError::perceive(video))?;
    if let Some(fault) = fault {
        return Err(fault);
    }
    let keypoints = ReenactmentReport::of(
        &driving.scaled_to((SIDE, SIDE))?,
        &found.track.scaled_to((SIDE, SIDE))?,
        SEEN,
    )?;
    Ok(CheckReport { frames, keypoints, pictures: comparison.map(|comparison| comparison.scores.report()) })
}

/// Frames of the driving video, cropped as the driving points were, against those of the written one.
struct Comparison<'a> {
    reader: VideoReader,
    crop: &'a SquareCrop,
    driving: &'a KeypointTrack,
    scores: PictureScores,
    next: usize,
}

impl<'a> Comparison<'a> {
    fn open(real: Real<'a>, driving: &'a KeypointTrack) -> Result<Self> {
        let reader = VideoReader::open(real.path, &real.range.options()).map_err(StudioError::Input)?;
        Ok(Self { reader, crop: real.crop, driving, scores: PictureScores::with_what_is_there()?, next: 0 })
    }

    fn add(&mut self, written: &Picture) -> Result<()> {
        let Some(real) = self.reader.next() else {
            return Err(MetricsError::Size("the driving video ended before the written one".into()).into());
        };
        let real = self.crop.picture(&real.map_err(StudioError::Input)?)?;
        let boxes = PartBoxes::of(self.driving, self.next, &BoxConfig::default());
        self.next += 1;
        Ok(self.scores.add_with_boxes(&real, written, &boxes)?)
    }
}
