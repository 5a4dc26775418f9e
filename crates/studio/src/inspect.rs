//! What is found in a picture or video, and what would be made of it.

use crate::stages::Stages;
use crate::{Event, Result, StudioError, film, output, portrait};
use orator_body::crop::CropConfig;
use orator_body::draw::{PoseStyle, draw_pose};
use orator_body::layout::{FACE, LEFT_HAND, RIGHT_HAND};
use orator_body::{Fit, KeypointTrack, SquareCrop, write_keypoints};
use orator_media::video_in::{VideoReadOptions, VideoReader};
use orator_media::video_out::{Provenance, VideoSettings, VideoWriter, read_provenance};
use orator_media::{ContentKind, FrameRate, MediaError, Picture, Rect};
use orator_perceive::Perceiver;
use serde::Serialize;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A hand or face counts as seen from this presence on.
const SEEN: f32 = 0.5;
/// Colour of the frame that shows the square.
const CROP_COLOUR: [u8; 3] = [255, 210, 0];
/// What an output may be for a picture and for a video.
const PICTURE_OUTPUTS: [&str; 2] = ["png", "safetensors"];
const VIDEO_OUTPUTS: [&str; 2] = ["mp4", "safetensors"];

/// What to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectRequest {
    /// A picture or a video.
    pub path: PathBuf,
    /// Where the result goes: keypoints as `.safetensors`; drawn on the picture as `.png`, on the video as `.mp4`.
    pub out: Option<PathBuf>,
    /// How it would be made square.
    pub fit: Fit,
}

/// The square that would be worked on, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CropSquare {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width and height.
    pub side: f32,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InspectReport {
    /// What was looked at.
    pub path: PathBuf,
    /// `picture` or `video`.
    pub kind: &'static str,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames at 25 fps; 1 for a picture.
    pub frames: usize,
    /// Share of frames that show a person.
    pub person: f64,
    /// Share of frames that show a face.
    pub face: f64,
    /// Share of frames that show the person's left hand.
    pub left_hand: f64,
    /// Share of frames that show the person's right hand.
    pub right_hand: f64,
    /// Share of frames that show both hands.
    pub both_hands: f64,
    /// Whether a video has sound.
    pub sound: Option<bool>,
    /// The square around the person.
    pub crop: CropSquare,
    /// What a person should know.
    pub remarks: Vec<String>,
    /// What the file says about where it comes from, if it says that it was generated.
    pub provenance: Option<Provenance>,
}

/// Carries out a request. Stages: `models`, `perceive`, and `overlay` for a video with an `.mp4` output.
///
/// # Errors
/// [`StudioError`]; [`crate::ErrorKind::Nothing`] when nobody is found.
pub fn inspect(request: &InspectRequest, tell: &mut dyn FnMut(Event)) -> Result<InspectReport> {
    let is_picture = is_picture(&request.path)?;
    if let Some(out) = &request.out {
        output::check(out, if is_picture { &PICTURE_OUTPUTS } else { &VIDEO_OUTPUTS })?;
        output::differs_from_inputs(out, &[&request.path])?;
    }
    let mut stages = Stages::new(tell);
    if is_picture { inspect_picture(request, &mut stages) } else { inspect_video(request, &mut stages) }
}

fn inspect_picture(request: &InspectRequest, stages: &mut Stages<'_>) -> Result<InspectReport> {
    let path = &request.path;
    let picture = portrait::read(path)?;
    let mut perceiver = load(path, stages)?;
    let (portrait, remarks) =
        stages.run("perceive", |_| perceiver.portrait(picture)).map_err(StudioError::perceive(path))?;
    let crop = choose(&portrait.keypoints, request.fit)?;
    if let Some(out) = &request.out {
        if wants_keypoints(out) {
            write_keypoints(out, &portrait.keypoints, &crate::generate::name_of(path))?;
        } else {
            let mut drawn = portrait.picture;
            draw(&mut drawn, &portrait.keypoints, 0, &crop);
            drawn.write_png(out).map_err(StudioError::Output)?;
        }
        stages.tell(Event::wrote(out));
    }
    let remarks = remarks.iter().map(ToString::to_string).collect();
    Ok(report(path, "picture", &portrait.keypoints, &crop, remarks, None))
}

fn inspect_video(request: &InspectRequest, stages: &mut Stages<'_>) -> Result<InspectReport> {
    let path = &request.path;
    let reader = open(path)?;
    let (sound, total) = (reader.info().has_audio, reader.info().frames.unwrap_or(0) as usize);
    let provenance = read_provenance(path).ok().flatten();
    let mut perceiver = load(path, stages)?;
    let found = stages
        .run("perceive", |progress| {
            perceiver.video(reader, FrameRate::MOTION, &mut |done| progress.at(done, total.max(done)))
        })
        .map_err(StudioError::perceive(path))?;
    let crop = choose(&found.track, request.fit)?;
    if let Some(out) = &request.out {
        if wants_keypoints(out) {
            write_keypoints(out, &found.track, &crate::generate::name_of(path))?;
        } else {
            overlay(path, out, &found.track, &crop, stages)?;
        }
        stages.tell(Event::wrote(out));
    }
    let remarks = found.remarks.iter().map(ToString::to_string).collect();
    let report = report(path, "video", &found.track, &crop, remarks, provenance);
    let people = found.seen.iter().filter(|seen| seen.is_some()).count();
    Ok(InspectReport { sound: Some(sound), person: people as f64 / found.seen.len().max(1) as f64, ..report })
}

