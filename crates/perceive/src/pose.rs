//! The body: where a person is in the whole picture, and 33 landmarks inside that place.

use crate::crop::{Border, crop};
use crate::detector::{Detection, Detector, overlap};
use crate::filter::{LowPass, OneEuro};
use crate::region::{Growth, Landmark, Point, Region, distance};
use crate::runtime::{LandmarkModel, ModelKind, Runtime};
use crate::{PerceiveError, Result};
use orator_media::Picture;
use std::f64::consts::FRAC_PI_2;

/// Landmarks of BlazePose that are part of the body.
pub(crate) const LANDMARKS: usize = 33;
/// All that the model gives: two more say where the body is in the next frame.
const WITH_AUXILIARY: usize = 39;
/// Grid cells of the heatmaps.
const CELLS: usize = 64;
/// Cells to each side of a landmark that refine it: the 0.10.14 wheel behaves as a 9 × 9 window.
const REFINE_REACH: usize = 4;
/// A heatmap below this everywhere near the landmark refines nothing.
const REFINE_CONFIDENCE: f32 = 0.5;
/// A pose below this presence is no person.
const PRESENCE: f32 = 0.5;
/// The square around the body's circle.
const GROWTH: Growth = Growth { scale: 1.25, shift: 0.0 };
/// The side of MediaPipe's segmentation mask.
pub(crate) const MASK_SIDE: usize = 256;

/// The body in one frame.
#[derive(Clone, Debug)]
pub(crate) struct Pose {
    /// Smoothed, pixels of the picture.
    pub landmarks: [Landmark; LANDMARKS],
    /// Smoothed, 0..1.
    pub visibility: [f64; LANDMARKS],
    /// What was cropped to find it.
    pub region: Region,
    /// Logits of being the person, [`MASK_SIDE`]² over `region`, if asked for.
    pub mask: Option<Vec<f32>>,
}

/// What is carried from frame to frame.
#[derive(Debug)]
pub(crate) struct PoseState {
    region: Option<Region>,
    landmarks: OneEuro,
    auxiliary: OneEuro,
    visibility: LowPass,
}

impl PoseState {
    pub(crate) fn new() -> Self {
        Self {
            region: None,
            landmarks: OneEuro::new(0.05, 80.0),
            auxiliary: OneEuro::new(0.01, 10.0),
            visibility: LowPass::new(0.1),
        }
    }
}

/// The two models of the body with their working memory.
pub(crate) struct PoseChain {
    detection: Box<dyn LandmarkModel>,
    landmark: Box<dyn LandmarkModel>,
    detector: Detector,
    input: Vec<f32>,
}

impl PoseChain {
    pub(crate) fn load(runtime: &dyn Runtime) -> Result<Self> {
        Ok(Self {
            detection: runtime.load(ModelKind::PoseDetection)?,
            landmark: runtime.load(ModelKind::PoseLandmark)?,
            detector: Detector::pose(),
            input: Vec::new(),
        })
    }

    /// Everyone in the picture who is clearly somebody else, the most prominent first: the square
    /// around each body.
    pub(crate) fn people(&mut self, picture: &Picture) -> Result<Vec<Region>> {
        check_size(picture)?;
        let whole = Region::whole(picture.width(), picture.height());
        let side = ModelKind::PoseDetection.side();
        crop(picture, &whole, side, [-1.0, 1.0], Border::Zero, &mut self.input);
        self.detection.run(&self.input)?;
        let found = self.detector.decode(self.detection.output(0), self.detection.output(1));
        let mut people = distinct(&found)
            .into_iter()
            .map(|d| {
                let hip = whole.project(d.keypoints[0]);
                let circle = whole.project(d.keypoints[1]);
                (f64::from(d.score) * distance(hip, circle), Region::aligned(hip, circle, FRAC_PI_2, GROWTH))
            })
            .filter(|(_, region)| region.is_usable())
            .collect::<Vec<_>>();
        people.sort_by(|a, b| b.0.total_cmp(&a.0));
        Ok(people.into_iter().map(|(_, region)| region).collect())
    }

    /// The body in the next frame; `None` forgets everything and searches anew in the next one.
    pub(crate) fn next(
        &mut self,
        picture: &Picture,
        state: &mut PoseState,
        with_mask: bool,
    ) -> Result<Option<Pose>> {
        let region = match state.region {
            Some(region) => Some(region),
            None => self.people(picture)?.first().copied(),
        };
        let pose = match region {
            Some(region) => self.at(picture, region, state, with_mask)?,
            None => None,
        };
        if pose.is_none() {
            *state = PoseState::new();
        }
        Ok(pose)
    }

