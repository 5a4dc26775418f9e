//! Retrieval out of a made-up corpus, with encoders that were never trained: what is found is what the model's own embeddings say.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use ndarray::{Array2, Array3};
use orator_body::{KeypointTrack, read_keypoints, write_keypoints};
use orator_corpus::{
    ClipDescription, ClipInput, Content, Origin, ShardPlan, ShardWriter, SoundFormat, Truth,
};
use orator_media::{Audio, FrameRate};
use orator_motion::contextual::{
    AlignmentConfig, ContextualConfig, ContextualModel, Networks, Normaliser, SPEECH_FEATURES, Statistics,
    Stream, TokenizerConfig, WINDOW_FRAMES,
};
use orator_nn::{Checkpoint, Precision, parameters};
use orator_speech::{Speech, WakeHubert};
use orator_train::retrieval::{Query, RetrievalRequest, load_aligned, retrieve};
use std::collections::BTreeMap;
use std::path::Path;
use tch::Device;

const FRAMES: usize = 180;

fn truth(seed: f32) -> Truth {
    let points = Array3::from_shape_fn((FRAMES, 133, 2), |(f, p, axis)| {
        let rest = if axis == 0 { 100.0 + (p * 37 % 101) as f32 } else { 80.0 + (p * 53 % 89) as f32 };
        let size = if p >= 71 { 8.0 } else { 1.0 };
        rest + size * (f as f32 * (0.05 + 0.04 * seed) + seed + axis as f32).sin()
    });
    Truth::new(FrameRate::MOTION, (256, 256), points, Array2::from_elem((FRAMES, 133), 2))
}

fn sound(seed: f32, frames: usize) -> Audio {
    let tone = |i: usize| {
        let time = i as f32 / 16_000.0;
        0.3 * (time * (500.0 + 300.0 * seed)).sin() * (time * (4.0 + seed)).sin().max(0.0)
    };
    Audio::new(16_000, (0..frames * 640).map(tone).collect()).unwrap()
}

/// Three clips with sound, of identities 9 (trains), 10 (is held out) and 11; none has pictures.
fn corpus(dir: &Path) {
    let origin = Origin {
        name: "waves".into(),
        program: "a test".into(),
        program_version: "1".into(),
        seed: Some(1),
        settings: serde_json::Value::Null,
        licence: "CC0-1.0".into(),
        source: "made up".into(),
        rate: FrameRate::MOTION,
        size: (256, 256),
    };
    let mut writer = ShardWriter::begin(dir, ShardPlan::new(0, None, origin)).unwrap();
    for identity in [9, 10, 11] {
        let audio = sound(identity as f32 - 9.0, FRAMES);
        let (id, speaker) = (format!("p{identity}-0"), format!("p{identity}"));
        let rate = FrameRate::MOTION;
        let mut description =
            ClipDescription::new(&id, &speaker, Some(identity), rate, FRAMES as u64, (256, 256));
        (description.samples, description.sample_rate) = (audio.samples.len() as u64, audio.rate);
        let sound = Some((SoundFormat::Wav, Content::wav(&audio).unwrap()));
        let truth = Some(truth(identity as f32 - 9.0));
        writer.push(&ClipInput { description, pictures: None, sound, truth }).unwrap();
    }
    writer.finish().unwrap();
}

fn model(alignment: Option<AlignmentConfig>) -> ContextualModel {
    tch::manual_seed(6);
    let tokenizer = TokenizerConfig { width: 8, blocks: 1, depth: 1, ..TokenizerConfig::default() };
    let config = ContextualConfig {
        face: tokenizer.clone(),
        body: tokenizer,
        alignment,
        ..ContextualConfig::default()
    };
    let statistics = Statistics {
        motion: Stream::ALL.map(|s| Normaliser::identity(s.dimensions())),
        speech: Normaliser::identity(SPEECH_FEATURES),
        hands: [[[0.0; 2]; 21]; 2],
    };
    let networks = Networks::new(&config, Device::Cpu);
    ContextualModel::new(config, statistics, networks)
}

fn small() -> Option<AlignmentConfig> {
    Some(AlignmentConfig { width: 16, heads: 2, hidden: 16, embedding: 12, ..AlignmentConfig::default() })
}

fn track(seed: f32) -> KeypointTrack {
    truth(seed).track().unwrap()
}

