//! The three stages on a made-up corpus: each learns a small set by heart, and a run that was stopped and resumed ends
//! exactly where an uninterrupted one does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

use ndarray::{Array2, Array3};
use orator_body::{KeypointTrack, Layout, write_keypoints};
use orator_media::FrameRate;
use orator_motion::contextual::{ContextualModel, SPEECH_LEARNED, SPEECH_LOW_LEVEL};
use orator_motion::{Known, MotionModel, SampleOptions, SampleRequest};
use orator_nn::{Checkpoint, Precision, from_array2};
use orator_speech::Speech;
use orator_train::contextual::{Stage, train};
use orator_train::{Event, Sitting, TrainConfig};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tch::{Device, Tensor};

const FRAMES: usize = 160;

/// libtorch has one random generator for the whole process, which training seeds anew for each step: whatever draws from
/// it meanwhile (another run, a model that is loaded) would take numbers away.
static GENERATOR: Mutex<()> = Mutex::new(());

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
        // Pauses, and speech whose first 80 frames are turned round at them.
        let speech = features(i as f32, FRAMES);
        let order: Vec<usize> = (50..80).chain(25..50).chain(0..25).chain(80..FRAMES).collect();
        let tensors = BTreeMap::from([
            ("pauses".to_string(), Tensor::from_slice(&[0.9f32, 1.1, 1.9, 2.1, 4.2, 4.4]).view([3, 2])),
            ("shuffled".to_string(), from_array2(&speech.select(ndarray::Axis(0), &order))),
        ]);
        Checkpoint { metadata: BTreeMap::new(), tensors }
            .write(&stem.with_extension("phrases.safetensors"), Precision::Full)
            .unwrap();
    }
}

fn config(folder: &Path, steps: u64) -> TrainConfig {
    config_with(folder, steps, "", "", "")
}

/// With further settings of the face's tokenizer, of the generator, and of all networks.
fn config_with(folder: &Path, steps: u64, face: &str, generator: &str, networks: &str) -> TrainConfig {
    read_config(folder, steps, face, generator, networks).unwrap()
}

fn read_config(
    folder: &Path,
    steps: u64,
    face: &str,
    generator: &str,
    networks: &str,
) -> orator_train::Result<TrainConfig> {
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
  face: {{ width: 24, blocks: 1, depth: 1, code_dimensions: 8, codes: 16, layers: 2{face} }}
  body: {{ width: 24, blocks: 1, depth: 1, code_dimensions: 8, codes: 16, layers: 2 }}
  generator: {{ width: 32, heads: 4, hidden: 48, blocks: 2, residual_blocks: 1, speech_layers: 1, dropout: 0.0{more} }}
{networks}
  speakers: [somebody]
  default_speaker: somebody
alignment: {generator}
strokes: {generator}
tokenizer: {tokenizer}
generator: {generator}
residual: {generator}
clips:
  - {{ files: 'clips/[ab].mp4', speaker: somebody, split: train }}
  - {{ files: clips/c.mp4, speaker: somebody, split: held-out }}
",
        tokenizer = stage("1.0e-3"),
        generator = stage("3.0e-3"),
        more = generator,
    );
    let path = folder.join("tiny.yaml");
    std::fs::write(&path, text).unwrap();
    TrainConfig::read(&path)
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
        text: None,
    }
}

