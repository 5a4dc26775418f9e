//! Long hair: sheets of strands that start at the parting, follow the skull and then fall, lying on the shoulders.

use glam::{Vec2, Vec3};
use std::f32::consts::PI;

use super::super::garment::{Clearance, smooth};
use super::super::{Bind, Body, Piece, PieceCorner, PiecePoint, noise};
use super::scalp::Scalp;
use super::strand::{ACROSS, ALONG};
use super::{Cut, HairStyle};
use crate::surface::{Part, Texture};

/// Guides around the head.
const GUIDES: usize = 38;
/// Places along a guide.
const STEPS: usize = 15;
/// Sheets over each other.
const LAYERS: usize = 3;
/// How much of each sheet is cut away, 0–1, from the innermost outwards: strands show between.
const THINNED: [f32; LAYERS] = [0.0, 0.14, 0.3];
/// From where on strands end, as a share of their length.
const TIPS: f32 = 0.86;
/// Steps in which a guide is traced before it is divided evenly.
const TRACE: usize = 56;
/// Azimuth of the foremost guides, from the face, in radians.
const FOREMOST: f32 = 1.22;
/// How far from the middle hair lies before and behind the shoulders, in middling decimetres.
const BEFORE: f32 = 0.85;
const BEHIND: f32 = 0.95;
/// Distance from the skin below the neck: over a jacket.
const ON_CLOTH: f32 = 0.27;
/// How much farther off it lies at the back, where collars stand.
const BEHIND_COLLAR: f32 = 0.22;
/// How many times a traced guide is smoothed.
const EASE: usize = 14;
/// Share of the trunk's motion that the lowest strands take.
const FOLLOW: f32 = 0.85;

/// Long hair on a head.
pub(super) fn fall(body: &Body, scalp: &Scalp, style: &HairStyle, texture: Texture, seed: u32) -> Piece {
    let clearance = Clearance::new(body, "body", scalp.neck.y - 3.5, scalp.eyes.y + 0.3);
    let rooting = Rooting::new(body, scalp);
    let mut sheets = Sheets::default();
    for layer in 0..LAYERS {
        let guides: Vec<Vec<Vec3>> = (0..GUIDES)
            .map(|k| guide(scalp, style, &clearance, k as f32 / (GUIDES - 1) as f32, layer, seed))
            .collect();
        sheets.add(&guides, layer, &rooting);
    }
    if style.fringe {
        for layer in 0..2 {
            let guides: Vec<Vec<Vec3>> = (0..GUIDES / 2)
                .map(|k| fringe(scalp, k as f32 / (GUIDES / 2 - 1) as f32, layer, seed))
                .collect();
            sheets.add(&guides, layer + 1, &rooting);
        }
    }
    Piece {
        points: sheets.points,
        corners: sheets.corners,
        triangles: sheets.triangles,
        texture,
        relief: None,
        specular: 0.32,
        gloss: 24.0,
        subsurface: 0.15,
        casts_shadow: true,
    }
}

/// What points of falling hair follow: the head above, the trunk where hair lies on it.
pub(super) struct Rooting {
    crown: u32,
    chin: f32,
    neck: f32,
    trunk: Vec<(u32, Vec3)>,
}

impl Rooting {
    pub fn new(body: &Body, scalp: &Scalp) -> Self {
        let trunk = body
            .anatomy
            .mesh
            .vertices_of("helper-tights")
            .iter()
            .map(|&v| (v, body.vertices[v as usize]))
            .filter(|(_, at)| at.y > scalp.neck.y - 3.5 && at.y < scalp.neck.y - 0.3 && at.x.abs() < 1.4)
            .collect();
        Self { crown: scalp.crown, chin: scalp.chin.y, neck: scalp.neck.y, trunk }
    }

    /// What a point follows.
    pub fn bind(&self, at: Vec3) -> Bind {
        let share = FOLLOW * (1.0 - smooth(at.y, self.neck - 0.5, self.chin + 0.15));
        let nearest = self
            .trunk
            .iter()
            .min_by(|(_, a), (_, b)| a.distance_squared(at).total_cmp(&b.distance_squared(at)));
        match nearest {
            Some(&(vertex, _)) if share > 0.0 => {
                Bind::Mix([(self.crown, 1.0 - share), (vertex, share), (self.crown, 0.0)])
            }
            _ => Bind::Mix([(self.crown, 1.0), (self.crown, 0.0), (self.crown, 0.0)]),
        }
    }
}

