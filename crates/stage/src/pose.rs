//! What acting decides in one moment: how every bone is turned, and what the face does.

use glam::{Quat, Vec3};
use serde::{Deserialize, Serialize};

use crate::figure::Skeleton;

macro_rules! face_units {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// The 52 face units of the base mesh, named as in ARKit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the names are the field's own")]
        pub enum FaceUnit { $($variant),+ }

        impl FaceUnit {
            /// All units, in the order of the enum.
            pub const ALL: [Self; FACE_UNITS] = [$(Self::$variant),+];
            /// The name of the unit's target file, without its ending.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

/// Number of face units.
pub const FACE_UNITS: usize = 52;

face_units! {
    BrowDownLeft = "browDownLeft", BrowDownRight = "browDownRight", BrowInnerUp = "browInnerUp",
    BrowOuterUpLeft = "browOuterUpLeft", BrowOuterUpRight = "browOuterUpRight",
    CheekPuff = "cheekPuff", CheekSquintLeft = "cheekSquintLeft", CheekSquintRight = "cheekSquintRight",
    EyeBlinkLeft = "eyeBlinkLeft", EyeBlinkRight = "eyeBlinkRight",
    EyeLookDownLeft = "eyeLookDownLeft", EyeLookDownRight = "eyeLookDownRight",
    EyeLookInLeft = "eyeLookInLeft", EyeLookInRight = "eyeLookInRight",
    EyeLookOutLeft = "eyeLookOutLeft", EyeLookOutRight = "eyeLookOutRight",
    EyeLookUpLeft = "eyeLookUpLeft", EyeLookUpRight = "eyeLookUpRight",
    EyeSquintLeft = "eyeSquintLeft", EyeSquintRight = "eyeSquintRight",
    EyeWideLeft = "eyeWideLeft", EyeWideRight = "eyeWideRight",
    JawForward = "jawForward", JawLeft = "jawLeft", JawOpen = "jawOpen", JawRight = "jawRight",
    MouthClose = "mouthClose", MouthDimpleLeft = "mouthDimpleLeft", MouthDimpleRight = "mouthDimpleRight",
    MouthFrownLeft = "mouthFrownLeft", MouthFrownRight = "mouthFrownRight", MouthFunnel = "mouthFunnel",
    MouthLeft = "mouthLeft", MouthLowerDownLeft = "mouthLowerDownLeft",
    MouthLowerDownRight = "mouthLowerDownRight", MouthPressLeft = "mouthPressLeft",
    MouthPressRight = "mouthPressRight", MouthPucker = "mouthPucker", MouthRight = "mouthRight",
    MouthRollLower = "mouthRollLower", MouthRollUpper = "mouthRollUpper",
    MouthShrugLower = "mouthShrugLower", MouthShrugUpper = "mouthShrugUpper",
    MouthSmileLeft = "mouthSmileLeft", MouthSmileRight = "mouthSmileRight",
    MouthStretchLeft = "mouthStretchLeft", MouthStretchRight = "mouthStretchRight",
    MouthUpperUpLeft = "mouthUpperUpLeft", MouthUpperUpRight = "mouthUpperUpRight",
    NoseSneerLeft = "noseSneerLeft", NoseSneerRight = "noseSneerRight", TongueOut = "tongueOut",
}

/// One moment of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Pose {
    /// Where the whole figure stands, in decimetres from where the rest pose stands.
    pub root: Vec3,
    /// For each bone of the skeleton, its turn against its parent, about the world's axes of the rest pose:
    /// the identity everywhere is the rest pose.
    pub turns: Vec<Quat>,
    /// How much of each face unit, 0–1.
    pub face: [f32; FACE_UNITS],
    /// Where the eyes look: degrees to the person's left, and up. The eyeballs turn; lids follow by face units.
    pub gaze: [f32; 2],
}

impl Pose {
    /// The rest pose.
    #[must_use]
    pub fn rest(skeleton: &Skeleton) -> Self {
        Self {
            root: Vec3::ZERO,
            turns: vec![Quat::IDENTITY; skeleton.len()],
            face: [0.0; FACE_UNITS],
            gaze: [0.0; 2],
        }
    }

    /// Sets one face unit, kept within 0–1.
    pub fn set(&mut self, unit: FaceUnit, amount: f32) {
        self.face[unit as usize] = amount.clamp(0.0, 1.0);
    }
}
