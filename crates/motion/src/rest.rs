//! A person at rest: what motion is measured from, and in which units.

use crate::{MotionError, Result};
use orator_body::layout::{FACE, INNER_LIP_PAIRS, LEFT_HAND, RIGHT_HAND, SHOULDERS};
use orator_body::{KeypointTrack, Layout};

/// Arm points of the body stream, as indexes among the 133: left shoulder, elbow, wrist, then right.
pub const ARM_POINTS: [usize; 6] = [5, 7, 9, 6, 8, 10];
/// The bridge of the nose among the face points.
pub(crate) const BRIDGE: usize = 27;
/// The knuckle of the middle finger among the hand points.
const KNUCKLE: usize = 9;
pub(crate) const HAND_POINTS: usize = 21;
/// A body point counts as seen from this visibility on, a hand or face from this presence on.
pub(crate) const SEEN: f32 = 0.5;
/// Share of the frames, those with the most closed mouth, that make up the resting face.
const CLOSED_SHARE: f64 = 0.3;

pub(crate) type Point = [f32; 2];
/// The 21 points of a hand.
pub type HandShape = [Point; HAND_POINTS];

/// A person at rest: what offsets are measured from and in.
#[derive(Clone, Debug)]
pub struct RestPose {
    pub(crate) shoulder_width: f32,
    pub(crate) eye_distance: f32,
    pub(crate) face: Vec<Point>,
    pub(crate) arms: Vec<Point>,
    pub(crate) hands: [Option<RestHand>; 2],
    pub(crate) has_arms: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct RestHand {
    /// The hand's wrist relative to the body's wrist, pixels.
    pub(crate) wrist: Point,
    /// Angle of wrist → middle knuckle from straight up, radians.
    pub(crate) angle: f32,
    /// Length of wrist → middle knuckle, pixels.
    pub(crate) length: f32,
    /// Points relative to the wrist, turned upright, of length 1.
    pub(crate) shape: HandShape,
}

pub(crate) fn subtract(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

pub(crate) fn rotate(p: Point, angle: f32) -> Point {
    let (s, c) = angle.sin_cos();
    [c * p[0] - s * p[1], s * p[0] + c * p[1]]
}

pub(crate) fn at(track: &KeypointTrack, frame: usize, point: usize) -> Point {
    [track.points()[[frame, point, 0]], track.points()[[frame, point, 1]]]
}

fn median(values: &mut [f32]) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

fn median_point(points: &[Point]) -> Point {
    let mut x: Vec<f32> = points.iter().map(|p| p[0]).collect();
    let mut y: Vec<f32> = points.iter().map(|p| p[1]).collect();
    [median(&mut x), median(&mut y)]
}

fn mean_point(face: &[Point], range: std::ops::Range<usize>) -> Point {
    let n = range.len() as f32;
    let sum = face[range].iter().fold([0.0, 0.0], |s, p| [s[0] + p[0], s[1] + p[1]]);
    [sum[0] / n, sum[1] / n]
}

fn eye_distance(face: &[Point]) -> f32 {
    let d = subtract(mean_point(face, 36..42), mean_point(face, 42..48));
    d[0].hypot(d[1])
}

fn lip_gap(face: &[Point]) -> f32 {
    INNER_LIP_PAIRS.iter().map(|&(u, l)| face[l][1] - face[u][1]).sum::<f32>() / INNER_LIP_PAIRS.len() as f32
}

pub(crate) fn hand_local(track: &KeypointTrack, frame: usize, side: usize) -> (HandShape, f32, f32) {
    let start = [LEFT_HAND.start, RIGHT_HAND.start][side];
    let wrist = at(track, frame, start);
    let local: HandShape = std::array::from_fn(|i| subtract(at(track, frame, start + i), wrist));
    let k = local[KNUCKLE];
    // straight up is (0, −1): the angle that turns "up" into the hand's direction
    (local, k[0].atan2(-k[1]), k[0].hypot(k[1]))
}

fn frames_with(track: &KeypointTrack, points: &[usize]) -> Vec<usize> {
    (0..track.frames()).filter(|&f| points.iter().all(|&p| track.confidence()[[f, p]] >= SEEN)).collect()
}

impl RestPose {
    /// The rest pose of a clip: medians over the frames in which each part is seen, the face with closed lips.
    /// Of a single frame (a portrait) it is that pose, with the lips closed if they stand open.
    ///
    /// # Errors
    /// When the track is not of 133 points or no face is ever seen.
    pub fn of(track: &KeypointTrack) -> Result<Self> {
        if track.layout() != Layout::WholeBody133 {
            return Err(MotionError::Request {
                what: format!("a rest pose needs the 133-point layout, not {:?}", track.layout()),
                hint: "lift the track to 133 points first".into(),
            });
        }
        let with_face = frames_with(track, &[FACE.start]);
        if with_face.is_empty() {
            return Err(MotionError::Request {
                what: "no face is in view".into(),
                hint: "use a picture in which the face is seen from the front".into(),
            });
        }
        let faces: Vec<Vec<Point>> =
            with_face.iter().map(|&f| FACE.map(|p| at(track, f, p)).collect()).collect();
        let mut by_gap: Vec<usize> = (0..faces.len()).collect();
        by_gap.sort_by(|&a, &b| lip_gap(&faces[a]).total_cmp(&lip_gap(&faces[b])));
        by_gap.truncate(((faces.len() as f64 * CLOSED_SHARE).ceil() as usize).max(1));
        let mut face: Vec<Point> = (0..FACE.len())
            .map(|i| median_point(&by_gap.iter().map(|&f| faces[f][i]).collect::<Vec<_>>()))
            .collect();
        close_lips(&mut face);

        let with_arms = frames_with(track, &SHOULDERS);
        let arms: Vec<Point> = ARM_POINTS
            .iter()
            .map(|&p| {
                let seen = frames_with(track, &[p]);
                let chosen = if seen.is_empty() { (0..track.frames()).collect() } else { seen };
                median_point(&chosen.iter().map(|&f| at(track, f, p)).collect::<Vec<_>>())
            })
            .collect();
        let distance = eye_distance(&face).max(1.0);
        let mut widths: Vec<f32> = with_arms
            .iter()
            .map(|&f| {
                let d = subtract(at(track, f, SHOULDERS[0]), at(track, f, SHOULDERS[1]));
                d[0].hypot(d[1])
            })
            .collect();
        // A body turned sideways or out of view has no usable shoulder width; heads are about 6 eye distances below it.
        let shoulder_width = median(&mut widths).max(2.0 * distance);

        let hands = [0, 1].map(|side| rest_hand(track, side));
        Ok(Self {
            shoulder_width,
            eye_distance: distance,
            face,
            arms,
            hands,
            has_arms: !with_arms.is_empty(),
        })
    }

    /// Distance between the shoulders, pixels.
    #[must_use]
    pub fn shoulder_width(&self) -> f32 {
        self.shoulder_width
    }

    /// Distance between the eyes, pixels.
    #[must_use]
    pub fn eye_distance(&self) -> f32 {
        self.eye_distance
    }

    /// The resting hand of a side (0 left, 1 right), upright and of length 1, if that hand is ever seen.
    #[must_use]
    pub fn hand_shape(&self, side: usize) -> Option<&HandShape> {
        self.hands.get(side).and_then(|h| h.as_ref().map(|h| &h.shape))
    }
}

fn rest_hand(track: &KeypointTrack, side: usize) -> Option<RestHand> {
    let range = [LEFT_HAND, RIGHT_HAND][side].clone();
    let body_wrist = ARM_POINTS[side * 3 + 2];
    let seen = frames_with(track, &[range.start]);
    if seen.is_empty() {
        return None;
    }
    let locals: Vec<_> = seen.iter().map(|&f| hand_local(track, f, side)).collect();
    let (sin, cos) =
        locals.iter().fold((0.0, 0.0), |(s, c), (_, angle, _)| (s + angle.sin(), c + angle.cos()));
    let angle = sin.atan2(cos);
    let length = median(&mut locals.iter().map(|l| l.2).collect::<Vec<_>>()).max(1.0);
    let shape = std::array::from_fn(|i| {
        let p = median_point(&locals.iter().map(|l| l.0[i]).collect::<Vec<_>>());
        let p = rotate(p, -angle);
        [p[0] / length, p[1] / length]
    });
    let wrist = median_point(
        &seen
            .iter()
            .map(|&f| subtract(at(track, f, range.start), at(track, f, body_wrist)))
            .collect::<Vec<_>>(),
    );
    Some(RestHand { wrist, angle, length, shape })
}

/// Moves the lower lip and the chin up by the gap between the inner lips.
fn close_lips(face: &mut [Point]) {
    let gap = lip_gap(face).max(0.0);
    for i in [55, 56, 57, 58, 59, 65, 66, 67] {
        face[i][1] -= gap;
    }
    for (i, share) in [(5, 0.5), (6, 0.8), (7, 1.0), (8, 1.0), (9, 1.0), (10, 0.8), (11, 0.5)] {
        face[i][1] -= gap * share;
    }
}
