//! Windows are what they are meant to be, and the stage learns one batch by heart with either process.

use super::config::{DeviationMotionConfig, MotionLosses};
use super::learning::MotionLearner;
use super::windows::{Windows, latent_clips, rows_to_fit};
use crate::clips::Clips;
use crate::learner::Learner;
use crate::prepare::{ClipPlace, PreparedClip};
use crate::{ClipSource, Split, StageConfig};
use ndarray::{Array2, Array3};
use orator_body::{KeypointTrack, Layout};
use orator_media::FrameRate;
use orator_motion::contextual::{ContextualConfig, SPEECH_FEATURES};
use orator_motion::deviation::{
    DenoiserConfig, DeviationConfig, DeviationModel, DeviationStatistics, Foretold, KeypointStatistics,
    LATENT_NUMBERS, Process, Representation, RepresentationConfig, WINDOW_FRAMES,
};
use orator_nn::{AdamW, AdamWConfig, Randomness, Schedule, parameters};
use std::sync::{Mutex, PoisonError};
use tch::{Device, IndexOp, Kind};

/// libtorch has one random generator for the whole process.
static GENERATOR: Mutex<()> = Mutex::new(());

const PREFIX: usize = 4;

fn wave(frame: usize) -> f32 {
    (frame as f32 * 0.21).sin()
}

fn prepared(source: usize, frames: usize) -> PreparedClip {
    let points = Array3::from_shape_fn((frames, 133, 2), |(f, p, axis)| {
        (60 + p * (37 + 16 * axis) % 97) as f32 + if p > 6 { 5.0 * wave(f) } else { 0.0 }
    });
    let track = KeypointTrack::new(
        Layout::WholeBody133,
        FrameRate::MOTION,
        (256, 256),
        points,
        Array2::ones((frames, 133)),
    );
    PreparedClip {
        name: format!("made-up-{source}"),
        speaker: String::new(),
        track: track.unwrap(),
        exact: true,
        speech: Some(Array2::from_shape_fn((frames, SPEECH_FEATURES), |(f, c)| wave(f + c))),
        source,
        motion: None,
        place: ClipPlace::File("nowhere".into(), 0),
    }
}

fn source(split: Split) -> ClipSource {
    ClipSource {
        files: Some("*".into()),
        corpus: None,
        first: 0,
        count: None,
        from_frame: 0,
        to_frame: None,
        speaker: None,
        body: true,
        speech: true,
        weight: 1.0,
        split,
    }
}

/// A long training clip, one shorter than a window, and a held-out one; the second has no pictures when `blind`.
fn clips() -> (Clips, Vec<Option<Array2<f32>>>) {
    let sources = [source(Split::Train), source(Split::Train), source(Split::HeldOut)];
    let all = vec![prepared(0, 100), prepared(1, 60), prepared(2, 90)];
    let rows = all
        .iter()
        .enumerate()
        .map(|(number, clip)| {
            let shape = (clip.track.frames(), LATENT_NUMBERS as usize);
            Some(Array2::from_shape_fn(shape, |(f, c)| {
                0.1 * wave(f + c % 7) + 0.01 * number as f32 + 0.001 * (f as f32)
            }))
        })
        .collect();
    (Clips::new(all, &sources, &ContextualConfig::default(), None).unwrap(), rows)
}

fn config(process: Process, keypoints: bool) -> DeviationMotionConfig {
    DeviationMotionConfig {
        name: "tiny".into(),
        seed: 1,
        features: "made-up".into(),
        side: 256,
        networks: DeviationConfig {
            denoiser: DenoiserConfig {
                width: 32,
                heads: 4,
                hidden: 48,
                layers: 2,
                speech_layers: 1,
                dropout: 0.0,
                prefix: PREFIX,
                ..DenoiserConfig::default()
            },
            process,
            foretold: if keypoints { Foretold::Velocity } else { Foretold::Clean },
            representation: RepresentationConfig { components: 6, ..RepresentationConfig::default() },
            keypoints,
            ..DeviationConfig::default()
        },
        losses: MotionLosses { drop_speech: 0.0, ..MotionLosses::default() },
        motion: StageConfig {
            steps: 1,
            batch: 4,
            accumulate: 1,
            schedule: Schedule { peak: 1e-3, warm_up: 0, hold: 1.0, floor: 1.0 },
            optimiser: AdamWConfig::default(),
            average: 0.5,
            clip_gradient: 1.0,
            save_every: 1,
        },
        clips: Vec::new(),
    }
}

fn statistics(
    clips: &Clips,
    rows: &[Option<Array2<f32>>],
    networks: &DeviationConfig,
) -> DeviationStatistics {
    let latent = latent_clips(clips, rows);
    let (rows, sources) = rows_to_fit(&latent, 1000, &mut Randomness::new(1)).unwrap();
    DeviationStatistics {
        representation: Representation::fit(&rows, &sources, &networks.representation).unwrap(),
        speech: clips.statistics.speech.clone(),
        keypoints: networks.keypoints.then(|| KeypointStatistics {
            streams: clips.statistics.motion.clone(),
            hands: clips.statistics.hands,
        }),
    }
}

