//! Driven frames of the released latent deviation network for PyTorch to draw, too: `deviation_for_pytorch FILE.safetensors
//! [REPEATS] [THREADS]`.
//!
//! Writes random weights of the `published` configuration (840 MB) with a source picture, a driving picture, the latent pose
//! that is read from it and the frame that comes of that, in 32-bit floats and in bfloat16; prints, as JSON, the
//! milliseconds of a driven frame from its latent pose (`drive`), of reading that pose (`pose`), and of a frame in a batch
//! of frames (`batch`), on one to THREADS (2) threads: the least wall time, and the mean time that processors worked.
//! `benches/pytorch/deviation_frame.py` draws the same frame from that file and puts its times beside these.

mod clock;

use orator_nn::picture_blocks::cast_some_weights;
use orator_nn::{Checkpoint, Precision, configure_threads, parameters};
use orator_render::deviation::{DeviationConfig, DeviationNetworks, LatentPose};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);
/// Side of the picture.
const SIDE: i64 = 256;
/// Frames drawn at once where that is timed.
const BATCH: i64 = 2;
/// Seed of weights and pictures.
const SEED: i64 = 1;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.first().ok_or("give the file to write")?;
    let repeats: i64 = arguments.get(1).map_or(Ok(5), |text| text.parse())?;
    let most_threads: usize = arguments.get(2).map_or(Ok(2), |text| text.parse())?;
    configure_threads(most_threads);
    let _guard = tch::no_grad_guard();
    tch::manual_seed(SEED);
    let config = DeviationConfig::published();
    let store = VarStore::new(Device::Cpu);
    let networks = DeviationNetworks::new(&store.root(), &config);
    fill(&store);
    // Smooth, so that nothing hangs on a pixel's half.
    let picture = || Tensor::rand([1, 3, 16, 16], FLOAT).upsample_bilinear2d([SIDE, SIDE], true, None, None);
    let (source, driving) = (picture(), picture());
    let pose = networks.read_pose(&driving, false);
    let drawn = networks.drive(&networks.source(&source, pose.share()), &pose);

    let mut tensors = parameters(&store);
    for (name, tensor) in [
        ("case.source", source.shallow_clone()),
        ("case.driving", driving.shallow_clone()),
        ("case.pose", pose.to_rows()),
        ("case.warped", drawn.features),
        ("case.drawn", drawn.decoded.picture),
    ] {
        tensors.insert(name.to_owned(), tensor.contiguous());
    }
    let mut times = Map::new();
    for (name, kind) in [("float32", Kind::Float), ("bfloat16", Kind::BFloat16)] {
        let mut own = VarStore::new(Device::Cpu);
        let networks = DeviationNetworks::new(&own.root(), &config).computing_in(kind);
        let weights = parameters(&store);
        for (name, mut variable) in own.variables() {
            variable.copy_(&weights[&name]);
        }
        cast_some_weights(&mut own, kind, DeviationNetworks::may_be_cast);
        let prepared = networks.source(&source, pose.share());
        if kind != Kind::Float {
            let drawn = networks.drive(&prepared, &pose).decoded.picture;
            tensors.insert("case.drawn_bfloat16".to_owned(), drawn.contiguous());
        }
        let rows = pose.to_rows().repeat([BATCH, 1]);
        let poses = LatentPose::from_rows(&rows, SIDE / 16);
        for threads in 1..=most_threads {
            configure_threads(threads);
            let told = |(wall, processor): (f64, f64)| json!({ "wall": wall, "processor": processor });
            let drive = told(clock::time(repeats, || networks.drive(&prepared, &pose)));
            let read = told(clock::time(repeats, || networks.read_pose(&driving, false)));
            let (wall, processor) = clock::time(repeats, || networks.drive(&prepared, &poses));
            let batch = told((wall / BATCH as f64, processor / BATCH as f64));
            let told = json!({ "drive": drive, "pose": read, "batch": batch });
            times.insert(format!("{name}, {threads} threads"), told);
        }
    }
    let metadata = BTreeMap::from([("config".to_owned(), serde_json::to_string(&config)?)]);
    Checkpoint { metadata, tensors }.write(path.as_ref(), Precision::Full)?;
    let parameters: usize = store.trainable_variables().iter().map(Tensor::numel).sum();
    let told = json!({ "side": SIDE, "parameters": parameters, "repeats": repeats,
        "milliseconds_a_frame": Value::Object(times) });
    println!("{told}");
    Ok(())
}

/// Random numbers everywhere, also where training begins at zero, of a size that keeps what goes through.
fn fill(store: &VarStore) {
    for (name, mut variable) in store.variables() {
        let size = variable.size();
        let random = Tensor::randn(&size, FLOAT);
        let filled = if size.len() > 1 {
            let taps: i64 = size[1..].iter().product();
            random * (1.0 / taps as f64).sqrt()
        } else if name.ends_with("slope") {
            continue;
        } else if name.ends_with("running_var") {
            random * 0.05 + 1.0
        } else if name.contains("norm") && name.ends_with(".weight") {
            random * 0.1 + 1.0
        } else {
            random * 0.1
        };
        variable.copy_(&filled);
    }
}
