//! Strips along the edges of cut cloth: ribs, collars, lapels, hoods.

use glam::{Vec2, Vec3};

use super::super::{PieceCorner, PiecePoint};
use super::measure::{Spot, smooth};
use super::sheet::{Mix, Sheet, bind, blend};
use crate::surface::Part;

/// One cross-section's place on an edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// On the edge, at rest.
    pub at: Vec3,
    /// Unit vector out of the cloth.
    pub out: Vec3,
    /// Unit vector off the cloth, across the edge.
    pub away: Vec3,
    /// Length of the edge up to here, in decimetres.
    pub length: f32,
    /// Where the edge lies on the body.
    pub spot: Spot,
    /// What it follows.
    pub mix: Mix,
}

/// One column for each of `points` of a sheet: they fit the cloth exactly.
pub(super) fn columns_at_points(sheet: &Sheet, points: &[u32], closed: bool) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::with_capacity(points.len());
    for &k in points {
        let point = &sheet.points[k as usize];
        let length = columns.last().map_or(0.0, |c| c.length + c.at.distance(point.rest));
        columns.push(Column {
            at: point.rest,
            out: point.normal,
            away: Vec3::Y,
            length,
            spot: point.spot,
            mix: point.mix,
        });
    }
    face_away(&mut columns, closed);
    columns
}

/// Columns at even distances along `points` of a sheet.
pub(super) fn columns(sheet: &Sheet, points: &[u32], closed: bool, spacing: f32) -> Vec<Column> {
    let at = |k: usize| &sheet.points[points[k % points.len()] as usize];
    let pieces = if closed { points.len() } else { points.len() - 1 };
    let mut lengths = vec![0.0f32];
    for k in 0..pieces {
        lengths.push(lengths[k] + at(k).rest.distance(at(k + 1).rest));
    }
    let total = lengths[pieces];
    let count = ((total / spacing).round() as usize).max(3);
    let mut columns = Vec::with_capacity(count + 1);
    let mut piece = 0;
    for k in 0..=count {
        if closed && k == count {
            break;
        }
        let length = total * k as f32 / count as f32;
        while piece + 1 < pieces && lengths[piece + 1] < length {
            piece += 1;
        }
        let span = (lengths[piece + 1] - lengths[piece]).max(1e-6);
        let share = ((length - lengths[piece]) / span).clamp(0.0, 1.0);
        let (a, b) = (at(piece), at(piece + 1));
        columns.push(Column {
            at: a.rest.lerp(b.rest, share),
            out: a.normal.lerp(b.normal, share).normalize_or(Vec3::Y),
            away: Vec3::Y,
            length,
            spot: a.spot.lerp(&b.spot, share),
            mix: blend(&a.mix, &b.mix, share),
        });
    }
    face_away(&mut columns, closed);
    columns
}

/// Sets the directions off the cloth from the way the edge runs.
fn face_away(columns: &mut [Column], closed: bool) {
    let count = columns.len();
    for k in 0..count {
        let (before, after) = if closed {
            ((k + count - 1) % count, (k + 1) % count)
        } else {
            (k.saturating_sub(1), (k + 1).min(count - 1))
        };
        let travel = columns[after].at - columns[before].at;
        columns[k].away = travel.cross(columns[k].out).normalize_or(Vec3::Y);
    }
}

/// Evens out the ways columns face, `times` over; the mesh's own facets would show in a thin strip.
pub(super) fn calm(columns: &mut [Column], closed: bool, times: usize) {
    let count = columns.len();
    for _ in 0..times {
        let old: Vec<(Vec3, Vec3)> = columns.iter().map(|c| (c.out, c.away)).collect();
        for k in 0..count {
            let (a, b) = if closed {
                ((k + count - 1) % count, (k + 1) % count)
            } else {
                (k.saturating_sub(1), (k + 1).min(count - 1))
            };
            columns[k].out = (old[a].0 + 2.0 * old[k].0 + old[b].0).normalize_or(columns[k].out);
            columns[k].away = (old[a].1 + 2.0 * old[k].1 + old[b].1).normalize_or(columns[k].away);
        }
    }
}

/// Strips that share one texture.
#[derive(Default)]
pub(super) struct Strips {
    /// Points.
    pub points: Vec<PiecePoint>,
    /// Corners.
    pub corners: Vec<PieceCorner>,
    /// Triangles.
    pub triangles: Vec<([u32; 3], Part)>,
    /// Whether the cloth's upright direction runs along the edge, as in lapels, and not across it.
    pub lengthwise: bool,
}

impl Strips {
    /// Sweeps a cross-section along columns. `section` gives for each column the same number of places, from the outer
    /// side over the top to the inner side; `tile` is the texture's side in decimetres.
    pub fn sweep(
        &mut self,
        columns: &[Column],
        closed: bool,
        tile: f32,
        section: impl Fn(usize, &Column) -> Vec<Vec3>,
    ) {
        let first = self.points.len() as u32;
        let mut rows = 0;
        for (k, column) in columns.iter().enumerate() {
            let places = section(k, column);
            rows = places.len() as u32;
            let mut run = 0.0;
            for (n, &rest) in places.iter().enumerate() {
                if n > 0 {
                    run += rest.distance(places[n - 1]);
                }
                self.points.push(PiecePoint { rest, bind: bind(&column.mix) });
                self.corners.push(PieceCorner {
                    point: first + k as u32 * rows + n as u32,
                    uv: if self.lengthwise {
                        Vec2::new(run, column.length)
                    } else {
                        Vec2::new(column.length, run)
                    } / tile,
                    cut: 0.0,
                });
            }
        }
        let count = columns.len() as u32;
        let base = self.corners.len() as u32 - count * rows;
        if closed {
            // The seam has the texture coordinates of the far end.
            let pitch = columns.get(1).map_or(0.0, |c| c.length);
            let end = columns.last().map_or(0.0, |c| c.length) + pitch;
            for n in 0..rows {
                let mut corner = self.corners[(base + n) as usize];
                *(if self.lengthwise { &mut corner.uv.y } else { &mut corner.uv.x }) = end / tile;
                self.corners.push(corner);
            }
        }
        let spans = if closed { count } else { count.saturating_sub(1) };
        for k in 0..spans {
            let part = part(&columns[k as usize].spot);
            for n in 0..rows.saturating_sub(1) {
                let at = |k: u32, n: u32| base + k * rows + n;
                let (a, b, c, d) = (at(k, n), at(k, n + 1), at(k + 1, n + 1), at(k + 1, n));
                self.triangles.push(([a, b, c], part));
                self.triangles.push(([a, c, d], part));
            }
        }
    }

    /// An edge turned in: `thick` beyond the cloth, then `inwards` under it.
    pub fn turn_in(&mut self, columns: &[Column], closed: bool, tile: f32, thick: f32, inwards: f32) {
        self.sweep(columns, closed, tile, |_, c| {
            vec![c.at, c.at + c.away * thick - c.out * thick, c.at - c.out * inwards - c.away * 0.05]
        });
    }
}

/// What a place on the body belongs to.
pub(super) fn part(spot: &Spot) -> Part {
    match (spot.arm > 0.5, spot.side()) {
        (false, _) => Part::Torso,
        (true, 0) => Part::LeftArm,
        (true, _) => Part::RightArm,
    }
}

/// 1 within `width` of the front's middle line, falling to 0 at twice that, for what lies before the neck.
pub(super) fn middle_front(at: Vec3, centre: Vec3, width: f32) -> f32 {
    if at.z < centre.z { 0.0 } else { 1.0 - smooth(at.x.abs(), width, 2.0 * width) }
}
