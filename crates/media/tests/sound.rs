//! Recordings of every kind that is read: the right samples in the right place.
//!
//! The fixtures hold one second with two short pulses of a 1 kHz tone, on the left at 0.2 s (0.8 high)
//! and on the right at 0.7 s (0.4 high), made by formula and encoded with ffmpeg.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod inputs;

use inputs::{fixture, float_wav, put, wav};
use orator_media::{Audio, Limits, audio};

fn pulses(rate: u32, left: f64, right: f64) -> Vec<f32> {
    let pulse = |seconds: f64| {
        (-0.5 * (seconds / 0.004).powi(2)).exp() * (2.0 * std::f64::consts::PI * 1000.0 * seconds).cos()
    };
    (0..rate)
        .map(|k| f64::from(k) / f64::from(rate))
        .map(|t| (left * pulse(t - 0.2) + right * pulse(t - 0.7)) as f32)
        .collect()
}

/// By how many samples `audio` comes late, judged by the loudest pulse.
fn lateness(audio: &Audio, expected: &[f32]) -> i64 {
    let centre = (f64::from(audio.rate) * 0.2) as i64;
    let half = i64::from(audio.rate) / 50;
    let agreement = |lag: i64| -> f64 {
        (centre - half..centre + half)
            .map(|k| {
                let there = audio.samples.get((k + lag) as usize).copied().unwrap_or(0.0);
                f64::from(there) * f64::from(expected[k as usize])
            })
            .sum()
    };
    (-2500..2500).max_by(|&a, &b| agreement(a).total_cmp(&agreement(b))).unwrap()
}

fn worst_difference(audio: &Audio, expected: &[f32]) -> f32 {
    audio.samples.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Reads a fixture and checks its length (within `slack` samples), its place and its values.
fn check(name: &str, rate: u32, slack: usize, tolerance: f32) {
    let (audio, notes) =
        audio::read_with_notes(&fixture(&format!("sound/{name}")), &Limits::default()).unwrap();
    assert_eq!(audio.rate, rate, "{name}");
    assert_eq!(notes.channels, 2, "{name}");
    assert_eq!(notes.lost_packets, 0, "{name}");
    assert!(notes.warnings().is_empty(), "{name}: {:?}", notes.warnings());
    let expected = pulses(rate, 0.4, 0.2);
    assert_eq!(lateness(&audio, &expected), 0, "{name}");
    assert!(audio.samples.len().abs_diff(expected.len()) <= slack, "{name}: {}", audio.samples.len());
    let worst = worst_difference(&audio, &expected);
    assert!(worst < tolerance, "{name}: {worst}");
}

#[test]
fn flac_is_exact() {
    check("two_pulses.flac", 44_100, 0, 4e-5);
}

#[test]
fn mp3_starts_where_the_sound_did() {
    check("two_pulses.mp3", 44_100, 0, 0.03);
}

#[test]
fn mp3_without_a_tag_keeps_everything() {
    let audio = audio::read(&fixture("sound/two_pulses_without_tag.mp3"), &Limits::default()).unwrap();
    assert!(audio.samples.len() >= 44_100, "{}", audio.samples.len());
    // Nothing in the file says how long the run-up is: at most two frames.
    assert!((0..2304).contains(&lateness(&audio, &pulses(44_100, 0.4, 0.2))));
}

#[test]
fn vorbis() {
    check("two_pulses.ogg", 44_100, 0, 0.02);
}

#[test]
fn aac_in_mp4_without_its_run_up() {
    check("two_pulses.m4a", 44_100, 0, 0.02);
}

#[test]
fn the_sound_track_of_a_video() {
    check("two_pulses_video.mp4", 48_000, 0, 0.02);
}

#[test]
fn opus_in_ogg_mp4_and_webm() {
    check("two_pulses.opus", 48_000, 0, 0.03);
    check("two_pulses_opus.mp4", 48_000, 0, 0.03);
    check("two_pulses.webm", 48_000, 960, 0.03);
}

#[test]
fn what_is_not_decoded_here_goes_through_ffmpeg() {
    match audio::read_with_notes(&fixture("sound/two_pulses_ac3.mka"), &Limits::default()) {
        Ok((audio, notes)) => {
            assert_eq!(notes.channels, 2);
            let expected = pulses(48_000, 0.4, 0.2);
            assert!(lateness(&audio, &expected).abs() <= 256);
            assert!(audio.samples.len().abs_diff(48_000) <= 1536, "{}", audio.samples.len());
        }
        Err(error) => {
            assert!(error.hint().unwrap().contains("ffmpeg"), "{error}");
            eprintln!("skipped: ffmpeg is not here");
        }
    }
}

#[test]
fn wav_of_every_sample_format_is_exact_to_its_step() {
    let folder = tempfile::tempdir().unwrap();
    let (left, right) = (pulses(16_000, 0.8, 0.0), pulses(16_000, 0.0, 0.4));
    let both: Vec<f32> = left.iter().zip(&right).flat_map(|(l, r)| [*l, *r]).collect();
    let expected = pulses(16_000, 0.4, 0.2);
    let bytes = |of: &dyn Fn(f32) -> Vec<u8>| both.iter().flat_map(|s| of(*s)).collect::<Vec<u8>>();
    let formats: [(u16, u16, Vec<u8>, f32); 6] = [
        (1, 8, bytes(&|s| vec![(s * 128.0 + 128.0).round() as u8]), 1.0 / 128.0),
        (1, 16, bytes(&|s| ((s * 32_768.0).round() as i16).to_le_bytes().to_vec()), 2e-5),
        (1, 24, bytes(&|s| ((s * 8_388_608.0).round() as i32).to_le_bytes()[..3].to_vec()), 1e-6),
        (1, 32, bytes(&|s| ((f64::from(s) * 2_147_483_648.0).round() as i32).to_le_bytes().to_vec()), 1e-6),
        (3, 32, bytes(&|s| s.to_le_bytes().to_vec()), 1e-6),
        (3, 64, bytes(&|s| f64::from(s).to_le_bytes().to_vec()), 1e-6),
    ];
    for (tag, bits, data, tolerance) in formats {
        let file = wav(tag, bits, 2, 16_000, &data, data.len() as u32);
        let audio = audio::read(&put(folder.path(), "a.wav", &file), &Limits::default()).unwrap();
        assert_eq!((audio.rate, audio.samples.len()), (16_000, 16_000));
        let worst = worst_difference(&audio, &expected);
        assert!(worst < tolerance, "{tag}/{bits}: {worst}");
    }
}

#[test]
fn any_rate_and_channel_count_by_content_and_not_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for (channels, rate) in [(1, 8_000), (1, 11_025), (6, 44_100), (8, 48_000), (2, 192_000), (3, 37_123)] {
        // Channel c holds (c + 1) / 100: the mean is known.
        let samples: Vec<f32> =
            (0..500).flat_map(|_| (0..channels).map(|c| f32::from(c + 1) / 100.0)).collect();
        let path = put(folder.path(), "speech.mp3", &float_wav(channels, rate, &samples));
        let (audio, notes) = audio::read_with_notes(&path, &Limits::default()).unwrap();
        assert_eq!((audio.rate, audio.samples.len()), (rate, 500));
        assert_eq!(notes.channels, usize::from(channels));
        let mean = f32::from(channels + 1) / 200.0;
        assert!(audio.samples.iter().all(|s| (s - mean).abs() < 1e-6), "{channels}");
    }
}

