//! Editing a filmed clip: what is kept is kept to the bit, and nothing jumps at the borders.

use super::{EditRequest, edit_watched};
use orator_body::{KeypointTrack, read_keypoints};
use orator_media::video_in::{Position, VideoReadOptions, VideoReader};
use orator_media::video_out::{VideoSettings, VideoWriter};
use orator_media::{FrameRate, Limits, Picture, audio};
use std::path::{Path, PathBuf};

/// Frames of the little clip.
const FRAMES: usize = 60;
/// First frame of the film that is in it: the man's hands move, and the camera stands.
const FIRST: usize = 80;
/// Size of the clip: the film's shape.
const SIZE: (usize, usize) = (288, 512);

fn filmed() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared =
        std::env::var_os("ORATOR_SHARED").map_or_else(|| here.join("../../../shared"), PathBuf::from);
    Some(shared.join("data/latentsync/demo3.mp4")).filter(|path| path.is_file())
}

/// A little clip of the film with its sound.
fn little_clip(film: &Path, to: &Path) {
    let sound = audio::read(film, &Limits::default()).unwrap();
    let at = |frame: usize| FrameRate::MOTION.start_of_frame(frame as u64, sound.rate) as usize;
    let settings = VideoSettings {
        audio: Some(sound.slice(at(FIRST), at(FIRST + FRAMES))),
        ..VideoSettings::new(SIZE.0, SIZE.1, FrameRate::MOTION)
    };
    let mut writer = VideoWriter::create(to, settings).unwrap();
    let options = VideoReadOptions {
        from: Some(Position::Frame(FIRST as u64)),
        to: Some(Position::Frame((FIRST + FRAMES) as u64)),
        ..VideoReadOptions::at_motion_rate()
    };
    for picture in VideoReader::open(film, &options).unwrap() {
        writer.push(&picture.unwrap().resize(SIZE.0, SIZE.1)).unwrap();
    }
    writer.finish().unwrap();
}

/// Mean way of the points seen in both frames, in pixels: written anew here, so as not to believe the code that is tested.
fn step(track: &KeypointTrack, frame: usize) -> f64 {
    let seen: Vec<f64> = (0..133)
        .filter(|&p| track.confidence()[[frame - 1, p]] >= 0.3 && track.confidence()[[frame, p]] >= 0.3)
        .map(|p| {
            let way =
                |axis| f64::from(track.points()[[frame, p, axis]] - track.points()[[frame - 1, p, axis]]);
            way(0).hypot(way(1))
        })
        .collect();
    seen.iter().sum::<f64>() / seen.len().max(1) as f64
}

#[test]
fn outside_of_the_range_nothing_changes_and_no_border_jumps() {
    let missing = orator_assets::Asset::ALL.into_iter().find_map(|asset| orator_assets::locate(asset).err());
    let weights = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/contextual-small.safetensors");
    let (Some(film), None, true) = (filmed(), missing, weights.is_file()) else {
        eprintln!(
            "skipped: needs the shared folder's film, the shipped weights and what `cargo xtask setup` brings"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    little_clip(&film, &path("old.mp4"));
    let old: Vec<Picture> = VideoReader::open(&path("old.mp4"), &VideoReadOptions::at_motion_rate())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(old.len(), FRAMES);
    let (from, to, seed) = (0.8, 1.6, 5);
    let (first, end) = ((from * 25.0) as usize, (to * 25.0) as usize);
    let request = EditRequest {
        seed,
        weights: Some(weights.display().to_string()),
        keypoints: Some(path("new.safetensors")),
        ..EditRequest::new(path("old.mp4"), from, to, path("new.mp4"))
    };
    let mut new = Vec::new();
    let report =
        edit_watched(&request, &mut |_| {}, &mut |picture: &Picture| new.push(picture.clone())).unwrap();
    assert_eq!((report.first_new, report.first_kept), (first as u64, end as u64));
    assert_eq!(new.len(), FRAMES);
    for (frame, (old, new)) in old.iter().zip(&new).enumerate() {
        let same = old.rgb() == new.rgb();
        assert_eq!(same, !(first..end).contains(&frame), "frame {frame} of {from} to {to}");
    }
    let track = read_keypoints(&path("new.safetensors")).unwrap().track;
    let mut kept: Vec<f64> =
        (1..FRAMES).filter(|f| *f < first || *f > end).map(|f| step(&track, f)).collect();
    kept.sort_by(f64::total_cmp);
    let fast = kept[((kept.len() - 1) as f64 * 0.99).ceil() as usize];
    for border in [first, end].into_iter().filter(|border| *border > 0) {
        let jump = step(&track, border);
        assert!(jump <= fast, "{jump:.2} at frame {border}, 99 % of the clip's steps are below {fast:.2}");
    }
    assert!(report.seams.are_smooth(), "{:?}", report.seams);
}
