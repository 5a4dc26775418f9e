//! Which skin lies under cloth and need not be drawn.

use super::super::Body;
use super::measure::{Measures, bare};
use super::shape::Shape;

/// How far under an edge the skin goes on, in decimetres: no gap may show from the side.
const MARGIN: f32 = 0.35;
/// How fast cover rises beyond the margin, per decimetre.
const RISE: f32 = 3.0;
/// Highest cover.
const FULL: f32 = 2.0;
/// Share of head and hand bones from which a vertex is never covered.
const BARE: f32 = 0.02;

/// For each vertex of the base mesh 0 where skin is bare, above 1 where it is hidden.
pub(super) fn cover(body: &Body, measures: &Measures, shapes: &[Shape], waist: f32) -> Vec<f32> {
    let mut cover = vec![0.0f32; body.vertices.len()];
    for &vertex in body.anatomy.mesh.vertices_of("body") {
        if bare(body, vertex) > BARE {
            continue;
        }
        let spot = measures.spot(body, vertex);
        let mut deepest = if spot.arm < 0.3 { waist - spot.at.y } else { -1.0 };
        for shape in shapes {
            deepest = deepest.max(shape.inside(&spot));
        }
        cover[vertex as usize] = (1.0 + (deepest - MARGIN) * RISE).clamp(0.0, FULL);
    }
    cover
}
