//! Teeth, gums and tongue.

use glam::{Vec2, Vec3};

use super::chance::{mix, smooth};
use super::complexion::{Colour, Complexion};
use super::{Bind, Body, Piece, PieceCorner, PiecePoint};
use crate::Result;
use crate::surface::{Part, Texture};

/// Texels along the arch and from gum to edge.
const TEXTURE: [usize; 2] = [256, 64];
/// Teeth along an arch that the texture shows.
const TEETH: f32 = 14.0;
/// Share of a row's height that is gum.
const GUM: [f32; 2] = [0.30, 0.34];
/// How far the gum goes on beyond the base mesh's row, so that no gap shows, in decimetres.
const ROOT: f32 = 0.16;
/// Teeth lie in the mouth's shadow, which a rasteriser of surfaces does not see: their colour is dimmed.
const SHADE: f32 = 0.80;
/// Colours of healthy and of stained teeth, of gum and tongue.
const BRIGHT: Colour = [0.86, 0.83, 0.77];
const STAINED: Colour = [0.72, 0.65, 0.50];
const GUMS: Colour = [0.55, 0.27, 0.26];
const TONGUE: Colour = [0.52, 0.25, 0.24];
/// How the tongue lies at rest against the base mesh's, which fills the mouth: moved, and flattened.
const TONGUE_AT: Vec3 = Vec3::new(0.0, -0.045, -0.10);
const TONGUE_FLAT: f32 = 0.8;

/// Both rows of teeth and the tongue.
pub(super) fn mouth(body: &Body, complexion: &Complexion) -> Result<Vec<Piece>> {
    Ok(vec![row(body, complexion, Row::Upper), row(body, complexion, Row::Lower), tongue(body)])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    Upper,
    Lower,
}

fn row(body: &Body, complexion: &Complexion, which: Row) -> Piece {
    let (group, root) = match which {
        Row::Upper => ("helper-upper-teeth", Vec3::Y),
        Row::Lower => ("helper-lower-teeth", Vec3::NEG_Y),
    };
    let mesh = &body.anatomy.mesh;
    let members = mesh.vertices_of(group);
    let at = |vertex: u32| body.vertices[vertex as usize];
    let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
    for &vertex in members {
        low = low.min(at(vertex));
        high = high.max(at(vertex));
    }
    let back = Vec3::new((low.x + high.x) / 2.0, 0.0, low.z);
    // The base mesh tells edge and root apart only by height, which the arch's slope blurs: height is taken against
    // the other vertices at the same depth.
    let extent = |vertex: u32| {
        let z = at(vertex).z;
        let near = members.iter().map(|&v| at(v)).filter(|p| (p.z - z).abs() < 0.12);
        let (low, high) =
            near.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), p| (low.min(p.y), high.max(p.y)));
        let up = (at(vertex).y - low) / (high - low).max(1e-3);
        if which == Row::Upper { up } else { 1.0 - up }
    };
    let mut points = Vec::new();
    let mut corners = Vec::new();
    for &vertex in members {
        let from = at(vertex) - back;
        let around = from.x.atan2(from.z * 0.75) / std::f32::consts::PI + 0.5;
        let rooted = extent(vertex);
        let lengthened = root * ROOT * smooth(rooted, 0.55, 1.0);
        corners.push(PieceCorner { point: points.len() as u32, uv: Vec2::new(around, rooted.clamp(0.02, 0.98)), cut: 0.0 });
        points.push(PiecePoint { rest: at(vertex) + lengthened, bind: Bind::Vertex(vertex) });
    }
    Piece {
        points,
        corners,
        triangles: triangles(body, group, members),
        texture: teeth_texture(complexion, GUM[usize::from(which == Row::Lower)]),
        relief: None,
        specular: 0.45,
        gloss: 50.0,
        subsurface: 0.3,
        casts_shadow: false,
    }
}

fn triangles(body: &Body, group: &str, members: &[u32]) -> Vec<([u32; 3], Part)> {
    let at = |vertex: u32| members.binary_search(&vertex).unwrap_or(0) as u32;
    let mut triangles = Vec::new();
    for face in body.anatomy.mesh.faces_of(group) {
        for last in 2..face.vertices.len() {
            let corners = [face.vertices[0], face.vertices[last - 1], face.vertices[last]].map(at);
            triangles.push((corners, Part::Head));
        }
    }
    triangles
}

/// Gum at v = 1, edges at v = 0.
fn teeth_texture(complexion: &Complexion, gum: f32) -> Texture {
    let [width, height] = TEXTURE;
    let enamel = mix(STAINED, BRIGHT, complexion.teeth);
    let mut texels = Vec::with_capacity(width * height);
    for line in 0..height {
        let rooted = 1.0 - (line as f32 + 0.5) / height as f32;
        for column in 0..width {
            let along = (column as f32 + 0.5) / width as f32;
            let tooth = (along * TEETH + if gum > GUM[0] { 0.5 } else { 0.0 }).fract();
            let gap = smooth((tooth - 0.5).abs(), 0.40, 0.5);
            let scallop = 1.0 - gum + 0.10 * (1.0 - (2.0 * tooth - 1.0).powi(2)) - 0.05;
            let side = (along - 0.5).abs() * 2.0;
            let deep = 1.0 - 0.75 * smooth(side, 0.25, 0.85);
            let white = enamel.map(|c| c * (1.0 - 0.35 * gap) * (0.92 + 0.08 * rooted));
            let colour = mix(white, GUMS, smooth(rooted, scallop - 0.04, scallop + 0.04));
            let dimmed = 1.0 - 0.5 * smooth(rooted, 0.75, 1.0);
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
        corners.push(PieceCorner { point: points.len() as u32, uv: Vec2::new(at(vertex).x + 0.5, 1.0 - depth), cut: 0.0 });
        points.push(PiecePoint { rest, bind: Bind::Vertex(vertex) });
    }
    let texels = (0..64 * 16)
        .map(|texel| {
            let (column, line) = (texel % 16, texel / 16);
            let depth = line as f32 / 63.0;
            let furrow = 1.0 - 0.18 * (1.0 - smooth((column as f32 / 15.0 - 0.5).abs(), 0.0, 0.08));
            let [r, g, b] = TONGUE.map(|c| (c * furrow * (1.0 - 0.85 * smooth(depth, 0.05, 0.8)) * 255.0) as u8);
            [r, g, b, 255]
        })
        .collect();
    Piece {
        points,
        corners,
        triangles: triangles(body, GROUP, members),
        texture: Texture { width: 16, height: 64, texels },
        relief: None,
        specular: 0.3,
        gloss: 30.0,
        subsurface: 0.6,
        casts_shadow: false,
    }
}
