//! Taking measure: where a point of the body lies as a tailor sees it, on the trunk or along an arm.

use glam::Vec3;

use super::super::Body;
use crate::{Result, StageError};

/// Bones whose skin belongs to a sleeve.
const ARM_BONES: [&str; 5] = ["upperarm", "lowerarm", "wrist", "metacarpal", "finger"];
/// Bones whose skin no garment may hide.
const BARE_BONES: [&str; 14] = [
    "wrist",
    "metacarpal",
    "finger",
    "head",
    "jaw",
    "oris",
    "levator",
    "special",
    "tongue",
    "eye",
    "orbic",
    "temporalis",
    "oculi",
    "risorius",
];
/// Half the length over which the two halves of an arm are blended at the elbow, in decimetres.
const ELBOW_BLEND: f32 = 0.95;

/// The tilted ring around the neck on which the cloth of the base mesh ends.
#[derive(Clone, Copy, Debug)]
pub(in crate::person) struct Ring {
    /// Its middle.
    pub centre: Vec3,
    /// Unit vector along the neck.
    pub up: Vec3,
    /// Unit vector to the front, in the ring's plane.
    pub front: Vec3,
    /// Half its width, in decimetres.
    pub wide: f32,
    /// Half its depth, in decimetres.
    pub deep: f32,
}

/// One arm's axis.
#[derive(Clone, Copy, Debug)]
pub(in crate::person) struct Arm {
    shoulder: Vec3,
    elbow: Vec3,
    wrist: Vec3,
}

/// Where a point lies.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::person) struct Spot {
    /// On the body's surface, in the rest pose.
    pub at: Vec3,
    /// How much it belongs to an arm, 0–1.
    pub arm: f32,
    /// Distance from the shoulder joint along the arm, in decimetres.
    pub along: f32,
    /// Angle around the arm: 0 outwards, ±π towards the trunk.
    pub around: f32,
}

/// A body's measures.
#[derive(Clone, Copy, Debug)]
pub(in crate::person) struct Measures {
    /// The neck's ring.
    pub neck: Ring,
    /// Left and right arm.
    pub arms: [Arm; 2],
    /// Height of the chest.
    pub chest: f32,
    /// Height of the waist.
    pub waist: f32,
    /// Height of the hip joints.
    pub hip: f32,
    /// Depth of the middle of the trunk.
    pub middle: f32,
}

impl Arm {
    /// Length of the upper arm, in decimetres.
    pub fn upper(&self) -> f32 {
        self.shoulder.distance(self.elbow)
    }

    /// Length from shoulder to wrist.
    pub fn length(&self) -> f32 {
        self.upper() + self.elbow.distance(self.wrist)
    }

    /// The shoulder joint.
    pub fn shoulder_at(&self) -> Vec3 {
        self.shoulder
    }

    /// Height of the shoulder joint.
    pub fn shoulder_height(&self) -> f32 {
        self.shoulder.y
    }

    fn locate(&self, at: Vec3) -> (f32, f32) {
        let upper = (self.elbow - self.shoulder).normalize_or(Vec3::NEG_Y);
        let fore = (self.wrist - self.elbow).normalize_or(Vec3::NEG_Y);
        let bisector = (upper + fore).normalize_or(upper);
        let share = smooth((at - self.elbow).dot(bisector), -ELBOW_BLEND, ELBOW_BLEND);
        let on_upper = (at - self.shoulder).dot(upper);
        let on_fore = self.upper() + (at - self.elbow).dot(fore);
        let along = on_upper + (on_fore - on_upper) * share;
        let axis = upper.lerp(fore, share).normalize_or(upper);
        let foot = if share > 0.5 { self.elbow } else { self.shoulder };
        let off = (at - foot).reject_from(axis);
        let outwards = (Vec3::X * self.shoulder.x.signum()).reject_from(axis).normalize_or(Vec3::Y);
        let around = off.dot(axis.cross(outwards)).atan2(off.dot(outwards));
        (along, around)
    }
}

impl Spot {
    /// Between two points; angles are taken the short way round.
    pub fn lerp(&self, other: &Self, share: f32) -> Self {
        let mix = |a: f32, b: f32| a + (b - a) * share;
        let turn = turned(other.around - self.around);
        Self {
            at: self.at.lerp(other.at, share),
            arm: mix(self.arm, other.arm),
            along: mix(self.along, other.along),
            around: self.around + turn * share,
        }
    }

