//! How far the lids of one person's eyes must go to close.

use glam::Vec3;

use crate::figure::Anatomy;
use crate::pose::FaceUnit;

/// How far a lid's face unit may be stretched or shortened.
const GAIN: [f32; 2] = [0.7, 1.6];
/// The lid closes a little more than the gap measured between two vertices.
const OVERLAP: f32 = 0.008;
/// Lower lids move less than this share of the upper lid's way.
const LOWER_MOVES: f32 = 0.35;

/// Factor for the blink of the left and right eye: eyes wider open than the base mesh's need a longer way of the lid.
pub(super) fn blink_gain(anatomy: &Anatomy, vertices: &[Vec3]) -> [f32; 2] {
    [FaceUnit::EyeBlinkLeft, FaceUnit::EyeBlinkRight].map(|unit| {
        let blink = &anatomy.face_units[unit as usize];
        let base = &anatomy.mesh.vertices;
        let body = anatomy.mesh.vertices_of("body");
        let skin = || blink.moves.iter().filter(|(vertex, _)| body.binary_search(vertex).is_ok());
        let Some(&(upper, way)) = skin().min_by(|a, b| a.1.y.total_cmp(&b.1.y)) else { return 1.0 };
        let goal = base[upper as usize] + way;
        let still = skin().filter(|(_, by)| by.y.abs() < LOWER_MOVES * way.y.abs());
        let distance = |vertex: u32| base[vertex as usize].distance_squared(goal);
        let Some(&(lower, lift)) = still.min_by(|a, b| distance(a.0).total_cmp(&distance(b.0))) else {
            return 1.0;
        };
        let gap = |at: &[Vec3]| at[upper as usize].y - at[lower as usize].y;
        let closed = way.y.abs() + lift.y;
        let slack = gap(base) - closed;
        if closed <= 0.0 {
            return 1.0;
        }
        ((gap(vertices) - slack + OVERLAP) / closed).clamp(GAIN[0], GAIN[1])
    })
}