#[test]
fn every_stage_learns_a_small_set_and_the_model_keeps_its_promises() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    corpus(home.path(), &run);
    let config = config(home.path(), 120);

    let missing =
        train(Stage::Generator, &config, home.path(), &run, false, Device::Cpu, &mut |_| {}).unwrap_err();
    assert!(missing.hint().unwrap().contains("tokenizer"), "{missing}");

    // The face: in this person's body little moves.
    let (first, last) = learn(Stage::Tokenizer, &config, home.path(), &run, false, "face");
    assert!(last < 0.3 * first, "tokenizer: {first} to {last}");
    let again =
        train(Stage::Tokenizer, &config, home.path(), &run, false, Device::Cpu, &mut |_| {}).unwrap_err();
    assert!(again.hint().unwrap().contains("--resume"), "{again}");
    let (first, last) = learn(Stage::Generator, &config, home.path(), &run, false, "body-tokens");
    assert!(last < 0.75 * first, "generator: {first} to {last}");
    let (first, last) = learn(Stage::Residual, &config, home.path(), &run, false, "body-tokens");
    assert!(last < 0.75 * first, "residual: {first} to {last}");

    let model = ContextualModel::load(&run.join("tiny.safetensors"), Device::Cpu).unwrap();
    let reference = person(0.0).frame(0).unwrap();
    let sample = |frames: usize, seed: u64, known: Option<Known<'_>>| -> KeypointTrack {
        let speech = speech(frames);
        let request = SampleRequest {
            speech: &speech,
            reference: &reference,
            latent: None,
            known,
            speaker: None,
            options: SampleOptions { seed, ..SampleOptions::default() },
        };
        model.sample(&request, &mut |_, _| {}).unwrap().keypoints().unwrap()
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
        latent: None,
        known: None,
        speaker: Some("stranger"),
        options: SampleOptions::default(),
    };
    let refused = model.sample(&nobody, &mut |_, _| {}).unwrap_err();
    assert!(refused.hint().unwrap().contains("somebody"), "{refused}");
}

#[test]
fn aligned_encoders_teach_the_tokenizers_and_begin_the_generators() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    corpus(home.path(), &run);
    let config = config_with(
        home.path(),
        80,
        ", quantiser: residual-fsq, levels: [4, 4]",
        ", speech_encoder: aligned",
        "  alignment: { width: 32, heads: 4, hidden: 48, layers: 1, embedding: 16, dropout: 0.0 }
  representation: distilled",
    );
    let missing =
        train(Stage::Tokenizer, &config, home.path(), &run, false, Device::Cpu, &mut |_| {}).unwrap_err();
    assert!(missing.hint().unwrap().contains("alignment"), "{missing}");

    let mut losses = Vec::new();
    let mut measures = BTreeMap::new();
    train(Stage::Alignment, &config, home.path(), &run, false, Device::Cpu, &mut |event| match event {
        Event::Step { losses: told, .. } => losses.push(told["face"]),
        Event::Validation { measures: told, .. } => measures = told,
        _ => {}
    })
    .unwrap();
    assert!(losses[losses.len() - 1] < 0.7 * losses[0], "alignment: {losses:?}");
    // Two windows are held out, so that guessing finds one in two.
    assert_eq!((measures["face-windows"], measures["face-chance-r1"]), (2.0, 0.5));
    assert!((0.0..=1.0).contains(&measures["body-speech-of-motion-r1"]));
    assert!((0.0..=1.0).contains(&measures["body-in-order"]));

    let (first, last) = learn(Stage::Tokenizer, &config, home.path(), &run, false, "face-distillation");
    assert!(last < 0.75 * first, "distillation: {first} to {last}");
    let (first, last) = learn(Stage::Generator, &config, home.path(), &run, false, "body-tokens");
    assert!(last < 0.9 * first, "generator: {first} to {last}");
    learn(Stage::Residual, &config, home.path(), &run, false, "body-tokens");
    for file in ["alignment/curves.svg", "tokenizer/held-out.mp4", "generator/held-out.mp4"] {
        assert!(run.join(file).is_file(), "{file}");
    }
    let model = ContextualModel::load(&run.join("tiny.safetensors"), Device::Cpu).unwrap();
    assert!(model.networks().alignment.is_some(), "the finished weights can retrieve");
    let (speech, reference) = (speech(90), person(0.0).frame(0).unwrap());
    let take = |layers: Option<usize>| {
        let options = SampleOptions { layers, ..SampleOptions::default() };
        let request = SampleRequest {
            speech: &speech,
            reference: &reference,
            latent: None,
            known: None,
            speaker: None,
            options,
        };
        model.sample(&request, &mut |_, _| {}).unwrap().keypoints().unwrap()
    };
    assert_eq!(take(None), take(Some(2)));
    assert_ne!(take(None), take(Some(1)), "without the residual layer");
}

