//! One frame's points, and how a frame with missing points is completed from the portrait's.

use super::geometry::{Point, Similarity, mean};
use crate::{RenderError, Result};
use ndarray::{ArrayView1, ArrayView2};
use orator_body::layout;
use std::ops::Range;

/// Points below this confidence count as absent.
const SEEN: f32 = 0.2;
/// A driving hand farther than this many units from its wrist is a wrong detection.
const HAND_REACH: f32 = 0.6;
/// Hips follow the shoulders by this share when they are not seen: people sway about their seat.
const HIP_SHARE: f32 = 0.6;

/// Left and right, the person's own.
pub(crate) const SIDES: [usize; 2] = [0, 1];

/// The 21 points of one hand.
pub(crate) fn hand_range(side: usize) -> Range<usize> {
    if side == 0 { layout::LEFT_HAND } else { layout::RIGHT_HAND }
}

/// The 133 points of one frame in pixels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pose {
    points: [Point; layout::WHOLE_BODY],
    seen: [bool; layout::WHOLE_BODY],
}

impl Pose {
    pub fn read(points: ArrayView2<'_, f32>, confidence: ArrayView1<'_, f32>) -> Result<Self> {
        if points.shape() != [layout::WHOLE_BODY, 2] || confidence.len() != layout::WHOLE_BODY {
            return Err(RenderError::Motion(format!(
                "the warp renderer is driven by 133 points with their confidence, not {:?} and {}",
                points.shape(),
                confidence.len()
            )));
        }
        if points.iter().chain(confidence.iter()).any(|v| !v.is_finite()) {
            return Err(RenderError::Motion("the driving points hold numbers that are not finite".into()));
        }
        let mut pose =
            Self { points: [Point::default(); layout::WHOLE_BODY], seen: [false; layout::WHOLE_BODY] };
        for (i, row) in points.outer_iter().enumerate() {
            // Points thousands of pixels away only cost precision.
            // From pixel edges to pixel centres: here 0 is the middle of the first pixel.
            pose.points[i] = Point::new(row[0].clamp(-1e5, 1e5) - 0.5, row[1].clamp(-1e5, 1e5) - 0.5);
            pose.seen[i] = confidence[i] >= SEEN;
        }
        Ok(pose)
    }

    pub fn at(&self, i: usize) -> Point {
        self.points[i]
    }

    pub fn has(&self, i: usize) -> bool {
        self.seen[i]
    }

    pub fn both(&self, pair: [usize; 2]) -> bool {
        pair.iter().all(|&i| self.seen[i])
    }

    pub fn has_hand(&self, side: usize) -> bool {
        hand_range(side).all(|i| self.seen[i])
    }

    pub fn hand(&self, side: usize) -> &[Point] {
        &self.points[hand_range(side)]
    }

    pub fn has_face(&self) -> bool {
        self.seen[layout::FACE].iter().all(|&seen| seen)
    }

    pub fn face(&self) -> &[Point] {
        &self.points[layout::FACE]
    }

    pub fn shoulder(&self, side: usize) -> Point {
        self.points[layout::SHOULDERS[side]]
    }

    pub fn elbow(&self, side: usize) -> Point {
        self.points[layout::ELBOWS[side]]
    }

    pub fn wrist(&self, side: usize) -> Point {
        self.points[layout::WRISTS[side]]
    }

    pub fn hip(&self, side: usize) -> Point {
        self.points[layout::HIPS[side]]
    }

    /// Shoulder, elbow seen.
    pub fn has_upper_arm(&self, side: usize) -> bool {
        self.both(layout::SHOULDERS) && self.seen[layout::ELBOWS[side]]
    }

    /// Shoulder, elbow, wrist seen.
    pub fn has_forearm(&self, side: usize) -> bool {
        self.has_upper_arm(side) && self.seen[layout::WRISTS[side]]
    }

    /// The person's size: the shoulder width, else what the face suggests, else a share of the picture.
    pub fn unit(&self, width: usize) -> f32 {
        let shoulders = (self.shoulder(0) - self.shoulder(1)).length();
        let face = (self.face()[16] - self.face()[0]).length();
        let fallback = 0.4 * width as f32;
        let unit = match (self.both(layout::SHOULDERS), self.has_face()) {
            // A person seen from the side has narrow shoulders but not a narrow face.
            (true, true) => shoulders.max(1.3 * face),
            (true, false) => shoulders,
            (false, true) => 2.0 * face,
            (false, false) => fallback,
        };
        if unit > 0.02 * width as f32 { unit } else { fallback }
    }
}

