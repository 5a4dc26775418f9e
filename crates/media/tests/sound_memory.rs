//! Five minutes of stereo take the memory of the mono samples and little more. Alone in this program,
//! because the peak is that of the whole process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]
#![cfg(target_os = "linux")]

mod inputs;

use orator_media::{Limits, audio};

/// The largest memory that the process has ever used, in bytes.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[test]
fn reading_holds_one_channel() {
    const FRAMES: usize = 300 * 48_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stereo.wav");
    {
        use std::io::Write;
        let bytes = FRAMES as u32 * 4;
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        file.write_all(&inputs::wav(1, 16, 2, 48_000, &[], bytes)).unwrap();
        for frame in 0..FRAMES {
            file.write_all(&[(frame % 251) as u8, 1, (frame % 13) as u8, 2]).unwrap();
        }
    }
    let before = peak_memory();
    let audio = audio::read(&path, &Limits::default()).unwrap();
    let grown = peak_memory() - before;
    assert_eq!(audio.samples.len(), FRAMES);
    let mono = FRAMES * 4;
    println!("{:.1} MB of samples, {:.1} MB more at the peak", mono as f64 / 1e6, grown as f64 / 1e6);
    assert!(grown < mono + (12 << 20), "{grown}");

    let before = peak_memory();
    let speech = audio.resampled(16_000).unwrap();
    let grown = peak_memory() - before;
    assert!(grown < speech.samples.len() * 4 + (12 << 20), "{grown}");
}
