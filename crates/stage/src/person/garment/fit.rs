//! Cloth laid over the body: how far it stands off, how it hangs and where it folds.

use glam::Vec3;
use std::collections::BTreeMap;

use super::super::Body;
use super::folds::Folds;
use super::measure::{Measures, Spot, smooth};

/// Sectors around the trunk in which the widest place of the chest is looked for.
const SECTORS: usize = 36;
/// Height below which a garment does not follow the chest any more, under the chest, in decimetres.
const CHEST_REACH: f32 = 0.5;

/// How a garment sits, lengths in decimetres.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    /// Off the trunk.
    pub trunk: f32,
    /// Off the shoulders and around the neck.
    pub shoulder: f32,
    /// Off the upper arm.
    pub arm: f32,
    /// Off the arm at the sleeve's end.
    pub cuff: f32,
    /// Where sleeves end, from the shoulder.
    pub cuff_at: f32,
    /// How much it falls straight down from the chest, 0–1.
    pub hang: f32,
    /// Height at which it is gathered (a belt, a ribbed hem), if it is.
    pub gathered: Option<f32>,
    /// How many times the cloth is smoothed to span hollows.
    pub spans: usize,
}

/// A vertex of the cloth.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClothPoint {
    /// The vertex of the base mesh it follows.
    pub vertex: u32,
    /// Where it lies on the body.
    pub spot: Spot,
    /// Where it lies as cloth, at rest.
    pub rest: Vec3,
    /// Its normal as cloth.
    pub normal: Vec3,
}

/// Cloth before it is cut.
#[derive(Clone, Debug)]
pub(super) struct Cloth {
    /// Its points.
    pub points: Vec<ClothPoint>,
    /// Its polygons.
    pub faces: Vec<Vec<u32>>,
}

impl Cloth {
    /// Lays the helper shape `group` over the body, as far down as `lowest`.
    pub fn lay(body: &Body, measures: &Measures, group: &str, lowest: f32, fit: &Fit, folds: &Folds) -> Self {
        let mut index = BTreeMap::new();
        let mut points = Vec::new();
        let mut faces = Vec::new();
        for face in body.anatomy.mesh.faces_of(group) {
            if face.vertices.iter().all(|&v| body.vertices[v as usize].y < lowest) {
                continue;
            }
            let mut polygon = Vec::with_capacity(face.vertices.len());
            for &vertex in &face.vertices {
                polygon.push(*index.entry(vertex).or_insert_with(|| {
                    points.push(ClothPoint {
                        vertex,
                        spot: measures.spot(body, vertex),
                        rest: body.vertices[vertex as usize],
                        normal: body.normals[vertex as usize],
                    });
                    points.len() as u32 - 1
                }));
            }
            faces.push(polygon);
        }
        let mut cloth = Self { points, faces };
        cloth.inflate(measures, fit);
        cloth.hang(measures, fit);
        cloth.span(fit);
        for point in &mut cloth.points {
            point.rest += point.normal * folds.displacement(&point.spot);
        }
        cloth.turn_normals();
        cloth
    }

    fn inflate(&mut self, measures: &Measures, fit: &Fit) {
        for point in &mut self.points {
            let spot = &point.spot;
            let shoulder = measures.arms[spot.side()].shoulder_height();
            let high = smooth(spot.at.y, shoulder - 0.7, shoulder - 0.1);
            let trunk = fit.trunk + (fit.shoulder - fit.trunk) * high;
            let down = smooth(spot.along, 0.4, fit.cuff_at);
            let arm = fit.arm + (fit.cuff - fit.arm) * down;
            let top = 1.0 - smooth(spot.along, 0.2, 1.1);
            let arm = arm + (fit.shoulder - arm) * top;
            point.rest += point.normal * (trunk + (arm - trunk) * smooth(spot.arm, 0.2, 0.8));
        }
    }

    /// Below the chest the cloth is at least as far out as what it hangs from.
    fn hang(&mut self, measures: &Measures, fit: &Fit) {
        let middle = Vec3::new(0.0, 0.0, measures.middle - 0.1);
        let polar = |at: Vec3| {
            let from = at - middle;
            (from.x.atan2(from.z) / std::f32::consts::TAU + 0.5, from.x.hypot(from.z))
        };
        let mut widest = [0.0f32; SECTORS];
        for point in self.points.iter().filter(|p| p.spot.arm < 0.25) {
            if (point.spot.at.y - measures.chest).abs() < CHEST_REACH {
                let (turn, radius) = polar(point.rest);
                let sector = ((turn * SECTORS as f32) as usize).min(SECTORS - 1);
                widest[sector] = widest[sector].max(radius);
            }
        }
        // Neighbouring sectors are blended so that the fall has no steps.
        let even: Vec<f32> = (0..SECTORS)
            .map(|k| {
                let at = |by: usize| widest[(k + SECTORS + by - 2) % SECTORS];
                (at(0) + 2.0 * at(1) + 3.0 * at(2) + 2.0 * at(3) + at(4)) / 9.0
            })
            .collect();
        for point in self.points.iter_mut() {
            let below = 1.0 - smooth(point.spot.at.y, measures.chest - 0.9, measures.chest);
            let mut amount = fit.hang * below * (1.0 - smooth(point.spot.arm, 0.1, 0.4));
            if let Some(line) = fit.gathered {
                amount *= smooth(point.spot.at.y, line - 0.05, line + 0.55);
            }
            if amount <= 0.0 {
                continue;
            }
            let (turn, radius) = polar(point.rest);
            let at = turn * SECTORS as f32 - 0.5;
            let (low, share) = (at.floor(), at - at.floor());
            let sector = |k: f32| even[(k as i64).rem_euclid(SECTORS as i64) as usize];
            let fall = sector(low) + (sector(low + 1.0) - sector(low)) * share;
            if fall > radius && radius > 1e-3 {
                let grow = 1.0 + amount * (fall / radius - 1.0);
                point.rest.x *= grow;
                point.rest.z = middle.z + (point.rest.z - middle.z) * grow;
            }
        }
    }

    /// Smooths, never into the body: cloth spans hollows and does not show every muscle.
    fn span(&mut self, fit: &Fit) {
        let mut near = vec![Vec::new(); self.points.len()];
        for face in &self.faces {
            for (k, &a) in face.iter().enumerate() {
                let b = face[(k + 1) % face.len()];
                near[a as usize].push(b);
                near[b as usize].push(a);
            }
        }
        for _ in 0..fit.spans {
            let before: Vec<Vec3> = self.points.iter().map(|p| p.rest).collect();
            for (point, near) in self.points.iter_mut().zip(&near) {
                // A rim would shrink: it has fewer neighbours (each inner edge counts twice).
                if near.len() < 7 {
                    continue;
                }
                let mean = near.iter().map(|&k| before[k as usize]).sum::<Vec3>() / near.len() as f32;
                let moved = point.rest.lerp(mean, 0.5);
                let height = (moved - point.spot.at).dot(point.normal);
                point.rest = moved + point.normal * (fit.shoulder * 0.8 - height).max(0.0);
            }
        }
    }

    fn turn_normals(&mut self) {
        let mut sums = vec![Vec3::ZERO; self.points.len()];
        for face in &self.faces {
            let at = |k: usize| self.points[face[k] as usize].rest;
            let normal = (at(1) - at(0)).cross(at(face.len() - 1) - at(0));
            for &k in face {
                sums[k as usize] += normal;
            }
        }
        for (point, sum) in self.points.iter_mut().zip(sums) {
            point.normal = sum.try_normalize().unwrap_or(point.normal);
        }
    }
}
