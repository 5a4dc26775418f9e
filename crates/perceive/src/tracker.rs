//! Following one person from frame to frame.

use crate::Result;
use crate::found::Found;
use crate::perceiver::{DetailState, Perceiver};
use crate::pose::PoseState;
use orator_media::Picture;

/// The state of following one person: where body, hands and face were, and the filters.
///
/// The filters assume a fixed 30 Hz clock whatever the video's rate, as the reference does.
#[derive(Debug)]
pub struct Tracker<'p> {
    perceiver: &'p mut Perceiver,
    body: PoseState,
    details: DetailState,
    with_mask: bool,
}

impl Perceiver {
    /// Follows one person through the frames of a video.
    pub fn tracker(&mut self) -> Tracker<'_> {
        Tracker::new(self)
    }
}

impl<'p> Tracker<'p> {
    /// Starts with nothing known.
    pub fn new(perceiver: &'p mut Perceiver) -> Self {
        Self { perceiver, body: PoseState::new(), details: DetailState::default(), with_mask: false }
    }

    /// Whether each frame's person mask is computed too (off at first: it costs a pass over the picture).
    #[must_use]
    pub fn with_mask(mut self, with_mask: bool) -> Self {
        self.with_mask = with_mask;
        self
    }

    /// The person in the next frame; `None` when nobody is there, after which the search starts anew.
    ///
    /// # Errors
    /// [`crate::PerceiveError::PictureSize`], [`crate::PerceiveError::Run`].
    pub fn next(&mut self, picture: &Picture) -> Result<Option<Found>> {
        match self.perceiver.body.next(picture, &mut self.body, self.with_mask)? {
            Some(pose) => self.perceiver.details.next(picture, &pose, &mut self.details).map(Some),
            None => {
                self.details = DetailState::default();
                Ok(None)
            }
        }
    }
}
