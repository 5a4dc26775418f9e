//! The model keeps its promises, trained or not.

use super::{
    DenoiserConfig, DeviationConfig, DeviationModel, DeviationStatistics, Foretold, KeypointHead,
    KeypointStatistics, LATENT_NUMBERS, NumbersKind, Process, Representation, RepresentationConfig,
    SamplingConfig,
};
use crate::contextual::{Normaliser, SPEECH_FEATURES, SPEECH_LEARNED, SPEECH_LOW_LEVEL};
use crate::{
    BODY_DIMENSIONS, FACE_DIMENSIONS, Known, Motion, MotionModel, Result, SampleOptions, SampleRequest,
};
use ndarray::{Array2, Array3, s};
use orator_body::{KeypointTrack, Layout};
use orator_media::FrameRate;
use orator_nn::{Precision, Randomness};
use orator_speech::Speech;
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

fn config(process: Process, prefix: usize, keypoints: bool) -> DeviationConfig {
    DeviationConfig {
        denoiser: DenoiserConfig {
            width: 16,
            heads: 2,
            hidden: 24,
            layers: 1,
            speech_layers: 1,
            prefix,
            ..DenoiserConfig::default()
        },
        process,
        foretold: if keypoints { Foretold::Velocity } else { Foretold::Clean },
        representation: RepresentationConfig {
            numbers: NumbersKind::Pca256,
            components: 6,
            relative_to_source: prefix > 0,
        },
        keypoints,
        sampling: SamplingConfig { steps: 3, candidates: 2, ..SamplingConfig::default() },
    }
}

fn model(config: DeviationConfig) -> DeviationModel {
    tch::manual_seed(7);
    // Small networks on many threads spend their time waiting for each other.
    orator_nn::configure_threads(1);
    config.check().unwrap();
    let rows = Tensor::randn([12, LATENT_NUMBERS], (Kind::Float, Device::Cpu)) * 0.1;
    let representation = Representation::fit(&rows, &rows.roll([5], [0]), &config.representation).unwrap();
    let keypoints = config.keypoints.then(|| KeypointStatistics {
        streams: [FACE_DIMENSIONS, BODY_DIMENSIONS].map(Normaliser::identity),
        hands: [[[0.0, 1.0]; 21]; 2],
    });
    let speech = Normaliser::identity(SPEECH_FEATURES);
    let statistics = DeviationStatistics { representation, speech, keypoints };
    let model = DeviationModel::new(config, statistics, "deviation-2307-0a1b", Device::Cpu);
    super::denoiser::shake(model.store());
    model
}

fn speech(frames: usize) -> Speech {
    Speech {
        waveform_16k: vec![0.0; frames * 640],
        frames,
        learned: Array2::from_shape_fn((frames, SPEECH_LEARNED), |(f, c)| ((f + c) as f32 * 0.1).sin()),
        low_level: Array2::zeros((frames, SPEECH_LOW_LEVEL)),
        text: None,
    }
}

fn reference() -> KeypointTrack {
    let points = Array3::from_shape_fn((1, 133, 2), |(_, p, a)| (40 + p * (37 + 16 * a) % 97) as f32);
    let size = (256, 256);
    KeypointTrack::new(Layout::WholeBody133, FrameRate::MOTION, size, points, Array2::ones((1, 133))).unwrap()
}

