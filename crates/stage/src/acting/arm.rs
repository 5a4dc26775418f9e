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
/// Heights of the wrist over the shoulder, as shares of their distance, between which an elbow comes forward that is left to itself.
const RAISED: [f32; 2] = [0.6, 0.85];
/// How far forward it comes, in degrees.
const MOST_LEAN: f32 = 60.0;
/// Times the twisted chain is measured and the target corrected: the bones' small kinks cost about 0.03 dm.
const CORRECTIONS: usize = 3;

/// How forearm and wrist hold the hand, in radians from the rest pose, in which the thumb is up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Grip {
    /// Turn of the forearm about itself.
    pub(super) twist: f32,
    /// Bend of the wrist towards the palm (positive) or the back of the hand.
    pub(super) flexion: f32,
    /// Bend of the wrist sideways.
    pub(super) deviation: f32,
}

impl Grip {
    /// Between this (0) and another (1).
    pub(super) fn blend(&self, other: &Self, share: f32) -> Self {
        let mix = |a: f32, b: f32| a + (b - a) * share;
        Self {
            twist: mix(self.twist, other.twist),
            flexion: mix(self.flexion, other.flexion),
            deviation: mix(self.deviation, other.deviation),
        }
    }
}

/// Where a hand should be.
#[derive(Clone, Copy, Debug)]
pub(super) struct HandTarget {
    /// The wrist's place.
    pub(super) wrist: Vec3,
    /// How the hand is held.
    pub(super) grip: Grip,
    /// How far the elbow is swung outwards and up from hanging down, in degrees.
    pub(super) swivel: f32,
}

/// Where an arm goes for a target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// Elbow.
    pub(super) elbow: Vec3,
    /// Wrist: the target's, brought within reach.
    pub(super) wrist: Vec3,
    /// Where the fingers point.
    pub(super) fingers: Vec3,
    hinge: Vec3,
}

/// The turns, against the parent, that bring the hand there: collarbone, shoulder blade, upper arm ×2, forearm ×2,
/// wrist.
pub(super) type ArmTurns = [Quat; 7];

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

/// The same turn, written as less than half a turn.
fn short_way(turn: Quat) -> Quat {
    if turn.w < 0.0 { -turn } else { turn }
}

/// How far `turn` turns about `axis` (unit), in radians.
fn twist_about(turn: Quat, axis: Vec3) -> f32 {
    let turn = short_way(turn);
    2.0 * turn.xyz().dot(axis).atan2(turn.w)
}

