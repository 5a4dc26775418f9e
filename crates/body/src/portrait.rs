//! A portrait: the one picture of the speaker with what was found in it.

use crate::{BodyError, KeypointTrack, Layout, Result};
use orator_media::Picture;

/// A picture of the speaker, its keypoints, and which pixels are the person.
#[derive(Clone, Debug)]
pub struct Portrait {
    /// The (cropped, resized) picture.
    pub picture: Picture,
    /// One frame in the 133-point layout, in pixels of `picture`.
    pub keypoints: KeypointTrack,
    /// One byte a pixel of `picture`, row by row: 0 background … 255 person.
    pub person_mask: Vec<u8>,
}

impl Portrait {
    /// Joins a picture with its keypoints and mask.
    ///
    /// # Errors
    /// [`BodyError::Shape`] unless the keypoints are one frame of 133 points of a picture of that size and
    /// the mask has one byte a pixel.
    pub fn new(picture: Picture, keypoints: KeypointTrack, person_mask: Vec<u8>) -> Result<Self> {
        let (width, height) = (picture.width(), picture.height());
        if keypoints.layout() != Layout::WholeBody133 || keypoints.frames() != 1 {
            return Err(BodyError::Shape(format!(
                "a portrait needs one frame of {}, not {} frames of {}",
                Layout::WholeBody133.name(),
                keypoints.frames(),
                keypoints.layout().name()
            )));
        }
        if keypoints.size() != (width as u32, height as u32) || person_mask.len() != width * height {
            return Err(BodyError::Shape(format!(
                "a {width}x{height} portrait needs keypoints and a mask of that size, not keypoints of {:?} and \
                 {} mask bytes",
                keypoints.size(),
                person_mask.len()
            )));
        }
        Ok(Self { picture, keypoints, person_mask })
    }

    /// The same portrait with a picture of `side` × `side` pixels; one that is not square is stretched, so
    /// crop first.
    ///
    /// # Errors
    /// [`BodyError::Shape`] when `side` is 0.
    pub fn resized(&self, side: u32) -> Result<Self> {
        let keypoints = self.keypoints.scaled_to((side, side))?;
        let (width, height) = (self.picture.width(), self.picture.height());
        let pixels = side as usize;
        let picture = self.picture.resize(pixels, pixels);
        // The mask goes the way of a grey picture.
        let grey = self.person_mask.iter().flat_map(|value| [*value; 3]).collect();
        let mask = Picture::from_rgb(width, height, grey)?.resize_bilinear(pixels, pixels);
        let person_mask = mask.rgb().iter().step_by(3).copied().collect();
        Self::new(picture, keypoints, person_mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{SIZE, track};

    #[test]
    fn sizes_must_fit_each_other() {
        let (width, height) = (SIZE.0 as usize, SIZE.1 as usize);
        let picture = Picture::filled(width, height, [9, 9, 9]);
        let person = track(Layout::WholeBody133, 1, 1);
        let mask = vec![255; width * height];
        let portrait = Portrait::new(picture.clone(), person.clone(), mask.clone()).unwrap();
        assert!(Portrait::new(picture.clone(), person.clone(), vec![0; 5]).is_err());
        assert!(Portrait::new(picture.clone(), track(Layout::WholeBody133, 2, 1), mask.clone()).is_err());
        assert!(Portrait::new(Picture::filled(8, 8, [0; 3]), person, vec![0; 64]).is_err());
        let view = track(Layout::Contextual116, 1, 1);
        assert!(Portrait::new(picture, view, mask).is_err());

        let small = portrait.resized(64).unwrap();
        assert_eq!((small.picture.width(), small.person_mask.len()), (64, 64 * 64));
        assert!(small.person_mask.iter().all(|v| *v == 255));
        assert_eq!(small.keypoints.size(), (64, 64));
        assert!(portrait.resized(0).is_err());
    }
}
