//! From a picture of any shape to a square portrait.

use crate::stages::Progress;
use crate::{Result, StudioError};
use orator_body::crop::CropConfig;
use orator_body::{Fit, Portrait, SquareCrop};
use orator_media::{Fill, Limits, Picture, picture};
use orator_motion::RestPose;
use orator_perceive::Perceiver;
use std::path::Path;

/// The sides that videos may have.
pub(crate) const SIZES: [u32; 2] = [256, 512];

/// Reads a picture within the usual limits.
pub(crate) fn read(path: &Path) -> Result<Picture> {
    picture::read(path, &Limits::default()).map_err(StudioError::Input)
}

/// Refuses sides other than [`SIZES`].
pub(crate) fn check_side(side: u32) -> Result<()> {
    if SIZES.contains(&side) {
        return Ok(());
    }
    Err(StudioError::Usage {
        what: format!("videos of {side}x{side} pixels are not made"),
        hint: "choose 256 or 512".into(),
    })
}

/// Finds the person in the whole picture and cuts the square out. The person is looked for only once: every model
/// looks at a crop of its own in full resolution, so points and mask of the whole picture are as fine as those
/// of the square.
pub(crate) fn prepare(
    picture: Picture,
    path: &Path,
    perceiver: &mut Perceiver,
    side: u32,
    fit: Fit,
    progress: &mut Progress<'_>,
) -> Result<Portrait> {
    let size = (picture.width() as u32, picture.height() as u32);
    let (whole, remarks) = perceiver.portrait(picture).map_err(StudioError::perceive(path))?;
    progress.at(2, 3);
    for remark in &remarks {
        progress.remark(remark.to_string());
    }
    let crop = SquareCrop::choose(size, Some(&whole.keypoints), fit, side, &CropConfig::default())?;
    let portrait = cut(&whole, &crop)?;
    RestPose::of(&portrait.keypoints).map_err(|_| StudioError::NoFace { path: path.to_owned() })?;
    let smallest = crop.rect().width;
    if smallest < side as f32 * 0.75 {
        progress.warn(format!(
            "{}: the square around the person has only {smallest:.0} pixels and is enlarged to {side}",
            path.display()
        ));
    }
    progress.at(3, 3);
    Ok(portrait)
}

/// The square of a portrait, with its keypoints and mask.
pub(crate) fn cut(whole: &Portrait, crop: &SquareCrop) -> Result<Portrait> {
    let picture = crop.picture(&whole.picture)?;
    let keypoints = crop.keypoints_to_crop(&whole.keypoints)?;
    let grey = whole.person_mask.iter().flat_map(|value| [*value; 3]).collect();
    let mask = Picture::from_rgb(whole.picture.width(), whole.picture.height(), grey)
        .map_err(StudioError::Input)?
        // Nobody is outside the picture.
        .crop(crop.rect(), Fill::Colour([0; 3]))
        .resize_bilinear(crop.side() as usize, crop.side() as usize);
    let person_mask = mask.rgb().iter().step_by(3).copied().collect();
    Ok(Portrait::new(picture, keypoints, person_mask)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array3};
    use orator_body::{KeypointTrack, Layout};
    use orator_media::FrameRate;

    #[test]
    fn the_mask_goes_where_the_picture_goes() {
        let (width, height) = (96usize, 64usize);
        let mut mask = vec![0u8; width * height];
        for y in 0..height {
            for x in 48..96 {
                mask[y * width + x] = 255;
            }
        }
        let track = KeypointTrack::new(
            Layout::WholeBody133,
            FrameRate::MOTION,
            (width as u32, height as u32),
            Array3::from_elem((1, 133, 2), 48.0),
            Array2::ones((1, 133)),
        )
        .unwrap();
        let whole = Portrait::new(Picture::filled(width, height, [9; 3]), track, mask).unwrap();
        let config = CropConfig::default();
        let crop = SquareCrop::choose((96, 64), None, Fit::Pad, 96, &config).unwrap();
        let padded = cut(&whole, &crop).unwrap();
        // The person ends where the picture ends.
        assert_eq!(padded.person_mask[5 * 96 + 80], 0);
        assert_eq!(padded.person_mask[48 * 96 + 80], 255);
        assert_eq!(padded.person_mask[48 * 96 + 20], 0);
        assert_eq!(padded.keypoints.points()[[0, 0, 1]], 64.0);
    }
}