#[test]
fn strokes_are_foretold_and_planned_and_another_run_begins_with_what_was_learned() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    corpus(home.path(), &run);
    let networks = "  strokes: { width: 24, depth: 3, dropout: 0.0 }";
    let mut config = config_with(home.path(), 60, "", "", networks);
    // The encoders and tokenizers know nothing of strokes: those of a run without them will do.
    let without = config_with(home.path(), 60, "", "", "");
    learn(Stage::Tokenizer, &without, home.path(), &run, false, "body");
    // The hands are fastest twice in each wave of the speech.
    let (first, last) = learn(Stage::Strokes, &config, home.path(), &run, false, "strokes");
    assert!(last < 0.75 * first, "strokes: {first} to {last}");
    let log = std::fs::read_to_string(run.join("strokes").join("log.jsonl")).unwrap();
    assert!(log.contains("\"arms\""), "arms are shaped in the same stage");
    let (first, last) = learn(Stage::Generator, &config, home.path(), &run, false, "body-tokens");
    assert!(last < 0.9 * first, "generator: {first} to {last}");
    learn(Stage::Residual, &config, home.path(), &run, false, "body-tokens");

    let model = ContextualModel::load(&run.join("tiny.safetensors"), Device::Cpu).unwrap();
    let (speech, reference) = (speech(150), person(0.0).frame(0).unwrap());
    let request = |planned_strokes: bool| SampleRequest {
        speech: &speech,
        reference: &reference,
        latent: None,
        known: None,
        speaker: None,
        options: SampleOptions { planned_strokes, ..SampleOptions::default() },
    };
    let plan = model.planned_strokes(&request(true)).unwrap().unwrap();
    // Six seconds with a stroke every 0.6 s or so; the detector's faster half is learned from.
    assert!((2..=12).contains(&plan[0].len()), "{plan:?}");
    assert!(plan.iter().flatten().all(|at| (0.0..6.0).contains(at)));
    assert_eq!(plan, model.planned_strokes(&request(true)).unwrap().unwrap());
    assert_eq!(model.planned_strokes(&request(false)).unwrap(), None);
    let take = |planned| model.sample(&request(planned), &mut |_, _| {}).unwrap().keypoints().unwrap();
    assert_eq!(take(true), take(true));
    assert_ne!(take(true), take(false));
    let held = model.represented(&person(0.0)).unwrap().unwrap().keypoints().unwrap();
    assert_eq!(held.frames(), FRAMES);

    let other = home.path().join("other");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::rename(run.join("prepared"), other.join("prepared")).unwrap();
    std::fs::copy(run.join("tokenizer.safetensors"), other.join("tokenizer.safetensors")).unwrap();
    config.generator.steps = 10;
    config.begin.insert("generator".into(), run.join("tiny.safetensors"));
    let (begun, _) = learn(Stage::Generator, &config, home.path(), &other, false, "body-tokens");
    assert!(begun < 0.95 * first, "goes on: {begun} after {first}");
    config.begin.insert("residual".into(), run.join("tokenizer.safetensors"));
    let refused =
        train(Stage::Residual, &config, home.path(), &other, false, Device::Cpu, &mut |_| {}).unwrap_err();
    assert!(refused.to_string().contains("strokes.safetensors"), "{refused}");
}

#[test]
fn speech_joined_to_the_tokens_learns_too() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    corpus(home.path(), &run);
    let config = config_with(home.path(), 50, "", ", speech_encoder: concatenated-audio", "");
    learn(Stage::Tokenizer, &config, home.path(), &run, false, "body");
    let (first, last) = learn(Stage::Generator, &config, home.path(), &run, false, "body-tokens");
    assert!(last < 0.9 * first, "{first} to {last}");
}

