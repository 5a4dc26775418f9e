//! What is found in whole pictures and short videos. Skips without the models.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers outside #[test] functions

use orator_assets::AssetError;
use orator_body::{Layout, layout};
use orator_media::{FrameRate, Picture};
use orator_perceive::{Found, PerceiveError, Perceiver, Remark};
use std::path::Path;

fn perceiver() -> Option<Perceiver> {
    match Perceiver::load() {
        Ok(perceiver) => Some(perceiver),
        Err(PerceiveError::Asset(error @ AssetError::Missing { .. })) => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// A synthetic presenter with both hands in view, 256 × 256.
fn presenter() -> Picture {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/presenter.png");
    let decoded = image::open(path).unwrap().to_rgb8();
    Picture::from_rgb(decoded.width() as usize, decoded.height() as usize, decoded.into_raw()).unwrap()
}

/// `part` of the way through `picture`'s columns and rows.
fn cut(picture: &Picture, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> Picture {
    let mut rgb = Vec::new();
    for y in rows.clone() {
        for x in columns.clone() {
            rgb.extend(picture.pixel(x, y));
        }
    }
    Picture::from_rgb(columns.len(), rows.len(), rgb).unwrap()
}

fn beside(left: &Picture, right: &Picture) -> Picture {
    let mut rgb = Vec::new();
    for y in 0..left.height() {
        rgb.extend((0..left.width()).flat_map(|x| left.pixel(x, y)));
        rgb.extend((0..right.width()).flat_map(|x| right.pixel(x, y)));
    }
    Picture::from_rgb(left.width() + right.width(), left.height(), rgb).unwrap()
}

fn same(a: &Found, b: &Found) -> bool {
    a.points == b.points && a.confidence == b.confidence && a.mask == b.mask && a.remarks == b.remarks
}

#[test]
fn a_presenter_is_found_whole() {
    let Some(mut perceiver) = perceiver() else { return };
    let picture = presenter();
    let found = perceiver.picture(&picture).unwrap();
    assert!(found.parts.face && found.parts.left_hand && found.parts.right_hand);
    assert_eq!(found.remarks, []);
    assert_eq!(found.points.shape(), [layout::WHOLE_BODY, 2]);
    // the person's left hand is on the right of the picture
    let x = |i: usize| found.points[[i, 0]];
    assert!(x(layout::WRISTS[0]) > x(layout::WRISTS[1]));
    assert!((x(layout::LEFT_HAND.start) - x(layout::WRISTS[0])).abs() < 20.0);
    let mask = found.mask.as_ref().unwrap();
    let at = |i: usize| {
        let (x, y) = (found.points[[i, 0]] as usize, found.points[[i, 1]] as usize);
        mask.data[y * mask.width + x]
    };
    assert!(at(layout::NOSE) > 250 && at(layout::SHOULDERS[0]) > 250);
    assert!(mask.data[0] < 5 && mask.data[mask.width - 1] < 5);

    let again = perceiver.picture(&picture).unwrap();
    assert!(same(&found, &again), "the same picture gives the same answer");
    let (portrait, remarks) = perceiver.portrait(picture).unwrap();
    assert_eq!(portrait.keypoints.layout(), Layout::WholeBody133);
    assert_eq!(portrait.person_mask, mask.data);
    assert!(remarks.is_empty());
}

#[test]
fn what_is_missing_is_said() {
    let Some(mut perceiver) = perceiver() else { return };
    let picture = presenter();
    let (width, height) = (picture.width(), picture.height());
    let bust = perceiver.picture(&cut(&picture, 0..width, 0..height * 45 / 100)).unwrap();
    assert!(bust.remarks.contains(&Remark::NoHands), "{:?}", bust.remarks);
    for index in layout::LEFT_HAND.chain(layout::RIGHT_HAND) {
        assert_eq!(bust.confidence[index], 0.0);
        assert!(bust.points[[index, 0]].is_finite());
    }
    let pair = perceiver.picture(&beside(&picture, &picture)).unwrap();
    assert!(pair.remarks.contains(&Remark::SeveralPeople(2)), "{:?}", pair.remarks);
    let words = Remark::NoHands.to_string();
    assert_eq!(words, "no hands in view: only head and shoulders will move");
}

#[test]
fn nobody_is_an_error_with_a_hint() {
    let Some(mut perceiver) = perceiver() else { return };
    let mut state = 1u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(200 * 150 * 3)
    .collect();
    // a smiley: two dots and a line in a yellow disc
    let mut smiley = Picture::filled(256, 256, [255; 3]);
    for y in 0..256i32 {
        for x in 0..256i32 {
            let inside = |cx: i32, cy: i32, r: i32| (x - cx).pow(2) + (y - cy).pow(2) < r * r;
            let ink = inside(95, 100, 12) || inside(160, 100, 12);
            let mouth = (170..176).contains(&y) && (90..166).contains(&x);
            let colour = match (inside(128, 128, 100), ink || mouth) {
                (true, true) => [0, 0, 0],
                (true, false) => [250, 210, 40],
                _ => continue,
            };
            let at = (y as usize * 256 + x as usize) * 3;
            smiley.rgb_mut()[at..at + 3].copy_from_slice(&colour);
        }
    }
    for picture in [
        Picture::filled(300, 200, [128; 3]),
        Picture::from_rgb(200, 150, noise).unwrap(),
        smiley,
        Picture::filled(2, 2000, [9; 3]),
    ] {
        let error = perceiver.picture(&picture).unwrap_err();
        assert!(matches!(error, PerceiveError::NoPerson), "{picture:?}: {error}");
        assert!(error.hint().unwrap().contains("head and shoulders"));
    }
    let error = perceiver.picture(&Picture::filled(1, 1, [0; 3])).unwrap_err();
    assert!(matches!(error, PerceiveError::PictureSize { .. }));
    let error = perceiver.picture(&Picture::filled(0, 0, [0; 3])).unwrap_err();
    assert!(matches!(error, PerceiveError::PictureSize { .. }));
}

#[test]
fn a_video_is_followed_as_frame_by_frame() {
    let Some(mut perceiver) = perceiver() else { return };
    let picture = presenter();
    let (width, height) = (picture.width(), picture.height());
    let grey = Picture::filled(width - 16, height, [128; 3]);
    // nobody, then a person who moves to the left, then nobody
    let mut frames = vec![grey.clone()];
    frames.extend((0..6).map(|i| cut(&picture, 2 * i..width - 16 + 2 * i, 0..height)));
    frames.push(grey);

    let mut tracker = perceiver.tracker();
    let single: Vec<Option<Found>> = frames.iter().map(|f| tracker.next(f).unwrap()).collect();
    let mut done = Vec::new();
    let video =
        perceiver.video(frames.iter().cloned().map(Ok), FrameRate::MOTION, &mut |n| done.push(n)).unwrap();
    assert_eq!(done, (1..=frames.len()).collect::<Vec<_>>());
    assert_eq!(video.track.frames(), frames.len());
    for (index, found) in single.iter().enumerate() {
        assert_eq!(video.seen[index], found.as_ref().map(|f| f.parts));
        if let Some(found) = found {
            assert_eq!(video.track.points().index_axis(ndarray::Axis(0), index), found.points);
            assert_eq!(video.track.confidence().index_axis(ndarray::Axis(0), index), found.confidence);
        }
    }
    assert!(single[0].is_none() && single[1].is_some());
    // the gap at the start borrows the first frame's points without confidence
    assert_eq!(video.track.points()[[0, 0, 0]], video.track.points()[[1, 0, 0]]);
    assert_eq!(video.track.confidence()[[0, 0]], 0.0);
    assert!(video.remarks.iter().any(|r| matches!(r, Remark::PersonMissing(_))));
}

#[test]
fn bad_videos_are_errors() {
    let Some(mut perceiver) = perceiver() else { return };
    let mut run = |frames: Vec<Picture>| {
        perceiver.video(frames.into_iter().map(Ok), FrameRate::MOTION, &mut |_| {}).unwrap_err()
    };
    assert!(matches!(run(vec![]), PerceiveError::NoFrames));
    let grey = Picture::filled(64, 64, [128; 3]);
    assert!(matches!(run(vec![grey.clone(), grey.clone()]), PerceiveError::NoPerson));
    let error = run(vec![grey, Picture::filled(64, 48, [128; 3])]);
    assert!(matches!(error, PerceiveError::SizeChanged { frame: 1, .. }));
    assert_eq!(error.to_string(), "frame 1 is 64x48, but the video began with 64x64");
}