    /// 0 for the person's left side, 1 for the right.
    pub fn side(&self) -> usize {
        usize::from(self.at.x < 0.0)
    }
}

impl Measures {
    /// Takes a body's measures.
    ///
    /// # Errors
    /// When the figure lacks a bone or the cloth's neck.
    pub fn take(body: &Body) -> Result<Self> {
        let joint = |name: &str| {
            body.skeleton.bone(name).map(|bone| body.skeleton.head(bone)).ok_or_else(|| StageError::Setting {
                what: format!("the figure has no bone {name}"),
                hint: "run `cargo xtask setup`: the figure's data is not the one expected".into(),
            })
        };
        let arm = |side: &str| -> Result<Arm> {
            Ok(Arm {
                shoulder: joint(&format!("upperarm01.{side}"))?,
                elbow: joint(&format!("lowerarm01.{side}"))?,
                wrist: joint(&format!("wrist.{side}"))?,
            })
        };
        let waist = joint("spine04")?.lerp(joint("spine03")?, 0.4);
        let chest = joint("spine02")?.lerp(joint("spine01")?, 0.15);
        let collar = joint("neck01")?;
        Ok(Self {
            neck: neck(body, collar)?,
            arms: [arm("L")?, arm("R")?],
            chest: chest.y,
            waist: waist.y,
            hip: joint("upperleg01.L")?.y,
            middle: (waist.z + collar.z) * 0.5 + 0.3,
        })
    }

    /// Where a vertex of the base mesh lies.
    pub fn spot(&self, body: &Body, vertex: u32) -> Spot {
        let at = body.vertices[vertex as usize];
        let (along, around) = self.arms[usize::from(at.x < 0.0)].locate(at);
        Spot { at, arm: share_of(body, vertex, &ARM_BONES), along, around }
    }
}

/// How much a vertex belongs to the head or the hands, which stay bare.
pub(in crate::person) fn bare(body: &Body, vertex: u32) -> f32 {
    share_of(body, vertex, &BARE_BONES)
}

fn share_of(body: &Body, vertex: u32, bones: &[&str]) -> f32 {
    let belongs = |bone: u16| {
        let name = body.skeleton.name(usize::from(bone));
        bones.iter().any(|start| name.starts_with(start))
    };
    body.anatomy.rig.weights[vertex as usize].iter().filter(|(b, _)| belongs(*b)).map(|(_, w)| w).sum()
}

/// The ring of the cloth's edge around the neck: the boundary of the tights above the collar bones.
fn neck(body: &Body, collar: Vec3) -> Result<Ring> {
    let mut edges = std::collections::BTreeMap::<(u32, u32), u32>::new();
    for face in body.anatomy.mesh.faces_of("helper-tights") {
        for (k, &a) in face.vertices.iter().enumerate() {
            let b = face.vertices[(k + 1) % face.vertices.len()];
            *edges.entry((a.min(b), a.max(b))).or_default() += 1;
        }
    }
    let rim: Vec<Vec3> = edges
        .iter()
        .filter(|&(_, &count)| count == 1)
        .map(|(&(a, _), _)| body.vertices[a as usize])
        .filter(|at| at.y > collar.y - 1.0 && at.x.abs() < 1.5)
        .collect();
    if rim.len() < 8 {
        return Err(StageError::Setting {
            what: "the figure's cloth has no neck".into(),
            hint: "run `cargo xtask setup`: the figure's data is not the one expected".into(),
        });
    }
    let centre = rim.iter().sum::<Vec3>() / rim.len() as f32;
    let ends = |key: fn(&Vec3) -> f32| {
        rim.iter().fold((centre, centre), |(low, high), at| {
            (if key(at) < key(&low) { *at } else { low }, if key(at) > key(&high) { *at } else { high })
        })
    };
    let (back, fore) = ends(|at| at.z);
    let (right, left) = ends(|at| at.x);
    let centre = Vec3::new(0.0, (back.y + fore.y) * 0.5, (back.z + fore.z) * 0.5);
    let front = Vec3::new(0.0, fore.y - back.y, fore.z - back.z).normalize_or(Vec3::Z);
    Ok(Ring {
        centre,
        up: front.cross(Vec3::X),
        front,
        wide: (left.x - right.x) * 0.5,
        deep: fore.distance(back) * 0.5,
    })
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(in crate::person) fn smooth(x: f32, low: f32, high: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// An angle within ±π.
pub(in crate::person) fn turned(angle: f32) -> f32 {
    let full = std::f32::consts::TAU;
    angle - (angle / full).round() * full
}
