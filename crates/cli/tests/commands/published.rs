//! Checkpoints as predecessors publish them, small and made up: right names, any numbers.

use crate::bench::of_checkout;
use crate::writer::{Pickle, floats, torch_zip};
use orator_nn::parameters;
use orator_render::TpsForm;
use orator_render::contextual::{
    FusionConfig, GeneratorConfig, MotionConfig, PictureConfig, PictureNetworks, PointHeatmaps, Refinement,
    Warping,
};
use serde_json::Value;
use std::collections::BTreeMap;
use tch::nn::VarStore;
use tch::{Device, Tensor};

/// Shape and numbers by published name.
pub type Weights = BTreeMap<String, (Vec<i32>, Vec<f32>)>;

/// A file of `torch.save`: a dictionary of state dictionaries by the names' first parts; `more` is written into the outer
/// dictionary before it ends.
pub fn torch_file(weights: &Weights, more: impl FnOnce(Pickle) -> Pickle) -> Vec<u8> {
    let mut networks: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for name in weights.keys() {
        networks.entry(name.split('.').next().unwrap()).or_default().push(name);
    }
    let mut pickle = Pickle::new(2).raw(b"}");
    let mut storages = Vec::new();
    for (network, names) in networks {
        pickle = pickle.text(network).global("collections", "OrderedDict").raw(b")R(");
        for name in names {
            let (shape, numbers) = &weights[name];
            let mut strides = vec![1; shape.len()];
            for axis in (1..shape.len()).rev() {
                strides[axis - 1] = strides[axis] * shape[axis];
            }
            let key = storages.len().to_string();
            let own = name.split_once('.').unwrap().1;
            let storage = ("FloatStorage", key.as_str(), numbers.len() as i32);
            pickle = pickle.text(own).tensor(storage, 0, shape, &strides, false);
            storages.push((key, floats(numbers)));
        }
        pickle = pickle.raw(b"us");
    }
    // Whole numbers, as batch norms count with.
    pickle = pickle.text("optimizer").raw(b"}").text("step");
    pickle = pickle.tensor(("LongStorage", "steps", 1), 0, &[1], &[1], false).raw(b"ss");
    storages.push(("steps".into(), 7i64.to_le_bytes().to_vec()));
    let storages: Vec<(&str, &[u8])> = storages.iter().map(|(key, b)| (key.as_str(), b.as_slice())).collect();
    torch_zip("archive/", &more(pickle).done(), &storages, false)
}

/// What torch's schedules leave in a checkpoint.
pub fn schedule(pickle: Pickle) -> Pickle {
    let counted = pickle.text("scheduler").raw(b"}").text("milestones").global("collections", "Counter");
    counted.raw(b"}").int(50_000).int(1).raw(b"s\x85Rss").text("ep").int(3).raw(b"s")
}

/// S2G's denoiser as its training saves it: the averaged weights, and those that are not.
pub fn s2g() -> Weights {
    let of = |key: &str| of_fixture("04c_s2g_denoiser_reduced", key);
    of("ema_state_dict").into_iter().chain(of("model_state_dict")).collect()
}

/// A network of MoMask by the names of a fixture, below the key of the published programs.
pub fn momask(case: &str, key: &str) -> Weights {
    let mut weights = of_fixture(case, key);
    weights.insert(format!("opt_{key}.exp_avg"), (vec![2], vec![0.0; 2]));
    weights
}

/// Any numbers under the names of a fixture's network, below `key`.
fn of_fixture(case: &str, key: &str) -> Weights {
    let path = of_checkout(&format!("crates/motion/tests/fixtures/{case}/case.json"));
    let text: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let parameters = text["parameters"].as_array().unwrap().iter();
    parameters
        .filter(|parameter| parameter["fill"] != "constructed")
        .map(|parameter| {
            let name = format!("{key}.{}", parameter["name"].as_str().unwrap());
            let shape: Vec<i32> =
                parameter["shape"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap() as i32).collect();
            let count: i32 = shape.iter().product();
            (name, (shape, (0..count).map(|n| (n % 17) as f32 / 16.0 - 0.5).collect()))
        })
        .collect()
}

/// Small networks of the TPS motion model.
pub struct Tps {
    pub published: Weights,
    /// The same by our names.
    pub ours: BTreeMap<String, Tensor>,
}

pub fn tps() -> Tps {
    let config = PictureConfig {
        warping: Warping::Unsupervised,
        learned_points: 10,
        learned_group: 5,
        background_motion: true,
        finder_width: 4,
        motion: MotionConfig {
            width: 4,
            maximum: 16,
            levels: 2,
            heatmaps: PointHeatmaps::Points,
            form: TpsForm::Legacy,
            ..MotionConfig::default()
        },
        generator: GeneratorConfig {
            width: 4,
            maximum: 16,
            levels: 3,
            residual_blocks: vec![2; 3],
            ..GeneratorConfig::default()
        },
        refinement: Refinement::None,
        fusion: FusionConfig { active: false, ..FusionConfig::default() },
        ..PictureConfig::full()
    };
    tch::manual_seed(1);
    let store = VarStore::new(Device::Cpu);
    let _ = PictureNetworks::new(&store.root(), &config);
    let ours = parameters(&store);
    let mut published: Weights = ours
        .iter()
        .map(|(name, tensor)| {
            let theirs = [
                ("motion-field.dense_motion", "dense_motion_network"),
                ("motion-field.generator", "inpainting_network"),
                ("motion-field.learned_keypoints.encoder", "kp_detector.fg_encoder"),
                ("motion-field.background_motion.encoder", "bg_predictor.bg_encoder"),
            ]
            .into_iter()
            .find_map(|(ours, theirs)| Some(format!("{theirs}{}", name.strip_prefix(ours)?)));
            let shape = tensor.size().iter().map(|&side| side as i32).collect();
            let numbers = Vec::<f32>::try_from(&tensor.detach().contiguous().view([-1])).unwrap();
            (theirs.unwrap(), (shape, numbers))
        })
        .collect();
    for (name, numbers) in [("dense_motion_network.down.weight", 9), ("avd_network.fc.weight", 5)] {
        published.insert(name.into(), (vec![numbers], vec![0.5; numbers as usize]));
    }
    Tps { published, ours }
}