/// The video with its keypoints and the square drawn on it, without sound.
fn overlay(
    path: &Path,
    out: &Path,
    track: &KeypointTrack,
    crop: &SquareCrop,
    stages: &mut Stages<'_>,
) -> Result<()> {
    stages.run("overlay", |progress| {
        let reader = open(path)?;
        // H.264 takes even sizes only.
        let (width, height) = (reader.info().width & !1, reader.info().height & !1);
        let settings = VideoSettings {
            provenance: film::provenance(None, Vec::new(), "a video, with the keypoints drawn on it"),
            ..VideoSettings::new(width, height, FrameRate::MOTION)
        };
        let mut writer = VideoWriter::create(out, settings).map_err(StudioError::Output)?;
        for (frame, picture) in reader.enumerate() {
            let mut picture = picture.map_err(StudioError::Input)?;
            draw(&mut picture, track, frame, crop);
            if (picture.width(), picture.height()) != (width, height) {
                let rect = Rect { x: 0.0, y: 0.0, width: width as f32, height: height as f32 };
                picture = picture.crop(rect, orator_media::Fill::Edge);
            }
            writer.push(&picture).map_err(StudioError::Output)?;
            progress.at(frame + 1, track.frames().max(frame + 1));
        }
        writer.finish().map_err(StudioError::Output)?;
        Ok(())
    })
}

fn load(path: &Path, stages: &mut Stages<'_>) -> Result<Perceiver> {
    stages.run("models", |_| Perceiver::load().map_err(StudioError::perceive(path)))
}

fn open(path: &Path) -> Result<VideoReader> {
    VideoReader::open(path, &VideoReadOptions::at_motion_rate()).map_err(StudioError::Input)
}

fn wants_keypoints(out: &Path) -> bool {
    out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors"))
}

fn choose(track: &KeypointTrack, fit: Fit) -> Result<SquareCrop> {
    // The side does not matter here.
    Ok(SquareCrop::choose(track.size(), Some(track), fit, portrait::SIZES[0], &CropConfig::default())?)
}

fn report(
    path: &Path,
    kind: &'static str,
    track: &KeypointTrack,
    crop: &SquareCrop,
    remarks: Vec<String>,
    provenance: Option<Provenance>,
) -> InspectReport {
    let frames = track.frames();
    let sees = |frame: usize, point: usize| track.confidence()[[frame, point]] >= SEEN;
    let share = |wanted: &dyn Fn(usize) -> bool| {
        (0..frames).filter(|frame| wanted(*frame)).count() as f64 / frames.max(1) as f64
    };
    let (left, right) = (LEFT_HAND.start, RIGHT_HAND.start);
    let rect = crop.rect();
    InspectReport {
        path: path.to_owned(),
        kind,
        width: track.size().0,
        height: track.size().1,
        frames,
        person: 1.0,
        face: share(&|frame| sees(frame, FACE.start)),
        left_hand: share(&|frame| sees(frame, left)),
        right_hand: share(&|frame| sees(frame, right)),
        both_hands: share(&|frame| sees(frame, left) && sees(frame, right)),
        sound: None,
        crop: CropSquare { x: rect.x, y: rect.y, side: rect.width },
        remarks,
        provenance,
    }
}

/// Keypoints and the square's frame onto a picture.
fn draw(picture: &mut Picture, track: &KeypointTrack, frame: usize, crop: &SquareCrop) {
    draw_pose(picture, track, frame, &PoseStyle::default());
    draw_frame(picture, crop.rect());
}

/// The outline of `rect`, two pixels wide, as far as it lies inside.
fn draw_frame(picture: &mut Picture, rect: Rect) {
    let (width, height) = (picture.width() as i64, picture.height() as i64);
    let (left, top) = (rect.x.round() as i64, rect.y.round() as i64);
    let (right, bottom) = (left + rect.width.round() as i64 - 1, top + rect.height.round() as i64 - 1);
    let mut put = |x: i64, y: i64| {
        if (0..width).contains(&x) && (0..height).contains(&y) {
            let at = ((y * width + x) * 3) as usize;
            picture.rgb_mut()[at..at + 3].copy_from_slice(&CROP_COLOUR);
        }
    };
    for inset in 0..2 {
        for x in left.max(0)..=right.min(width - 1) {
            put(x, top + inset);
            put(x, bottom - inset);
        }
        for y in top.max(0)..=bottom.min(height - 1) {
            put(left + inset, y);
            put(right - inset, y);
        }
    }
}

/// Whether the file's content is a picture; anything else is tried as a video.
fn is_picture(path: &Path) -> Result<bool> {
    let failed = |error| StudioError::Input(MediaError::io(path, error));
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut start = Vec::new();
    file.take(ContentKind::BYTES_NEEDED as u64).read_to_end(&mut start).map_err(failed)?;
    Ok(matches!(ContentKind::of(&start), ContentKind::Png | ContentKind::Jpeg | ContentKind::WebP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_lies_inside_and_wild_squares_do_no_harm() {
        let mut picture = Picture::filled(20, 10, [0; 3]);
        draw_frame(&mut picture, Rect { x: 5.0, y: 0.0, width: 10.0, height: 10.0 });
        assert_eq!(picture.pixel(5, 0), CROP_COLOUR);
        assert_eq!(picture.pixel(14, 9), CROP_COLOUR);
        assert_eq!((picture.pixel(15, 9), picture.pixel(10, 5)), ([0; 3], [0; 3]));
        draw_frame(&mut picture, Rect { x: -1e30, y: -5.0, width: 1e30, height: 20.0 });
    }
}
