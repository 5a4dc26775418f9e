//! The part of the figure's skeleton that acting needs, so that tests run without the figure's data: the bones' ends in
//! the base mesh (CC0), rounded to millimetres.

use glam::Vec3;

use crate::figure::{Bone, Joint, Rig, Skeleton};

/// Name, parent, near end, far end; midline and left side.
type Entry = (&'static str, &'static str, [f32; 3], [f32; 3]);

#[rustfmt::skip]
const BONES: &[Entry] = &[
    ("root", "", [0.0, 0.56, -0.76], [0.0, 0.73, 0.14]),
    ("spine05", "root", [0.0, 0.73, 0.14], [0.0, 1.19, -0.1]),
    ("spine04", "spine05", [0.0, 1.19, -0.1], [0.0, 1.87, 0.15]),
    ("spine03", "spine04", [0.0, 1.87, 0.15], [0.0, 2.8, 0.26]),
    ("spine02", "spine03", [0.0, 2.8, 0.26], [0.0, 4.33, -0.07]),
    ("spine01", "spine02", [0.0, 4.33, -0.07], [0.0, 5.89, 0.07]),
    ("neck01", "spine01", [0.0, 5.89, 0.07], [0.0, 6.22, 0.25]),
    ("neck02", "neck01", [0.0, 6.22, 0.25], [0.0, 6.58, 0.37]),
    ("neck03", "neck02", [0.0, 6.58, 0.37], [0.0, 6.97, 0.16]),
    ("head", "neck03", [0.0, 6.97, 0.16], [0.0, 8.4, 0.08]),
    ("jaw", "head", [0.0, 6.88, 0.64], [0.0, 6.16, 1.23]),
    ("breast.L", "spine02", [0.0, 4.33, -0.07], [0.79, 3.82, 1.58]),
    ("clavicle.L", "spine01", [0.27, 5.19, 0.69], [1.18, 5.52, 0.51]),
    ("shoulder01.L", "clavicle.L", [1.18, 5.52, 0.51], [1.68, 5.25, 0.15]),
    ("upperarm01.L", "shoulder01.L", [1.68, 5.25, 0.15], [2.16, 4.69, 0.2]),
    ("upperarm02.L", "upperarm01.L", [2.16, 4.69, 0.2], [3.13, 3.49, 0.13]),
    ("lowerarm01.L", "upperarm02.L", [3.13, 3.49, 0.13], [3.68, 2.94, 0.94]),
    ("lowerarm02.L", "lowerarm01.L", [3.68, 2.94, 0.94], [4.31, 2.45, 1.76]),
    ("wrist.L", "lowerarm02.L", [4.31, 2.45, 1.76], [4.29, 2.23, 1.97]),
    ("metacarpal1.L", "wrist.L", [4.29, 2.23, 1.97], [4.5, 2.03, 2.64]),
    ("metacarpal2.L", "wrist.L", [4.29, 2.23, 1.97], [4.61, 1.89, 2.48]),
    ("metacarpal3.L", "wrist.L", [4.4, 2.07, 1.88], [4.7, 1.82, 2.31]),
    ("metacarpal4.L", "wrist.L", [4.4, 2.07, 1.88], [4.75, 1.76, 2.12]),
    ("finger1-1.L", "wrist.L", [4.2, 2.31, 2.13], [4.09, 2.26, 2.37]),
    ("finger1-2.L", "finger1-1.L", [4.09, 2.26, 2.37], [3.98, 2.11, 2.68]),
    ("finger1-3.L", "finger1-2.L", [3.98, 2.11, 2.68], [3.92, 2.0, 2.88]),
    ("finger2-1.L", "metacarpal1.L", [4.5, 2.03, 2.64], [4.53, 1.9, 2.85]),
    ("finger2-2.L", "finger2-1.L", [4.53, 1.9, 2.85], [4.53, 1.75, 3.02]),
    ("finger2-3.L", "finger2-2.L", [4.53, 1.75, 3.02], [4.53, 1.59, 3.19]),
    ("finger3-1.L", "metacarpal2.L", [4.61, 1.89, 2.48], [4.71, 1.67, 2.69]),
    ("finger3-2.L", "finger3-1.L", [4.71, 1.67, 2.69], [4.75, 1.49, 2.86]),
    ("finger3-3.L", "finger3-2.L", [4.75, 1.49, 2.86], [4.78, 1.3, 3.01]),
    ("finger4-1.L", "metacarpal3.L", [4.7, 1.82, 2.31], [4.81, 1.62, 2.46]),
    ("finger4-2.L", "finger4-1.L", [4.81, 1.62, 2.46], [4.86, 1.43, 2.59]),
    ("finger4-3.L", "finger4-2.L", [4.86, 1.43, 2.59], [4.92, 1.22, 2.72]),
    ("finger5-1.L", "metacarpal4.L", [4.75, 1.76, 2.12], [4.81, 1.58, 2.22]),
    ("finger5-2.L", "finger5-1.L", [4.81, 1.58, 2.22], [4.83, 1.46, 2.28]),
    ("finger5-3.L", "finger5-2.L", [4.83, 1.46, 2.28], [4.86, 1.29, 2.35]),
    ("pelvis.L", "root", [0.0, 0.73, 0.14], [1.1, 0.49, 0.12]),
    ("upperleg01.L", "pelvis.L", [1.1, 0.49, 0.12], [1.09, -0.52, 0.32]),
    ("upperleg02.L", "upperleg01.L", [1.09, -0.52, 0.32], [1.58, -3.69, 0.32]),
    ("lowerleg01.L", "upperleg02.L", [1.58, -3.69, 0.32], [1.82, -5.55, 0.1]),
];

/// The skeleton of the base mesh.
pub(super) fn skeleton() -> Skeleton {
    let mut bones: Vec<Bone> = Vec::new();
    let mut vertices: Vec<Vec3> = Vec::new();
    for (sign, side) in [(1.0, ".L"), (-1.0, ".R")] {
        for (name, parent, head, tail) in BONES {
            if side == ".R" && !name.ends_with(".L") {
                continue;
            }
            let parent = parent.replace(".L", side);
            let parent = bones.iter().position(|bone| bone.name == parent);
            let mut joint = |[x, y, z]: [f32; 3]| {
                vertices.push(Vec3::new(x * sign, y, z));
                Joint::Mean(vec![vertices.len() as u32 - 1])
            };
            let (head, tail) = (joint(*head), joint(*tail));
            bones.push(Bone { name: name.replace(".L", side), parent, head, tail });
        }
    }
    Skeleton::new(&Rig { bones, weights: Vec::new() }, &vertices)
}
