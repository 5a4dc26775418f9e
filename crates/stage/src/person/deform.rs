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

/// A point of the base mesh asked for by its number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Binding {
    Vertex(u32),
}

/// A point with what it follows, by number.
#[derive(Clone, Copy, Debug)]
struct Point {
    rest: Vec3,
    /// Index into the list of mixtures of bones.
    mixture: u32,
    /// The vertex whose face units and corrections it follows.
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
        let mut placed = Vec::with_capacity(points.len());
        for point in points {
            let (mixture, vertex) = match point.bind {
                Bind::Vertex(vertex) if (vertex as usize) < weights.len() => (vertex, vertex),
                Bind::Bone(bone) if usize::from(bone) < of_bone.len() => {
                    let known = &mut of_bone[usize::from(bone)];
                    if *known == STILL {
                        *known = add(&[(bone, 1.0)]);
                    }
                    (*known, STILL)
                }
                Bind::Mix(shares) if shares.iter().all(|(vertex, _)| (*vertex as usize) < weights.len()) => {
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
        let shoulders = Shoulders::new(body)?;
        Ok(Self { points: placed, bones, starts, used, vertices: body.vertices.to_vec(), face_units, shoulders })
    }

    /// All points.
    pub(super) fn points(&self, placed: &Placed, pose: &Pose, out: &mut Vec<Vec3>) {
        let moves = self.moves(placed, pose);
        let mut maps = vec![Affine3A::IDENTITY; self.starts.len() - 1];
        for &mixture in &self.used {
            maps[mixture as usize] = self.map(placed, mixture);
        }
        out.clear();
        out.extend(self.points.iter().map(|point| {
            let by = if point.vertex == STILL { Vec3::ZERO } else { moves[point.vertex as usize] };
            maps[point.mixture as usize].transform_point3(point.rest + by)
        }));
    }

    /// Single vertices of the base mesh.
    pub(super) fn bound(
        &self,
        placed: &Placed,
        pose: &Pose,
        of: impl Iterator<Item = Binding>,
    ) -> Vec<Vec3> {
        let moves = self.moves(placed, pose);
        of.map(|Binding::Vertex(vertex)| match self.vertices.get(vertex as usize) {
            Some(&rest) => self.map(placed, vertex).transform_point3(rest + moves[vertex as usize]),
            None => pose.root,
        })
        .collect()
    }

    /// How face units and corrections move the base mesh's vertices before the bones do.
    fn moves(&self, placed: &Placed, pose: &Pose) -> Vec<Vec3> {
        let mut moves = vec![Vec3::ZERO; self.vertices.len()];
        for (unit, &amount) in self.face_units.iter().zip(&pose.face) {
            if amount.abs() > LEAST_UNIT {
                unit.apply(amount, &mut moves);
            }
        }
        self.shoulders.correct(placed, &mut moves);
        moves
    }

    /// The mean map of a mixture of bones.
    fn map(&self, placed: &Placed, mixture: u32) -> Affine3A {
        let range = self.starts[mixture as usize] as usize..self.starts[mixture as usize + 1] as usize;
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
