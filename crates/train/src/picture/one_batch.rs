//! Each stage learns one batch by heart: the least that a trainer must do.

use super::config::{PictureLosses, PictureTrainConfig};
use super::frame_store::FrameClip;
use super::losses::Judges;
use super::motion_field::FieldLearner;
use super::refine::RefineLearner;
use super::stages::Stage;
use super::validation::Validation;
use super::weights::freeze_others;
use crate::learner::Learner;
use crate::{Split, StageConfig};
use ndarray::{Array2, Array3};
use orator_body::{KeypointTrack, Layout};
use orator_media::{FrameRate, Picture};
use orator_nn::{AdamW, AdamWConfig, Randomness, Schedule, parameters};
use orator_render::contextual::{PictureConfig, PictureNetworks};
use orator_render::{Discriminator, DiscriminatorConfig};
use std::sync::{Mutex, PoisonError};
use tch::nn::VarStore;
use tch::{Device, Kind};

const SIDE: usize = 64;
const BATCH: usize = 2;

/// Two frames: a square that moves with all the points, on a background that stays; in the second a mark appears.
pub(crate) fn clip(folder: &std::path::Path) -> FrameClip {
    let shift = |frame: usize| 6.0 * frame as f32;
    let points = Array3::from_shape_fn((2, 133, 2), |(f, p, axis)| {
        let rest = if axis == 0 { 20.0 + (p * 37 % 23) as f32 } else { 20.0 + (p * 53 % 25) as f32 };
        rest + if axis == 0 { shift(f) } else { 0.0 }
    });
    let size = (SIDE as u32, SIDE as u32);
    let track =
        KeypointTrack::new(Layout::WholeBody133, FrameRate::MOTION, size, points, Array2::ones((2, 133)))
            .unwrap();
    let picture = |frame: usize| {
        let mut picture = Picture::filled(SIDE, SIDE, [90, 90, 90]);
        let left = 18 + shift(frame) as usize;
        let mut fill = |xs: std::ops::Range<usize>, ys: std::ops::Range<usize>, colour: [u8; 3]| {
            for y in ys {
                for x in xs.clone() {
                    let at = (y * SIDE + x) * 3;
                    picture.rgb_mut()[at..at + 3].copy_from_slice(&colour);
                }
            }
        };
        fill(left..left + 28, 16..48, [220, 40, 40]);
        if frame == 1 {
            fill(2..14, 44..60, [20, 200, 60]);
        }
        picture
    };
    FrameClip::made_up(&[picture(0), picture(1)], track, folder)
}

fn config(adversarial: f64, guided: bool) -> PictureTrainConfig {
    let mut networks = PictureConfig::lite();
    networks.refiner.guided = guided;
    networks.refiner.corrects_blend = !guided;
    networks.background_motion = false;
    networks.motion.flow_size = 16;
    networks.motion.levels = 3;
    networks.motion.width = 8;
    networks.motion.maximum = 32;
    networks.generator.width = 8;
    networks.generator.maximum = 32;
    networks.refiner.width = 8;
    networks.refiner.maximum = 32;
    networks.refiner.levels = 4;
    networks.transform_dropout.maximum = 0.0;
    let stage = StageConfig {
        steps: 1,
        batch: BATCH,
        accumulate: 1,
        schedule: Schedule { peak: 1e-3, warm_up: 0, hold: 1.0, floor: 1.0 },
        optimiser: AdamWConfig::default(),
        average: 0.5,
        clip_gradient: 1.0,
        save_every: 1,
    };
    PictureTrainConfig {
        name: "tiny".into(),
        seed: 1,
        side: SIDE as u32,
        every: 1,
        networks,
        losses: PictureLosses {
            perceptual: 0.0,
            colour_jitter: 0.0,
            adversarial,
            ..PictureLosses::default()
        },
        motion_field: stage.clone(),
        refine: stage,
        guide_sources: 1,
        clips: Vec::new(),
    }
}

/// The pixel loss of one and the same batch before and after `steps` steps.
pub(crate) fn learned(learner: &dyn Learner, store: &VarStore, steps: u64, rate: f64) -> (f64, f64) {
    let mut optimiser = AdamW::new(parameters(store), AdamWConfig::default());
    let pixels = |learner: &dyn Learner| {
        let (loss, parts) = learner.loss(0, &mut Randomness::new(3)).unwrap();
        (loss, parts.iter().find(|(name, _)| *name == "pixels").unwrap().1)
    };
    let first = pixels(learner).1;
    for _ in 0..steps {
        optimiser.zero_gradients();
        pixels(learner).0.backward();
        optimiser.step(rate);
    }
    (first, pixels(learner).1)
}

/// libtorch has one random generator for the whole process.
pub(crate) static GENERATOR: Mutex<()> = Mutex::new(());

#[test]
fn each_stage_learns_one_batch_by_heart() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let mut clips = vec![clip(folder.path())];
    clips[0].guides = None;
    learn_by_heart(&clips, &config(0.05, false), folder.path());
}

#[test]
fn each_stage_learns_one_batch_by_heart_from_a_guide() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    learn_by_heart(&[clip(folder.path())], &config(0.05, true), folder.path());
}

fn learn_by_heart(clips: &[FrameClip], config: &PictureTrainConfig, folder: &std::path::Path) {
    tch::manual_seed(4);
    orator_nn::configure_threads(1);
    assert_eq!(clips[0].split, Split::Train);
    let store = VarStore::new(Device::Cpu);
    let networks = PictureNetworks::new(&store.root(), &config.networks);
    let path = store.root() / Stage::Refine.name() / super::weights::DISCRIMINATOR;
    let judge = Discriminator::new(&path, DiscriminatorConfig::contextual(networks.heatmap_channels(), 8));
    let judges = || Judges::load(&config.losses.features, (false, false), Kind::Float, Device::Cpu).unwrap();
    let looking = || Validation::new(clips, config.losses.emphasis(), folder.to_owned(), Device::Cpu);

    freeze_others(&store, Stage::MotionField);
    let field = FieldLearner::new(&networks, clips, config, judges(), looking(), Device::Cpu).unwrap();
    let (first, last) = learned(&field, &store, 60, 3e-3);
    assert!(last < 0.5 * first, "motion field: {first} to {last}");

    for (_, variable) in parameters(&store) {
        let _ = variable.set_requires_grad(true);
    }
    freeze_others(&store, Stage::Refine);
    let refine = RefineLearner::new(
        &networks,
        Some(&judge),
        clips,
        config,
        judges(),
        looking(),
        Kind::Float,
        Device::Cpu,
    )
    .unwrap();
    let before: Vec<_> = parameters(&store)
        .into_iter()
        .filter(|(name, _)| name.starts_with(Stage::MotionField.name()))
        .map(|(name, tensor)| (name, tensor.detach().copy()))
        .collect();
    let (first, last) = learned(&refine, &store, 120, 2e-3);
    assert!(last < 0.7 * first, "refinement: {first} to {last}");
    let after = parameters(&store);
    assert!(before.iter().all(|(name, tensor)| after[name].equal(tensor)), "the motion field rests");
}
