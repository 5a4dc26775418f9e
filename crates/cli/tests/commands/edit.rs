//! A part of a video made anew, and what is refused.

use crate::bench::{Bench, assets_are_there, of_checkout};
use orator_assets::{Asset, locate};
use orator_body::read_keypoints;
use orator_media::video_in::{VideoReadOptions, VideoReader};
use orator_media::{Limits, audio};
use std::fs;

#[test]
fn a_range_is_made_anew_and_the_rest_stays() {
    if !assets_are_there() {
        return;
    }
    let bench = Bench::new();
    fs::copy(of_checkout("assets/presenter_man.png"), bench.path("photo.png")).unwrap();
    let whole = audio::read(&locate(Asset::DemoSpeech).unwrap(), &Limits::default()).unwrap();
    audio::write_wav(&bench.path("speech.wav"), &whole.slice(0, 2 * 16_000)).unwrap();
    audio::write_wav(&bench.path("other.wav"), &whole.slice(3 * 16_000, 4 * 16_000)).unwrap();
    let shipped = of_checkout("models/contextual-small.safetensors");
    let weights = if shipped.is_file() { format!("--weights {}", shipped.display()) } else { String::new() };
    let made = bench.run(&format!("generate --image photo.png --audio speech.wav --out a.mp4 {weights}"));
    assert_eq!(made.code, 0, "{}", made.stderr);

    let edited = bench.run(&format!(
        "edit --video a.mp4 --from 0.6 --to 1.2 --seed 5 --out b.mp4 --keypoints b.safetensors --json {weights}"
    ));
    assert_eq!(edited.code, 0, "{}", edited.stderr);
    let events = edited.events();
    let report = events.iter().find(|event| event["event"] == "edited").unwrap();
    assert_eq!((report["first_new"].as_u64(), report["first_kept"].as_u64()), (Some(15), Some(30)));
    let (begin, end) = (report["seams"]["begin"].as_f64().unwrap(), report["seams"]["end"].as_f64().unwrap());
    let fastest = report["seams"]["clip_99"].as_f64().unwrap();
    assert!(begin <= fastest && end <= fastest, "{begin} and {end} beside {fastest}");
    let frames = |name: &str| -> Vec<_> {
        let options = VideoReadOptions { rate: None, ..VideoReadOptions::default() };
        VideoReader::open(&bench.path(name), &options).unwrap().map(Result::unwrap).collect()
    };
    let (old, new) = (frames("a.mp4"), frames("b.mp4"));
    assert_eq!((old.len(), new.len()), (50, 50));
    let apart = |frame: usize| {
        let pairs = old[frame].rgb().iter().zip(new[frame].rgb());
        pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / old[frame].rgb().len() as f64
    };
    // Encoded twice: nearly the same outside, something else inside.
    for frame in (0..15).chain(30..50) {
        assert!(apart(frame) < 2.0, "frame {frame}: {}", apart(frame));
    }
    assert!((18..27).any(|frame| apart(frame) > 2.0));
    assert_eq!(read_keypoints(&bench.path("b.safetensors")).unwrap().track.frames(), 50);

    // Other words: the range becomes as long as they are.
    let said =
        bench.run(&format!("edit --video a.mp4 --from 0.6 --to 1.2 --audio other.wav --out c.mp4 {weights}"));
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(frames("c.mp4").len(), 50 - 15 + 25);

    for (range, word) in
        [("--from 1 --to 1", "empty"), ("--from 5 --to 6", "end"), ("--from 0 --to 2", "whole")]
    {
        let refused = bench.run(&format!("edit --video a.mp4 {range} --out d.mp4 {weights}"));
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains(word), "{}", refused.stderr);
        assert!(!bench.path("d.mp4").exists());
    }
    let overwritten = bench.run("edit --video a.mp4 --from 0.6 --to 1.2 --out a.mp4");
    assert_eq!(overwritten.code, 2, "{}", overwritten.stderr);
}
