//! Motion of a person over time, in the representation of whoever draws it.

use crate::{BodyError, KEYPOINTS, KeypointTrack, LatentTrack, Result};

/// What motion models make and renderers draw.
#[derive(Clone, Debug)]
pub enum Motion {
    /// 133 points a frame: any keypoint renderer can draw it.
    Keypoints(KeypointTrack),
    /// Numbers that only the renderer of the same system can draw.
    Latent(LatentTrack),
}

impl Motion {
    /// The name of the representation.
    #[must_use]
    pub fn representation(&self) -> &str {
        match self {
            Self::Keypoints(_) => KEYPOINTS,
            Self::Latent(track) => track.representation(),
        }
    }

    /// Frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        match self {
            Self::Keypoints(track) => track.frames(),
            Self::Latent(track) => track.frames(),
        }
    }

    /// The keypoints.
    ///
    /// # Errors
    /// [`BodyError::Representation`] when it is latent motion.
    pub fn keypoints(self) -> Result<KeypointTrack> {
        match self {
            Self::Keypoints(track) => Ok(track),
            Self::Latent(track) => Err(BodyError::Representation {
                wanted: KEYPOINTS.into(),
                found: track.representation().into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use orator_media::FrameRate;

    #[test]
    fn latent_motion_is_no_keypoints() {
        let track = LatentTrack::new("deviation-2307", FrameRate::MOTION, Array2::zeros((2, 3))).unwrap();
        let motion = Motion::Latent(track);
        assert_eq!((motion.representation(), motion.frames()), ("deviation-2307", 2));
        let error = motion.keypoints().unwrap_err();
        assert!(error.to_string().contains("deviation-2307") && error.hint().is_some(), "{error}");
    }
}
