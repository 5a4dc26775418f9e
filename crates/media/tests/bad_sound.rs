//! Recordings that cannot be read: each gets an error that names the file and the cause, at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod inputs;

use std::time::Instant;

use inputs::{fixture, float_wav, put, wav};
use orator_media::{Limits, MediaError, audio};
use proptest::prelude::*;

fn error_of(path: &std::path::Path) -> MediaError {
    let error = audio::read(path, &Limits::default()).expect_err(&path.display().to_string());
    let name = path.file_name().unwrap().to_string_lossy();
    assert!(error.to_string().contains(name.as_ref()), "{error}");
    error
}

#[test]
fn cut_off_files_are_damaged_and_say_how_much_there_was() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "two_pulses.flac",
        "two_pulses.mp3",
        "two_pulses.ogg",
        "two_pulses.opus",
        "two_pulses.m4a",
        "two_pulses_video.mp4",
        "two_pulses_opus.mp4",
        "two_pulses.webm",
    ] {
        let whole = std::fs::read(fixture(&format!("sound/{name}"))).unwrap();
        for share in [3, 50, 80] {
            let path = put(folder.path(), name, &whole[..whole.len() * share / 100]);
            let error = error_of(&path);
            assert!(matches!(error, MediaError::Damaged { .. }), "{name} at {share} %: {error:?}");
            println!("{name} at {share} %: {error}");
        }
    }
    let whole = float_wav(1, 16_000, &[0.5; 16_000]);
    let path = put(folder.path(), "speech.wav", &whole[..44 + 32_000]);
    let text = error_of(&path).to_string();
    assert!(text.contains("states 1.00 s"), "{text}");
    for length in 1..44 {
        let error = error_of(&put(folder.path(), "head.wav", &whole[..length]));
        assert!(
            matches!(error, MediaError::Damaged { .. } | MediaError::Unsupported { .. }),
            "{length}: {error:?}"
        );
    }
}

#[test]
fn no_bytes_and_no_samples_are_empty() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(error_of(&put(folder.path(), "a.wav", b"")), MediaError::Empty { .. }));
    let no_samples = wav(1, 16, 1, 16_000, &[], 0);
    assert!(matches!(error_of(&put(folder.path(), "b.wav", &no_samples)), MediaError::Empty { .. }));
}

#[test]
fn a_ten_hour_recording_is_refused_from_its_header() {
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    // Stated but not there, and really there (as a hole in the file).
    let ten_hours = 36_000 * 16_000 * 2;
    let head = wav(1, 16, 1, 16_000, &[0; 64], ten_hours);
    for length in [None, Some(u64::from(ten_hours) + 44)] {
        let path = put(folder.path(), "lecture.wav", &head);
        if let Some(length) = length {
            std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        }
        let error = error_of(&path);
        assert!(matches!(error, MediaError::TooLarge { .. }), "{error:?}");
        assert!(error.to_string().contains("10 h"), "{error}");
    }
    assert!(started.elapsed().as_secs() < 2, "the recording was decoded");
    // A stream that does not state its length is stopped at the limit.
    let path = put(folder.path(), "stream.wav", &wav(1, 16, 1, 16_000, &[1; 64_000], u32::MAX));
    let limits = Limits { max_audio_seconds: 1.0, ..Default::default() };
    assert!(matches!(audio::read(&path, &limits), Err(MediaError::TooLarge { .. })));
    let limits = Limits { max_audio_seconds: 2.0, ..Default::default() };
    assert_eq!(audio::read(&path, &limits).unwrap().samples.len(), 32_000);
    for name in ["two_pulses.mp3", "two_pulses.ogg", "two_pulses.m4a", "two_pulses.opus", "two_pulses.flac"] {
        let limits = Limits { max_audio_seconds: 0.5, ..Default::default() };
        let read = audio::read(&fixture(&format!("sound/{name}")), &limits);
        assert!(matches!(read, Err(MediaError::TooLarge { .. })), "{name}");
    }
}

#[test]
fn other_kinds_of_file_are_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let png = std::fs::read(fixture("pictures/alpha.png")).unwrap();
    let text = error_of(&put(folder.path(), "speech.wav", &png)).to_string();
    assert!(text.contains("is named .wav but holds a PNG picture"), "{text}");
    let text = error_of(&put(folder.path(), "page.mp3", b"<!doctype html><html></html>")).to_string();
    assert!(text.contains("a web page"), "{text}");
    let error = error_of(&put(folder.path(), "noise.wav", &noise(20_000)));
    assert!(matches!(error, MediaError::Damaged { .. }), "{error:?}");
    let error = error_of(&fixture("sound/video_without_sound.mp4"));
    assert!(error.to_string().contains("no sound"), "{error}");
    assert!(matches!(error_of(&folder.path().join("missing.wav")), MediaError::Io { .. }));
    assert!(matches!(error_of(folder.path()), MediaError::Io { .. }));
}

#[test]
fn impossible_rates_and_channel_counts() {
    let folder = tempfile::tempdir().unwrap();
    for (channels, rate) in [(1, 0), (1, u32::MAX / 2), (0, 16_000)] {
        let error = error_of(&put(folder.path(), "a.wav", &wav(1, 16, channels, rate, &[0; 64], 64)));
        assert!(
            matches!(error, MediaError::Damaged { .. } | MediaError::Unsupported { .. }),
            "{channels} x {rate}: {error:?}"
        );
    }
}

/// Bytes without any pattern, the same every time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever happens to a file, reading ends with samples in range or with an error.
    #[test]
    fn damage_anywhere_does_no_harm(
        name in prop::sample::select(vec![
            "two_pulses.flac", "two_pulses.mp3", "two_pulses.ogg", "two_pulses.opus", "two_pulses.m4a",
            "two_pulses_video.mp4", "two_pulses.webm", "two_pulses_opus.mp4",
        ]),
        damage in prop::collection::vec((0.0f64..1.0, any::<u8>()), 1..12),
    ) {
        let mut bytes = std::fs::read(fixture(&format!("sound/{name}"))).unwrap();
        for (place, value) in damage {
            // Heads are the more interesting place to hit.
            let at = (place * place * bytes.len() as f64) as usize;
            bytes[at] = value;
        }
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { max_audio_seconds: 20.0, ..Default::default() };
        if let Ok(audio) = audio::read(&put(folder.path(), name, &bytes), &limits) {
            prop_assert!(audio.rate > 0 && !audio.samples.is_empty());
            prop_assert!(audio.samples.iter().all(|sample| sample.abs() <= 1.0));
        }
    }
}
