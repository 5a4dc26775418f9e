//! Skin: the body's surface and its painted texture.

mod age;
mod beard;
mod brows;
mod chart;
mod makeup;
mod marks;
mod masks;
mod paint;
mod zones;

use super::complexion::Complexion;
use super::parts::parts;
use super::{Bind, Body, Piece, PieceCorner, PiecePoint, pocket};
use crate::Result;
use crate::surface::Part;

/// Strength and exponent of the highlight on skin.
const SPECULAR: f32 = 0.42;
const GLOSS: f32 = 22.0;

/// The body's skin. `cover` has one value for each vertex: above 1 where cloth hides it.
///
/// # Errors
/// When a mask of the figure's data is missing or damaged.
pub(super) fn skin(body: &Body, complexion: &Complexion, seed: u64, cover: &[f32]) -> Result<Piece> {
    let mesh = &body.anatomy.mesh;
    let texture = paint::paint(body.anatomy, complexion, seed)?;
    let part_of = parts(body.anatomy);
    let mut points = Vec::new();
    let mut point_at = vec![u32::MAX; body.vertices.len()];
    for &vertex in mesh.vertices_of("body") {
        point_at[vertex as usize] = points.len() as u32;
        points.push(PiecePoint { rest: body.vertices[vertex as usize], bind: Bind::Vertex(vertex) });
    }
    let mut corners = Vec::new();
    // Most vertices have one place in the texture; those on seams have up to four.
    let mut known: Vec<Vec<(u32, u32)>> = vec![Vec::new(); body.vertices.len()];
    let mut triangles = Vec::new();
    for face in mesh.faces_of("body").filter(|face| !pocket::lines_mouth(mesh, face)) {
        let of_face: Vec<u32> = face
            .vertices
            .iter()
            .zip(&face.uv)
            .map(|(&vertex, &uv)| {
                let places = &mut known[vertex as usize];
                if let Some((_, corner)) = places.iter().find(|(place, _)| *place == uv) {
                    return *corner;
                }
                let corner = corners.len() as u32;
                places.push((uv, corner));
                corners.push(PieceCorner {
                    point: point_at[vertex as usize],
                    uv: mesh.uv[uv as usize],
                    cut: cover.get(vertex as usize).copied().unwrap_or(0.0),
                });
                corner
            })
            .collect();
        let part = commonest(face.vertices.iter().map(|&vertex| part_of[vertex as usize]));
        for last in 2..of_face.len() {
            triangles.push(([of_face[0], of_face[last - 1], of_face[last]], part));
        }
    }
    Ok(Piece {
        points,
        corners,
        triangles,
        texture,
        relief: None,
        specular: SPECULAR,
        gloss: GLOSS,
        subsurface: 1.0,
        casts_shadow: true,
    })
}

fn commonest(of: impl Iterator<Item = Part>) -> Part {
    let mut counts = [0; Part::ALL.len()];
    of.for_each(|part| counts[part as usize] += 1);
    Part::ALL.into_iter().max_by_key(|part| counts[*part as usize]).unwrap_or(Part::Torso)
}
