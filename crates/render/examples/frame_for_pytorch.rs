//! One frame of the learned renderer at its full size for PyTorch to draw, too: `frame_for_pytorch FILE.safetensors [REPEATS]
//! [THREADS]`.
//!
//! Writes random weights with a source picture, its points, driving points and the frame that comes of them; prints, as JSON, the
//! milliseconds of a frame (the driven branch) in 32-bit floats and bfloat16 on one to THREADS (2) threads: the least wall time, and the
//! mean time that processors worked, which counts on a machine that does other things, too. `benches/pytorch/frame.py` draws
//! the same frame from that file and puts its times beside these.

mod clock;

use orator_body::Layout;
use orator_body::edges::{HEATMAP_PARTS, heatmap_edges};
use orator_nn::picture_blocks::cast_weights;
use orator_nn::{Checkpoint, Precision, configure_threads, parameters};
use orator_render::contextual::{Driving, PictureConfig, PictureNetworks, group_order};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);
/// Side of the picture.
const SIDE: i64 = 256;
/// Seed of weights, picture and points.
const SEED: i64 = 1;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.first().ok_or("give the file to write")?;
    let repeats: i64 = arguments.get(1).map_or(Ok(10), |text| text.parse())?;
    let most_threads: usize = arguments.get(2).map_or(Ok(2), |text| text.parse())?;
    configure_threads(1);
    let _guard = tch::no_grad_guard();
    tch::manual_seed(SEED);
    let config = PictureConfig::full();
    let store = VarStore::new(Device::Cpu);
    let networks = PictureNetworks::new(&store.root(), &config);
    fill(&store);
    // Smooth, so that nothing hangs on a pixel's half.
    let picture = Tensor::rand([1, 3, 16, 16], FLOAT).upsample_bilinear2d([SIDE, SIDE], true, None, None);
    let points = Tensor::rand([1, 116, 2], FLOAT) * 1.4 - 0.7;
    let moved = &points + (Tensor::rand([1, 116, 2], FLOAT) - 0.5) * 0.1;
    let sure = Tensor::ones([1, 116], FLOAT);
    let driving = Driving { points: &moved, confidence: &sure, picture: None, guide: None };
    let drawn = networks.drive(&networks.source(&picture, &points, &sure), &driving, None);

    let mut tensors = parameters(&store);
    let mut edges = heatmap_edges(Layout::Contextual116);
    let channel = |part| HEATMAP_PARTS.iter().position(|p| *p == part).unwrap_or(0) as i64;
    edges.sort_by_key(|edge| channel(edge.part));
    let whole = |numbers: Vec<i64>| Tensor::from_slice(&numbers);
    let order = group_order(config.motion.grouping).into_iter().map(|p| p as i64).collect();
    for (name, tensor) in [
        ("case.picture", picture.shallow_clone()),
        ("case.points", points.shallow_clone()),
        ("case.moved", moved.shallow_clone()),
        ("case.flow", drawn.flow),
        ("case.generated", drawn.generated),
        ("case.heatmaps", drawn.heatmaps.ok_or("the full size has heatmaps")?),
        ("case.drawn", drawn.picture),
        ("case.groups", whole(order).view([-1, 4])),
        ("case.edges_from", whole(edges.iter().map(|e| e.from as i64).collect())),
        ("case.edges_to", whole(edges.iter().map(|e| e.to as i64).collect())),
        ("case.edges_channel", whole(edges.iter().map(|e| channel(e.part)).collect())),
    ] {
        tensors.insert(name.to_owned(), tensor.contiguous());
    }
    let metadata = BTreeMap::from([("config".to_owned(), serde_json::to_string(&config)?)]);
    Checkpoint { metadata, tensors }.write(path.as_ref(), Precision::Full)?;

    let mut times = Map::new();
    for (name, kind) in [("float32", Kind::Float), ("bfloat16", Kind::BFloat16)] {
        let mut own = VarStore::new(Device::Cpu);
        let networks = PictureNetworks::new(&own.root(), &config).computing_in(kind);
        let weights = parameters(&store);
        for (name, mut variable) in own.variables() {
            variable.copy_(&weights[&name]);
        }
        cast_weights(&mut own, kind);
        let source = networks.source(&picture, &points, &sure);
        for threads in 1..=most_threads {
            configure_threads(threads);
            let (wall, processor) = clock::time(repeats, || networks.drive(&source, &driving, None));
            let told = json!({ "wall": wall, "processor": processor });
            times.insert(format!("{name}, {threads} threads"), told);
        }
    }
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
        } else if name.ends_with("log_variance") {
            continue;
        } else if name.contains("norm") && name.ends_with(".weight") {
            random * 0.1 + 1.0
        } else {
            random * 0.1
        };
        variable.copy_(&filled);
    }
}
