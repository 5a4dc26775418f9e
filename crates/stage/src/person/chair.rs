//! A simple chair for somebody who sits: a back with rounded corners, a seat and legs.

use glam::{Vec2, Vec3};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f32::consts::TAU;

use super::{Bind, Body, Piece, PieceCorner, PiecePoint, noise};
use crate::surface::{Part, Texture};

/// Places across and up the back.
const ACROSS: usize = 14;
const UP: usize = 10;
/// Thickness of the back, in decimetres.
const THICK: f32 = 0.35;
/// Distance of the back from the body.
const BEHIND: f32 = 0.3;
/// Texels of the texture's side, and the length it stands for in decimetres.
const TEXELS: usize = 128;
const TILE: f32 = 2.0;
/// Colours of chairs, sRGB.
const COLOURS: [[f32; 3]; 8] = [
    [0.10, 0.10, 0.11],
    [0.24, 0.25, 0.27],
    [0.42, 0.43, 0.45],
    [0.16, 0.22, 0.32],
    [0.34, 0.22, 0.14],
    [0.52, 0.36, 0.22],
    [0.20, 0.30, 0.26],
    [0.46, 0.14, 0.14],
];

/// A chair behind somebody who sits, in place for the rest pose's trunk. It does not move with the sitter.
#[must_use]
pub fn chair(body: &Body, seed: u64) -> Piece {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x0063_6861_6972);
    let joint =
        |name: &str, instead: Vec3| body.skeleton.bone(name).map_or(instead, |b| body.skeleton.head(b));
    let hip = joint("root", Vec3::new(0.0, 1.1, -0.65));
    let neck = joint("neck01", Vec3::new(0.0, 6.9, 0.1));
    // The back clears the backmost place of the trunk, loose clothes included.
    let rear = body
        .anatomy
        .mesh
        .vertices_of("helper-tights")
        .iter()
        .map(|&v| body.vertices[v as usize])
        .filter(|at| at.x.abs() < 1.8 && at.y > hip.y - 0.8 && at.y < neck.y - 0.5)
        .map(|at| at.z)
        .fold(hip.z, f32::min)
        - BEHIND;
    let seat = hip.y - 1.35;
    let top = neck.y - rng.random_range(0.5..3.2);
    let half = rng.random_range(1.9..2.6);
    let round = rng.random_range(0.25..1.1f32);
    let bow = rng.random_range(0.05..0.35);
    let lean = rng.random_range(0.03..0.14);
    let colour = COLOURS.choose(&mut rng).copied().unwrap_or(COLOURS[0]);
    let mut shell = Shell::default();
    let low = seat + rng.random_range(0.0..1.2);
    // The back: an outline with rounded upper corners, bowed around the sitter, leaning backwards.
    let outline = |u: f32, v: f32| {
        let from_top = (1.0 - v) * (top - low);
        let inset =
            if from_top < round { round - (round * round - (round - from_top).powi(2)).sqrt() } else { 0.0 };
        let x = u * (half - inset);
        let y = low + v * (top - low);
        Vec3::new(x, y, rear + bow * (x / half).powi(2) - lean * (y - seat))
    };
    shell.slab(ACROSS, UP, |u, v, front| {
        outline(u * 2.0 - 1.0, v) - Vec3::Z * if front { 0.0 } else { THICK }
    });
    // The seat.
    let deep = 4.2;
    shell.slab(6, 6, |u, v, upper| {
        let edge = 1.0 - 0.06 * ((u * 2.0 - 1.0) * (v * 2.0 - 1.0)).powi(2);
        Vec3::new(
            (u * 2.0 - 1.0) * half * 0.95 * edge,
            seat - if upper { 0.0 } else { 0.4 },
            rear + deep * (1.0 - v),
        )
    });
    for (x, z) in [(-1.0, 0.3), (1.0, 0.3), (-1.0, deep - 0.3), (1.0, deep - 0.3)] {
        let foot = Vec3::new(x * half * 0.82, seat - 4.2, rear + z);
        shell.post(foot, Vec3::new(foot.x, seat - 0.35, foot.z), 0.14);
    }
    let back = Vec3::new(half * 0.8, 0.0, rear - THICK * 0.6);
    for side in [-1.0, 1.0] {
        let foot = Vec3::new(back.x * side, seat - 0.3, back.z);
        shell.post(foot, Vec3::new(foot.x, low + 0.4, back.z - lean * (low + 0.4 - seat)), 0.12);
    }
    let grain = (seed ^ (seed >> 32)) as u32;
    let texels = (0..TEXELS * TEXELS)
        .map(|k| {
            let at = Vec3::new((k % TEXELS) as f32, (k / TEXELS) as f32, 0.5) * 0.45;
            let tone = 0.92 + 0.16 * noise(at, grain);
            let [r, g, b] = colour.map(|c| ((c * tone).clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
            [r, g, b, 255]
        })
        .collect();
    Piece {
        points: shell.points,
        corners: shell.corners,
        triangles: shell.triangles,
        texture: Texture { width: TEXELS, height: TEXELS, texels },
        relief: None,
        specular: 0.2,
        gloss: 14.0,
        subsurface: 0.0,
        casts_shadow: true,
    }
}

#[derive(Default)]
struct Shell {
    points: Vec<PiecePoint>,
    corners: Vec<PieceCorner>,
    triangles: Vec<([u32; 3], Part)>,
}

impl Shell {
    fn point(&mut self, rest: Vec3) -> u32 {
        let point = self.points.len() as u32;
        self.points.push(PiecePoint { rest, bind: Bind::Room });
        self.corners.push(PieceCorner { point, uv: Vec2::new(rest.x, rest.y + rest.z) / TILE, cut: 0.0 });
        point
    }

    /// A plate of two faces and an edge around; `place` maps u, v of 0–1 and which face.
    fn slab(&mut self, across: usize, up: usize, place: impl Fn(f32, f32, bool) -> Vec3) {
        let (wide, tall) = (across + 1, up + 1);
        for front in [true, false] {
            let first = self.points.len() as u32;
            for v in 0..tall {
                for u in 0..wide {
                    self.point(place(u as f32 / across as f32, v as f32 / up as f32, front));
                }
            }
            for v in 0..up {
                for u in 0..across {
                    let at = |u: usize, v: usize| first + (v * wide + u) as u32;
                    self.quad([at(u, v), at(u + 1, v), at(u + 1, v + 1), at(u, v + 1)], !front);
                }
            }
        }
        let border: Vec<(usize, usize)> = (0..across)
            .map(|u| (u, 0))
            .chain((0..up).map(|v| (across, v)))
            .chain((0..across).map(|u| (across - u, up)))
            .chain((0..up).map(|v| (0, up - v)))
            .collect();
        let edge: Vec<[u32; 2]> = border
            .iter()
            .map(|&(u, v)| {
                let (u, v) = (u as f32 / across as f32, v as f32 / up as f32);
                [self.point(place(u, v, true)), self.point(place(u, v, false))]
            })
            .collect();
        for (k, [a, b]) in edge.iter().enumerate() {
            let [c, d] = edge[(k + 1) % edge.len()];
            self.quad([*a, *b, d, c], false);
        }
    }

    fn post(&mut self, foot: Vec3, head: Vec3, radius: f32) {
        const SIDES: u32 = 8;
        let first = self.points.len() as u32;
        for end in [foot, head] {
            for k in 0..SIDES {
                let (sin, cos) = (TAU * k as f32 / SIDES as f32).sin_cos();
                self.point(end + Vec3::new(cos, 0.0, sin) * radius);
            }
        }
        for k in 0..SIDES {
            let next = (k + 1) % SIDES;
            self.quad([first + k, first + SIDES + k, first + SIDES + next, first + next], false);
        }
    }

    fn quad(&mut self, [a, b, c, d]: [u32; 4], turned: bool) {
        let (b, d) = if turned { (d, b) } else { (b, d) };
        self.triangles.push(([a, b, c], Part::Chair));
        self.triangles.push(([a, c, d], Part::Chair));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::garment::figures;

    #[test]
    fn a_chair_stays_in_the_room() {
        for figure in figures() {
            let body = figure.body();
            let piece = chair(&body, 7);
            assert!(piece.triangles.len() < 2000);
            assert!(piece.points.iter().all(|p| p.rest.is_finite() && p.bind == Bind::Room));
            assert!(piece.triangles.iter().all(
                |(t, part)| *part == Part::Chair && t.iter().all(|&c| (c as usize) < piece.corners.len())
            ));
            let again = chair(&body, 7);
            assert!(piece.points == again.points && piece.texture == again.texture);
        }
    }
}
