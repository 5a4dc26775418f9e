//! Finding the fixtures of pictures and recordings, and making WAV files and bad files.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

/// A committed fixture.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A WAV file around `data`, whose sizes are as stated.
pub fn wav(tag: u16, bits: u16, channels: u16, rate: u32, data: &[u8], stated_bytes: u32) -> Vec<u8> {
    let frame = channels * bits / 8;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(stated_bytes.saturating_add(36).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend(tag.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend(rate.wrapping_mul(u32::from(frame)).to_le_bytes());
    bytes.extend(frame.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(stated_bytes.to_le_bytes());
    bytes.extend(data);
    bytes
}

/// A whole 32-bit float WAV file.
pub fn float_wav(channels: u16, rate: u32, samples: &[f32]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    wav(3, 32, channels, rate, &data, data.len() as u32)
}

/// Puts `bytes` under `name` into `folder`.
pub fn put(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}