#[test]
fn what_is_found_is_what_the_embeddings_say() {
    let Ok(mut encoder) = WakeHubert::load() else {
        eprintln!("skipped: the speech model is not there; `cargo xtask setup` brings it");
        return;
    };
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let (dir, wav, out) = (home.path().join("waves"), home.path().join("a.wav"), home.path().join("a.mp4"));
    corpus(&dir);
    let asked = sound(4.0, 170);
    orator_media::audio::write_wav(&wav, &asked).unwrap();
    let model = model(small());
    let prepared = home.path().join("prepared");
    let request = RetrievalRequest {
        count: 4,
        prepared: Some(prepared.clone()),
        out: Some(out.clone()),
        ..RetrievalRequest::new(Query::Recording(wav.clone()), &dir)
    };
    let report = retrieve(&model, &request, &mut |_| {}).unwrap();
    // Windows at 0, 20 … 100 of three clips; two whole windows of the recording.
    assert_eq!((report.clips, report.windows, report.answers.len()), (3, 18, 2));
    assert!(report.skipped.is_empty() && prepared.is_dir());

    let asked = orator_media::audio::read(&wav, &orator_media::Limits::default()).unwrap();
    let speech = Speech::analyse(&asked, &mut encoder, 170, &mut |_| {}).unwrap();
    // As the corpus keeps them, to a 32nd of a pixel.
    let kept = |clip: usize| {
        let begins = format!("waves-p{}-0-", clip + 9);
        let mut files = std::fs::read_dir(&prepared).unwrap().map(|entry| entry.unwrap().path());
        let is_its = |name: &str| name.starts_with(&begins) && name.ends_with(".keypoints.safetensors");
        let file = files.find(|path| is_its(path.file_name().unwrap().to_str().unwrap())).unwrap();
        read_keypoints(&file).unwrap().track
    };
    let mut expected = Array2::<f32>::zeros((2, 18));
    for stream in Stream::ALL {
        let speech = model.embed_speech(stream, &speech, WINDOW_FRAMES).unwrap();
        for clip in 0..3 {
            let motion = model.embed_motion(stream, &kept(clip), 20).unwrap();
            let mut part = expected.slice_mut(ndarray::s![.., clip * 6..(clip + 1) * 6]);
            part += &(speech.dot(&motion.t()) / 2.0);
        }
    }
    for (answer, row) in report.answers.iter().zip(expected.rows()) {
        let best = row.iter().copied().fold(f32::MIN, f32::max);
        let at = row.iter().position(|&v| v == best).unwrap();
        let found = &answer.found[0];
        assert!((found.similarity - f64::from(best)).abs() < 1e-5, "{} for {best}", found.similarity);
        let mean = f64::from(row.mean().unwrap());
        assert!((answer.mean - mean).abs() < 1e-5, "{} for {mean}", answer.mean);
        let clip = ["p9-0", "p10-0", "p11-0"].iter().position(|id| *id == found.clip).unwrap();
        assert_eq!(clip * 6 + (found.from / 0.8).round() as usize, at, "{found:?}");
        assert!(answer.found.windows(2).all(|pair| pair[0].similarity >= pair[1].similarity));
        for (number, found) in answer.found.iter().enumerate() {
            let apart = |other: &orator_train::retrieval::Found| {
                other.clip != found.clip || found.to <= other.from || other.to <= found.from
            };
            assert!(answer.found[number + 1..].iter().all(apart), "{:?}", answer.found);
        }
    }
    // The video: two windows of poses with the recording.
    let reader = orator_media::video_in::VideoReader::open(&out, &Default::default()).unwrap();
    assert!(reader.info().has_audio);
    let pictures: Vec<_> = reader.map(Result::unwrap).collect();
    assert_eq!((pictures.len(), pictures[0].width()), (160, 512));
    assert!(pictures[80].rgb().iter().any(|&v| v > 100), "a pose is drawn");
}

#[test]
fn a_gesture_asks_for_recordings() {
    if WakeHubert::load().is_err() {
        eprintln!("skipped: the speech model is not there; `cargo xtask setup` brings it");
        return;
    }
    orator_nn::configure_threads(1);
    let home = tempfile::tempdir().unwrap();
    let (dir, points) = (home.path().join("waves"), home.path().join("gesture.safetensors"));
    corpus(&dir);
    write_keypoints(&points, &track(1.0).window(0..100), "a test").unwrap();
    let request = RetrievalRequest {
        streams: vec![Stream::Body],
        count: 2,
        out: Some(home.path().join("b.mp4")),
        ..RetrievalRequest::new(Query::Gesture(points.clone()), &dir)
    };
    let model = model(small());
    let report = retrieve(&model, &request, &mut |_| {}).unwrap();
    assert_eq!((report.streams.as_slice(), report.answers.len()), (&["body"][..], 1));
    assert_eq!(report.answers[0].found.len(), 2);
    assert_eq!(retrieve(&model, &request, &mut |_| {}).unwrap(), report, "the same again");

    // A gesture without hands in view, and one at another rate.
    let mut hidden = track(1.0);
    hidden.parts_mut().1.slice_mut(ndarray::s![.., 5..]).fill(0.0);
    hidden.parts_mut().1.slice_mut(ndarray::s![.., orator_body::layout::FACE]).fill(1.0);
    write_keypoints(&points, &hidden, "a test").unwrap();
    let error = retrieve(&model, &request, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("hardly in view"), "{error}");
    let (places, sure) = track(1.0).into_parts();
    let rate = FrameRate::new(30, 1).unwrap();
    let faster = KeypointTrack::new(orator_body::Layout::WholeBody133, rate, (256, 256), places, sure);
    write_keypoints(&points, &faster.unwrap(), "a test").unwrap();
    let error = retrieve(&model, &request, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("at 30 a second"), "{error}");
}

#[test]
fn weights_of_the_alignment_stage_are_enough() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("alignment.safetensors");
    let model = model(small());
    let mut tensors = parameters(&model.networks().alignment.as_ref().unwrap().store);
    tensors.extend(model.statistics().tensors());
    let metadata = BTreeMap::from([
        ("kind".to_string(), "contextual-motion-alignment".to_string()),
        ("networks".to_string(), serde_json::to_string(model.config()).unwrap()),
    ]);
    Checkpoint { metadata, tensors }.write(&path, Precision::Full).unwrap();
    let read = load_aligned(&path, Device::Cpu).unwrap();
    let embed = |m: &ContextualModel| m.embed_motion(Stream::Face, &track(2.0), 80).unwrap();
    assert_eq!(embed(&read), embed(&model));
}

#[test]
fn weights_without_encoders_say_what_to_train() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("plain.safetensors");
    let plain = model(None);
    plain.checkpoint(&BTreeMap::new()).unwrap().write(&path, Precision::Half).unwrap();
    let error = load_aligned(&path, Device::Cpu).err().unwrap();
    assert!(error.to_string().contains("plain.safetensors: these weights hold no alignment"), "{error}");
    assert!(error.hint().unwrap().contains("train contextual alignment"));
    let request = RetrievalRequest::new(Query::Recording("none.wav".into()), home.path());
    assert!(retrieve(&plain, &request, &mut |_| {}).is_err());
}
