//! Writing videos: sound and picture in step, whole or nothing, honest about their origin.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop")]

mod support;

use std::fs;
use std::path::Path;

use orator_media::video_in::{Backend, VideoReadOptions, VideoReader, ffmpeg_is_present};
use orator_media::video_out::{AudioCodec, Provenance, Quality, VideoSettings, VideoWriter, read_provenance};
use orator_media::{Audio, FrameRate, Limits, MediaError, Picture};
use proptest::prelude::*;
use support::{box_body, entries, ffmpeg_output, mean_colour, moving_picture, psnr};

/// Writes `frames` moving pictures.
fn write(
    path: &Path,
    settings: VideoSettings,
    frames: usize,
) -> orator_media::Result<orator_media::video_out::VideoSummary> {
    let (width, height) = (settings.width, settings.height);
    let mut writer = VideoWriter::create(path, settings)?;
    for index in 0..frames {
        writer.push(&moving_picture(width, height, index))?;
    }
    writer.finish()
}

/// A quiet hum with a click (a short burst of 2 kHz) at every time given.
fn clicks(rate: u32, seconds: f64, times: &[f64]) -> Audio {
    let count = (f64::from(rate) * seconds).round() as usize;
    let mut samples = vec![0.0f32; count];
    for &time in times {
        let start = (time * f64::from(rate)).round() as usize;
        for n in 0..(rate / 400) as usize {
            let phase = n as f64 / f64::from(rate) * 2000.0 * std::f64::consts::TAU;
            if let Some(sample) = samples.get_mut(start + n) {
                *sample = 0.8 * phase.sin() as f32;
            }
        }
    }
    Audio::new(rate, samples).unwrap()
}

/// Seconds at which the sound rises out of silence.
fn onsets(samples: &[f32], rate: u32) -> Vec<f64> {
    let mut found: Vec<f64> = Vec::new();
    for (index, sample) in samples.iter().enumerate() {
        let time = index as f64 / f64::from(rate);
        if sample.abs() > 0.2 && found.last().is_none_or(|last| time - last > 0.1) {
            found.push(time);
        }
    }
    found
}

fn assert_clicks(samples: &[f32], rate: u32, times: &[f64], what: &str) {
    let found = onsets(samples, rate);
    assert_eq!(found.len(), times.len(), "{what}: clicks at {found:?}");
    for (found, wanted) in found.iter().zip(times) {
        assert!((found - wanted).abs() < 0.001, "{what}: click at {found}, not {wanted}");
    }
}

#[test]
fn sound_is_in_step_to_the_millisecond() {
    let folder = tempfile::tempdir().unwrap();
    let times = [0.0, 0.5, 1.0, 1.7345, 2.9];
    for rate in [48_000u32, 44_100, 16_000, 22_050, 8000] {
        let path = folder.path().join(format!("{rate}.mp4"));
        let audio = clicks(rate, 3.013, &times);
        let settings =
            VideoSettings { audio: Some(audio.clone()), ..VideoSettings::new(64, 64, FrameRate::MOTION) };
        let needed = settings.frames_needed().unwrap();
        let summary = write(&path, settings, needed as usize).unwrap();
        assert!((summary.video_seconds - summary.audio_seconds.unwrap()).abs() < 0.04);

        let read = orator_media::audio::read(&path, &Limits::default()).unwrap();
        assert!((read.duration_seconds() - 3.013).abs() < 0.001, "{rate}: {} s", read.duration_seconds());
        assert_clicks(&read.samples, read.rate, &times, &format!("{rate} Hz, own reader"));

        let file = path.to_str().unwrap();
        let Some(bytes) = ffmpeg_output(
            "ffmpeg",
            &["-v", "error", "-i", file, "-map", "0:a", "-f", "f32le", "-ar", "48000", "-"],
        ) else {
            continue;
        };
        let samples: Vec<f32> =
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        assert_clicks(&samples, 48_000, &times, &format!("{rate} Hz, ffmpeg"));
        assert!(
            (samples.len() as f64 / 48_000.0 - 3.013).abs() < 0.0015,
            "{rate}: {} samples",
            samples.len()
        );
    }
}

