//! Whether the motion of a long recording drifts: where the body is and how much it moves, minute by minute, and how far it jumps
//! where windows meet.
//!
//! `cargo run --release -p orator-studio --example long_recording -- PHOTO RECORDING [WEIGHTS]` prints one JSON object.
//! Take `taskset` to give it fewer processors.

use ndarray::Axis;
use orator_body::KeypointTrack;
use orator_body::layout::{FACE, LEFT_HAND, RIGHT_HAND, WRISTS};
use orator_media::{FrameRate, Limits};
use orator_motion::contextual::{WINDOW_FRAMES, WINDOW_STRIDE};
use orator_motion::{SampleOptions, SampleRequest};
use orator_perceive::Perceiver;
use orator_speech::{Speech, WakeHubert};
use serde_json::{Value, json};
use std::time::Instant;

/// Frames a minute.
const MINUTE: usize = 60 * 25;
/// Parts whose places are told: name and points.
const PARTS: [(&str, &[usize]); 3] =
    [("left wrist", &[WRISTS[0]]), ("right wrist", &[WRISTS[1]]), ("nose", &[FACE.start + 30])];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [photo, recording, more @ ..] = arguments.as_slice() else {
        return Err("give a photo and a recording".into());
    };
    orator_nn::configure_threads(std::thread::available_parallelism().map_or(1, usize::from));
    let picture = orator_media::picture::read(photo.as_ref(), &Limits::default())?;
    let (portrait, _) = Perceiver::load()?.portrait(picture)?;
    let audio = orator_media::audio::read(recording.as_ref(), &Limits::default())?;
    let frames = FrameRate::MOTION.frames_covering(audio.samples.len() as u64, audio.rate) as usize;
    let begun = Instant::now();
    let speech = Speech::analyse(&audio, &mut WakeHubert::load()?, frames, &mut |_| {})?;
    let hearing = begun.elapsed().as_secs_f64();
    let (model, weights) = orator_studio::load_motion(Default::default(), more.first().map(String::as_str))?;
    let begun = Instant::now();
    let request = SampleRequest {
        speech: &speech,
        reference: &portrait.keypoints,
        latent: None,
        known: None,
        speaker: None,
        options: SampleOptions::default(),
    };
    let track = model.sample(&request, &mut |_, _| {})?.keypoints()?;
    let sampling = begun.elapsed().as_secs_f64();
    let minutes: Vec<Value> = (0..frames)
        .step_by(MINUTE)
        .map(|from| from..(from + MINUTE).min(frames))
        .filter(|range| range.len() >= MINUTE / 2)
        .map(|range| minute(&track.window(range)))
        .collect();
    println!(
        "{}",
        serde_json::to_string_pretty(&json!({
            "weights": weights, "frames": frames, "seconds_hearing": hearing, "seconds_sampling": sampling,
            "peak_mb": peak_mb(), "unit": format!("pixels of a picture {} wide", track.size().0),
            "minutes": minutes, "jumps": jumps(&track),
        }))?
    );
    Ok(())
}

/// Mean place and spread (standard deviation along both axes together) of each part, and the mean step of all points.
fn minute(track: &KeypointTrack) -> Value {
    let mut told = serde_json::Map::new();
    for (name, points) in PARTS {
        let places = track.points().select(Axis(1), points);
        let mean = places.mean_axis(Axis(0)).and_then(|m| m.mean_axis(Axis(0)));
        let spread = places.var_axis(Axis(0), 0.0).sum() / points.len() as f32;
        let mean: Vec<f32> = mean.map(|m| m.to_vec()).unwrap_or_default();
        told.insert(name.into(), json!({ "mean": mean, "spread": spread.sqrt() }));
    }
    let steps: Vec<f64> = (1..track.frames()).map(|frame| step(track, frame, 0..133)).collect();
    told.insert("step".into(), json!(steps.iter().sum::<f64>() / steps.len().max(1) as f64));
    Value::Object(told)
}

/// Mean way of some points from the frame before.
fn step(track: &KeypointTrack, frame: usize, points: std::ops::Range<usize>) -> f64 {
    let count = points.len() as f64;
    let way = |p: usize, axis: usize| {
        f64::from(track.points()[[frame, p, axis]] - track.points()[[frame - 1, p, axis]])
    };
    points.map(|p| way(p, 0).hypot(way(p, 1))).sum::<f64>() / count
}

/// The largest step into the first new frame of a window, beside quantiles of all steps; of all points and of the hands.
fn jumps(track: &KeypointTrack) -> Value {
    let frames = track.frames();
    let mut seams = Vec::new();
    let mut start = 0;
    while start + WINDOW_FRAMES < frames {
        // The window that begins here ends at `start + WINDOW_FRAMES`, where the next one's new frames begin.
        seams.push(start + WINDOW_FRAMES);
        start = (start + WINDOW_FRAMES - WINDOW_STRIDE).min(frames - WINDOW_FRAMES);
    }
    let mut told = serde_json::Map::new();
    for (name, points) in [("all points", 0..133), ("left hand", LEFT_HAND), ("right hand", RIGHT_HAND)] {
        let mut all: Vec<f64> = (1..frames).map(|frame| step(track, frame, points.clone())).collect();
        let at_seams: Vec<f64> = seams.iter().map(|&frame| all[frame - 1]).collect();
        all.sort_by(f64::total_cmp);
        let quantile = |share: f64| all[((all.len() - 1) as f64 * share) as usize];
        let above = at_seams.iter().filter(|step| **step > quantile(0.99)).count();
        told.insert(
            name.into(),
            json!({
                "median": quantile(0.5), "p99": quantile(0.99), "largest": quantile(1.0),
                "seams": at_seams.len(), "largest_at_seams": at_seams.iter().copied().fold(0.0, f64::max),
                "mean_at_seams": at_seams.iter().sum::<f64>() / at_seams.len().max(1) as f64,
                "seams_above_p99": above,
            }),
        );
    }
    Value::Object(told)
}

/// The most memory that this process had, in megabytes, where the system tells.
fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1000.0)
}