    /// The body inside `region`.
    pub(crate) fn at(
        &mut self,
        picture: &Picture,
        region: Region,
        state: &mut PoseState,
        with_mask: bool,
    ) -> Result<Option<Pose>> {
        check_size(picture)?;
        let side = ModelKind::PoseLandmark.side();
        crop(picture, &region, side, [0.0, 1.0], Border::Replicate, &mut self.input);
        self.landmark.run(&self.input)?;
        let presence = self.landmark.output(1).first().copied().unwrap_or(0.0);
        if presence.is_nan() || presence <= PRESENCE {
            return Ok(None);
        }
        let raw = self.landmark.output(0);
        let heatmap = self.landmark.output(3);
        let mut points = [[0f64; 3]; WITH_AUXILIARY];
        let mut visibility = [0f64; LANDMARKS];
        for (index, raw) in raw.chunks_exact(5).enumerate() {
            let unit = [raw[0] / side as f32, raw[1] / side as f32];
            let [x, y] = refined(unit, heatmap, index).unwrap_or([f64::from(unit[0]), f64::from(unit[1])]);
            points[index] = region.project_landmark([x, y, f64::from(raw[2] / side as f32)]);
            if let Some(visibility) = visibility.get_mut(index) {
                *visibility = f64::from(sigmoid(raw[3]));
            }
        }
        if points.as_flattened().iter().chain(&visibility).any(|v| !v.is_finite()) {
            return Ok(None);
        }

        // the size of the person, from this frame alone, sets what counts as fast
        let size = 2.0 * distance(flat(points[LANDMARKS]), flat(points[LANDMARKS + 1]));
        let scale = if size > 0.0 { 1.0 / size } else { 0.0 };
        state.visibility.apply(&mut visibility);
        let (body, auxiliary) = points.split_at_mut(LANDMARKS);
        state.landmarks.apply(body.as_flattened_mut(), scale);
        state.auxiliary.apply(auxiliary[..2].as_flattened_mut(), scale);
        let next = Region::aligned(flat(auxiliary[0]), flat(auxiliary[1]), FRAC_PI_2, GROWTH);
        state.region = next.is_usable().then_some(next);

        let mut landmarks = [[0.0; 3]; LANDMARKS];
        landmarks.copy_from_slice(body);
        let mask = with_mask.then(|| self.landmark.output(2).to_vec());
        Ok(Some(Pose { landmarks, visibility, region, mask }))
    }
}

/// The mean of the heatmap near a landmark, weighted by its confidence, in 0..1 of the crop.
fn refined(unit: [f32; 2], heatmap: &[f32], index: usize) -> Option<Point> {
    let cell = unit.map(|v| v * CELLS as f32);
    // as in MediaPipe: truncated towards zero, so a little left of the crop still counts
    if cell.iter().any(|&v| v.is_nan() || v <= -1.0 || v >= CELLS as f32) {
        return None;
    }
    let [column, row] = cell.map(|v| v as usize);
    let span = |at: usize| at.saturating_sub(REFINE_REACH)..(at + REFINE_REACH + 1).min(CELLS);
    let mut highest = 0f32;
    let (mut sum, mut x, mut y) = (0f32, 0f32, 0f32);
    for row in span(row) {
        for column in span(column) {
            let confidence = sigmoid(heatmap[(row * CELLS + column) * WITH_AUXILIARY + index]);
            highest = highest.max(confidence);
            sum += confidence;
            x += column as f32 * confidence;
            y += row as f32 * confidence;
        }
    }
    (highest >= REFINE_CONFIDENCE)
        .then(|| [f64::from(x / CELLS as f32 / sum), f64::from(y / CELLS as f32 / sum)])
}

/// Boxes (of heads) that are surely different people: apart by a head and nearly as sure as the best.
fn distinct(found: &[Detection]) -> Vec<&Detection> {
    let mut people: Vec<&Detection> = Vec::new();
    for detection in found {
        let centre = |d: &Detection| {
            [f64::from(d.bounds[0] + d.bounds[2]) / 2.0, f64::from(d.bounds[1] + d.bounds[3]) / 2.0]
        };
        let width = |d: &Detection| f64::from(d.bounds[2] - d.bounds[0]);
        let apart = people.iter().all(|other| {
            overlap(&other.bounds, &detection.bounds) == 0.0
                && distance(centre(other), centre(detection)) > width(other).max(width(detection))
        });
        if apart && detection.keypoints.len() >= 2 {
            people.push(detection);
        }
    }
    people
}

fn check_size(picture: &Picture) -> Result<()> {
    let (width, height) = (picture.width(), picture.height());
    // positions are kept in 1/32 pixel in 16 + 5 bits, as OpenCV does
    if (2..=32_000).contains(&width) && (2..=32_000).contains(&height) {
        Ok(())
    } else {
        Err(PerceiveError::PictureSize { width, height })
    }
}

/// Without the depth.
pub(crate) fn flat(landmark: Landmark) -> Point {
    [landmark[0], landmark[1]]
}

/// 0..1 from a logit.
pub(crate) fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_of_the_heatmap_draws_the_landmark() {
        let mut heatmap = vec![-20f32; CELLS * CELLS * WITH_AUXILIARY];
        heatmap[(10 * CELLS + 22) * WITH_AUXILIARY + 3] = 5.0;
        let unit = [20.5 / 64.0, 11.5 / 64.0];
        let [x, y] = refined(unit, &heatmap, 3).expect("a peak is near");
        assert!((x * 64.0 - 22.0).abs() < 1e-2 && (y * 64.0 - 10.0).abs() < 1e-2);
        assert_eq!(refined(unit, &heatmap, 4), None);
        assert_eq!(refined([1.2, 0.5], &heatmap, 3), None);
        assert_eq!(refined([f32::NAN, 0.5], &heatmap, 3), None);
    }

    #[test]
    fn one_head_seen_twice_is_one_person() {
        let head =
            |x: f32| Detection { bounds: [x, 0.1, x + 0.1, 0.2], keypoints: vec![[0.0; 2]; 4], score: 0.9 };
        assert_eq!(distinct(&[head(0.1), head(0.15)]).len(), 1);
        assert_eq!(distinct(&[head(0.1), head(0.5)]).len(), 2);
    }
}
