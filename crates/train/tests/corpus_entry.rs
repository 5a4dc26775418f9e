//! Training from a corpus folder: keypoints come from the truth, the split from the corpus.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use ndarray::{Array2, Array3};
use orator_corpus::{
    Check, ClipDescription, ClipInput, Content, Limits, Origin, ShardPlan, ShardWriter, SoundFormat, Truth,
    assemble,
};
use orator_media::{Audio, FrameRate};
use orator_train::clips::Clips;
use orator_train::contextual::{Stage, train};
use orator_train::{Event, PreparedClip, TrainConfig, prepare};
use std::path::Path;
use tch::Device;

const FRAMES: usize = 120;

/// A person whose hands and mouth follow a slow wave.
fn truth(seed: f32) -> Truth {
    let points = Array3::from_shape_fn((FRAMES, 133, 2), |(f, p, axis)| {
        let rest = if axis == 0 { 100.0 + (p * 37 % 101) as f32 } else { 80.0 + (p * 53 % 89) as f32 };
        rest + if p >= 71 { 8.0 } else { 1.0 } * (f as f32 * 0.21 + seed).sin()
    });
    Truth::new(FrameRate::MOTION, (256, 256), points, Array2::from_elem((FRAMES, 133), 2))
}

fn origin(rate: FrameRate) -> Origin {
    Origin {
        name: "waves".into(),
        program: "a test".into(),
        program_version: "1".into(),
        seed: Some(1),
        settings: serde_json::Value::Null,
        licence: "CC0-1.0".into(),
        source: "made up".into(),
        rate,
        size: (256, 256),
    }
}

/// Two shards: identities 9 and 10, 19 and 20; every second one is held out.
fn corpus(dir: &Path, rate: FrameRate) {
    let origin = origin(rate);
    for (shard, identities) in [[9, 10], [19, 20]].into_iter().enumerate() {
        let plan = ShardPlan::new(shard as u32, Some(2), origin.clone());
        let mut writer = ShardWriter::begin(dir, plan).unwrap();
        for identity in identities {
            let id = format!("p{identity}-0");
            let mut description = ClipDescription::new(
                &id,
                &format!("p{identity}"),
                Some(identity),
                rate,
                FRAMES as u64,
                (256, 256),
            );
            description.usable = if identity == 19 { vec![(10, 110)] } else { Vec::new() };
            let truth = Truth { rate, ..truth(identity as f32) };
            writer.push(&ClipInput { description, pictures: None, sound: None, truth: Some(truth) }).unwrap();
        }
        writer.finish().unwrap();
    }
    assemble(dir, Check::Checksum, &Limits::default()).unwrap();
}

fn config(folder: &Path, clips: &str) -> orator_train::Result<TrainConfig> {
    let stage = "{ steps: 6, batch: 4, save_every: 6, schedule: { peak: 3.0e-3, warm_up: 2, hold: 0.8, floor: 0.2 } }";
    let text = format!(
        "name: tiny
seed: 5
networks:
  face: {{ width: 24, blocks: 1, depth: 1, code_dimensions: 8, codes: 16, layers: 2 }}
  body: {{ width: 24, blocks: 1, depth: 1, code_dimensions: 8, codes: 16, layers: 2 }}
  generator: {{ width: 32, heads: 4, hidden: 48, blocks: 2, residual_blocks: 1, speech_layers: 1, dropout: 0.0 }}
  speakers: [staged, p9]
  default_speaker: staged
tokenizer: {stage}
generator: {stage}
residual: {stage}
clips:
{clips}
"
    );
    let path = folder.join("tiny.yaml");
    std::fs::write(&path, text).unwrap();
    TrainConfig::read(&path)
}

const BOTH_SIDES: &str = "  - { corpus: waves, split: train }
  - { corpus: waves, split: held-out, speaker: staged }";