#[test]
fn windows_are_cut_where_they_say_and_begin_as_the_losses_ask() {
    let (clips, rows) = clips();
    let config = config(Process::Diffusion, true);
    let statistics = statistics(&clips, &rows, &config.networks);
    let windows =
        |prefix| Windows::new(latent_clips(&clips, &rows), &statistics, prefix, Device::Cpu).unwrap();
    let latent = statistics.representation.numbers();
    let all = |losses: &MotionLosses| windows(PREFIX).batch(24, losses, &mut Randomness::new(5));

    let starts = all(&MotionLosses { start_prefix: 1.0, noisy_prefix: 0.0, ..MotionLosses::default() });
    assert_eq!(starts.motion.size(), [24, WINDOW_FRAMES as i64, statistics.numbers()]);
    // Motion is relative to the source: copies of it are the same numbers for everybody.
    let copies = starts.prefix.i((.., .., ..latent));
    assert!((&copies - copies.i((0..1, 0..1))).abs().max().double_value(&[]) < 1e-4);

    let quiet = MotionLosses { start_prefix: 0.0, noisy_prefix: 0.0, ..MotionLosses::default() };
    let noisy = MotionLosses { start_prefix: 0.0, noisy_prefix: 1.0, ..quiet.clone() };
    let (quiet, noisy) = (all(&quiet), all(&noisy));
    assert!(quiet.motion.equal(&noisy.motion), "only the prefix is noisy");
    let places: Vec<i64> = Vec::try_from(&quiet.places.reshape([-1])).unwrap();
    for (b, place) in places.chunks(2).enumerate() {
        let (b, clip, start) = (b as i64, place[0] as usize, place[1]);
        let frames = clips.clips[clip].streams.face.nrows() as i64;
        let known = (frames - start).min(WINDOW_FRAMES as i64);
        let seen = quiet.seen.i((b, .., 0)).sum(Kind::Float).double_value(&[]);
        assert_eq!(seen as i64, known, "what lies behind the clip is not learned from");
        let change = (noisy.prefix.i(b) - quiet.prefix.i(b)).abs().max().double_value(&[]);
        assert_eq!(change > 0.0, start >= PREFIX as i64, "a clip's beginning has no frames before it");
        assert!(change < 0.2);
        if start >= PREFIX as i64 {
            // The step from the prefix into the window is a step of the motion.
            let seam = quiet.motion.i((b, 0, ..latent)) - quiet.prefix.i((b, -1, ..latent));
            let inside = quiet.motion.i((b, 1, ..latent)) - quiet.motion.i((b, 0, ..latent));
            assert!((seam - inside).abs().max().double_value(&[]) < 1.0);
        }
    }
    assert!(windows(0).batch(2, &MotionLosses::default(), &mut Randomness::new(5)).prefix.size()[1] == 0);
    assert!(windows(PREFIX).held_out(true, 5, 2).unwrap().motion.size()[0] <= 2);
    assert!(windows(PREFIX).held_out(false, 5, 2).is_none());

    let none: Vec<Option<Array2<f32>>> = vec![None, None, rows[2].clone()];
    let error = Windows::new(latent_clips(&clips, &none), &statistics, PREFIX, Device::Cpu).err().unwrap();
    assert!(error.to_string().contains("pictures"), "{error}");
}

#[test]
fn one_batch_is_learned_by_heart() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let (clips, rows) = clips();
    for (process, keypoints) in
        [(Process::Diffusion, true), (Process::Diffusion, false), (Process::Flow, false)]
    {
        let config = config(process, keypoints);
        let statistics = statistics(&clips, &rows, &config.networks);
        tch::manual_seed(4);
        let model =
            DeviationModel::new(config.networks.clone(), statistics.clone(), "deviation-2307", Device::Cpu);
        let windows = Windows::new(latent_clips(&clips, &rows), &statistics, PREFIX, Device::Cpu).unwrap();
        let learner = MotionLearner::new(&model, &config, windows, Device::Cpu);
        let mut optimiser = AdamW::new(parameters(model.store()), AdamWConfig::default());
        let loss = || {
            tch::manual_seed(9);
            learner.loss(0, &mut Randomness::new(3)).unwrap().0
        };
        let first = loss().double_value(&[]);
        for _ in 0..80 {
            optimiser.zero_gradients();
            loss().backward();
            optimiser.step(3e-3);
        }
        let last = loss().double_value(&[]);
        assert!(last < 0.4 * first, "{process:?}: {first} to {last}");
        let measures = tch::no_grad(|| learner.validate(1)).unwrap();
        for name in
            ["position", "position-other-speech", "position-no-speech", "position-staying", "speed-true"]
        {
            assert!(measures[name].is_finite() && measures[name] > 0.0, "{measures:?}");
        }
        assert_eq!(measures.contains_key("keypoints"), keypoints);
    }
}