#[test]
fn aac_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aac.mp4");
    let times = [0.25, 1.1];
    let settings = VideoSettings {
        audio: Some(clicks(44_100, 1.5, &times)),
        audio_codec: AudioCodec::Aac,
        ..VideoSettings::new(64, 64, FrameRate::MOTION)
    };
    if !ffmpeg_is_present() {
        let error = VideoWriter::create(&path, settings).err().unwrap();
        assert!(matches!(error, MediaError::Unsupported { .. }) && error.hint().unwrap().contains("ffmpeg"));
        assert!(entries(folder.path()).is_empty());
        return;
    }
    write(&path, settings, 38).unwrap();
    let file = path.to_str().unwrap();
    let bytes = ffmpeg_output(
        "ffmpeg",
        &["-v", "error", "-i", file, "-map", "0:a", "-f", "f32le", "-ar", "48000", "-"],
    )
    .unwrap();
    let samples: Vec<f32> =
        bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    assert_clicks(&samples, 48_000, &times, "ffmpeg");
    let read = orator_media::audio::read(&path, &Limits::default()).unwrap();
    assert_clicks(&read.samples, read.rate, &times, "own reader");
    let probe = probe(file);
    assert!(probe.contains("codec_name=aac"), "{probe}");
}

/// All that `ffprobe` knows, or nothing where it is absent.
fn probe(file: &str) -> String {
    let arguments = ["-v", "error", "-show_streams", "-show_format", "-count_packets", file];
    ffmpeg_output("ffprobe", &arguments).map(|bytes| String::from_utf8(bytes).unwrap()).unwrap_or_default()
}

#[test]
fn ffprobe_sees_both_streams_the_colours_and_the_origin() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.mp4");
    let provenance = Provenance {
        seed: Some(7),
        weights: vec!["tokenizer-face 1a2b".into(), "generator 3c4d".into()],
        note: Some("Für „Tests“.".into()),
        ..Default::default()
    };
    let rate = FrameRate::new(30_000, 1001).unwrap();
    let settings = VideoSettings {
        audio: Some(clicks(16_000, 2.0, &[0.5])),
        provenance: provenance.clone(),
        ..VideoSettings::new(96, 64, rate)
    };
    let needed = settings.frames_needed().unwrap();
    let summary = write(&path, settings, needed as usize).unwrap();
    assert_eq!(summary.bytes, fs::metadata(&path).unwrap().len());
    assert_eq!(read_provenance(&path).unwrap(), Some(provenance));

    // The index comes before the data.
    let bytes = fs::read(&path).unwrap();
    let position = |name: &[u8]| bytes.windows(4).position(|window| window == name).unwrap();
    assert!(position(b"ftyp") < position(b"moov") && position(b"moov") < position(b"mdat"));

    let text = probe(path.to_str().unwrap());
    if text.is_empty() {
        return;
    }
    for fact in [
        "codec_name=h264",
        "codec_name=opus",
        "color_space=bt709",
        "color_range=tv",
        "color_transfer=bt709",
        "color_primaries=bt709",
        "pix_fmt=yuv420p",
        "avg_frame_rate=30000/1001",
        "r_frame_rate=30000/1001",
        "TAG:encoder=Orator",
        "seed",
    ] {
        assert!(text.contains(fact), "ffprobe does not show {fact}:\n{text}");
    }
    assert!(
        text.contains("Seed: 7.") && text.contains("Weights: tokenizer-face 1a2b, generator 3c4d."),
        "{text}"
    );
    assert!(text.contains(&format!("nb_frames={needed}")));
}

/// Players seek to the frames listed here; they count from 1.
#[test]
fn the_index_lists_the_key_frames_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.mp4");
    write(&path, VideoSettings::new(64, 64, FrameRate::MOTION), 60).unwrap();
    let bytes = fs::read(path).unwrap();
    let at = box_body(&bytes, &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stss"]);
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let listed: Vec<u32> = (0..number(at + 4) as usize).map(|i| number(at + 8 + 4 * i)).collect();
    assert_eq!(listed.first(), Some(&1));
    assert!(listed.iter().all(|n| (1..=60).contains(n)), "{listed:?}");
}

#[test]
fn equal_work_gives_equal_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str| {
        let path = folder.path().join(name);
        let settings = VideoSettings {
            audio: Some(clicks(22_050, 1.0, &[0.3])),
            label: Some("AI generated".into()),
            ..VideoSettings::new(128, 128, FrameRate::MOTION)
        };
        write(&path, settings, 25).unwrap();
        fs::read(path).unwrap()
    };
    assert!(make("first.mp4") == make("second.mp4"));
}

