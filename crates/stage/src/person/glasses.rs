//! Glasses: two rims, a bridge, and temples to the ears.

use glam::{Vec2, Vec3};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::f32::consts::TAU;

use super::garment::Clearance;
use super::{Bind, Body, Piece, PieceCorner, PiecePoint, Traits};
use crate::surface::{Part, Texture};
use crate::{Result, StageError};

/// Share of people of 18 who wear glasses, and how much it grows with each year.
const WORN_AT_18: f32 = 0.13;
const MORE_PER_YEAR: f32 = 0.004;
/// Places around a rim.
const AROUND: usize = 28;
/// Places along a temple.
const ALONG: usize = 7;
/// How far the lenses stand before the eyes' middles, in decimetres.
const BEFORE_EYE: f32 = 0.30;
/// Least distance of frames from the skin.
const OFF_SKIN: f32 = 0.012;
/// How far temples reach behind the eyes, in decimetres on a middling head.
const TO_EAR: f32 = 0.95;
/// Colours of frames, sRGB.
const FRAMES: [[f32; 3]; 7] = [
    [0.05, 0.05, 0.055],
    [0.16, 0.10, 0.07],
    [0.34, 0.20, 0.10],
    [0.30, 0.30, 0.32],
    [0.62, 0.52, 0.34],
    [0.12, 0.16, 0.30],
    [0.38, 0.08, 0.12],
];

/// A pair of glasses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Glasses {
    /// sRGB colour of the frame, 0–1.
    pub colour: [f32; 3],
    /// How thick the frame is, 0 (wire) to 1 (horn).
    pub thickness: f32,
    /// Shape of the lenses: 2 round, above 2 squarer.
    pub squareness: f32,
    /// Half width of a lens, in decimetres.
    pub width: f32,
    /// Half height of a lens, in decimetres.
    pub height: f32,
}

impl Glasses {
    /// Draws whether somebody wears glasses, and which: about one in five.
    #[must_use]
    pub fn sample(rng: &mut ChaCha8Rng, traits: &Traits) -> Option<Self> {
        let worn = WORN_AT_18 + MORE_PER_YEAR * (traits.age - 18.0);
        // All draws are made in any case: what follows does not depend on the outcome.
        let roll = rng.random::<f32>();
        let glasses = Self {
            colour: FRAMES.choose(rng).copied().unwrap_or(FRAMES[0]),
            thickness: rng.random(),
            squareness: rng.random_range(2.0..4.5),
            width: rng.random_range(0.225..0.265),
            height: rng.random_range(0.15..0.215),
        };
        (roll < worn).then_some(glasses)
    }
}

