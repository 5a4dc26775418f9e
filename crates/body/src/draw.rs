//! Drawing a pose: limbs and fingers as lines, face points as dots, in the colours of DWPose.

use crate::edges::{Joint, OPENPOSE_BODY, body_colour, drawing_edges};
use crate::layout::{FACE, LEFT_HAND, Part, RIGHT_HAND, SHOULDERS};
use crate::{KeypointTrack, Layout};
use orator_media::Picture;
use serde::{Deserialize, Serialize};

/// How a pose is drawn. Lengths are in pixels of a picture whose shorter side has 512 and grow with it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoseStyle {
    /// Width of the body's limbs. Default 4.
    pub limb_width: f32,
    /// Brightness of the limbs beside that of the joints. Default 0.6.
    pub limb_brightness: f32,
    /// Width of the fingers' bones. Default 2.
    pub finger_width: f32,
    /// Diameter of the body's joints. Default 8.
    pub joint_diameter: f32,
    /// Diameter of the hands' joints. Default 4.
    pub finger_joint_diameter: f32,
    /// Diameter of the face's dots. Default 3.
    pub face_diameter: f32,
    /// Points below this confidence are not drawn. Default 0.05.
    pub threshold: f32,
    /// Draw more certain points more brightly. Default true.
    pub intensity_from_confidence: bool,
}

impl Default for PoseStyle {
    fn default() -> Self {
        Self {
            limb_width: 4.0,
            limb_brightness: 0.6,
            finger_width: 2.0,
            joint_diameter: 8.0,
            finger_joint_diameter: 4.0,
            face_diameter: 3.0,
            threshold: 0.05,
            intensity_from_confidence: true,
        }
    }
}

const HAND_JOINT: [u8; 3] = [0, 0, 255];
const FACE_DOT: [u8; 3] = [255, 255, 255];

/// Draws frame `frame` of `track` onto `picture`. Keypoints are scaled if the picture has another size than
/// the one they belong to; a frame past the end draws nothing; what lies outside is cut off.
pub fn draw_pose(picture: &mut Picture, track: &KeypointTrack, frame: usize, style: &PoseStyle) {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let (own_width, own_height) = track.size();
    if frame >= track.frames() || own_width == 0 || own_height == 0 {
        return;
    }
    let scale = [width / own_width as f32, height / own_height as f32];
    let unit = width.min(height) / 512.0;
    let drawn = |joint: Joint| {
        let (place, certainty) = place_of(track, frame, joint)?;
        let certain = certainty > 0.0 && certainty >= style.threshold;
        let strength = if style.intensity_from_confidence { certainty.clamp(0.0, 1.0) } else { 1.0 };
        certain.then_some(([place[0] * scale[0], place[1] * scale[1]], strength))
    };
    let mut brush = Brush { picture };

    let is_hand = |part: Part| matches!(part, Part::LeftHand | Part::RightHand);
    let edges = |hands: bool, brightness: f32, line_width: f32, brush: &mut Brush<'_>| {
        for edge in drawing_edges().iter().filter(|edge| is_hand(edge.part) == hands) {
            if let (Some((from, a)), Some((to, b))) = (drawn(edge.from), drawn(edge.to)) {
                let colour = edge.colour.map(|c| (f32::from(c) * brightness) as u8);
                brush.line(from, to, line_width * unit, colour, a.min(b));
            }
        }
    };
    edges(false, style.limb_brightness, style.limb_width, &mut brush);
    for (step, joint) in OPENPOSE_BODY.into_iter().enumerate() {
        if let Some((place, strength)) = drawn(joint) {
            brush.line(place, place, style.joint_diameter * unit, body_colour(step), strength);
        }
    }
    for point in FACE {
        if let Some((place, strength)) = drawn(Joint::Point(point)) {
            brush.line(place, place, style.face_diameter * unit, FACE_DOT, strength);
        }
    }
    edges(true, 1.0, style.finger_width, &mut brush);
    for point in LEFT_HAND.chain(RIGHT_HAND) {
        if let Some((place, strength)) = drawn(Joint::Point(point)) {
            brush.line(place, place, style.finger_joint_diameter * unit, HAND_JOINT, strength);
        }
    }
}

/// Frame `frame` of `track` drawn on a black picture of the track's size.
#[must_use]
pub fn pose_picture(track: &KeypointTrack, frame: usize, style: &PoseStyle) -> Picture {
    let (width, height) = track.size();
    let mut picture = Picture::filled(width as usize, height as usize, [0, 0, 0]);
    draw_pose(&mut picture, track, frame, style);
    picture
}

/// Place and confidence of a joint; the neck is as certain as the less certain shoulder.
fn place_of(track: &KeypointTrack, frame: usize, joint: Joint) -> Option<([f32; 2], f32)> {
    let point = |whole: usize| {
        let at = Layout::position(track.layout(), whole)?;
        let points = track.points();
        Some(([points[[frame, at, 0]], points[[frame, at, 1]]], track.confidence()[[frame, at]]))
    };
    match joint {
        Joint::Point(whole) => point(whole),
        Joint::Neck => {
            let (left, a) = point(SHOULDERS[0])?;
            let (right, b) = point(SHOULDERS[1])?;
            Some(([(left[0] + right[0]) / 2.0, (left[1] + right[1]) / 2.0], a.min(b)))
        }
    }
}

