//! Moves a person's points: face units, then linear blend skinning.

use glam::{Affine3A, Mat3A, Vec3, Vec3A};

use super::shoulder::Shoulders;
use super::{Bind, Body, PiecePoint};
use crate::figure::{Placed, Target};
use crate::pose::{FaceUnit, Pose};
use crate::{Result, StageError};

/// Face units weaker than this are left out.
const LEAST_UNIT: f32 = 1e-4;
/// Marks a point that no face unit moves.
const STILL: u32 = u32::MAX;

/// A point with what it follows, by number.
#[derive(Clone, Copy, Debug)]
struct Point {
    rest: Vec3,
    /// Index into the list of mixtures of bones.
    mixture: u32,
    /// The vertex whose face units it follows.
    vertex: u32,
}

/// Everything needed to pose the points of one person.
#[derive(Clone, Debug)]
pub(super) struct Deformer {
    points: Vec<Point>,
    /// Bones and amounts of all mixtures, one after the other; the first ones are the base mesh's vertices in order.
    bones: Vec<(u16, f32)>,
    /// Where each mixture begins in `bones`, and the end of the last.
    starts: Vec<u32>,
    /// Mixtures that the points use, in rising order.
    used: Vec<u32>,
    /// Shaped vertices of the base mesh.
    vertices: Vec<Vec3>,
    face_units: Vec<Target>,
    shoulders: Shoulders,
    /// Points that corrections of the shoulders move, with the vertex they follow and its share.
    corrected: Vec<(u32, u32, f32)>,
}

impl Deformer {
    pub(super) fn new(body: &Body, points: &[PiecePoint], blink: [f32; 2]) -> Result<Self> {
        let weights = &body.anatomy.rig.weights;
        let mut bones = Vec::new();
        let mut starts = vec![0];
        let mut add = |mixture: &[(u16, f32)]| {
            bones.extend_from_slice(mixture);
            starts.push(bones.len() as u32);
            (starts.len() - 2) as u32
        };
        for of_vertex in weights {
            add(of_vertex);
        }
        let mut of_bone = vec![STILL; body.skeleton.len()];
        let mut of_room = STILL;
        let shoulders = Shoulders::new(body)?;
        let mut corrected = Vec::new();
        let mut placed = Vec::with_capacity(points.len());
        for (number, point) in points.iter().enumerate() {
            let (mixture, vertex) = match point.bind {
                Bind::Vertex(vertex) if (vertex as usize) < weights.len() => {
                    if shoulders.moves(vertex) {
                        corrected.push((number as u32, vertex, 1.0));
                    }
                    (vertex, vertex)
                }
                Bind::Bone(bone) if usize::from(bone) < of_bone.len() => {
                    let known = &mut of_bone[usize::from(bone)];
                    if *known == STILL {
                        *known = add(&[(bone, 1.0)]);
                    }
                    (*known, STILL)
                }
                Bind::Room => {
                    if of_room == STILL {
                        of_room = add(&[]);
                    }
                    (of_room, STILL)
                }
                Bind::Mix(shares) if shares.iter().all(|(vertex, _)| (*vertex as usize) < weights.len()) => {
                    let sum: f32 = shares.iter().map(|(_, share)| share).sum();
                    for (vertex, share) in shares {
                        if shoulders.moves(vertex) && share != 0.0 && sum.abs() > 1e-6 {
                            corrected.push((number as u32, vertex, share / sum));
                        }
                    }
                    (add(&mixed(weights, &shares)), STILL)
                }
                _ => return Err(unknown()),
            };
            placed.push(Point { rest: point.rest, mixture, vertex });
        }
        let mut used: Vec<u32> = placed.iter().map(|point| point.mixture).collect();
        used.sort_unstable();
        used.dedup();
        let mut face_units = body.anatomy.face_units.clone();
        for (unit, gain) in [FaceUnit::EyeBlinkLeft, FaceUnit::EyeBlinkRight].into_iter().zip(blink) {
            face_units[unit as usize].moves.iter_mut().for_each(|(_, by)| *by *= gain);
        }
        let vertices = body.vertices.to_vec();
        Ok(Self { points: placed, bones, starts, used, vertices, face_units, shoulders, corrected })
    }