/// Puts glasses on.
///
/// # Errors
/// When the figure lacks a bone.
pub fn wear(body: &Body, glasses: &Glasses) -> Result<Vec<Piece>> {
    let bone = |name: &str| {
        body.skeleton.bone(name).ok_or_else(|| StageError::Setting {
            what: format!("the figure has no bone {name}"),
            hint: "run `cargo xtask setup`: the figure's data is not the one expected".into(),
        })
    };
    let head = bone("head")? as u16;
    let left = body.skeleton.head(bone("eye.L")?);
    let right = body.skeleton.head(bone("eye.R")?);
    let apart = left.distance(right);
    let scale = apart / 0.58;
    let skin = Clearance::new(body, "body", left.y - 0.6, left.y + 0.6);
    let mut frame = Frame { head, points: Vec::new(), corners: Vec::new(), triangles: Vec::new() };
    let wire = (0.009 + 0.012 * glasses.thickness) * scale;
    let lens = |centre: Vec3, turn: f32| {
        let (sin, cos) = turn.sin_cos();
        let power = 2.0 / glasses.squareness;
        let x = cos.signum() * cos.abs().powf(power) * glasses.width * scale;
        let y = sin.signum() * sin.abs().powf(power) * glasses.height * scale;
        // Lenses follow the face: their outer sides lie farther back.
        let wrap = 0.22 * x * centre.x.signum();
        centre + Vec3::new(x, y, -wrap - 0.12 * y.min(0.0).abs())
    };
    let mut sides = Vec::new();
    for eye in [left, right] {
        let side = eye.x.signum();
        let rest = eye + Vec3::new(side * 0.012, -0.035, BEFORE_EYE) * scale;
        let ring: Vec<Vec3> = (0..AROUND).map(|k| lens(rest, TAU * k as f32 / AROUND as f32)).collect();
        // The whole rim moves forward until no place of it touches the face.
        let needed = ring
            .iter()
            .filter_map(|&at| {
                skin.nearest(at).map(|(foot, normal)| OFF_SKIN + wire - (at - foot).dot(normal))
            })
            .fold(0.0f32, f32::max);
        let forward = Vec3::Z * needed.min(0.3 * scale);
        sides.push((side, ring.into_iter().map(|at| at + forward).collect::<Vec<Vec3>>()));
    }
    // Both rims lie equally far forward.
    let front = |ring: &[Vec3]| ring.iter().map(|at| at.z).fold(f32::MIN, f32::max);
    let foremost = sides.iter().map(|(_, ring)| front(ring)).fold(f32::MIN, f32::max);
    for (_, ring) in &mut sides {
        let shift = foremost - front(ring);
        ring.iter_mut().for_each(|at| at.z += shift);
    }
    let mut bridge = Vec::new();
    for (side, ring) in &sides {
        frame.tube(ring, true, |_| wire);
        let outer = extreme(ring, |at| at.x * side + 0.3 * at.y);
        let inner = extreme(ring, |at| -at.x * side + 0.25 * at.y);
        bridge.push(inner);
        // A temple runs straight back beside the head and sinks behind the ear.
        let ear = left.z - TO_EAR * scale;
        let temple: Vec<Vec3> = (0..ALONG)
            .map(|k| {
                let t = k as f32 / (ALONG - 1) as f32;
                let back = outer.z + (ear - outer.z) * t;
                let spread = outer.x + side * 0.09 * scale * (t * 3.0).min(1.0);
                let drop = 0.06 * t + 0.12 * (t - 0.85).max(0.0) / 0.15;
                let at = Vec3::new(spread, outer.y - drop * scale, back);
                let pushed = skin.push(at, OFF_SKIN + wire);
                Vec3::new(if pushed.x * side > at.x * side { pushed.x } else { at.x }, at.y, at.z)
            })
            .collect();
        frame.tube(&temple, false, |t| wire * (1.3 - 0.4 * t));
    }
    if let [a, b] = bridge[..] {
        let arch: Vec<Vec3> = (0..7)
            .map(|k| {
                let t = k as f32 / 6.0;
                let rise = (t * (1.0 - t)) * 4.0;
                skin.push(a.lerp(b, t) + Vec3::new(0.0, 0.025, 0.02) * rise * scale, OFF_SKIN + wire)
            })
            .collect();
        frame.tube(&arch, false, |_| wire);
    }
    let [r, g, b] = glasses.colour.map(|channel| (channel.clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
    Ok(vec![Piece {
        points: frame.points,
        corners: frame.corners,
        triangles: frame.triangles,
        texture: Texture { width: 1, height: 1, texels: vec![[r, g, b, 255]] },
        relief: None,
        specular: 0.8,
        gloss: 60.0,
        subsurface: 0.0,
        casts_shadow: true,
    }])
}

fn extreme(ring: &[Vec3], key: impl Fn(&Vec3) -> f32) -> Vec3 {
    ring.iter().copied().max_by(|a, b| key(a).total_cmp(&key(b))).unwrap_or_default()
}

struct Frame {
    head: u16,
    points: Vec<PiecePoint>,
    corners: Vec<PieceCorner>,
    triangles: Vec<([u32; 3], Part)>,
}

impl Frame {
    /// A square tube along a path; `thick` gives half its side by the share of the way.
    fn tube(&mut self, path: &[Vec3], closed: bool, thick: impl Fn(f32) -> f32) {
        const SIDES: u32 = 4;
        let first = self.points.len() as u32;
        let count = path.len();
        for (k, &at) in path.iter().enumerate() {
            let (before, after) = if closed {
                (path[(k + count - 1) % count], path[(k + 1) % count])
            } else {
                (path[k.saturating_sub(1)], path[(k + 1).min(count - 1)])
            };
            let way = (after - before).normalize_or(Vec3::X);
            let across = if way.z.abs() > 0.8 { Vec3::X } else { Vec3::Z };
            let out = (across - way * across.dot(way)).normalize_or(Vec3::Y);
            let other = way.cross(out);
            let half = thick(k as f32 / (count.max(2) - 1) as f32);
            for (a, b) in [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)] {
                let rest = at + (out * a + other * b * 1.3) * half * 0.8;
                self.corners.push(PieceCorner {
                    point: self.points.len() as u32,
                    uv: Vec2::splat(0.5),
                    cut: 0.0,
                });
                self.points.push(PiecePoint { rest, bind: Bind::Bone(self.head) });
            }
        }
        let spans = if closed { count } else { count - 1 } as u32;
        for k in 0..spans {
            let next = (k + 1) % count as u32;
            for n in 0..SIDES {
                let at = |k: u32, n: u32| first + k * SIDES + n % SIDES;
                let (a, b, c, d) = (at(k, n), at(k, n + 1), at(next, n + 1), at(next, n));
                self.triangles.push(([a, c, b], Part::Glasses));
                self.triangles.push(([a, d, c], Part::Glasses));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::garment::figures;
    use rand::SeedableRng;

    #[test]
    fn glasses_sit_before_the_eyes_and_touch_no_skin() {
        for figure in figures() {
            let body = figure.body();
            for seed in 0..6 {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let traits = Traits { age: 80.0, ..figure.traits() };
                let Some(glasses) = (0..100).find_map(|_| Glasses::sample(&mut rng, &traits)) else {
                    continue;
                };
                let pieces = wear(&body, &glasses).unwrap();
                assert_eq!(pieces.len(), 1);
                let eye = body.skeleton.head(body.skeleton.bone("eye.L").unwrap());
                let piece = &pieces[0];
                assert!(piece.triangles.len() < 1000);
                assert!(piece.points.iter().all(|p| p.rest.is_finite() && p.rest.distance(eye) < 2.5));
                let front = piece.points.iter().map(|p| p.rest.z).fold(f32::MIN, f32::max);
                assert!(front > eye.z + 0.2 && front < eye.z + 0.9);
            }
        }
    }

    #[test]
    fn about_one_in_five_wears_them() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let traits =
            Traits { age: 40.0, masculinity: 0.5, descent: [0.0, 0.0, 1.0], hair_colour: [0.2, 0.1, 0.1] };
        let worn = (0..2000).filter(|_| Glasses::sample(&mut rng, &traits).is_some()).count();
        assert!((300..600).contains(&worn), "{worn}");
    }
}
