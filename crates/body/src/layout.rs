//! Which point is which. COCO-WholeBody's 133 points are the master layout; 116 and 123 are views of it.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Number of points of the master layout.
pub const WHOLE_BODY: usize = 133;
/// The nose among the body points.
pub const NOSE: usize = 0;
/// Shoulders, left then right (the person's own left).
pub const SHOULDERS: [usize; 2] = [5, 6];
/// Elbows, left then right.
pub const ELBOWS: [usize; 2] = [7, 8];
/// Wrists, left then right.
pub const WRISTS: [usize; 2] = [9, 10];
/// Hips, left then right.
pub const HIPS: [usize; 2] = [11, 12];
/// Eyes, left then right.
pub const EYES: [usize; 2] = [1, 2];
/// Ears, left then right.
pub const EARS: [usize; 2] = [3, 4];
/// The 17 body points.
pub const BODY: Range<usize> = 0..17;
/// The six foot points.
pub const FEET: Range<usize> = 17..23;
/// The 68 face points in iBUG order.
pub const FACE: Range<usize> = 23..91;
/// The 20 mouth points (12 outer, then 8 inner) inside [`FACE`].
pub const MOUTH: Range<usize> = 71..91;
/// The jaw line, from the person's right ear to the left one (iBUG 0–16).
pub const JAW: Range<usize> = 23..40;
/// The right brow, then the left one, five points each (iBUG 17–26).
pub const BROWS: Range<usize> = 40..50;
/// The nose ridge from top to tip (iBUG 27–30).
pub const NOSE_RIDGE: Range<usize> = 50..54;
/// The tip of the nose among the face points (iBUG 30).
pub const NOSE_TIP: usize = 53;
/// Under the nose, from right to left (iBUG 31–35).
pub const NOSE_BASE: Range<usize> = 54..59;
/// The six points around the person's right eye (iBUG 36–41).
pub const RIGHT_EYE_RIM: Range<usize> = 59..65;
/// The six points around the person's left eye (iBUG 42–47).
pub const LEFT_EYE_RIM: Range<usize> = 65..71;
/// The 12 outer-lip points.
pub const OUTER_LIPS: Range<usize> = 71..83;
/// The 8 inner-lip points.
pub const INNER_LIPS: Range<usize> = 83..91;
/// Upper and lower inner-lip points that face each other, as numbers among the face points.
pub const INNER_LIP_PAIRS: [(usize, usize); 3] = [(61, 67), (62, 66), (63, 65)];
/// The 21 points of the left hand; the first is its wrist.
pub const LEFT_HAND: Range<usize> = 91..112;
/// The 21 points of the right hand; the first is its wrist.
pub const RIGHT_HAND: Range<usize> = 112..133;
/// Finger tips inside a hand: thumb, index, middle, ring, little finger.
pub const FINGER_TIPS: [usize; 5] = [4, 8, 12, 16, 20];
/// The root joint of the middle finger inside a hand, the far end of the hand's length.
pub const MIDDLE_ROOT: usize = 9;

/// A choice of keypoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// COCO-WholeBody: body 0–16, feet 17–22, face 23–90, left hand 91–111, right hand 112–132.
    WholeBody133,
    /// Contextual Gesture: 68 face, left arm 3, right arm 3, left hand 21, right hand 21, in this order.
    Contextual116,
    /// CSG-405: all but knees, ankles and feet (13–22).
    Skeleton123,
}

impl Layout {
    /// All layouts, the master layout first.
    pub const ALL: [Self; 3] = [Self::WholeBody133, Self::Contextual116, Self::Skeleton123];

