//! A corpus of squares that move.

use ndarray::{Array2, Array3};
use orator_corpus::{
    Check, ClipDescription, ClipInput, Content, Limits, Origin, ShardPlan, ShardWriter, Truth, assemble,
};
use orator_media::video_out::{VideoSettings, VideoWriter};
use orator_media::{FrameRate, Picture};
use std::path::Path;
use std::sync::Mutex;

pub const FRAMES: usize = 12;
pub const SIDE: usize = 256;

/// libtorch has one random generator for the whole process.
pub static GENERATOR: Mutex<()> = Mutex::new(());

/// How far everything has moved to the right in a frame, in pixels.
fn shift(frame: usize) -> f32 {
    3.0 * frame as f32
}

fn truth() -> Truth {
    let points = Array3::from_shape_fn((FRAMES, 133, 2), |(f, p, axis)| {
        let rest = if axis == 0 { 90.0 + (p * 37 % 71) as f32 } else { 80.0 + (p * 53 % 89) as f32 };
        rest + if axis == 0 { shift(f) } else { 0.0 }
    });
    Truth::new(FrameRate::MOTION, (SIDE as u32, SIDE as u32), points, Array2::from_elem((FRAMES, 133), 2))
}

/// A chequered square on grey that moves with the points.
fn picture(frame: usize) -> Picture {
    let mut picture = Picture::filled(SIDE, SIDE, [90, 90, 90]);
    let left = 80 + shift(frame) as usize;
    for y in 70..180 {
        for x in left..left + 100 {
            let colour =
                if ((x - left) / 12 + y / 12).is_multiple_of(2) { [220, 40, 40] } else { [30, 60, 200] };
            let at = (y * SIDE + x) * 3;
            picture.rgb_mut()[at..at + 3].copy_from_slice(&colour);
        }
    }
    picture
}

/// Identity 9 is learned from, identity 10 held out.
pub fn corpus(dir: &Path) {
    let origin = Origin {
        name: "squares".into(),
        program: "a test".into(),
        program_version: "1".into(),
        seed: Some(1),
        settings: serde_json::Value::Null,
        licence: "CC0-1.0".into(),
        source: "made up".into(),
        rate: FrameRate::MOTION,
        size: (SIDE as u32, SIDE as u32),
    };
    let mut writer = ShardWriter::begin(dir, ShardPlan::new(0, Some(1), origin)).unwrap();
    for identity in [9u64, 10] {
        let video = dir.join(format!("{identity}.mp4"));
        let mut film =
            VideoWriter::create(&video, VideoSettings::new(SIDE, SIDE, FrameRate::MOTION)).unwrap();
        for frame in 0..FRAMES {
            film.push(&picture(frame)).unwrap();
        }
        film.finish().unwrap();
        let size = (SIDE as u32, SIDE as u32);
        let description = ClipDescription::new(
            &format!("p{identity}-0"),
            &format!("p{identity}"),
            Some(identity),
            FrameRate::MOTION,
            FRAMES as u64,
            size,
        );
        let pictures = Some(Content::File(video.clone()));
        writer.push(&ClipInput { description, pictures, sound: None, truth: Some(truth()) }).unwrap();
        std::fs::remove_file(video).unwrap();
    }
    writer.finish().unwrap();
    assemble(dir, Check::Checksum, &Limits::default()).unwrap();
}
