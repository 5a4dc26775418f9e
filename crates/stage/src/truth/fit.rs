//! Fitting the keypoints' places on the figure to a detector's own definition of them.
//!
//! A sample is one drawn frame in which the detector was run. For the face, the vertex is looked for whose picture
//! position is on average nearest to the detected point, over people and mouth shapes; then, for every point, the offset
//! in its bone's frame that makes the mean signed error vanish, by least squares with outliers left out.

use glam::{Mat3, Quat, Vec2, Vec3};
use orator_body::layout::{self, WHOLE_BODY};

use super::anchors::{Anchors, Base};
use crate::Result;
use crate::figure::{Placed, Skeleton};
use crate::picture::Camera;

/// One drawn frame and what the detector found in it.
pub struct Sample {
    /// The person's skeleton.
    pub skeleton: Skeleton,
    /// Where its bones were.
    pub placed: Placed,
    /// Where the vertices of [`Fit::candidates`] were, in that order.
    pub candidates: Vec<Vec3>,
    /// The camera.
    pub camera: Camera,
    /// The detected points in shares of the picture (0–1); `None` where the detector did not see the part or the point
    /// is hidden in truth.
    pub detected: Vec<Option<Vec2>>,
}

/// Least-squares pull of offsets towards zero, in samples: it holds directions that no view shows.
const DAMPING: f32 = 0.5;
/// Samples further from the fit than this many times the median distance are left out.
const OUTLIER: f32 = 3.0;
/// Rounds of fitting and leaving out.
const ROUNDS: usize = 4;
/// Fewer samples than this, and a point keeps its bone's end.
const FEWEST: usize = 20;

/// A fit in the making.
pub struct Fit {
    /// Vertices that a face point may sit on.
    pub candidates: Vec<u32>,
    /// The frames.
    pub samples: Vec<Sample>,
}

impl Fit {
    /// The fitted table.
    ///
    /// # Errors
    /// When a skeleton lacks a bone.
    pub fn run(&self) -> Result<Anchors> {
        let mut anchors = Anchors::unfitted();
        for point in 0..WHOLE_BODY {
            let on_skin = layout::FACE.contains(&point) || is_on_head(point);
            if on_skin && let Some(candidate) = self.nearest_vertex(point) {
                anchors.all_mut()[point].base = Base::Vertex(self.candidates[candidate]);
            }
            let offset = self.offset(&anchors, point)?;
            anchors.all_mut()[point].offset = offset.to_array();
        }
        Ok(anchors)
    }

    /// The candidate whose distance to the detected point is least on average.
    fn nearest_vertex(&self, point: usize) -> Option<usize> {
        let mut sums = vec![0.0_f32; self.candidates.len()];
        let mut seen = 0;
        for sample in &self.samples {
            let Some(wanted) = sample.detected[point] else { continue };
            seen += 1;
            for (sum, &at) in sums.iter_mut().zip(&sample.candidates) {
                let here = sample.camera.project(at, 1);
                // A far miss counts no more than a near one: a mistaken detection must not decide.
                *sum += here.map_or(1.0, |(pixel, _)| pixel.distance(wanted).min(0.05));
            }
        }
        (seen >= FEWEST).then(|| (0..sums.len()).min_by(|&a, &b| sums[a].total_cmp(&sums[b])))?
    }

    fn offset(&self, anchors: &Anchors, point: usize) -> Result<Vec3> {
        let anchor = &anchors.all()[point];
        let candidate = match anchor.base {
            Base::Vertex(vertex) => self.candidates.iter().position(|&known| known == vertex).unwrap_or(0),
            _ => 0,
        };
        let mut views = Vec::new();
        for sample in &self.samples {
            let Some(wanted) = sample.detected[point] else { continue };
            let base =
                anchor.base_position(&sample.skeleton, &sample.placed, sample.candidates[candidate])?;
            let turn = sample.placed.turn(super::anchors::bone(&sample.skeleton, &anchor.frame)?);
            views.push(View { base, turn, camera: &sample.camera, wanted });
        }
        if views.len() < FEWEST {
            return Ok(Vec3::ZERO);
        }
        let mut offset = Vec3::ZERO;
        for _ in 0..ROUNDS {
            let mut errors: Vec<f32> = views.iter().map(|view| view.residual(offset).length()).collect();
            let all = errors.clone();
            errors.sort_by(f32::total_cmp);
            let limit = OUTLIER * errors[errors.len() / 2];
            let kept = views.iter().zip(&all).filter(|(_, error)| **error <= limit).map(|(view, _)| view);
            offset += step(kept, offset);
        }
        Ok(offset)
    }
}

/// Nose, eyes and ears of the body points move with the head's skin, too.
fn is_on_head(point: usize) -> bool {
    point == layout::NOSE || layout::EYES.contains(&point) || layout::EARS.contains(&point)
}

/// One sample's view of one point.
struct View<'a> {
    base: Vec3,
    turn: Quat,
    camera: &'a Camera,
    wanted: Vec2,
}

impl View<'_> {
    fn at(&self, offset: Vec3) -> Vec2 {
        self.camera.project(self.base + self.turn * offset, 1).map_or(self.wanted, |(pixel, _)| pixel)
    }

    fn residual(&self, offset: Vec3) -> Vec2 {
        self.wanted - self.at(offset)
    }
}

/// One Gauss–Newton step.
fn step<'a>(views: impl Iterator<Item = &'a View<'a>>, offset: Vec3) -> Vec3 {
    /// For the numerical derivative, in decimetres.
    const DELTA: f32 = 1e-2;
    let mut matrix = Mat3::ZERO;
    let mut right = Vec3::ZERO;
    let mut scale = 0.0_f32;
    for view in views {
        let here = view.at(offset);
        let slope = [Vec3::X, Vec3::Y, Vec3::Z].map(|axis| (view.at(offset + axis * DELTA) - here) / DELTA);
        let residual = view.wanted - here;
        for row in 0..3 {
            for column in 0..3 {
                matrix.col_mut(column)[row] += slope[row].dot(slope[column]);
            }
            right[row] += slope[row].dot(residual);
        }
        scale = scale.max(slope[0].length_squared());
    }
    let damping = DAMPING * scale.max(1e-9);
    let damped = matrix + Mat3::from_diagonal(Vec3::splat(damping));
    damped.inverse() * (right - offset * damping)
}
