//! `orator retrieve`: a run over a small corpus, and what is refused. What is found is tested in `orator-train`.

use crate::bench::{Bench, assets_are_there, of_checkout};
use crate::{made, stage, weights};
use orator_media::video_in::{VideoReadOptions, VideoReader};

#[test]
fn a_recording_and_a_gesture_ask() {
    if !assets_are_there() {
        return;
    }
    let bench = stage::with_speech();
    let rendered = bench.run(&format!("{} corpus", stage::RENDER));
    assert_eq!(rendered.code, 0, "{}", rendered.stderr);
    let aligned = weights::aligned();
    let aligned = aligned.display();
    let asked = bench.run(&format!(
        "retrieve --corpus corpus --recording speech/no.wav --weights {aligned} --count 1 --prepared kept --out a.mp4"
    ));
    assert_eq!(asked.code, 0, "{}", asked.stderr);
    assert_eq!(asked.stdout.lines().count(), 2, "a window and one answer: {}", asked.stdout);
    let options = VideoReadOptions { rate: None, ..VideoReadOptions::default() };
    let reader = VideoReader::open(&bench.path("a.mp4"), &options).unwrap();
    assert!(reader.info().has_audio);
    // As many frames as the recording has; the clip's own pictures.
    let frames: Vec<_> = reader.map(Result::unwrap).collect();
    assert_eq!(frames.len(), 50);
    assert_eq!(bench.names(), ["a.mp4", "corpus", "kept", "speech"]);

    let keypoints = std::fs::read_dir(bench.path("kept")).unwrap().map(|e| e.unwrap().path());
    let keypoints = keypoints.filter(|p| p.to_string_lossy().contains("keypoints")).min().unwrap();
    std::fs::copy(keypoints, bench.path("gesture.safetensors")).unwrap();
    let asked = bench.run(&format!(
        "retrieve --corpus corpus --gesture gesture.safetensors --weights {aligned} --stream face --json"
    ));
    assert_eq!(asked.code, 0, "{}", asked.stderr);
    let report = asked.event("retrieved");
    assert_eq!((report["clips"].as_u64(), report["streams"][0].as_str()), (Some(2), Some("face")));
    let found = report["answers"][0]["found"].as_array().unwrap();
    assert_eq!(found.len(), 2);
    assert!(found[0]["similarity"].as_f64() >= found[1]["similarity"].as_f64());
}

#[test]
fn what_is_refused() {
    let bench = Bench::new();
    bench.file("speech.wav", &made::wav(1.0));
    bench.file("silent.wav", &made::silent_wav(1.0));
    std::fs::create_dir(bench.path("empty")).unwrap();
    let aligned = weights::aligned();
    let aligned = aligned.display();
    let before = bench.names();
    let mut told = String::new();
    for (arguments, code) in [
        ("--corpus empty --recording speech.wav".to_owned(), 6),
        (format!("--corpus empty --recording missing.wav --weights {aligned}"), 3),
        (format!("--corpus empty --recording silent.wav --weights {aligned}"), 3),
        (format!("--corpus empty --gesture missing.mp4 --weights {aligned}"), 3),
        (format!("--corpus empty --recording speech.wav --weights {aligned} --out a.avi"), 2),
        (format!("--corpus empty --recording speech.wav --weights {aligned} --out none/a.mp4"), 5),
        (
            format!("--corpus empty --recording speech.wav --weights {}", of_checkout("README.md").display()),
            6,
        ),
    ] {
        if code == 3 && !assets_are_there() {
            return;
        }
        let outcome = bench.run(&format!("retrieve {arguments}"));
        assert_eq!(outcome.code, code, "{arguments}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("help: "), "{}", outcome.stderr);
        assert_eq!(bench.names(), before, "{arguments}");
        told += &outcome.stderr;
    }
    assert!(
        told.contains("hold no alignment encoders") && told.contains("the recording is silent"),
        "{told}"
    );
    for arguments in [
        "--corpus empty",
        "--corpus empty --recording a --gesture b",
        "--corpus empty --recording a --count 0",
    ] {
        assert_eq!(bench.run(&format!("retrieve {arguments}")).code, 2, "{arguments}");
    }
    if assets_are_there() {
        for corpus in ["empty", "missing"] {
            let arguments = format!("retrieve --corpus {corpus} --recording speech.wav --weights {aligned}");
            let outcome = bench.run(&arguments);
            assert_eq!(outcome.code, 3, "{}", outcome.stderr);
            assert!(outcome.stderr.contains(corpus), "{}", outcome.stderr);
        }
    }
}
