//! The room that arms must leave to trunk, head, thighs and each other.
//!
//! The trunk is a stack of ellipses fitted to the skeleton, the head an ellipsoid; forearms and hands are rows of
//! balls. All pushes are smooth, so that what is pushed moves smoothly.

use glam::{Vec2, Vec3};

use super::arm::{ArmGeometry, HandTarget, Reach};
use super::bones::{Bones, LEFT, RIGHT, SIDE_SIGN};
use crate::figure::Skeleton;

/// Clothes over the skin, in decimetres.
const CLOTHES: f32 = 0.12;
/// Pushing begins this far before touching, in decimetres, and has its full strength this far after.
const SOFT: f32 = 0.12;
/// Share of a depth that one round undoes.
const STRENGTH: f32 = 0.8;
/// Degrees the elbow swings out for a decimetre of depth, in one round.
const SWING: f32 = 25.0;
/// Times the arms are pushed clear.
const ROUNDS: usize = 4;
/// Largest swing of an elbow away from the trunk, in degrees.
const MOST_SWING: f32 = 50.0;

/// Share of the way from elbow to wrist, and radius in decimetres, of the forearm's balls.
const FOREARM_BALLS: [(f32, f32); 2] = [(0.45, 0.36), (0.8, 0.3)];
/// Radius of the elbow, in decimetres.
const ELBOW_BALL: f32 = 0.4;
/// Way from the wrist along the fingers, and radius, of the hand's balls, in decimetres.
const HAND_BALLS: [(f32, f32); 3] = [(0.0, 0.28), (0.7, 0.38), (1.3, 0.28)];
/// How much nearer to the wrist the fingertips of hands are that hold each other, in decimetres.
const CURLED: f32 = 0.4;
/// Share of their radius that touching hands keep.
const TOUCHING: f32 = 0.42;
/// Share of their radius that hands keep which lie on the body.
const LYING: f32 = 0.55;

/// One level of the trunk.
#[derive(Clone, Copy, Debug)]
struct Level {
    y: f32,
    half_width: f32,
    back: f32,
    front: f32,
}

/// What is kept clear, in the frame of the chest in the rest pose.
#[derive(Clone, Debug)]
pub(super) struct Clearance {
    levels: [Level; 6],
    head_centre: Vec3,
    head_radii: Vec3,
    /// Hip and knee of each thigh; `None` for standing people.
    thighs: Option<[[Vec3; 2]; 2]>,
    thigh_radius: f32,
}

/// How much a hand may touch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Contact {
    /// The body: 0 keeps away, 1 lies on it.
    pub(super) body: f32,
    /// The other hand.
    pub(super) hand: f32,
}

/// 0 well before touching, the whole depth well after, with a continuous slope.
fn soft_depth(depth: f32) -> f32 {
    if depth <= -SOFT {
        0.0
    } else if depth >= SOFT {
        depth
    } else {
        (depth + SOFT) * (depth + SOFT) / (4.0 * SOFT)
    }
}

impl Clearance {
    pub(super) fn new(skeleton: &Skeleton, bones: &Bones, seated: bool) -> Self {
        let shoulder = skeleton.head(bones.arms[LEFT].upper[0]);
        let chest = skeleton.tail(bones.breast);
        let neck = skeleton.head(bones.neck[0]);
        let hips = skeleton.head(bones.root).y;
        let hip_width = bones.legs.map_or(1.1, |legs| skeleton.head(legs[LEFT][0]).x);
        let spine_back = skeleton.head(bones.spine[4]).z - 0.4;
        let (front, width) = (chest.z + CLOTHES, shoulder.x);
        let level = |y, half_width, back, front| Level { y, half_width, back, front };
        let lerp = |share: f32| hips + (shoulder.y - hips) * share;
        // The shares were read off the base mesh: hips, belly, waist, chest, shoulders, neck.
        let levels = [
            level(hips, hip_width * 1.62, spine_back - 0.5, front - 0.2),
            level(lerp(0.2), hip_width * 1.55, spine_back - 0.2, front - 0.1),
            level(lerp(0.4), width * 0.82, spine_back + 0.1, front - 0.08),
            level(lerp(0.7), width * 0.84, spine_back, front),
            level(shoulder.y - 0.15, width * 0.95, spine_back - 0.1, front - 0.42),
            level(neck.y + 0.1, 0.75, spine_back + 0.2, neck.z + 0.75),
        ];
        let head = skeleton.head(bones.head);
        let top = skeleton.tail(bones.head);
        let chin = skeleton.tail(bones.jaw);
        let head_centre = Vec3::new(0.0, (top.y + chin.y) / 2.0, f32::midpoint(head.z - 0.45, chin.z + 0.4));
        let head_radii =
            Vec3::new(0.9, (top.y - chin.y) / 2.0 + 0.2, (chin.z + 0.4 - (head.z - 0.45)) / 2.0 + 0.1);
        let thighs = bones.legs.filter(|_| seated).map(|legs| {
            [LEFT, RIGHT].map(|side| {
                let hip = skeleton.head(legs[side][0]);
                let length = skeleton.head(legs[side][1]).distance(hip);
                [hip, hip + Vec3::new(0.14 * SIDE_SIGN[side], 0.0, 0.99) * length]
            })
        });
        Self { levels, head_centre, head_radii, thighs, thigh_radius: hip_width * 0.75 }
    }