#[derive(Default)]
struct Sheets {
    points: Vec<PiecePoint>,
    corners: Vec<PieceCorner>,
    triangles: Vec<([u32; 3], Part)>,
}

impl Sheets {
    fn add(&mut self, guides: &[Vec<Vec3>], layer: usize, rooting: &Rooting) {
        let first = self.points.len() as u32;
        let mut across = 0.37 * layer as f32;
        for (g, guide) in guides.iter().enumerate() {
            if g > 0 {
                across += guide[STEPS / 2].distance(guides[g - 1][STEPS / 2]) / ACROSS;
            }
            let edge = g.min(guides.len() - 1 - g) as f32;
            let mut run = 0.0;
            for (n, &rest) in guide.iter().enumerate() {
                if n > 0 {
                    run += rest.distance(guide[n - 1]);
                }
                let down = n as f32 / (STEPS - 1) as f32;
                let tips = smooth(down, TIPS, 1.0);
                let side = 1.0 - smooth(edge, 0.0, 1.5);
                let cut = THINNED[layer.min(2)] * smooth(down, 0.0, 0.3) + 0.5 * tips + 0.25 * side;
                self.points.push(PiecePoint { rest, bind: rooting.bind(rest) });
                self.corners.push(PieceCorner {
                    point: self.points.len() as u32 - 1,
                    uv: Vec2::new(across, run / ALONG),
                    cut: cut.min(0.98),
                });
            }
        }
        for g in 0..guides.len() as u32 - 1 {
            for n in 0..STEPS as u32 - 1 {
                let at = |g: u32, n: u32| first + g * STEPS as u32 + n;
                let (a, b, c, d) = (at(g, n), at(g, n + 1), at(g + 1, n + 1), at(g + 1, n));
                self.triangles.push(([a, b, c], Part::Hair));
                self.triangles.push(([a, c, d], Part::Hair));
            }
        }
    }
}

/// One guide; `around` runs from the right cheek (0) over the back of the head to the left one (1).
fn guide(
    scalp: &Scalp,
    style: &HairStyle,
    clearance: &Clearance,
    around: f32,
    layer: usize,
    seed: u32,
) -> Vec<Vec3> {
    let scale = scalp.scale;
    let azimuth = -FOREMOST - around * (2.0 * PI - 2.0 * FOREMOST);
    let back = (azimuth + PI).cos().max(0.0);
    let gap = (0.05 + 0.055 * layer as f32 + 0.09 * style.volume) * scale;
    // Roots lie along the parting: the foremost guides at the forehead, those at the back on the crown.
    let depth = smooth((around - 0.5).abs() * 2.0, 0.0, 1.0);
    let part = style.parting * 0.42;
    let root = Vec3::new(part * (0.35 + 0.65 * depth), 0.72 - 0.12 * depth, -0.42 + 0.88 * depth - 0.1)
        .normalize_or(Vec3::Y);
    let beside = Vec3::new(azimuth.sin(), -0.12, azimuth.cos()).normalize_or(Vec3::Z);
    let end = match style.cut {
        Cut::Bob => scalp.chin.y + (0.25 - 0.5 * style.length + 0.12 * back) * scale,
        Cut::Shoulder => scalp.neck.y + (0.15 - 0.6 * style.length) * scale,
        _ => scalp.neck.y - (0.8 + 1.5 * style.length) * scale,
    };
    let jitter = noise(Vec3::new(around * 26.0, layer as f32 * 3.1, 0.5), seed ^ 51) - 0.5;
    let end = end + jitter * if style.cut == Cut::Bob { 0.12 } else { 0.35 } - 0.04 * layer as f32;
    let mut path = Vec::with_capacity(TRACE);
    let over = TRACE / 3;
    for k in 0..=over {
        let t = k as f32 / over as f32;
        // Near the root the hair rises from the skull, then lies at its distance.
        let rise = gap * (0.25 + 0.75 * smooth(t, 0.0, 0.35));
        let lump = 0.05 * style.wave * (noise(Vec3::new(around * 14.0, t * 3.0, 2.5), seed ^ 52) - 0.5);
        path.push(scalp.over(root.lerp(beside, t), rise + lump));
    }
    let start = path[over];
    let outward = Vec3::new(azimuth.sin(), 0.0, azimuth.cos());
    let mut at = start;
    let steps = TRACE - over;
    let drop = ((start.y - end) / steps as f32).max(0.005);
    for k in 1..=steps {
        let t = k as f32 / steps as f32;
        let inwards = match style.cut {
            Cut::Bob => 0.22 * smooth(t, 0.35, 1.0),
            _ => 0.10,
        };
        at += Vec3::NEG_Y * drop - outward * inwards * drop;
        // Past the chin the hair goes before or behind the shoulder, never over its edge.
        let beneath = 1.0 - smooth(at.y, scalp.neck.y - 0.3 * scale, scalp.chin.y);
        let before = if azimuth.cos() > -0.25 { 1.0 } else { -1.0 };
        let widest = (if before > 0.0 { BEFORE } else { BEHIND }) * scale;
        let aside = (at.x.abs() - widest).max(0.0);
        at.x -= at.x.signum() * aside * (3.0 * drop * beneath).min(1.0);
        at.z += before * drop * beneath * 0.55;
        // Collars stand up around the neck.
        let collar = 1.0 - smooth(at.y, scalp.neck.y + 0.3 * scale, scalp.chin.y + 0.4 * scale);
        let rest = 0.07 + (ON_CLOTH + BEHIND_COLLAR * back - 0.07) * collar + 0.04 * layer as f32;
        let pushed = clearance.push(at, rest);
        // Pushed aside, never back up.
        at = Vec3::new(pushed.x, at.y.min(pushed.y), pushed.z);
        let grown = smooth(t, 0.0, 0.5);
        let phase = 6.0 * noise(Vec3::new(around * 7.0, 0.5, layer as f32), seed ^ 53);
        let swing = (at.y * 3.4 + phase).sin() * 0.11 * style.wave * grown;
        let roll = (at.y * 3.4 + phase + 1.4).cos() * 0.08 * style.wave * grown;
        let sideways = Vec3::new(outward.z, 0.0, -outward.x);
        path.push(at + sideways * swing + outward * roll.max(-0.03));
    }
    for _ in 0..EASE {
        let old = path.clone();
        for k in over / 2..path.len() - 1 {
            path[k] = (old[k - 1] + 2.0 * old[k] + old[k + 1]) * 0.25;
        }
    }
    even(&path)
}

