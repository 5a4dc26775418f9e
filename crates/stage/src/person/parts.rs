//! Which part of a person each vertex of the base mesh belongs to, by the bones it follows.

use crate::figure::{Anatomy, Rig};
use crate::surface::Part;

/// The part of every vertex.
#[must_use]
pub(super) fn parts(anatomy: &Anatomy) -> Vec<Part> {
    let of_bone: Vec<Part> = anatomy.rig.bones.iter().map(|bone| part_of_bone(&bone.name)).collect();
    anatomy.rig.weights.iter().map(|weights| strongest(weights, &of_bone)).collect()
}

/// How much of each vertex follows bones whose name begins with one of these.
#[must_use]
pub(super) fn share_of(rig: &Rig, beginnings: &[&str]) -> Vec<f32> {
    let counts: Vec<bool> =
        rig.bones.iter().map(|bone| beginnings.iter().any(|start| bone.name.starts_with(start))).collect();
    let share = |weights: &Vec<(u16, f32)>| {
        weights.iter().filter(|(bone, _)| counts[usize::from(*bone)]).map(|(_, amount)| amount).sum()
    };
    rig.weights.iter().map(share).collect()
}

fn strongest(weights: &[(u16, f32)], of_bone: &[Part]) -> Part {
    let mut sums = [0.0f32; Part::ALL.len()];
    for &(bone, amount) in weights {
        sums[of_bone[usize::from(bone)] as usize] += amount;
    }
    let mut best = Part::Torso;
    for part in Part::ALL {
        if sums[part as usize] > sums[best as usize] {
            best = part;
        }
    }
    best
}

fn part_of_bone(name: &str) -> Part {
    const TORSO: [&str; 12] = [
        "root", "spine", "pelvis", "clavicle", "shoulder", "breast", "upperleg", "lowerleg", "foot", "toe",
        "hip", "leg",
    ];
    let starts = |list: &[&str]| list.iter().any(|start| name.starts_with(start));
    let left = name.ends_with(".L");
    if starts(&["upperarm", "lowerarm"]) {
        if left { Part::LeftArm } else { Part::RightArm }
    } else if starts(&["wrist", "metacarpal", "finger"]) {
        if left { Part::LeftHand } else { Part::RightHand }
    } else if starts(&TORSO) {
        Part::Torso
    } else {
        Part::Head
    }
}