    fn level(&self, y: f32) -> Level {
        let above = self.levels.iter().position(|level| level.y > y).unwrap_or(self.levels.len());
        if above == 0 {
            return self.levels[0];
        }
        let Some(upper) = self.levels.get(above) else { return self.levels[above - 1] };
        let lower = self.levels[above - 1];
        let share = (y - lower.y) / (upper.y - lower.y).max(1e-3);
        let share = share * share * (3.0 - 2.0 * share);
        let mix = |a: f32, b: f32| a + (b - a) * share;
        Level {
            y,
            half_width: mix(lower.half_width, upper.half_width),
            back: mix(lower.back, upper.back),
            front: mix(lower.front, upper.front),
        }
    }

    /// How deep a ball is inside trunk, head or a thigh (negative: how far away, roughly), and the way out (unit).
    fn depths(&self, centre: Vec3, radius: f32) -> [(f32, Vec3); 4] {
        let level = self.level(centre.y);
        let middle = f32::midpoint(level.back, level.front);
        let radii = Vec2::new(level.half_width, (level.front - level.back) / 2.0);
        let flat = Vec2::new(centre.x, centre.z - middle);
        let size = (flat / radii).length().max(1e-3);
        let trunk = radius - (1.0 - 1.0 / size) * flat.length();
        // The way out leans to the front: an arm comes out of the body before it, not behind it.
        let way = (flat / (radii * radii)).normalize_or(Vec2::Y);
        let trunk_way = Vec3::new(way.x, 0.0, way.y);
        // Above the neck the trunk ends.
        let over = centre.y - self.levels[5].y;
        let trunk = trunk - (over.max(0.0) * 2.0);
        let from_head = centre - self.head_centre;
        let size = (from_head / self.head_radii).length().max(1e-3);
        let head = radius - (1.0 - 1.0 / size) * from_head.length();
        let head_way = (from_head / (self.head_radii * self.head_radii)).normalize_or(Vec3::Z);
        let mut all = [(trunk, trunk_way), (head, head_way), (-9.0, Vec3::Y), (-9.0, Vec3::Y)];
        if let Some(thighs) = &self.thighs {
            for (slot, [hip, knee]) in all[2..].iter_mut().zip(thighs) {
                let line = *knee - *hip;
                let share = ((centre - *hip).dot(line) / line.length_squared()).clamp(0.0, 1.0);
                let from = centre - (*hip + line * share);
                *slot = (self.thigh_radius + radius - from.length(), from.normalize_or(Vec3::Y));
            }
        }
        all
    }

    /// How deep a ball is inside the body, in decimetres; negative outside.
    #[cfg(test)]
    pub(super) fn depth(&self, centre: Vec3, radius: f32) -> f32 {
        self.depths(centre, radius).iter().map(|(depth, _)| *depth).fold(f32::MIN, f32::max)
    }

    /// The push that brings a ball out.
    fn push(&self, centre: Vec3, radius: f32) -> Vec3 {
        self.depths(centre, radius).iter().map(|(depth, way)| *way * soft_depth(*depth)).sum()
    }

