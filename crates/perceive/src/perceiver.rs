//! The loaded models, and what they find in one picture.

use crate::face::{Face, FaceChain};
use crate::found::Found;
use crate::hand::{Hand, HandChain, Side};
use crate::judge::remarks;
use crate::litert::LiteRt;
use crate::mask::PersonMask;
use crate::pose::{Pose, PoseChain, PoseState};
use crate::remark::Remark;
use crate::runtime::Runtime;
use crate::{PerceiveError, Result};
use ndarray::Axis;
use orator_body::{KeypointTrack, Layout, Portrait};
use orator_media::{FrameRate, Picture};

/// All models of the pipeline, loaded once and used for any number of pictures and videos.
///
/// One instance serves one picture at a time; the hands and the face run side by side.
pub struct Perceiver {
    pub(crate) body: PoseChain,
    pub(crate) details: Details,
}

impl std::fmt::Debug for Perceiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Perceiver")
    }
}

impl Perceiver {
    /// Loads the models that `cargo xtask setup` brought.
    ///
    /// # Errors
    /// [`PerceiveError::Asset`] when a file is missing or not the pinned one, [`PerceiveError::Load`]
    /// when one cannot be opened.
    pub fn load() -> Result<Self> {
        Self::with_runtime(&LiteRt::open()?)
    }

    /// Loads the models with another runtime.
    ///
    /// # Errors
    /// What the runtime says.
    pub fn with_runtime(runtime: &dyn Runtime) -> Result<Self> {
        Ok(Self { body: PoseChain::load(runtime)?, details: Details::load(runtime)? })
    }

    /// Finds the most prominent person of a picture, with the person mask.
    ///
    /// # Errors
    /// [`PerceiveError::NoPerson`], [`PerceiveError::PictureSize`], [`PerceiveError::Run`].
    pub fn picture(&mut self, picture: &Picture) -> Result<Found> {
        let people = self.body.people(picture)?;
        let mut pose = None;
        for region in &people {
            pose = self.body.at(picture, *region, &mut PoseState::new(), true)?;
            if pose.is_some() {
                break;
            }
        }
        let pose = pose.ok_or(PerceiveError::NoPerson)?;
        let mut found = self.details.next(picture, &pose, &mut DetailState::default())?;
        if people.len() > 1 {
            found.remarks.insert(0, Remark::SeveralPeople(people.len()));
        }
        Ok(found)
    }

    /// Finds the person and packs picture, keypoints and mask, with what should be said about it.
    ///
    /// # Errors
    /// As [`Self::picture`].
    pub fn portrait(&mut self, picture: Picture) -> Result<(Portrait, Vec<Remark>)> {
        let found = self.picture(&picture)?;
        let size = picture_size(&picture)?;
        let keypoints = KeypointTrack::new(
            Layout::WholeBody133,
            FrameRate::MOTION,
            size,
            found.points.insert_axis(Axis(0)),
            found.confidence.insert_axis(Axis(0)),
        )?;
        let person_mask =
            found.mask.map_or_else(|| vec![0; picture.width() * picture.height()], |mask| mask.data);
        Ok((Portrait { picture, keypoints, person_mask }, found.remarks))
    }
}

/// Width and height as the keypoint track keeps them.
pub(crate) fn picture_size(picture: &Picture) -> Result<(u32, u32)> {
    let (width, height) = (picture.width(), picture.height());
    let wrong = |_| PerceiveError::PictureSize { width, height };
    Ok((u32::try_from(width).map_err(wrong)?, u32::try_from(height).map_err(wrong)?))
}

/// The models of the hands and the face; they need the body first.
pub(crate) struct Details {
    left: HandChain,
    right: HandChain,
    face: FaceChain,
}

/// The hands and the face of the previous frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct DetailState {
    hands: [Option<Hand>; 2],
    face: Option<Face>,
}

impl Details {
    fn load(runtime: &dyn Runtime) -> Result<Self> {
        Ok(Self {
            left: HandChain::load(runtime, Side::Left)?,
            right: HandChain::load(runtime, Side::Right)?,
            face: FaceChain::load(runtime)?,
        })
    }

    /// The hands and the face that belong to `pose`, joined with it.
    pub(crate) fn next(&mut self, picture: &Picture, pose: &Pose, state: &mut DetailState) -> Result<Found> {
        let (left_chain, right_chain, face_chain) = (&mut self.left, &mut self.right, &mut self.face);
        let DetailState { hands: [left, right], face } = std::mem::take(state);
        let (left, (right, face)) = rayon::join(
            || left_chain.next(picture, pose, left.as_ref()),
            || {
                rayon::join(
                    || right_chain.next(picture, pose, right.as_ref()),
                    || face_chain.next(picture, pose, face.as_ref()),
                )
            },
        );
        *state = DetailState { hands: [left?, right?], face: face? };
        let [left, right] = &state.hands;
        let mut found = Found::assemble(pose, [left.as_ref(), right.as_ref()], state.face.as_ref());
        found.mask = pose
            .mask
            .as_ref()
            .map(|logits| PersonMask::project(logits, &pose.region, picture.width(), picture.height()));
        found.remarks = remarks(&found, picture.width(), picture.height());
        Ok(found)
    }
}
