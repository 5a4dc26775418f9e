//! The motion stage of the latent deviation system on made-up clips with pictures and a made-up reader of them: latent motion is
//! read once, the finished weights sample, and a run that was stopped and resumed ends exactly where an uninterrupted one does.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2};
use orator_body::{KeypointTrack, Layout, write_keypoints};
use orator_media::video_out::{VideoSettings, VideoWriter};
use orator_media::{FrameRate, Picture};
use orator_motion::contextual::{SPEECH_LEARNED, SPEECH_LOW_LEVEL};
use orator_motion::deviation::{DeviationModel, LATENT_NUMBERS};
use orator_motion::{Motion, MotionModel, SampleOptions, SampleRequest};
use orator_nn::{Checkpoint, Precision, from_array2};
use orator_render::MotionReader;
use orator_speech::Speech;
use orator_train::deviation::motion::{DeviationMotionConfig, Features, train};
use orator_train::{Event, Sitting};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tch::Device;

const FRAMES: usize = 100;
const SIDE: usize = 128;
const NUMBERS: usize = LATENT_NUMBERS as usize;

/// libtorch has one random generator for the whole process.
static GENERATOR: Mutex<()> = Mutex::new(());

fn wave(frame: usize, seed: usize) -> f32 {
    (frame as f32 * 0.21 + seed as f32).sin()
}

fn track(seed: usize) -> KeypointTrack {
    let points = Array3::from_shape_fn((FRAMES, 133, 2), |(f, p, axis)| {
        (20 + p * (37 + 16 * axis) % 83) as f32 + 6.0 * wave(f, seed)
    });
    let size = (SIDE as u32, SIDE as u32);
    KeypointTrack::new(Layout::WholeBody133, FrameRate::MOTION, size, points, Array2::ones((FRAMES, 133)))
        .unwrap()
}

fn features(seed: usize, frames: usize) -> Array2<f32> {
    Array2::from_shape_fn((frames, SPEECH_LEARNED + SPEECH_LOW_LEVEL), |(f, c)| {
        wave(f, seed) + 0.1 * (c as f32).cos()
    })
}

/// A picture whose brightness is the wave.
fn picture(frame: usize, seed: usize) -> Picture {
    let grey = (128.0 + 80.0 * wave(frame, seed)) as u8;
    Picture::filled(SIDE, SIDE, [grey; 3])
}

/// Reads the brightness as an angle that every place is turned by.
struct Brightness {
    read: Cell<usize>,
}

impl MotionReader for Brightness {
    fn read_motion(&self, pictures: &[Picture]) -> orator_render::Result<Array2<f32>> {
        self.read.set(self.read.get() + pictures.len());
        Ok(Array2::from_shape_fn((pictures.len(), NUMBERS), |(i, c)| {
            let angle = f32::from(pictures[i].rgb()[0]) / 255.0 - 0.5;
            match c % 9 {
                _ if c >= 2304 => 0.1 * angle,
                0 | 8 => angle.cos(),
                2 => angle.sin(),
                6 => -angle.sin(),
                4 => 1.0,
                _ => 0.0,
            }
        }))
    }

    fn transfer(
        &self,
        motion: ArrayView2<'_, f32>,
        _: ArrayView1<'_, f32>,
        _: ArrayView1<'_, f32>,
    ) -> Array2<f32> {
        motion.to_owned()
    }
}

/// Films and, so that no model is needed, their keypoints and speech features as already prepared.
fn corpus(folder: &Path, run: &Path) {
    let prepared = run.join("prepared");
    std::fs::create_dir_all(folder.join("clips")).unwrap();
    std::fs::create_dir_all(&prepared).unwrap();
    for (seed, name) in ["a", "b", "c"].into_iter().enumerate() {
        let video = folder.join("clips").join(format!("{name}.mp4"));
        if !video.is_file() {
            let mut film =
                VideoWriter::create(&video, VideoSettings::new(SIDE, SIDE, FrameRate::MOTION)).unwrap();
            for frame in 0..FRAMES {
                film.push(&picture(frame, seed)).unwrap();
            }
            film.finish().unwrap();
        }
        let stem = prepared.join(format!("clips-{name}"));
        write_keypoints(&stem.with_extension("keypoints.safetensors"), &track(seed), name).unwrap();
        let tensors = BTreeMap::from([("speech".to_string(), from_array2(&features(seed, FRAMES)))]);
        Checkpoint { metadata: BTreeMap::new(), tensors }
            .write(&stem.with_extension("speech.safetensors"), Precision::Full)
            .unwrap();
    }
}

fn config(folder: &Path, steps: u64) -> DeviationMotionConfig {
    let text = format!(
        "name: tiny
seed: 5
features: made-up
side: 128
networks:
  denoiser: {{ width: 32, heads: 4, hidden: 48, layers: 2, speech_layers: 1 }}
  representation: {{ numbers: pca256, components: 4 }}
  sampling: {{ steps: 12, candidates: 2 }}
losses: {{ speech_shift: 0.0, speech_scale: 0.0 }}
motion: {{ steps: {steps}, batch: 6, save_every: {}, average: 0.9, schedule: {{ peak: 3.0e-3, warm_up: 5, hold: 0.6, floor: 0.1 }} }}
clips:
  - {{ files: 'clips/[ab].mp4', split: train }}
  - {{ files: clips/c.mp4, split: held-out }}
",
        steps / 2
    );
    let path = folder.join("tiny.yaml");
    std::fs::write(&path, text).unwrap();
    DeviationMotionConfig::read(&path).unwrap()
}

