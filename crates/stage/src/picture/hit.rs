//! What a sample sees, found again from the number of its triangle: place, normal, texture coordinates, and how they change
//! from pixel to pixel.

use glam::{Vec2, Vec3A};

use super::cast::Cast;
use super::prepared::Packed;
use super::visibility::Planes;

/// A seen place on a surface.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit<'a> {
    /// Index of the figure.
    pub actor: usize,
    pub triangle: &'a Packed,
    /// Barycentric shares of the corners.
    pub shares: [f32; 3],
    /// Distance along the line of sight.
    pub depth: f32,
    pub position: Vec3A,
    /// Smooth unit normal on the side that is seen.
    pub normal: Vec3A,
    pub uv: Vec2,
    /// Change of place and texture coordinates one pixel to the right, and one down.
    pub position_step: [Vec3A; 2],
    pub uv_step: [Vec2; 2],
}

impl<'a> Hit<'a> {
    /// What triangle `id` shows at a place of the picture.
    pub fn new(cast: &Cast<'a>, id: u32, at: Vec2) -> Option<Self> {
        let (actor, triangle) = cast.triangle(id);
        let placed = &cast.placed[actor];
        let points = triangle.points.map(|point| point as usize);
        let planes = Planes::new(points.map(|point| placed.seen[point]), at)?;
        // At the origin of the planes only their constants count.
        let sum = planes.planes[0] + planes.planes[1] + planes.planes[2];
        let depth = sum.z.recip();
        let mut shares = [0.0; 3];
        let mut steps = [[0.0; 3]; 2];
        for corner in 0..3 {
            let plane = planes.planes[corner];
            shares[corner] = plane.z * depth;
            steps[0][corner] = (plane.x - shares[corner] * sum.x) * depth;
            steps[1][corner] = (plane.y - shares[corner] * sum.y) * depth;
        }
        let side = if planes.front { 1.0 } else { -1.0 };
        let corners = points.map(|point| placed.points[point]);
        let facet = (corners[1] - corners[0]).cross(corners[2] - corners[0]).normalize_or_zero() * side;
        let normal = mix(points.map(|point| placed.normals[point]), shares) * side;
        Some(Self {
            actor,
            triangle,
            shares,
            depth,
            position: mix(corners, shares),
            normal: normal.try_normalize().unwrap_or(facet),
            uv: mix_uv(triangle.uv, shares),
            position_step: steps.map(|step| mix(corners, step)),
            uv_step: steps.map(|step| mix_uv(triangle.uv, step)),
        })
    }
}

fn mix(of: [Vec3A; 3], shares: [f32; 3]) -> Vec3A {
    of[0] * shares[0] + of[1] * shares[1] + of[2] * shares[2]
}

fn mix_uv(of: [Vec2; 3], shares: [f32; 3]) -> Vec2 {
    of[0] * shares[0] + of[1] * shares[1] + of[2] * shares[2]
}
