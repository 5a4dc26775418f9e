//! Inverse kinematics of the arm: shoulder, elbow and wrist from where the wrist should be and how the hand is held.
//!
//! Everything here lives in the frame of the chest bone, as it stands in the rest pose.

use glam::{Mat3, Quat, Vec3};

use super::bell::{ease, soft_limit};
use super::bones::{ArmBones, SIDE_SIGN};
use crate::figure::Skeleton;

/// The elbow bends at most this far, in degrees.
pub(super) const MOST_ELBOW: f32 = 150.0;
/// The arm reaches out at most to this share of its length, so that the elbow never quite locks.
const MOST_REACH: f32 = 0.995;
/// Beyond this share of the greatest reach, targets are approached more and more slowly.
const SOFT_REACH: f32 = 0.97;
/// Largest turn of the forearm about itself from the thumb-up position, either way, in degrees.
const MOST_TWIST: f32 = 88.0;
/// Largest bend of the wrist towards the palm or the back of the hand, in degrees.
pub(super) const MOST_FLEXION: f32 = 65.0;
/// Largest bend of the wrist towards thumb or little finger, in degrees.
pub(super) const MOST_DEVIATION: f32 = 32.0;
/// Shares of the hand's twist that the two forearm bones take over.
const LOWER_TWIST: [f32; 2] = [0.25, 0.7];
/// Share of the upper arm's twist that its first bone leaves to the second.
const UPPER_TWIST_LEFT: f32 = 0.5;
/// How far the collarbone rises for a hand held high, and the shoulder blade with it, in degrees.
const MOST_SHRUG: [f32; 2] = [11.0, 6.0];
/// How far the shoulder comes forward for a hand held far out or across, in degrees.
const MOST_FORWARD: f32 = 9.0;
/// Times the twisted chain is measured and the target corrected: the bones' small kinks cost about 0.03 dm.
const CORRECTIONS: usize = 3;

/// Where a hand should be.
#[derive(Clone, Copy, Debug)]
pub(super) struct HandTarget {
    /// The wrist's place.
    pub(super) wrist: Vec3,
    /// The hand's turn against its rest pose.
    pub(super) hand: Quat,
    /// How far the elbow is swung outwards and up from hanging down, in degrees.
    pub(super) swivel: f32,
}

/// The bones' turns that bring the hand there, and where the joints are.
#[derive(Clone, Copy, Debug)]
pub(super) struct ArmSolution {
    /// Turns against the parent: collarbone, shoulder blade, upper arm ×2, forearm ×2, wrist.
    pub(super) turns: [Quat; 7],
    /// Shoulder joint, elbow, wrist.
    pub(super) joints: [Vec3; 3],
    /// The hand's turn against its rest pose, within the limits of forearm and wrist.
    pub(super) hand: Quat,
}

/// An arm in the rest pose.
#[derive(Clone, Debug)]
pub(super) struct ArmGeometry {
    side: usize,
    clavicle: Vec3,
    blade: Vec3,
    shoulder: Vec3,
    upper_kink: Vec3,
    elbow: Vec3,
    lower_kink: Vec3,
    wrist: Vec3,
    upper_frame: Mat3,
    lower_frame: Mat3,
    hand_frame: Mat3,
    upper_length: f32,
    lower_length: f32,
    flexion_axis: Vec3,
    deviation_axis: Vec3,
}

/// Where the fingers point and where the palm faces in the rest pose: unit vectors.
pub(super) fn hand_axes(skeleton: &Skeleton, arm: &ArmBones) -> (Vec3, Vec3) {
    let wrist = skeleton.head(arm.wrist);
    let along = (skeleton.head(arm.fingers[2][0]) - wrist).normalize_or(Vec3::Z);
    let index = skeleton.head(arm.fingers[1][0]) - wrist;
    let little = skeleton.head(arm.fingers[4][0]) - wrist;
    let mut palm = index.cross(little);
    // The thumb is on the palm's side.
    if palm.dot(skeleton.head(arm.fingers[0][1]) - wrist) < 0.0 {
        palm = -palm;
    }
    (along, palm.reject_from_normalized(along).normalize_or(Vec3::Y))
}

/// A right-handed frame with its first axis along `direction` and the second as close to `hint` as can be.
pub(super) fn frame(direction: Vec3, hint: Vec3) -> Mat3 {
    let first = direction.normalize_or(Vec3::Z);
    let second = hint.reject_from_normalized(first).normalize_or(first.any_orthonormal_vector());
    Mat3::from_cols(first, second, first.cross(second))
}

