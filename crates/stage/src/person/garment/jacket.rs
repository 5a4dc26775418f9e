//! What is worn open over a top: a blazer with lapels, a cardigan with a band.

use glam::Vec3;

use super::super::{Body, Piece};
use super::atlas::Atlas;
use super::band::{Column, Strips, calm};
use super::clearance::Clearance;
use super::collar::upright;
use super::fabric::{self, Make};
use super::fit::{Cloth, Fit};
use super::folds::Folds;
use super::measure::{Measures, smooth};
use super::outfit::{Fabric, Jacket};
use super::paint::{self, Detail, RELIEF};
use super::shape::{Edge, Neckline, Opening, Shape};
use super::sheet::{Sheet, SheetPoint};
use super::top::{piece, runs};

/// How far a jacket stands off the trunk: over what is worn beneath, in decimetres.
const LAYER: f32 = 0.14;

/// How much the collar leans towards the neck.
const LEAN: f32 = 0.7;

/// A jacket as planned for a body.
pub(super) struct Plan<'a> {
    /// Its cut.
    pub shape: Shape<'a>,
    kind: Jacket,
    cloth: Fabric,
}

/// Plans a jacket.
pub(super) fn plan(measures: &Measures, kind: Jacket, cloth: Fabric) -> Plan<'_> {
    let button = measures.waist + 0.25;
    let top = measures.neck.centre.y - 0.15;
    let (above, below) = match kind {
        Jacket::Blazer => (0.66 / (top - button), 0.16),
        Jacket::Cardigan => (0.56 / (top - button), 0.04),
    };
    let cuff = measures.arms[0].length() - 0.22;
    Plan {
        shape: Shape {
            measures,
            neckline: Some(Neckline { side: 1.24, front: 1.0, back: 1.14, vee: None }),
            hem: measures.hip - 0.35,
            cuff,
            opening: Some(Opening { button, above, below }),
        },
        kind,
        cloth,
    }
}

/// Sews a jacket.
pub(super) fn make(body: &Body, measures: &Measures, plan: &Plan, seed: u32) -> Vec<Piece> {
    let blazer = plan.kind == Jacket::Blazer;
    let shape = &plan.shape;
    let fit = Fit {
        trunk: LAYER,
        shoulder: if blazer { 0.11 } else { 0.09 },
        arm: 0.14,
        cuff: 0.13,
        cuff_at: shape.cuff,
        hang: if blazer { 0.55 } else { 0.75 },
        gathered: None,
        spans: if blazer { 6 } else { 3 },
    };
    let depth = if blazer { 0.5 } else { 0.7 };
    let folds = Folds::new(measures, seed, depth, 0.3, shape.cuff, shape.hem - 0.6);
    let cloth = Cloth::lay(body, measures, "helper-tights", shape.hem - 0.6, &fit, &folds);
    let sheet = Sheet::cut(&cloth, |spot| shape.inside(spot));
    let atlas = Atlas::new(&sheet, measures);
    let make = if blazer { Make::Twill } else { Make::Knit };
    let detail = Detail { make, fabric: plan.cloth, kind: paint::Kind::Jacket(plan.kind), seed };
    let (texture, heights) = atlas.paint(RELIEF, |texel| paint::paint(texel, shape, &folds, &detail));
    let main = Piece {
        points: sheet.points.iter().map(SheetPoint::piece_point).collect(),
        corners: atlas.corners,
        triangles: atlas.triangles,
        texture,
        relief: Some((heights, RELIEF)),
        specular: 0.07,
        gloss: 8.0,
        subsurface: 0.0,
        casts_shadow: true,
    };
    let (tile, rise, side) = fabric::tile(&plan.cloth, if blazer { Make::Twill } else { Make::Rib }, seed);
    let clearance = Clearance::new(body, "helper-tights", shape.hem - 1.0, measures.neck.centre.y + 1.0);
    let mut strips = Strips { lengthwise: blazer, ..Strips::default() };
    for (edge, columns, closed) in joined(runs(&sheet, shape)) {
        match edge {
            Edge::Neck | Edge::Opening if blazer => lapels(&mut strips, columns, side, shape, &clearance),
            Edge::Neck | Edge::Opening => front_band(&mut strips, columns, side, shape, &clearance),
            Edge::Cuff => strips.turn_in(&columns, closed, side, 0.015, 0.1),
            Edge::Hem => strips.turn_in(&columns, closed, side, 0.015, 0.08),
        }
    }
    vec![main, piece(strips, tile, rise)]
}

