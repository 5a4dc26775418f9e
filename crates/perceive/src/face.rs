//! The face: from the body's head points to 468 mesh landmarks.

use crate::Result;
use crate::crop::{Border, crop};
use crate::detector::Detector;
use crate::pose::{Pose, flat, sigmoid};
use crate::region::{Growth, Landmark, Region, TrackingRule, bounding_box, turn};
use crate::runtime::{LandmarkModel, ModelKind, Runtime};
use orator_media::Picture;

/// Points of the face mesh.
pub(crate) const LANDMARKS: usize = 468;
/// A face below this presence is none.
const PRESENCE: f32 = 0.5;
/// Around the body's eleven head points.
const GUESS: Growth = Growth { scale: 3.0, shift: 0.0 };
/// Around the face detector's six points.
const RECROP: Growth = Growth { scale: 2.0, shift: -0.1 };
/// Around the face of the previous frame.
const TRACKED: Growth = Growth { scale: 1.5, shift: 0.0 };
/// When the previous frame's face leads.
const RULE: TrackingRule =
    TrackingRule { rotation: 15.0 * std::f64::consts::PI / 180.0, translation: 0.1, scale: 0.3, margin: 0.2 };
/// The outer eye corners of the mesh, right then left.
const EYE_CORNERS: [usize; 2] = [33, 263];

/// A face in one frame.
#[derive(Clone, Debug)]
pub(crate) struct Face {
    /// Pixels of the picture; [`LANDMARKS`] of them.
    pub landmarks: Vec<Landmark>,
    /// 0..1.
    pub presence: f32,
}

/// The two models of the face with their working memory.
pub(crate) struct FaceChain {
    detection: Box<dyn LandmarkModel>,
    landmark: Box<dyn LandmarkModel>,
    detector: Detector,
    input: Vec<f32>,
}

impl FaceChain {
    pub(crate) fn load(runtime: &dyn Runtime) -> Result<Self> {
        Ok(Self {
            detection: runtime.load(ModelKind::FaceDetection)?,
            landmark: runtime.load(ModelKind::FaceLandmark)?,
            detector: Detector::face(),
            input: Vec::new(),
        })
    }

    /// The face of this frame; `previous` is that of the last one.
    pub(crate) fn next(
        &mut self,
        picture: &Picture,
        pose: &Pose,
        previous: Option<&Face>,
    ) -> Result<Option<Face>> {
        let head = &pose.landmarks[..11];
        let (centre, size) = bounding_box(head.iter().map(|&p| flat(p)));
        let guess = Region::grown(centre, size, turn(flat(head[5]), flat(head[2]), 0.0), GUESS);
        if !guess.is_usable() {
            return Ok(None);
        }
        let side = ModelKind::FaceDetection.side();
        crop(picture, &guess, side, [-1.0, 1.0], Border::Zero, &mut self.input);
        self.detection.run(&self.input)?;
        let found = self.detector.decode(self.detection.output(0), self.detection.output(1));
        let Some(detection) = found.first() else {
            return Ok(None);
        };
        let points: Vec<_> = detection.keypoints.iter().map(|&k| guess.project(k)).collect();
        let (centre, size) = bounding_box(points.iter().copied());
        let fresh = Region::grown(centre, size, turn(points[0], points[1], 0.0), RECROP);
        let region = match previous {
            Some(face) => fresh.or_tracked(tracked(face), &face.landmarks, RULE),
            None => fresh,
        };
        if !region.is_usable() {
            return Ok(None);
        }

        let side = ModelKind::FaceLandmark.side();
        crop(picture, &region, side, [0.0, 1.0], Border::Replicate, &mut self.input);
        self.landmark.run(&self.input)?;
        let presence = sigmoid(self.landmark.output(1).first().copied().unwrap_or(f32::NEG_INFINITY));
        if presence.is_nan() || presence <= PRESENCE {
            return Ok(None);
        }
        let landmarks: Vec<Landmark> = self
            .landmark
            .output(0)
            .chunks_exact(3)
            .map(|raw| {
                let unit = [raw[0], raw[1], raw[2]].map(|v| f64::from(v / side as f32));
                region.project_landmark(unit)
            })
            .collect();
        let finite = landmarks.as_flattened().iter().all(|v| v.is_finite());
        Ok((finite && landmarks.len() == LANDMARKS).then_some(Face { landmarks, presence }))
    }
}

/// Where the face of the previous frame was.
fn tracked(face: &Face) -> Region {
    let (centre, size) = bounding_box(face.landmarks.iter().map(|&p| flat(p)));
    let [right, left] = EYE_CORNERS.map(|i| flat(face.landmarks[i]));
    Region::grown(centre, size, turn(right, left, 0.0), TRACKED)
}
