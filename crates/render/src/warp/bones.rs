//! Arms and hands: the motion of bones, blended where they meet.

use super::claim::{HAND_BONES, PALM_BONES, Part, bone_radius, palm_size};
use super::geometry::{Point, nearest_on_segment, smoothstep};
use super::pose::Pose;

/// The map of one bone, frame to portrait: along the bone in proportion of its lengths (a bone that points at the
/// viewer is short), beyond its ends and across it by the person's scale alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoneMap {
    source: Point,
    source_axis: Point,
    source_length: f32,
    driving: Point,
    driving_end: Point,
    driving_axis: Point,
    driving_length: f32,
    /// Portrait pixels a frame pixel across the bone; negative where the part shows its other side.
    across: f32,
    /// The same beyond the ends.
    beyond: f32,
    unmoved: bool,
}

impl BoneMap {
    pub fn new(source: [Point; 2], driving: [Point; 2], across: f32) -> Self {
        let (source_along, driving_along) = (source[1] - source[0], driving[1] - driving[0]);
        let fallback = Point::new(0.0, 1.0);
        let source_axis = source_along.unit_or(fallback);
        Self {
            source: source[0],
            source_axis,
            source_length: source_along.length(),
            driving: driving[0],
            driving_end: driving[1],
            driving_axis: driving_along.unit_or(source_axis),
            driving_length: driving_along.length(),
            across,
            beyond: across.abs(),
            unmoved: source == driving && across == 1.0,
        }
    }

    pub fn apply(&self, p: Point) -> Point {
        if self.unmoved {
            return p;
        }
        let offset = p - self.driving;
        let along = offset.dot(self.driving_axis);
        let across = self.driving_axis.cross(offset) * self.across;
        let along = if along < 0.0 {
            along * self.beyond
        } else if along <= self.driving_length {
            along * self.source_length / self.driving_length.max(1e-3)
        } else {
            self.source_length + (along - self.driving_length) * self.beyond
        };
        self.source + self.source_axis * along + self.source_axis.normal() * across
    }

    /// The frame's place at a share of the bone's length and `aside` pixels off it.
    pub fn driving_place(&self, along: f32, aside: f32) -> Point {
        self.driving + self.driving_axis * (along * self.driving_length) + self.driving_axis.normal() * aside
    }

    /// The portrait's place that belongs to [`Self::driving_place`] at equal scale.
    pub fn source_place(&self, along: f32, aside: f32) -> Point {
        self.source + self.source_axis * (along * self.source_length) + self.source_axis.normal() * aside
    }

    /// Where along the driving bone, in its lengths, unclamped.
    pub fn along(&self, p: Point) -> f32 {
        (p - self.driving).dot(self.driving_axis) / self.driving_length.max(1.0)
    }

    pub fn distance(&self, p: Point) -> f32 {
        nearest_on_segment(p, self.driving, self.driving_end).1
    }
}

/// The bone of an arm part.
pub(crate) fn arm_bone(part: Part, source: &Pose, driving: &Pose, scale: f32) -> Option<BoneMap> {
    let ends = |pose: &Pose| match part {
        Part::UpperArm(side) => Some([pose.shoulder(side), pose.elbow(side)]),
        Part::Forearm(side) => Some([pose.elbow(side), pose.wrist(side)]),
        Part::Torso | Part::Head | Part::Hand(_) => None,
    };
    Some(BoneMap::new(ends(source)?, ends(driving)?, if scale == 1.0 { 1.0 } else { 1.0 / scale }))
}

/// How far the torso's motion reaches down an upper arm.
pub(crate) fn shoulder_share(bone: &BoneMap, p: Point) -> f32 {
    1.0 - smoothstep(0.0, 0.45, bone.along(p))
}

/// The 20 bones of a hand.
pub(crate) struct HandMap {
    bones: [BoneMap; HAND_BONES.len()],
    radii: [f32; HAND_BONES.len()],
    source_bones: [[Point; 2]; HAND_BONES.len()],
    source_radii: [f32; HAND_BONES.len()],
    unmoved: bool,
}

impl HandMap {
    pub fn new(source: &[Point], driving: &[Point]) -> Self {
        let (source_palm, driving_palm) = (palm_size(source), palm_size(driving));
        let scale = (driving_palm / source_palm.max(1e-3)).clamp(0.75, 1.35);
        let across = if source == driving { 1.0 } else { 1.0 / scale };
        // Palm and back of the hand look alike enough; what must not happen is thumb side and little-finger side
        // being swapped within the palm.
        let turn = |hand: &[Point]| (hand[5] - hand[0]).cross(hand[17] - hand[0]);
        let (source_turn, driving_turn) = (turn(source), turn(driving));
        let area = (0.25 * source_palm * source_palm).max(1.0);
        let other_side = source_turn * driving_turn < 0.0 && driving_turn.abs() > 0.1 * area;
        let ends = |hand: &[Point], i: usize| {
            let (a, b) = HAND_BONES[i];
            [hand[a], hand[b]]
        };
        Self {
            bones: std::array::from_fn(|i| {
                let flip = if other_side && i < PALM_BONES { -1.0 } else { 1.0 };
                BoneMap::new(ends(source, i), ends(driving, i), across * flip)
            }),
            radii: std::array::from_fn(|i| bone_radius(i, source_palm * scale)),
            source_bones: std::array::from_fn(|i| ends(source, i)),
            source_radii: std::array::from_fn(|i| bone_radius(i, source_palm)),
            unmoved: source == driving,
        }
    }

    /// The place in the portrait, and an opacity that lets no skin be stretched between spread fingers.
    pub fn apply(&self, p: Point) -> (Point, f32) {
        if self.unmoved {
            return (p, 1.0);
        }
        let mut total = 0.0;
        let mut shift = Point::default();
        let mut nearest = f32::INFINITY;
        for (bone, &radius) in self.bones.iter().zip(&self.radii) {
            let distance = bone.distance(p) / radius;
            nearest = nearest.min(distance);
            let squared = distance * distance + 0.02;
            let weight = 1.0 / (squared * squared * squared);
            total += weight;
            shift = shift + (bone.apply(p) - p) * weight;
        }
        let q = p + shift * (1.0 / total);
        let mut before = f32::INFINITY;
        for (ends, &radius) in self.source_bones.iter().zip(&self.source_radii) {
            before = before.min(nearest_on_segment(q, ends[0], ends[1]).1 / radius);
        }
        (q, 1.0 - smoothstep(0.35, 0.8, nearest - before.max(0.6)))
    }
}
