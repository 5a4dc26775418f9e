//! A person ready to be posed and drawn.

use glam::{Quat, Vec3};

use super::assemble::assemble;
use super::blink::blink_gain;
use super::deform::Deformer;
use super::{
    Body, Identity, chair, eyes, garment, glasses, hair, lashes, mouth, normals, pocket, shape, skin,
};
use crate::figure::{Anatomy, Placed, Skeleton};
use crate::pose::Pose;
use crate::surface::Surface;
use crate::{Result, StageError};

/// A dressed person: built once, then posed for every frame.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who it is.
    pub identity: Identity,
    /// Bones in the rest pose.
    pub skeleton: Skeleton,
    /// Triangles, materials and textures; they do not change with the pose.
    pub surface: Surface,
    deformer: Deformer,
    /// The bones of the eyes, the person's left first.
    eye_bones: [usize; 2],
    /// The pupils at rest.
    pupils: [Vec3; 2],
}

impl Person {
    /// Builds the body, skin, eyes, mouth, hair, clothes and glasses of an identity, and a chair for one who sits.
    ///
    /// # Errors
    /// When the figure's data is missing or damaged.
    pub fn build(anatomy: &Anatomy, identity: &Identity, seated: bool) -> Result<Self> {
        let vertices = shape(anatomy, identity)?;
        let normals = normals(&anatomy.mesh, &vertices);
        let skeleton = Skeleton::new(&anatomy.rig, &vertices);
        let body = Body { anatomy, vertices: &vertices, normals: &normals, skeleton: &skeleton };
        let traits = identity.traits();
        let dress = garment::dress(&body, &identity.outfit, identity.seed)?;
        let mut pieces = vec![skin::skin(&body, &identity.complexion, identity.seed, &dress.cover)?];
        pieces.extend(eyes::eyes(&body, &identity.complexion, identity.seed)?);
        pieces.extend(lashes::lashes(&body, &identity.complexion));
        pieces.push(pocket::lining(&body));
        pieces.extend(mouth::mouth(&body, &identity.complexion)?);
        pieces.extend(dress.pieces);
        pieces.extend(hair::grow(&body, &identity.hair, &traits, identity.seed)?);
        if let Some(worn) = &identity.glasses {
            pieces.extend(glasses::wear(&body, worn)?);
        }
        if seated {
            pieces.push(chair::chair(&body, identity.seed));
        }
        let (surface, points) = assemble(pieces)?;
        let deformer = Deformer::new(&body, &points, blink_gain(anatomy, &vertices))?;
        let eye_bones = [bone(&skeleton, "eye.L")?, bone(&skeleton, "eye.R")?];
        let pupils = eyes::pupils(&body);
        Ok(Self { identity: identity.clone(), skeleton, surface, deformer, eye_bones, pupils })
    }

    /// Where `pose` puts all points of the surface, in decimetres.
    pub fn points(&self, pose: &Pose, out: &mut Vec<Vec3>) {
        self.deformer.points(&self.place(pose), pose, out);
    }

    /// Where `pose` puts vertices of the base mesh (face units and skin weights), in decimetres. Unknown vertices are
    /// where the figure stands.
    #[must_use]
    pub fn vertices(&self, pose: &Pose, of: &[u32]) -> Vec<Vec3> {
        self.deformer.bound(&self.place(pose), pose, of.iter().copied())
    }

    /// Where `pose` puts the middle of the pupils, the person's left first, in decimetres.
    #[must_use]
    pub fn pupils(&self, pose: &Pose) -> [Vec3; 2] {
        let placed = self.place(pose);
        let [left, right] = self.eye_bones.map(|bone| placed.maps[bone]);
        [left.transform_point3(self.pupils[0]), right.transform_point3(self.pupils[1])]
    }

    /// The bones in `pose`, the eyeballs turned to where they look.
    #[must_use]
    pub fn place(&self, pose: &Pose) -> Placed {
        let mut placed = self.skeleton.place(pose);
        let [left, up] = pose.gaze.map(f32::to_radians);
        let turn = Quat::from_rotation_y(left) * Quat::from_rotation_x(-up);
        for eye in self.eye_bones {
            let head = self.skeleton.head(eye);
            let map = &mut placed.maps[eye];
            let at = map.transform_point3(head);
            map.matrix3 *= glam::Mat3A::from_quat(turn);
            map.translation = glam::Vec3A::from(at) - map.matrix3 * glam::Vec3A::from(head);
        }
        placed
    }
}

/// A bone by its name.
pub(super) fn bone(skeleton: &Skeleton, name: &str) -> Result<usize> {
    skeleton.bone(name).ok_or_else(|| StageError::Setting {
        what: format!("the figure has no bone {name}"),
        hint: "run `cargo xtask setup`: the figure's data is not the one expected".into(),
    })
}
