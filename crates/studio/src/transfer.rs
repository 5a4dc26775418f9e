//! One person's motion onto another: `k_S + s · (k(t) − k(r))` for each part, in the portrait's measures (METHODS 2.8).
//!
//! The paper's rest `r` is the first frame. Videos begin with folded or foreshortened hands as often as not, and
//! everything would be measured by those, so each part has a rest of its own here:
//! * arms: the frame whose arms are held most like the portrait's, so that spread arms are not thrown out of the picture
//!   by a driver who began with folded ones;
//! * each hand: a frame in which it does not point at the camera (measured by a short hand, all others would be
//!   giants) and is turned most like the portrait's;
//! * face: the median over the clip.

use crate::{Result, StudioError};
use ndarray::s;
use orator_body::layout::{ELBOWS, FACE, LEFT_HAND, RIGHT_HAND, WRISTS};
use orator_body::{KeypointTrack, Portrait, normalise};
use orator_motion::{ARM_POINTS, RestPose, to_keypoints, to_streams};
use std::path::Path;

/// A part counts as seen from this confidence on.
const SEEN: f32 = 0.5;
const HAND_POINTS: usize = 21;
/// The knuckle of the middle finger among a hand's points.
const KNUCKLE: usize = 9;
/// How long a hand may be in its rest frame, beside the length that only one in ten of its frames exceeds.
const WHOLE_HAND: std::ops::RangeInclusive<f32> = 0.8..=1.2;

/// The driving motion on the portrait's body; `path` names the driving file in errors.
pub(crate) fn onto(track: &KeypointTrack, portrait: &Portrait, path: &Path) -> Result<KeypointTrack> {
    let rest = |frame: Option<usize>| {
        let frame = frame.and_then(|frame| track.frame(frame));
        RestPose::of(&frame.ok_or_else(|| StudioError::NoFace { path: path.to_owned() })?)
            .map_err(StudioError::from)
    };
    let own = RestPose::of(&portrait.keypoints)?;
    let arms_rest = likest_frame(track, &portrait.keypoints);
    let mut body = to_streams(track, &rest(arms_rest)?)?.body;
    let mut hands = [0, 1].map(|side| own.hand_shape(side).copied().unwrap_or([[0.0; 2]; HAND_POINTS]));
    for (side, shape) in hands.iter_mut().enumerate() {
        let Some(frame) = hand_frame(track, &portrait.keypoints, side) else { continue };
        let rest = rest(Some(frame))?;
        if let Some(own_shape) = rest.hand_shape(side) {
            *shape = *own_shape;
            let first = 2 * (ARM_POINTS.len() + side * HAND_POINTS);
            let columns = s![.., first..first + 2 * HAND_POINTS];
            body.slice_mut(columns).assign(&to_streams(track, &rest)?.body.slice(columns));
        }
    }
    let face = to_streams(track, &RestPose::of(track)?)?.face;
    let moved = to_keypoints(&face, &body, &own, &portrait.keypoints, &hands)?;
    let (layout, rate, size) = (moved.layout(), track.rate(), moved.size());
    let (points, confidence) = moved.into_parts();
    Ok(KeypointTrack::new(layout, rate, size, points, confidence)?)
}

/// Of the frames that show the face, the one whose arms are nearest to those of the one frame of `portrait`, both measured
/// from the neck in shoulder widths; the earliest of equals. `None` without any face.
pub(crate) fn likest_frame(track: &KeypointTrack, portrait: &KeypointTrack) -> Option<usize> {
    let candidates = (0..track.frames()).filter(|&frame| track.confidence()[[frame, FACE.start]] >= SEEN);
    let wanted = arms(portrait, 0).unwrap_or_default();
    let distance = |frame: usize| {
        let apart = |held: Vec<f32>| held.iter().zip(&wanted).map(|(a, b)| (a - b).powi(2)).sum();
        arms(track, frame).map_or(f32::INFINITY, apart)
    };
    candidates.min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
}

/// Of the frames that show the face and the hand of `side` (0 left, 1 right) in its full length, the one in which it
/// points most as it does in `portrait`; the earliest of equals.
fn hand_frame(track: &KeypointTrack, portrait: &KeypointTrack, side: usize) -> Option<usize> {
    let length = |frame: usize| normalise::hand_lengths(track, frame, SEEN)[side];
    let with_face = (0..track.frames()).filter(|&frame| track.confidence()[[frame, FACE.start]] >= SEEN);
    let seen: Vec<(usize, f32)> = with_face.filter_map(|frame| Some((frame, length(frame)?))).collect();
    let mut lengths: Vec<f32> = seen.iter().map(|(_, length)| *length).collect();
    lengths.sort_by(f32::total_cmp);
    let full = *lengths.get(lengths.len() * 9 / 10)?;
    let wanted = direction(portrait, 0, side);
    let apart = |frame: usize| match (direction(track, frame, side), wanted) {
        (Some(a), Some(b)) => (a[0] - b[0]).hypot(a[1] - b[1]),
        _ => 0.0,
    };
    let whole = seen.into_iter().filter(|(_, length)| WHOLE_HAND.contains(&(length / full.max(1e-3))));
    whole.map(|(frame, _)| frame).min_by(|&a, &b| apart(a).total_cmp(&apart(b)))
}

