//! Moving test pictures, ways to compare pictures, and outside programs for the video tests.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::Command;

use orator_media::Picture;

/// A soft gradient with two coloured discs that move; `index` is the frame.
pub fn moving_picture(width: usize, height: usize, index: usize) -> Picture {
    let mut rgb = Vec::with_capacity(width * height * 3);
    let time = index as f32 * 0.07;
    let discs = [
        (0.5 + 0.3 * time.sin(), 0.5 + 0.25 * (time * 1.3).cos(), [210.0, 60.0, 40.0]),
        (0.5 + 0.35 * (time * 0.8).cos(), 0.5 + 0.3 * time.sin(), [40.0, 90.0, 220.0]),
    ];
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
            let mut colour = [60.0 + 120.0 * u, 80.0 + 90.0 * v, 150.0 - 60.0 * u];
            for (disc_x, disc_y, disc) in discs {
                let distance = ((u - disc_x).powi(2) + (v - disc_y).powi(2)).sqrt();
                let cover = ((0.15 - distance) * 40.0).clamp(0.0, 1.0);
                for channel in 0..3 {
                    colour[channel] += (disc[channel] - colour[channel]) * cover;
                }
            }
            rgb.extend(colour.map(|value| value.round() as u8));
        }
    }
    Picture::from_rgb(width, height, rgb).unwrap()
}

/// Peak signal-to-noise ratio in dB over all bytes.
pub fn psnr(a: &Picture, b: &Picture) -> f64 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    let sum: u64 = a.rgb().iter().zip(b.rgb()).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    let mean = sum as f64 / a.rgb().len() as f64;
    10.0 * (255.0f64 * 255.0 / mean.max(1e-9)).log10()
}

/// Mean of every channel of a rectangle of pixels.
pub fn mean_colour(picture: &Picture, x: usize, y: usize, side: usize) -> [f64; 3] {
    let mut sum = [0.0; 3];
    for row in y..y + side {
        for column in x..x + side {
            for (sum, value) in sum.iter_mut().zip(picture.pixel(column, row)) {
                *sum += f64::from(value);
            }
        }
    }
    sum.map(|value| value / (side * side) as f64)
}

/// The folder of data shared between checkouts, if it is there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("ORATOR_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = root.join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}

/// Runs ffmpeg; false (with a message) if it is absent or cannot do this.
pub fn ffmpeg(arguments: &[&str]) -> bool {
    let output = Command::new("ffmpeg").args(["-v", "error", "-nostdin", "-y"]).args(arguments).output();
    match output {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            eprintln!("skipped: ffmpeg says {}", String::from_utf8_lossy(&output.stderr));
            false
        }
        Err(_) => {
            eprintln!("skipped: ffmpeg is not installed");
            false
        }
    }
}

/// What ffmpeg prints on its standard output.
pub fn ffmpeg_output(program: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => Some(output.stdout),
        Ok(output) => panic!("{program}: {}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => {
            eprintln!("skipped: {program} is not installed");
            None
        }
    }
}

/// Names of everything in a folder.
pub fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The offset of the body of the box at `path` (outermost first), for patching files.
pub fn box_body(bytes: &[u8], path: &[&[u8; 4]]) -> usize {
    let (mut at, mut end) = (0, bytes.len());
    'level: for (depth, name) in path.iter().enumerate() {
        while at + 8 <= end {
            let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
            if &bytes[at + 4..at + 8] == *name {
                end = at + size;
                // Sample entries lie behind a counter.
                at += if depth + 1 < path.len() && *name == b"stsd" { 16 } else { 8 };
                continue 'level;
            }
            at += size.max(8);
        }
        panic!("no {} box", String::from_utf8_lossy(*name));
    }
    at
}