#[test]
fn latent_motion_is_read_once_learned_and_sampled() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    corpus(home.path(), &run);
    let config = config(home.path(), 90);
    let reader = Brightness { read: Cell::new(0) };
    let features_of =
        |name: &str| Features { reader: &reader, representation: format!("deviation-2307-{name}") };
    let mut told: Vec<(f64, f64)> = Vec::new();
    train(&config, &features_of("abc"), home.path(), &run, false, Device::Cpu, &mut |event| {
        if let Event::Step { losses, .. } = event {
            told.push((losses["position"], losses["gradient"]));
        }
    })
    .unwrap();
    assert_eq!(reader.read.get(), 3 * FRAMES, "every frame once");
    let (first, last) = (told[0].0, told[told.len() - 1].0);
    assert!(last < 0.5 * first, "{first} to {last}");
    assert!(run.join("motion").join("curves.svg").is_file());
    let log = std::fs::read_to_string(run.join("motion").join("log.jsonl")).unwrap();
    assert!(log.contains("\"position-other-speech\"") && log.contains("\"speed-true\""));
    let again = train(&config, &features_of("abc"), home.path(), &run, false, Device::Cpu, &mut |_| {});
    assert!(again.unwrap_err().hint().unwrap().contains("--resume"));
    // What was read is kept; of other weights it would be read anew.
    train(&config, &features_of("abc"), home.path(), &run, true, Device::Cpu, &mut |_| {}).unwrap();
    assert_eq!(reader.read.get(), 3 * FRAMES);

    let model = DeviationModel::load(&run.join("tiny.safetensors"), Device::Cpu).unwrap();
    assert_eq!(model.representation(), "deviation-2307-abc");
    let all = features(0, 240);
    let speech = Speech {
        waveform_16k: vec![0.0; 240 * 640],
        frames: 240,
        learned: all.slice(ndarray::s![.., ..SPEECH_LEARNED]).to_owned(),
        low_level: all.slice(ndarray::s![.., SPEECH_LEARNED..]).to_owned(),
        text: None,
    };
    let reference = track(0).frame(0).unwrap();
    let row: Array1<f32> = reader.read_motion(&[picture(0, 0)]).unwrap().row(0).to_owned();
    let request = SampleRequest {
        speech: &speech,
        reference: &reference,
        latent: Some(row.view()),
        known: None,
        speaker: None,
        options: SampleOptions::default(),
    };
    let Motion::Latent(made) = model.sample(&request, &mut |_, _| {}).unwrap() else { unreachable!() };
    assert_eq!((made.frames(), made.representation()), (240, "deviation-2307-abc"));
    // sin of the angle: it moves, stays near what was seen, and does not jump where windows meet.
    let turn: Vec<f32> = made.values().column(2).to_vec();
    let steps: Vec<f32> = turn.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let largest = |range: std::ops::Range<usize>| steps[range].iter().copied().fold(0.0, f32::max);
    let inside = largest(0..79).max(largest(80..159)).max(largest(160..239));
    assert!(inside > 0.01 && turn.iter().all(|v| v.abs() < 1.0), "{inside}");
    assert!(
        largest(79..80).max(largest(159..160)) < 2.0 * inside,
        "{} {}",
        largest(79..80),
        largest(159..160)
    );
}

#[test]
fn a_resumed_run_ends_where_an_uninterrupted_one_does() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let config = config(home.path(), 8);
    let reader = Brightness { read: Cell::new(0) };
    let of = |name: &str, stops: bool| {
        let run = home.path().join(name);
        corpus(home.path(), &run);
        let features = Features { reader: &reader, representation: "deviation-2307".into() };
        let sit = |resume: bool, limit: Option<Duration>| {
            let mut paused = false;
            train(
                &config,
                &features,
                home.path(),
                &run,
                Sitting { resume, limit },
                Device::Cpu,
                &mut |event| {
                    paused |= matches!(event, Event::Paused { .. });
                },
            )
            .unwrap();
            paused
        };
        if stops {
            assert!(sit(false, Some(Duration::ZERO)), "stops after the first step");
            assert!(sit(true, Some(Duration::ZERO)));
        }
        assert!(!sit(stops, None));
        std::fs::read(run.join("tiny.safetensors")).unwrap()
    };
    assert!(of("whole", false) == of("parts", true), "the same bytes");
}

#[test]
fn a_reader_of_other_numbers_and_settings_that_cannot_be_are_refused() {
    struct Short;
    impl MotionReader for Short {
        fn read_motion(&self, pictures: &[Picture]) -> orator_render::Result<Array2<f32>> {
            Ok(Array2::zeros((pictures.len(), 147)))
        }
        fn transfer(
            &self,
            motion: ArrayView2<'_, f32>,
            _: ArrayView1<'_, f32>,
            _: ArrayView1<'_, f32>,
        ) -> Array2<f32> {
            motion.to_owned()
        }
    }
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    corpus(home.path(), &run);
    let settings = config(home.path(), 8);
    let features = Features { reader: &Short, representation: "deviation-2307".into() };
    let error = train(&settings, &features, home.path(), &run, false, Device::Cpu, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("147") && error.hint().is_some(), "{error}");
    let path = home.path().join("wrong.yaml");
    let text = std::fs::read_to_string(home.path().join("tiny.yaml")).unwrap();
    for (from, to, word) in [
        ("side: 128", "side: 100", "side"),
        ("components: 4", "components: 0", "components"),
        ("speech_shift: 0.0", "start_prefix: 0.9, noisy_prefix: 0.9", "prefixes"),
        ("speech_shift: 0.0", "drop_speech: -1", "shares"),
        ("features: made-up", "feature: made-up", "feature"),
    ] {
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let error = DeviationMotionConfig::read(&path).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}
