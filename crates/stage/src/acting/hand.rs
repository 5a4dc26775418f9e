//! Shapes of the hand, and how they turn the fingers.

use glam::{Quat, Vec3};

use super::arm::hand_axes;
use super::bones::{ArmBones, SIDE_SIGN};
use crate::figure::Skeleton;

/// The shape of a hand. All angles in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct HandShape {
    /// For thumb to little finger, how far each of the three joints bends towards the palm.
    pub(super) curl: [[f32; 3]; 5],
    /// How far neighbouring fingers are spread apart.
    pub(super) spread: f32,
    /// How far the thumb swings before the palm.
    pub(super) across: f32,
}

const fn shape(curl: [[f32; 3]; 5], spread: f32, across: f32) -> HandShape {
    HandShape { curl, spread, across }
}

const THUMB_RELAXED: [f32; 3] = [6.0, 10.0, 8.0];
const INDEX_OUT: [f32; 3] = [0.0, 3.0, 2.0];
const MIDDLE_OUT: [f32; 3] = [2.0, 4.0, 3.0];
const RING_OUT: [f32; 3] = [3.0, 5.0, 4.0];
const LITTLE_OUT: [f32; 3] = [3.0, 6.0, 4.0];
const MIDDLE_IN: [f32; 3] = [66.0, 88.0, 50.0];
const RING_IN: [f32; 3] = [70.0, 88.0, 52.0];
const LITTLE_IN: [f32; 3] = [70.0, 86.0, 52.0];
const THUMB_IN: [f32; 3] = [22.0, 32.0, 34.0];

impl HandShape {
    /// Hanging loosely.
    pub(super) const RELAXED: Self = shape(
        [THUMB_RELAXED, [14.0, 20.0, 10.0], [20.0, 25.0, 12.0], [24.0, 28.0, 14.0], [26.0, 30.0, 15.0]],
        3.0,
        4.0,
    );
    /// Lively and open, as people hold it while they explain.
    pub(super) const OPEN: Self = shape(
        [[4.0, 8.0, 5.0], [5.0, 13.0, 8.0], [10.0, 17.0, 9.0], [14.0, 20.0, 11.0], [16.0, 22.0, 12.0]],
        5.0,
        0.0,
    );
    /// Fingers straight and together.
    pub(super) const FLAT: Self = shape(
        [[6.0, 8.0, 4.0], [1.0, 4.0, 2.0], [2.0, 4.0, 2.0], [3.0, 5.0, 3.0], [4.0, 6.0, 3.0]],
        1.0,
        2.0,
    );
    /// The index finger points.
    pub(super) const POINT: Self = shape([THUMB_IN, INDEX_OUT, MIDDLE_IN, RING_IN, LITTLE_IN], 1.0, 16.0);
    /// Thumb and index nearly meet, the others fan out.
    pub(super) const PINCH: Self = shape(
        [[16.0, 16.0, 22.0], [44.0, 40.0, 16.0], [26.0, 28.0, 14.0], [20.0, 24.0, 12.0], [16.0, 22.0, 12.0]],
        4.0,
        26.0,
    );
    /// A shallow bowl.
    pub(super) const CUPPED: Self = shape(
        [[6.0, 10.0, 8.0], [16.0, 16.0, 10.0], [19.0, 18.0, 11.0], [21.0, 20.0, 12.0], [22.0, 22.0, 13.0]],
        2.5,
        6.0,
    );
    /// Wrapped around the other hand.
    pub(super) const CLASP: Self = shape(
        [[10.0, 14.0, 10.0], [34.0, 32.0, 16.0], [36.0, 34.0, 17.0], [38.0, 35.0, 17.0], [40.0, 36.0, 18.0]],
        1.0,
        8.0,
    );

    /// One to five fingers shown.
    pub(super) fn count(number: u8) -> Self {
        let thumb_in = [26.0, 36.0, 40.0];
        match number {
            0 | 1 => shape([thumb_in, INDEX_OUT, MIDDLE_IN, RING_IN, LITTLE_IN], 1.0, 18.0),
            2 => shape([thumb_in, INDEX_OUT, MIDDLE_OUT, RING_IN, LITTLE_IN], 8.0, 22.0),
            3 => shape([thumb_in, INDEX_OUT, MIDDLE_OUT, RING_OUT, LITTLE_IN], 7.0, 28.0),
            4 => shape([[24.0, 34.0, 42.0], INDEX_OUT, MIDDLE_OUT, RING_OUT, LITTLE_OUT], 6.0, 30.0),
            _ => shape([[0.0, 2.0, 0.0], INDEX_OUT, MIDDLE_OUT, RING_OUT, LITTLE_OUT], 8.0, -6.0),
        }
    }

    /// Between this shape (0) and another (1).
    pub(super) fn blend(&self, other: &Self, share: f32) -> Self {
        let mix = |a: f32, b: f32| a + (b - a) * share;
        Self {
            curl: std::array::from_fn(|f| std::array::from_fn(|j| mix(self.curl[f][j], other.curl[f][j]))),
            spread: mix(self.spread, other.spread),
            across: mix(self.across, other.across),
        }
    }
}

/// The axes about which the fingers of one hand bend, in the rest pose.
#[derive(Clone, Debug)]
pub(super) struct HandGeometry {
    bend: [[Vec3; 3]; 5],
    palm: Vec3,
    along: Vec3,
    side: usize,
}

impl HandGeometry {
    /// From the rest pose.
    pub(super) fn new(skeleton: &Skeleton, arm: &ArmBones, side: usize) -> Self {
        let (along, palm) = hand_axes(skeleton, arm);
        let across = skeleton.head(arm.fingers[4][0]) - skeleton.head(arm.fingers[1][0]);
        // The thumb bends towards the little finger's side as much as towards the palm.
        let thumb_towards = (palm * 0.5 + across.normalize_or_zero()).normalize_or_zero();
        let bend = std::array::from_fn(|finger| {
            std::array::from_fn(|joint| {
                let bone = arm.fingers[finger][joint];
                let direction = skeleton.tail(bone) - skeleton.head(bone);
                let towards = if finger == 0 { thumb_towards } else { palm };
                direction.cross(towards).normalize_or(Vec3::X)
            })
        });
        Self { bend, palm, along, side }
    }

    /// Writes the turns of the fingers' bones.
    pub(super) fn apply(&self, shape: &HandShape, arm: &ArmBones, turns: &mut [Quat]) {
        for (finger, joints) in arm.fingers.iter().enumerate() {
            for (joint, &bone) in joints.iter().enumerate() {
                let mut turn =
                    Quat::from_axis_angle(self.bend[finger][joint], shape.curl[finger][joint].to_radians());
                if joint == 0 && finger > 0 {
                    let fan = shape.spread * (finger as f32 - 2.0) * -SIDE_SIGN[self.side];
                    turn = Quat::from_axis_angle(self.palm, fan.to_radians()) * turn;
                } else if joint == 0 {
                    let swing = shape.across * SIDE_SIGN[self.side];
                    turn = Quat::from_axis_angle(self.along, swing.to_radians()) * turn;
                }
                turns[bone] = turn;
            }
        }
    }
}