#[test]
fn colours_and_label_survive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flat.mp4");
    for colour in [[255, 255, 255], [0, 0, 0], [200, 30, 40], [20, 160, 60], [40, 50, 210], [224, 172, 140]] {
        let settings =
            VideoSettings { label: Some("AI".into()), ..VideoSettings::new(128, 96, FrameRate::MOTION) };
        let mut writer = VideoWriter::create(&path, settings).unwrap();
        let picture = Picture::filled(128, 96, colour);
        for _ in 0..5 {
            writer.push(&picture).unwrap();
        }
        writer.finish().unwrap();
        for backend in [Backend::BuiltIn, Backend::Auto] {
            let options = VideoReadOptions { backend, ..Default::default() };
            let back = VideoReader::open(&path, &options).unwrap().last().unwrap().unwrap();
            let mean = mean_colour(&back, 64, 16, 32);
            for channel in 0..3 {
                let difference = (mean[channel] - f64::from(colour[channel])).abs();
                assert!(difference < 5.0, "{backend:?}: {colour:?} became {mean:?}");
            }
            // The label is there, lower left: letters far lighter than their plate.
            let corner: Vec<u8> = (70..92)
                .flat_map(|y| (8..40).map(move |x| (x, y)))
                .map(|(x, y)| back.pixel(x, y)[1])
                .collect();
            let spread = corner.iter().max().unwrap() - corner.iter().min().unwrap();
            assert!(spread > 80, "{colour:?}: {spread}");
        }
    }
}

#[test]
fn quality_and_bit_rate_are_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("q.mp4");
    let size = |quality| {
        let settings = VideoSettings { quality, ..VideoSettings::new(256, 256, FrameRate::MOTION) };
        let summary = write(&path, settings, 50).unwrap();
        let back =
            VideoReader::open(&path, &VideoReadOptions { backend: Backend::BuiltIn, ..Default::default() });
        let last = back.unwrap().last().unwrap().unwrap();
        (summary.bytes, psnr(&last, &moving_picture(256, 256, 49)))
    };
    let (fine, fine_psnr) = size(Quality::Quantiser(16));
    let (coarse, coarse_psnr) = size(Quality::Quantiser(34));
    assert!(fine > 2 * coarse && fine_psnr > coarse_psnr + 3.0, "{fine} {coarse} {fine_psnr} {coarse_psnr}");
    let (low, _) = size(Quality::BitsPerSecond(60_000));
    let (high, _) = size(Quality::BitsPerSecond(400_000));
    assert!(low < high, "{low} {high}");
    for wrong in [Quality::Quantiser(52), Quality::Quantiser(0), Quality::BitsPerSecond(0)] {
        let settings = VideoSettings { quality: wrong, ..VideoSettings::new(64, 64, FrameRate::MOTION) };
        assert!(matches!(VideoWriter::create(&path, settings), Err(MediaError::Argument(_))));
    }
}

#[test]
fn wrong_arguments_are_refused_before_a_file_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.mp4");
    for (width, height) in
        [(255, 256), (256, 255), (0, 0), (8, 64), (4096, 64), (3840, 3840), (65_534, 65_534)]
    {
        let error =
            VideoWriter::create(&path, VideoSettings::new(width, height, FrameRate::MOTION)).err().unwrap();
        assert!(matches!(error, MediaError::Argument(_)), "{error}");
    }
    let silent = VideoSettings {
        audio: Some(Audio { rate: 16_000, samples: Vec::new() }),
        ..VideoSettings::new(64, 64, FrameRate::MOTION)
    };
    assert!(matches!(VideoWriter::create(&path, silent), Err(MediaError::Argument(_))));
    let mut writer = VideoWriter::create(&path, VideoSettings::new(64, 64, FrameRate::MOTION)).unwrap();
    assert!(matches!(writer.push(&Picture::filled(32, 64, [0; 3])), Err(MediaError::Argument(_))));
    assert!(matches!(writer.finish(), Err(MediaError::Empty { .. })));
    assert!(entries(folder.path()).is_empty());
}

#[test]
fn pictures_and_sound_must_be_equally_long() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.mp4");
    // 1.01 s need 26 frames; 25 end less than a frame early.
    for (frames, fits) in [(23, false), (24, false), (25, true), (26, true), (27, false), (40, false)] {
        let settings = VideoSettings {
            audio: Some(clicks(16_000, 1.01, &[])),
            ..VideoSettings::new(32, 32, FrameRate::MOTION)
        };
        let result = write(&path, settings, frames);
        assert_eq!(result.is_ok(), fits, "{frames} frames: {result:?}");
        if let Err(error) = result {
            assert!(error.to_string().contains("which need 26"), "{error}");
            assert!(entries(folder.path()).is_empty());
        }
        let _ = fs::remove_file(&path);
    }
}

