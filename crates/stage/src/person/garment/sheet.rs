//! Cloth cut along a smooth line: triangles are clipped where a signed distance changes its sign, so hems are straight
//! and necklines round however coarse the mesh is.

use glam::Vec3;
use std::collections::BTreeMap;

use super::super::{Bind, PiecePoint};
use super::fit::Cloth;
use super::measure::Spot;

/// Halvings of an edge in search of the line: to a thousandth of the edge.
const HALVINGS: usize = 10;

/// Shares of up to three vertices of the base mesh.
pub(super) type Mix = [(u32, f32); 3];

/// A point of cut cloth.
#[derive(Clone, Copy, Debug)]
pub(super) struct SheetPoint {
    /// At rest.
    pub rest: Vec3,
    /// Unit normal.
    pub normal: Vec3,
    /// Where it lies on the body.
    pub spot: Spot,
    /// What it follows.
    pub mix: Mix,
}

/// Cut cloth.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    /// Its points.
    pub points: Vec<SheetPoint>,
    /// Its triangles.
    pub triangles: Vec<[u32; 3]>,
}

/// An edge of the sheet: its points in order, the cloth to the left seen from outside.
#[derive(Clone, Debug)]
pub(super) struct Rim {
    /// Indices of points.
    pub points: Vec<u32>,
    /// Whether the last point is joined to the first.
    pub closed: bool,
}

impl SheetPoint {
    /// As a point of a piece.
    pub fn piece_point(&self) -> PiecePoint {
        PiecePoint { rest: self.rest, bind: bind(&self.mix) }
    }
}

/// What a mix of vertices means as a binding.
pub(super) fn bind(mix: &Mix) -> Bind {
    match mix {
        [(vertex, share), ..] if *share >= 1.0 => Bind::Vertex(*vertex),
        _ => Bind::Mix(*mix),
    }
}

/// A blend of two mixes; when more than three vertices take part, the three with the largest shares stay.
pub(super) fn blend(a: &Mix, b: &Mix, share: f32) -> Mix {
    let mut all: Vec<(u32, f32)> = Vec::with_capacity(6);
    for (list, weight) in [(a, 1.0 - share), (b, share)] {
        for &(vertex, amount) in list {
            let amount = amount * weight;
            match all.iter_mut().find(|(known, _)| *known == vertex) {
                Some((_, sum)) => *sum += amount,
                None if amount > 0.0 => all.push((vertex, amount)),
                None => {}
            }
        }
    }
    all.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
    all.truncate(3);
    let sum: f32 = all.iter().map(|(_, amount)| amount).sum();
    let first = all.first().map_or(0, |(vertex, _)| *vertex);
    let mut mix = [(first, 0.0); 3];
    for (slot, (vertex, amount)) in mix.iter_mut().zip(all) {
        *slot = (vertex, amount / sum.max(1e-9));
    }
    mix
}

impl Sheet {
    /// Keeps of `cloth` what lies where `inside` is positive.
    pub fn cut(cloth: &Cloth, inside: impl Fn(&Spot) -> f32) -> Self {
        let depth: Vec<f32> = cloth.points.iter().map(|point| inside(&point.spot)).collect();
        let mut sheet = Self::default();
        let mut kept = BTreeMap::<u32, u32>::new();
        let mut crossed = BTreeMap::<(u32, u32), u32>::new();
        for face in &cloth.faces {
            for k in 1..face.len() - 1 {
                let corners = [face[0], face[k], face[k + 1]];
                let mut polygon: Vec<u32> = Vec::with_capacity(4);
                for (n, &a) in corners.iter().enumerate() {
                    let b = corners[(n + 1) % 3];
                    let (a_in, b_in) = (depth[a as usize] > 0.0, depth[b as usize] > 0.0);
                    if a_in {
                        polygon.push(*kept.entry(a).or_insert_with(|| sheet.keep(cloth, a)));
                    }
                    if a_in != b_in {
                        let key = (a.min(b), a.max(b));
                        let (from, to) = if a_in { (a, b) } else { (b, a) };
                        polygon.push(
                            *crossed.entry(key).or_insert_with(|| sheet.cross(cloth, from, to, &inside)),
                        );
                    }
                }
                for k in 1..polygon.len().saturating_sub(1) {
                    sheet.triangles.push([polygon[0], polygon[k], polygon[k + 1]]);
                }
            }
        }
        sheet
    }

    fn keep(&mut self, cloth: &Cloth, at: u32) -> u32 {
        let point = &cloth.points[at as usize];
        self.points.push(SheetPoint {
            rest: point.rest,
            normal: point.normal,
            spot: point.spot,
            mix: [(point.vertex, 1.0), (point.vertex, 0.0), (point.vertex, 0.0)],
        });
        self.points.len() as u32 - 1
    }

    fn cross(&mut self, cloth: &Cloth, from: u32, to: u32, inside: &impl Fn(&Spot) -> f32) -> u32 {
        let (a, b) = (&cloth.points[from as usize], &cloth.points[to as usize]);
        let (mut low, mut high) = (0.0f32, 1.0f32);
        for _ in 0..HALVINGS {
            let middle = (low + high) * 0.5;
            if inside(&a.spot.lerp(&b.spot, middle)) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        let share = ((low + high) * 0.5).clamp(0.002, 0.998);
        self.points.push(SheetPoint {
            rest: a.rest.lerp(b.rest, share),
            normal: a.normal.lerp(b.normal, share).normalize_or(a.normal),
            spot: a.spot.lerp(&b.spot, share),
            mix: [(a.vertex, 1.0 - share), (b.vertex, share), (a.vertex, 0.0)],
        });
        self.points.len() as u32 - 1
    }

    /// All edges, each as long as it goes.
    pub fn rims(&self) -> Vec<Rim> {
        let mut directed = BTreeMap::<(u32, u32), u32>::new();
        for t in &self.triangles {
            for k in 0..3 {
                *directed.entry((t[k], t[(k + 1) % 3])).or_default() += 1;
            }
        }
        let mut next = BTreeMap::<u32, u32>::new();
        let mut into = BTreeMap::<u32, u32>::new();
        for &(a, b) in directed.keys() {
            if !directed.contains_key(&(b, a)) {
                next.insert(a, b);
                into.insert(b, a);
            }
        }
        let mut rims = Vec::new();
        while let Some((&any, _)) = next.iter().next() {
            let mut start = any;
            let mut steps = 0;
            while let Some(&before) = into.get(&start) {
                if before == any || !next.contains_key(&before) || steps > self.points.len() {
                    break;
                }
                start = before;
                steps += 1;
            }
            let mut points = vec![start];
            let mut at = start;
            while let Some(to) = next.remove(&at) {
                points.push(to);
                at = to;
            }
            let closed = points.len() > 2 && points.first() == points.last();
            if closed {
                points.pop();
            }
            if points.len() > 2 {
                rims.push(Rim { points, closed });
            }
        }
        rims
    }
}
