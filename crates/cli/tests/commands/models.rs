//! Weights that are damaged, of another kind or of another shape; the `models` command.

use crate::bench::{Bench, outcome};
use crate::{made, weights};
use ndarray::Array2;
use orator_nn::{Checkpoint, Precision, from_array2};
use std::collections::BTreeMap;
use std::fs;

/// A folder with a photo that is not looked at before the weights are, a recording, and weights to spoil.
fn with_weights() -> Bench {
    let bench = Bench::new();
    orator_media::Picture::filled(64, 64, [9; 3]).write_png(&bench.path("photo.png")).unwrap();
    bench.file("speech.wav", &made::wav(1.0));
    fs::copy(weights::folder().join("contextual-small.safetensors"), bench.path("w.safetensors")).unwrap();
    bench
}

fn refused(bench: &Bench) -> String {
    let before = bench.names();
    let outcome =
        bench.run("generate --image photo.png --audio speech.wav --out out.mp4 --weights w.safetensors");
    assert_eq!(outcome.code, 6, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("help: "), "{}", outcome.stderr);
    assert_eq!(bench.names(), before);
    outcome.stderr
}

#[test]
fn damaged_weights() {
    let bench = with_weights();
    let good = fs::read(bench.path("w.safetensors")).unwrap();
    bench.file("w.safetensors", &good[..good.len() - 100]);
    assert!(refused(&bench).contains("w.safetensors"));
    bench.file("w.safetensors", &vec![0xff; good.len()]);
    assert!(refused(&bench).contains("w.safetensors"));
    bench.file("w.safetensors", b"");
    refused(&bench);

    // One bit in the middle of the numbers: only the hash can tell.
    let sum =
        orator_assets::sha256_of(&weights::folder().join("contextual-small.safetensors"), |_| {}).unwrap();
    bench.file("SHA256SUMS", format!("{sum}  w.safetensors\n").as_bytes());
    let mut flipped = good.clone();
    let middle = flipped.len() - 1000;
    flipped[middle] ^= 1;
    bench.file("w.safetensors", &flipped);
    let text = refused(&bench);
    assert!(text.contains("SHA-256") && text.contains(&sum), "{text}");
}

#[test]
fn weights_of_another_kind_or_shape() {
    let bench = with_weights();
    let path = bench.path("w.safetensors");
    let other = Checkpoint {
        metadata: BTreeMap::from([("kind".into(), "skeleton-motion".into())]),
        tensors: BTreeMap::from([("a".into(), from_array2(&Array2::zeros((2, 2))))]),
    };
    other.write(&path, Precision::Full).unwrap();
    let text = refused(&bench);
    assert!(text.contains("skeleton-motion") && text.contains("contextual-motion"), "{text}");

    let mut wide = weights::small();
    let config = wide.metadata["config"].replace(r#""hidden":32"#, r#""hidden":48"#);
    wide.metadata.insert("config".into(), config);
    wide.write(&path, Precision::Full).unwrap();
    let text = refused(&bench);
    assert!(text.contains("do not fit"), "{text}");

    let mut nonsense = weights::small();
    nonsense.metadata.insert("config".into(), "{".into());
    nonsense.write(&path, Precision::Full).unwrap();
    assert!(refused(&bench).contains("configuration"));

    // Keypoints are safetensors, too.
    let track = orator_body::KeypointTrack::new(
        orator_body::Layout::WholeBody133,
        orator_media::FrameRate::MOTION,
        (64, 64),
        ndarray::Array3::zeros((2, 133, 2)),
        Array2::zeros((2, 133)),
    )
    .unwrap();
    orator_body::write_keypoints(&path, &track, "a test").unwrap();
    refused(&bench);
}

#[test]
fn weights_that_are_not_there() {
    let bench = with_weights();
    let before = bench.names();
    for name in ["unheard-of", "nowhere/none.safetensors"] {
        let outcome = bench
            .run(&format!("generate --image photo.png --audio speech.wav --out out.mp4 --weights {name}"));
        assert_eq!(outcome.code, 6, "{}", outcome.stderr);
        assert!(outcome.stderr.contains(name) && outcome.stderr.contains("help: "), "{}", outcome.stderr);
    }
    let mut elsewhere = bench.orator();
    let outcome = outcome(elsewhere.env("ORATOR_MODELS", "no-such-folder").args(["models", "list"]));
    assert_eq!(outcome.code, 6, "{}", outcome.stderr);
    assert_eq!(bench.names(), before);
}

#[test]
fn listing_showing_verifying() {
    let bench = with_weights();
    bench.file("w.md", b"# Weights of a test\n\nLicence: MIT OR Apache-2.0\n");
    let sum = orator_assets::sha256_of(&bench.path("w.safetensors"), |_| {}).unwrap();
    bench.file("SHA256SUMS", format!("{sum}  w.safetensors\n").as_bytes());
    let run = |arguments: &[&str]| {
        outcome(
            bench.orator().env("ORATOR_MODELS", bench.path("")).args(["--json", "models"]).args(arguments),
        )
    };
    let listed = run(&["list"]);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    let model = listed.event("model");
    assert_eq!(model["name"], "w");
    assert_eq!(model["kind"], "contextual-motion");
    assert_eq!(model["licence"], "MIT OR Apache-2.0");
    assert_eq!((&model["sha256"], &model["expected_sha256"]), (&sum.clone().into(), &sum.clone().into()));
    let shown = run(&["show", "w"]).event("model");
    assert_eq!(shown["metadata"]["trained_on"], "nothing");
    assert!(shown["tensors"].as_object().unwrap().len() > 10);
    assert!(shown["card"].as_str().unwrap().contains("Weights of a test"));
    assert_eq!(run(&["verify"]).code, 0);

    let mut spoiled = fs::read(bench.path("w.safetensors")).unwrap();
    let middle = spoiled.len() / 2;
    spoiled[middle] ^= 1;
    bench.file("w.safetensors", &spoiled);
    bench.file("SHA256SUMS", format!("{sum}  w.safetensors\n{sum}  gone.safetensors\n").as_bytes());
    let verified = run(&["verify"]);
    assert_eq!(verified.code, 6, "{}", verified.stderr);
    let text = verified.event("error")["text"].as_str().unwrap().to_owned();
    assert!(text.contains("w.safetensors") && text.contains("gone.safetensors: is missing"), "{text}");
}
