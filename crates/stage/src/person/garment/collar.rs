//! What goes round the neck: ribs, collars that fold, tubes, hoods.

use glam::Vec3;

use super::band::{Column, Strips, calm, middle_front};
use super::clearance::Clearance;
use super::measure::{Measures, Ring, smooth};
use super::outfit::Top;

/// Least distance of a collar from the skin, in decimetres.
const OFF_SKIN: f32 = 0.025;
/// How much a collar's stand leans inwards.
const LEAN: f32 = 0.5;
/// Half the gap between the two sides of a collar in front, in decimetres.
const GAP: f32 = 0.10;

/// Adds what `top` has around its neckline.
pub(super) fn neck(
    strips: &mut Strips,
    mut columns: Vec<Column>,
    closed: bool,
    tile: f32,
    top: Top,
    measures: &Measures,
    clearance: &Clearance,
) {
    let ring = &measures.neck;
    match top {
        Top::Tee => rib(strips, columns, closed, tile, ring, clearance, [0.15, 0.02]),
        Top::Jumper => rib(strips, columns, closed, tile, ring, clearance, [0.2, 0.035]),
        Top::VNeck => rib(strips, columns, closed, tile, ring, clearance, [0.17, 0.03]),
        Top::Blouse => rib(strips, columns, closed, tile, ring, clearance, [0.06, 0.02]),
        Top::Turtleneck => {
            calm(&mut columns, closed, 4);
            strips.sweep(&columns, closed, tile, |_, c| {
                let (out, up) = upright(c, ring);
                let place = |o: f32, u: f32, gap: f32| clearance.push(c.at + out * o + up * u, gap);
                vec![
                    place(0.03, -0.46, 0.05),
                    place(0.11, -0.44, 0.10),
                    place(0.13, -0.2, 0.12),
                    place(0.11, 0.08, 0.10),
                    place(0.07, 0.16, 0.07),
                    place(0.02, 0.12, 0.03),
                    place(0.0, -0.05, 0.01),
                ]
            });
        }
        Top::Hoodie => hood(strips, &columns, closed, tile, ring, clearance),
        Top::Shirt => leaves(strips, columns, closed, tile, ring, clearance, [0.34, 0.30, 0.34]),
        Top::Polo => leaves(strips, columns, closed, tile, ring, clearance, [0.26, 0.30, 0.2]),
    }
}

/// Outwards and upwards as a collar that stands around the neck has them.
pub(super) fn upright(column: &Column, ring: &Ring) -> (Vec3, Vec3) {
    let from = column.at - ring.centre;
    let out = (from - ring.up * from.dot(ring.up)).normalize_or(column.out);
    (out, ring.up)
}

/// A band of ribs: `[high, thick]` in decimetres.
fn rib(
    strips: &mut Strips,
    mut columns: Vec<Column>,
    closed: bool,
    tile: f32,
    ring: &Ring,
    clearance: &Clearance,
    [high, thick]: [f32; 2],
) {
    calm(&mut columns, closed, 2);
    strips.sweep(&columns, closed, tile, |_, c| {
        // Towards the neck a band leans up along it.
        let lean = (c.away + ring.up * 0.45).normalize_or(c.away);
        let place =
            |out: f32, away: f32| clearance.push(c.at + c.out * out + lean * away, out.max(0.0) + OFF_SKIN);
        vec![
            place(0.0, -0.02),
            place(thick, 0.0),
            place(thick * 1.2, high * 0.5),
            place(thick * 0.9, high * 0.93),
            place(thick * 0.3, high),
            c.at + lean * high * 0.8 - c.out * 0.04,
        ]
    });
}

/// A collar that stands and folds over: `[stand, fall at the back, more fall at the points]` in decimetres.
fn leaves(
    strips: &mut Strips,
    columns: Vec<Column>,
    closed: bool,
    tile: f32,
    ring: &Ring,
    clearance: &Clearance,
    [stand, fall, point]: [f32; 3],
) {
    let low = ring.centre.y - 0.62;
    let mut around: Vec<Column> = columns
        .iter()
        .copied()
        .filter(|c| c.at.y > low && (c.at.z < ring.centre.z || c.at.x.abs() > GAP))
        .collect();
    // It begins after the widest gap, which is in front: from the right point round the back to the left one.
    let before = |k: usize| around[(k + around.len() - 1) % around.len()].at.distance(around[k].at);
    let Some(start) = (0..around.len()).max_by(|&a, &b| before(a).total_cmp(&before(b))) else { return };
    around.rotate_left(start);
    // The edge below the collar, along the placket, is only turned in.
    strips.turn_in(&columns, closed, tile, 0.01, 0.05);
    let (Some(first), Some(last)) = (around.first(), around.last()) else { return };
    let total = (last.length - first.length).abs().max(around.len() as f32 * 0.1);
    let mut run = 0.0;
    let mut before = first.at;
    let lengths: Vec<f32> = around
        .iter()
        .map(|c| {
            run += c.at.distance(before);
            before = c.at;
            run
        })
        .collect();
    let total = run.max(total * 0.5);
    strips.sweep(&around, false, tile, |k, c| {
        let (out, up) = upright(c, ring);
        let end = lengths[k].min(total - lengths[k]);
        let front = 1.0 - smooth(end, 0.0, 0.75);
        let tip = 1.0 - smooth(end, 0.0, 0.5);
        let high = stand * (1.0 - 0.3 * front);
        let reach = fall + point * tip;
        // The points swing apart.
        let swing = Vec3::X * c.at.x.signum() * 0.22 * tip * reach;
        // The stand leans towards the neck, the more the wider the neckline lies.
        let place =
            |o: f32, u: f32, gap: f32| clearance.push(c.at + out * (o - LEAN * u.max(0.0)) + up * u, gap);
        vec![
            place(0.13, high - reach, 0.09) + swing,
            place(0.16, high - reach, 0.12) + swing,
            place(0.16, high - reach * 0.5, 0.12) + swing * 0.4,
            place(0.13, high - 0.06, 0.08),
            place(0.08, high, 0.055),
            place(0.03, high - 0.05, 0.025),
            place(0.0, -0.06, 0.0),
        ]
    });
}

/// A hood that lies on the back.
fn hood(
    strips: &mut Strips,
    columns: &[Column],
    closed: bool,
    tile: f32,
    ring: &Ring,
    clearance: &Clearance,
) {
    strips.sweep(columns, closed, tile, |_, c| {
        let (out, up) = upright(c, ring);
        let from = c.at - ring.centre;
        let back = smooth(-from.dot(ring.front), -0.75, 0.55);
        let front = middle_front(c.at, ring.centre, 0.22);
        let (wide, high) = (0.16 + 0.30 * back, 0.16 + 0.40 * back - 0.08 * front);
        let out = (out + Vec3::Y * 0.35 * (1.0 - back)).normalize_or(out);
        let place = |o: f32, u: f32, gap: f32| clearance.push(c.at + out * o + up * u, gap);
        vec![
            place(wide * 0.6, -0.16 - 0.30 * back, 0.06),
            place(wide, -0.08 - 0.14 * back, 0.12 + 0.16 * back),
            place(wide * 1.05, high * 0.45, 0.12 + 0.1 * back),
            place(wide * 0.85, high * 0.85, 0.1),
            place(wide * 0.5, high, 0.07),
            place(wide * 0.18, high * 0.8, 0.05),
            place(0.02, high * 0.2, 0.03),
            place(0.0, -0.08, 0.0),
        ]
    });
}