#[test]
fn a_stream_that_never_stated_its_length_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let data: Vec<u8> = (0..30_000i16).flat_map(i16::to_le_bytes).collect();
    let file = wav(1, 16, 1, 16_000, &data, u32::MAX);
    let audio = audio::read(&put(folder.path(), "a.wav", &file), &Limits::default()).unwrap();
    assert_eq!(audio.samples.len(), 30_000);
}

#[test]
fn numbers_that_are_none_and_overdriven_samples_are_repaired_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let samples = [0.5, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 2.0, -3.0, 1.0, -1.0, 0.25, 0.0];
    let path = put(folder.path(), "a.wav", &float_wav(1, 16_000, &samples));
    let (audio, notes) = audio::read_with_notes(&path, &Limits::default()).unwrap();
    assert_eq!(audio.samples, [0.5, 0.0, 0.0, 0.0, 1.0, -1.0, 1.0, -1.0, 0.25, 0.0]);
    assert_eq!((notes.replaced_values, notes.clipped_samples, notes.full_scale_samples), (3, 2, 4));
    assert_eq!((notes.peak, notes.silent, notes.samples), (3.0, false, 10));
    assert_eq!(notes.warnings().len(), 2);
}

#[test]
fn silence_is_read_and_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = put(folder.path(), "a.wav", &float_wav(1, 16_000, &[0.0; 1600]));
    let (audio, notes) = audio::read_with_notes(&path, &Limits::default()).unwrap();
    assert!(audio.is_silent() && notes.silent);
    assert!(notes.warnings()[0].contains("silent"));
}

#[test]
fn written_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.wav");
    let audio = Audio::new(16_000, pulses(16_000, 0.4, 0.2)).unwrap();
    audio::write_wav(&path, &audio).unwrap();
    let back = audio::read(&path, &Limits::default()).unwrap();
    assert_eq!((back.rate, back.samples.len()), (16_000, 16_000));
    assert!(worst_difference(&back, &audio.samples) <= 0.5 / 32_768.0 + 1e-7);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    let part = audio.slice(3_000, 3_500);
    assert_eq!(part.samples, audio.samples[3_000..3_500]);
    assert!((part.duration_seconds() - 0.031_25).abs() < 1e-12);
    assert_eq!(audio.slice(15_990, 99_999).samples.len(), 10);
    assert!(audio.slice(20_000, 10_000).samples.is_empty());
}
