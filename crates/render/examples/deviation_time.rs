//! Milliseconds of the latent deviation renderer as `animate` uses it: `deviation_time [WEIGHTS] [FRAMES]`.
//!
//! The weights that ship unless others are named; random pictures. Given are the least wall time and the mean time that the processors worked
//! for this program, a frame: on a shared machine the wall time says little.

mod clock;

use clock::time;
use ndarray::{Array2, Array3};
use orator_body::{KeypointTrack, Layout, Portrait};
use orator_media::{FrameRate, Picture};
use orator_render::{DeviationRenderer, Renderer};
use std::error::Error;
use std::path::Path;
use tch::Device;

const SIDE: usize = 256;
const REPEATS: i64 = 3;
/// Frames given to the scene at once, as a film is drawn.
const AT_ONCE: usize = 8;

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
    let rows = reader.read_motion(&pictures)?;
    let all: Vec<_> = rows.rows().into_iter().collect();

    let tell = |what: &str, (wall, busy): (f64, f64)| {
        let each = frames as f64;
        println!("{what}: {:.1} ms a frame, {:.1} ms of processor", wall / each, busy / each);
    };
    tell("pose", time(REPEATS, || reader.read_motion(&pictures)));
    tell(
        "drawing",
        time(REPEATS, || all.chunks(AT_ONCE).try_for_each(|some| scene.render_latents(some).map(|_| ()))),
    );
    Ok(())
}
