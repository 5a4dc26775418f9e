//! The motion that the contextual system learns: two streams of numbers, face (136) and body (96), freed from whose
//! body they belong to.
//!
//! Both are offsets from a rest pose of the same person, so that motion learned from one speaker fits another
//! (METHODS 2.8 asks for relative motion; METHODS 2.2 gives the sizes). Choices made here, where the paper is silent:
//! * face: the bridge of the nose carries the head's place, every other point its offset from the bridge; unit: the
//!   distance between the eyes at rest. Speech then moves few numbers a lot instead of all a little.
//! * arms: offsets in shoulder widths.
//! * hands: the hand's own wrist carries its place relative to the body's wrist; every other point its offset from the
//!   wrist, turned so that the resting hand points up and scaled to a resting hand of length 1.

use crate::{MotionError, Result};
use ndarray::{Array2, Array3};
use orator_body::layout::{FACE, LEFT_HAND, RIGHT_HAND, SHOULDERS, mirror_of};
use orator_body::{KeypointTrack, Layout};

/// Numbers a frame in the face stream.
pub const FACE_DIMENSIONS: usize = 136;
/// Numbers a frame in the body stream.
pub const BODY_DIMENSIONS: usize = 96;
/// Arm points of the body stream, as indexes among the 133: left shoulder, elbow, wrist, then right.
pub const ARM_POINTS: [usize; 6] = [5, 7, 9, 6, 8, 10];
/// The mouth points of the face stream (0 is the first face point).
pub const LIP_POINTS: std::ops::Range<usize> = 48..68;

/// The bridge of the nose among the face points.
const BRIDGE: usize = 27;
/// The knuckle of the middle finger among the hand points.
const KNUCKLE: usize = 9;
const HAND_POINTS: usize = 21;
/// Upper and lower inner-lip points that face each other.
const INNER_PAIRS: [(usize, usize); 3] = [(61, 67), (62, 66), (63, 65)];
/// A body point counts as seen from this visibility on, a hand or face from this presence on.
const SEEN: f32 = 0.5;
/// Share of the frames, those with the most closed mouth, that make up the resting face.
const CLOSED_SHARE: f64 = 0.3;

type Point = [f32; 2];
/// The 21 points of a hand.
pub type HandShape = [Point; HAND_POINTS];

/// A person at rest: what offsets are measured from and in.
#[derive(Clone, Debug)]
pub struct RestPose {
    shoulder_width: f32,
    eye_distance: f32,
    face: Vec<Point>,
    arms: Vec<Point>,
    hands: [Option<RestHand>; 2],
    has_arms: bool,
}

#[derive(Clone, Debug)]
struct RestHand {
    /// The hand's wrist relative to the body's wrist, pixels.
    wrist: Point,
    /// Angle of wrist → middle knuckle from straight up, radians.
    angle: f32,
    /// Length of wrist → middle knuckle, pixels.
    length: f32,
    /// Points relative to the wrist, turned upright, of length 1.
    shape: HandShape,
}

/// Motion as numbers, with what was really seen.
#[derive(Clone, Debug)]
pub struct Streams {
    /// `[frames, 136]`.
    pub face: Array2<f32>,
    /// `[frames, 96]`.
    pub body: Array2<f32>,
    /// `[frames, 136]`, 1 where the face was seen.
    pub face_seen: Array2<f32>,
    /// `[frames, 96]`, 1 where that part was seen.
    pub body_seen: Array2<f32>,
}

