//! A whole video's keypoints, one frame after the other, never holding more than two pictures.

use crate::found::{Found, Parts};
use crate::perceiver::{DetailState, Perceiver, picture_size};
use crate::pose::{Pose, PoseState};
use crate::remark::Remark;
use crate::{PerceiveError, Result};
use ndarray::{Array2, Array3};
use orator_body::{KeypointTrack, Layout, layout};
use orator_media::{FrameRate, MediaError, Picture};

/// The keypoints of a video and what was seen in each frame.
#[derive(Clone, Debug)]
pub struct VideoKeypoints {
    /// The 133-point layout; raw values without smoothing or filling. A frame without a person
    /// repeats the nearest earlier one (at the start: the first one found) with confidence 0.
    pub track: KeypointTrack,
    /// For each frame, which parts were seen; `None` where there was no person.
    pub seen: Vec<Option<Parts>>,
    /// What a person should know, judged over all frames.
    pub remarks: Vec<Remark>,
}

impl Perceiver {
    /// Follows one person through a video of `rate` frames per second. `progress` is told the number
    /// of frames done after each one.
    ///
    /// # Errors
    /// [`PerceiveError::NoFrames`] for an empty video, [`PerceiveError::NoPerson`] when no frame
    /// shows a person, [`PerceiveError::SizeChanged`], [`PerceiveError::Media`] from the reader,
    /// [`PerceiveError::Run`].
    pub fn video(
        &mut self,
        mut frames: impl Iterator<Item = std::result::Result<Picture, MediaError>>,
        rate: FrameRate,
        progress: &mut dyn FnMut(usize),
    ) -> Result<VideoKeypoints> {
        let first = frames.next().ok_or(PerceiveError::NoFrames)??;
        let size = picture_size(&first)?;
        let mut collected = Collected::default();
        let (body, details) = (&mut self.body, &mut self.details);
        let mut body_state = PoseState::new();
        let mut detail_state = DetailState::default();

        let mut pose = body.next(&first, &mut body_state, false)?;
        let mut current = first;
        let mut index = 0;
        loop {
            let next = frames.next().transpose()?;
            if let Some(next) = next.as_ref().filter(|n| picture_size(n).ok() != Some(size)) {
                return Err(PerceiveError::SizeChanged {
                    frame: index + 1,
                    found: (next.width(), next.height()),
                    first: (current.width(), current.height()),
                });
            }
            // the body of the next frame does not depend on the hands of this one: they run together
            let (found, next_pose) = rayon::join(
                || in_frame(details, &current, pose.as_ref(), &mut detail_state),
                || match &next {
                    Some(next) => body.next(next, &mut body_state, false),
                    None => Ok(None),
                },
            );
            collected.push(found?);
            index += 1;
            progress(index);
            pose = next_pose?;
            match next {
                Some(next) => current = next,
                None => break,
            }
        }
        collected.finish(rate, size)
    }
}

/// Finds the keypoints of a video; see [`Perceiver::video`].
///
/// # Errors
/// As [`Perceiver::video`].
pub fn perceive_video(
    perceiver: &mut Perceiver,
    frames: impl Iterator<Item = std::result::Result<Picture, MediaError>>,
    rate: FrameRate,
    progress: &mut dyn FnMut(usize),
) -> Result<VideoKeypoints> {
    perceiver.video(frames, rate, progress)
}

fn in_frame(
    details: &mut crate::perceiver::Details,
    picture: &Picture,
    pose: Option<&Pose>,
    state: &mut DetailState,
) -> Result<Option<Found>> {
    match pose {
        Some(pose) => details.next(picture, pose, state).map(Some),
        None => {
            *state = DetailState::default();
            Ok(None)
        }
    }
}

#[derive(Default)]
struct Collected {
    points: Vec<f32>,
    confidence: Vec<f32>,
    seen: Vec<Option<Parts>>,
    /// Frames at the start in which nobody was seen.
    leading: usize,
    remarks: Vec<(Remark, usize)>,
}

impl Collected {
    fn push(&mut self, found: Option<Found>) {
        let Some(found) = found else {
            self.seen.push(None);
            let per_frame = layout::WHOLE_BODY * 2;
            match self.points.len().checked_sub(per_frame) {
                Some(last) => self.points.extend_from_within(last..),
                None => self.leading += 1,
            }
            self.confidence.extend(std::iter::repeat_n(0.0, layout::WHOLE_BODY));
            return;
        };
        if self.points.is_empty() {
            for _ in 0..self.leading {
                self.points.extend(found.points.iter());
            }
        }
        self.points.extend(found.points.iter());
        self.confidence.extend(found.confidence.iter());
        self.seen.push(Some(found.parts));
        for remark in found.remarks {
            match self.remarks.iter_mut().find(|(r, _)| same_kind(*r, remark)) {
                Some((_, count)) => *count += 1,
                None => self.remarks.push((remark, 1)),
            }
        }
    }

    fn finish(self, rate: FrameRate, size: (u32, u32)) -> Result<VideoKeypoints> {
        let frames = self.seen.len();
        let people = self.seen.iter().flatten().count();
        if people == 0 {
            return Err(PerceiveError::NoPerson);
        }
        let shape = |what: ndarray::ShapeError| orator_body::BodyError::Shape(what.to_string());
        let points = Array3::from_shape_vec((frames, layout::WHOLE_BODY, 2), self.points).map_err(shape)?;
        let confidence =
            Array2::from_shape_vec((frames, layout::WHOLE_BODY), self.confidence).map_err(shape)?;
        // a remark on a video is one that holds for most frames with the person
        let mut remarks: Vec<Remark> =
            self.remarks.into_iter().filter(|(_, n)| n * 2 > people).map(|(r, _)| r).collect();
        if people < frames {
            let percent = ((frames - people) * 100).div_ceil(frames);
            remarks.push(Remark::PersonMissing(u8::try_from(percent).unwrap_or(100)));
        }
        let track = KeypointTrack::new(Layout::WholeBody133, rate, size, points, confidence)?;
        Ok(VideoKeypoints { track, seen: self.seen, remarks })
    }
}

fn same_kind(a: Remark, b: Remark) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}
