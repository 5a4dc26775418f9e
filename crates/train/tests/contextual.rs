//! The three stages on a made-up corpus: each learns a small set by heart, and a run that was stopped and resumed ends
//! exactly where an uninterrupted one does.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use ndarray::{Array2, Array3};
use orator_body::{KeypointTrack, Layout, write_keypoints};
use orator_media::FrameRate;
use orator_motion::contextual::{ContextualModel, SPEECH_LEARNED, SPEECH_LOW_LEVEL};
use orator_motion::{Known, Motion, MotionModel, SampleOptions, SampleRequest};
use orator_nn::{Checkpoint, Precision, from_array2};
use orator_speech::Speech;
use orator_train::contextual::{Stage, train};
use orator_train::{Event, TrainConfig};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tch::Device;

const FRAMES: usize = 160;

/// libtorch has one generator of random numbers for the whole process: tests that train take turns.
static TURN: Mutex<()> = Mutex::new(());

fn take_turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A person whose hands and mouth follow two slow waves; the speech features are those waves.
fn person(seed: f32) -> KeypointTrack {
    let points = Array3::from_shape_fn((FRAMES, 133, 2), |(f, p, axis)| {
        let rest = if axis == 0 { 100.0 + (p * 37 % 101) as f32 } else { 80.0 + (p * 53 % 89) as f32 };
        let wave = (f as f32 * 0.21 + seed).sin();
        let reach = if p >= 91 || (7..11).contains(&p) {
            14.0
        } else if p >= 71 {
            4.0
        } else {
            1.0
        };
        rest + reach * wave
    });
    KeypointTrack::new(
        Layout::WholeBody133,
        FrameRate::MOTION,
        (256, 256),
        points,
        Array2::ones((FRAMES, 133)),
    )
    .unwrap()
}

fn features(seed: f32, frames: usize) -> Array2<f32> {
    Array2::from_shape_fn((frames, SPEECH_LEARNED + SPEECH_LOW_LEVEL), |(f, c)| {
        (f as f32 * 0.21 + seed + c as f32 * 0.1).sin()
    })
}

/// Writes the corpus as already prepared, so that neither videos nor models are needed.
fn corpus(folder: &Path, run: &Path) {
    let prepared = run.join("prepared");
    std::fs::create_dir_all(folder.join("clips")).unwrap();
    std::fs::create_dir_all(&prepared).unwrap();
    for (i, name) in ["a", "b", "c"].into_iter().enumerate() {
        std::fs::write(folder.join("clips").join(format!("{name}.mp4")), b"prepared already").unwrap();
        let stem = prepared.join(format!("clips-{name}"));
        write_keypoints(&stem.with_extension("keypoints.safetensors"), &person(i as f32), name).unwrap();
        let tensors = BTreeMap::from([("speech".to_string(), from_array2(&features(i as f32, FRAMES)))]);
        Checkpoint { metadata: BTreeMap::new(), tensors }
            .write(&stem.with_extension("speech.safetensors"), Precision::Full)
            .unwrap();
    }
}

fn config(folder: &Path, steps: u64) -> TrainConfig {
    let stage = |rate: &str| {
        format!(
            "{{ steps: {steps}, batch: 4, save_every: {}, average: 0.9, schedule: {{ peak: {rate}, warm_up: 5, hold: 0.8, floor: 0.2 }} }}",
            steps / 2
        )
    };
    let text = format!(
        "name: tiny
seed: 5
networks:
  face: {{ width: 24, blocks: 1, depth: 1, code_dimensions: 8, codes: 16, layers: 2 }}
  body: {{ width: 24, blocks: 1, depth: 1, code_dimensions: 8, codes: 16, layers: 2 }}
  generator: {{ width: 32, heads: 4, hidden: 48, blocks: 2, residual_blocks: 1, speech_layers: 1, dropout: 0.0 }}
  speakers: [somebody]
  default_speaker: somebody
tokenizer: {tokenizer}
generator: {generator}
residual: {generator}
clips:
  - {{ files: 'clips/[ab].mp4', speaker: somebody, split: train }}
  - {{ files: clips/c.mp4, speaker: somebody, split: held-out }}
",
        tokenizer = stage("3.0e-3"),
        generator = stage("3.0e-3"),
    );
    let path = folder.join("tiny.yaml");
    std::fs::write(&path, text).unwrap();
    TrainConfig::read(&path).unwrap()
}

/// Runs a stage and returns the first and last told value of one loss.
fn learn(
    stage: Stage,
    config: &TrainConfig,
    corpus: &Path,
    run: &Path,
    resume: bool,
    loss: &str,
) -> (f64, f64) {
    let mut told = Vec::new();
    train(stage, config, corpus, run, resume, Device::Cpu, &mut |event| {
        if let Event::Step { losses, .. } = event {
            told.push(losses[loss]);
        }
    })
    .unwrap();
    (told[0], *told.last().unwrap())
}

