//! Which points are joined by lines: for drawing a pose and for edge heatmaps.

use crate::Layout;
use crate::layout::{
    BROWS, ELBOWS, FACE, HIPS, INNER_LIPS, JAW, LEFT_EYE_RIM, LEFT_HAND, NOSE, NOSE_BASE, NOSE_RIDGE,
    OUTER_LIPS, Part, RIGHT_EYE_RIM, RIGHT_HAND, SHOULDERS, WRISTS,
};
use std::ops::Range;
use std::sync::LazyLock;

/// One end of a drawn edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// The point with this index among the 133.
    Point(usize),
    /// The middle between the shoulders, which no layout stores.
    Neck,
}

/// A line of the drawn skeleton.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where it starts.
    pub from: Joint,
    /// Where it ends.
    pub to: Joint,
    /// What it belongs to; neck, nose, eyes, ears and legs count as [`Part::Torso`].
    pub part: Part,
    /// RGB in the drawing convention of OpenPose and DWPose.
    pub colour: [u8; 3],
}

/// The edges of the drawn skeleton, those drawn first at the front of the list: 17 limbs of the body,
/// then 20 bones a hand. The face is drawn as dots and has no edges here.
#[must_use]
pub fn drawing_edges() -> &'static [Edge] {
    static EDGES: LazyLock<Vec<Edge>> =
        LazyLock::new(|| body_edges().into_iter().chain(hand_edges()).collect());
    &EDGES
}

/// The colour of the body's joint number `step` in the OpenPose order (nose, neck, right arm, left arm,
/// right leg, left leg, right eye, left eye, right ear, left ear), which is also that of the limbs.
#[must_use]
pub fn body_colour(step: usize) -> [u8; 3] {
    hue(step as f32 / 18.0)
}

/// The 18 joints of the OpenPose body in its order.
pub const OPENPOSE_BODY: [Joint; 18] = {
    use Joint::{Neck, Point};
    [
        Point(NOSE),
        Neck,
        Point(SHOULDERS[1]),
        Point(ELBOWS[1]),
        Point(WRISTS[1]),
        Point(SHOULDERS[0]),
        Point(ELBOWS[0]),
        Point(WRISTS[0]),
        Point(HIPS[1]),
        Point(14),
        Point(16),
        Point(HIPS[0]),
        Point(13),
        Point(15),
        Point(2),
        Point(1),
        Point(4),
        Point(3),
    ]
};

fn body_edges() -> Vec<Edge> {
    // Pairs of positions in OPENPOSE_BODY, in the order that gives each limb its usual colour.
    const LIMBS: [(usize, usize); 17] = [
        (1, 2),
        (1, 5),
        (2, 3),
        (3, 4),
        (5, 6),
        (6, 7),
        (1, 8),
        (8, 9),
        (9, 10),
        (1, 11),
        (11, 12),
        (12, 13),
        (1, 0),
        (0, 14),
        (14, 16),
        (0, 15),
        (15, 17),
    ];
    LIMBS
        .into_iter()
        .enumerate()
        .map(|(step, (from, to))| {
            let part = match step {
                2 | 3 => Part::RightArm,
                4 | 5 => Part::LeftArm,
                _ => Part::Torso,
            };
            Edge { from: OPENPOSE_BODY[from], to: OPENPOSE_BODY[to], part, colour: body_colour(step) }
        })
        .collect()
}

fn hand_edges() -> Vec<Edge> {
    [(Part::LeftHand, LEFT_HAND), (Part::RightHand, RIGHT_HAND)]
        .into_iter()
        .flat_map(|(part, hand)| {
            hand_bones(&hand).into_iter().enumerate().map(move |(step, (from, to))| Edge {
                from: Joint::Point(from),
                to: Joint::Point(to),
                part,
                colour: hue(step as f32 / 20.0),
            })
        })
        .collect()
}

/// The 20 bones of a hand: for each finger from thumb to little finger, wrist to root, then to the tip.
fn hand_bones(hand: &Range<usize>) -> Vec<(usize, usize)> {
    (0..5)
        .flat_map(|finger| (0..4).map(move |bone| (finger, bone)))
        .map(|(finger, bone)| {
            let to = finger * 4 + bone + 1;
            let from = if bone == 0 { 0 } else { to - 1 };
            (hand.start + from, hand.start + to)
        })
        .collect()
}

/// A line of an edge heatmap, in positions of the layout it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeatmapEdge {
    /// Position of one end in the layout.
    pub from: usize,
    /// Position of the other end.
    pub to: usize,
    /// The group that it belongs to: one heatmap channel, one learned thickness.
    pub part: Part,
}

/// The groups of [`heatmap_edges`], in the order of the heatmap's channels.
pub const HEATMAP_PARTS: [Part; 7] = Part::ALL;

