//! The published TPS motion networks and S2G's refiner as configurations of ours, through the importer: fixtures 03b,
//! 03d, 03e, 04a, 04a2, 04b and 04f, whose weights follow from their names.

use crate::fixture::{Case, fill, input, moved};
use orator_render::contextual::{Drawn, PictureNetworks, Unrefined, import_tps, networks_of};
use std::collections::BTreeMap;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

impl Case {
    fn networks(&self, also: BTreeMap<String, Tensor>) -> (VarStore, PictureNetworks) {
        let mut weights = self.weights();
        weights.extend(also);
        networks_of(&import_tps(&weights).unwrap(), Device::Cpu).unwrap()
    }

    fn check_drawn(&self, drawn: &Drawn) {
        self.check("contribution_maps", &drawn.contributions);
        self.check("deformation", &drawn.flow);
        for (i, map) in drawn.occlusions.iter().enumerate() {
            self.check(&format!("occlusion_map_{i}"), map);
        }
        self.check("deformed", &drawn.warped);
        self.check("prediction", &drawn.generated);
        for (i, map) in drawn.features.iter().enumerate() {
            self.check(&format!("warped_encoder_map_{i}"), map);
        }
    }
}

/// Weights of the point finder, which the cases of the other networks lack: any will do, given points replace its own.
fn no_finder(points: i64) -> BTreeMap<String, Tensor> {
    use orator_render::contextual::LearnedKeypoints;
    let store = VarStore::new(Device::Cpu);
    let _ = LearnedKeypoints::new(&store.root(), points, 64);
    let named =
        |(name, tensor): (String, Tensor)| (name.replacen("encoder.", "kp_detector.fg_encoder.", 1), tensor);
    store.variables().into_iter().map(named).collect()
}

fn square(batch: i64, points: i64, low: f64, high: f64, name: &str) -> Tensor {
    input(name, &[batch, points, 2], low, high)
}

#[test]
fn dense_motion_and_inpainting() {
    let _guard = tch::no_grad_guard();
    for (name, background) in [("03b_tpsmm_reduced", false), ("03d_tpsmm_full", true)] {
        let Some(case) = Case::open(name) else { return };
        let (_store, networks) = case.networks(no_finder(50));
        let picture = input("source", &[1, 3, 256, 256], 0.0, 1.0);
        let from = square(1, 50, -0.8, 0.8, "kp_source");
        let to = moved(&from, "kp_delta", 0.12);
        let camera = background.then(|| {
            let scale = Tensor::from_slice(&[0.05f64, 0.05, 0.0]).view([1, 3, 1]);
            let delta = fill("input/bg_delta", &[1, 3, 3], |u| u).to_kind(Kind::Double) * scale;
            (delta + Tensor::eye(3, (Kind::Double, Device::Cpu))).to_kind(Kind::Float)
        });
        let drawn = networks.drive_points(&picture, &from, &to, camera.as_ref());
        case.check_drawn(&drawn);
    }
}

#[test]
fn point_finder_and_camera() {
    let _guard = tch::no_grad_guard();
    let Some(case) = Case::open("03e_tpsmm_keypoints_background") else { return };
    // Sizes of the networks that this case lacks come from the reduced one.
    let Some(reduced) = Case::open("03b_tpsmm_reduced") else { return };
    let (_store, networks) = case.networks(reduced.weights());
    let source = input("source", &[1, 3, 256, 256], 0.0, 1.0);
    let driving = input("driving", &[1, 3, 256, 256], 0.0, 1.0);
    let finder = networks.learned().unwrap();
    let maps = finder.encoder().features(&source, false);
    case.check("stem", &maps[0]);
    case.check("layer1", &maps[1]);
    case.check("layer4", &maps[4]);
    case.check("fg_kp_source", &finder.forward(&source, false));
    case.check("fg_kp_driving", &finder.forward(&driving, false));
    case.check("bg_param", &networks.camera(&source, &driving, false).unwrap());
}

#[test]
fn refiner() {
    let _guard = tch::no_grad_guard();
    let Some(reduced) = Case::open("03b_tpsmm_reduced") else { return };
    for name in ["04a_s2g_refine_unet_ngf16", "04a2_s2g_refine_unet_ngf16_gain", "04b_s2g_refine_unet_full"] {
        let Some(case) = Case::open(name) else { return };
        let mut others = reduced.weights();
        others.extend(no_finder(50));
        let (_store, networks) = case.networks(others);
        let picture = input("s2g/prediction", &[1, 3, 256, 256], 0.0, 1.0);
        let trust = input("s2g/occlusion", &[1, 1, 256, 256], 0.0, 1.0);
        let refiner = networks.refiner().unwrap();
        let unrefined = Unrefined { picture: &picture, trust: &trust, guide: None };
        let (merged, own) = refiner.forward(&unrefined, None, Kind::Float, false);
        case.check("e2e_prediction", &own);
        case.check("e2e_merged", &merged);
    }
}

#[test]
fn whole_frame_of_s2g() {
    let _guard = tch::no_grad_guard();
    let Some(case) = Case::open("04f_s2g_frame_pipeline_reduced") else { return };
    let (_store, networks) = case.networks(no_finder(100));
    let picture = input("s2g/source", &[2, 3, 256, 256], 0.0, 1.0);
    let from = square(2, 100, -0.8, 0.8, "s2g/kp_source");
    let to = moved(&from, "s2g/kp_delta", 0.1);
    let drawn = networks.drive_points(&picture, &from, &to, None);
    case.check("contribution_maps", &drawn.contributions);
    case.check("deformation", &drawn.flow);
    case.check("prediction", &drawn.generated);
    case.check("occlusion_last", &drawn.occlusions[3]);
    case.check("e2e_prediction", drawn.painted.as_ref().unwrap());
    case.check("e2e_merged", &drawn.picture);
}
