//! Pose files without sound: OpenPose's 18 body points, 2 × 21 hand points and 68 face points with scores, coordinates in
//! 0..1 of a square picture.

use crate::{Result, TrainError, numpy};
use ndarray::{Array2, Array3};
use orator_body::layout::{FACE, LEFT_HAND, RIGHT_HAND};
use orator_body::{KeypointTrack, Layout};
use orator_media::FrameRate;
use std::path::Path;

/// Side of the square that the coordinates are scaled to.
const SIDE: u32 = 1000;
/// Index among the 133 for each of OpenPose's 18 points; the neck (1) has none.
const BODY_18: [Option<usize>; 18] = [
    Some(0),
    None,
    Some(6),
    Some(8),
    Some(10),
    Some(5),
    Some(7),
    Some(9),
    Some(12),
    Some(14),
    Some(16),
    Some(11),
    Some(13),
    Some(15),
    Some(2),
    Some(1),
    Some(4),
    Some(3),
];
/// OpenPose's wrists, left then right.
const WRISTS_18: [usize; 2] = [7, 4];

/// Reads a pose file as a track of 133 points at 25 fps.
pub(crate) fn read(path: &Path) -> Result<KeypointTrack> {
    let get = |name: &str, per_frame: usize| -> Result<(usize, Vec<f32>)> {
        let array = numpy::read(path, name)?;
        let frames = array.shape.first().copied().unwrap_or(0);
        if frames == 0 || array.values.len() != frames * per_frame {
            return Err(TrainError::Corpus {
                what: format!("{}: {name} has the shape {:?}", path.display(), array.shape),
                hint: "the layout is that of EchoMimicV2's pose files".into(),
            });
        }
        Ok((frames, array.values))
    };
    let (frames, bodies) = get("bodies", 36)?;
    let (_, body_scores) = get("bodies_score", 18)?;
    let (_, hands) = get("hands", 84)?;
    let (_, hand_scores) = get("hands_score", 42)?;
    let (_, faces) = get("faces", 136)?;
    let (_, face_scores) = get("faces_score", 68)?;
    let mut points = Array3::zeros((frames, 133, 2));
    let mut confidence = Array2::zeros((frames, 133));
    let mut put = |f: usize, p: usize, xy: &[f32], score: f32| {
        let usable = xy.iter().all(|v| v.is_finite() && (-0.5..1.5).contains(v)) && score.is_finite();
        if usable {
            points[[f, p, 0]] = xy[0] * SIDE as f32;
            points[[f, p, 1]] = xy[1] * SIDE as f32;
            confidence[[f, p]] = score.clamp(0.0, 1.0);
        }
    };
    for f in 0..frames {
        let body = |i: usize| &bodies[(f * 18 + i) * 2..(f * 18 + i) * 2 + 2];
        for (i, target) in BODY_18.iter().enumerate() {
            if let Some(p) = *target {
                put(f, p, body(i), body_scores[f * 18 + i]);
            }
        }
        for i in 0..68 {
            put(f, FACE.start + i, &faces[(f * 68 + i) * 2..(f * 68 + i) * 2 + 2], face_scores[f * 68 + i]);
        }
        // Which hand comes first is not written down anywhere: take the order in which the hands meet their wrists.
        let wrist = |h: usize| &hands[(f * 42 + h * 21) * 2..(f * 42 + h * 21) * 2 + 2];
        let distance = |a: &[f32], b: &[f32]| (a[0] - b[0]).hypot(a[1] - b[1]);
        let straight = distance(wrist(0), body(WRISTS_18[0])) + distance(wrist(1), body(WRISTS_18[1]));
        let crossed = distance(wrist(0), body(WRISTS_18[1])) + distance(wrist(1), body(WRISTS_18[0]));
        let order = if straight <= crossed { [LEFT_HAND, RIGHT_HAND] } else { [RIGHT_HAND, LEFT_HAND] };
        for (h, range) in order.into_iter().enumerate() {
            // A hand is present as a whole or not at all.
            let scores = &hand_scores[(f * 2 + h) * 21..(f * 2 + h + 1) * 21];
            let presence = scores.iter().sum::<f32>() / 21.0;
            for (i, p) in range.enumerate() {
                let at = (f * 42 + h * 21 + i) * 2;
                put(f, p, &hands[at..at + 2], presence);
            }
        }
    }
    Ok(KeypointTrack::new(Layout::WholeBody133, FrameRate::MOTION, (SIDE, SIDE), points, confidence)?)
}
