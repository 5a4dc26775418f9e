//! Tied hair: a knot at the back of the head, or a tail.

use glam::{Vec2, Vec3};
use std::f32::consts::{PI, TAU};

use super::super::garment::{Clearance, smooth};
use super::super::{Bind, Body, Piece, PieceCorner, PiecePoint, noise};
use super::HairStyle;
use super::fall::{Rooting, even};
use super::scalp::Scalp;
use super::strand::{ACROSS, ALONG};
use crate::surface::{Part, Texture};

/// Meridians and parallels of a knot.
const MERIDIANS: usize = 18;
const PARALLELS: usize = 11;
/// Places around a tail.
const AROUND: usize = 12;
/// How much of a tail's outer shell is cut away.
const RAGGED: f32 = 0.45;

/// Where hair is tied, by the style's length: low in the nape to high on the crown.
fn knot_at(style: &HairStyle) -> Vec3 {
    let high = -0.25 + 1.0 * style.length;
    Vec3::new(0.0, high, -0.8).normalize_or(Vec3::NEG_Z)
}

/// A knot.
pub(super) fn bun(scalp: &Scalp, style: &HairStyle, texture: Texture, seed: u32) -> Piece {
    let towards = knot_at(style);
    let size = (0.26 + 0.16 * style.volume) * scalp.scale;
    let centre = scalp.over(towards, size * 0.55);
    let side = Vec3::X;
    let up = towards.cross(side).normalize_or(Vec3::Y);
    let (mut points, mut corners, mut triangles) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..=PARALLELS {
        let polar = PI * n as f32 / PARALLELS as f32;
        for k in 0..=MERIDIANS {
            let turn = TAU * k as f32 / MERIDIANS as f32;
            let ring = side * turn.cos() + up * turn.sin();
            let way = towards * polar.cos() + ring * polar.sin();
            // Hair wound up: a spiral of ridges, flattened towards the head.
            let wound =
                1.0 + 0.07 * (3.0 * turn + 5.0 * polar).sin() + 0.10 * (noise(way * 2.2, seed ^ 71) - 0.5);
            let flat = 1.0 - 0.25 * polar.cos().abs();
            let rest = centre + way * size * wound * flat;
            points.push(PiecePoint { rest, bind: Bind::Bone(scalp.bone) });
            corners.push(PieceCorner {
                point: points.len() as u32 - 1,
                uv: Vec2::new(polar * 0.55 + turn * 0.12, turn * 1.3 / ALONG),
                cut: 0.0,
            });
        }
    }
    let row = MERIDIANS as u32 + 1;
    for n in 0..PARALLELS as u32 {
        for k in 0..MERIDIANS as u32 {
            let (a, b, c, d) = (n * row + k, (n + 1) * row + k, (n + 1) * row + k + 1, n * row + k + 1);
            triangles.push(([a, b, c], Part::Hair));
            triangles.push(([a, c, d], Part::Hair));
        }
    }
    piece(points, corners, triangles, texture)
}

/// A tail.
pub(super) fn tail(body: &Body, scalp: &Scalp, style: &HairStyle, texture: Texture, seed: u32) -> Piece {
    let towards = knot_at(style);
    let clearance = Clearance::new(body, "body", scalp.neck.y - 3.5, scalp.eyes.y + 0.8);
    let rooting = Rooting::new(body, scalp);
    let scale = scalp.scale;
    let thick = (0.17 + 0.10 * style.volume) * scale;
    let long = (1.6 + 1.6 * style.volume) * scale;
    let mut at = scalp.over(towards, 0.02);
    let mut way = (towards + Vec3::Y * 0.25).normalize_or(towards);
    let mut path = vec![at];
    const TRACE: usize = 40;
    for _ in 0..TRACE {
        let step = long / TRACE as f32;
        way = (way + Vec3::NEG_Y * step * 5.0).normalize_or(Vec3::NEG_Y);
        at = clearance.push(at + way * step, thick * 0.9);
        path.push(at);
    }
    let path = even(&path);
    let (mut points, mut corners, mut triangles) = (Vec::new(), Vec::new(), Vec::new());
    for (shell, ragged) in [(0.82, 0.0), (1.08, RAGGED)] {
        let first = corners.len() as u32;
        for (n, &spine) in path.iter().enumerate() {
            let t = n as f32 / (path.len() - 1) as f32;
            let tangent =
                (path[(n + 1).min(path.len() - 1)] - path[n.saturating_sub(1)]).normalize_or(Vec3::NEG_Y);
            let side = (Vec3::X - tangent * tangent.x).normalize_or(Vec3::X);
            let up = side.cross(tangent);
            // Narrow at the tie, full in the middle, thin at the end.
            let girth =
                thick * (0.5 + 0.5 * smooth(t, 0.0, 0.3)) * (1.0 - 0.7 * smooth(t, 0.55, 1.0)) * shell;
            for k in 0..=AROUND {
                let turn = TAU * k as f32 / AROUND as f32;
                let lump = 1.0
                    + 0.25 * (noise(Vec3::new(turn.cos() * 1.3, turn.sin() * 1.3, t * 4.0), seed ^ 72) - 0.5);
                let rest = spine + (side * turn.cos() + up * turn.sin()) * girth * lump;
                points.push(PiecePoint { rest, bind: rooting.bind(spine) });
                corners.push(PieceCorner {
                    point: points.len() as u32 - 1,
                    uv: Vec2::new(turn / TAU * 1.6 / ACROSS + shell, t * long / ALONG),
                    cut: (ragged * smooth(t, 0.05, 0.3) + 0.6 * smooth(t, 0.75, 1.0)).min(0.97),
                });
            }
        }
        let row = AROUND as u32 + 1;
        for n in 0..path.len() as u32 - 1 {
            for k in 0..AROUND as u32 {
                let at = |n: u32, k: u32| first + n * row + k;
                let (a, b, c, d) = (at(n, k), at(n, k + 1), at(n + 1, k + 1), at(n + 1, k));
                triangles.push(([a, b, c], Part::Hair));
                triangles.push(([a, c, d], Part::Hair));
            }
        }
    }
    piece(points, corners, triangles, texture)
}

fn piece(
    points: Vec<PiecePoint>,
    corners: Vec<PieceCorner>,
    triangles: Vec<([u32; 3], Part)>,
    texture: Texture,
) -> Piece {
    Piece {
        points,
        corners,
        triangles,
        texture,
        relief: None,
        specular: 0.3,
        gloss: 22.0,
        subsurface: 0.15,
        casts_shadow: true,
    }
}
