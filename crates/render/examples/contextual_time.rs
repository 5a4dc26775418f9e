//! Milliseconds and arithmetic of the learned renderer: `contextual_time [lite|full] [SIDE] [THREADS] [REPEATS]`.
//!
//! Fresh weights, one source, random poses; 32-bit floats and bfloat16, one frame and eight at a time. Given are the
//! least wall time of the repeats and the mean time that the processors worked for this program (all threads): on a
//! shared machine the wall time says little.

mod clock;

use clock::{processor_time, time};
use ndarray::{Array2, Array3, Axis};
use orator_body::{KeypointTrack, Layout, Portrait};
use orator_media::{FrameRate, Picture};
use orator_nn::picture_blocks::cast_weights;
use orator_nn::{arithmetic, configure_threads};
use orator_render::contextual::{
    Driving, PictureConfig, PictureNetworks, Points, Refinement, drawing_kind, picture_checkpoint,
};
use orator_render::{ContextualRenderer, Renderer};
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);
const BATCHES: [i64; 2] = [1, 8];
const FRAMES: usize = 48;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, otherwise: i64| -> Result<i64, Box<dyn Error>> {
        Ok(arguments.get(i).map(|text| text.parse()).transpose()?.unwrap_or(otherwise))
    };
    let config = match arguments.first().map(String::as_str) {
        Some("full") => PictureConfig::full(),
        _ => PictureConfig::lite(),
    };
    let (side, threads, repeats) = (number(1, 256)?, number(2, 2)?, number(3, 10)?);
    configure_threads(usize::try_from(threads)?);
    tch::manual_seed(1);
    let _guard = tch::no_grad_guard();

    for kind in [Kind::Float, Kind::BFloat16] {
        let mut store = VarStore::new(Device::Cpu);
        let networks = PictureNetworks::new(&store.root(), &config).computing_in(kind);
        let parameters: usize = store.trainable_variables().iter().map(Tensor::numel).sum();
        cast_weights(&mut store, kind);
        let picture = Tensor::rand([1, 3, side, side], FLOAT);
        let points = Tensor::rand([1, 116, 2], FLOAT) - 0.5;
        let confidence = Tensor::ones([1, 116], FLOAT);
        let (source, source_cost) = arithmetic::counted(|| networks.source(&picture, &points, &confidence));
        let prepare = time(repeats, || networks.source(&picture, &points, &confidence));
        println!(
            "{kind:?}: {:.2} M parameters; source branch {:.2} GFLOP, {:.1} ms ({:.1} ms of processor)",
            parameters as f64 / 1e6,
            source_cost as f64 / 1e9,
            prepare.0,
            prepare.1
        );
        for batch in BATCHES {
            let poses = &points + (Tensor::rand([batch, 116, 2], FLOAT) - 0.5) * 0.05;
            let sure = Tensor::ones([batch, 116], FLOAT);
            let driving = Driving { points: &poses, confidence: &sure, picture: None, guide: None };
            let (_, cost) = arithmetic::counted(|| networks.drive(&source, &driving, None));
            let whole = time(repeats, || networks.drive(&source, &driving, None));
            let per = |t: (f64, f64)| (t.0 / batch as f64, t.1 / batch as f64);
            println!(
                "  batch {batch}: {:.2} GFLOP, {:.2} ms a frame ({:.2} ms of processor)",
                cost as f64 / 1e9 / batch as f64,
                per(whole).0,
                per(whole).1
            );
            let given = |points: &Tensor, sure: &Tensor| Points {
                detected: Some((points.shallow_clone(), sure.shallow_clone())),
                learned: None,
            };
            let start = networks.motion().source(&picture, given(&points, &confidence));
            let pose = given(&poses, &sure);
            let work = || networks.motion().forward(&start, &pose, None, None, kind);
            let (field, cost) = arithmetic::counted(work);
            report("dense motion", cost, per(time(repeats, work)), batch);
            let features = networks.encode(&picture);
            let outside = config.motion.outside;
            let work = || networks.generator().decode(&features, &picture, &field, outside, kind);
            let (_, cost) = arithmetic::counted(work);
            report("generator", cost, per(time(repeats, work)), batch);
            if config.refinement == Refinement::EdgeHeatmap {
                let work = || networks.heatmaps(&poses, &sure, side);
                report("edge heatmap", 0, per(time(repeats, work)), batch);
            }
        }
    }
    side_by_side(&config, usize::try_from(side)?)
}

/// Frames through the renderer itself, side by side on all processors.
fn side_by_side(config: &PictureConfig, side: usize) -> Result<(), Box<dyn Error>> {
    let store = VarStore::new(Device::Cpu);
    let _ = PictureNetworks::new(&store.root(), config);
    let weights = picture_checkpoint(config, &store, &BTreeMap::new())?;
    let kind = drawing_kind(Device::Cpu);
    let renderer = ContextualRenderer::of(weights, Device::Cpu, kind)?;
    let points = Array3::from_shape_fn((1, 133, 2), |(_, i, axis)| {
        side as f32 * (0.5 + 0.3 * (i as f32 * if axis == 0 { 2.4 } else { 1.7 }).sin())
    });
    let size = (u32::try_from(side)?, u32::try_from(side)?);
    let sure = Array2::ones((1, 133));
    let track = KeypointTrack::new(
        Layout::WholeBody133,
        FrameRate::new(25, 1).ok_or("no such frame rate")?,
        size,
        points,
        sure,
    )?;
    let pose = track.points().index_axis(Axis(0), 0).to_owned();
    let sure = track.confidence().index_axis(Axis(0), 0).to_owned();
    let picture = Picture::filled(side, side, [120, 130, 140]);
    let mut scene = renderer.prepare(&Portrait::new(picture, track, vec![255; side * side])?)?;
    let poses = vec![(pose.view(), sure.view()); FRAMES];
    scene.render_many(&poses)?;
    let (busy, started) = (processor_time(), Instant::now());
    scene.render_many(&poses)?;
    let per = |ms: f64| ms / FRAMES as f64;
    println!(
        "{kind:?}, {FRAMES} frames side by side: {:.2} ms a frame ({:.2} ms of processor)",
        per(started.elapsed().as_secs_f64() * 1e3),
        per(processor_time() - busy)
    );
    Ok(())
}

fn report(name: &str, cost: u64, time: (f64, f64), batch: i64) {
    let cost = cost as f64 / 1e9 / batch as f64;
    println!("    {name}: {cost:.2} GFLOP, {:.2} ms ({:.2} ms of processor)", time.0, time.1);
}