    /// Adds what a ball asks for, as far as its place moves with the wrist.
    fn gather(&self, centre: Vec3, radius: f32, share: f32, pushes: &mut Pushes) {
        for (depth, way) in self.depths(centre, radius) {
            pushes.add(way, soft_depth(depth) * share);
        }
    }

    /// Moves one hand's target out of the body, whatever the other does.
    pub(super) fn settle(&self, arm: &ArmGeometry, target: &mut HandTarget, contact: Contact) {
        for _ in 0..ROUNDS {
            self.push_arm(arm, target, contact);
        }
    }

    /// Moves both hands' targets out of the body and away from each other.
    pub(super) fn part(
        &self,
        arms: &[ArmGeometry; 2],
        targets: &mut [HandTarget; 2],
        contacts: [Contact; 2],
    ) {
        // A hand that waits to be held again lets the other pass close by.
        let hands = contacts[LEFT].hand.max(contacts[RIGHT].hand).clamp(0.0, 1.0);
        let keep = 1.0 + (TOUCHING - 1.0) * hands;
        for _ in 0..ROUNDS {
            for side in [LEFT, RIGHT] {
                self.push_arm(&arms[side], &mut targets[side], contacts[side]);
            }
            let balls = [LEFT, RIGHT].map(|side| balls(&arms[side], &targets[side], contacts[side].hand));
            let mut apart = Pushes::default();
            for left in &balls[LEFT] {
                for right in &balls[RIGHT] {
                    let from = left.0 - right.0;
                    let depth = soft_depth((left.1 + right.1) * keep - from.length());
                    apart.add(from.normalize_or(Vec3::X), depth);
                }
            }
            let half = apart.mean() * (0.5 * STRENGTH);
            targets[LEFT].wrist += half;
            targets[RIGHT].wrist -= half;
        }
    }

    fn push_arm(&self, arm: &ArmGeometry, target: &mut HandTarget, contact: Contact) {
        let reach = arm.reach(target);
        let keep = 1.0 + (LYING - 1.0) * contact.body.clamp(0.0, 1.0);
        let mut pushes = Pushes::default();
        for (along, radius) in HAND_BALLS {
            self.gather(reach.wrist + reach.fingers * along, radius * keep, 1.0, &mut pushes);
        }
        let sign = SIDE_SIGN[arm.side()];
        let mut swing = 0.0;
        for (share, radius) in FOREARM_BALLS {
            let centre = reach.elbow.lerp(reach.wrist, share);
            self.gather(centre, radius, share, &mut pushes);
            // Where the trunk pushes sideways or back, the elbow gives way outwards.
            let out = self.push(centre, radius);
            swing += (out.x * sign).max(0.0) + out.z.abs() * 0.5;
        }
        let elbow = self.push(reach.elbow, ELBOW_BALL);
        swing += (elbow.x * sign).max(0.0) + elbow.z.abs();
        target.wrist += pushes.mean() * STRENGTH;
        target.swivel += (swing * SWING).min(MOST_SWING / ROUNDS as f32);
    }
}

/// Pushes at several places of an arm, taken together: their mean, in which deep ones count more.
#[derive(Clone, Copy, Debug, Default)]
struct Pushes {
    sum: Vec3,
    weight: f32,
}

impl Pushes {
    fn add(&mut self, way: Vec3, depth: f32) {
        self.sum += way * (depth * depth);
        self.weight += depth;
    }

    fn mean(&self) -> Vec3 {
        self.sum / self.weight.max(1e-6)
    }
}

/// The balls of forearm and hand.
fn balls(arm: &ArmGeometry, target: &HandTarget, held: f32) -> [(Vec3, f32); 5] {
    let Reach { elbow, wrist, fingers, .. } = arm.reach(target);
    let forearm = |(share, radius): (f32, f32)| (elbow.lerp(wrist, share), radius);
    let hand = |(along, radius): (f32, f32)| (wrist + fingers * along, radius);
    [
        forearm(FOREARM_BALLS[0]),
        forearm(FOREARM_BALLS[1]),
        hand(HAND_BALLS[0]),
        hand(HAND_BALLS[1]),
        hand((HAND_BALLS[2].0 - CURLED * held, HAND_BALLS[2].1)),
    ]
}
