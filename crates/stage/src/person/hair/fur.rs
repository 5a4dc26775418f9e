//! Short hair: shells over the scalp, each thinner than the one below, combed the way the cut goes.

use glam::{Vec2, Vec3};
use std::collections::BTreeMap;

use super::super::garment::smooth;
use super::super::{Bind, Body, Piece, PieceCorner, PiecePoint, noise};
use super::scalp::Scalp;
use super::strand::{ACROSS, ALONG};
use super::{Cut, HairStyle};
use crate::surface::{Part, Texture};

/// How far under the skull's middle the ears lie, in middling decimetres.
const POLE: f32 = 0.5;

/// How a cut stands and lies; lengths in decimetres on a middling head.
struct Lie {
    /// Shells.
    layers: usize,
    /// Height at the sides and back.
    side: f32,
    /// Height on the top.
    top: f32,
    /// How much is cut away of the lowest shell, 0–1.
    thin: f32,
    /// How much is cut away of the highest shell.
    ragged: f32,
    /// How far tips are carried by the comb, in heights.
    comb: f32,
    /// How uneven the height is, 0–1.
    tousled: f32,
}

fn lie(style: &HairStyle) -> Lie {
    let (v, l) = (style.volume, style.length);
    let lie = |layers, side, top, thin, ragged, comb, tousled| Lie {
        layers,
        side,
        top,
        thin,
        ragged,
        comb,
        tousled,
    };
    match style.cut {
        Cut::Bald => lie(1, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0),
        Cut::Buzz => lie(3, 0.015 + 0.025 * l, 0.025 + 0.05 * l, 0.16, 0.7, 0.0, 0.1),
        Cut::Parted => lie(5, 0.06 + 0.06 * l, 0.13 + 0.13 * v, 0.0, 0.72, 1.5, 0.35),
        Cut::SweptBack => lie(5, 0.06 + 0.07 * l, 0.10 + 0.15 * v, 0.0, 0.7, 1.6, 0.3),
        Cut::Crop => lie(5, 0.06 + 0.07 * l, 0.12 + 0.13 * v, 0.0, 0.74, 0.7, 0.9),
        Cut::Curly => lie(6, 0.12 + 0.14 * v, 0.20 + 0.22 * v, 0.0, 0.58, 0.0, 0.6),
        Cut::Afro => lie(6, 0.32 + 0.38 * v, 0.38 + 0.40 * v, 0.0, 0.56, 0.0, 0.2),
        Cut::Pixie => lie(5, 0.14 + 0.08 * l, 0.17 + 0.15 * v, 0.0, 0.68, 1.0, 0.5),
        Cut::Bob | Cut::Shoulder | Cut::Long => lie(2, 0.03, 0.06, 0.0, 0.3, 0.3, 0.1),
        Cut::Bun | Cut::Ponytail => lie(4, 0.06 + 0.03 * v, 0.09 + 0.07 * v, 0.0, 0.45, 0.5, 0.1),
    }
}

/// Hair over the scalp.
pub(super) fn fur(body: &Body, scalp: &Scalp, style: &HairStyle, texture: Texture, seed: u32) -> Piece {
    let lie = lie(style);
    let mut faces = Vec::new();
    let mut used = BTreeMap::<u32, u32>::new();
    for face in body.anatomy.mesh.faces_of("body") {
        if face.vertices.iter().any(|&v| scalp.growth[v as usize] > 0.0) {
            for &v in &face.vertices {
                let next = used.len() as u32;
                used.entry(v).or_insert(next);
            }
            faces.push(&face.vertices);
        }
    }
    let mut order = vec![0u32; used.len()];
    for (&vertex, &slot) in &used {
        order[slot as usize] = vertex;
    }
    let count = order.len() as u32;
    let (mut points, mut corners, mut triangles) = (Vec::new(), Vec::new(), Vec::new());
    for layer in 0..lie.layers {
        let t = if lie.layers == 1 { 0.0 } else { layer as f32 / (lie.layers - 1) as f32 };
        for &v in &order {
            let at = body.vertices[v as usize];
            let normal = body.normals[v as usize];
            let growth = scalp.growth[v as usize];
            let (height, comb) = stand(scalp, style, &lie, at, normal, scalp.above[v as usize], seed);
            // Thin hair lies close.
            let height = height * smooth(growth, 0.0, 0.8);
            let rise = 0.015 + height * t;
            let rest = at + normal * rise + comb * (height * t * t);
            let cut = lie.thin + (lie.ragged - lie.thin) * t.powf(2.4) + (1.0 - growth) * (1.1 - 0.2 * t);
            let cut = if growth <= 0.0 { 1.2 } else { cut.min(1.0) };
            points.push(PiecePoint { rest, bind: Bind::Vertex(v) });
            corners.push(PieceCorner { point: points.len() as u32 - 1, uv: lay(scalp, style, at), cut });
        }
        let base = layer as u32 * count;
        for face in &faces {
            let corner = |k: usize| base + used[&face[k]];
            for k in 1..face.len() - 1 {
                triangles.push(([corner(0), corner(k), corner(k + 1)], Part::Hair));
            }
        }
    }
    Piece {
        points,
        corners,
        triangles,
        texture,
        relief: None,
        specular: if style.cut.curls() { 0.12 } else { 0.3 },
        gloss: 22.0,
        subsurface: 0.15,
        casts_shadow: true,
    }
}

