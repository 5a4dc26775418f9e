//! All figures of one moment, placed before the camera and numbered through.

use glam::{Vec3, Vec3A};

use super::camera::Lens;
use super::prepared::{Packed, Prepared};

/// One figure (a person or a chair) in one moment.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// Its surface.
    pub prepared: &'a Prepared,
    /// Its points in decimetres. Triangles with points that are missing or not numbers are not drawn.
    pub points: &'a [Vec3],
    /// Its points when the shutter opens and when it closes, for motion blur.
    pub shutter: Option<[&'a [Vec3]; 2]>,
}

/// What is computed for each figure; kept from frame to frame to spare allocations.
#[derive(Debug, Default)]
pub(crate) struct Placed {
    /// Points; not-a-number where they are missing.
    pub points: Vec<Vec3A>,
    /// Homogeneous pixel coordinates of the points.
    pub seen: Vec<Vec3A>,
    /// Unit normals of the points.
    pub normals: Vec<Vec3A>,
    /// Number of this figure's first triangle.
    pub first: u32,
}

/// The figures of one moment.
pub(crate) struct Cast<'a> {
    pub actors: &'a [Actor<'a>],
    pub placed: &'a [Placed],
    pub lens: Lens,
}

/// Computes what [`Cast`] needs of each figure.
pub(crate) fn place(actors: &[Actor<'_>], lens: &Lens, placed: &mut Vec<Placed>) {
    placed.resize_with(actors.len(), Placed::default);
    let mut first = 0;
    for (actor, placed) in actors.iter().zip(placed) {
        placed.points.clear();
        placed
            .points
            .extend(actor.points.iter().take(actor.prepared.points).map(|&point| Vec3A::from(point)));
        placed.points.resize(actor.prepared.points, Vec3A::NAN);
        placed.seen.clear();
        placed.seen.extend(placed.points.iter().map(|&point| Vec3A::from(lens.see(point.into()))));
        actor.prepared.normals(&placed.points, &mut placed.normals);
        placed.first = first;
        first += actor.prepared.triangles.len() as u32;
    }
}

impl<'a> Cast<'a> {
    /// The figure and the triangle of a number.
    pub fn triangle(&self, id: u32) -> (usize, &'a Packed) {
        let actor = self.placed.iter().rposition(|placed| placed.first <= id).unwrap_or(0);
        let index = (id - self.placed[actor].first) as usize;
        (actor, &self.actors[actor].prepared.triangles[index])
    }
}