    /// Number of points.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::WholeBody133 => WHOLE_BODY,
            Self::Contextual116 => 116,
            Self::Skeleton123 => 123,
        }
    }

    /// A layout is never empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        false
    }

    /// For each point of this layout, its index among the 133.
    #[must_use]
    pub fn points(self) -> Vec<usize> {
        match self {
            Self::WholeBody133 => (0..WHOLE_BODY).collect(),
            Self::Contextual116 => {
                FACE.chain([5, 7, 9, 6, 8, 10]).chain(LEFT_HAND).chain(RIGHT_HAND).collect()
            }
            Self::Skeleton123 => (0..13).chain(FACE).chain(LEFT_HAND).chain(RIGHT_HAND).collect(),
        }
    }

    /// The name in keypoint files and on the command line: the same word that serde writes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::WholeBody133 => "whole-body133",
            Self::Contextual116 => "contextual116",
            Self::Skeleton123 => "skeleton123",
        }
    }

    /// The layout of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layout| layout.name() == name)
    }

    /// Where the point with index `whole_body` among the 133 stands in this layout, if it has it.
    #[must_use]
    pub fn position(self, whole_body: usize) -> Option<usize> {
        match self {
            Self::WholeBody133 => (whole_body < WHOLE_BODY).then_some(whole_body),
            Self::Contextual116 => match whole_body {
                5 => Some(68),
                7 => Some(69),
                9 => Some(70),
                6 => Some(71),
                8 => Some(72),
                10 => Some(73),
                p if FACE.contains(&p) => Some(p - FACE.start),
                p if (LEFT_HAND.start..WHOLE_BODY).contains(&p) => Some(p - LEFT_HAND.start + 74),
                _ => None,
            },
            Self::Skeleton123 => match whole_body {
                p if p < 13 => Some(p),
                p if (FACE.start..WHOLE_BODY).contains(&p) => Some(p - 10),
                _ => None,
            },
        }
    }

    /// For each point of this layout, the point of this layout that takes its place when the picture
    /// is mirrored left to right (the person's left wrist becomes the right wrist, and so on).
    #[must_use]
    pub fn mirror(self) -> Vec<usize> {
        // Every layout is closed under mirroring, so the inner `position` always answers.
        self.points().into_iter().filter_map(|p| self.position(mirror_of(p))).collect()
    }
}

/// The point among the 133 that takes the place of point `index` when left and right change places.
///
/// Body and feet swap sides, the hands swap whole, the face follows the iBUG order; the nose, the nose
/// ridge, the chin and the middle of the lips stay. Applied twice it is the identity. An index outside
/// the layout is given back as it is.
#[must_use]
pub fn mirror_of(index: usize) -> usize {
    match index {
        1..=16 => ((index - 1) ^ 1) + 1,
        17..=19 => index + 3,
        20..=22 => index - 3,
        91..=111 => index + 21,
        112..=132 => index - 21,
        23..=90 => FACE.start + mirror_of_face(index - FACE.start),
        _ => index,
    }
}

/// Mirror partner within the 68 iBUG points.
fn mirror_of_face(index: usize) -> usize {
    match index {
        // Jaw 0–16 and brows 17–26 run from the person's right ear to the left one.
        0..=16 => 16 - index,
        17..=26 => 43 - index,
        // Under the nose.
        31..=35 => 66 - index,
        // Eyes: upper rims run outer to inner on the right, inner to outer on the left.
        36..=39 | 42..=45 => 81 - index,
        40 | 41 | 46 | 47 => 87 - index,
        // Outer lips: upper 48–54, lower 55–59. Inner lips: upper 60–64, lower 65–67.
        48..=54 => 102 - index,
        55..=59 => 114 - index,
        60..=64 => 124 - index,
        65..=67 => 132 - index,
        _ => index,
    }
}

/// A part of the body, for grouping points, edges and boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Shoulders and hips.
    Torso,
    /// The 68 face points, the mouth among them.
    Face,
    /// The 20 mouth points, a part of the face.
    Lips,
    /// Left shoulder, elbow, wrist (the person's own left).
    LeftArm,
    /// Right shoulder, elbow, wrist.
    RightArm,
    /// 21 points: wrist, then thumb, index, middle, ring and little finger, four each from root to tip.
    LeftHand,
    /// 21 points, as the left hand.
    RightHand,
}

impl Part {
    /// All parts, those drawn in front last.
    pub const ALL: [Self; 7] =
        [Self::Torso, Self::Face, Self::Lips, Self::LeftArm, Self::RightArm, Self::LeftHand, Self::RightHand];

