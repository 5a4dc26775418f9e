//! The published TPS motion networks and S2G's refiner as configurations of ours, through the importer: fixtures 03b,
//! 03d, 03e, 04a, 04a2, 04b and 04f of the shared folder, whose weights follow from their names.

#![allow(clippy::unwrap_used)]

use orator_render::contextual::{Drawn, PictureNetworks, Unrefined, import_tps, networks_of};
use safetensors::SafeTensors;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

/// The fill formula of `formula.json`: FNV-1a of the name, SplitMix64 of hash + index, to [−1, 1).
fn fill(name: &str, shape: &[i64], value: impl Fn(f64) -> f64) -> Tensor {
    let hash =
        name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let count: i64 = shape.iter().product();
    let values: Vec<f32> = (0..count as u64)
        .map(|i| {
            let mut z = hash.wrapping_add(i).wrapping_add(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            value(2.0 * ((z >> 11) as f64 / (1u64 << 53) as f64) - 1.0) as f32
        })
        .collect();
    Tensor::from_slice(&values).view(shape)
}

fn input(name: &str, shape: &[i64], low: f64, high: f64) -> Tensor {
    fill(&format!("input/{name}"), shape, |u| low + (high - low) * (u + 1.0) / 2.0)
}

/// `base` + `size` · u, the sum in 64 bits.
fn moved(base: &Tensor, name: &str, size: f64) -> Tensor {
    let delta = fill(&format!("input/{name}"), &base.size(), |u| u);
    // The formula's own u has 64 bits; its rounding to 32 is far below the tolerances.
    (base.to_kind(Kind::Double) + delta.to_kind(Kind::Double) * size).to_kind(Kind::Float)
}

struct Case {
    name: &'static str,
    description: Value,
    stored: Vec<u8>,
}

impl Case {
    fn open(name: &'static str) -> Option<Self> {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let shared =
            std::env::var_os("ORATOR_SHARED").map_or_else(|| here.join("../../../shared"), PathBuf::from);
        let folder = shared.join("fixtures").join(name);
        let Ok(text) = std::fs::read_to_string(folder.join("case.json")) else {
            eprintln!("skipped: no fixture {name} (set ORATOR_SHARED to the shared folder)");
            return None;
        };
        let stored = std::fs::read(folder.join("fixture.safetensors")).unwrap();
        Some(Self { name, description: serde_json::from_str(&text).unwrap(), stored })
    }

    /// The published tensors, made from their names.
    fn weights(&self) -> BTreeMap<String, Tensor> {
        let list = self.description["parameters"].as_array().unwrap();
        list.iter()
            .map(|entry| {
                let name = entry["name"].as_str().unwrap();
                let shape: Vec<i64> =
                    entry["shape"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
                let rule = entry["fill"].as_str().unwrap();
                let gain: f64 = rule.split("then *").nth(1).map_or(1.0, |g| g.parse().unwrap());
                let tensor = if rule.starts_with("u/sqrt") {
                    let fan_in: i64 = shape[1..].iter().product();
                    fill(name, &shape, |u| u / (fan_in as f64).sqrt() * gain)
                } else if rule.starts_with("1+0.1*u") {
                    fill(name, &shape, |u| 1.0 + 0.1 * u)
                } else if rule.starts_with("0.1*u") {
                    fill(name, &shape, |u| 0.1 * u)
                } else {
                    Tensor::zeros(&shape, FLOAT)
                };
                (name.to_string(), tensor)
            })
            .collect()
    }

    fn networks(&self, also: BTreeMap<String, Tensor>) -> (VarStore, PictureNetworks) {
        let mut weights = self.weights();
        weights.extend(also);
        networks_of(&import_tps(&weights).unwrap(), Device::Cpu).unwrap()
    }

    /// Compares with what the fixture holds of `output`.
    fn check(&self, output: &str, found: &Tensor) {
        let entry = &self.description["outputs"][output];
        let shape: Vec<i64> =
            entry["shape"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
        let found = found.to_kind(Kind::Float).contiguous().view(shape.as_slice()).view([-1]);
        let stride = entry["stride"].as_u64().unwrap() as usize;
        let tolerance = entry["suggested_atol"].as_f64().unwrap() as f32;
        let file = SafeTensors::deserialize(&self.stored).unwrap();
        let stored: Vec<f32> = file
            .tensor(output)
            .unwrap()
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        let found: Vec<f32> = Vec::<f32>::try_from(&found).unwrap().into_iter().step_by(stride).collect();
        assert_eq!(found.len(), stored.len(), "{}: {output}", self.name);
        let worst = found.iter().zip(&stored).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        eprintln!("{}: {output} differs by {worst:.1e} (tolerance {tolerance:.1e})", self.name);
        assert!(worst <= tolerance, "{}: {output} differs by {worst} > {tolerance}", self.name);
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
