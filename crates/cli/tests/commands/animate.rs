//! `orator animate` and `orator inspect`.

use crate::bench::{Bench, assets_are_there, of_checkout};
use crate::made;
use ndarray::s;
use orator_body::read_keypoints;
use std::fs;

fn with_photo() -> Bench {
    let bench = Bench::new();
    fs::copy(of_checkout("assets/presenter_man.png"), bench.path("photo.png")).unwrap();
    bench
}

#[test]
fn bad_driving_videos() {
    let bench = with_photo();
    bench.file("text.mp4", b"no video");
    bench.file("empty.mp4", b"");
    bench.file("speech.wav", &made::wav(0.5));
    bench.file("broken.safetensors", b"no keypoints");
    let before = bench.names();
    for (arguments, code) in [
        ("--driving missing.mp4", 3),
        ("--driving text.mp4", 3),
        ("--driving empty.mp4", 4),
        ("--driving photo.png", 3),
        ("--driving speech.wav", 3),
        ("--driving broken.safetensors --image photo.png", 3),
        ("--driving broken.safetensors", 2),
        ("--driving text.mp4 --from 3 --to 2", 2),
        ("--driving text.mp4 --image missing.png", 3),
        ("--driving text.mp4 --size 100", 2),
    ] {
        if code > 2 && !assets_are_there() {
            return;
        }
        let outcome = bench.run(&format!("animate {arguments} --out out.mp4"));
        assert_eq!(outcome.code, code, "{arguments}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("help: "), "{}", outcome.stderr);
        assert_eq!(bench.names(), before, "{arguments}");
    }
}

#[test]
fn inspecting_a_picture() {
    if !assets_are_there() {
        return;
    }
    let bench = with_photo();
    let drawn = bench.run("inspect photo.png --out drawn.png --json");
    assert_eq!(drawn.code, 0, "{}", drawn.stderr);
    let report = drawn.event("inspected");
    assert_eq!((&report["width"], &report["face"]), (&512.into(), &1.0.into()));
    assert_eq!(report["crop"]["side"], 512.0);
    let kept = bench.run("inspect photo.png --out points.safetensors");
    assert_eq!(kept.code, 0, "{}", kept.stderr);
    let file = read_keypoints(&bench.path("points.safetensors")).unwrap();
    assert_eq!((file.track.frames(), file.source.as_str()), (1, "photo.png"));
    let limits = orator_media::Limits::default();
    let [before, after] = ["photo.png", "drawn.png"]
        .map(|name| orator_media::picture::read(&bench.path(name), &limits).unwrap());
    assert_ne!(before.rgb(), after.rgb());
    assert_eq!(bench.names(), ["drawn.png", "photo.png", "points.safetensors"]);

    let before = bench.names();
    assert_eq!(bench.run("inspect photo.png --out drawn.mp4").code, 2);
    assert_eq!(bench.run("inspect missing.png").code, 3);
    assert_eq!(bench.names(), before);
}

/// Points of the photo itself, swaying: absolute motion keeps them, relative motion sways by as much.
#[test]
fn a_keypoint_file_drives_a_photo() {
    if !assets_are_there() {
        return;
    }
    let bench = with_photo();
    assert_eq!(bench.run("inspect photo.png --out still.safetensors").code, 0);
    let still = read_keypoints(&bench.path("still.safetensors")).unwrap().track;
    let frames = 12;
    let mut points = ndarray::Array3::zeros((frames, 133, 2));
    let mut confidence = ndarray::Array2::zeros((frames, 133));
    for frame in 0..frames {
        let sway = 10.0 * (frame as f32 * 0.3).sin();
        points.slice_mut(s![frame, .., ..]).assign(&still.points().slice(s![0, .., ..]));
        points.slice_mut(s![frame, .., 0]).map_inplace(|x: &mut f32| *x += sway);
        confidence.slice_mut(s![frame, ..]).assign(&still.confidence().slice(s![0, ..]));
    }
    let swaying =
        orator_body::KeypointTrack::new(still.layout(), still.rate(), still.size(), points, confidence)
            .unwrap();
    orator_body::write_keypoints(&bench.path("sway.safetensors"), &swaying, "a test").unwrap();
    for mode in ["absolute", "relative"] {
        let outcome = bench.run(&format!(
            "animate --image photo.png --driving sway.safetensors --mode {mode} --out {mode}.mp4 \
             --keypoints {mode}.safetensors --report {mode}.json --json"
        ));
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let measured = outcome.event("measured");
        assert_eq!((&measured["frames"], &measured["mode"]), (&frames.into(), &mode.into()));
        let found = measured["check"]["keypoints"]["person_found"].as_f64().unwrap();
        assert!(found >= 0.98, "person found in {found} of the frames");
        let made = read_keypoints(&bench.path(&format!("{mode}.safetensors"))).unwrap().track;
        assert_eq!((made.frames(), made.size()), (frames, (256, 256)));
        // The left shoulder, in pixels of 256 instead of 512.
        let moved = made.points()[[5, 5, 0]] - made.points()[[0, 5, 0]];
        let wanted = (swaying.points()[[5, 5, 0]] - swaying.points()[[0, 5, 0]]) / 2.0;
        assert!((moved - wanted).abs() < 0.5, "{mode}: moved by {moved}, not {wanted}");
        assert!(bench.path(&format!("{mode}.json")).is_file());
    }
}
