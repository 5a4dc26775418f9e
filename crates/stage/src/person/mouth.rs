//! Teeth, gums and tongue.

use glam::{Vec2, Vec3};

use super::chance::{mix, smooth};
use super::complexion::{Colour, Complexion};
use super::person::bone;
use super::{Bind, Body, Piece, PieceCorner, PiecePoint};
use crate::Result;
use crate::surface::{Part, Texture};

/// Texels along the arch and from gum to edge.
const TEXTURE: [usize; 2] = [512, 64];
/// Teeth along each arch.
const TEETH: [f32; 2] = [12.0, 14.0];
/// Segments along an arch.
const SEGMENTS: usize = 36;
/// How far around the arch goes to each side, in radians from the front.
const ROUND: f32 = 1.45;
/// Half width and depth of the arches, upper first, in shares of the base mesh's.
const ARCH: [Vec2; 2] = [Vec2::new(0.93, 0.97), Vec2::new(0.84, 0.90)];
/// Heights along a row from the edge (0) to where the gum ends (1), and how far outwards each stands, in decimetres.
const PROFILE: [[f32; 2]; 5] = [[0.0, -0.014], [0.12, 0.004], [0.38, 0.012], [0.62, 0.002], [1.0, -0.05]];
/// Length of a row from edge to where the gum ends, in decimetres.
const LENGTH: [f32; 2] = [0.30, 0.18];
/// How far the end of the gum lies further inwards: the chin is near, and thin when the jaw is open.
const TUCKED: [f32; 2] = [0.0, 0.10];
/// Share of that length that is tooth.
const TOOTH: [f32; 2] = [0.40, 0.56];
/// How far the edges lie from the base mesh's, upwards, in decimetres.
const EDGE: [f32; 2] = [-0.025, -0.02];
/// Teeth lie in the mouth's shadow, which a rasteriser of surfaces does not see: their colour is dimmed.
const SHADE: f32 = 0.92;
/// Colours of healthy and of stained teeth, of gum and tongue.
const BRIGHT: Colour = [0.88, 0.85, 0.79];
const STAINED: Colour = [0.75, 0.68, 0.54];
const GUMS: Colour = [0.56, 0.28, 0.27];
const TONGUE: Colour = [0.52, 0.25, 0.24];
/// How the tongue lies at rest against the base mesh's, which fills the mouth: its floor moved, and flattened.
const TONGUE_AT: Vec3 = Vec3::new(0.0, 0.06, -0.13);
const TONGUE_FLAT: f32 = 0.50;

/// Both rows of teeth and the tongue.
///
/// # Errors
/// When the figure has no head bone.
pub(super) fn mouth(body: &Body, complexion: &Complexion) -> Result<Vec<Piece>> {
    Ok(vec![row(body, complexion, Row::Upper)?, row(body, complexion, Row::Lower)?, tongue(body)])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    Upper = 0,
    Lower = 1,
}

/// One row of teeth with its gum: a strip bent along an arch. The base mesh's own rows are too coarse to be seen.
fn row(body: &Body, complexion: &Complexion, which: Row) -> Result<Piece> {
    let of = which as usize;
    let (group, root) = match which {
        Row::Upper => ("helper-upper-teeth", 1.0),
        Row::Lower => ("helper-lower-teeth", -1.0),
    };
    let members = body.anatomy.mesh.vertices_of(group);
    let at = |vertex: u32| body.vertices[vertex as usize];
    let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
    for &vertex in members {
        low = low.min(at(vertex));
        high = high.max(at(vertex));
    }
    // The front vertex says where the edge is; the lower row moves with its face units, as one rigid whole.
    let front = members.iter().copied().filter(|&vertex| at(vertex).z > high.z - FRONT);
    let edge_most = |a: &u32, b: &u32| (at(*b).y * root).total_cmp(&(at(*a).y * root));
    let front = front.max_by(edge_most);
    let edge = front.map_or(low.y, |vertex| at(vertex).y) + EDGE[of];
    let bind = match (which, front) {
        (Row::Lower, Some(vertex)) => Bind::Vertex(vertex),
        _ => Bind::Bone(bone(body.skeleton, "head")? as u16),
    };
    let half = Vec2::new((high.x - low.x) / 2.0, high.z - low.z) * ARCH[of];
    let back = Vec3::new((low.x + high.x) / 2.0, edge, high.z - half.y - 0.01);
    let mut points = Vec::new();
    let mut corners = Vec::new();
    for segment in 0..=SEGMENTS {
        let along = segment as f32 / SEGMENTS as f32;
        let angle = (along * 2.0 - 1.0) * ROUND;
        let outwards = Vec3::new(angle.sin(), 0.0, angle.cos());
        for [height, out] in PROFILE {
            let on_arch = Vec3::new(angle.sin() * half.x, 0.0, angle.cos() * half.y);
            let out = out - TUCKED[of] * height * height;
            let rest = back + on_arch + outwards * out + Vec3::Y * root * height * LENGTH[of];
            corners.push(PieceCorner {
                point: points.len() as u32,
                uv: Vec2::new(along.clamp(0.002, 0.998), height.clamp(0.01, 0.99)),
                cut: 0.0,
            });
            points.push(PiecePoint { rest, bind });
        }
    }
    Ok(Piece {
        points,
        corners,
        triangles: strip(which),
        texture: teeth_texture(complexion, of),
        relief: None,
        specular: 0.35,
        gloss: 50.0,
        subsurface: 0.3,
        casts_shadow: false,
    })
}

