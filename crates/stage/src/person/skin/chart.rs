//! Where on the neutral body each texel of the skin lies. Everything is painted in the neutral body's coordinates, so
//! that a brow drawn once sits right on everybody's face, whatever its shape.

use glam::{Vec2, Vec3};

use crate::figure::{Anatomy, Skeleton};
use crate::person::normals;
use crate::person::parts::share_of;

/// Rows of texels around each island that take the colour of the island's rim.
const GUTTER: usize = 4;
/// Radius around a knuckle, in decimetres.
const KNUCKLE: f32 = 0.085;

/// What is known about a texel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Place on the neutral body, in decimetres; not a number outside all islands.
    pub at: Vec3,
    /// 1 on palms and soles of the fingers, 0 on the back of the hand and elsewhere.
    pub palm: f32,
    /// 1 on the back of a knuckle.
    pub knuckle: f32,
}

impl Sample {
    const EMPTY: Self = Self { at: Vec3::NAN, palm: 0.0, knuckle: 0.0 };

    /// Whether the texel belongs to no island.
    pub(super) fn is_empty(&self) -> bool {
        self.at.x.is_nan()
    }
}

/// Samples of a square texture, row of v = 1 first.
pub(super) fn chart(anatomy: &Anatomy, side: usize) -> Vec<Sample> {
    let mesh = &anatomy.mesh;
    let samples = vertex_samples(anatomy);
    let mut texels = vec![Sample::EMPTY; side * side];
    for face in mesh.faces_of("body") {
        for last in 2..face.vertices.len() {
            let corners = [0, last - 1, last];
            let at = corners.map(|corner| {
                let uv = mesh.uv[face.uv[corner] as usize];
                Vec2::new(uv.x, 1.0 - uv.y) * side as f32
            });
            let of = corners.map(|corner| samples[face.vertices[corner] as usize]);
            fill(&mut texels, side, at, of);
        }
    }
    for _ in 0..GUTTER {
        spread(&mut texels, side);
    }
    texels
}

fn fill(texels: &mut [Sample], side: usize, at: [Vec2; 3], of: [Sample; 3]) {
    let area = (at[1] - at[0]).perp_dot(at[2] - at[0]);
    if area.abs() < 1e-9 {
        return;
    }
    let low = at[0].min(at[1]).min(at[2]).floor().max(Vec2::ZERO);
    let high = at[0].max(at[1]).max(at[2]).ceil().min(Vec2::splat(side as f32));
    for row in low.y as usize..high.y as usize {
        for column in low.x as usize..high.x as usize {
            let here = Vec2::new(column as f32 + 0.5, row as f32 + 0.5);
            let one = (here - at[0]).perp_dot(at[2] - at[0]) / area;
            let two = (at[1] - at[0]).perp_dot(here - at[0]) / area;
            let zero = 1.0 - one - two;
            if zero < -1e-4 || one < -1e-4 || two < -1e-4 {
                continue;
            }
            texels[row * side + column] = Sample {
                at: of[0].at * zero + of[1].at * one + of[2].at * two,
                palm: of[0].palm * zero + of[1].palm * one + of[2].palm * two,
                knuckle: of[0].knuckle * zero + of[1].knuckle * one + of[2].knuckle * two,
            };
        }
    }
}

/// Gives empty texels beside a filled one its sample.
fn spread(texels: &mut [Sample], side: usize) {
    let mut news = Vec::new();
    for row in 1..side - 1 {
        for column in 1..side - 1 {
            let here = row * side + column;
            if texels[here].is_empty() {
                let beside = [here - 1, here + 1, here - side, here + side];
                if let Some(&from) = beside.iter().find(|&&from| !texels[from].is_empty()) {
                    news.push((here, texels[from]));
                }
            }
        }
    }
    for (at, sample) in news {
        texels[at] = sample;
    }
}

fn vertex_samples(anatomy: &Anatomy) -> Vec<Sample> {
    let at = &anatomy.mesh.vertices;
    let normals = normals(&anatomy.mesh, at);
    let skeleton = Skeleton::new(&anatomy.rig, at);
    let hand = share_of(&anatomy.rig, &["wrist", "metacarpal", "finger"]);
    let mut samples: Vec<Sample> = at.iter().map(|&at| Sample { at, palm: 0.0, knuckle: 0.0 }).collect();
    for side in ["L", "R"] {
        let head = |name: &str| skeleton.bone(&format!("{name}.{side}")).map(|bone| skeleton.head(bone));
        let [Some(wrist), Some(index), Some(small), Some(thumb)] =
            ["wrist", "finger2-1", "finger5-1", "finger1-2"].map(head)
        else {
            continue;
        };
        let across = (index - wrist).cross(small - wrist).normalize_or_zero();
        let out_of_palm = if (thumb - wrist).dot(across) < 0.0 { -across } else { across };
        let joints: Vec<Vec3> = (2..=5)
            .flat_map(|finger| (1..=3).map(move |joint| format!("finger{finger}-{joint}")))
            .chain(["finger1-2".into(), "finger1-3".into()])
            .filter_map(|name| head(&name))
            .collect();
        for (vertex, sample) in samples.iter_mut().enumerate() {
            if hand[vertex] < 0.3 || (at[vertex].x > 0.0) != (wrist.x > 0.0) {
                continue;
            }
            let facing = normals[vertex].dot(out_of_palm);
            sample.palm = hand[vertex] * ((facing + 0.25) / 0.6).clamp(0.0, 1.0);
            let back = (-facing * 1.5).clamp(0.0, 1.0);
            let near = joints.iter().map(|joint| joint.distance(at[vertex])).fold(f32::INFINITY, f32::min);
            sample.knuckle = back * (1.6 - near / KNUCKLE).clamp(0.0, 1.0);
        }
    }
    samples
}