    /// All points.
    pub(super) fn points(&self, placed: &Placed, pose: &Pose, out: &mut Vec<Vec3>) {
        let moves = self.moves(pose);
        let mut maps = vec![Affine3A::IDENTITY; self.starts.len() - 1];
        for &mixture in &self.used {
            maps[mixture as usize] = self.map(placed, mixture);
        }
        out.clear();
        out.extend(self.points.iter().map(|point| {
            let by = if point.vertex == STILL { Vec3::ZERO } else { moves[point.vertex as usize] };
            maps[point.mixture as usize].transform_point3(point.rest + by)
        }));
        let lowered = self.shoulders.lowered(placed);
        for &(point, vertex, share) in &self.corrected {
            out[point as usize] += self.shoulders.correction(&lowered, vertex) * share;
        }
    }

    /// Single vertices of the base mesh.
    pub(super) fn bound(&self, placed: &Placed, pose: &Pose, of: impl Iterator<Item = u32>) -> Vec<Vec3> {
        let moves = self.moves(pose);
        let lowered = self.shoulders.lowered(placed);
        of.map(|vertex| match self.vertices.get(vertex as usize) {
            Some(&rest) => {
                let at = self.map(placed, vertex).transform_point3(rest + moves[vertex as usize]);
                at + self.shoulders.correction(&lowered, vertex)
            }
            None => pose.root,
        })
        .collect()
    }

    /// How face units move the base mesh's vertices before the bones do.
    fn moves(&self, pose: &Pose) -> Vec<Vec3> {
        let mut moves = vec![Vec3::ZERO; self.vertices.len()];
        for (unit, &amount) in self.face_units.iter().zip(&pose.face) {
            if amount.abs() > LEAST_UNIT {
                unit.apply(amount, &mut moves);
            }
        }
        moves
    }

    /// The mean map of a mixture of bones; what follows no bone stays where it is.
    fn map(&self, placed: &Placed, mixture: u32) -> Affine3A {
        let range = self.starts[mixture as usize] as usize..self.starts[mixture as usize + 1] as usize;
        if range.is_empty() {
            return Affine3A::IDENTITY;
        }
        let mut sum = Affine3A { matrix3: Mat3A::ZERO, translation: Vec3A::ZERO };
        for &(bone, amount) in &self.bones[range] {
            let map = &placed.maps[usize::from(bone)];
            sum.matrix3.x_axis += map.matrix3.x_axis * amount;
            sum.matrix3.y_axis += map.matrix3.y_axis * amount;
            sum.matrix3.z_axis += map.matrix3.z_axis * amount;
            sum.translation += map.translation * amount;
        }
        sum
    }
}

/// The bones of three vertices, mixed.
fn mixed(weights: &[Vec<(u16, f32)>], shares: &[(u32, f32); 3]) -> Vec<(u16, f32)> {
    let mut all: Vec<(u16, f32)> = Vec::new();
    let sum: f32 = shares.iter().map(|(_, share)| share).sum();
    for &(vertex, share) in shares {
        for &(bone, amount) in &weights[vertex as usize] {
            let amount = amount * share / if sum.abs() > 1e-6 { sum } else { 1.0 };
            match all.iter_mut().find(|(known, _)| *known == bone) {
                Some((_, known)) => *known += amount,
                None => all.push((bone, amount)),
            }
        }
    }
    all
}

fn unknown() -> StageError {
    StageError::Setting {
        what: "a piece of a person follows a vertex or bone that the figure does not have".into(),
        hint: "this is a fault of the program: please report the seed".into(),
    }
}
