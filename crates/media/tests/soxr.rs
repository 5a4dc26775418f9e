//! Agreement with another good resampler (soxr HQ, case 07d of the shared fixtures, which may not be
//! copied: skipped where the shared folder is absent).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

use std::path::{Path, PathBuf};

use orator_media::Audio;

fn shared() -> PathBuf {
    std::env::var_os("ORATOR_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from)
}

/// One tensor of a safetensors file: its type and its bytes.
fn tensor(file: &[u8], name: &str) -> (String, Vec<u8>) {
    let header_length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&file[8..8 + header_length]).unwrap();
    let entry = &header[name];
    let offset = |n: usize| entry["data_offsets"][n].as_u64().unwrap() as usize + 8 + header_length;
    (entry["dtype"].as_str().unwrap().to_owned(), file[offset(0)..offset(1)].to_vec())
}

#[test]
fn speech_at_12800_is_close_to_soxr() {
    let path = shared().join("fixtures/07d_audio_resample/fixture.safetensors");
    let Ok(file) = std::fs::read(&path) else {
        eprintln!("skipped: no {}", path.display());
        return;
    };
    let (kind, bytes) = tensor(&file, "speech_16k_int16");
    assert_eq!(kind, "I16");
    let samples =
        bytes.chunks(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect();
    let resampled = Audio::new(16_000, samples).unwrap().resampled(12_800).unwrap();
    assert_eq!(resampled.samples.len(), 51_200);
    // Every second value is stored.
    let (kind, bytes) = tensor(&file, "speech_12800");
    assert_eq!(kind, "F32");
    let reference: Vec<f32> = bytes.chunks(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let (mut error, mut power, mut worst) = (0.0, 0.0, 0.0f64);
    for (ours, theirs) in resampled.samples.iter().step_by(2).zip(&reference) {
        let difference = f64::from(ours - theirs);
        error += difference * difference;
        power += f64::from(*theirs).powi(2);
        worst = worst.max(difference.abs());
    }
    let ratio = 10.0 * (power / error).log10();
    println!("signal to difference {ratio:.1} dB, largest difference {worst:.5}");
    // The two differ only where their transition bands do, just below 6.4 kHz.
    assert!(ratio > 35.0, "{ratio} dB");
}
