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
/// Eyes, ears: left then right.
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
/// The 12 outer-lip points.
pub const OUTER_LIPS: Range<usize> = 71..83;
/// The 8 inner-lip points.
pub const INNER_LIPS: Range<usize> = 83..91;
/// The 21 points of the left hand; the first is its wrist.
pub const LEFT_HAND: Range<usize> = 91..112;
/// The 21 points of the right hand; the first is its wrist.
pub const RIGHT_HAND: Range<usize> = 112..133;

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
    /// Number of points.
    #[must_use]
    pub fn len(self) -> usize {
        self.points().len()
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
            Self::Contextual116 => FACE
                .chain([5, 7, 9, 6, 8, 10])
                .chain(LEFT_HAND)
                .chain(RIGHT_HAND)
                .collect(),
            Self::Skeleton123 => (0..13).chain(FACE).chain(LEFT_HAND).chain(RIGHT_HAND).collect(),
        }
    }
}
