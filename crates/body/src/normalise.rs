//! Measures of a person that make keypoints of different people and pictures comparable: neck, shoulder
//! width, inter-ocular distance, face centre, hand length (METHODS 2.8, 3.1).

use crate::KeypointTrack;
use crate::layout::{
    BROWS, FACE, JAW, LEFT_EYE_RIM, LEFT_HAND, MIDDLE_ROOT, NOSE_BASE, NOSE_RIDGE, RIGHT_EYE_RIM, RIGHT_HAND,
    SHOULDERS,
};
use ndarray::Array3;
use std::ops::Range;

/// Least confidence at which a point counts as seen, where a caller has no better value (METHODS 0.4).
pub const SEEN: f32 = 0.3;

/// The middle between the shoulders in one frame, in pixels; `None` unless both are at least `threshold`.
#[must_use]
pub fn neck(track: &KeypointTrack, frame: usize, threshold: f32) -> Option<[f32; 2]> {
    let left = track.confident(frame, SHOULDERS[0], threshold)?;
    let right = track.confident(frame, SHOULDERS[1], threshold)?;
    Some([(left[0] + right[0]) / 2.0, (left[1] + right[1]) / 2.0])
}

/// Distance between the shoulders in one frame, in pixels; `None` unless both are at least `threshold`.
#[must_use]
pub fn shoulder_width(track: &KeypointTrack, frame: usize, threshold: f32) -> Option<f32> {
    Some(distance(
        track.confident(frame, SHOULDERS[0], threshold)?,
        track.confident(frame, SHOULDERS[1], threshold)?,
    ))
}

/// Distance between the middles of the two eyes (six rim points each) in one frame, in pixels; `None`
/// unless all twelve are at least `threshold`.
#[must_use]
pub fn inter_ocular(track: &KeypointTrack, frame: usize, threshold: f32) -> Option<f32> {
    Some(distance(
        middle(track, frame, LEFT_EYE_RIM, threshold)?,
        middle(track, frame, RIGHT_EYE_RIM, threshold)?,
    ))
}

/// The middle of the face in one frame, in pixels: the mean of brows, nose and eyes, which the mouth and
/// the jaw do not move; `None` unless all of them are at least `threshold`.
#[must_use]
pub fn face_centre(track: &KeypointTrack, frame: usize, threshold: f32) -> Option<[f32; 2]> {
    middle(track, frame, BROWS.start..RIGHT_EYE_RIM.end.max(LEFT_EYE_RIM.end), threshold)
}

/// Distance from the wrist to the root of the middle finger in one frame, in pixels, left hand then right;
/// `None` for a hand unless both points are at least `threshold`.
#[must_use]
pub fn hand_lengths(track: &KeypointTrack, frame: usize, threshold: f32) -> [Option<f32>; 2] {
    [LEFT_HAND, RIGHT_HAND].map(|hand| {
        Some(distance(
            track.confident(frame, hand.start, threshold)?,
            track.confident(frame, hand.start + MIDDLE_ROOT, threshold)?,
        ))
    })
}

/// Sizes and places of one person, medians over the frames of a track in which they are seen.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct BodyMeasures {
    /// Middle of the shoulders, in pixels.
    pub neck: Option<[f32; 2]>,
    /// Distance between the shoulders, in pixels.
    pub shoulder_width: Option<f32>,
    /// Distance between the eyes, in pixels.
    pub inter_ocular: Option<f32>,
    /// Middle of the face without mouth and jaw, in pixels.
    pub face_centre: Option<[f32; 2]>,
    /// Distance from wrist to middle finger root, left then right, in pixels.
    pub hand_lengths: [Option<f32>; 2],
}

impl BodyMeasures {
    /// Measures `track`; a point counts when its confidence is at least `threshold` (see [`SEEN`]). What is
    /// never seen is `None`. Medians, so that a few bad frames do not move the result.
    #[must_use]
    pub fn of(track: &KeypointTrack, threshold: f32) -> Self {
        let frames = || 0..track.frames();
        let over = |measure: fn(&KeypointTrack, usize, f32) -> Option<f32>| {
            median(frames().filter_map(|frame| measure(track, frame, threshold)).collect())
        };
        let over_places = |measure: fn(&KeypointTrack, usize, f32) -> Option<[f32; 2]>| {
            let places: Vec<_> = frames().filter_map(|frame| measure(track, frame, threshold)).collect();
            let axis = |a: usize| median(places.iter().map(|place| place[a]).collect());
            Some([axis(0)?, axis(1)?])
        };
        Self {
            neck: over_places(neck),
            shoulder_width: over(shoulder_width),
            inter_ocular: over(inter_ocular),
            face_centre: over_places(face_centre),
            hand_lengths: [0, 1].map(|side| {
                median(frames().filter_map(|frame| hand_lengths(track, frame, threshold)[side]).collect())
            }),
        }
    }
}

/// The middle value (the mean of the two middle ones for an even number); `None` of nothing.
#[must_use]
pub fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let upper = values.len() / 2;
    let high = *values.get(upper)?;
    Some(if values.len() % 2 == 1 { high } else { (values.get(upper.checked_sub(1)?)? + high) / 2.0 })
}