/// Where a hand points, from its wrist to its middle knuckle: a vector of length 1.
fn direction(track: &KeypointTrack, frame: usize, side: usize) -> Option<[f32; 2]> {
    let wrist = [LEFT_HAND, RIGHT_HAND][side].start;
    let (from, to) = (track.confident(frame, wrist, SEEN)?, track.confident(frame, wrist + KNUCKLE, SEEN)?);
    let (x, y) = (to[0] - from[0], to[1] - from[1]);
    let length = x.hypot(y);
    (length > 0.0).then(|| [x / length, y / length])
}

/// Elbows and wrists of a frame, relative to the neck, in shoulder widths; `None` without shoulders.
fn arms(track: &KeypointTrack, frame: usize) -> Option<Vec<f32>> {
    let neck = normalise::neck(track, frame, SEEN)?;
    let width = normalise::shoulder_width(track, frame, SEEN).filter(|width| *width > 0.0)?;
    let relative =
        |point: usize| [0, 1].map(|axis| (track.points()[[frame, point, axis]] - neck[axis]) / width);
    Some(ELBOWS.into_iter().chain(WRISTS).flat_map(relative).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array3};
    use orator_body::Layout;
    use orator_media::{FrameRate, Picture};

    /// Wrists `reach[frame]` to the sides, everything else spread out.
    fn reaching(reach: &[f32]) -> KeypointTrack {
        let mut points = Array3::from_shape_fn((reach.len(), 133, 2), |(_, point, axis)| {
            60.0 + if axis == 0 { (point * 37 % 83) as f32 } else { (point * 53 % 89) as f32 }
        });
        for (frame, reach) in reach.iter().enumerate() {
            for (point, place) in
                [(5, [120.0, 90.0]), (6, [80.0, 90.0]), (9, [100.0, 130.0]), (10, [100.0, 130.0])]
            {
                points.slice_mut(s![frame, point, ..]).assign(&ndarray::arr1(&place));
            }
            points[[frame, WRISTS[0], 0]] += reach;
            points[[frame, WRISTS[1], 0]] -= reach;
        }
        let confidence = Array2::ones((reach.len(), 133));
        KeypointTrack::new(Layout::WholeBody133, FrameRate::MOTION, (200, 200), points, confidence).unwrap()
    }

    #[test]
    fn the_rest_frame_is_the_one_most_like_the_portrait() {
        let mut driver = reaching(&[0.0, 10.0, 31.0, 28.0, 50.0]);
        let portrait = reaching(&[30.0]);
        assert_eq!(likest_frame(&driver, &portrait), Some(2));
        // Twice as large in the picture is the same pose.
        let large = portrait.mapped((400, 400), |[x, y]| [2.0 * x, 2.0 * y]).unwrap();
        assert_eq!(likest_frame(&driver, &large), Some(2));
        driver.parts_mut().1[[2, FACE.start]] = 0.0;
        assert_eq!(likest_frame(&driver, &portrait), Some(3));
        driver.parts_mut().1.fill(0.0);
        assert_eq!(likest_frame(&driver, &portrait), None);
    }

    #[test]
    fn a_hand_rests_where_it_is_whole_and_points_as_in_the_portrait() {
        let mut driver = reaching(&[0.0; 4]);
        let wrist = driver.confident(0, LEFT_HAND.start, SEEN).unwrap();
        // Right, short up, long up, down.
        for (frame, [x, y]) in [[20.0, 0.0], [0.0, -5.0], [1.0, -19.0], [0.0, 20.0]].into_iter().enumerate() {
            let place = ndarray::arr1(&[wrist[0] + x, wrist[1] + y]);
            driver.parts_mut().0.slice_mut(s![frame, LEFT_HAND.start + KNUCKLE, ..]).assign(&place);
        }
        let mut portrait = reaching(&[0.0]);
        let up = ndarray::arr1(&[wrist[0], wrist[1] - 7.0]);
        portrait.parts_mut().0.slice_mut(s![0, LEFT_HAND.start + KNUCKLE, ..]).assign(&up);
        assert_eq!(hand_frame(&driver, &portrait, 0), Some(2));
        portrait.parts_mut().1[[0, LEFT_HAND.start]] = 0.0;
        assert_eq!(hand_frame(&driver, &portrait, 0), Some(0), "no hand to be like: the first whole one");
        driver.parts_mut().1.fill(0.0);
        assert_eq!(hand_frame(&driver, &portrait, 0), None);
    }

    #[test]
    fn arms_move_from_the_portrait_in_its_own_measure() {
        let driver = reaching(&[0.0, 20.0, 40.0]);
        // The same pose as the driver's second frame, half as large.
        let still = reaching(&[20.0]).mapped((100, 100), |[x, y]| [x / 2.0, y / 2.0]).unwrap();
        let portrait = Portrait::new(Picture::filled(100, 100, [9; 3]), still, vec![255; 10_000]).unwrap();
        let moved = onto(&driver, &portrait, Path::new("driver.mp4")).unwrap();
        assert_eq!((moved.frames(), moved.size()), (3, (100, 100)));
        let wrist = |frame: usize| moved.points()[[frame, WRISTS[0], 0]];
        assert!((wrist(1) - 60.0).abs() < 1e-3, "{}", wrist(1));
        assert!((wrist(2) - wrist(1) - 10.0).abs() < 1e-3 && (wrist(0) - wrist(1) + 10.0).abs() < 1e-3);
    }
}
