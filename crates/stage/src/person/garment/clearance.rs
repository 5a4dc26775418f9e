//! Keeps things that lie on the body from sinking into it.

use glam::Vec3;

use super::super::Body;

/// Points of a body's surface with their normals.
pub(in crate::person) struct Clearance {
    surface: Vec<(Vec3, Vec3)>,
}

impl Clearance {
    /// The vertices of `group` between two heights.
    pub fn new(body: &Body, group: &str, low: f32, high: f32) -> Self {
        let surface = body
            .anatomy
            .mesh
            .vertices_of(group)
            .iter()
            .map(|&v| (body.vertices[v as usize], body.normals[v as usize]))
            .filter(|(at, _)| (low..=high).contains(&at.y))
            .collect();
        Self { surface }
    }

    /// The nearest place of the surface, and its normal.
    pub fn nearest(&self, at: Vec3) -> Option<(Vec3, Vec3)> {
        self.surface
            .iter()
            .min_by(|(a, _), (b, _)| a.distance_squared(at).total_cmp(&b.distance_squared(at)))
            .copied()
    }

    /// `at`, moved out until it is `gap` off the surface.
    pub fn push(&self, at: Vec3, gap: f32) -> Vec3 {
        self.nearest(at).map_or(at, |(foot, normal)| at + normal * (gap - (at - foot).dot(normal)).max(0.0))
    }
}
