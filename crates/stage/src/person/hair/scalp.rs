//! Where hair grows on a head, and how the skull is shaped under it.

use glam::Vec3;
use std::collections::BTreeMap;

use super::super::garment::smooth;
use super::super::{Body, noise};
use super::{Cut, HairStyle};
use crate::{Result, StageError};

/// Height of the crown over the eyes of a middling head, in decimetres; heads are compared with it.
const MIDDLING: f32 = 1.08;
/// Height of the hairline over the eyes by how far it lies behind them, both in middling decimetres.
const HAIRLINE: [(f32, f32); 12] = [
    (-3.0, -0.62),
    (-1.75, -0.62),
    (-1.4, -0.50),
    (-1.16, -0.32),
    (-0.98, -0.24),
    (-0.76, -0.20),
    (-0.64, -0.06),
    (-0.52, 0.30),
    (-0.36, 0.52),
    (-0.12, 0.66),
    (0.06, 0.71),
    (0.4, 0.73),
];
/// Sectors and rings of the skull's map.
const SECTORS: usize = 48;
const RINGS: usize = 24;
/// Red of the ears' mask above which a vertex belongs to an ear.
const EAR: u8 = 90;

/// A head as hair sees it.
pub(super) struct Scalp {
    /// Middle between the eyes.
    pub eyes: Vec3,
    /// The middle of the skull, from which directions are taken.
    pub centre: Vec3,
    /// Size against a middling head.
    pub scale: f32,
    /// Tip of the chin.
    pub chin: Vec3,
    /// Foot of the neck.
    pub neck: Vec3,
    /// For each vertex of the base mesh, how much hair grows there, 0–1.
    pub growth: Vec<f32>,
    /// For each vertex, how far it lies above the hairline, in middling decimetres.
    pub above: Vec<f32>,
    /// The bone of the head.
    pub bone: u16,
    /// A vertex that follows the head alone.
    pub crown: u32,
    radii: Vec<f32>,
}

impl Scalp {
    /// Finds where hair of this style grows.
    pub fn find(body: &Body, style: &HairStyle) -> Result<Self> {
        let bone = |name: &str| {
            body.skeleton.bone(name).ok_or_else(|| StageError::Setting {
                what: format!("the figure has no bone {name}"),
                hint: "run `cargo xtask setup`: the figure's data is not the one expected".into(),
            })
        };
        let head = bone("head")?;
        let middle = |a: Vec3, b: Vec3| (a + b) * 0.5;
        let eyes = middle(body.skeleton.head(bone("eye.L")?), body.skeleton.head(bone("eye.R")?));
        let neck = body.skeleton.head(bone("neck01")?);
        let chin = body.skeleton.tail(bone("jaw")?);
        let members = body.anatomy.mesh.vertices_of("body");
        let of_head: Vec<u32> = members
            .iter()
            .copied()
            .filter(|&v| body.vertices[v as usize].y > neck.y && body.vertices[v as usize].x.abs() < 1.3)
            .collect();
        let Some(&crown) = of_head
            .iter()
            .max_by(|a, b| body.vertices[**a as usize].y.total_cmp(&body.vertices[**b as usize].y))
        else {
            return Err(StageError::Setting {
                what: "the figure has no head".into(),
                hint: "run `cargo xtask setup`: the figure's data is not the one expected".into(),
            });
        };
        let scale = ((body.vertices[crown as usize].y - eyes.y) / MIDDLING).clamp(0.5, 2.0);
        let centre = eyes + Vec3::new(0.0, 0.22, -0.72) * scale;
        let mut scalp = Self {
            eyes,
            centre,
            scale,
            chin,
            neck,
            growth: vec![0.0; body.vertices.len()],
            above: vec![0.0; body.vertices.len()],
            bone: head as u16,
            crown,
            radii: Vec::new(),
        };
        let ears = ears(body)?;
        let bare = |v: u32| ears.get(&v).copied().unwrap_or(0) > EAR;
        for &v in &of_head {
            if !bare(v) {
                let (growth, above) = scalp.grows(body.vertices[v as usize], style);
                scalp.growth[v as usize] = growth;
                scalp.above[v as usize] = above;
            }
        }
        scalp.radii = scalp.map(of_head.iter().map(|&v| body.vertices[v as usize]));
        Ok(scalp)
    }

    /// `at` against the eyes, in middling decimetres.
    pub fn local(&self, at: Vec3) -> Vec3 {
        (at - self.eyes) / self.scale
    }