#[test]
fn nothing_is_left_of_an_unfinished_video() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.mp4");
    fs::write(&path, b"the video of yesterday").unwrap();
    let settings = VideoSettings {
        audio: Some(clicks(16_000, 4.0, &[1.0])),
        ..VideoSettings::new(64, 64, FrameRate::MOTION)
    };
    let mut writer = VideoWriter::create(&path, settings).unwrap();
    for index in 0..60 {
        writer.push(&moving_picture(64, 64, index)).unwrap();
    }
    assert_eq!(writer.frames(), 60);
    drop(writer);
    assert_eq!(entries(folder.path()), ["out.mp4"]);
    assert_eq!(fs::read(&path).unwrap(), b"the video of yesterday");
}

#[test]
fn a_folder_that_cannot_be_written_to_fails_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"x").unwrap();
    let settings = || VideoSettings::new(64, 64, FrameRate::MOTION);
    // A file is no folder; a missing folder; a folder instead of a file name.
    for path in [file.join("out.mp4"), folder.path().join("no/such/out.mp4"), folder.path().to_owned()] {
        let error = VideoWriter::create(&path, settings()).err().unwrap();
        assert!(matches!(error, MediaError::Io { .. }), "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let closed = folder.path().join("closed");
        fs::create_dir(&closed).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
        if fs::write(closed.join("probe"), b"").is_ok() {
            eprintln!("skipped: this user may write everywhere");
            return;
        }
        let error = VideoWriter::create(&closed.join("out.mp4"), settings()).err().unwrap();
        assert!(error.hint().unwrap().contains("folder"), "{error}");
    }
}

/// A file system of 1 MB, unmounted at the end.
#[cfg(target_os = "linux")]
struct SmallDisk(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn mount(folder: &Path) -> Option<Self> {
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(folder)
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then(|| Self(folder.to_owned()))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).output();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path()) else {
        eprintln!("skipped: a small file system cannot be mounted here");
        return;
    };
    let path = disk.0.join("out.mp4");
    let settings =
        VideoSettings { quality: Quality::Quantiser(26), ..VideoSettings::new(256, 256, FrameRate::MOTION) };
    let mut writer = VideoWriter::create(&path, settings).unwrap();
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        96 + (state >> 26) as u8
    };
    // Noise takes tens of kilobytes a frame.
    let error = (0..100)
        .find_map(|_| {
            let picture = Picture::from_rgb(256, 256, (0..256 * 256 * 3).map(|_| noise()).collect()).unwrap();
            writer.push(&picture).err()
        })
        .expect("the disk fills up");
    drop(writer);
    match &error {
        MediaError::Io { source, .. } => {
            assert_eq!(source.kind(), std::io::ErrorKind::StorageFull, "{error}");
        }
        other => panic!("{other}"),
    }
    assert!(error.hint().unwrap().contains("free some space"));
    assert!(entries(&disk.0).is_empty(), "{:?}", entries(&disk.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever the rates and lengths: pictures and sound end within one frame of each other.
    #[test]
    fn lengths_agree_within_a_frame(
        samples in 1usize..30_000,
        sample_rate in prop::sample::select(vec![8000u32, 11_025, 16_000, 44_100, 48_000]),
        numerator in prop::sample::select(vec![12u32, 24, 25, 30, 50]),
        ntsc in any::<bool>(),
    ) {
        let rate = if ntsc { FrameRate::new(numerator * 1000, 1001) } else { FrameRate::new(numerator, 1) }.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.mp4");
        let audio = Audio::new(sample_rate, vec![0.1; samples]).unwrap();
        let settings = VideoSettings { audio: Some(audio), ..VideoSettings::new(16, 16, rate) };
        let frames = settings.frames_needed().unwrap();
        let mut writer = VideoWriter::create(&path, settings).unwrap();
        for _ in 0..frames {
            writer.push(&Picture::filled(16, 16, [80; 3])).unwrap();
        }
        let summary = writer.finish().unwrap();
        let difference = summary.video_seconds - summary.audio_seconds.unwrap();
        prop_assert!((-1e-9..1.0 / rate.as_f64()).contains(&difference), "{difference}");
        let reader = VideoReader::open(&path, &VideoReadOptions { backend: Backend::BuiltIn, ..Default::default() }).unwrap();
        prop_assert_eq!(reader.info().frames, Some(frames));
        prop_assert_eq!(reader.info().rate, rate);
        prop_assert!(reader.info().has_audio);
        prop_assert_eq!(reader.filter(|picture| picture.is_ok()).count() as u64, frames);
        let heard = orator_media::audio::read(&path, &Limits::default()).unwrap().duration_seconds();
        prop_assert!((heard - samples as f64 / f64::from(sample_rate)).abs() < 0.0005, "{heard}");
    }
}
