//! Milliseconds of the latent deviation renderer as `animate` uses it: `deviation_time [WEIGHTS] [FRAMES]`.
//!
//! The weights that ship unless others are named; random pictures. Given are wall time and the time that the processors worked for this
//! program, a frame: on a shared machine the wall time says little.

mod clock;

use clock::processor_time;
use ndarray::{Array2, Array3};
use orator_body::{KeypointTrack, Layout, Portrait};
use orator_media::{FrameRate, Picture};
use orator_render::{DeviationRenderer, Renderer};
use std::error::Error;
use std::path::Path;
use std::time::Instant;
use tch::Device;

const SIDE: usize = 256;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let weights = arguments.next().unwrap_or_else(|| "models/deviation-lite.safetensors".into());
    let frames: usize = arguments.next().map(|text| text.parse()).transpose()?.unwrap_or(48);
    let renderer = DeviationRenderer::load(Path::new(&weights), Device::Cpu)?;
    let picture = |number: usize| {
        let mut picture = Picture::filled(SIDE, SIDE, [90, 120, 150]);
        for (i, byte) in picture.rgb_mut().iter_mut().enumerate() {
            *byte = byte.wrapping_add(((i * 7919 + number * 104_729) % 97) as u8);
        }
        picture
    };
    let size = (SIDE as u32, SIDE as u32);
    let (points, sure) = (Array3::from_elem((1, 133, 2), 100.0), Array2::ones((1, 133)));
    let portrait = Portrait {
        picture: picture(0),
        keypoints: KeypointTrack::new(Layout::WholeBody133, FrameRate::MOTION, size, points, sure)?,
        person_mask: vec![255; SIDE * SIDE],
    };
    let mut scene = renderer.prepare(&portrait)?;
    let reader = renderer.motion_reader().ok_or("it draws keypoints")?;
    let pictures: Vec<Picture> = (0..frames).map(picture).collect();
    let rows = reader.read_motion(&pictures[..2])?;
    scene.render_latents(&[rows.row(0), rows.row(1)])?;

    let clock = || (Instant::now(), processor_time());
    let tell = |what: &str, (began, busy): (Instant, f64)| {
        let each = frames as f64;
        println!(
            "{what}: {:.1} ms a frame, {:.1} ms of processor",
            began.elapsed().as_secs_f64() * 1e3 / each,
            (processor_time() - busy) / each
        );
    };
    let start = clock();
    let rows = reader.read_motion(&pictures)?;
    tell("pose", start);
    let start = clock();
    let all: Vec<_> = rows.rows().into_iter().collect();
    for some in all.chunks(8) {
        scene.render_latents(some)?;
    }
    tell("drawing", start);
    Ok(())
}