    /// The part's points as indices among the 133. Arms share the shoulders with the torso.
    #[must_use]
    pub fn points(self) -> Vec<usize> {
        match self {
            Self::Torso => SHOULDERS.into_iter().chain(HIPS).collect(),
            Self::Face => FACE.collect(),
            Self::Lips => MOUTH.collect(),
            Self::LeftArm => vec![SHOULDERS[0], ELBOWS[0], WRISTS[0]],
            Self::RightArm => vec![SHOULDERS[1], ELBOWS[1], WRISTS[1]],
            Self::LeftHand => LEFT_HAND.collect(),
            Self::RightHand => RIGHT_HAND.collect(),
        }
    }

    /// The part's points as positions in `layout`; points that the layout lacks are left out.
    #[must_use]
    pub fn positions(self, layout: Layout) -> Vec<usize> {
        self.points().into_iter().filter_map(|p| layout.position(p)).collect()
    }

    /// The part that takes its place when left and right change places.
    #[must_use]
    pub fn mirror(self) -> Self {
        match self {
            Self::LeftArm => Self::RightArm,
            Self::RightArm => Self::LeftArm,
            Self::LeftHand => Self::RightHand,
            Self::RightHand => Self::LeftHand,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn layouts_have_the_published_sizes_and_order() {
        assert_eq!(Layout::ALL.map(Layout::len), [133, 116, 123]);
        let contextual = Layout::Contextual116.points();
        assert_eq!(contextual[68..74], [5, 7, 9, 6, 8, 10]);
        // METHODS 0.4: in the 123 points the face stands at 13–80, mouth at 61, hands at 81 and 102.
        assert_eq!(Layout::Skeleton123.position(FACE.start), Some(13));
        assert_eq!(Layout::Skeleton123.position(MOUTH.start), Some(61));
        assert_eq!(Layout::Skeleton123.position(LEFT_HAND.start), Some(81));
        assert_eq!(Layout::Skeleton123.position(RIGHT_HAND.start), Some(102));
    }

    #[test]
    fn position_is_the_inverse_of_points() {
        for layout in Layout::ALL {
            let points = layout.points();
            for whole in 0..WHOLE_BODY + 5 {
                assert_eq!(
                    layout.position(whole),
                    points.iter().position(|p| *p == whole),
                    "{layout:?} {whole}"
                );
            }
        }
    }

    #[test]
    fn names_are_those_of_serde() {
        for layout in Layout::ALL {
            assert_eq!(serde_json::to_string(&layout).unwrap(), format!("\"{}\"", layout.name()));
            assert_eq!(Layout::from_name(layout.name()), Some(layout));
        }
        assert_eq!(Layout::from_name("hand21"), None);
    }

    #[test]
    fn mirror_swaps_the_sides_that_matter() {
        let pairs = [(0, 0), (1, 2), (5, 6), (9, 10), (15, 16), (17, 20), (19, 22), (91, 112), (111, 132)];
        // iBUG: jaw ends, chin, brow ends, eye corners, eye lids, nose wings, mouth corners, lips.
        let face = [(0, 16), (8, 8), (17, 26), (21, 22), (27, 27), (30, 30), (31, 35), (33, 33)]
            .into_iter()
            .chain([(36, 45), (39, 42), (37, 44), (40, 47), (41, 46), (48, 54), (51, 51), (50, 52)])
            .chain([(57, 57), (55, 59), (60, 64), (62, 62), (66, 66), (65, 67)])
            .map(|(a, b)| (a + FACE.start, b + FACE.start));
        for (a, b) in pairs.into_iter().chain(face) {
            assert_eq!((mirror_of(a), mirror_of(b)), (b, a));
        }
    }

    #[test]
    fn parts_mirror_onto_their_partner() {
        for part in Part::ALL {
            let mut mirrored: Vec<_> = part.points().into_iter().map(mirror_of).collect();
            mirrored.sort_unstable();
            let mut partner = part.mirror().points();
            partner.sort_unstable();
            assert_eq!(mirrored, partner, "{part:?}");
        }
    }

    proptest! {
        #[test]
        fn mirroring_twice_is_the_identity(index in 0usize..200) {
            prop_assert_eq!(mirror_of(mirror_of(index)), index);
        }
    }

    #[test]
    fn every_layout_is_closed_under_mirroring() {
        for layout in Layout::ALL {
            let mirror = layout.mirror();
            assert_eq!(mirror.len(), layout.len());
            for (i, m) in mirror.iter().enumerate() {
                assert_eq!(mirror[*m], i);
            }
        }
    }
}
