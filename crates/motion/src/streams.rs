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

use crate::rest::{BRIDGE, HAND_POINTS, SEEN, at, hand_local, rotate, subtract};
use crate::{ARM_POINTS, MotionError, RestPose, Result};
use ndarray::Array2;
use orator_body::layout::{FACE, LEFT_HAND, RIGHT_HAND, mirror_of};
use orator_body::{KeypointTrack, Layout};

/// Numbers a frame in the face stream.
pub const FACE_DIMENSIONS: usize = 136;
/// Numbers a frame in the body stream.
pub const BODY_DIMENSIONS: usize = 96;
/// The mouth points of the face stream (0 is the first face point).
pub const LIP_POINTS: std::ops::Range<usize> = 48..68;

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
            for (i, point) in local.into_iter().enumerate() {
                let offset = if i == 0 {
                    let d = subtract(wrist, hand.wrist);
                    [d[0] / rest.shoulder_width, d[1] / rest.shoulder_width]
                } else {
                    let upright = rotate(point, -hand.angle);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::to_keypoints;
    use ndarray::Array3;
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
