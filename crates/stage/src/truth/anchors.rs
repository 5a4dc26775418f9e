//! Where the 133 keypoints sit on a figure.
//!
//! A detector's "shoulder" is not the head of a bone: MediaPipe, for one, puts it further inside. Each keypoint is
//! therefore an offset from a bone's end or from a vertex, fixed in the frame of a bone, and the offsets are fitted once
//! so that no keypoint has a signed error against MediaPipe's definition ([`super::fit`]). The table lies in
//! `anchors.json`; `orator stage calibrate` writes it anew.

use glam::Vec3;
use orator_body::layout::{self, WHOLE_BODY};
use serde::{Deserialize, Serialize};

use crate::figure::{Placed, Skeleton};
use crate::{Result, StageError};

/// What a keypoint is measured from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// The near end of a bone.
    Head(String),
    /// The far end of a bone.
    Tail(String),
    /// A vertex of the base mesh: it follows face units.
    Vertex(u32),
}

/// One keypoint's place on the figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    /// What it is measured from.
    pub base: Base,
    /// The bone whose turn the offset follows.
    pub frame: String,
    /// From the base, in decimetres, in the rest pose's axes.
    pub offset: [f32; 3],
}

/// The places of all 133 keypoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anchors(Vec<Anchor>);

/// Vertex of the base mesh for each of the 68 face points before any fit: any vertex of the face will do.
const SOME_FACE_VERTEX: u32 = 5000;

impl Anchors {
    /// The fitted table that ships with the project.
    ///
    /// # Errors
    /// Never, unless the table that is compiled in was spoilt.
    pub fn fitted() -> Result<Self> {
        let spoilt = |cause: String| StageError::Setting {
            what: format!("the table of keypoint anchors is spoilt: {cause}"),
            hint: "take a whole checkout; `orator stage calibrate` writes the table anew".into(),
        };
        let anchors: Self =
            serde_json::from_str(include_str!("anchors.json")).map_err(|e| spoilt(e.to_string()))?;
        if anchors.0.len() == WHOLE_BODY {
            Ok(anchors)
        } else {
            Err(spoilt(format!("{} points", anchors.0.len())))
        }
    }

    /// Bones' ends, and no particular vertices for the face: where the fit starts from.
    #[must_use]
    pub fn unfitted() -> Self {
        Self((0..WHOLE_BODY).map(unfitted).collect())
    }

    /// The anchors, by keypoint.
    #[must_use]
    pub fn all(&self) -> &[Anchor] {
        &self.0
    }

    /// The same, to be changed by the fit.
    pub(crate) fn all_mut(&mut self) -> &mut [Anchor] {
        &mut self.0
    }

    /// The vertices of the base mesh whose posed positions are needed, by keypoint.
    #[must_use]
    pub fn vertices(&self) -> Vec<u32> {
        let of = |anchor: &Anchor| if let Base::Vertex(vertex) = anchor.base { vertex } else { 0 };
        self.0.iter().map(of).collect()
    }

    /// Where all keypoints are in the world, in decimetres. `vertices` holds the posed positions of [`Self::vertices`].
    ///
    /// # Errors
    /// When the skeleton lacks a bone that an anchor names.
    pub fn locate(&self, skeleton: &Skeleton, placed: &Placed, vertices: &[Vec3]) -> Result<Vec<Vec3>> {
        let places = self.0.iter().zip(vertices).map(|(anchor, &vertex)| {
            let base = anchor.base_position(skeleton, placed, vertex)?;
            Ok(base + placed.turn(bone(skeleton, &anchor.frame)?) * Vec3::from(anchor.offset))
        });
        places.collect()
    }
}

impl Anchor {
    /// Where the base is, before the offset.
    pub(crate) fn base_position(&self, skeleton: &Skeleton, placed: &Placed, vertex: Vec3) -> Result<Vec3> {
        Ok(match &self.base {
            Base::Head(name) => placed.head(skeleton, bone(skeleton, name)?),
            Base::Tail(name) => placed.tail(skeleton, bone(skeleton, name)?),
            Base::Vertex(_) => vertex,
        })
    }
}

