//! Head and torso: thin-plate splines of what a similarity leaves over.

use super::bones::BoneMap;
use super::geometry::{Point, Similarity, mean};
use super::pose::{Pose, SIDES};
use super::tps::{Tps, TpsForm};
use crate::Result;

/// A similarity from output to portrait, and a spline of the rest in units of `half` around `centre`.
pub(crate) struct SplineMap {
    base: Similarity,
    spline: Tps,
    centre: Point,
    half: f32,
}

impl SplineMap {
    /// Fits the map that takes `driving` points to `source` points. What the similarity leaves over is cut at
    /// `limit` pixels, so that one wrong point cannot fold the part.
    fn fit(base: Similarity, driving: &[Point], source: &[Point], limit: f32) -> Result<Self> {
        let centre = mean(driving);
        let half = driving.iter().map(|&p| (p - centre).length()).fold(1.0, f32::max);
        let to_unit = |p: Point| [(p.x - centre.x) / half, (p.y - centre.y) / half];
        let control: Vec<[f32; 2]> = driving.iter().map(|&p| to_unit(p)).collect();
        let target: Vec<[f32; 2]> = driving
            .iter()
            .zip(source)
            .zip(&control)
            .map(|((&p, &q), &c)| {
                let rest = (q - base.apply(p)).limited(limit);
                [c[0] + rest.x / half, c[1] + rest.y / half]
            })
            .collect();
        Ok(Self { base, spline: Tps::fit(&control, &target, TpsForm::Displacement)?, centre, half })
    }

    pub fn apply(&self, p: Point) -> Point {
        let rest =
            self.spline.displacement([(p.x - self.centre.x) / self.half, (p.y - self.centre.y) / self.half]);
        self.base.apply(p) + Point::new(rest[0] * self.half, rest[1] * self.half)
    }
}

/// Face points that a talking mouth and raised brows leave in place.
const STILL_FACE: [usize; 15] = [0, 1, 2, 14, 15, 16, 27, 28, 29, 30, 33, 36, 39, 42, 45];

/// The head's rigid motion, portrait to frame.
pub(crate) fn head_motion(source: &Pose, driving: &Pose) -> Similarity {
    if !source.has_face() {
        return Similarity::translation(driving.at(0) - source.at(0));
    }
    let pick = |pose: &Pose| STILL_FACE.map(|i| pose.face()[i]);
    Similarity::fit(&pick(source), &pick(driving), 0.6..=1.6)
}

/// Where around the face the head's outline is held to its rigid motion.
fn head_ring(face: &[Point]) -> impl Iterator<Item = Point> {
    let right = (face[16] - face[0]) * 0.5;
    let up = Point::new(right.y, -right.x);
    let centre = face[27];
    (0..16).map(move |k| {
        let angle = k as f32 * std::f32::consts::TAU / 16.0;
        let (sin, cos) = angle.sin_cos();
        // Wider than the skull, higher than the hair, lower than an open jaw.
        centre + right * (1.75 * cos) + up * (if sin > 0.0 { 2.1 * sin } else { 2.7 * sin })
    })
}

/// Frame to portrait for everything of the head.
pub(crate) fn head_map(source: &Pose, driving: &Pose, motion: &Similarity) -> Result<SplineMap> {
    let mut from: Vec<Point> = driving.face().to_vec();
    let mut to: Vec<Point> = source.face().to_vec();
    for p in head_ring(source.face()) {
        from.push(motion.apply(p));
        to.push(p);
    }
    let limit = 0.3 * (source.face()[16] - source.face()[0]).length();
    SplineMap::fit(motion.inverse(), &from, &to, limit)
}

/// Frame to portrait for trunk and neck: shoulders and hips, and the neck's upper end that goes with the head.
pub(crate) fn torso_map(
    source: &Pose,
    driving: &Pose,
    head: &Similarity,
    unit: f32,
    height: usize,
) -> Result<SplineMap> {
    let (mut from, mut to) = (Vec::new(), Vec::new());
    let mut hold = |driving: Point, source: Point| {
        from.push(driving);
        to.push(source);
    };
    let shoulders = [source.shoulder(0), source.shoulder(1)];
    let moved = [driving.shoulder(0), driving.shoulder(1)];
    let shoulders_known = source.both(orator_body::layout::SHOULDERS);
    let trunk = if shoulders_known {
        Similarity::fit(&shoulders, &moved, 0.7..=1.4)
    } else {
        Similarity::translation(Point::default())
    };
    let middle =
        if shoulders_known { mean(&shoulders) } else { mean(source.face()) + Point::new(0.0, 0.8 * unit) };
    let across = if shoulders_known { shoulders[0] - shoulders[1] } else { Point::new(unit, 0.0) };
    let down = Point::new(-across.y, across.x);
    let down = if down.y < 0.0 { down * -1.0 } else { down };
    let down = down.unit_or(Point::new(0.0, 1.0)) * unit;
    for k in [-0.8, -0.5, -0.25, 0.0, 0.25, 0.5, 0.8] {
        let p = middle + across * k;
        hold(trunk.apply(p), p);
    }
    for k in [-0.4, 0.0, 0.4] {
        let p = middle + across * k + down * 0.5;
        hold(trunk.apply(p), p);
    }
    // The shoulder's cap turns with the upper arm, so that arm and trunk part late.
    for side in SIDES {
        if source.has_upper_arm(side) {
            let ends = |pose: &Pose| [pose.shoulder(side), pose.elbow(side)];
            let bone = BoneMap::new(ends(source), ends(driving), 1.0);
            for (along, aside) in [(0.22, 0.0), (0.22, 0.12), (0.22, -0.12)] {
                let aside = if aside != 0.0 && side == 0 { aside } else { -aside };
                let (p, q) =
                    (bone.driving_place(along, aside * unit), bone.source_place(along, aside * unit));
                hold(p, q);
            }
        }
    }
    let hips_known = source.both(orator_body::layout::HIPS);
    for side in SIDES {
        if hips_known {
            hold(driving.hip(side), source.hip(side));
        }
        let p = if hips_known {
            source.hip(side) + down * 0.4
        } else {
            let x = middle.x + across.x * (0.4 - 0.8 * side as f32);
            Point::new(x, (middle.y + 1.6 * unit).max(height as f32))
        };
        let shift =
            if hips_known { driving.hip(side) - source.hip(side) } else { trunk.apply(middle) - middle };
        hold(p + shift * 0.7, p);
    }
    if source.has_face() {
        let face = source.face();
        for i in [3, 5, 8, 11, 13] {
            hold(head.apply(face[i]), face[i]);
        }
        let top = face[27];
        hold(head.apply(top), top);
    }
    SplineMap::fit(trunk.inverse(), &from, &to, unit)
}
