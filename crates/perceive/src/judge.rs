//! From what was found to what a person should be told.

use crate::found::Found;
use crate::remark::Remark;
use ndarray::ArrayView1;
use orator_body::layout;

/// A body point counts as seen from this visibility on.
const SEEN: f32 = 0.5;
/// Shoulders narrower than this share of the picture's shorter side make a small person.
const SMALL: f32 = 0.15;
/// How far the nose lies from the middle of the face, as a share of half its width, when the head
/// is turned away (about 45 degrees).
const TURNED: f32 = 0.6;

/// The remarks on one picture of `width` × `height` pixels.
pub(crate) fn remarks(found: &Found, width: usize, height: usize) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let inside = |index: usize| {
        let (x, y) = (found.points[[index, 0]], found.points[[index, 1]]);
        found.confidence[index] >= SEEN
            && (0.0..=width as f32).contains(&x)
            && (0.0..=height as f32).contains(&y)
    };
    let none_inside = |pair: [usize; 2]| !pair.into_iter().any(inside);

    if !found.parts.face {
        remarks.push(Remark::NoFace);
    } else if found.face_mesh.as_ref().is_some_and(|mesh| turned_away(&|i| mesh.row(i))) {
        remarks.push(Remark::FaceTurnedAway);
    }
    let handless = !found.parts.left_hand && !found.parts.right_hand;
    if none_inside(layout::SHOULDERS) {
        remarks.push(Remark::ShouldersCutOff);
    } else if handless && none_inside(layout::ELBOWS) {
        remarks.push(Remark::ElbowsCutOff);
    }
    match (found.parts.left_hand, found.parts.right_hand) {
        (false, false) => remarks.push(Remark::NoHands),
        (true, false) => remarks.push(Remark::OnlyLeftHand),
        (false, true) => remarks.push(Remark::OnlyRightHand),
        (true, true) => {}
    }
    let [left, right] = layout::SHOULDERS.map(|i| found.points.row(i));
    let span = (left[0] - right[0]).hypot(left[1] - right[1]) / width.min(height).max(1) as f32;
    if span < SMALL {
        remarks.push(Remark::SmallPerson((span * 100.0).round() as u8));
    }
    remarks
}

/// Whether the nose tip lies near the edge of the face (mesh points 1, 234 and 454).
fn turned_away<'a>(at: &dyn Fn(usize) -> ArrayView1<'a, f32>) -> bool {
    let (nose, right, left) = (at(1), at(234), at(454));
    let to = |a: &ArrayView1<f32>| (nose[0] - a[0]).hypot(nose[1] - a[1]);
    let (right, left) = (to(&right), to(&left));
    right + left > 0.0 && (right - left).abs() / (right + left) > TURNED
}