/// The bone of that name.
pub(crate) fn bone(skeleton: &Skeleton, name: &str) -> Result<usize> {
    skeleton.bone(name).ok_or_else(|| StageError::Setting {
        what: format!("the figure has no bone {name}"),
        hint: "run `cargo xtask setup`: it verifies the figure's data".into(),
    })
}

fn unfitted(point: usize) -> Anchor {
    let (base, frame) = if layout::FACE.contains(&point) {
        (Base::Vertex(SOME_FACE_VERTEX), "head".to_owned())
    } else if layout::LEFT_HAND.contains(&point) {
        hand_point(point - layout::LEFT_HAND.start, 'L')
    } else if layout::RIGHT_HAND.contains(&point) {
        hand_point(point - layout::RIGHT_HAND.start, 'R')
    } else {
        body_point(point)
    };
    Anchor { base, frame, offset: [0.0; 3] }
}

/// The wrist, then four points for each finger from its root to its tip.
fn hand_point(point: usize, side: char) -> (Base, String) {
    if point == 0 {
        let wrist = format!("wrist.{side}");
        return (Base::Head(wrist.clone()), wrist);
    }
    let (finger, joint) = ((point - 1) / 4 + 1, (point - 1) % 4 + 1);
    let bone = format!("finger{finger}-{}.{side}", joint.min(3));
    (if joint == 4 { Base::Tail(bone.clone()) } else { Base::Head(bone.clone()) }, bone)
}

fn body_point(point: usize) -> (Base, String) {
    // COCO's body points from the shoulders on, then the feet, each left before right.
    const LIMBS: [&str; 6] = ["upperarm01", "lowerarm01", "wrist", "upperleg01", "lowerleg01", "foot"];
    // Upper arms carry the shoulders only a little: their own turn would swing the offset about.
    const FRAMES: [&str; 6] = ["shoulder01", "lowerarm01", "lowerarm02", "upperleg01", "lowerleg01", "foot"];
    let side = |odd: bool| if odd { 'L' } else { 'R' };
    match point {
        0 => (Base::Tail("head".into()), "head".into()),
        1 | 2 => (Base::Head(format!("eye.{}", side(point == 1))), "head".into()),
        3 | 4 => (Base::Head("head".into()), "head".into()),
        5..=16 => {
            let side = side(point % 2 == 1);
            let limb = (point - 5) / 2;
            (Base::Head(format!("{}.{side}", LIMBS[limb])), format!("{}.{side}", FRAMES[limb]))
        }
        _ => {
            let (side, toe) = (side(point < 20), (point - 17) % 3);
            let foot = format!("foot.{side}");
            match toe {
                0 => (Base::Head(format!("toe1-1.{side}")), foot),
                1 => (Base::Head(format!("toe5-1.{side}")), foot),
                _ => (Base::Head(foot.clone()), foot),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingers_run_from_root_to_tip_and_sides_are_the_persons_own() {
        let anchors = Anchors::unfitted();
        let base = |point: usize| anchors.all()[point].base.clone();
        assert_eq!(base(layout::LEFT_HAND.start + 8), Base::Tail("finger2-3.L".into()));
        assert_eq!(base(layout::RIGHT_HAND.start + 17), Base::Head("finger5-1.R".into()));
        assert_eq!(base(layout::SHOULDERS[0]), Base::Head("upperarm01.L".into()));
        assert_eq!(base(layout::WRISTS[1]), Base::Head("wrist.R".into()));
        assert_eq!(base(20), Base::Head("toe1-1.R".into()));
    }

    #[test]
    fn the_table_that_ships_is_whole() {
        assert_eq!(Anchors::fitted().unwrap().all().len(), WHOLE_BODY);
    }
}
