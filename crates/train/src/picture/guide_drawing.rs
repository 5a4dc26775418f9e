//! Draws the guides of a clip: what the untrained `warp` renderer makes of its poses from a few of its frames.

use super::frame_store::FrameClip;
use super::guides::Guides;
use crate::Result;
use ndarray::Axis;
use orator_body::{KeypointTrack, Portrait};
use orator_media::{OutputFile, Picture};
use orator_perceive::{PerceiveError, Perceiver};
use orator_render::{Renderer, WarpRenderer};
use std::io::Write;
use std::path::Path;

/// Frames drawn at a time: pictures are never all in memory.
const AT_A_TIME: usize = 16;

/// Draws the guides of `clip` from `count` of its frames, spread evenly, unless they lie in `folder` already.
///
/// # Errors
/// When a picture cannot be read or drawn, or the folder cannot be written.
pub(super) fn draw_guides(
    clip: &FrameClip,
    count: usize,
    perceiver: &mut Option<Perceiver>,
    folder: &Path,
) -> Result<Guides> {
    let frames = clip.frames();
    let sources: Vec<usize> = spread(frames, count.max(1)).filter(|&frame| clip.has_face(frame)).collect();
    let sources = if sources.is_empty() { vec![0] } else { sources };
    let bytes = clip.side * clip.side * 3;
    let numbers: Vec<String> = sources.iter().map(ToString::to_string).collect();
    let path = folder.join(format!("{}-{}-from-{}.guides", clip.name, clip.side, numbers.join("-")));
    let wanted = (sources.len() * frames * bytes) as u64;
    if path.metadata().map(|m| m.len()).ok() != Some(wanted) {
        if perceiver.is_none() {
            *perceiver = Some(Perceiver::load()?);
        }
        if let Some(perceiver) = perceiver {
            draw(clip, &sources, perceiver, &path)?;
        }
    }
    Ok(Guides { sources, frames, bytes, path })
}

/// `count` numbers below `frames`, the first of which is 0, as far apart as can be.
fn spread(frames: usize, count: usize) -> impl Iterator<Item = usize> {
    let count = count.min(frames).max(1);
    (0..count).map(move |number| number * frames / count)
}

/// A frame of the clip as the portrait that is drawn from. The detector gives the mask, an empty one where it finds nobody; the
/// points are the clip's own, so that the source frame itself moves nothing.
///
/// # Errors
/// When the picture cannot be read or looked at.
pub(crate) fn portrait(clip: &FrameClip, frame: usize, perceiver: &mut Perceiver) -> Result<Portrait> {
    let picture = Picture::from_rgb(clip.side, clip.side, clip.picture(frame)?)?;
    let own = clip.track.frame(frame);
    match (perceiver.portrait(picture.clone()), own) {
        (Ok((found, _)), own) => {
            let keypoints: KeypointTrack = own.unwrap_or_else(|| found.keypoints.clone());
            Ok(Portrait { keypoints, ..found })
        }
        (Err(PerceiveError::NoPerson), Some(keypoints)) => {
            let person_mask = vec![0; clip.side * clip.side];
            Ok(Portrait { picture, keypoints, person_mask })
        }
        (Err(error), _) => Err(error.into()),
    }
}

fn draw(clip: &FrameClip, sources: &[usize], perceiver: &mut Perceiver, path: &Path) -> Result<()> {
    let mut file = OutputFile::create(path)?;
    let poses: Vec<_> =
        clip.track.points().axis_iter(Axis(0)).zip(clip.track.confidence().axis_iter(Axis(0))).collect();
    for &source in sources {
        let mut scene = WarpRenderer.prepare(&portrait(clip, source, perceiver)?)?;
        for part in poses.chunks(AT_A_TIME) {
            for picture in scene.render_many(part)? {
                file.write_all(picture.rgb()).map_err(|e| file.error(e))?;
            }
        }
    }
    file.persist()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_spread_and_begin_with_the_first() {
        let of = |frames, count| spread(frames, count).collect::<Vec<_>>();
        assert_eq!(of(30, 3), [0, 10, 20]);
        assert_eq!(of(2, 5), [0, 1]);
        assert_eq!(of(7, 0), [0]);
    }
}
