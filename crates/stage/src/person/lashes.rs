//! Lashes: the strips of the base mesh, cut into single hairs.

use glam::{Vec2, Vec3};

use super::complexion::Complexion;
use super::{Bind, Body, Piece, PieceCorner, PiecePoint};
use crate::surface::{Part, Texture};

/// Lashes along one lid.
const HAIRS: usize = 38;
/// Texels along the lid and from root to tip.
const TEXTURE: [usize; 2] = [512, 16];
/// Alpha below which a texel is no hair.
const CUT: f32 = 0.5;
/// Lower lashes shorter than this do not show.
const LOWER_SEEN: f32 = 1.12;
/// Share of the strips' length that lower and upper lashes take at the usual length.
const LENGTHS: [f32; 2] = [0.45, 0.85];

/// The upper and lower lashes of both eyes.
pub(super) fn lashes(body: &Body, complexion: &Complexion) -> Vec<Piece> {
    let texture = texture(complexion);
    let mut pieces = Vec::new();
    for side in ["l", "r"] {
        let eye = centre(body, &format!("helper-{side}-eye"));
        for (which, length) in LENGTHS.into_iter().enumerate() {
            if which == 0 && complexion.lashes < LOWER_SEEN {
                continue;
            }
            let group = format!("helper-{side}-eyelashes-{}", which + 1);
            pieces.extend(strip(body, &group, eye, length * complexion.lashes, &texture));
        }
    }
    pieces
}

fn centre(body: &Body, group: &str) -> Vec3 {
    let of = body.anatomy.mesh.vertices_of(group);
    of.iter().map(|&vertex| body.vertices[vertex as usize]).sum::<Vec3>() / of.len().max(1) as f32
}

fn strip(body: &Body, group: &str, eye: Vec3, length: f32, texture: &Texture) -> Option<Piece> {
    let mesh = &body.anatomy.mesh;
    let members = mesh.vertices_of(group);
    let distance = |vertex: u32| body.vertices[vertex as usize].distance(eye);
    let near = members.iter().map(|&vertex| distance(vertex)).fold(f32::INFINITY, f32::min);
    let far = members.iter().map(|&vertex| distance(vertex)).fold(0.0, f32::max);
    if members.is_empty() || far <= near {
        return None;
    }
    let points = members
        .iter()
        .map(|&vertex| PiecePoint { rest: body.vertices[vertex as usize], bind: Bind::Vertex(vertex) })
        .collect();
    let corners = members
        .iter()
        .enumerate()
        .map(|(point, &vertex)| {
            let from_eye = body.vertices[vertex as usize] - eye;
            let out = ((distance(vertex) - near) / (far - near)).clamp(0.0, 1.0);
            PieceCorner {
                point: point as u32,
                // Tips are at v = 0, so that a shorter lash sees more of the bare end.
                uv: Vec2::new(from_eye.x * 1.6 + 0.5, (1.0 - out / length.max(0.1)).clamp(0.02, 0.98)),
                cut: CUT,
            }
        })
        .collect();
    let at = |vertex: u32| members.binary_search(&vertex).unwrap_or(0) as u32;
    let mut triangles = Vec::new();
    for face in mesh.faces_of(group) {
        for last in 2..face.vertices.len() {
            let corners = [face.vertices[0], face.vertices[last - 1], face.vertices[last]].map(at);
            triangles.push((corners, Part::Head));
        }
    }
    Some(Piece {
        points,
        corners,
        triangles,
        texture: texture.clone(),
        relief: None,
        specular: 0.05,
        gloss: 8.0,
        subsurface: 0.0,
        casts_shadow: false,
    })
}

/// Hairs that taper from root (v = 1) to tip.
fn texture(complexion: &Complexion) -> Texture {
    let [width, height] = TEXTURE;
    let colour = complexion.brows.colour.map(|c| (c * 0.45 * 255.0) as u8);
    let mut texels = Vec::with_capacity(width * height);
    for row in 0..height {
        let root = 1.0 - (row as f32 + 0.5) / height as f32;
        for column in 0..width {
            let along = (column as f32 + 0.5) / width as f32 * HAIRS as f32;
            let across = (along.fract() - 0.5).abs() * 2.0;
            let lean = 0.75 + 0.25 * ((along.floor() * 2.399).sin());
            let out = 1.0 - root;
            let alpha = if out > lean {
                0.0
            } else {
                (1.0 - 0.85 * out / lean - 0.75 * across * (0.3 + out)).max(0.0)
            };
            texels.push([colour[0], colour[1], colour[2], (alpha.min(1.0) * 255.0) as u8]);
        }
    }
    Texture { width, height, texels }
}
