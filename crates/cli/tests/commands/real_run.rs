//! One real run from the demo's photo and speech.

use crate::bench::{Bench, assets_are_there, of_checkout};
use orator_assets::{Asset, locate};
use orator_media::video_in::{VideoReadOptions, VideoReader};
use orator_media::video_out::read_provenance;
use orator_media::{FrameRate, Limits, audio};
use std::fs;

#[test]
fn photo_and_speech_become_a_video() {
    if !assets_are_there() {
        return;
    }
    let bench = Bench::new();
    fs::copy(of_checkout("assets/presenter_man.png"), bench.path("photo.png")).unwrap();
    let whole = audio::read(&locate(Asset::DemoSpeech).unwrap(), &Limits::default()).unwrap();
    // Not a whole number of frames.
    let speech = whole.slice(0, 2 * 16_000 + 123);
    audio::write_wav(&bench.path("speech.wav"), &speech).unwrap();
    let frames = FrameRate::MOTION.frames_covering(speech.samples.len() as u64, speech.rate);
    assert_eq!(frames, 51);

    let shipped = of_checkout("models/contextual-small.safetensors");
    let weights = if shipped.is_file() {
        format!("--weights {}", shipped.display())
    } else {
        eprintln!("the weights that ship are absent: untrained ones are used");
        String::new()
    };
    let request = format!("generate --image photo.png --audio speech.wav --seed 7 {weights} --json");
    let first = bench.run(&format!("{request} --out a.mp4 --takes 2 --keypoints motion.safetensors --label"));
    assert_eq!(first.code, 0, "{}", first.stderr);
    let stages: Vec<String> = first
        .events()
        .iter()
        .filter(|event| event["event"] == "stage")
        .map(|event| event["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        stages,
        ["inputs", "models", "portrait", "speech", "motion", "render", "motion", "render"],
        "stages in their order"
    );
    assert_eq!(
        bench.names(),
        ["a-1.mp4", "a-2.mp4", "motion-1.safetensors", "motion-2.safetensors", "photo.png", "speech.wav"]
    );
    for take in 0..2u64 {
        let path = bench.path(&format!("a-{}.mp4", take + 1));
        let options = VideoReadOptions { rate: None, ..VideoReadOptions::default() };
        let reader = VideoReader::open(&path, &options).unwrap();
        assert_eq!((reader.info().width, reader.info().height), (256, 256));
        assert!(reader.info().has_audio);
        assert_eq!(reader.map(Result::unwrap).count() as u64, frames);
        let sound = audio::read(&path, &Limits::default()).unwrap();
        assert!((sound.duration_seconds() - speech.duration_seconds()).abs() < 0.04);
        let provenance = read_provenance(&path).unwrap().unwrap();
        assert_eq!((provenance.generator.as_str(), provenance.seed), ("orator", Some(7 + take)));
        assert_eq!(provenance.version, env!("CARGO_PKG_VERSION"));
        assert!(provenance.weights[0].contains("sha256:"), "{provenance:?}");
        assert!(provenance.note.unwrap().contains("synthetic"));
        let motion = bench.path(&format!("motion-{}.safetensors", take + 1));
        assert_eq!(orator_body::read_keypoints(&motion).unwrap().track.frames() as u64, frames);
    }
    let bytes = |name: &str| fs::read(bench.path(name)).unwrap();
    assert_ne!(bytes("a-1.mp4"), bytes("a-2.mp4"), "another seed, another take");

    let again = bench.run(&format!("{request} --out b.mp4 --label generated"));
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(bytes("a-1.mp4") == bytes("b.mp4"), "the same seed gives the same video, bit for bit");

    let inspected = bench.run("inspect b.mp4 --json").event("inspected");
    assert!(inspected["person"].as_f64().unwrap() >= 0.98, "{inspected}");
    assert_eq!((&inspected["frames"], &inspected["sound"]), (&frames.into(), &true.into()));
    assert_eq!(inspected["provenance"]["seed"], 7);
}
