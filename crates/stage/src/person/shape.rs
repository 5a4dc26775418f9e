//! A person's body out of shape targets: descent, sex, age, muscle, weight, height, proportions, then single features.

use glam::Vec3;
use std::fmt::Write as _;

use super::{Identity, pocket};
use crate::Result;
use crate::figure::{Anatomy, BaseMesh};

/// Age at which the "young" targets hold fully, in years.
const YOUNG: f32 = 25.0;
/// Age at which the "old" targets hold fully.
const OLD: f32 = 80.0;
/// Products of memberships below this are left out: they move nothing by more than a tenth of a millimetre or so,
/// and reading their target takes time.
const LEAST_SHARE: f32 = 0.015;

const DESCENTS: [&str; 3] = ["african", "asian", "caucasian"];
const SEXES: [&str; 2] = ["female", "male"];
const AGES: [&str; 2] = ["young", "old"];
const MUSCLES: [&str; 3] = ["minmuscle", "averagemuscle", "maxmuscle"];
const WEIGHTS: [&str; 3] = ["minweight", "averageweight", "maxweight"];
const CUPS: [&str; 3] = ["mincup", "averagecup", "maxcup"];
const FIRMNESSES: [&str; 3] = ["minfirmness", "averagefirmness", "maxfirmness"];

/// All vertices of the base mesh, helper shapes included, in the shape of one person (decimetres).
///
/// # Errors
/// When a target is missing or damaged.
pub fn shape(anatomy: &Anatomy, identity: &Identity) -> Result<Vec<Vec3>> {
    let mut vertices = anatomy.mesh.vertices.clone();
    for (name, share) in blend(identity) {
        anatomy.target(&name)?.apply(share, &mut vertices);
    }
    for feature in &identity.features {
        anatomy.target(&feature.target)?.apply(feature.amount, &mut vertices);
    }
    pocket::tuck(&anatomy.mesh, &mut vertices);
    Ok(vertices)
}

/// Unit normals of all vertices, weighted by area; vertices that belong to no face point up.
#[must_use]
pub fn normals(mesh: &BaseMesh, vertices: &[Vec3]) -> Vec<Vec3> {
    let mut normals = vec![Vec3::ZERO; vertices.len()];
    for face in &mesh.faces {
        let at = |corner: usize| vertices[face.vertices[corner] as usize];
        let last = face.vertices.len() - 1;
        let mut normal = (at(1) - at(0)).cross(at(last) - at(0));
        if last == 3 {
            normal = (at(2) - at(0)).cross(at(3) - at(1));
        }
        for &vertex in &face.vertices {
            normals[vertex as usize] += normal;
        }
    }
    normals.iter().map(|normal| normal.try_normalize().unwrap_or(Vec3::Y)).collect()
}

/// The targets of the whole body and how much of each.
fn blend(identity: &Identity) -> Vec<(String, f32)> {
    let old = ((identity.age - YOUNG) / (OLD - YOUNG)).clamp(0.0, 1.0);
    let sexes = [1.0 - identity.masculinity, identity.masculinity];
    let ages = [1.0 - old, old];
    let mut targets = Vec::new();
    let add = |targets: &mut Vec<(String, f32)>, name: String, share: f32| {
        if share >= LEAST_SHARE {
            targets.push((name, share));
        }
    };
    for (sex, of_sex) in SEXES.into_iter().zip(sexes) {
        for (age, of_age) in AGES.into_iter().zip(ages) {
            for (descent, of_descent) in DESCENTS.into_iter().zip(identity.descent) {
                let name = format!("macrodetails/{descent}-{sex}-{age}");
                add(&mut targets, name, of_sex * of_age * of_descent);
            }
            for (muscle, of_muscle) in MUSCLES.into_iter().zip(thirds(identity.muscle)) {
                for (weight, of_weight) in WEIGHTS.into_iter().zip(thirds(identity.weight)) {
                    let share = of_sex * of_age * of_muscle * of_weight;
                    if share < LEAST_SHARE {
                        continue;
                    }
                    let build = format!("{sex}-{age}-{muscle}-{weight}");
                    targets.push((format!("macrodetails/universal-{build}"), share));
                    let height = if identity.height < 0.0 { "minheight" } else { "maxheight" };
                    add(
                        &mut targets,
                        format!("macrodetails/height/{build}-{height}"),
                        share * identity.height.abs(),
                    );
                    let kind = if identity.proportions < 0.0 { "uncommon" } else { "ideal" };
                    let name = format!("macrodetails/proportions/{build}-{kind}proportions");
                    add(&mut targets, name, share * identity.proportions.abs());
                    if sex == "female" {
                        breast(identity, &build, share, &mut targets);
                    }
                }
            }
        }
    }
    targets
}

/// Cup and firmness for one build; the average of both is the build itself and has no target.
fn breast(identity: &Identity, build: &str, share: f32, targets: &mut Vec<(String, f32)>) {
    for (cup, of_cup) in CUPS.into_iter().zip(thirds(identity.cup)) {
        for (firmness, of_firmness) in FIRMNESSES.into_iter().zip(thirds(identity.firmness)) {
            let share = share * of_cup * of_firmness;
            if share >= LEAST_SHARE && !(cup == "averagecup" && firmness == "averagefirmness") {
                let mut name = format!("breast/{build}-");
                let _ = write!(name, "{cup}-{firmness}");
                targets.push((name, share));
            }
        }
    }
}

/// How much an amount of 0–1 belongs to its least, its average (0.5) and its most.
fn thirds(amount: f32) -> [f32; 3] {
    let side = (amount.clamp(0.0, 1.0) - 0.5) * 2.0;
    [(-side).max(0.0), 1.0 - side.abs(), side.max(0.0)]
}