/// How far `turn` turns about `axis` (unit), in radians.
fn twist_about(turn: Quat, axis: Vec3) -> f32 {
    let turn = if turn.w < 0.0 { -turn } else { turn };
    2.0 * turn.xyz().dot(axis).atan2(turn.w)
}

impl ArmGeometry {
    pub(super) fn new(skeleton: &Skeleton, arm: &ArmBones, side: usize) -> Self {
        let [shoulder, elbow, wrist] =
            [arm.upper[0], arm.lower[0], arm.wrist].map(|bone| skeleton.head(bone));
        let (upper, lower) = (elbow - shoulder, wrist - elbow);
        let hinge = upper.cross(lower);
        let (along, palm) = hand_axes(skeleton, arm);
        Self {
            side,
            clavicle: skeleton.head(arm.clavicle),
            blade: skeleton.head(arm.shoulder),
            shoulder,
            upper_kink: skeleton.head(arm.upper[1]),
            elbow,
            lower_kink: skeleton.head(arm.lower[1]),
            wrist,
            upper_frame: frame(upper, hinge),
            lower_frame: frame(lower, hinge),
            hand_frame: frame(along, palm),
            upper_length: upper.length().max(1e-3),
            lower_length: lower.length().max(1e-3),
            flexion_axis: along.cross(palm),
            deviation_axis: palm,
        }
    }

    /// Length from shoulder to wrist when stretched, in decimetres.
    pub(super) fn length(&self) -> f32 {
        self.upper_length + self.lower_length
    }

    /// The shoulder joint in the rest pose.
    pub(super) fn rest_shoulder(&self) -> Vec3 {
        self.shoulder
    }

    /// Distance from the wrist to the base of the middle finger, in decimetres.
    pub(super) fn side(&self) -> usize {
        self.side
    }

    /// The hand's turn that points the fingers along `fingers` and the palm towards `palm`.
    pub(super) fn hand_turn(&self, fingers: Vec3, palm: Vec3) -> Quat {
        Quat::from_mat3(&(frame(fingers, palm) * self.hand_frame.transpose())).normalize()
    }

    /// Where the fingers point (unit) when the hand is turned so.
    pub(super) fn fingers(&self, hand: Quat) -> Vec3 {
        hand * self.hand_frame.x_axis
    }

    /// Where the palm faces (unit) when the hand is turned so.
    #[cfg(test)]
    pub(super) fn palm(&self, hand: Quat) -> Vec3 {
        hand * self.hand_frame.y_axis
    }

    /// Turns of collarbone and shoulder blade for a wrist at `wrist`.
    fn girdle(&self, wrist: Vec3) -> [Quat; 2] {
        let away = (wrist - self.shoulder) / self.length();
        let sign = SIDE_SIGN[self.side];
        let high = ease((away.y + 0.25) / 1.1);
        let forward = ease(away.z - 0.15) + ease(-sign * away.x - 0.1) * 0.7;
        let shrug = |most: f32| Quat::from_rotation_z(sign * (most * high).to_radians());
        let ahead = Quat::from_rotation_y(-sign * (MOST_FORWARD * forward.min(1.0)).to_radians());
        [ahead * shrug(MOST_SHRUG[0]), shrug(MOST_SHRUG[1])]
    }

    /// Shoulder joint and the turn of its parent after the girdle's turns.
    fn shoulder_after(&self, girdle: [Quat; 2]) -> (Vec3, Quat) {
        let blade = self.clavicle + girdle[0] * (self.blade - self.clavicle);
        let turn = girdle[0] * girdle[1];
        (blade + turn * (self.shoulder - self.blade), turn)
    }

    /// Shoulder, elbow and wrist for a target: the wrist is brought within reach.
    pub(super) fn joints(&self, target: &HandTarget) -> [Vec3; 3] {
        let (shoulder, _) = self.shoulder_after(self.girdle(target.wrist));
        let (elbow, wrist, _) = self.bend(shoulder, target.wrist, target.swivel);
        [shoulder, elbow, wrist]
    }