#[test]
fn what_is_said_is_heard_where_the_networks_ask_for_it() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    corpus(home.path(), &run);
    // Found already, so that no model is needed.
    let text = |frames: usize| Array2::from_shape_fn((frames, 4), |(f, c)| ((f / 9 + c) % 3) as f32);
    for name in ["a", "b", "c"] {
        let tensors = BTreeMap::from([("speech".to_string(), from_array2(&text(FRAMES)))]);
        let path = run.join("prepared").join(format!("clips-{name}.text-4.safetensors"));
        Checkpoint { metadata: BTreeMap::new(), tensors }.write(&path, Precision::Full).unwrap();
    }
    let config = config_with(home.path(), 40, "", "", "  representation: raw\n  text_features: 4");
    learn(Stage::Generator, &config, home.path(), &run, false, "face-motion");
    let model = ContextualModel::load(&run.join("tiny.safetensors"), Device::Cpu).unwrap();
    assert_eq!(model.text_features(), 4);
    let (plain, reference) = (speech(90), person(0.0).frame(0).unwrap());
    let take = |speech: &Speech| {
        let options = SampleOptions::default();
        let request = SampleRequest {
            speech,
            reference: &reference,
            latent: None,
            known: None,
            speaker: None,
            options,
        };
        model.sample(&request, &mut |_, _| {}).and_then(|motion| Ok(motion.keypoints()?))
    };
    assert!(take(&plain).unwrap_err().to_string().contains("features of the text"));
    let (one, other) = (text(90), text(90) * -1.0);
    let said = |text: Array2<f32>| take(&plain.clone().with_text(text).unwrap()).unwrap();
    assert_ne!(said(one), said(other), "the text makes no difference");
    let refused =
        read_config(home.path(), 4, "", "", "  text_features: 4\n  alignment: { width: 32, heads: 4 }")
            .unwrap_err();
    assert!(refused.to_string().contains("re_extracted"), "{refused}");
}

#[test]
fn raw_motion_is_learned_and_made_without_tokens() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    corpus(home.path(), &run);
    let config = config_with(home.path(), 80, "", "", "  representation: raw");
    let refused =
        train(Stage::Tokenizer, &config, home.path(), &run, false, Device::Cpu, &mut |_| {}).unwrap_err();
    assert!(refused.to_string().contains("no tokens"), "{refused}");
    let (first, last) = learn(Stage::Generator, &config, home.path(), &run, false, "face-motion");
    assert!(last < 0.7 * first, "{first} to {last}");
    let model = ContextualModel::load(&run.join("tiny.safetensors"), Device::Cpu).unwrap();
    let (speech, reference) = (speech(130), person(0.0).frame(0).unwrap());
    let take = |seed: u64, known: Option<Known<'_>>| {
        let options = SampleOptions { seed, ..SampleOptions::default() };
        let request = SampleRequest {
            speech: &speech,
            reference: &reference,
            latent: None,
            known,
            speaker: None,
            options,
        };
        model.sample(&request, &mut |_, _| {}).unwrap().keypoints().unwrap()
    };
    let first = take(1, None);
    assert_eq!(first, take(1, None));
    let keep: Vec<bool> = (0..130).map(|f| !(60..90).contains(&f)).collect();
    let edited = take(2, Some(Known { track: &first, keep: &keep }));
    assert_eq!(edited.window(0..60), first.window(0..60));
    assert_eq!(edited.window(90..130), first.window(90..130));
}

/// Numbers of a NumPy array in an archive, as BEAT2 keeps them.
fn npz(path: &Path, arrays: &[(&str, usize, f64)]) {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for &(name, width, reach) in arrays {
        let frames = FRAMES * 6 / 5;
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({frames}, {width}), }}");
        zip.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"\x93NUMPY\x01\x00").unwrap();
        zip.write_all(&(header.len() as u16).to_le_bytes()).unwrap();
        zip.write_all(header.as_bytes()).unwrap();
        for i in 0..frames * width {
            let wave = ((i / width) as f64 * 0.175 + (i % width) as f64 * 0.3).sin();
            zip.write_all(&(reach * wave).to_le_bytes()).unwrap();
        }
    }
    zip.finish().unwrap();
}

#[test]
fn motion_of_another_layout_is_tokenized() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    std::fs::create_dir_all(home.path().join("clips")).unwrap();
    for name in ["a", "b", "c"] {
        let arrays = [("poses", 165, 0.4), ("expressions", 100, 1.0), ("trans", 3, 0.1)];
        npz(&home.path().join("clips").join(format!("{name}.npz")), &arrays);
    }
    let text = serde_json::to_string(&orator_motion::contextual::MotionLayout::smplx()).unwrap();
    let mut config = config_with(home.path(), 60, "", "", &format!("  layout: {text}"));
    for clip in &mut config.clips {
        clip.files = clip.files.as_ref().map(|f| f.replace(".mp4", ".npz"));
    }
    let (first, last) = learn(Stage::Tokenizer, &config, home.path(), &run, false, "body");
    assert!(last < 0.8 * first, "{first} to {last}");
    // Keypoints are not taken for it, nor it for keypoints.
    config.networks.layout = Default::default();
    let other = home.path().join("other");
    let refused =
        train(Stage::Tokenizer, &config, home.path(), &other, false, Device::Cpu, &mut |_| {}).unwrap_err();
    assert!(refused.to_string().contains("118 and 315 numbers"), "{refused}");
}