/// Pixels of a picture of `size` (width, height) to −1..1 over it: the left and upper edges are −1, the
/// right and lower ones 1 (METHODS 0.4).
#[must_use]
pub fn to_unit(points: &Array3<f32>, size: (u32, u32)) -> Array3<f32> {
    scaled(points, size, |value, side| value * 2.0 / side - 1.0)
}

/// The way back from [`to_unit`].
#[must_use]
pub fn from_unit(points: &Array3<f32>, size: (u32, u32)) -> Array3<f32> {
    scaled(points, size, |value, side| (value + 1.0) * side / 2.0)
}

fn scaled(points: &Array3<f32>, size: (u32, u32), scale: impl Fn(f32, f32) -> f32) -> Array3<f32> {
    let sides = [size.0.max(1) as f32, size.1.max(1) as f32];
    let mut points = points.clone();
    for ((_, _, axis), value) in points.indexed_iter_mut() {
        *value = scale(*value, sides[axis.min(1)]);
    }
    points
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn middle(track: &KeypointTrack, frame: usize, points: Range<usize>, threshold: f32) -> Option<[f32; 2]> {
    let count = points.len() as f32;
    let sum = points
        .map(|point| track.confident(frame, point, threshold))
        .try_fold([0.0, 0.0], |sum, place| place.map(|p| [sum[0] + p[0], sum[1] + p[1]]))?;
    Some([sum[0] / count, sum[1] / count])
}

// `face_centre` relies on brows, nose and eyes standing next to each other.
const _: () = assert!(
    FACE.start == JAW.start
        && BROWS.end == NOSE_RIDGE.start
        && NOSE_RIDGE.end == NOSE_BASE.start
        && NOSE_BASE.end == RIGHT_EYE_RIM.start
        && RIGHT_EYE_RIM.end == LEFT_EYE_RIM.start
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Layout;
    use crate::samples::track;
    use proptest::prelude::*;

    #[test]
    fn median_of_odd_even_and_nothing() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn measures_are_those_of_the_frames_seen() {
        let mut person = track(Layout::WholeBody133, 5, 2);
        for (frame, width) in [100.0, 102.0, 900.0, 101.0, 50.0].into_iter().enumerate() {
            let (points, confidence) = person.parts_mut();
            for (side, x) in [(0, 300.0 + width / 2.0), (1, 300.0 - width / 2.0)] {
                points[[frame, SHOULDERS[side], 0]] = x;
                points[[frame, SHOULDERS[side], 1]] = 200.0;
            }
            if frame == 4 {
                confidence[[frame, SHOULDERS[0]]] = 0.1;
            }
        }
        let measures = BodyMeasures::of(&person, SEEN);
        assert_eq!(measures.shoulder_width, Some(101.5));
        assert_eq!(measures.neck, Some([300.0, 200.0]));
        // The same from a view, which has the shoulders elsewhere.
        let view = BodyMeasures::of(&person.view(Layout::Contextual116).unwrap(), SEEN);
        assert_eq!(view, measures);
        person.parts_mut().1.fill(0.0);
        assert_eq!(BodyMeasures::of(&person, SEEN), BodyMeasures::default());
    }

    proptest! {
        #[test]
        fn sizes_scale_and_places_move(seed in 0u64..300, scale in 0.2f32..5.0, shift in -100f32..100.0) {
            let person = track(Layout::WholeBody133, 3, seed);
            let moved = person.mapped(person.size(), |p| p.map(|v| v * scale + shift)).unwrap();
            let (a, b) = (BodyMeasures::of(&person, 0.0), BodyMeasures::of(&moved, 0.0));
            let close = |a: f32, b: f32| (a - b).abs() < 1e-2 * (1.0 + b.abs());
            prop_assert!(close(a.shoulder_width.unwrap() * scale, b.shoulder_width.unwrap()));
            prop_assert!(close(a.inter_ocular.unwrap() * scale, b.inter_ocular.unwrap()));
            prop_assert!(close(a.face_centre.unwrap()[0] * scale + shift, b.face_centre.unwrap()[0]));
        }

        #[test]
        fn unit_coordinates_go_there_and_back(seed in 0u64..300, width in 1u32..4000, height in 1u32..4000) {
            let points = track(Layout::WholeBody133, 1, seed).points().clone();
            let back = from_unit(&to_unit(&points, (width, height)), (width, height));
            let worst = (back - &points).iter().fold(0.0f32, |m, d| m.max(d.abs()));
            prop_assert!(worst < 2e-3, "{}", worst);
        }
    }

    #[test]
    fn unit_coordinates_span_the_picture() {
        let corners = ndarray::array![[[0.0f32, 0.0], [640.0, 480.0], [320.0, 240.0]]];
        let unit = to_unit(&corners, (640, 480));
        assert_eq!(unit, ndarray::array![[[-1.0, -1.0], [1.0, 1.0], [0.0, 0.0]]]);
    }
}
