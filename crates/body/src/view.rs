//! Views of the 133 points and the way back: 116 and 123 points lifted to 133 by rule.

use crate::layout::{EARS, EYES, HIPS, LEFT_EYE_RIM, NOSE, NOSE_TIP, RIGHT_EYE_RIM, SHOULDERS, WHOLE_BODY};
use crate::{BodyError, KeypointTrack, Layout, Result};
use ndarray::{Array2, Array3};
use std::ops::Range;

impl KeypointTrack {
    /// The points of `layout` picked out of this track, in that layout's order.
    ///
    /// # Errors
    /// [`BodyError::Shape`] when this track lacks points of `layout`: lift it first.
    pub fn view(&self, layout: Layout) -> Result<Self> {
        let positions = layout
            .points()
            .into_iter()
            .map(|whole| {
                self.layout().position(whole).ok_or_else(|| {
                    BodyError::Shape(format!(
                        "{} has no point {whole} of {}; it must be lifted to {} first",
                        self.layout().name(),
                        layout.name(),
                        Layout::WholeBody133.name()
                    ))
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let points = self.points().select(ndarray::Axis(1), &positions);
        let confidence = self.confidence().select(ndarray::Axis(1), &positions);
        Self::new(layout, self.rate(), self.size(), points, confidence)
    }

    /// All 133 points from a view, by DESIGN's rule. Points that the view has are taken as they are. Of
    /// those that it lacks, nose and eyes come from the face points; ears and hips from `reference` (one
    /// frame, 133 points, same picture size), moved with the shoulders; knees, ankles and feet likewise,
    /// with confidence 0.
    ///
    /// "Moved with the shoulders" is the shift of the shoulders' middle from the reference to the frame,
    /// of the one shoulder in view when the other is absent (confidence 0), and the last known shift
    /// (none at the start) when both are. Where the face is absent, nose and eyes also come from the
    /// reference, with confidence 0.
    ///
    /// # Errors
    /// [`BodyError::Shape`] when `reference` is not one frame of 133 points of a picture of the same size.
    pub fn lift(&self, reference: &Self) -> Result<Self> {
        if reference.layout() != Layout::WholeBody133 || reference.frames() != 1 {
            return Err(BodyError::Shape(format!(
                "the reference pose must be one frame of {}, not {} frames of {}",
                Layout::WholeBody133.name(),
                reference.frames(),
                reference.layout().name()
            )));
        }
        if reference.size() != self.size() {
            return Err(BodyError::Shape(format!(
                "the reference pose belongs to a picture of {:?} pixels, the motion to one of {:?}",
                reference.size(),
                self.size()
            )));
        }
        let mut points = Array3::zeros((self.frames(), WHOLE_BODY, 2));
        let mut confidence = Array2::zeros((self.frames(), WHOLE_BODY));
        let mut shift = [0.0; 2];
        for frame in 0..self.frames() {
            shift = self.shoulder_shift(frame, reference).unwrap_or(shift);
            for whole in 0..WHOLE_BODY {
                let (place, certainty) = if let Some(at) = self.layout().position(whole) {
                    (
                        [self.points()[[frame, at, 0]], self.points()[[frame, at, 1]]],
                        self.confidence()[[frame, at]],
                    )
                } else {
                    self.missing_point(frame, whole, reference, shift)
                };
                points[[frame, whole, 0]] = place[0];
                points[[frame, whole, 1]] = place[1];
                confidence[[frame, whole]] = certainty;
            }
        }
        Self::new(Layout::WholeBody133, self.rate(), self.size(), points, confidence)
    }

    /// How far the shoulders stand from where they stand in the reference; `None` with no shoulder in view.
    fn shoulder_shift(&self, frame: usize, reference: &Self) -> Option<[f32; 2]> {
        let shifts: Vec<[f32; 2]> = SHOULDERS
            .into_iter()
            .filter_map(|shoulder| {
                let here = self.confident(frame, shoulder, 0.0)?;
                let there = reference.confident(0, shoulder, 0.0)?;
                Some([here[0] - there[0], here[1] - there[1]])
            })
            .collect();
        mean(&shifts)
    }

    /// Place and confidence of a point that the view lacks.
    fn missing_point(
        &self,
        frame: usize,
        whole: usize,
        reference: &Self,
        shift: [f32; 2],
    ) -> ([f32; 2], f32) {
        let from_face = match whole {
            NOSE => self.middle_of(frame, NOSE_TIP..NOSE_TIP + 1),
            w if w == EYES[0] => self.middle_of(frame, LEFT_EYE_RIM),
            w if w == EYES[1] => self.middle_of(frame, RIGHT_EYE_RIM),
            _ => None,
        };
        if let Some(found) = from_face {
            return found;
        }
        let place =
            [reference.points()[[0, whole, 0]] + shift[0], reference.points()[[0, whole, 1]] + shift[1]];
        let certainty = if EARS.contains(&whole) || HIPS.contains(&whole) {
            reference.confidence()[[0, whole]]
        } else {
            0.0
        };
        (place, certainty)
    }

    /// Middle and least confidence of the points `whole`; `None` if one is absent.
    fn middle_of(&self, frame: usize, whole: Range<usize>) -> Option<([f32; 2], f32)> {
        let places: Vec<[f32; 2]> =
            whole.clone().map(|point| self.confident(frame, point, 0.0)).collect::<Option<_>>()?;
        let least = whole
            .filter_map(|point| Some(self.confidence()[[frame, self.layout().position(point)?]]))
            .fold(1.0, f32::min);
        Some((mean(&places)?, least))
    }
}

fn mean(values: &[[f32; 2]]) -> Option<[f32; 2]> {
    let count = values.len() as f32;
    (!values.is_empty()).then(|| {
        let sum = values.iter().fold([0.0, 0.0], |sum, v| [sum[0] + v[0], sum[1] + v[1]]);
        [sum[0] / count, sum[1] / count]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::FACE;
    use crate::samples::track;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_view_lifted_and_viewed_again_is_the_same(seed in 0u64..500, frames in 1usize..4) {
            let whole = track(Layout::WholeBody133, frames, seed);
            let reference = track(Layout::WholeBody133, 1, seed + 1);
            for layout in Layout::ALL {
                let view = whole.view(layout).unwrap();
                let lifted = view.lift(&reference).unwrap();
                prop_assert_eq!(lifted.layout(), Layout::WholeBody133);
                prop_assert_eq!(&lifted.view(layout).unwrap(), &view);
            }
        }

        #[test]
        fn ears_and_hips_follow_the_shoulders(dx in -50f32..50.0, dy in -50f32..50.0) {
            let reference = track(Layout::WholeBody133, 1, 3);
            let moved = reference.mapped(reference.size(), |[x, y]| [x + dx, y + dy]).unwrap();
            let lifted = moved.view(Layout::Contextual116).unwrap().lift(&reference).unwrap();
            for point in EARS.into_iter().chain(HIPS).chain(13..23) {
                for axis in 0..2 {
                    let off = lifted.points()[[0, point, axis]] - moved.points()[[0, point, axis]];
                    prop_assert!(off.abs() < 1e-2);
                }
                let expected = if point < 13 { reference.confidence()[[0, point]] } else { 0.0 };
                prop_assert_eq!(lifted.confidence()[[0, point]], expected);
            }
        }
    }

    #[test]
    fn nose_and_eyes_come_from_the_face() {
        let whole = track(Layout::WholeBody133, 1, 9);
        let lifted = whole.view(Layout::Contextual116).unwrap().lift(&whole).unwrap();
        assert_eq!(lifted.points()[[0, NOSE, 0]], whole.points()[[0, FACE.start + 30, 0]]);
        let left: f32 = (42..48).map(|i| whole.points()[[0, FACE.start + i, 1]]).sum::<f32>() / 6.0;
        assert!((lifted.points()[[0, EYES[0], 1]] - left).abs() < 1e-3);
    }

    #[test]
    fn lifting_123_points_keeps_the_body_and_drops_the_legs() {
        let whole = track(Layout::WholeBody133, 2, 4);
        let lifted = whole.view(Layout::Skeleton123).unwrap().lift(&whole.frame(0).unwrap()).unwrap();
        for frame in 0..2 {
            for point in 0..WHOLE_BODY {
                if (13..23).contains(&point) {
                    assert_eq!(lifted.confidence()[[frame, point]], 0.0);
                } else {
                    assert_eq!(lifted.points()[[frame, point, 0]], whole.points()[[frame, point, 0]]);
                    assert_eq!(lifted.confidence()[[frame, point]], whole.confidence()[[frame, point]]);
                }
            }
        }
    }

    #[test]
    fn absent_shoulders_and_face_fall_back() {
        let reference = track(Layout::WholeBody133, 1, 5);
        let mut view = track(Layout::WholeBody133, 2, 6);
        for shoulder in SHOULDERS {
            view.parts_mut().1[[1, shoulder]] = 0.0;
        }
        for point in FACE {
            view.parts_mut().1[[1, point]] = 0.0;
        }
        let lifted = view.view(Layout::Contextual116).unwrap().lift(&reference).unwrap();
        assert_eq!(lifted.confidence()[[1, NOSE]], 0.0);
        // The shift of frame 0 is held.
        assert_eq!(lifted.points()[[1, EARS[0], 0]], lifted.points()[[0, EARS[0], 0]]);
        assert!(lifted.points().iter().all(|v| v.is_finite()));
    }

    #[test]
    fn what_cannot_be_viewed_or_lifted_is_an_error() {
        let whole = track(Layout::WholeBody133, 2, 7);
        let small = whole.view(Layout::Contextual116).unwrap();
        assert!(small.view(Layout::Skeleton123).unwrap_err().to_string().contains("lifted"));
        assert!(small.lift(&whole).is_err(), "two frames");
        assert!(small.lift(&small.frame(0).unwrap()).is_err(), "wrong layout");
        let other = whole.frame(0).unwrap().scaled_to((256, 256)).unwrap();
        assert!(small.lift(&other).is_err(), "other picture");
    }
}