/// The turn that brings one frame onto another.
fn turn_between(from: &Mat3, to: &Mat3) -> Quat {
    Quat::from_mat3(&(*to * from.transpose())).normalize()
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

    /// Which side the arm is on.
    pub(super) fn side(&self) -> usize {
        self.side
    }

    /// The hand's turn that points the fingers along `fingers` and the palm towards `palm`.
    pub(super) fn hand_turn(&self, fingers: Vec3, palm: Vec3) -> Quat {
        turn_between(&self.hand_frame, &frame(fingers, palm))
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

    /// Where the arm goes for a target.
    pub(super) fn reach(&self, target: &HandTarget) -> Reach {
        let (shoulder, _) = self.shoulder_after(self.girdle(target.wrist));
        let (elbow, wrist, hinge) = self.bend(shoulder, target.wrist, target.swivel);
        let lower = self.lower_turn(elbow, wrist, hinge);
        let fingers = lower * self.hand_turn_of(&target.grip) * self.hand_frame.x_axis;
        Reach { elbow, wrist, fingers, hinge }
    }

    /// How a hand that is turned by `hand` is held at a target's wrist and swivel, within the limits; and by what
    /// angle, in radians, the limits keep it from being turned so.
    pub(super) fn grip(&self, target: &HandTarget, hand: Quat) -> (Grip, f32) {
        let reach = self.reach(target);
        let lower = self.lower_turn(reach.elbow, reach.wrist, reach.hinge);
        let axis = self.lower_frame.x_axis;
        let wanted = lower.inverse() * hand;
        let twist = twist_about(wanted, axis);
        let bend = short_way(wanted * Quat::from_axis_angle(axis, -twist)).to_scaled_axis();
        let grip = Grip {
            twist: soft_limit(twist, MOST_TWIST.to_radians()),
            flexion: soft_limit(bend.dot(self.flexion_axis), MOST_FLEXION.to_radians()),
            deviation: soft_limit(bend.dot(self.deviation_axis), MOST_DEVIATION.to_radians()),
        };
        (grip, short_way(wanted).angle_between(self.hand_turn_of(&grip)))
    }

    /// The hand's turn against the forearm.
    fn hand_turn_of(&self, grip: &Grip) -> Quat {
        let bend = self.flexion_axis * grip.flexion + self.deviation_axis * grip.deviation;
        Quat::from_scaled_axis(bend) * Quat::from_axis_angle(self.lower_frame.x_axis, grip.twist)
    }

    fn lower_turn(&self, elbow: Vec3, wrist: Vec3, hinge: Vec3) -> Quat {
        turn_between(&self.lower_frame, &frame(wrist - elbow, hinge))
    }

    /// Where an elbow points that is left to itself, for a wrist in this direction (unit) from the shoulder: down, a little back
    /// and out; of an arm that is raised, forward and down. A direction opposite to this has no place for the elbow, and round it
    /// the swivel would turn quickly; there always is one such, and with the lean it lies above and behind the head, where
    /// no wrist gets.
    fn hanging(&self, direction: Vec3) -> Vec3 {
        let hanging = Vec3::new(0.1 * SIDE_SIGN[self.side], -0.85, -0.5);
        let [from, to] = RAISED;
        let raised = ((direction.y - from) / (to - from)).clamp(0.0, 1.0);
        if raised == 0.0 {
            return hanging;
        }
        let smooth = raised * raised * (3.0 - 2.0 * raised);
        Quat::from_rotation_x(-(MOST_LEAN * smooth).to_radians()) * hanging
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
        let sign = SIDE_SIGN[self.side];
        let down = self.hanging(direction).reject_from_normalized(direction).normalize_or(Vec3::NEG_Z);
        let out = direction.cross(down) * sign;
        let swivel = swivel.to_radians();
        let pole = down * swivel.cos() + out * swivel.sin();
        let elbow = shoulder + direction * forth + pole * aside;
        (elbow, shoulder + direction * distance, pole.cross(direction))
    }

    /// The bones' turns for a target.
    pub(super) fn solve(&self, target: &HandTarget) -> ArmTurns {
        let girdle = self.girdle(target.wrist);
        let (shoulder, parent) = self.shoulder_after(girdle);
        let (_, wanted, _) = self.bend(shoulder, target.wrist, target.swivel);
        let mut aim = wanted;
        let (mut turns, mut wrist) = self.chain(shoulder, parent, girdle, aim, target);
        for _ in 0..CORRECTIONS {
            aim += wanted - wrist;
            (turns, wrist) = self.chain(shoulder, parent, girdle, aim, target);
        }
        turns
    }

    /// The turns for a wrist aimed at `aim`, and where the twisted chain really leads.
    fn chain(
        &self,
        shoulder: Vec3,
        parent: Quat,
        girdle: [Quat; 2],
        aim: Vec3,
        target: &HandTarget,
    ) -> (ArmTurns, Vec3) {
        let (elbow, wrist, hinge) = self.bend(shoulder, aim, target.swivel);
        let upper = turn_between(&self.upper_frame, &frame(elbow - shoulder, hinge));
        let lower = self.lower_turn(elbow, wrist, hinge);
        // The upper arm's own twist grows along it.
        let upper_axis = self.upper_frame.x_axis;
        let roll = twist_about(parent.inverse() * upper, upper_axis);
        let upper_first = upper * Quat::from_axis_angle(upper_axis, -roll * UPPER_TWIST_LEFT);
        let lower_axis = self.lower_frame.x_axis;
        let lowers =
            LOWER_TWIST.map(|share| lower * Quat::from_axis_angle(lower_axis, target.grip.twist * share));
        let hand = lower * self.hand_turn_of(&target.grip);
        let kink = shoulder + upper_first * (self.upper_kink - self.shoulder);
        let elbow = kink + upper * (self.elbow - self.upper_kink);
        let kink = elbow + lowers[0] * (self.lower_kink - self.elbow);
        let wrist = kink + lowers[1] * (self.wrist - self.lower_kink);
        let turns = [
            girdle[0],
            girdle[1],
            parent.inverse() * upper_first,
            upper_first.inverse() * upper,
            upper.inverse() * lowers[0],
            lowers[0].inverse() * lowers[1],
            lowers[1].inverse() * hand,
        ];
        (turns, wrist)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bones::{Bones, LEFT, RIGHT};
    use super::super::stand_in;
    use super::*;
    use crate::pose::Pose;
    use proptest::prelude::*;

    fn posed(side: usize, target: &HandTarget) -> (ArmGeometry, [Vec3; 3], Quat) {
        let skeleton = stand_in::skeleton();
        let bones = Bones::find(&skeleton).unwrap();
        let arm = &bones.arms[side];
        let geometry = ArmGeometry::new(&skeleton, arm, side);
        let mut pose = Pose::rest(&skeleton);
        let chain =
            [arm.clavicle, arm.shoulder, arm.upper[0], arm.upper[1], arm.lower[0], arm.lower[1], arm.wrist];
        for (bone, turn) in chain.into_iter().zip(geometry.solve(target)) {
            pose.turns[bone] = turn;
        }
        let placed = skeleton.place(&pose);
        let joints = [arm.upper[0], arm.lower[0], arm.wrist].map(|bone| placed.head(&skeleton, bone));
        (geometry, joints, placed.turn(arm.wrist))
    }

    /// Up and forward, opposite to where an elbow hangs: there the corrections once ran round in a circle.
    #[test]
    fn a_raised_wrist_gets_where_it_should() {
        let wrist = Vec3::new(1.52 * SIDE_SIGN[RIGHT], 7.35, 1.16);
        let grip = Grip { twist: 0.0, flexion: 0.0, deviation: 0.2 };
        let (_, [.., reached], _) = posed(RIGHT, &HandTarget { wrist, grip, swivel: 0.0 });
        assert!(reached.distance(wrist) < 1e-3, "{reached} for {wrist}");
    }

    proptest! {
        #[test]
        fn the_elbow_moves_as_evenly_as_the_wrist(
            x in -1.5f32..3.0, y in 1.0f32..7.5, z in 0.8f32..4.0, swivel in -10.0f32..70.0,
            dx in -1.0f32..1.0, dy in -1.0f32..1.0, dz in -1.0f32..1.0, left: bool
        ) {
            let side = if left { LEFT } else { RIGHT };
            let wrist = Vec3::new(x * SIDE_SIGN[side], y, z);
            let step = Vec3::new(dx, dy, dz).clamp_length_max(1.0) * 0.02;
            let elbow = |wrist| {
                let target = HandTarget { wrist, grip: Grip::default(), swivel };
                let (arm, [shoulder, elbow, _], _) = posed(side, &target);
                (elbow, wrist.distance(shoulder) / arm.length())
            };
            let ((before, far), (after, _)) = (elbow(wrist), elbow(wrist + step));
            // Nearly stretched, a little of the wrist's way bends the elbow far.
            if (0.45..0.9).contains(&far) {
                let ratio = before.distance(after) / step.length().max(1e-3);
                prop_assert!(ratio < 12.0, "{ratio}");
            }
        }

        #[test]
        fn the_wrist_gets_where_it_can(
            x in -1.5f32..3.0, y in 1.0f32..7.5, z in 0.8f32..4.0, swivel in -10.0f32..70.0,
            twist in -1.5f32..1.5, flexion in -1.0f32..1.0, left: bool
        ) {
            let side = if left { LEFT } else { RIGHT };
            let wrist = Vec3::new(x * SIDE_SIGN[side], y, z);
            let grip = Grip { twist, flexion, deviation: 0.2 };
            let target = HandTarget { wrist, grip, swivel };
            let (arm, [shoulder, elbow, reached], hand) = posed(side, &target);
            let bend = 180.0 - (shoulder - elbow).angle_between(reached - elbow).to_degrees();
            prop_assert!((0.0..MOST_ELBOW + 1.0).contains(&bend), "{}", bend);
            let way = wrist.distance(shoulder);
            if way < arm.length() * 0.96 && way > arm.length() * 0.45 {
                prop_assert!(reached.distance(wrist) < 1e-3, "{reached} for {wrist}");
            }
            prop_assert!((hand * arm.hand_frame.x_axis).distance(arm.reach(&target).fingers) < 0.2);
        }

        #[test]
        fn a_hand_within_the_limits_is_turned_as_asked(
            twist in -1.1f32..1.1, flexion in -0.8f32..0.8, deviation in -0.4f32..0.4
        ) {
            let grip = Grip { twist, flexion, deviation };
            let target = HandTarget { wrist: Vec3::new(1.8, 3.4, 2.5), grip, swivel: 20.0 };
            let (arm, _, hand) = posed(LEFT, &target);
            let (found, missed) = arm.grip(&target, hand);
            prop_assert!(missed < 0.2, "{missed}");
            prop_assert!((found.twist - twist).abs() < 0.2 && (found.flexion - flexion).abs() < 0.2);
        }

        #[test]
        fn wrists_keep_their_limits(fx in -1.0f32..1.0, fy in -1.0f32..1.0, px in -1.0f32..1.0, pz in -1.0f32..1.0) {
            let target = HandTarget { wrist: Vec3::new(1.8, 3.4, 2.5), grip: Grip::default(), swivel: 20.0 };
            let (arm, ..) = posed(LEFT, &target);
            let (grip, _) = arm.grip(&target, arm.hand_turn(Vec3::new(fx, fy, 0.5), Vec3::new(px, 0.3, pz)));
            prop_assert!(grip.flexion.abs() <= MOST_FLEXION.to_radians());
            prop_assert!(grip.deviation.abs() <= MOST_DEVIATION.to_radians());
            prop_assert!(grip.twist.abs() <= MOST_TWIST.to_radians());
        }
    }
}
