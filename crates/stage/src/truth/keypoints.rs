//! The true keypoints of a frame in its picture.

use glam::Vec3;
use orator_body::layout::{self, WHOLE_BODY};
use orator_corpus::truth::Visibility;

use super::Anchors;
use crate::Result;
use crate::person::Person;
use crate::picture::{Camera, Drawn};
use crate::pose::Pose;
use crate::surface::Part;

/// The 133 keypoints of one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueKeypoints {
    /// x right, y down, in pixels of the picture; may lie outside it.
    pub points: Vec<[f32; 2]>,
    /// Whether each is seen. Without a picture, what is inside counts as seen.
    pub visibility: Vec<Visibility>,
}

/// A point of a hand or of the face may lie this deep under the surface in front of it and still count as seen, in decimetres.
const DEPTH_OF_DETAIL: f32 = 0.35;
/// The same for joints of the body, which lie inside it.
const DEPTH_OF_BODY: f32 = 1.3;

/// Locates and projects all keypoints. `drawn` decides what is hidden.
///
/// # Errors
/// When the figure lacks a bone.
pub fn keypoints(
    anchors: &Anchors,
    person: &Person,
    pose: &Pose,
    camera: &Camera,
    size: usize,
    drawn: Option<&Drawn>,
) -> Result<TrueKeypoints> {
    let placed = person.skeleton.place(pose);
    let vertices = person.vertices(pose, &anchors.vertices());
    let places = anchors.locate(&person.skeleton, &placed, &vertices)?;
    let mut points = Vec::with_capacity(WHOLE_BODY);
    let mut visibility = Vec::with_capacity(WHOLE_BODY);
    for (index, place) in places.into_iter().enumerate() {
        let (point, seen) = project(index, place, camera, size, drawn);
        points.push(point);
        visibility.push(seen);
    }
    Ok(TrueKeypoints { points, visibility })
}

fn project(
    index: usize,
    place: Vec3,
    camera: &Camera,
    size: usize,
    drawn: Option<&Drawn>,
) -> ([f32; 2], Visibility) {
    let side = size as f32;
    let Some((pixel, depth)) = camera.project(place, size) else {
        return ([-1.0, -1.0], Visibility::Outside);
    };
    let inside = pixel.x >= 0.0 && pixel.y >= 0.0 && pixel.x < side && pixel.y < side;
    let seen = match (inside, drawn) {
        (false, _) => Visibility::Outside,
        (true, None) => Visibility::Seen,
        (true, Some(drawn)) => {
            let at = pixel.y as usize * size + pixel.x as usize;
            let tolerance = if index < layout::FACE.start { DEPTH_OF_BODY } else { DEPTH_OF_DETAIL };
            let own_hand = match index {
                _ if layout::LEFT_HAND.contains(&index) => Some(Part::LeftHand),
                _ if layout::RIGHT_HAND.contains(&index) => Some(Part::RightHand),
                _ => None,
            };
            // What lies a little beside the silhouette, on the background, is in view; the own hand never hides itself.
            let covered = drawn.depth[at] < depth - tolerance
                && own_hand.is_none_or(|hand| drawn.parts[at] != hand as u8);
            if covered { Visibility::Hidden } else { Visibility::Seen }
        }
    };
    ([pixel.x, pixel.y], seen)
}
