//! The best answers beside the question as a video: found gestures to the recording that asked, or the gesture that asked to
//! the recordings that were found. Cuts are hard; a clip without pictures is shown as its pose.

use super::question::{Content, Question};
use super::{Answer, Found, nothing};
use crate::phrases::sound_of;
use crate::{ClipPlace, Result, from_corpus};
use orator_body::draw::{PoseStyle, draw_pose};
use orator_body::{KeypointTrack, read_keypoints};
use orator_corpus::Corpus;
use orator_media::video_in::{Position, VideoReadOptions, VideoReader};
use orator_media::video_out::{Provenance, VideoSettings, VideoWriter};
use orator_media::{Audio, FrameRate, Picture};
use orator_speech::ENCODER_RATE;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Side of the video in pixels.
const SIDE: usize = 512;

/// Corpora by folder, opened once.
type Opened = BTreeMap<PathBuf, Corpus>;

/// Writes the video; `folder` holds the prepared keypoints.
pub(super) fn write(question: &Question, answers: &[Answer], folder: &Path, out: &Path) -> Result<()> {
    let mut opened = Opened::new();
    let best: Vec<(&Found, usize)> = answers
        .iter()
        .zip(&question.windows)
        .filter_map(|(answer, &(from, to))| Some((answer.found.first()?, to - from)))
        .collect();
    let frames: usize = best.iter().map(|(_, frames)| frames).sum();
    if frames == 0 {
        return Err(nothing("there is nothing to show", "give a larger corpus"));
    }
    let sound = match &question.content {
        Content::Recording(audio) => fitted(audio, frames),
        Content::Gesture(..) => {
            let mut samples = Vec::new();
            for (found, frames) in &best {
                let (whole, _) = sound_of(&found.place, &mut opened)?;
                let whole = whole.resampled(ENCODER_RATE)?;
                let from = FrameRate::MOTION.start_of_frame(found.frames.0 as u64, ENCODER_RATE) as usize;
                samples.extend(fitted(&whole.slice(from, usize::MAX), *frames).samples);
            }
            Audio::new(ENCODER_RATE, samples)?
        }
    };
    let note = "put together from a corpus by retrieval; nothing in it was generated";
    let settings = VideoSettings {
        audio: Some(sound),
        provenance: Provenance {
            generator: "orator".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            note: Some(note.into()),
            ..Provenance::default()
        },
        ..VideoSettings::new(SIDE, SIDE, FrameRate::MOTION)
    };
    let mut writer = VideoWriter::create(out, settings)?;
    match &question.content {
        Content::Recording(_) => {
            for (found, frames) in &best {
                let track =
                    read_keypoints(&folder.join(format!("{}.keypoints.safetensors", found.prepared)))?;
                show(Some(&found.place), &track.track, found.frames, *frames, &mut opened, &mut writer)?;
            }
        }
        Content::Gesture(track, place) => {
            for (&window, (_, frames)) in question.windows.iter().zip(&best) {
                show(place.as_ref(), track, window, *frames, &mut opened, &mut writer)?;
            }
        }
    }
    writer.finish()?;
    Ok(())
}

/// So much of a recording as so many frames take, with silence where it ends earlier.
fn fitted(audio: &Audio, frames: usize) -> Audio {
    let length = FrameRate::MOTION.start_of_frame(frames as u64, audio.rate) as usize;
    let mut cut = audio.slice(0, length);
    cut.samples.resize(length, 0.0);
    cut
}

/// Pushes `frames` pictures of a clip's window; the last one stands where the window is shorter.
fn show(
    place: Option<&ClipPlace>,
    track: &KeypointTrack,
    (from, to): (usize, usize),
    frames: usize,
    opened: &mut Opened,
    writer: &mut VideoWriter,
) -> Result<()> {
    let to = to.min(from + frames);
    let mut shown = 0;
    let mut last = Picture::filled(SIDE, SIDE, [0; 3]);
    let filmed = match place {
        Some(place) => pictures(place, from, to, opened)?,
        None => None,
    };
    if let Some((reader, _held)) = filmed {
        for picture in reader.take(frames) {
            last = squared(&picture?);
            writer.push(&last)?;
            shown += 1;
        }
    } else {
        for frame in from..to.min(track.frames()) {
            last = pose(track, frame);
            writer.push(&last)?;
            shown += 1;
        }
    }
    for _ in shown..frames {
        writer.push(&last)?;
    }
    Ok(())
}

/// The pictures of a clip's frames from one to before another, with what has to be kept until they are read; `None` without
/// pictures.
fn pictures(
    place: &ClipPlace,
    from: usize,
    to: usize,
    opened: &mut Opened,
) -> Result<Option<(VideoReader, Option<orator_corpus::Extracted>)>> {
    let options = |begin: u64| VideoReadOptions {
        from: Some(Position::Frame(begin + from as u64)),
        to: Some(Position::Frame(begin + to as u64)),
        ..VideoReadOptions::at_motion_rate()
    };
    Ok(match place {
        ClipPlace::File(path, begin) => Some((VideoReader::open(path, &options(*begin))?, None)),
        ClipPlace::Corpus(dir, id) => {
            if !opened.contains_key(dir) {
                opened.insert(dir.clone(), from_corpus::open(dir)?);
            }
            let clip = opened.get(dir).and_then(|corpus| corpus.clip(id));
            let video = clip.map(|clip| clip.video(&options(0))).transpose()?.flatten();
            video.map(|(reader, held)| (reader, Some(held)))
        }
    })
}

fn pose(track: &KeypointTrack, frame: usize) -> Picture {
    let (width, height) = track.size();
    let (width, height) = within(width as usize, height as usize);
    let mut picture = Picture::filled(width, height, [0; 3]);
    draw_pose(&mut picture, track, frame, &PoseStyle::default());
    squared(&picture)
}

/// The largest size of this shape within the video's.
fn within(width: usize, height: usize) -> (usize, usize) {
    let longer = width.max(height).max(1);
    let side = |side: usize| (side * SIDE / longer).clamp(1, SIDE);
    (side(width), side(height))
}

/// In the middle of a black square.
fn squared(picture: &Picture) -> Picture {
    let (width, height) = within(picture.width(), picture.height());
    let scaled = picture.resize(width, height);
    let mut square = Picture::filled(SIDE, SIDE, [0; 3]);
    let (left, top) = ((SIDE - width) / 2, (SIDE - height) / 2);
    for y in 0..height {
        let at = ((top + y) * SIDE + left) * 3;
        square.rgb_mut()[at..at + width * 3]
            .copy_from_slice(&scaled.rgb()[y * width * 3..(y + 1) * width * 3]);
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_stand_in_the_middle() {
        assert_eq!((within(640, 480), within(100, 200)), ((512, 384), (256, 512)));
        let wide = squared(&Picture::filled(64, 32, [200; 3]));
        assert_eq!((wide.pixel(5, 10), wide.pixel(5, 256)), ([0; 3], [200; 3]));
    }

    #[test]
    fn sound_is_as_long_as_the_frames() {
        let audio = Audio::new(1000, vec![0.5; 70]).unwrap();
        let longer = fitted(&audio, 2);
        assert_eq!((longer.samples.len(), longer.samples[69], longer.samples[70]), (80, 0.5, 0.0));
        assert_eq!(fitted(&audio, 1).samples.len(), 40);
    }
}
