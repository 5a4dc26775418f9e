//! The released latent deviation network as a configuration of ours, through the importer: fixtures 01, 01c and 02.

use crate::fixture::Case;
use orator_render::deviation::{DeviationNetworks, LatentPose, deviation_networks, import_deviation};
use tch::nn::VarStore;
use tch::{Device, Tensor};

impl Case {
    fn deviation(&self) -> (VarStore, DeviationNetworks) {
        deviation_networks(&import_deviation(&self.weights()).unwrap(), Device::Cpu).unwrap()
    }
}

fn check_source(
    case: &Case,
    networks: &DeviationNetworks,
    picture: &Tensor,
) -> orator_render::deviation::Source {
    let encoded = networks.encoder().forward(picture);
    for (i, map) in encoded.maps.iter().enumerate() {
        case.check(&format!("source_encoder_{i}"), map);
    }
    let still = networks.read_pose(picture, false);
    let source = networks.source(picture, still);
    case.check("source_features", &source.features);
    source
}

#[test]
fn whole_network_at_64_pixels() {
    let Some(case) = Case::open("01c_s1_full_64_batch2_gain") else { return };
    let _guard = tch::no_grad_guard();
    let (_store, networks) = case.deviation();
    let source = check_source(&case, &networks, &case.given("source64"));
    let pose = networks.read_pose(&case.given("driving64"), false);
    case.check("rotation_4x4", &pose.rotations);
    case.check("t_down8", &pose.translation);
    case.check("motion_feature_147", &pose.to_rows());
    let driven = networks.drive(&source, &LatentPose::from_rows(&pose.to_rows(), 4));
    case.check("field_A_8x8", &driven.maps);
    case.check("prediction", &driven.decoded.picture);
}

#[test]
fn whole_network_at_256_pixels() {
    let Some(case) = Case::open("01_s1_full") else { return };
    let _guard = tch::no_grad_guard();
    let (_store, networks) = case.deviation();
    let source = check_source(&case, &networks, &case.given("source"));
    let driving = case.given("driving");
    let estimate = networks.pose_estimator().estimate(&driving, false);
    case.check("pose_yaw_down8", &estimate.yaw);
    case.check("pose_pitch_down8", &estimate.pitch);
    case.check("pose_roll_down8", &estimate.roll);
    case.check("pose_t_down8", &estimate.translation);
    let pose = networks.read_pose(&driving, false);
    case.check("rotation_16x16", &pose.rotations);
    case.check("motion_feature_2307", &pose.to_rows());
    let driven = networks.drive(&source, &pose);
    case.check("field_A_32x32x3x3", &driven.maps);
    case.check("sampling_grid_xyz", &networks.places(&source, &pose));
    case.check("warped_feature", &driven.features);
    case.check("prediction", &driven.decoded.picture);
    let again = networks.drive(&source, &LatentPose::from_rows(&pose.to_rows(), 16));
    case.check("prediction_from_motion_feature", &again.decoded.picture);
}