/// How far behind the foremost vertex of a row its front ones may lie, in decimetres.
const FRONT: f32 = 0.06;

fn strip(which: Row) -> Vec<([u32; 3], Part)> {
    let rows = PROFILE.len();
    let mut triangles = Vec::new();
    for segment in 0..SEGMENTS {
        for step in 0..rows - 1 {
            let at = |segment: usize, step: usize| (segment * rows + step) as u32;
            let (a, b) = (at(segment, step), at(segment + 1, step));
            let (c, d) = (at(segment + 1, step + 1), at(segment, step + 1));
            for corners in [[a, b, c], [a, c, d]] {
                let turned = [corners[0], corners[2], corners[1]];
                triangles.push((if which == Row::Upper { corners } else { turned }, Part::Head));
            }
        }
    }
    triangles
}

/// Gum at v = 1, edges at v = 0.
fn teeth_texture(complexion: &Complexion, row: usize) -> Texture {
    let [width, height] = TEXTURE;
    let enamel = mix(STAINED, BRIGHT, complexion.teeth);
    let mut texels = Vec::with_capacity(width * height);
    for line in 0..height {
        let rooted = 1.0 - (line as f32 + 0.5) / height as f32;
        for column in 0..width {
            let along = (column as f32 + 0.5) / width as f32;
            let tooth = (along * TEETH[row]).fract();
            let gap = smooth((tooth - 0.5).abs(), 0.43, 0.5);
            let scallop = TOOTH[row] * (1.0 - 0.14 * (2.0 * tooth - 1.0).powi(4));
            let side = (along - 0.5).abs() * 2.0;
            let deep = 1.0 - 0.85 * smooth(side, 0.15, 0.75);
            let clear = 0.94 + 0.06 * smooth(rooted, 0.0, 0.12);
            let white = enamel.map(|c| c * (1.0 - 0.30 * gap) * clear);
            let colour = mix(white, GUMS, smooth(rooted, scallop - 0.02, scallop + 0.03));
            let dimmed = 1.0 - 0.7 * smooth(rooted, TOOTH[row] + 0.05, 0.9);
            let [r, g, b] = colour.map(|c| (c * SHADE * deep * dimmed * 255.0) as u8);
            texels.push([r, g, b, 255]);
        }
    }
    Texture { width, height, texels }
}

fn tongue(body: &Body) -> Piece {
    const GROUP: &str = "helper-tongue";
    let members = body.anatomy.mesh.vertices_of(GROUP);
    let at = |vertex: u32| body.vertices[vertex as usize];
    let floor = members.iter().map(|&vertex| at(vertex).y).fold(f32::INFINITY, f32::min);
    let tip = members.iter().map(|&vertex| at(vertex).z).fold(f32::NEG_INFINITY, f32::max);
    let mut points = Vec::new();
    let mut corners = Vec::new();
    for &vertex in members {
        let mut rest = at(vertex) + TONGUE_AT;
        rest.y = floor + TONGUE_AT.y + (at(vertex).y - floor) * TONGUE_FLAT;
        let depth = ((tip - at(vertex).z) / 0.7).clamp(0.02, 0.98);
        let uv = Vec2::new(at(vertex).x + 0.5, 1.0 - depth);
        corners.push(PieceCorner { point: points.len() as u32, uv, cut: 0.0 });
        points.push(PiecePoint { rest, bind: Bind::Vertex(vertex) });
    }
    let index = |vertex: u32| members.binary_search(&vertex).unwrap_or(0) as u32;
    let mut triangles = Vec::new();
    for face in body.anatomy.mesh.faces_of(GROUP) {
        for last in 2..face.vertices.len() {
            let corners = [face.vertices[0], face.vertices[last - 1], face.vertices[last]].map(index);
            triangles.push((corners, Part::Head));
        }
    }
    let texels = (0..64 * 16)
        .map(|texel| {
            let (column, line) = (texel % 16, texel / 16);
            let depth = line as f32 / 63.0;
            let furrow = 1.0 - 0.18 * (1.0 - smooth((column as f32 / 15.0 - 0.5).abs(), 0.0, 0.08));
            let [r, g, b] =
                TONGUE.map(|c| (c * furrow * (1.0 - 0.88 * smooth(depth, 0.0, 0.7)) * 255.0) as u8);
            [r, g, b, 255]
        })
        .collect();
    Piece {
        points,
        corners,
        triangles,
        texture: Texture { width: 16, height: 64, texels },
        relief: None,
        specular: 0.15,
        gloss: 30.0,
        subsurface: 0.6,
        casts_shadow: false,
    }
}
