//! Keeps shoulders from bulging when the upper arm comes down. The base mesh rests with the arms half raised; there its
//! shoulder girdle is raised too. When an arm hangs, the real girdle sinks and the deltoid lies flat against the bone;
//! mere turning of the upper arm leaves a high, wide corner. The correction is added after the bones have moved.

use glam::{Affine3A, Quat, Vec3};

use super::Body;
use super::chance::smooth;
use super::person::bone;
use crate::Result;
use crate::figure::Placed;
use crate::pose::Pose;

/// How far the arm is turned down from rest for measuring where the shoulder's skin then is, in radians.
const HANGING: f32 = 0.72;
/// Middle of the correction from the shoulder's joint, with the arm hanging: outwards, up, forwards, in decimetres.
const MIDDLE: Vec3 = Vec3::new(0.38, 0.18, 0.0);
/// Its reach along each axis.
const REACH: Vec3 = Vec3::new(0.75, 0.80, 1.0);
/// How far the skin moves in the middle: outwards and up, both negative.
const MOVE: Vec3 = Vec3::new(-0.23, -0.18, 0.0);
/// Corrections below this are left out, in decimetres.
const LEAST: f32 = 0.002;

/// Corrections of both shoulders, the person's left first.
#[derive(Clone, Debug)]
pub(super) struct Shoulders {
    sides: [Side; 2],
    /// For each vertex, its displacement on each side when the arm hangs; zero nearly everywhere.
    moves: Vec<[Vec3; 2]>,
}

#[derive(Clone, Copy, Debug)]
struct Side {
    arm: usize,
    trunk: usize,
    /// Direction of the upper arm at rest.
    direction: Vec3,
}

/// How much each side's correction applies now, and how the trunk is turned.
pub(super) struct Lowered {
    amounts: [f32; 2],
    trunk: Affine3A,
}

impl Shoulders {
    pub(super) fn new(body: &Body) -> Result<Self> {
        let skeleton = body.skeleton;
        let mut moves = vec![[Vec3::ZERO; 2]; body.vertices.len()];
        let side = |name: &str| -> Result<Side> {
            let (arm, elbow) = (
                bone(skeleton, &format!("upperarm01.{name}"))?,
                bone(skeleton, &format!("lowerarm01.{name}"))?,
            );
            let direction = (skeleton.head(elbow) - skeleton.head(arm)).normalize_or_zero();
            Ok(Side { arm, trunk: bone(skeleton, "spine01")?, direction })
        };
        let sides = [side("L")?, side("R")?];
        for (which, side) in sides.iter().enumerate() {
            let outwards = if which == 0 { 1.0 } else { -1.0 };
            let mut hanging = Pose::rest(skeleton);
            hanging.turns[side.arm] = Quat::from_rotation_z(-outwards * HANGING);
            let placed = skeleton.place(&hanging);
            let mirror = Vec3::new(outwards, 1.0, 1.0);
            for (vertex, &rest) in body.vertices.iter().enumerate() {
                if rest.x * outwards <= 0.0 {
                    continue;
                }
                let at: Vec3 = body.anatomy.rig.weights[vertex]
                    .iter()
                    .map(|&(bone, amount)| placed.maps[usize::from(bone)].transform_point3(rest) * amount)
                    .sum();
                let off = (at - skeleton.head(side.arm)) * mirror - MIDDLE;
                let near = (-(off / REACH).length_squared()).exp();
                let by = MOVE * near;
                if by.length() > LEAST {
                    moves[vertex][which] = by * mirror;
                }
            }
        }
        Ok(Self { sides, moves })
    }

    /// Whether a vertex is ever moved.
    pub(super) fn moves(&self, vertex: u32) -> bool {
        self.moves[vertex as usize].iter().any(|by| *by != Vec3::ZERO)
    }

    /// How far the arms hang in a pose.
    pub(super) fn lowered(&self, placed: &Placed) -> Lowered {
        let trunk = placed.maps[self.sides[0].trunk];
        let amounts = self.sides.map(|side| {
            let direction = placed.maps[side.arm].transform_vector3(side.direction);
            let against_trunk = trunk.matrix3.transpose() * glam::Vec3A::from(direction);
            smooth(side.direction.y - against_trunk.y, 0.0, side.direction.y + 1.0)
        });
        Lowered { amounts, trunk }
    }

    /// What to add to a vertex after the bones have moved it.
    pub(super) fn correction(&self, lowered: &Lowered, vertex: u32) -> Vec3 {
        let [left, right] = self.moves[vertex as usize];
        lowered.trunk.transform_vector3(left * lowered.amounts[0] + right * lowered.amounts[1])
    }
}
