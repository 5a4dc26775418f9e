//! What was found in one picture, in the 133-point layout.

use crate::face::{self, Face};
use crate::hand::{self, Hand};
use crate::mask::PersonMask;
use crate::pose::{self, Pose};
use crate::remark::Remark;
use ndarray::{Array1, Array2};
use orator_body::layout;
use std::ops::Range;

/// Which parts were seen beside the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The face.
    pub face: bool,
    /// The person's own left hand.
    pub left_hand: bool,
    /// The person's own right hand.
    pub right_hand: bool,
}

/// One person in one picture.
#[derive(Clone, Debug)]
pub struct Found {
    /// `[133, 2]`: x right, y down, pixels of the picture. Always finite: an absent hand lies on
    /// its wrist, an absent face on the nose.
    pub points: Array2<f32>,
    /// `[133]`, 0..=1. Body points: the detector's visibility; face and hand points: that part's
    /// presence; absent parts: 0.
    pub confidence: Array1<f32>,
    /// Which parts were seen.
    pub parts: Parts,
    /// Which pixels are the person, if that was asked for.
    pub mask: Option<PersonMask>,
    /// MediaPipe's own `[33, 4]` body landmarks: x, y, depth in pixels, visibility.
    pub pose: Array2<f32>,
    /// MediaPipe's own `[468, 3]` face mesh in pixels, if there is a face.
    pub face_mesh: Option<Array2<f32>>,
    /// What a person should know about it.
    pub remarks: Vec<Remark>,
}

/// For each of COCO's 17 body points, the landmark of BlazePose.
const BODY: [usize; 17] = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28];
/// The six foot points (big toe, small toe, heel; left, then right): landmark of BlazePose, which
/// has no small toe.
const FEET: [(usize, bool); 6] = [(31, true), (31, false), (29, true), (32, true), (32, false), (30, true)];
/// For each of the 68 iBUG face points, the point of the mesh (PERCEPTION §3).
const FACE: [usize; 68] = [
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389, // jaw
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301, // brows
    168, 197, 5, 4, 75, 97, 2, 326, 305, // nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380, // eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, // outer lips
    78, 82, 13, 312, 308, 317, 14, 87, // inner lips
];
/// Landmarks of BlazePose that stand in for an absent part: nose, left wrist, right wrist.
const STAND_IN: [usize; 3] = [0, 15, 16];

impl Found {
    /// Joins the parts.
    pub(crate) fn assemble(pose: &Pose, hands: [Option<&Hand>; 2], face: Option<&Face>) -> Self {
        let mut points = Array2::zeros((layout::WHOLE_BODY, 2));
        let mut confidence = Array1::zeros(layout::WHOLE_BODY);
        let mut put = |index: usize, at: [f64; 3], value: f64| {
            points[[index, 0]] = at[0] as f32;
            points[[index, 1]] = at[1] as f32;
            confidence[index] = value.clamp(0.0, 1.0) as f32;
        };
        for (index, landmark) in layout::BODY.zip(BODY) {
            put(index, pose.landmarks[landmark], pose.visibility[landmark]);
        }
        for (index, (landmark, seen)) in layout::FEET.zip(FEET) {
            put(index, pose.landmarks[landmark], if seen { pose.visibility[landmark] } else { 0.0 });
        }
        let mut put_part = |range: Range<usize>, part: Option<(&[[f64; 3]], f32)>, stand_in: usize| {
            for (offset, index) in range.enumerate() {
                match part {
                    Some((landmarks, presence)) => put(index, landmarks[offset], f64::from(presence)),
                    None => put(index, pose.landmarks[stand_in], 0.0),
                }
            }
        };
        let face_points = face.map(|f| FACE.map(|i| f.landmarks[i]));
        put_part(
            layout::FACE,
            face_points.as_ref().zip(face).map(|(p, f)| (p.as_slice(), f.presence)),
            STAND_IN[0],
        );
        for (range, hand, stand_in) in
            [(layout::LEFT_HAND, hands[0], STAND_IN[1]), (layout::RIGHT_HAND, hands[1], STAND_IN[2])]
        {
            put_part(range, hand.map(|h| (h.landmarks.as_slice(), h.presence)), stand_in);
        }
        const { assert!(hand::LANDMARKS == 21) };

        let pose_table = Array2::from_shape_fn((pose::LANDMARKS, 4), |(i, column)| {
            pose.landmarks[i].get(column).copied().unwrap_or(pose.visibility[i]) as f32
        });
        let face_mesh = face.map(|f| {
            Array2::from_shape_fn((face::LANDMARKS, 3), |(i, column)| f.landmarks[i][column] as f32)
        });
        Self {
            points,
            confidence,
            parts: Parts {
                face: face.is_some(),
                left_hand: hands[0].is_some(),
                right_hand: hands[1].is_some(),
            },
            mask: None,
            pose: pose_table,
            face_mesh,
            remarks: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::region::Region;

    fn pose() -> Pose {
        Pose {
            landmarks: std::array::from_fn(|i| [i as f64, 100.0 + i as f64, 0.5]),
            visibility: std::array::from_fn(|i| i as f64 / 50.0),
            region: Region { x: 0.0, y: 0.0, side: 1.0, rotation: 0.0 },
            mask: None,
        }
    }

    #[test]
    fn absent_parts_lie_on_the_body_without_confidence() {
        let found = Found::assemble(&pose(), [None, None], None);
        assert!(found.points.iter().all(|v| v.is_finite()));
        for index in layout::RIGHT_HAND {
            assert_eq!(found.points[[index, 0]], 16.0);
            assert_eq!(found.confidence[index], 0.0);
        }
        assert_eq!(found.points[[layout::WRISTS[1], 0]], 16.0);
        assert_eq!(found.confidence[layout::WRISTS[1]], 16.0 / 50.0);
        assert_eq!(found.parts, Parts::default());
        assert_eq!(found.pose[[4, 3]], 4.0 / 50.0);
    }

    #[test]
    fn parts_go_to_their_places() {
        let hand = Hand { landmarks: std::array::from_fn(|i| [i as f64, 7.0, 0.0]), presence: 0.75 };
        let face = Face { landmarks: (0..468).map(|i| [f64::from(i), 9.0, 0.0]).collect(), presence: 0.9 };
        let found = Found::assemble(&pose(), [Some(&hand), None], Some(&face));
        assert_eq!(found.points[[layout::LEFT_HAND.start + 8, 0]], 8.0);
        assert_eq!(found.confidence[layout::LEFT_HAND.start + 8], 0.75);
        assert_eq!(found.points[[layout::FACE.start + 8, 0]], 152.0);
        assert_eq!(found.points[[layout::INNER_LIPS.end - 1, 0]], 87.0);
        assert_eq!(found.confidence[layout::FACE.start], 0.9);
        assert!(found.parts.left_hand && !found.parts.right_hand && found.parts.face);
    }
}