#[test]
fn a_step_that_diverges_is_not_taken_and_its_batch_is_saved() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    corpus(home.path(), &run);
    let mut config = config(home.path(), 30);
    config.tokenizer.schedule.peak = 1e30;
    let error =
        train(Stage::Tokenizer, &config, home.path(), &run, false, Device::Cpu, &mut |_| {}).unwrap_err();
    let orator_train::TrainError::Diverged { batch: Some(saved), .. } = &error else { panic!("{error}") };
    assert!(error.to_string().contains("diverged-"), "{error}");
    let batch = Checkpoint::read(saved).unwrap();
    assert_eq!(batch.tensors["body.motion.body"].size(), [4, 80, 96]);
    assert!(batch.metadata.contains_key("step"));
    assert!(!run.join("tokenizer.safetensors").exists());
}

#[test]
fn settings_that_do_not_fit_each_other_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let refused = |face: &str, generator: &str, networks: &str| {
        read_config(home.path(), 10, face, generator, networks).unwrap_err().to_string()
    };
    assert!(refused("", ", speech_encoder: aligned", "").contains("networks.alignment"));
    assert!(refused("", "", "  representation: raw\n  strokes: {}").contains("tokens of keypoints"));
    assert!(refused("", "", "  strokes: { width: 0 }").contains("width"));
    assert!(refused("", "", "  representation: distilled").contains("networks.alignment"));
    assert!(
        refused("", ", speech_encoder: aligned", "  alignment: { width: 64, heads: 4 }").contains("width")
    );
    assert!(refused(", halvings: 1", "", "").contains("halvings"));
    assert!(refused(", quantiser: residual-fsq, levels: [1]", "", "").contains("levels"));
    assert!(refused(", quantiser: learned", "", "").contains("learned"));
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
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

/// Runs a stage in sittings of one step each.
fn sit(stage: Stage, config: &TrainConfig, corpus: &Path, run: &Path) -> usize {
    let sitting = Sitting { resume: true, limit: Some(Duration::ZERO) };
    let mut sittings = 0;
    loop {
        let mut paused = false;
        train(stage, config, corpus, run, sitting, Device::Cpu, &mut |event| {
            paused |= matches!(event, Event::Paused { .. });
        })
        .unwrap();
        sittings += 1;
        if !paused {
            return sittings;
        }
    }
}

#[test]
fn a_run_in_sittings_equals_an_uninterrupted_one() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let (whole, parted) = (home.path().join("whole"), home.path().join("parted"));
    corpus(home.path(), &whole);
    corpus(home.path(), &parted);
    let config = config(home.path(), 6);
    for (stage, loss) in
        [(Stage::Tokenizer, "body"), (Stage::Generator, "body-tokens"), (Stage::Residual, "body-tokens")]
    {
        learn(stage, &config, home.path(), &whole, false, loss);
        assert_eq!(sit(stage, &config, home.path(), &parted), 6, "{}", stage.name());
        let file = |run: &Path| std::fs::read(run.join(format!("{}.safetensors", stage.name()))).unwrap();
        assert!(file(&whole) == file(&parted), "the weights of the {} differ", stage.name());
        // The same loss curve to the last digit; only the time left is another.
        let losses = |run: &Path| -> Vec<serde_json::Value> {
            let log = std::fs::read_to_string(run.join(stage.name()).join("log.jsonl")).unwrap();
            let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            lines.filter(|line| line["event"] == "step").map(|line| line["losses"].clone()).collect()
        };
        assert!(!losses(&whole).is_empty() && losses(&whole) == losses(&parted), "{}", stage.name());
    }
}
