//! A portrait: the one picture of the speaker with what was found in it.

use crate::KeypointTrack;
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
