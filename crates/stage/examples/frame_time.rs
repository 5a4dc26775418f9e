//! How many frames of real presenters are drawn in a second: `cargo run --release -p orator-stage --example frame_time`.
//!
//! Six people in the middle of their talk, at 256² and 512²: first on one thread, with the time of each stage, then on every
//! core at once. A frame is all that a clip needs of it but encoding: the pose and its two neighbours for motion blur, the
//! picture, the part mask and the depth. One JSON object a size on stdout (`cargo xtask bench --stage` reads it).

use orator_stage::figure::Anatomy;
use orator_stage::picture::PictureMaker;
use orator_stage::script::Recordings;
use orator_stage::{Presenter, RenderSettings, Scene};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use std::time::Instant;

/// People that are drawn, by identity seed from 0 on.
const PEOPLE: u64 = 6;
/// Frames of each person, for the one thread and for each of the threads.
const FRAMES: usize = 6;
/// Seconds between two drawn frames, so that different gestures are seen.
const APART: f64 = 0.32;
/// Sides of the pictures, in pixels.
const SIZES: [usize; 2] = [256, 512];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let anatomy = Anatomy::load(&orator_assets::figure()?)?;
    let recordings = Recordings::bundled()?;
    let started = Instant::now();
    let presenters =
        (0..PEOPLE).map(|identity| Presenter::new(&anatomy, identity)).collect::<Result<Vec<_>, _>>()?;
    let person_seconds = started.elapsed().as_secs_f64() / presenters.len() as f64;
    let triangles: Vec<usize> = presenters.iter().map(|p| p.person.surface.triangles.len()).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    for size in SIZES {
        let settings = RenderSettings { size: Some(size), ..RenderSettings::default() };
        let started = Instant::now();
        let mut scenes = Vec::new();
        for (index, presenter) in presenters.iter().enumerate() {
            let talk =
                recordings.joined(&[2 * index, 2 * index + 1], &mut ChaCha8Rng::seed_from_u64(1))?.talk;
            scenes.push(Scene::new(presenter, &talk, index as u64, &settings));
        }
        let clip_seconds = started.elapsed().as_secs_f64() / scenes.len() as f64;
        let mut stages: Vec<(&str, f64)> = Vec::new();
        let started = Instant::now();
        let frames = draw(&scenes, size, &mut |maker| {
            for &(name, took) in maker.stages() {
                match stages.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, sum)) => *sum += took.as_secs_f64(),
                    None => stages.push((name, took.as_secs_f64())),
                }
            }
        });
        let alone = started.elapsed().as_secs_f64() / frames as f64;
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| draw(&scenes, size, &mut |_| ()));
            }
        });
        let together = (threads * frames) as f64 / started.elapsed().as_secs_f64();
        let stages: Vec<_> = stages
            .iter()
            .map(|(name, sum)| json!({ "name": name, "milliseconds": 1e3 * sum / frames as f64 }))
            .collect();
        println!(
            "{}",
            json!({ "event": "frames", "size": size, "frames": frames, "milliseconds_on_one_thread": 1e3 * alone,
                "threads": threads, "frames_per_second": together, "stages": stages, "triangles": triangles,
                "person_seconds": person_seconds, "clip_seconds": clip_seconds })
        );
    }
    Ok(())
}

/// Draws some frames of every scene on this thread; gives their number.
fn draw(scenes: &[Scene<'_>], size: usize, tell: &mut dyn FnMut(&PictureMaker)) -> usize {
    let mut maker = PictureMaker::new(size);
    for scene in scenes {
        for frame in 0..FRAMES {
            std::hint::black_box(scene.draw(1.0 + frame as f64 * APART, &mut maker));
            tell(&maker);
        }
    }
    scenes.len() * FRAMES
}
