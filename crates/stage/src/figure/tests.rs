//! The real figure, where `setup` has brought it.

use super::*;
use crate::pose::Pose;
use glam::{Quat, Vec3};

fn anatomy() -> Option<Anatomy> {
    let folder = orator_assets::figure().ok()?;
    Some(Anatomy::load(&folder).unwrap())
}

#[test]
fn the_figure_is_whole_and_an_arm_turns_about_its_shoulder() {
    let Some(anatomy) = anatomy() else {
        eprintln!("skipped: the figure's data is not there");
        return;
    };
    assert_eq!((anatomy.mesh.vertices.len(), anatomy.rig.bones.len()), (19_158, 163));
    let skeleton = Skeleton::new(&anatomy.rig, &anatomy.mesh.vertices);
    let (arm, wrist) = (skeleton.bone("upperarm01.L").unwrap(), skeleton.bone("wrist.L").unwrap());
    let mut pose = Pose::rest(&skeleton);
    assert!(skeleton.place(&pose).head(&skeleton, wrist).distance(skeleton.head(wrist)) < 1e-4);
    pose.turns[arm] = Quat::from_rotation_z(0.5);
    let placed = skeleton.place(&pose);
    assert!(placed.head(&skeleton, arm).distance(skeleton.head(arm)) < 1e-4, "the shoulder stays");
    let (before, after) =
        (skeleton.head(wrist) - skeleton.head(arm), placed.head(&skeleton, wrist) - skeleton.head(arm));
    assert!((before.length() - after.length()).abs() < 1e-3 && (before.cross(after).dot(Vec3::Z)) > 0.0);
}
