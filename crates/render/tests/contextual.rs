//! The learned renderer from a weight file: a frame, many frames, and what it refuses.

#![allow(clippy::unwrap_used)]

use ndarray::{Array1, Array2, Array3};
use orator_body::{KeypointTrack, Layout, Portrait};
use orator_media::{FrameRate, Picture};
use orator_nn::{Checkpoint, Precision};
use orator_render::contextual::{PictureConfig, PictureNetworks, picture_checkpoint};
use orator_render::{ContextualRenderer, RenderError, Renderer};
use std::collections::BTreeMap;
use tch::nn::VarStore;
use tch::{Device, Kind};

const SIDE: usize = 128;

fn weights() -> Checkpoint {
    tch::manual_seed(8);
    let mut config = PictureConfig::lite();
    config.motion.flow_size = 32;
    let store = VarStore::new(Device::Cpu);
    let _ = PictureNetworks::new(&store.root(), &config);
    picture_checkpoint(&config, &store, &BTreeMap::from([("note".into(), "untrained".into())])).unwrap()
}

/// A smooth picture with points spread over it.
fn portrait(width: usize, height: usize) -> Portrait {
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let wave = |f: f32| (127.0 + 90.0 * (f * (x + 2 * y) as f32 / width as f32).sin()) as u8;
            rgb.extend([wave(3.0), wave(5.0), wave(2.0)]);
        }
    }
    let points = Array3::from_shape_fn((1, 133, 2), |(_, i, axis)| {
        let turn = i as f32 * 2.4;
        let reach = 0.35 * (i as f32 / 133.0).sqrt();
        SIDE as f32 * (0.5 + reach * if axis == 0 { turn.cos() } else { turn.sin() })
    });
    let size = (width as u32, height as u32);
    let rate = FrameRate::new(25, 1).unwrap();
    let track = KeypointTrack::new(Layout::WholeBody133, rate, size, points, Array2::ones((1, 133))).unwrap();
    Portrait::new(Picture::from_rgb(width, height, rgb).unwrap(), track, vec![255; width * height]).unwrap()
}

fn first_pose(portrait: &Portrait) -> (Array2<f32>, Array1<f32>) {
    let keypoints = &portrait.keypoints;
    let points = keypoints.points().index_axis(ndarray::Axis(0), 0).to_owned();
    (points, keypoints.confidence().index_axis(ndarray::Axis(0), 0).to_owned())
}

fn largest_difference(a: &Picture, b: &Picture) -> u8 {
    a.rgb().iter().zip(b.rgb()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn a_weight_file_draws_and_many_frames_are_the_same_as_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.safetensors");
    weights().write(&path, Precision::Half).unwrap();
    let renderer = ContextualRenderer::load(&path, Device::Cpu).unwrap();
    assert_eq!((renderer.name(), renderer.metadata()["note"].as_str()), ("contextual", "untrained"));
    let portrait = portrait(SIDE, SIDE);
    let (points, sure) = first_pose(&portrait);
    let mut scene = renderer.prepare(&portrait).unwrap();
    let poses: Vec<Array2<f32>> = (0..5).map(|i| &points + i as f32).collect();
    let views: Vec<_> = poses.iter().map(|p| (p.view(), sure.view())).collect();
    let many = scene.render_many(&views).unwrap();
    assert_eq!(many.len(), 5);
    for (pose, drawn) in poses.iter().zip(&many) {
        assert!(scene.render(pose.view(), sure.view()).unwrap() == *drawn);
    }
    assert!(many[0] != many[4]);
    let again = renderer.prepare(&portrait).unwrap().render(points.view(), sure.view()).unwrap();
    assert!(again == many[0], "same input, same bytes");

    // The two kinds of arithmetic agree but for a few levels of 255.
    let precise = ContextualRenderer::load_as(&path, Device::Cpu, Kind::Float).unwrap();
    let drawn = precise.prepare(&portrait).unwrap().render(points.view(), sure.view()).unwrap();
    assert!(largest_difference(&drawn, &many[0]) <= 12, "{}", largest_difference(&drawn, &many[0]));
}

#[test]
fn what_cannot_be_drawn_is_an_error_with_a_hint() {
    let renderer = ContextualRenderer::of(weights(), Device::Cpu, Kind::Float).unwrap();
    let wide = renderer.prepare(&portrait(SIDE, SIDE / 2)).err().unwrap();
    assert!(matches!(wide, RenderError::Portrait(_)) && wide.hint().is_some());
    let portrait = portrait(SIDE, SIDE);
    let (mut points, sure) = first_pose(&portrait);
    let mut scene = renderer.prepare(&portrait).unwrap();
    let few = Array2::<f32>::zeros((116, 2));
    assert!(matches!(scene.render(few.view(), sure.view()), Err(RenderError::Motion(_))));
    points[[100, 0]] = f32::NAN;
    assert!(matches!(scene.render(points.view(), sure.view()), Err(RenderError::Motion(_))));

    for (key, value, says) in [
        ("kind", "contextual-motion", "contextual-motion"),
        ("format", "0", "another version"),
        ("config", r#"{"finder_width": 1000000}"#, "finder_width"),
        ("config", r#"{"colours": 4}"#, "colours"),
    ] {
        let mut other = weights();
        other.metadata.insert(key.into(), value.into());
        let error = ContextualRenderer::of(other, Device::Cpu, Kind::Float).err().unwrap();
        assert!(error.to_string().contains(says), "{error}");
        assert!(error.hint().is_some());
    }
    let mut other = weights();
    other.tensors.remove("motion-field.dense_motion.maps.weight");
    let error = ContextualRenderer::of(other, Device::Cpu, Kind::Float).err().unwrap();
    assert!(error.to_string().contains("maps.weight"), "{error}");
}
