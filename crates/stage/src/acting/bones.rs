//! The bones that acting moves, found by name once.

use glam::Vec3;

use crate::figure::Skeleton;

/// Index of the person's left side in pairs.
pub(super) const LEFT: usize = 0;
/// Index of the person's right side in pairs.
pub(super) const RIGHT: usize = 1;
/// Towards which x a side lies.
pub(super) const SIDE_SIGN: [f32; 2] = [1.0, -1.0];
const SIDE_NAME: [&str; 2] = ["L", "R"];

/// The bones of one arm.
#[derive(Clone, Debug)]
pub(super) struct ArmBones {
    pub(super) clavicle: usize,
    pub(super) shoulder: usize,
    pub(super) upper: [usize; 2],
    pub(super) lower: [usize; 2],
    pub(super) wrist: usize,
    /// Thumb first, each from the palm outwards.
    pub(super) fingers: [[usize; 3]; 5],
}

/// All bones that acting moves.
#[derive(Clone, Debug)]
pub(super) struct Bones {
    /// Left, right.
    pub(super) arms: [ArmBones; 2],
    pub(super) root: usize,
    /// From the pelvis upwards; the last one carries arms and neck.
    pub(super) spine: [usize; 5],
    /// From the chest upwards.
    pub(super) neck: [usize; 3],
    pub(super) head: usize,
    pub(super) jaw: usize,
    pub(super) breast: usize,
    /// Thigh and shank, left and right; absent where the skeleton has no legs.
    pub(super) legs: Option<[[usize; 2]; 2]>,
}

impl Bones {
    /// Finds them; `None` if the skeleton is not that of the figure.
    pub(super) fn find(skeleton: &Skeleton) -> Option<Self> {
        let bone = |name: &str| skeleton.bone(name);
        let arm = |side: usize| {
            let sided = |name: &str| bone(&format!("{name}.{}", SIDE_NAME[side]));
            let mut fingers = [[0; 3]; 5];
            for (finger, joints) in fingers.iter_mut().enumerate() {
                for (joint, index) in joints.iter_mut().enumerate() {
                    *index = sided(&format!("finger{}-{}", finger + 1, joint + 1))?;
                }
            }
            Some(ArmBones {
                clavicle: sided("clavicle")?,
                shoulder: sided("shoulder01")?,
                upper: [sided("upperarm01")?, sided("upperarm02")?],
                lower: [sided("lowerarm01")?, sided("lowerarm02")?],
                wrist: sided("wrist")?,
                fingers,
            })
        };
        let leg = |side: usize| {
            let sided = |name: &str| bone(&format!("{name}.{}", SIDE_NAME[side]));
            Some([sided("upperleg01")?, sided("lowerleg01")?])
        };
        Some(Self {
            arms: [arm(LEFT)?, arm(RIGHT)?],
            root: bone("root")?,
            spine: [bone("spine05")?, bone("spine04")?, bone("spine03")?, bone("spine02")?, bone("spine01")?],
            neck: [bone("neck01")?, bone("neck02")?, bone("neck03")?],
            head: bone("head")?,
            jaw: bone("jaw")?,
            breast: bone("breast.L")?,
            legs: leg(LEFT).zip(leg(RIGHT)).map(|(left, right)| [left, right]),
        })
    }
}

/// `v` given as if for the left side (x outwards), on `side`.
pub(super) fn mirrored(v: Vec3, side: usize) -> Vec3 {
    Vec3::new(v.x * SIDE_SIGN[side], v.y, v.z)
}