fn take(
    model: &DeviationModel,
    frames: usize,
    change: impl Fn(&mut SampleRequest<'_>),
) -> Result<Array2<f32>> {
    let (speech, reference) = (speech(frames), reference());
    let row = ndarray::Array1::from_shape_fn(LATENT_NUMBERS as usize, |i| (i as f32 * 0.3).cos() * 0.1);
    let mut request = SampleRequest {
        speech: &speech,
        reference: &reference,
        latent: Some(row.view()),
        known: None,
        speaker: None,
        options: SampleOptions::default(),
    };
    change(&mut request);
    match model.sample(&request, &mut |_, _| {})? {
        Motion::Latent(track) => Ok(track.values().clone()),
        Motion::Keypoints(_) => panic!("latent motion"),
    }
}

#[test]
fn motion_is_as_long_as_the_speech_and_belongs_to_its_seed() {
    for (process, prefix, keypoints) in
        [(Process::Diffusion, 4, false), (Process::Flow, 2, true), (Process::Diffusion, 0, false)]
    {
        let model = model(config(process, prefix, keypoints));
        // Short, exact and arbitrary lengths, drawn once from a stream of our own.
        let mut random = Randomness::new(3);
        let drawn: Vec<usize> = (0..3).map(|_| 1 + random.below(260)).collect();
        for frames in [1, 79, 80, 81].into_iter().chain(drawn) {
            let made = take(&model, frames, |_| {}).unwrap();
            assert_eq!(made.dim(), (frames, LATENT_NUMBERS as usize));
            assert!(made.iter().all(|v| v.is_finite()));
        }
        let one = take(&model, 170, |r| r.options.seed = 1).unwrap();
        assert_eq!(one, take(&model, 170, |r| r.options.seed = 1).unwrap());
        assert_ne!(one, take(&model, 170, |r| r.options.seed = 2).unwrap());
        assert_ne!(one, take(&model, 170, |r| (r.options.seed, r.options.steps) = (1, Some(5))).unwrap());
    }
}

#[test]
fn the_second_target_alone_is_motion_of_keypoints() {
    let head = KeypointHead::new(model(config(Process::Diffusion, 4, true))).unwrap();
    let (speech, reference) = (speech(100), reference());
    let of = |seed: u64| {
        let request = SampleRequest {
            speech: &speech,
            reference: &reference,
            latent: None,
            known: None,
            speaker: None,
            options: SampleOptions { seed, ..SampleOptions::default() },
        };
        head.sample(&request, &mut |_, _| {}).unwrap().keypoints().unwrap()
    };
    let track = of(1);
    assert_eq!((track.frames(), track.layout()), (100, Layout::WholeBody133));
    assert_eq!(track, of(1));
    assert_ne!(track, of(2));
    let without = KeypointHead::new(model(config(Process::Diffusion, 4, false)));
    assert!(without.err().unwrap().hint().is_some());
}

#[test]
fn smoothing_calms_what_is_drawn_and_changes_no_length() {
    let rough = |made: &Array2<f32>| -> f32 {
        let change = |f: usize| &made.row(f + 1) - &made.row(f);
        (0..made.nrows() - 2).map(|f| (change(f + 1) - change(f)).mapv(f32::abs).sum()).sum()
    };
    let of = |smoothing: usize, frames: usize| {
        let mut config = config(Process::Diffusion, 4, false);
        config.sampling.smoothing = smoothing;
        take(&model(config), frames, |_| {}).unwrap()
    };
    let (plain, smooth) = (of(0, 100), of(7, 100));
    assert_eq!(plain.dim(), smooth.dim());
    assert!(rough(&smooth) < 0.5 * rough(&plain), "{} {}", rough(&smooth), rough(&plain));
    assert_eq!(of(7, 2).nrows(), 2);
}

#[test]
fn no_window_jumps() {
    let model = model(config(Process::Diffusion, 4, false));
    let (speech, reference) = (speech(250), reference());
    let row = Tensor::zeros([1, LATENT_NUMBERS], (Kind::Float, Device::Cpu));
    let request = SampleRequest {
        speech: &speech,
        reference: &reference,
        latent: None,
        known: None,
        speaker: None,
        options: SampleOptions::default(),
    };
    let made = model.numbers(&request, Some(&row), &mut |_, _| {}).unwrap();
    let step = |at: i64| made.get(at) - made.get(at - 1);
    let length = |x: Tensor| x.norm().double_value(&[]);
    for seam in [80, 160, 240] {
        // Half of the steps around a seam, but for what leading changes of the second.
        let sides = length(step(seam - 1)).max(length(step(seam + 1)));
        assert!(length(step(seam)) < 2.0 * sides, "{} at {seam} beside {sides}", length(step(seam)));
    }
    let still = model.statistics().representation.still().squeeze_dim(0);
    let inside = (1..80).map(|t| length(step(t))).fold(0.0, f64::max);
    assert!(length(made.get(0) - still) < 2.0 * inside, "it begins at the portrait");
}

#[test]
fn a_window_goes_on_from_the_one_before_it() {
    // Two recordings that differ in the first window alone: the second window hears the same and starts elsewhere.
    let model = model(config(Process::Diffusion, 4, false));
    let row = Tensor::zeros([1, LATENT_NUMBERS], (Kind::Float, Device::Cpu));
    let reference = reference();
    let of = |scale: f32| {
        let mut speech = speech(160);
        speech.learned.slice_mut(s![..80, ..]).mapv_inplace(|v| v * scale);
        let mean = speech.learned.mean_axis(ndarray::Axis(0)).unwrap();
        speech.learned -= &mean;
        let request = SampleRequest {
            speech: &speech,
            reference: &reference,
            latent: None,
            known: None,
            speaker: None,
            options: SampleOptions::default(),
        };
        model.numbers(&request, Some(&row), &mut |_, _| {}).unwrap()
    };
    let (a, b) = (of(1.0), of(-1.0));
    assert!(!a.narrow(0, 0, 80).equal(&b.narrow(0, 0, 80)));
    assert!(!a.narrow(0, 80, 80).equal(&b.narrow(0, 80, 80)));
}

#[test]
fn what_cannot_be_met_is_refused_with_a_next_step() {
    let model = model(config(Process::Diffusion, 4, false));
    let track = reference();
    let refused = |frames: usize, change: &dyn Fn(&mut SampleRequest<'_>), word: &str| {
        let error = take(&model, frames, change).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert!(error.hint().is_some());
    };
    refused(0, &|_| {}, "shorter than one frame");
    refused(9, &|r| r.latent = None, "latent");
    refused(9, &|r| r.latent = r.latent.map(|l| l.slice_move(s![..5])), "5 numbers");
    refused(9, &|r| r.speaker = Some("nobody"), "nobody");
    refused(9, &|r| r.options.steps = Some(0), "step");
    let keep = [true];
    let (speech, row) = (speech(1), ndarray::Array1::zeros(LATENT_NUMBERS as usize));
    let request = SampleRequest {
        speech: &speech,
        reference: &track,
        latent: Some(row.view()),
        known: Some(Known { track: &track, keep: &keep }),
        speaker: None,
        options: SampleOptions::default(),
    };
    let error = model.sample(&request, &mut |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("cannot keep keypoints"), "{error}");
}

#[test]
fn weights_are_written_and_read_and_others_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deviation.safetensors");
    let model = model(config(Process::Flow, 4, true));
    let notes = BTreeMap::from([("name".to_string(), "tiny".to_string())]);
    model.checkpoint(&notes).unwrap().write(&path, Precision::Full).unwrap();
    let read = DeviationModel::load(&path, Device::Cpu).unwrap();
    assert_eq!((read.representation(), read.metadata()["name"].as_str()), ("deviation-2307-0a1b", "tiny"));
    assert_eq!(take(&read, 90, |_| {}).unwrap(), take(&model, 90, |_| {}).unwrap());
    model.checkpoint(&notes).unwrap().write(&path, Precision::Half).unwrap();
    let half = DeviationModel::load(&path, Device::Cpu).unwrap();
    assert_eq!(take(&half, 90, |_| {}).unwrap().dim(), (90, LATENT_NUMBERS as usize));
    let mut other = model.checkpoint(&notes).unwrap();
    other.metadata.insert("kind".into(), "contextual-motion".into());
    other.write(&path, Precision::Full).unwrap();
    let error = DeviationModel::load(&path, Device::Cpu).err().unwrap();
    assert!(error.to_string().contains("contextual-motion"), "{error}");
    let mut other = model.checkpoint(&notes).unwrap();
    other.metadata.insert("representation".into(), "keypoints-133".into());
    other.write(&path, Precision::Full).unwrap();
    let error = DeviationModel::load(&path, Device::Cpu).err().unwrap();
    assert!(error.to_string().contains("keypoints-133"), "{error}");
}