/// The fixed edge list for edge heatmaps (METHODS 2.7): shoulder line and, where the layout has hips, the
/// torso's outline; upper arms and forearms; 20 bones a hand; the face's contours; the lips.
///
/// Grouped by [`HEATMAP_PARTS`] so that the two hands stay apart when they overlap. Ears, eyes and nose of
/// the body points are left out because the face's contours say the same; legs are not in view.
#[must_use]
pub fn heatmap_edges(layout: Layout) -> Vec<HeatmapEdge> {
    let mut edges: Vec<(usize, usize, Part)> = vec![
        (SHOULDERS[0], SHOULDERS[1], Part::Torso),
        (SHOULDERS[0], HIPS[0], Part::Torso),
        (SHOULDERS[1], HIPS[1], Part::Torso),
        (HIPS[0], HIPS[1], Part::Torso),
    ];
    for (side, part) in [(0, Part::LeftArm), (1, Part::RightArm)] {
        edges.push((SHOULDERS[side], ELBOWS[side], part));
        edges.push((ELBOWS[side], WRISTS[side], part));
    }
    for (hand, part) in [(LEFT_HAND, Part::LeftHand), (RIGHT_HAND, Part::RightHand)] {
        edges.extend(hand_bones(&hand).into_iter().map(|(from, to)| (from, to, part)));
    }
    let middle_of_brows = BROWS.start + 5;
    for open in [JAW, BROWS.start..middle_of_brows, middle_of_brows..BROWS.end, NOSE_RIDGE, NOSE_BASE] {
        edges.extend(open.clone().zip(open.skip(1)).map(|(from, to)| (from, to, Part::Face)));
    }
    for (ring, part) in [
        (RIGHT_EYE_RIM, Part::Face),
        (LEFT_EYE_RIM, Part::Face),
        (OUTER_LIPS, Part::Lips),
        (INNER_LIPS, Part::Lips),
    ] {
        edges.extend(ring.clone().map(|from| {
            let to = if from + 1 == ring.end { ring.start } else { from + 1 };
            (from, to, part)
        }));
    }
    edges
        .into_iter()
        .filter_map(|(from, to, part)| {
            Some(HeatmapEdge { from: layout.position(from)?, to: layout.position(to)?, part })
        })
        .collect()
}

/// A fully saturated colour; `turn` in 0..1 goes once around the colour circle, starting at red.
fn hue(turn: f32) -> [u8; 3] {
    [0.0, 4.0, 2.0].map(|offset| {
        let distance = ((turn * 6.0 + offset).rem_euclid(6.0) - 3.0).abs() - 1.0;
        (distance.clamp(0.0, 1.0) * 255.0).round() as u8
    })
}

/// The face points, drawn as dots.
pub const FACE_DOTS: Range<usize> = FACE;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::mirror_of;
    use std::collections::HashSet;

    #[test]
    fn colours_follow_the_convention() {
        assert_eq!(body_colour(0), [255, 0, 0]);
        assert_eq!(body_colour(1), [255, 85, 0]);
        assert_eq!(body_colour(6), [0, 255, 0]);
        assert_eq!(body_colour(12), [0, 0, 255]);
        assert_eq!(body_colour(17), [255, 0, 85]);
    }

    #[test]
    fn drawing_has_17_limbs_and_40_bones() {
        assert_eq!(drawing_edges().len(), 57);
        assert_eq!(drawing_edges().iter().filter(|e| e.part == Part::LeftHand).count(), 20);
    }

    #[test]
    fn heatmap_edges_are_symmetric() {
        for layout in Layout::ALL {
            let edges = heatmap_edges(layout);
            let mirror = layout.mirror();
            let unordered = |a: usize, b: usize, part: Part| (a.min(b), a.max(b), part);
            let all: HashSet<_> = edges.iter().map(|e| unordered(e.from, e.to, e.part)).collect();
            assert_eq!(all.len(), edges.len(), "an edge twice in {layout:?}");
            for e in &edges {
                let partner = unordered(mirror[e.from], mirror[e.to], e.part.mirror());
                assert!(all.contains(&partner), "{layout:?} {e:?}");
            }
        }
        // 1 shoulder line, 4 arm bones, 40 finger bones, 31 + 12 face, 12 + 8 lips.
        assert_eq!(heatmap_edges(Layout::Contextual116).len(), 1 + 4 + 40 + 31 + 12 + 20);
        assert_eq!(heatmap_edges(Layout::Skeleton123).len(), heatmap_edges(Layout::WholeBody133).len());
    }

    #[test]
    fn finger_bones_run_from_wrist_to_tip() {
        let bones = hand_bones(&LEFT_HAND);
        assert_eq!(&bones[..5], &[(91, 92), (92, 93), (93, 94), (94, 95), (91, 96)]);
        assert_eq!(mirror_of(bones[19].1), 132);
    }
}