/// Opening, neckline and opening are one edge: put together again in the order in which they run.
fn joined(runs: Vec<(Edge, Vec<Column>, bool)>) -> Vec<(Edge, Vec<Column>, bool)> {
    let (fronts, mut rest): (Vec<_>, Vec<_>) =
        runs.into_iter().partition(|(edge, ..)| matches!(edge, Edge::Neck | Edge::Opening));
    let mut parts: Vec<Vec<Column>> = fronts.into_iter().map(|(_, columns, _)| columns).collect();
    let mut whole: Vec<Column> = Vec::new();
    // Begin with the part whose start no other part ends at.
    while !parts.is_empty() {
        let next = match whole.last() {
            None => (0..parts.len()).find(|&k| {
                !parts.iter().any(|other| {
                    other.last().zip(parts[k].first()).is_some_and(|(a, b)| a.at.distance(b.at) < 0.05)
                })
            }),
            Some(end) => {
                let end = end.at;
                (0..parts.len()).find(|&k| parts[k].first().is_some_and(|c| c.at.distance(end) < 0.05))
            }
        };
        let Some(k) = next else {
            if whole.is_empty() {
                whole = parts.remove(0);
                continue;
            }
            break;
        };
        let part = parts.remove(k);
        let skip = usize::from(!whole.is_empty());
        let offset = whole.last().map_or(0.0, |c| c.length);
        whole.extend(part.into_iter().skip(skip).map(|c| Column { length: c.length + offset, ..c }));
    }
    if whole.len() > 3 {
        calm(&mut whole, false, 2);
        rest.push((Edge::Opening, whole, false));
    }
    rest
}

/// Lapels from the button up, the notch, and the collar round the neck.
fn lapels(strips: &mut Strips, columns: Vec<Column>, tile: f32, shape: &Shape, clearance: &Clearance) {
    let ring = &shape.measures.neck;
    let button = shape.opening.map_or(shape.measures.waist, |opening| opening.button);
    let notch = ring.centre.y - 1.05;
    strips.sweep(&columns, false, tile, |_, c| {
        let (around, up) = upright(c, ring);
        let above = c.at.y - button;
        // 0 on the chest, 1 where the collar stands around the neck.
        let standing = smooth(c.at.y, notch + 0.25, ring.centre.y - 0.25);
        let lapel = 0.1 + 0.62 * smooth(above, 0.0, (notch - button) * 0.75);
        let collar = 0.52 - 0.1 * standing;
        let at_notch = (-((c.at.y - notch) / 0.07).powi(2)).exp();
        let wide = if c.at.y < notch { lapel } else { collar } * (1.0 - 0.45 * at_notch);
        let wide = wide * smooth(above, -0.12, 0.05);
        let over = (-c.away + Vec3::Y * 0.08).normalize_or(-c.away);
        let flat = |w: f32, out: f32| clearance.push(c.at + over * w + c.out * out, LAYER + out);
        let stand =
            |o: f32, u: f32, gap: f32| clearance.push(c.at + around * (o - LEAN * u.max(0.0)) + up * u, gap);
        let tall = 0.26;
        let places = [
            (flat(wide, 0.02), stand(0.22, tall - 0.42, LAYER + 0.03)),
            (flat(wide, 0.055), stand(0.25, tall - 0.42, LAYER + 0.07)),
            (flat(wide * 0.5, 0.075), stand(0.2, tall - 0.2, LAYER + 0.06)),
            (flat(wide * 0.1, 0.06), stand(0.12, tall - 0.03, 0.1)),
            (c.at + c.away * 0.01 + c.out * 0.02, stand(0.07, tall, 0.07)),
            (c.at - c.out * 0.06, stand(0.0, -0.08, 0.03)),
        ];
        places.map(|(flat, stand)| flat.lerp(stand, standing)).to_vec()
    });
}

/// The ribbed band of a cardigan.
fn front_band(strips: &mut Strips, columns: Vec<Column>, tile: f32, shape: &Shape, clearance: &Clearance) {
    let ring = &shape.measures.neck;
    strips.sweep(&columns, false, tile, |_, c| {
        let near = smooth(c.at.y, ring.centre.y - 0.9, ring.centre.y - 0.2);
        let lean = (c.away + ring.up * 0.45 * near).normalize_or(c.away);
        let place = |out: f32, away: f32| {
            clearance.push(c.at + c.out * out + lean * away, 0.06 + out.max(0.0) + 0.02)
        };
        vec![
            place(0.0, -0.14),
            place(0.045, -0.13),
            place(0.05, 0.0),
            place(0.045, 0.15),
            place(0.0, 0.17),
            c.at + lean * 0.1 - c.out * 0.05,
        ]
    });
}
