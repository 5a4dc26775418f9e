//! The skeleton of one shaped person, and where a pose puts it.

use glam::{Affine3A, Mat3A, Quat, Vec3, Vec3A};

use super::Rig;
use crate::pose::Pose;

/// The bones of one person in the rest pose.
#[derive(Clone, Debug)]
pub struct Skeleton {
    names: Vec<String>,
    parents: Vec<Option<usize>>,
    heads: Vec<Vec3>,
    tails: Vec<Vec3>,
}

/// Where a pose has put the bones: for each, the map from rest positions to posed ones.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    /// One map for each bone.
    pub maps: Vec<Affine3A>,
}

impl Skeleton {
    /// The skeleton of a shaped mesh.
    #[must_use]
    pub fn new(rig: &Rig, vertices: &[Vec3]) -> Self {
        Self {
            names: rig.bones.iter().map(|bone| bone.name.clone()).collect(),
            parents: rig.bones.iter().map(|bone| bone.parent).collect(),
            heads: rig.bones.iter().map(|bone| bone.head.locate(vertices)).collect(),
            tails: rig.bones.iter().map(|bone| bone.tail.locate(vertices)).collect(),
        }
    }

    /// Number of bones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are no bones.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The bone of that name, for example `wrist.L`.
    #[must_use]
    pub fn bone(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// A bone's name.
    #[must_use]
    pub fn name(&self, bone: usize) -> &str {
        &self.names[bone]
    }

    /// A bone's parent; parents come first.
    #[must_use]
    pub fn parent(&self, bone: usize) -> Option<usize> {
        self.parents[bone]
    }

    /// A bone's near end in the rest pose.
    #[must_use]
    pub fn head(&self, bone: usize) -> Vec3 {
        self.heads[bone]
    }

    /// A bone's far end in the rest pose.
    #[must_use]
    pub fn tail(&self, bone: usize) -> Vec3 {
        self.tails[bone]
    }

    /// Where `pose` puts every bone.
    #[must_use]
    pub fn place(&self, pose: &Pose) -> Placed {
        let mut maps = Vec::with_capacity(self.len());
        for bone in 0..self.len() {
            let head = self.heads[bone];
            let (turn, at) = match self.parents[bone] {
                None => (pose.turns[bone], head + pose.root),
                Some(parent) => {
                    let above: &Affine3A = &maps[parent];
                    let turn = Quat::from_mat3a(&above.matrix3) * pose.turns[bone];
                    (turn, above.transform_point3(head))
                }
            };
            let matrix3 = Mat3A::from_quat(turn.normalize());
            let translation = Vec3A::from(at) - matrix3 * Vec3A::from(head);
            maps.push(Affine3A { matrix3, translation });
        }
        Placed { maps }
    }
}

impl Placed {
    /// Where a bone's near end has gone.
    #[must_use]
    pub fn head(&self, skeleton: &Skeleton, bone: usize) -> Vec3 {
        self.maps[bone].transform_point3(skeleton.head(bone))
    }

    /// Where a bone's far end has gone.
    #[must_use]
    pub fn tail(&self, skeleton: &Skeleton, bone: usize) -> Vec3 {
        self.maps[bone].transform_point3(skeleton.tail(bone))
    }

    /// How a bone is turned in the world against its rest pose.
    #[must_use]
    pub fn turn(&self, bone: usize) -> Quat {
        Quat::from_mat3a(&self.maps[bone].matrix3)
    }
}