#[test]
fn keypoints_come_from_the_truth_and_the_split_from_the_corpus() {
    let home = tempfile::tempdir().unwrap();
    corpus(&home.path().join("waves"), FrameRate::MOTION);
    let config = config(home.path(), BOTH_SIDES).unwrap();
    let kept = home.path().join("prepared");
    let prepared = || prepare(&config.clips, home.path(), &kept, &mut |_| {}).unwrap();
    let clips: Vec<PreparedClip> = prepared();
    let found: Vec<_> = clips.iter().map(|c| (c.speaker.as_str(), c.source)).collect();
    assert_eq!(found, [("p9", 0), ("p19", 0), ("staged", 1), ("staged", 1)]);
    assert!(clips.iter().all(|c| c.exact && c.speech.is_none()));
    let error = (clips[0].track.points() - &truth(9.0).keypoints).iter().fold(0.0f32, |a, d| a.max(d.abs()));
    assert!(error <= 1.0 / 32.0, "{error}");
    let shown: f32 = clips[1].track.confidence().column(0).sum();
    assert_eq!(shown, 100.0, "frames outside of the usable range show nobody");
    // The second time, what was kept is taken.
    for (first, second) in clips.iter().zip(prepared()) {
        assert_eq!((&first.name, &first.track), (&second.name, &second.track));
    }
    let clips = Clips::new(clips, &config.clips, &config.networks, None).unwrap();
    // p9 is in the configuration, p19 is not: its style is nobody's.
    assert_eq!(clips.clips.iter().map(|c| c.speaker).collect::<Vec<_>>(), [1, 2, 0, 0]);
}

#[test]
fn speech_features_come_from_the_clips_sound() {
    if orator_speech::WakeHubert::load().is_err() {
        eprintln!("skipped: the speech model is not there; `cargo xtask setup` brings it");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("waves");
    let mut writer = ShardWriter::begin(&dir, ShardPlan::new(0, None, origin(FrameRate::MOTION))).unwrap();
    // Shorter than the pictures by two frames and a bit.
    let samples: Vec<f32> = (0..FRAMES * 640 - 1400).map(|i| 0.3 * (i as f32 * 0.07).sin()).collect();
    let audio = Audio::new(16_000, samples).unwrap();
    let mut description =
        ClipDescription::new("p9-0", "p9", Some(9), FrameRate::MOTION, FRAMES as u64, (256, 256));
    (description.samples, description.sample_rate) = (audio.samples.len() as u64, audio.rate);
    let sound = Some((SoundFormat::Wav, Content::wav(&audio).unwrap()));
    writer.push(&ClipInput { description, pictures: None, sound, truth: Some(truth(9.0)) }).unwrap();
    writer.finish().unwrap();
    // Not assembled: the shards that are there are of use, too.
    let config = config(home.path(), "  - { corpus: waves, split: train }").unwrap();
    let prepared = || prepare(&config.clips, home.path(), &home.path().join("kept"), &mut |_| {}).unwrap();
    let first = prepared().remove(0).speech.unwrap();
    assert_eq!(first.nrows(), FRAMES);
    assert!(first.iter().all(|v| v.is_finite()) && first.iter().any(|v| *v != 0.0));
    assert_eq!(prepared().remove(0).speech.unwrap(), first);
}

#[test]
fn a_stage_learns_from_a_corpus() {
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    corpus(&home.path().join("waves"), FrameRate::MOTION);
    let config = config(home.path(), BOTH_SIDES).unwrap();
    let mut told = 0;
    train(
        Stage::Tokenizer,
        &config,
        home.path(),
        &home.path().join("run"),
        false,
        Device::Cpu,
        &mut |event| {
            told += u32::from(matches!(event, Event::Step { .. }));
        },
    )
    .unwrap();
    assert!(told > 0);
    // The form of what is kept is that of all other clips.
    let prepared = home.path().join("run/prepared");
    let names: Vec<_> = std::fs::read_dir(&prepared).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
}

#[test]
fn entries_that_cannot_be_used_are_named() {
    let home = tempfile::tempdir().unwrap();
    corpus(&home.path().join("waves"), FrameRate::new(30, 1).unwrap());
    let refused = |clips: &str| config(home.path(), clips).unwrap_err().to_string();
    assert!(refused("  - { split: train }").contains("either `files` or a `corpus`"));
    assert!(refused("  - { files: a, corpus: b, speaker: staged, split: train }").contains("either"));
    assert!(refused("  - { files: a.mp4, split: train }").contains("name the speaker"));
    assert!(refused("  - { corpus: waves, speaker: other, split: train }").contains("networks.speakers"));
    assert!(refused("  - { corpus: waves, from_frame: 3, split: train }").contains("cut already"));

    let fails = |clips: &str| {
        let config = config(home.path(), clips).unwrap();
        prepare(&config.clips, home.path(), &home.path().join("kept"), &mut |_| {}).err().unwrap()
    };
    let error = fails("  - { corpus: waves, split: train }");
    assert!(error.to_string().contains("30 frames a second"), "{error}");
    let error = fails("  - { corpus: nowhere, split: train }");
    assert!(error.to_string().contains("nowhere") && error.hint().is_some(), "{error}");
    let error = fails("  - { corpus: waves, first: 5, split: train }");
    assert!(error.to_string().contains("no clip of the side `train`"), "{error}");
}