struct Brush<'a> {
    picture: &'a mut Picture,
}

impl Brush<'_> {
    /// A line with round ends, smooth at its rim, laid over the picture with opacity `strength` (0..=1);
    /// with both ends in one place, a dot.
    fn line(&mut self, from: [f32; 2], to: [f32; 2], width: f32, colour: [u8; 3], strength: f32) {
        if !from.into_iter().chain(to).all(f32::is_finite) {
            return;
        }
        // Thinner than a pixel: as faint as the share of the pixel that it covers.
        let radius = (width / 2.0).max(0.5);
        let strength = strength * (width / 2.0 / radius).clamp(0.0, 1.0);
        let limits = [self.picture.width(), self.picture.height()];
        let span = |axis: usize| {
            let low = from[axis].min(to[axis]) - radius - 1.0;
            let high = from[axis].max(to[axis]) + radius + 1.0;
            // `as` saturates at 0.
            low.max(0.0) as usize..(high.ceil().max(0.0) as usize).min(limits[axis])
        };
        let (columns, rows) = (span(0), span(1));
        let along = [to[0] - from[0], to[1] - from[1]];
        let length2 = along[0] * along[0] + along[1] * along[1];
        let stride = limits[0] * 3;
        let bytes = self.picture.rgb_mut();
        for row in rows {
            for column in columns.clone() {
                let away = [column as f32 + 0.5 - from[0], row as f32 + 0.5 - from[1]];
                let share = if length2 > 0.0 {
                    ((away[0] * along[0] + away[1] * along[1]) / length2).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let distance = (away[0] - share * along[0]).hypot(away[1] - share * along[1]);
                let cover = (radius + 0.5 - distance).clamp(0.0, 1.0) * strength;
                if cover > 0.0 {
                    let at = row * stride + column * 3;
                    for (byte, new) in bytes[at..at + 3].iter_mut().zip(colour) {
                        let old = f32::from(*byte);
                        *byte = (old + (f32::from(new) - old) * cover).round() as u8;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::WRISTS;
    use crate::samples::track;
    use proptest::prelude::*;

    /// A track on a 64×64 picture in which only the points given are seen.
    fn with(points: &[(usize, [f32; 2], f32)]) -> KeypointTrack {
        let mut made = track(Layout::WholeBody133, 1, 1).scaled_to((64, 64)).unwrap();
        let (places, confidence) = made.parts_mut();
        confidence.fill(0.0);
        for (point, place, certainty) in points {
            places[[0, *point, 0]] = place[0];
            places[[0, *point, 1]] = place[1];
            confidence[[0, *point]] = *certainty;
        }
        made
    }

    #[test]
    fn absent_points_leave_the_picture_black() {
        let picture = pose_picture(&with(&[]), 0, &PoseStyle::default());
        assert!(picture.rgb().iter().all(|byte| *byte == 0));
        let past = pose_picture(&with(&[(0, [5.0, 5.0], 1.0)]), 1, &PoseStyle::default());
        assert!(past.rgb().iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_dot_stands_where_its_point_is_and_fades_with_confidence() {
        let style = PoseStyle { face_diameter: 30.0, ..Default::default() };
        let dot = |confidence| pose_picture(&with(&[(FACE.start, [20.5, 40.5], confidence)]), 0, &style);
        assert_eq!(dot(1.0).pixel(20, 40), [255; 3]);
        assert_eq!(dot(0.5).pixel(20, 40), [128; 3]);
        assert_eq!(dot(1.0).pixel(40, 20), [0; 3]);
        let sum = |at: fn(usize, usize) -> usize| -> f32 {
            let picture = dot(1.0);
            let weigh = |i: usize| f32::from(picture.rgb()[i * 3]) * at(i % 64, i / 64) as f32;
            (0..64 * 64).map(weigh).sum::<f32>()
                / (0..64 * 64).map(|i| f32::from(picture.rgb()[i * 3])).sum::<f32>()
        };
        assert!((sum(|x, _| x) - 20.0).abs() < 0.05 && (sum(|_, y| y) - 40.0).abs() < 0.05);
    }

    #[test]
    fn limbs_join_their_ends() {
        let arm = with(&[(8, [10.0, 32.0], 1.0), (WRISTS[1], [54.0, 32.0], 1.0)]);
        let style = PoseStyle { limb_width: 24.0, limb_brightness: 1.0, ..Default::default() };
        let picture = pose_picture(&arm, 0, &style);
        // Elbow to wrist of the right arm is the fourth limb: hue 60 degrees, yellow.
        assert_eq!(picture.pixel(32, 32), [255, 255, 0]);
    }

    proptest! {
        #[test]
        fn wild_places_never_panic(x in -1e30f32..1e30, y in -1e6f32..1e6, width in 1u32..40, height in 1u32..40) {
            let mut wild = track(Layout::Contextual116, 1, 3);
            wild.parts_mut().0.slice_mut(ndarray::s![0, ..;2, 0]).fill(x);
            wild.parts_mut().0.slice_mut(ndarray::s![0, ..;3, 1]).fill(y);
            let mut picture = Picture::filled(width as usize, height as usize, [7; 3]);
            draw_pose(&mut picture, &wild, 0, &PoseStyle::default());
        }
    }
}
