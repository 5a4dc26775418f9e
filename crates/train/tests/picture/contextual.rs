//! The stages of the contextual system's picture half on a made-up corpus: both run to the end, the finished weights draw, and a
//! run that was stopped and resumed ends exactly where an uninterrupted one does. That they learn is tested beside the code.

use crate::made_up::{GENERATOR, corpus};
use orator_nn::Checkpoint;
use orator_render::contextual::ContextualRenderer;
use orator_train::picture::{PictureTrainConfig, Stage, train};
use orator_train::{Event, Sitting};
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;
use tch::Device;

fn config(folder: &Path, steps: u64, adversarial: f64) -> orator_train::Result<PictureTrainConfig> {
    let stage = |peak: f64| {
        format!(
            "{{ steps: {steps}, batch: 2, save_every: 4, average: 0.5, schedule: {{ peak: {peak}, warm_up: 2, hold: 0.9, floor: 0.5 }} }}"
        )
    };
    // The U-Net begins as no change and would overshoot at the field's rate.
    let (field, refine) = (stage(2.0e-3), stage(3.0e-4));
    let text = format!(
        "name: tiny
seed: 5
every: 1
networks:
  background_motion: false
  motion: {{ flow_size: 32, width: 4, maximum: 16, levels: 3, convolve_first: true, head_kernel: 3, colour: false, heatmaps: groups, occlusion_from_depth: true, nearness: true }}
  generator: {{ width: 4, maximum: 16, levels: 2, stem_stride: 2, residual_blocks: [0, 0], convolve_first: true, final_kernel: 3 }}
  edges: {{ shrink: 4 }}
  fusion: {{ width: 8, hidden: 4, kernel: 1, deep: false }}
  refiner: {{ width: 4, maximum: 16, levels: 4, residual_blocks: 0, final_kernel: 0, residual: true, guided: true }}
losses: {{ perceptual: 0, colour_jitter: 0, adversarial: {adversarial} }}
motion_field: {field}
refine: {refine}
clips:
  - {{ corpus: squares, split: train }}
  - {{ corpus: squares, split: held-out }}
"
    );
    let path = folder.join("tiny.yaml");
    std::fs::write(&path, text).unwrap();
    PictureTrainConfig::read(&path)
}

/// Guides are drawn from masks, which the detector finds.
fn models_are_there() -> bool {
    let there = orator_perceive::Perceiver::load();
    if let Err(error) = &there {
        eprintln!("skipped: {error}");
    }
    there.is_ok()
}

/// Runs a stage to its end.
fn learn(stage: Stage, config: &PictureTrainConfig, home: &Path, run: &Path, resume: bool) {
    train(stage, config, home, run, resume, Device::Cpu, &mut |_| {}).unwrap();
}

#[test]
fn both_stages_run_and_the_weights_draw() {
    if !models_are_there() {
        return;
    }
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    corpus(&home.path().join("squares"));
    let run = home.path().join("run");
    let config = config(home.path(), 4, 0.1).unwrap();
    let missing =
        train(Stage::Refine, &config, home.path(), &run, false, Device::Cpu, &mut |_| {}).unwrap_err();
    assert!(missing.hint().unwrap().contains("motion-field"), "{missing}");
    learn(Stage::MotionField, &config, home.path(), &run, false);
    learn(Stage::Refine, &config, home.path(), &run, false);
    assert!(run.join("motion-field/validation-000004.png").is_file());
    assert!(run.join("refine/curves.svg").is_file());
    let weights = run.join("tiny.safetensors");
    let checkpoint = Checkpoint::read(&weights).unwrap();
    assert!(checkpoint.tensors.keys().all(|name| !name.contains("discriminator")));
    ContextualRenderer::load(&weights, Device::Cpu).unwrap();
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one() {
    if !models_are_there() {
        return;
    }
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    corpus(&home.path().join("squares"));
    let config = config(home.path(), 8, 0.0).unwrap();
    let whole = home.path().join("whole");
    learn(Stage::MotionField, &config, home.path(), &whole, false);
    // Stopped right after its first state was written.
    let parted = home.path().join("parted");
    let state = parted.join("motion-field/state.safetensors");
    let mut after_half = None;
    train(Stage::MotionField, &config, home.path(), &parted, false, Device::Cpu, &mut |event| {
        if matches!(event, Event::Validation { step: 4, .. }) {
            after_half = Some(std::fs::read(&state).unwrap());
        }
    })
    .unwrap();
    std::fs::write(&state, after_half.unwrap()).unwrap();
    std::fs::remove_file(parted.join("motion-field.safetensors")).unwrap();
    learn(Stage::MotionField, &config, home.path(), &parted, true);
    let bytes =
        |run: &Path, stage: Stage| std::fs::read(run.join(format!("{}.safetensors", stage.name()))).unwrap();
    assert!(bytes(&whole, Stage::MotionField) == bytes(&parted, Stage::MotionField));

    // Refinement with its discriminator, a step at a time.
    let config = self::config(home.path(), 4, 0.1).unwrap();
    learn(Stage::Refine, &config, home.path(), &whole, false);
    let sitting = Sitting { resume: true, limit: Some(Duration::ZERO) };
    for step in 1..=4 {
        let mut paused = None;
        train(Stage::Refine, &config, home.path(), &parted, sitting, Device::Cpu, &mut |event| {
            if let Event::Paused { step, .. } = event {
                paused = Some(step);
            }
        })
        .unwrap();
        assert_eq!(paused, (step < 4).then_some(step));
    }
    assert!(bytes(&whole, Stage::Refine) == bytes(&parted, Stage::Refine));
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let fine = config(home.path(), 4, 0.0);
    assert!(fine.is_ok());
    let text = std::fs::read_to_string(home.path().join("tiny.yaml")).unwrap();
    for (from, to) in [
        ("every: 1", "every: 0"),
        ("every: 1", "side: 100"),
        ("flow_size: 32", "flow_size: 4"),
        ("batch: 2", "batch: 0"),
        ("batch: 2", "batch: 2, accumulate: 0"),
        ("average: 0.5", "average: 1.5"),
        ("guided: true", "guided: true, corrects_blend: true"),
    ] {
        let path = home.path().join("wrong.yaml");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        assert!(PictureTrainConfig::read(&path).is_err(), "{to}");
    }
    let path = home.path().join("plain.yaml");
    std::fs::write(&path, text.replace("networks:", "networks:\n  refinement: none")).unwrap();
    let plain = PictureTrainConfig::read(&path).unwrap();
    let nothing = train(Stage::Refine, &plain, home.path(), home.path(), false, Device::Cpu, &mut |_| {});
    assert!(nothing.unwrap_err().to_string().contains("nothing to refine"));
}
