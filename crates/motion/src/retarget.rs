//! Motion onto a person: from streams back to keypoints, with another person's proportions and hands (METHODS 2.8).

use crate::rest::{BRIDGE, HAND_POINTS, HandShape, Point, rotate, subtract};
use crate::{ARM_POINTS, BODY_DIMENSIONS, FACE_DIMENSIONS, MotionError, RestPose, Result};
use ndarray::{Array2, Array3};
use orator_body::layout::FACE;
use orator_body::{KeypointTrack, Layout};

/// How much of a hand's change of shape (beyond turning and scaling) is applied to another person's hand.
const SHAPE_TRANSFER: f32 = 0.5;
/// Bounds of a hand's change of apparent size. A resting hand is often foreshortened where the motion was learned, and an
/// open one in the portrait must not swell when that hand opens.
const HAND_SCALE: (f32, f32) = (0.7, 1.1);

/// Motion onto a person: the inverse of [`crate::to_streams`] for that person's rest pose.
///
/// A hand is turned and scaled as a whole and only then bent, because bending an unlike hand by another hand's offsets
/// would tear it; `learned_hands` are the resting hands the motion was learned from (left, right). Points that the
/// streams do not hold (nose, eyes, ears, hips, legs) are lifted from `reference` by the layout's rule.
///
/// # Errors
/// When the arrays do not fit each other or hold numbers that are not finite.
pub fn to_keypoints(
    face: &Array2<f32>,
    body: &Array2<f32>,
    rest: &RestPose,
    reference: &KeypointTrack,
    learned_hands: &[HandShape; 2],
) -> Result<KeypointTrack> {
    let frames = face.nrows();
    if face.ncols() != FACE_DIMENSIONS || body.dim() != (frames, BODY_DIMENSIONS) {
        return Err(MotionError::Request {
            what: format!("streams of shape {:?} and {:?}", face.dim(), body.dim()),
            hint: "this is a fault of the motion model, please report it".into(),
        });
    }
    let order = Layout::Contextual116.points();
    let mut points = Array3::zeros((frames, order.len(), 2));
    let mut confidence = Array2::zeros((frames, order.len()));
    for f in 0..frames {
        for (i, &p) in order.iter().enumerate() {
            confidence[[f, i]] = reference.confidence()[[0, p]];
        }
        let mut put = |i: usize, p: Point| {
            points[[f, i, 0]] = p[0];
            points[[f, i, 1]] = p[1];
        };
        let bridge: Point =
            [0, 1].map(|axis| rest.face[BRIDGE][axis] + face[[f, 2 * BRIDGE + axis]] * rest.eye_distance);
        for i in 0..FACE.len() {
            let p = if i == BRIDGE {
                bridge
            } else {
                [0, 1].map(|axis| {
                    bridge[axis] + rest.face[i][axis] - rest.face[BRIDGE][axis]
                        + face[[f, 2 * i + axis]] * rest.eye_distance
                })
            };
            put(i, p);
        }
        let arms: Vec<Point> = (0..ARM_POINTS.len())
            .map(|i| [0, 1].map(|axis| rest.arms[i][axis] + body[[f, 2 * i + axis]] * rest.shoulder_width))
            .collect();
        for (i, &p) in arms.iter().enumerate() {
            put(FACE.len() + i, p);
        }
        for side in 0..2 {
            let first = FACE.len() + 6 + side * HAND_POINTS;
            let body_wrist = arms[side * 3 + 2];
            let Some(hand) = &rest.hands[side] else {
                (0..HAND_POINTS).for_each(|i| put(first + i, body_wrist));
                continue;
            };
            let column = 12 + side * HAND_POINTS * 2;
            let wrist: Point = [0, 1].map(|axis| {
                body_wrist[axis] + hand.wrist[axis] + body[[f, column + axis]] * rest.shoulder_width
            });
            let offsets: HandShape = std::array::from_fn(|i| {
                if i == 0 { [0.0, 0.0] } else { [body[[f, column + 2 * i]], body[[f, column + 2 * i + 1]]] }
            });
            let shape = move_hand(&hand.shape, &learned_hands[side], &offsets);
            for (i, p) in shape.iter().enumerate() {
                let turned = rotate(*p, hand.angle);
                put(first + i, [wrist[0] + turned[0] * hand.length, wrist[1] + turned[1] * hand.length]);
            }
        }
    }
    let view = KeypointTrack::new(
        Layout::Contextual116,
        orator_media::FrameRate::MOTION,
        reference.size(),
        points,
        confidence,
    )?;
    Ok(view.lift(reference)?)
}

/// Applies to `own` the similarity that best takes `learned` to `learned + offsets` (least squares about the wrist),
/// then a share of what the similarity leaves over.
fn move_hand(own: &HandShape, learned: &HandShape, offsets: &HandShape) -> HandShape {
    let (mut real, mut imaginary, mut norm) = (0.0f32, 0.0f32, 1e-6f32);
    for (l, o) in learned.iter().zip(offsets) {
        let moved = [l[0] + o[0], l[1] + o[1]];
        real += l[0] * moved[0] + l[1] * moved[1];
        imaginary += l[0] * moved[1] - l[1] * moved[0];
        norm += l[0] * l[0] + l[1] * l[1];
    }
    let (real, imaginary) = (real / norm, imaginary / norm);
    let scale = real.hypot(imaginary).max(1e-3);
    let bounded = scale.clamp(HAND_SCALE.0, HAND_SCALE.1) / scale;
    let turn = |p: Point, factor: f32| {
        [(real * p[0] - imaginary * p[1]) * factor, (imaginary * p[0] + real * p[1]) * factor]
    };
    std::array::from_fn(|i| {
        let rigid = turn(own[i], bounded);
        let left_over =
            subtract([learned[i][0] + offsets[i][0], learned[i][1] + offsets[i][1]], turn(learned[i], 1.0));
        [rigid[0] + SHAPE_TRANSFER * left_over[0], rigid[1] + SHAPE_TRANSFER * left_over[1]]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_hand_turns_an_unlike_hand_as_a_whole() {
        let learned: HandShape = std::array::from_fn(|i| [0.1 * (i % 5) as f32 - 0.2, -(i as f32) / 9.0]);
        let own: HandShape = std::array::from_fn(|i| [0.2 * (i % 4) as f32, -(i as f32) / 12.0]);
        let angle = 0.7;
        let offsets: HandShape = std::array::from_fn(|i| subtract(rotate(learned[i], angle), learned[i]));
        for (moved, p) in move_hand(&own, &learned, &offsets).iter().zip(own) {
            let want = rotate(p, angle);
            assert!((moved[0] - want[0]).abs() < 1e-4 && (moved[1] - want[1]).abs() < 1e-4);
        }
    }
}