fn speech(frames: usize) -> Speech {
    let all = features(0.0, frames);
    Speech {
        waveform_16k: vec![0.0; frames * 640],
        frames,
        learned: all.slice(ndarray::s![.., ..SPEECH_LEARNED]).to_owned(),
        low_level: all.slice(ndarray::s![.., SPEECH_LEARNED..]).to_owned(),
    }
}

#[test]
fn every_stage_learns_a_small_set_and_the_model_keeps_its_promises() {
    let _turn = take_turn();
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    corpus(home.path(), &run);
    let config = config(home.path(), 240);

    let missing =
        train(Stage::Generator, &config, home.path(), &run, false, Device::Cpu, &mut |_| {}).unwrap_err();
    assert!(missing.hint().unwrap().contains("tokenizer"), "{missing}");

    let (first, last) = learn(Stage::Tokenizer, &config, home.path(), &run, false, "body");
    assert!(last < 0.5 * first, "tokenizer: {first} to {last}");
    let again =
        train(Stage::Tokenizer, &config, home.path(), &run, false, Device::Cpu, &mut |_| {}).unwrap_err();
    assert!(again.hint().unwrap().contains("--resume"), "{again}");
    let (first, last) = learn(Stage::Generator, &config, home.path(), &run, false, "body-tokens");
    assert!(last < 0.75 * first, "generator: {first} to {last}");
    let (first, last) = learn(Stage::Residual, &config, home.path(), &run, false, "body-tokens");
    assert!(last < 0.9 * first, "residual: {first} to {last}");

    let model = ContextualModel::load(&run.join("tiny.safetensors"), Device::Cpu).unwrap();
    let reference = person(0.0).frame(0).unwrap();
    let sample = |frames: usize, seed: u64, known: Option<Known<'_>>| -> KeypointTrack {
        let speech = speech(frames);
        let request = SampleRequest {
            speech: &speech,
            reference: &reference,
            known,
            speaker: None,
            options: SampleOptions { seed, ..SampleOptions::default() },
        };
        let Motion::Keypoints(track) = model.sample(&request, &mut |_, _| {}).unwrap();
        track
    };
    for frames in [1, 79, 80, 81, 233] {
        assert_eq!(sample(frames, 1, None).frames(), frames, "as long as the speech");
    }
    let take = sample(200, 7, None);
    assert_eq!(take, sample(200, 7, None), "the same seed gives the same take");
    assert_ne!(take, sample(200, 8, None), "another seed another one");

    // Editing: everything outside the range stays exactly as it was.
    let keep: Vec<bool> = (0..200).map(|f| !(90..130).contains(&f)).collect();
    let edited = sample(200, 99, Some(Known { track: &take, keep: &keep }));
    for (f, kept) in keep.iter().enumerate() {
        let same =
            edited.points().index_axis(ndarray::Axis(0), f) == take.points().index_axis(ndarray::Axis(0), f);
        assert!(same || !kept, "frame {f} was to be kept");
    }
    assert_ne!(edited, take, "the range itself is new");

    // A prefix is the same mechanism.
    let keep: Vec<bool> = (0..200).map(|f| f < 25).collect();
    let goes_on = sample(200, 3, Some(Known { track: &take, keep: &keep }));
    assert_eq!(goes_on.window(0..25), take.window(0..25));

    let nobody = SampleRequest {
        speech: &speech(80),
        reference: &reference,
        known: None,
        speaker: Some("stranger"),
        options: SampleOptions::default(),
    };
    let refused = model.sample(&nobody, &mut |_, _| {}).unwrap_err();
    assert!(refused.hint().unwrap().contains("somebody"), "{refused}");
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one() {
    let _turn = take_turn();
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let (whole, parted) = (home.path().join("whole"), home.path().join("parted"));
    corpus(home.path(), &whole);
    corpus(home.path(), &parted);
    let config = config(home.path(), 40);
    learn(Stage::Tokenizer, &config, home.path(), &whole, false, "body");

    // Stopped by an error in the middle: the log's folder vanishes under its feet after the half-way state is written.
    let log = parted.join("tokenizer").join("log.jsonl");
    let stopped = train(Stage::Tokenizer, &config, home.path(), &parted, false, Device::Cpu, &mut |event| {
        if matches!(event, Event::Validation { step: 20, .. }) {
            std::fs::remove_file(&log).unwrap();
            std::fs::create_dir(&log).unwrap();
        }
    });
    assert!(stopped.is_err());
    std::fs::remove_dir(&log).unwrap();
    learn(Stage::Tokenizer, &config, home.path(), &parted, true, "body");

    let file = |run: &Path| std::fs::read(run.join("tokenizer.safetensors")).unwrap();
    assert!(file(&whole) == file(&parted), "the weights differ");
}