/// The frame to draw: `driving` where it is seen, elsewhere the portrait's points carried along by what they hang on.
///
/// Every point that `source` has is set; the marks of presence are those of `source`.
pub(crate) fn complete(source: &Pose, driving: &Pose, unit: f32) -> Pose {
    let mut out = source.clone();
    let head_shift = head_shift(source, driving);

    // Shoulders: one carries the other, the head carries both in part.
    let shifts: Vec<Point> = layout::SHOULDERS
        .iter()
        .filter(|&&i| source.seen[i] && driving.seen[i])
        .map(|&i| driving.points[i] - source.points[i])
        .collect();
    let trunk_shift = if shifts.is_empty() { head_shift.unwrap_or_default() * 0.3 } else { mean(&shifts) };
    for i in layout::SHOULDERS {
        out.points[i] = if driving.seen[i] && source.seen[i] {
            driving.points[i]
        } else {
            source.points[i] + trunk_shift
        };
    }
    let pair = |pose: &Pose| [pose.shoulder(0), pose.shoulder(1)];
    let trunk = Similarity::fit(&pair(source), &pair(&out), 0.7..=1.4);
    let hips_seen = driving.both(layout::HIPS) && source.both(layout::HIPS);
    for i in layout::HIPS {
        out.points[i] =
            if hips_seen { driving.points[i] } else { source.points[i] + trunk_shift * HIP_SHARE };
    }

    // The head: its points, else a shift by the nose, else with the trunk.
    let head_whole = driving.has_face() && source.has_face();
    for i in layout::FACE.chain(0..5) {
        out.points[i] = match head_shift {
            _ if driving.seen[i] && (head_whole || i < 5) => driving.points[i],
            Some(shift) => source.points[i] + shift,
            None => trunk.apply(source.points[i]),
        };
    }

    for side in SIDES {
        let (shoulder, elbow, wrist) = (layout::SHOULDERS[side], layout::ELBOWS[side], layout::WRISTS[side]);
        out.points[elbow] = if driving.seen[elbow] && source.seen[elbow] {
            driving.points[elbow]
        } else {
            trunk.apply(source.points[elbow])
        };
        let upper = carried(
            [source.points[shoulder], source.points[elbow]],
            [out.points[shoulder], out.points[elbow]],
        );
        let hand = hand_range(side);
        let hand_seen = driving.has_hand(side)
            && (!driving.seen[wrist]
                || (driving.points[hand.start] - driving.points[wrist]).length() < HAND_REACH * unit);
        out.points[wrist] = if driving.seen[wrist] && source.seen[wrist] {
            driving.points[wrist]
        } else if hand_seen && source.has_hand(side) {
            driving.points[hand.start] + (source.points[wrist] - source.points[hand.start])
        } else {
            upper.apply(source.points[wrist])
        };
        let fore =
            carried([source.points[elbow], source.points[wrist]], [out.points[elbow], out.points[wrist]]);
        for i in hand {
            out.points[i] = if hand_seen { driving.points[i] } else { fore.apply(source.points[i]) };
        }
    }
    out
}

/// The rigid motion of what hangs at the end of a bone: the end moves there exactly, the bone's turn is taken over
/// as far as the bone is long enough in both pictures to have a direction.
fn carried(source: [Point; 2], driving: [Point; 2]) -> Similarity {
    let lengths = [source, driving].map(|[a, b]| (b - a).length());
    if lengths[0] < 4.0 || lengths[1] < 0.35 * lengths[0] {
        return Similarity::translation(driving[1] - source[1]);
    }
    // Bones of equal length about the end point: turn the start around it.
    let start = driving[1] + (driving[0] - driving[1]) * (lengths[0] / lengths[1]);
    Similarity::fit(&source, &[start, driving[1]], 1.0..=1.0)
}

fn head_shift(source: &Pose, driving: &Pose) -> Option<Point> {
    if source.has_face() && driving.has_face() {
        return Some(mean(driving.face()) - mean(source.face()));
    }
    (source.seen[layout::NOSE] && driving.seen[layout::NOSE])
        .then(|| driving.points[layout::NOSE] - source.points[layout::NOSE])
}
