//! The inside of the mouth: a pocket behind the lips. It is kept inside, for shape targets of chin and lips move the outer
//! skin more than the pocket; and it is a piece of its own, for it must not shine like skin.

use glam::{Vec2, Vec3};

use super::chance::{mix, smooth};
use super::complexion::Colour;
use super::{Bind, Body, Piece, PieceCorner, PiecePoint};
use crate::figure::{BaseMesh, Face};
use crate::surface::{Part, Texture};

/// The pocket's island in the skin's texture: u and v from, to.
const ISLAND: [[f32; 2]; 2] = [[0.74, 0.94], [0.0, 0.14]];
/// Where in the neutral body the pocket lies; other islands overlap its own in the texture.
const LOW: Vec3 = Vec3::new(-0.7, 6.1, 0.5);
const HIGH: Vec3 = Vec3::new(0.7, 7.1, 1.7);
/// Depth behind the lips over which tucking sets in, in decimetres of the neutral body.
const LIPS: f32 = 1.50;
const DEEP: f32 = 1.36;
/// How much narrower, lower and shallower the pocket becomes, in shares: above and below the lips.
const TUCK: [Vec3; 2] = [Vec3::new(0.22, 0.25, 0.06), Vec3::new(0.32, 0.48, 0.06)];

/// Colour behind the lips and in the depth; between the two lies [`DARK`] of depth, in decimetres.
const NEAR: Colour = [0.36, 0.13, 0.12];
const BLACK: Colour = [0.035, 0.010, 0.010];
const DARK: f32 = 0.30;
/// Texels of the pocket's colour, from near to deep.
const TEXELS: usize = 32;

/// Whether a face of the body lines the mouth.
pub(super) fn lines_mouth(mesh: &BaseMesh, face: &Face) -> bool {
    let inside = |uv: u32| {
        let uv = mesh.uv[uv as usize];
        let [across, up] = ISLAND;
        (across[0]..=across[1]).contains(&uv.x) && (up[0]..=up[1]).contains(&uv.y)
    };
    let near = |vertex: u32| {
        let at = mesh.vertices[vertex as usize];
        at.cmpge(LOW).all() && at.cmple(HIGH).all()
    };
    face.uv.iter().all(|&uv| inside(uv)) && face.vertices.iter().all(|&vertex| near(vertex))
}

fn members(mesh: &BaseMesh) -> Vec<u32> {
    let faces = mesh.faces_of("body").filter(|face| lines_mouth(mesh, face));
    let mut pocket: Vec<u32> = faces.flat_map(|face| face.vertices.iter().copied()).collect();
    pocket.sort_unstable();
    pocket.dedup();
    pocket
}

/// The lining of the mouth.
pub(super) fn lining(body: &Body) -> Piece {
    let mesh = &body.anatomy.mesh;
    let pocket = members(mesh);
    let mut points = Vec::new();
    let mut corners = Vec::new();
    for (point, &vertex) in pocket.iter().enumerate() {
        let depth = ((LIPS - mesh.vertices[vertex as usize].z) / DARK).clamp(0.02, 0.98);
        points.push(PiecePoint { rest: body.vertices[vertex as usize], bind: Bind::Vertex(vertex) });
        corners.push(PieceCorner { point: point as u32, uv: Vec2::new(0.5, 1.0 - depth), cut: 0.0 });
    }
    let at = |vertex: u32| pocket.binary_search(&vertex).unwrap_or(0) as u32;
    let mut triangles = Vec::new();
    for face in mesh.faces_of("body").filter(|face| lines_mouth(mesh, face)) {
        for last in 2..face.vertices.len() {
            triangles
                .push(([face.vertices[0], face.vertices[last - 1], face.vertices[last]].map(at), Part::Head));
        }
    }
    let texels = (0..TEXELS)
        .map(|row| {
            let [r, g, b] = mix(NEAR, BLACK, (row as f32 + 0.5) / TEXELS as f32).map(|c| (c * 255.0) as u8);
            [r, g, b, 255]
        })
        .collect();
    Piece {
        points,
        corners,
        triangles,
        texture: Texture { width: 1, height: TEXELS, texels },
        relief: None,
        specular: 0.04,
        gloss: 12.0,
        subsurface: 0.3,
        casts_shadow: false,
    }
}

/// Draws the pocket of the mouth together around the line where the lips meet.
pub(super) fn tuck(mesh: &BaseMesh, vertices: &mut [Vec3]) {
    let pocket = members(mesh);
    // The rim is where the pocket meets the lips.
    let rim: Vec<u32> =
        pocket.iter().copied().filter(|&vertex| mesh.vertices[vertex as usize].z > LIPS).collect();
    let count = rim.len().max(1) as f32;
    let middle = rim.iter().map(|&vertex| vertices[vertex as usize]).sum::<Vec3>() / count;
    for vertex in pocket {
        let deep = smooth(LIPS - mesh.vertices[vertex as usize].z, 0.0, LIPS - DEEP);
        let off = vertices[vertex as usize] - middle;
        vertices[vertex as usize] -= off * TUCK[usize::from(off.y < 0.0)] * deep;
    }
}
