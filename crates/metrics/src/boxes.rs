//! Boxes around hands and lips for scores on crops (METHODS 5).

use orator_body::{KeypointTrack, Part};
use orator_media::Rect;
use serde::Serialize;

/// How boxes are placed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BoxConfig {
    /// Side of a hand's box beside the longer side of its keypoints' bounds. Default 1.2.
    pub hand_growth: f32,
    /// Smallest side of a hand's box, in pixels. Default 32.
    pub hand_smallest: f32,
    /// Side of the lips' box beside the longer side of the mouth points' bounds. Default 1.3.
    pub lips_growth: f32,
    /// Smallest side of the lips' box, in pixels. Default 8.
    pub lips_smallest: f32,
    /// Parts of lower mean confidence are skipped. Default 0.4.
    pub threshold: f32,
}

impl Default for BoxConfig {
    fn default() -> Self {
        Self { hand_growth: 1.2, hand_smallest: 32.0, lips_growth: 1.3, lips_smallest: 8.0, threshold: 0.4 }
    }
}

/// Squares around parts in one frame, in pixels of the track's picture; `None` where the part is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PartBoxes {
    /// Around the left hand.
    pub left_hand: Option<Rect>,
    /// Around the right hand.
    pub right_hand: Option<Rect>,
    /// Around the mouth.
    pub lips: Option<Rect>,
}

impl PartBoxes {
    /// The boxes in frame `frame` of the real video's keypoints; none past its end. The same boxes are then
    /// used on the real and the generated picture.
    #[must_use]
    pub fn of(track: &KeypointTrack, frame: usize, config: &BoxConfig) -> Self {
        let hand =
            |part| part_box(track, frame, part, config.hand_growth, config.hand_smallest, config.threshold);
        Self {
            left_hand: hand(Part::LeftHand),
            right_hand: hand(Part::RightHand),
            lips: part_box(
                track,
                frame,
                Part::Lips,
                config.lips_growth,
                config.lips_smallest,
                config.threshold,
            ),
        }
    }
}

fn part_box(
    track: &KeypointTrack,
    frame: usize,
    part: Part,
    growth: f32,
    smallest: f32,
    threshold: f32,
) -> Option<Rect> {
    let positions = part.positions(track.layout());
    if frame >= track.frames() || positions.is_empty() {
        return None;
    }
    let certainty: f32 = positions.iter().map(|at| track.confidence()[[frame, *at]]).sum();
    let certainty = certainty / positions.len() as f32;
    if certainty <= 0.0 || certainty < threshold {
        return None;
    }
    let bounds = |axis: usize| {
        let values = positions.iter().map(|at| track.points()[[frame, *at, axis]]);
        values.fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)))
    };
    let ((left, right), (top, bottom)) = (bounds(0), bounds(1));
    let side = ((right - left).max(bottom - top) * growth).max(smallest);
    let (x, y) = ((left + right - side) / 2.0, (top + bottom - side) / 2.0);
    // A box wholly outside the picture shows nothing of the part.
    let (width, height) = (track.size().0 as f32, track.size().1 as f32);
    let in_view = x < width && y < height && x + side > 0.0 && y + side > 0.0;
    in_view.then_some(Rect { x, y, width: side, height: side })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array3};
    use orator_body::Layout;
    use orator_body::layout::{LEFT_HAND, MOUTH};
    use orator_media::FrameRate;

    #[test]
    fn boxes_hold_their_part_and_skip_the_uncertain() {
        let mut points = Array3::from_elem((1, 133, 2), 100.0f32);
        points[[0, LEFT_HAND.start, 0]] = 160.0;
        points[[0, MOUTH.start, 1]] = 110.0;
        let mut confidence = Array2::ones((1, 133));
        for point in 112..133 {
            confidence[[0, point]] = 0.3;
        }
        let make = |points: Array3<f32>| {
            KeypointTrack::new(
                Layout::WholeBody133,
                FrameRate::MOTION,
                (256, 256),
                points,
                confidence.clone(),
            )
            .unwrap()
        };
        let boxes = PartBoxes::of(&make(points.clone()), 0, &BoxConfig::default());
        assert_eq!(boxes.left_hand, Some(Rect { x: 94.0, y: 64.0, width: 72.0, height: 72.0 }));
        assert_eq!(boxes.right_hand, None);
        assert_eq!(boxes.lips.map(|b| b.width), Some(13.0));
        assert_eq!(PartBoxes::of(&make(points.clone()), 1, &BoxConfig::default()), PartBoxes::default());
        let outside = make(points + 1000.0);
        assert_eq!(PartBoxes::of(&outside, 0, &BoxConfig::default()), PartBoxes::default());
    }
}