    /// How much hair grows at a place, and how far it lies above the hairline.
    fn grows(&self, at: Vec3, style: &HairStyle) -> (f32, f32) {
        let p = self.local(at);
        let mut line = along(&HAIRLINE, p.z);
        // The temples go back first, then the whole forehead.
        let front = smooth(p.z, -1.0, -0.4);
        let temple = (-((p.x.abs() - 0.42) / 0.20).powi(2)).exp();
        line += style.recession * front * (0.09 + 0.24 * temple);
        // Women's foreheads are framed more roundly; cuts over the ears keep some hair before them.
        if style.cut == Cut::Pixie || style.cut.falls() {
            line -= 0.12 * smooth(p.z, -1.0, -0.8) * (1.0 - smooth(p.z, -0.55, -0.3));
        }
        line += 0.07 * (noise(p * 4.0, 77) - 0.5);
        let grown = smooth(p.y - line, -0.03, 0.15);
        let crown = (-(p - Vec3::new(0.0, 0.98, -0.75)).length_squared() / 0.42).exp();
        (grown * (1.0 - 1.4 * style.thinning * crown).clamp(0.0, 1.0), p.y - line)
    }

    /// The skull's radius in every direction, ears included.
    fn map(&self, vertices: impl Iterator<Item = Vec3>) -> Vec<f32> {
        let mut radii = vec![0.0f32; SECTORS * RINGS];
        for at in vertices {
            let from = at - self.centre;
            let (ring, sector) = cell(from.normalize_or(Vec3::Y));
            let slot = &mut radii[ring.round() as usize * SECTORS + sector.round() as usize % SECTORS];
            *slot = slot.max(from.length());
        }
        for _ in 0..3 {
            let old = radii.clone();
            for ring in 0..RINGS {
                for sector in 0..SECTORS {
                    let near = [
                        (ring, (sector + 1) % SECTORS),
                        (ring, (sector + SECTORS - 1) % SECTORS),
                        (ring.saturating_sub(1), sector),
                        ((ring + 1).min(RINGS - 1), sector),
                    ];
                    let (sum, count) = near
                        .iter()
                        .map(|&(r, s)| old[r * SECTORS + s])
                        .filter(|radius| *radius > 0.0)
                        .fold((0.0, 0.0f32), |(sum, count), radius| (sum + radius, count + 1.0));
                    let slot = &mut radii[ring * SECTORS + sector];
                    if *slot == 0.0 && count > 0.0 {
                        *slot = sum / count;
                    } else if count > 0.0 {
                        *slot = slot.max(0.5 * (*slot + sum / count));
                    }
                }
            }
        }
        radii
    }

    /// Radius of the skull towards a direction.
    pub fn radius(&self, towards: Vec3) -> f32 {
        let (ring, sector) = cell(towards.normalize_or(Vec3::Y));
        let (r, s) = (ring.floor(), sector.floor());
        let value =
            |r: f32, s: f32| self.radii[(r as usize).min(RINGS - 1) * SECTORS + (s as usize) % SECTORS];
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
        let row = |r: f32| mix(value(r, s), value(r, s + 1.0), sector - s);
        mix(row(r), row(r + 1.0), ring - r)
    }

    /// A point over the skull.
    pub fn over(&self, towards: Vec3, gap: f32) -> Vec3 {
        let towards = towards.normalize_or(Vec3::Y);
        self.centre + towards * (self.radius(towards) + gap)
    }
}

fn cell(towards: Vec3) -> (f32, f32) {
    let up = (towards.y.clamp(-1.0, 1.0).acos() / std::f32::consts::PI) * (RINGS - 1) as f32;
    let turn = towards.x.atan2(towards.z) / std::f32::consts::TAU + 0.5;
    (up, turn * SECTORS as f32)
}

/// The mask of the ears at every vertex of the head.
fn ears(body: &Body) -> Result<BTreeMap<u32, u8>> {
    let mask = body.anatomy.skin_mask("ears")?;
    let mesh = &body.anatomy.mesh;
    let mut ears = BTreeMap::new();
    for face in mesh.faces_of("body") {
        for (&v, &uv) in face.vertices.iter().zip(&face.uv) {
            let uv = mesh.uv[uv as usize];
            let x = ((uv.x * mask.width() as f32) as u32).min(mask.width() - 1);
            let y = (((1.0 - uv.y) * mask.height() as f32) as u32).min(mask.height() - 1);
            ears.insert(v, mask.get_pixel(x, y).0[0]);
        }
    }
    Ok(ears)
}

/// A value between the two nearest entries of a table.
fn along(table: &[(f32, f32)], at: f32) -> f32 {
    let mut before = table[0];
    for &entry in table {
        if at <= entry.0 {
            let span = (entry.0 - before.0).max(1e-6);
            return before.1 + (entry.1 - before.1) * ((at - before.0) / span).clamp(0.0, 1.0);
        }
        before = entry;
    }
    before.1
}
