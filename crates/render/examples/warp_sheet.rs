//! Draws a contact sheet. (first version: raw inputs)
use image::RgbImage;
use ndarray::{Array2, Array3, Axis};
use orator_body::{KeypointTrack, Layout, Portrait};
use orator_media::{FrameRate, Picture};
use orator_render::{Renderer, WarpRenderer};

fn read_track(path: &str, size: (u32, u32)) -> KeypointTrack {
    let bytes = std::fs::read(path).unwrap();
    let v: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let n = v.len() / 399;
    let p = Array3::from_shape_fn((n, 133, 2), |(f, i, c)| v[f * 399 + i * 3 + c]);
    let c = Array2::from_shape_fn((n, 133), |(f, i)| v[f * 399 + i * 3 + 2].clamp(0.0, 1.0));
    KeypointTrack::new(Layout::WholeBody133, FrameRate::new(25, 1).unwrap(), size, p, c).unwrap()
}

fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (name, driving, out) = (&a[1], &a[2], &a[3]);
    let img = image::open(format!("{name}.png")).unwrap().to_rgb8();
    let mask = image::open(format!("{name}_mask.png")).unwrap().to_luma8();
    let (w, h) = img.dimensions();
    let portrait = Portrait {
        picture: Picture::from_rgb(w as usize, h as usize, img.into_raw()).unwrap(),
        keypoints: read_track(&format!("{name}.kp"), (w, h)),
        person_mask: mask.into_raw(),
    };
    let t = std::time::Instant::now();
    let mut scene = WarpRenderer.prepare(&portrait).unwrap();
    println!("prepare {:?}", t.elapsed());
    let track = read_track(driving, (w, h));
    let t = std::time::Instant::now();
    let mut frames = Vec::new();
    for f in 0..track.frames() {
        frames.push(
            scene
                .render(track.points().index_axis(Axis(0), f), track.confidence().index_axis(Axis(0), f))
                .unwrap(),
        );
    }
    println!("{:.1} frames/s", track.frames() as f64 / t.elapsed().as_secs_f64());
    for (f, p) in frames.into_iter().enumerate() {
        RgbImage::from_raw(w, h, p.into_rgb()).unwrap().save(format!("{out}/{f:04}.png")).unwrap();
    }
}