    /// Elbow, wrist within reach, and the axis of the elbow.
    fn bend(&self, shoulder: Vec3, wrist: Vec3, swivel: f32) -> (Vec3, Vec3, Vec3) {
        let (upper, lower) = (self.upper_length, self.lower_length);
        let way = wrist - shoulder;
        let direction = way.normalize_or(Vec3::Z);
        let farthest = (upper + lower) * MOST_REACH;
        let nearest =
            (upper * upper + lower * lower + 2.0 * upper * lower * MOST_ELBOW.to_radians().cos()).sqrt();
        let soft = farthest * SOFT_REACH;
        let mut distance = way.length().max(nearest);
        if distance > soft {
            distance = soft + (farthest - soft) * (1.0 - (-(distance - soft) / (farthest - soft)).exp());
        }
        let forth = (upper * upper - lower * lower + distance * distance) / (2.0 * distance);
        let aside = (upper * upper - forth * forth).max(0.0).sqrt();
        // An elbow left to itself points down and a little back and out. No reach in front of the body is along it.
        let sign = SIDE_SIGN[self.side];
        let hanging = Vec3::new(0.1 * sign, -0.85, -0.5);
        let down = hanging.reject_from_normalized(direction).normalize_or(Vec3::NEG_Z);
        let out = direction.cross(down) * sign;
        let swivel = swivel.to_radians();
        let pole = down * swivel.cos() + out * swivel.sin();
        let elbow = shoulder + direction * forth + pole * aside;
        (elbow, shoulder + direction * distance, pole.cross(direction))
    }

    /// The bones' turns for a target.
    pub(super) fn solve(&self, target: &HandTarget) -> ArmSolution {
        let girdle = self.girdle(target.wrist);
        let (shoulder, parent) = self.shoulder_after(girdle);
        let (_, wanted, _) = self.bend(shoulder, target.wrist, target.swivel);
        let mut aim = wanted;
        let mut solved = self.chain(shoulder, parent, girdle, aim, target);
        for _ in 0..CORRECTIONS {
            let miss = wanted - solved.joints[2];
            if miss.length_squared() < 1e-9 {
                break;
            }
            aim += miss;
            solved = self.chain(shoulder, parent, girdle, aim, target);
        }
        solved
    }

    fn chain(
        &self,
        shoulder: Vec3,
        parent: Quat,
        girdle: [Quat; 2],
        aim: Vec3,
        target: &HandTarget,
    ) -> ArmSolution {
        let (elbow, wrist, hinge) = self.bend(shoulder, aim, target.swivel);
        let turn = |direction: Vec3, rest: &Mat3| {
            Quat::from_mat3(&(frame(direction, hinge) * rest.transpose())).normalize()
        };
        let upper = turn(elbow - shoulder, &self.upper_frame);
        let lower = turn(wrist - elbow, &self.lower_frame);
        // The upper arm's own twist grows along it.
        let upper_axis = self.upper_frame.x_axis;
        let roll = twist_about(parent.inverse() * upper, upper_axis);
        let upper_first = upper * Quat::from_axis_angle(upper_axis, -roll * UPPER_TWIST_LEFT);
        // The hand against the forearm: a twist of the forearm, then a bend of the wrist; both have limits.
        let lower_axis = self.lower_frame.x_axis;
        let wanted = lower.inverse() * target.hand;
        let asked = twist_about(wanted, lower_axis);
        let twist = soft_limit(asked, MOST_TWIST.to_radians());
        let bend = wanted * Quat::from_axis_angle(lower_axis, -asked);
        let bend = self.limited(bend);
        let about = |share: f32| lower * Quat::from_axis_angle(lower_axis, twist * share);
        let lowers = LOWER_TWIST.map(about);
        let hand = lower * bend * Quat::from_axis_angle(lower_axis, twist);
        // Where the twisted chain really leads.
        let kink = shoulder + upper_first * (self.upper_kink - self.shoulder);
        let elbow = kink + upper * (self.elbow - self.upper_kink);
        let kink = elbow + lowers[0] * (self.lower_kink - self.elbow);
        let wrist = kink + lowers[1] * (self.wrist - self.lower_kink);
        ArmSolution {
            turns: [
                girdle[0],
                girdle[1],
                parent.inverse() * upper_first,
                upper_first.inverse() * upper,
                upper.inverse() * lowers[0],
                lowers[0].inverse() * lowers[1],
                lowers[1].inverse() * hand,
            ],
            joints: [shoulder, elbow, wrist],
            hand,
        }
    }

    /// A bend of the wrist within its limits.
    fn limited(&self, bend: Quat) -> Quat {
        let vector = bend.to_scaled_axis();
        let flexion = soft_limit(vector.dot(self.flexion_axis), MOST_FLEXION.to_radians());
        let deviation = soft_limit(vector.dot(self.deviation_axis), MOST_DEVIATION.to_radians());
        Quat::from_scaled_axis(self.flexion_axis * flexion + self.deviation_axis * deviation)
    }
}
