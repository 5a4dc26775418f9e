//! Stage 1 of the latent deviation system on a made-up corpus: it runs to the end, with every loss; its weights read motion and draw;
//! and a run that was stopped and resumed ends exactly where an uninterrupted one does.

use crate::made_up::{GENERATOR, corpus};
use orator_media::Picture;
use orator_nn::Checkpoint;
use orator_render::{DeviationRenderer, Renderer};
use orator_train::deviation::features::{FeaturesTrainConfig, Stage, train};
use orator_train::{Event, Sitting};
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;
use tch::Device;

const NETWORKS: &str = "
  encoder: { width: 2, halving_stem: true, residual_blocks: 1 }
  enhancer: { widths: [16, 16] }
  pose: { width: 4, bottlenecks: [1, 1, 1], normalisation: group }
  transformation: { width: 4, residual_blocks: 1 }
  decoder: { residual_blocks: 1, widths: [8, 8, 8], stage_blocks: [0, 0, 0], convolve_first: true, paint_at_half: true }
  relative: true
  planar: true
  warp_skips: true
  warped_picture: true
  flow_correction: 0.05
  outside: border";

fn config(folder: &Path, steps: u64, losses: &str) -> orator_train::Result<FeaturesTrainConfig> {
    let text = format!(
        "name: tiny
seed: 5
every: 1
networks:{NETWORKS}
losses: {{ perceptual: 0, colour_jitter: 0, keypoint_flow: 1, point_probe: 1, {losses} }}
pose: {{ steps: 2, batch: 2, save_every: 2, average: 0.5, schedule: {{ peak: 2.0e-3, warm_up: 1, hold: 0.9, floor: 0.5 }} }}
features: {{ steps: {steps}, batch: 2, save_every: 4, average: 0.5, schedule: {{ peak: 2.0e-3, warm_up: 2, hold: 0.9, floor: 0.5 }} }}
clips:
  - {{ corpus: squares, split: train }}
  - {{ corpus: squares, split: held-out }}
"
    );
    let path = folder.join("tiny.yaml");
    std::fs::write(&path, text).unwrap();
    FeaturesTrainConfig::read(&path)
}

const ADVERSARIAL: &str =
    "adversarial: 0.1, adversarial_after: 2, discriminator_width: 4, regions: { features: 0 }";

#[test]
fn the_stage_runs_and_its_weights_read_motion_and_draw() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    corpus(&home.path().join("squares"));
    let run = home.path().join("run");
    let config = config(home.path(), 4, ADVERSARIAL).unwrap();
    let missing =
        train(Stage::Features, &config, home.path(), &run, false, Device::Cpu, &mut |_| {}).unwrap_err();
    assert!(missing.hint().unwrap().contains("pose"), "{missing}");
    train(Stage::Pose, &config, home.path(), &run, false, Device::Cpu, &mut |_| {}).unwrap();
    let mut parts = Vec::new();
    train(Stage::Features, &config, home.path(), &run, false, Device::Cpu, &mut |event| {
        if let Event::Step { losses, .. } = event {
            parts = losses.into_keys().collect();
        }
    })
    .unwrap();
    for part in ["pixels", "regions", "fooling", "judging", "warped", "flow", "probe", "identity"] {
        assert!(parts.iter().any(|name| name == part), "{part} is not among {parts:?}");
    }
    assert!(run.join(Stage::Features.name()).join("validation-000004.png").is_file());
    let weights = run.join("tiny.safetensors");
    let checkpoint = Checkpoint::read(&weights).unwrap();
    assert!(checkpoint.tensors.keys().all(|name| !name.contains("discriminator") && !name.contains("probe")));
    let renderer = DeviationRenderer::load(&weights, Device::Cpu).unwrap();
    let reader = renderer.motion_reader().unwrap();
    let motion = reader.read_motion(&[Picture::filled(64, 64, [9; 3]), Picture::filled(300, 300, [200; 3])]);
    assert_eq!(motion.unwrap().dim(), (2, 2307));
    assert!(renderer.representation().starts_with("deviation-2307-"));
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    corpus(&home.path().join("squares"));
    let config = config(home.path(), 4, ADVERSARIAL).unwrap();
    let (whole, parted) = (home.path().join("whole"), home.path().join("parted"));
    for run in [&whole, &parted] {
        train(Stage::Pose, &config, home.path(), run, false, Device::Cpu, &mut |_| {}).unwrap();
    }
    train(Stage::Features, &config, home.path(), &whole, false, Device::Cpu, &mut |_| {}).unwrap();
    // A step at a time.
    let mut sitting = Sitting { resume: false, limit: Some(Duration::ZERO) };
    for step in 1..=4 {
        let mut paused = None;
        train(Stage::Features, &config, home.path(), &parted, sitting, Device::Cpu, &mut |event| {
            if let Event::Paused { step, .. } = event {
                paused = Some(step);
            }
        })
        .unwrap();
        assert_eq!(paused, (step < 4).then_some(step));
        sitting.resume = true;
    }
    let bytes = |run: &Path| std::fs::read(run.join("tiny.safetensors")).unwrap();
    assert!(bytes(&whole) == bytes(&parted));
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let home = tempfile::tempdir().unwrap();
    config(home.path(), 4, ADVERSARIAL).unwrap();
    let text = std::fs::read_to_string(home.path().join("tiny.yaml")).unwrap();
    for (from, to) in [
        ("every: 1", "every: 0"),
        ("every: 1", "side: 100"),
        ("outside: border", "as_released: true"),
        ("width: 2,", "width: 100000,"),
        ("batch: 2", "batch: 0"),
        ("discriminator_width: 4", "discriminator_width: 0"),
        ("features: 0", "features: -1"),
        ("flow_correction: 0.05", "flow_correction: 7"),
    ] {
        let path = home.path().join("wrong.yaml");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        assert!(FeaturesTrainConfig::read(&path).is_err(), "{to}");
    }
}