fn subtract(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

fn rotate(p: Point, angle: f32) -> Point {
    let (s, c) = angle.sin_cos();
    [c * p[0] - s * p[1], s * p[0] + c * p[1]]
}

fn at(track: &KeypointTrack, frame: usize, point: usize) -> Point {
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
    INNER_PAIRS.iter().map(|&(u, l)| face[l][1] - face[u][1]).sum::<f32>() / INNER_PAIRS.len() as f32
}

fn hand_local(track: &KeypointTrack, frame: usize, side: usize) -> (HandShape, f32, f32) {
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

/// A clip's motion as offsets from `rest`.
///
/// # Errors
/// When the track is not of 133 points.
pub fn to_streams(track: &KeypointTrack, rest: &RestPose) -> Result<Streams> {
    if track.layout() != Layout::WholeBody133 {
        return Err(MotionError::Request {
            what: format!("motion needs the 133-point layout, not {:?}", track.layout()),
            hint: "lift the track to 133 points first".into(),
        });
    }
    let frames = track.frames();
    let mut face = Array2::zeros((frames, FACE_DIMENSIONS));
    let mut body = Array2::zeros((frames, BODY_DIMENSIONS));
    let mut face_seen = Array2::zeros((frames, FACE_DIMENSIONS));
    let mut body_seen = Array2::zeros((frames, BODY_DIMENSIONS));
    for f in 0..frames {
        if track.confidence()[[f, FACE.start]] >= SEEN {
            let bridge = at(track, f, FACE.start + BRIDGE);
            for i in 0..FACE.len() {
                let p = at(track, f, FACE.start + i);
                let offset = if i == BRIDGE {
                    subtract(p, rest.face[i])
                } else {
                    subtract(subtract(p, bridge), subtract(rest.face[i], rest.face[BRIDGE]))
                };
                for axis in 0..2 {
                    face[[f, 2 * i + axis]] = offset[axis] / rest.eye_distance;
                    face_seen[[f, 2 * i + axis]] = 1.0;
                }
            }
        }
        for (i, &p) in ARM_POINTS.iter().enumerate() {
            if track.confidence()[[f, p]] >= SEEN && rest.has_arms {
                let offset = subtract(at(track, f, p), rest.arms[i]);
                for axis in 0..2 {
                    body[[f, 2 * i + axis]] = offset[axis] / rest.shoulder_width;
                    body_seen[[f, 2 * i + axis]] = 1.0;
                }
            }
        }
        for (side, hand) in rest.hands.iter().enumerate() {
            let start = [LEFT_HAND.start, RIGHT_HAND.start][side];
            let Some(hand) = hand.as_ref().filter(|_| track.confidence()[[f, start]] >= SEEN) else {
                continue;
            };
            let (local, _, _) = hand_local(track, f, side);
            let wrist = subtract(at(track, f, start), at(track, f, ARM_POINTS[side * 3 + 2]));
            for i in 0..HAND_POINTS {
                let offset = if i == 0 {
                    let d = subtract(wrist, hand.wrist);
                    [d[0] / rest.shoulder_width, d[1] / rest.shoulder_width]
                } else {
                    let upright = rotate(local[i], -hand.angle);
                    [upright[0] / hand.length - hand.shape[i][0], upright[1] / hand.length - hand.shape[i][1]]
                };
                let column = 12 + (side * HAND_POINTS + i) * 2;
                for axis in 0..2 {
                    body[[f, column + axis]] = offset[axis];
                    body_seen[[f, column + axis]] = 1.0;
                }
            }
        }
    }
    hold_gaps(&mut face, &face_seen);
    hold_gaps(&mut body, &body_seen);
    Ok(Streams { face, body, face_seen, body_seen })
}

/// Fills what was not seen from the nearest frames on both sides, so that a gap has no step in it.
fn hold_gaps(values: &mut Array2<f32>, seen: &Array2<f32>) {
    let (frames, columns) = values.dim();
    for c in 0..columns {
        let known: Vec<usize> = (0..frames).filter(|&f| seen[[f, c]] > 0.0).collect();
        let (Some(&first), Some(&last)) = (known.first(), known.last()) else { continue };
        for f in 0..first {
            values[[f, c]] = values[[first, c]];
        }
        for f in last + 1..frames {
            values[[f, c]] = values[[last, c]];
        }
        for pair in known.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            for f in a + 1..b {
                let u = (f - a) as f32 / (b - a) as f32;
                values[[f, c]] = values[[a, c]] * (1.0 - u) + values[[b, c]] * u;
            }
        }
    }
}

/// Left and right exchanged, for augmentation: the streams of the mirrored video.
#[must_use]
pub fn mirror(streams: &Streams) -> Streams {
    let face_order: Vec<usize> = FACE.map(|p| mirror_of(p) - FACE.start).collect();
    let body_order: Vec<usize> = (0..3)
        .map(|i| i + 3)
        .chain(0..3)
        .chain(6 + HAND_POINTS..6 + 2 * HAND_POINTS)
        .chain(6..6 + HAND_POINTS)
        .collect();
    let turn = |values: &Array2<f32>, order: &[usize], sign: f32| {
        Array2::from_shape_fn(values.dim(), |(f, c)| {
            values[[f, 2 * order[c / 2] + c % 2]] * if c % 2 == 0 { sign } else { 1.0 }
        })
    };
    Streams {
        face: turn(&streams.face, &face_order, -1.0),
        body: turn(&streams.body, &body_order, -1.0),
        face_seen: turn(&streams.face_seen, &face_order, 1.0),
        body_seen: turn(&streams.body_seen, &body_order, 1.0),
    }
}

/// How much of a hand's change of shape (beyond turning and scaling) is applied to another person's hand.
const SHAPE_TRANSFER: f32 = 0.7;
/// Bounds of a hand's change of apparent size.
const HAND_SCALE: (f32, f32) = (0.6, 1.35);

/// Motion onto a person: the inverse of [`to_streams`] for that person's rest pose.
///
/// A hand is turned and scaled as a whole and only then bent, because bending an unlike hand by another hand's offsets
/// would tear it; `learned_hands` are the resting hands the motion was learned from (left, right). Points that the
/// streams do not hold (nose, eyes, ears, hips, legs) are lifted from `reference` by the layout's rule.
///
/// # Errors
/// When the arrays do not fit each other or hold numbers that are not finite.
pub fn to_keypoints(
    face: &Array2<f32>,
    body: &Array2<f32>,
    rest: &RestPose,
    reference: &KeypointTrack,
    learned_hands: &[HandShape; 2],
) -> Result<KeypointTrack> {
    let frames = face.nrows();
    if face.ncols() != FACE_DIMENSIONS || body.dim() != (frames, BODY_DIMENSIONS) {
        return Err(MotionError::Request {
            what: format!("streams of shape {:?} and {:?}", face.dim(), body.dim()),
            hint: "this is a fault of the motion model, please report it".into(),
        });
    }
    let order = Layout::Contextual116.points();
    let mut points = Array3::zeros((frames, order.len(), 2));
    let mut confidence = Array2::zeros((frames, order.len()));
    for f in 0..frames {
        for (i, &p) in order.iter().enumerate() {
            confidence[[f, i]] = reference.confidence()[[0, p]];
        }
        let mut put = |i: usize, p: Point| {
            points[[f, i, 0]] = p[0];
            points[[f, i, 1]] = p[1];
        };
        let bridge: Point =
            [0, 1].map(|axis| rest.face[BRIDGE][axis] + face[[f, 2 * BRIDGE + axis]] * rest.eye_distance);
        for i in 0..FACE.len() {
            let p = if i == BRIDGE {
                bridge
            } else {
                [0, 1].map(|axis| {
                    bridge[axis] + rest.face[i][axis] - rest.face[BRIDGE][axis]
                        + face[[f, 2 * i + axis]] * rest.eye_distance
                })
            };
            put(i, p);
        }
        let arms: Vec<Point> = (0..ARM_POINTS.len())
            .map(|i| [0, 1].map(|axis| rest.arms[i][axis] + body[[f, 2 * i + axis]] * rest.shoulder_width))
            .collect();
        for (i, &p) in arms.iter().enumerate() {
            put(FACE.len() + i, p);
        }
        for side in 0..2 {
            let first = FACE.len() + 6 + side * HAND_POINTS;
            let body_wrist = arms[side * 3 + 2];
            let Some(hand) = &rest.hands[side] else {
                (0..HAND_POINTS).for_each(|i| put(first + i, body_wrist));
                continue;
            };
            let column = 12 + side * HAND_POINTS * 2;
            let wrist: Point = [0, 1].map(|axis| {
                body_wrist[axis] + hand.wrist[axis] + body[[f, column + axis]] * rest.shoulder_width
            });
            let offsets: HandShape = std::array::from_fn(|i| {
                if i == 0 { [0.0, 0.0] } else { [body[[f, column + 2 * i]], body[[f, column + 2 * i + 1]]] }
            });
            let shape = move_hand(&hand.shape, &learned_hands[side], &offsets);
            for (i, p) in shape.iter().enumerate() {
                let turned = rotate(*p, hand.angle);
                put(first + i, [wrist[0] + turned[0] * hand.length, wrist[1] + turned[1] * hand.length]);
            }
        }
    }
    let view = KeypointTrack::new(
        Layout::Contextual116,
        orator_media::FrameRate::MOTION,
        reference.size(),
        points,
        confidence,
    )?;
    Ok(view.lift(reference)?)
}

/// Applies to `own` the similarity that best takes `learned` to `learned + offsets` (least squares about the wrist),
/// then a share of what the similarity leaves over.
fn move_hand(own: &HandShape, learned: &HandShape, offsets: &HandShape) -> HandShape {
    let (mut real, mut imaginary, mut norm) = (0.0f32, 0.0f32, 1e-6f32);
    for (l, o) in learned.iter().zip(offsets) {
        let moved = [l[0] + o[0], l[1] + o[1]];
        real += l[0] * moved[0] + l[1] * moved[1];
        imaginary += l[0] * moved[1] - l[1] * moved[0];
        norm += l[0] * l[0] + l[1] * l[1];
    }
    let (real, imaginary) = (real / norm, imaginary / norm);
    let scale = real.hypot(imaginary).max(1e-3);
    let bounded = scale.clamp(HAND_SCALE.0, HAND_SCALE.1) / scale;
    let turn = |p: Point, factor: f32| {
        [(real * p[0] - imaginary * p[1]) * factor, (imaginary * p[0] + real * p[1]) * factor]
    };
    std::array::from_fn(|i| {
        let rigid = turn(own[i], bounded);
        let left_over =
            subtract([learned[i][0] + offsets[i][0], learned[i][1] + offsets[i][1]], turn(learned[i], 1.0));
        [rigid[0] + SHAPE_TRANSFER * left_over[0], rigid[1] + SHAPE_TRANSFER * left_over[1]]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use orator_media::FrameRate;

    fn person(frames: usize, wobble: f32) -> KeypointTrack {
        let points = Array3::from_shape_fn((frames, 133, 2), |(f, p, axis)| {
            let phase = f as f32 * 0.3 + p as f32;
            let base = if axis == 0 { 50.0 + (p * 37 % 101) as f32 } else { 60.0 + (p * 53 % 89) as f32 };
            base + wobble * phase.sin()
        });
        KeypointTrack::new(
            Layout::WholeBody133,
            FrameRate::MOTION,
            (256, 256),
            points,
            Array2::ones((frames, 133)),
        )
        .unwrap()
    }

    #[test]
    fn rest_moved_by_nothing_is_the_rest() {
        let portrait = person(1, 0.0);
        let rest = RestPose::of(&portrait).unwrap();
        let streams = to_streams(&portrait, &rest).unwrap();
        assert!(streams.body.iter().all(|v| v.abs() < 1e-4));
        let hands = [*rest.hand_shape(0).unwrap(), *rest.hand_shape(1).unwrap()];
        let back = to_keypoints(&streams.face, &streams.body, &rest, &portrait, &hands).unwrap();
        for p in ARM_POINTS.into_iter().chain(FACE).chain(LEFT_HAND).chain(RIGHT_HAND) {
            let d = subtract(at(&back, 0, p), at(&portrait, 0, p));
            assert!(d[0].abs() < 1e-2 && d[1].abs() < 1e-2, "point {p} moved by {d:?}");
        }
    }

    #[test]
    fn face_and_arms_round_trip_on_the_same_person() {
        let clip = person(20, 3.0);
        let rest = RestPose::of(&clip).unwrap();
        let streams = to_streams(&clip, &rest).unwrap();
        let hands = [*rest.hand_shape(0).unwrap(), *rest.hand_shape(1).unwrap()];
        let back = to_keypoints(&streams.face, &streams.body, &rest, &person(1, 0.0), &hands).unwrap();
        for f in 0..20 {
            for p in ARM_POINTS.into_iter().chain(FACE) {
                let d = subtract(at(&back, f, p), at(&clip, f, p));
                assert!(d[0].abs() < 1e-2 && d[1].abs() < 1e-2, "frame {f} point {p}: {d:?}");
            }
        }
    }

    #[test]
    fn a_turned_hand_turns_an_unlike_hand_as_a_whole() {
        let learned: HandShape = std::array::from_fn(|i| [0.1 * (i % 5) as f32 - 0.2, -(i as f32) / 9.0]);
        let own: HandShape = std::array::from_fn(|i| [0.2 * (i % 4) as f32, -(i as f32) / 12.0]);
        let angle = 0.7;
        let offsets: HandShape = std::array::from_fn(|i| subtract(rotate(learned[i], angle), learned[i]));
        for (moved, p) in move_hand(&own, &learned, &offsets).iter().zip(own) {
            let want = rotate(p, angle);
            assert!((moved[0] - want[0]).abs() < 1e-4 && (moved[1] - want[1]).abs() < 1e-4);
        }
    }

    #[test]
    fn unseen_parts_are_marked_and_held() {
        let mut clip = person(10, 2.0);
        clip.parts_mut().1.slice_mut(ndarray::s![3..6, 91..112]).fill(0.0);
        let rest = RestPose::of(&clip).unwrap();
        let streams = to_streams(&clip, &rest).unwrap();
        assert_eq!(streams.body_seen[[4, 12]], 0.0);
        assert_eq!(streams.body_seen[[4, 12 + 42]], 1.0);
        let (a, b, c) = (streams.body[[2, 14]], streams.body[[4, 14]], streams.body[[6, 14]]);
        assert!((b - (a + c) / 2.0).abs() < 1e-5);
    }

    #[test]
    fn mirroring_twice_changes_nothing() {
        let clip = person(6, 2.0);
        let streams = to_streams(&clip, &RestPose::of(&clip).unwrap()).unwrap();
        let twice = mirror(&mirror(&streams));
        assert_eq!(twice.face, streams.face);
        assert_eq!(twice.body, streams.body);
    }
}
