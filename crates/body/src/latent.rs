//! Latent motion over time: numbers that one system's renderer understands and no other.

use crate::{BodyError, Result};
use ndarray::{Array2, ArrayView1};
use orator_media::FrameRate;

/// The name of the representation that every keypoint renderer draws: 133 points a frame, in pixels.
pub const KEYPOINTS: &str = "keypoints-133";

/// Motion that is not keypoints, one row of numbers a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentTrack {
    representation: String,
    rate: FrameRate,
    values: Array2<f32>,
}

impl LatentTrack {
    /// `values` `[frames, numbers]` in the named representation (`deviation-2307`).
    ///
    /// # Errors
    /// [`BodyError::Shape`] when there are no numbers, or some that are not finite.
    pub fn new(representation: impl Into<String>, rate: FrameRate, values: Array2<f32>) -> Result<Self> {
        if values.ncols() == 0 || values.iter().any(|v| !v.is_finite()) {
            return Err(BodyError::Shape("latent motion needs finite numbers in every frame".into()));
        }
        Ok(Self { representation: representation.into(), rate, values })
    }

    /// What the numbers are; a renderer draws only its own.
    #[must_use]
    pub fn representation(&self) -> &str {
        &self.representation
    }

    /// Frames per second.
    #[must_use]
    pub fn rate(&self) -> FrameRate {
        self.rate
    }

    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.values.nrows()
    }

    /// `[frames, numbers]`.
    #[must_use]
    pub fn values(&self) -> &Array2<f32> {
        &self.values
    }

    /// The numbers of one frame.
    #[must_use]
    pub fn frame(&self, number: usize) -> Option<ArrayView1<'_, f32>> {
        (number < self.frames()).then(|| self.values.row(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_numbers_are_motion() {
        let rate = FrameRate::MOTION;
        let track = LatentTrack::new("deviation-2307", rate, Array2::zeros((3, 4))).unwrap();
        assert_eq!((track.frames(), track.frame(2).unwrap().len()), (3, 4));
        assert!(track.frame(3).is_none());
        assert!(LatentTrack::new("x", rate, Array2::zeros((3, 0))).is_err());
        assert!(LatentTrack::new("x", rate, Array2::from_elem((1, 1), f32::NAN)).is_err());
    }
}