/// One guide of a fringe, from right to left over the forehead.
fn fringe(scalp: &Scalp, across: f32, layer: usize, seed: u32) -> Vec<Vec3> {
    let scale = scalp.scale;
    let x = (across - 0.5) * 2.0;
    let root = Vec3::new(0.25 * x, 0.75, 0.35).normalize_or(Vec3::Y);
    let jitter = noise(Vec3::new(across * 17.0, layer as f32 * 2.0, 0.5), seed ^ 61) - 0.5;
    // Ends over the brows, a little longer at the sides.
    let low = 0.02 - 0.16 * x * x + 0.10 * jitter;
    let turn = 1.05 * x;
    let tip = Vec3::new(turn.sin() * 0.95, low + 0.12, turn.cos()).normalize_or(Vec3::Z);
    let path: Vec<Vec3> = (0..=TRACE)
        .map(|k| {
            let t = k as f32 / TRACE as f32;
            let rise = (0.03 + 0.10 * smooth(t, 0.0, 0.5) + 0.03 * layer as f32) * scale;
            scalp.over(root.lerp(tip, t), rise)
        })
        .collect();
    even(&path)
}

/// A path divided into [`STEPS`] places at even distances.
pub(super) fn even(path: &[Vec3]) -> Vec<Vec3> {
    let mut lengths = vec![0.0f32];
    for pair in path.windows(2) {
        lengths.push(lengths.last().copied().unwrap_or(0.0) + pair[0].distance(pair[1]));
    }
    let total = lengths.last().copied().unwrap_or(0.0);
    let mut piece = 0;
    (0..STEPS)
        .map(|n| {
            let wanted = total * n as f32 / (STEPS - 1) as f32;
            while piece + 2 < path.len() && lengths[piece + 1] < wanted {
                piece += 1;
            }
            let span = (lengths[piece + 1] - lengths[piece]).max(1e-6);
            path[piece].lerp(path[piece + 1], ((wanted - lengths[piece]) / span).clamp(0.0, 1.0))
        })
        .collect()
}