/// Height of the hair at a vertex in decimetres, and where the comb carries its tips (in heights).
fn stand(
    scalp: &Scalp,
    style: &HairStyle,
    lie: &Lie,
    at: Vec3,
    normal: Vec3,
    above: f32,
    seed: u32,
) -> (f32, Vec3) {
    let p = scalp.local(at);
    let top = smooth(p.y, 0.35, 0.95);
    let mut height = lie.side + (lie.top - lie.side) * top;
    let lumps = noise(p * 3.2, seed ^ 41) - 0.5 + 0.6 * (noise(p * 7.5, seed ^ 42) - 0.5);
    height *= 1.0 + lie.tousled * lumps;
    // Short at the nape and the sideburns, and at the line itself.
    height *= 0.22 + 0.78 * smooth(above, 0.02, if style.cut == Cut::Afro { 0.2 } else { 0.34 });
    let nape = smooth(p.y, -0.6, 0.1);
    if !matches!(style.cut, Cut::Afro) {
        height *= 0.35 + 0.65 * nape;
    }
    let part = style.parting * 0.42;
    let away = if p.x > part { 1.0 } else { -1.0 };
    let wanted = match style.cut {
        Cut::Parted | Cut::Pixie => {
            // Up and over from the parting; the front stands a little.
            let front = smooth(p.z, -0.6, 0.05) * top;
            height *= 1.0 + 0.35 * front * smooth((p.x - part).abs(), 0.05, 0.25);
            height *= 0.55 + 0.45 * smooth((p.x - part).abs(), 0.0, 0.16).max(1.0 - top);
            // The top's sides lie close, so that the outline stays round.
            let brim = smooth(p.x.abs(), 0.22, 0.6);
            height *= 1.0 - 0.35 * top * brim;
            Vec3::new(away * top * (1.0 - brim), -0.5 * (1.0 - top) - 0.4 * brim * top, -0.3)
        }
        Cut::SweptBack => {
            let front = smooth(p.z, -0.7, 0.0) * top;
            height *= 1.0 + 0.4 * front;
            Vec3::new(0.0, -0.35 * (1.0 - top), -1.0)
        }
        Cut::Crop => Vec3::new(0.3 * (noise(p * 2.5, seed ^ 43) - 0.5), -0.3, 0.7 * top),
        Cut::Bun | Cut::Ponytail => Vec3::new(0.0, 0.1, -1.0),
        _ => Vec3::new(away * 0.6 * top, -0.6, 0.0),
    };
    let comb = (wanted - normal * wanted.dot(normal)) * lie.comb;
    (height * scalp.scale, comb)
}

/// Texture coordinates: strands run the way they are combed.
fn lay(scalp: &Scalp, style: &HairStyle, at: Vec3) -> Vec2 {
    // The strands are circles around an axis: from ear to ear when combed back, from nose to nape when parted.
    let back = style.cut.tied() || matches!(style.cut, Cut::SweptBack | Cut::Crop);
    // The circles' poles lie on the ears, where no hair shows them.
    let middle = scalp.centre - Vec3::Y * (if back { POLE } else { 0.0 }) * scalp.scale;
    let from = (at - middle).normalize_or(Vec3::Y);
    let (axis, turn) = if back { (from.x, from.z.atan2(from.y)) } else { (from.z, from.x.atan2(from.y)) };
    let across = axis.clamp(-1.0, 1.0).asin();
    if style.cut == Cut::Buzz {
        return Vec2::new(across / ACROSS, turn / ALONG) * 3.0;
    }
    if style.cut.curls() {
        // Tight curls are finer.
        let fineness = if style.cut == Cut::Afro { 1.5 } else { 1.0 };
        return Vec2::new(across / ACROSS, turn / ALONG) * fineness;
    }
    Vec2::new(across / ACROSS, turn / ALONG)
}
