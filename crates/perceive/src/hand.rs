//! A hand: from the body's wrist to 21 landmarks.

use crate::Result;
use crate::crop::{Border, crop};
use crate::pose::{Pose, flat};
use crate::region::{Growth, Landmark, Point, Region, TrackingRule, bounding_box, distance, turn};
use crate::runtime::{LandmarkModel, ModelKind, Runtime};
use orator_media::Picture;
use std::f64::consts::FRAC_PI_2;

/// Points of a hand, wrist first.
pub(crate) const LANDMARKS: usize = 21;
/// A wrist less visible than this has no hand worth searching.
const WRIST_VISIBILITY: f64 = 0.1;
/// A hand below this presence is none.
const PRESENCE: f32 = 0.5;
/// The model's depth is given in this unit.
const DEPTH: f32 = 0.4;
/// Around the palm guessed from the body.
const GUESS: Growth = Growth { scale: 2.7, shift: -0.1 };
/// Around the two points of the recrop model.
const RECROP: Growth = Growth { scale: 1.0, shift: -0.1 };
/// Around the hand of the previous frame.
const TRACKED: Growth = Growth { scale: 2.0, shift: -0.1 };
/// When the previous frame's hand leads.
const RULE: TrackingRule =
    TrackingRule { rotation: 40.0 * std::f64::consts::PI / 180.0, translation: 0.2, scale: 0.4, margin: 0.1 };
/// The wrist and the lower joints, which span the tracked box.
const BOX_POINTS: [usize; 12] = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18];

/// Which hand (the person's own side), with its wrist, little and index finger among the body's landmarks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    Left,
    Right,
}

impl Side {
    fn body_points(self) -> [usize; 3] {
        match self {
            Self::Left => [15, 17, 19],
            Self::Right => [16, 18, 20],
        }
    }
}

/// A hand in one frame.
#[derive(Clone, Debug)]
pub(crate) struct Hand {
    /// Pixels of the picture.
    pub landmarks: [Landmark; LANDMARKS],
    /// 0..1.
    pub presence: f32,
}

/// The two models of one hand with their working memory.
pub(crate) struct HandChain {
    side: Side,
    recrop: Box<dyn LandmarkModel>,
    landmark: Box<dyn LandmarkModel>,
    input: Vec<f32>,
}

impl HandChain {
    pub(crate) fn load(runtime: &dyn Runtime, side: Side) -> Result<Self> {
        Ok(Self {
            side,
            recrop: runtime.load(ModelKind::HandRecrop)?,
            landmark: runtime.load(ModelKind::HandLandmark)?,
            input: Vec::new(),
        })
    }

    /// The hand of this frame; `previous` is that of the last one.
    pub(crate) fn next(
        &mut self,
        picture: &Picture,
        pose: &Pose,
        previous: Option<&Hand>,
    ) -> Result<Option<Hand>> {
        let [wrist, little, index] = self.side.body_points();
        if pose.visibility[wrist] <= WRIST_VISIBILITY {
            return Ok(None);
        }
        let [wrist, little, index] = [wrist, little, index].map(|i| flat(pose.landmarks[i]));
        let palm = [0, 1].map(|axis| (2.0 * index[axis] + little[axis]) / 3.0);
        let guess = square_towards(palm, wrist);
        if !guess.is_usable() {
            return Ok(None);
        }
        let side = ModelKind::HandRecrop.side();
        crop(picture, &guess, side, [0.0, 1.0], Border::Replicate, &mut self.input);
        self.recrop.run(&self.input)?;
        let points = self.recrop.output(0);
        let unit = |at: usize| f64::from(points[at] / side as f32);
        let ends = [[unit(0), unit(1)], [unit(2), unit(3)]].map(|p| guess.project(p));
        let fresh = Region::aligned(ends[0], ends[1], -FRAC_PI_2, RECROP);
        let region = match previous {
            Some(hand) if fresh.is_usable() => fresh.or_tracked(tracked(hand), &hand.landmarks, RULE),
            _ => fresh,
        };
        if !region.is_usable() {
            return Ok(None);
        }

        let side = ModelKind::HandLandmark.side();
        crop(picture, &region, side, [0.0, 1.0], Border::Replicate, &mut self.input);
        self.landmark.run(&self.input)?;
        let presence = self.landmark.output(1).first().copied().unwrap_or(0.0);
        if presence.is_nan() || presence <= PRESENCE {
            return Ok(None);
        }
        let mut landmarks = [[0.0; 3]; LANDMARKS];
        for (landmark, raw) in landmarks.iter_mut().zip(self.landmark.output(0).chunks_exact(3)) {
            let unit = [raw[0] / side as f32, raw[1] / side as f32, raw[2] / side as f32 / DEPTH];
            *landmark = region.project_landmark(unit.map(f64::from));
        }
        let finite = landmarks.as_flattened().iter().all(|v| v.is_finite());
        Ok(finite.then_some(Hand { landmarks, presence: presence.min(1.0) }))
    }
}

/// The square around the palm, turned so that the fingers point up.
fn square_towards(palm: Point, wrist: Point) -> Region {
    let side = 2.0 * distance(palm, wrist);
    Region::grown(palm, [side, side], turn(wrist, palm, FRAC_PI_2), GUESS)
}

/// Where the hand of the previous frame was, from its knuckles.
fn tracked(hand: &Hand) -> Region {
    let at = |i: usize| flat(hand.landmarks[i]);
    let middle = [0, 1].map(|axis| ((at(5)[axis] + at(13)[axis]) / 2.0 + at(9)[axis]) / 2.0);
    let rotation = turn(at(0), middle, FRAC_PI_2);
    let (about, _) = bounding_box(BOX_POINTS.iter().map(|&i| at(i)));
    let (sin, cos) = rotation.sin_cos();
    let (centre, size) = bounding_box(BOX_POINTS.iter().map(|&i| {
        let (x, y) = (at(i)[0] - about[0], at(i)[1] - about[1]);
        [x * cos + y * sin, -x * sin + y * cos]
    }));
    let centre = [centre[0] * cos - centre[1] * sin + about[0], centre[0] * sin + centre[1] * cos + about[1]];
    Region::grown(centre, size, rotation, TRACKED)
}
