//! The warp renderer on a drawn person: identity, motion, missing parts, threads.

#![allow(clippy::unwrap_used)]

use ndarray::{Array1, Array2, Array3};
use orator_body::{KeypointTrack, Layout, Portrait};
use orator_media::{FrameRate, Picture};
use orator_render::{RenderError, Renderer, WarpRenderer};

const SIZE: usize = 160;

fn segment_distance(p: (f32, f32), a: (f32, f32), b: (f32, f32)) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let t = (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / (dx * dx + dy * dy + 1e-6)).clamp(0.0, 1.0);
    (p.0 - a.0 - t * dx).hypot(p.1 - a.1 - t * dy)
}

/// A paper-doll: wall, pullover, sleeves, skin-coloured head and hands, and its exact points.
fn doll() -> Portrait {
    let mut points = Array2::<f32>::zeros((133, 2));
    let mut confidence = Array1::<f32>::zeros(133);
    let mut put = |i: usize, x: f32, y: f32| {
        points[[i, 0]] = x;
        points[[i, 1]] = y;
        confidence[i] = 1.0;
    };
    let joints = [
        (5, 105.0, 75.0),
        (6, 55.0, 75.0),
        (7, 118.0, 115.0),
        (8, 42.0, 115.0),
        (9, 98.0, 122.0),
        (10, 62.0, 122.0),
        (11, 96.0, 150.0),
        (12, 64.0, 150.0),
        (0, 80.0, 42.0),
        (1, 86.0, 36.0),
        (2, 74.0, 36.0),
        (3, 96.0, 38.0),
        (4, 64.0, 38.0),
    ];
    joints.iter().for_each(|&(i, x, y)| put(i, x, y));
    for k in 0..17 {
        let angle = std::f32::consts::PI * k as f32 / 16.0;
        put(23 + k, 80.0 - 16.0 * angle.cos(), 38.0 + 20.0 * angle.sin());
    }
    for k in 0..10 {
        put(40 + k, 68.0 + 2.6 * k as f32, 32.0);
    }
    for k in 0..4 {
        put(50 + k, 80.0, 35.0 + 2.5 * k as f32);
    }
    for k in 0..5 {
        put(54 + k, 76.0 + 2.0 * k as f32, 45.0);
    }
    let ring = |n: usize, k: usize| std::f32::consts::TAU * k as f32 / n as f32;
    for k in 0..6 {
        let (sin, cos) = ring(6, k).sin_cos();
        put(59 + k, 73.0 - 3.0 * cos, 36.0 - 1.5 * sin);
        put(65 + k, 87.0 - 3.0 * cos, 36.0 - 1.5 * sin);
    }
    for k in 0..12 {
        let (sin, cos) = ring(12, k).sin_cos();
        put(71 + k, 80.0 - 6.0 * cos, 50.0 - 2.0 * sin);
    }
    for k in 0..8 {
        let (_, cos) = ring(8, k).sin_cos();
        put(83 + k, 80.0 - 5.0 * cos, 50.0);
    }
    let mut fingers = Vec::new();
    for (start, wrist, inward) in [(91, (98.0, 122.0), -1.0), (112, (62.0, 122.0), 1.0)] {
        put(start, wrist.0, wrist.1);
        for finger in 0..5 {
            let angle = -0.9 + 0.45 * finger as f32;
            for joint in 0..4 {
                let reach = 7.0 + 3.5 * joint as f32;
                let (x, y) = (wrist.0 + inward * reach * angle.cos(), wrist.1 + reach * angle.sin());
                put(start + 1 + 4 * finger + joint, x, y);
                if joint == 3 {
                    fingers.push((wrist, (x, y)));
                }
            }
        }
    }
    let mut rgb = Vec::with_capacity(SIZE * SIZE * 3);
    let mut mask = Vec::with_capacity(SIZE * SIZE);
    for y in 0..SIZE {
        for x in 0..SIZE {
            let p = (x as f32, y as f32);
            let wall = 170.0 + 0.2 * p.0 - 0.1 * p.1;
            let mut colour = [wall, wall, wall + 8.0];
            let mut person = false;
            let mut paint = |inside: bool, with: [f32; 3]| {
                if inside {
                    colour = with;
                    person = true;
                }
            };
            let fold = 6.0 * (p.0 * 0.3).sin();
            paint((p.0 - 80.0).abs() < 9.0 && (50.0..75.0).contains(&p.1), [205.0, 160.0, 140.0]);
            paint((p.0 - 80.0).abs() < 30.0 && p.1 > 68.0, [40.0, 70.0 + fold, 140.0]);
            for ends in [
                [(105.0, 77.0), (118.0, 115.0)],
                [(118.0, 115.0), (98.0, 122.0)],
                [(55.0, 77.0), (42.0, 115.0)],
                [(42.0, 115.0), (62.0, 122.0)],
            ] {
                paint(segment_distance(p, ends[0], ends[1]) < 8.0, [44.0, 76.0, 150.0]);
            }
            for &(wrist, tip) in &fingers {
                paint(segment_distance(p, wrist, tip) < 1.8, [220.0, 170.0, 150.0]);
            }
            paint(((p.0 - 80.0) / 18.0).hypot((p.1 - 36.0) / 25.0) < 1.0, [215.0, 165.0 - 0.3 * p.1, 145.0]);
            rgb.extend(colour.map(|v| v as u8));
            mask.push(if person { 255 } else { 0 });
        }
    }
    let keypoints = KeypointTrack::new(
        Layout::WholeBody133,
        FrameRate::new(25, 1).unwrap(),
        (SIZE as u32, SIZE as u32),
        Array3::from_shape_fn((1, 133, 2), |(_, i, c)| points[[i, c]]),
        Array2::from_shape_fn((1, 133), |(_, i)| confidence[i]),
    )
    .unwrap();
    Portrait { picture: Picture::from_rgb(SIZE, SIZE, rgb).unwrap(), keypoints, person_mask: mask }
}

fn motion(portrait: &Portrait) -> (Array2<f32>, Array1<f32>) {
    let keypoints = &portrait.keypoints;
    (
        keypoints.points().index_axis(ndarray::Axis(0), 0).to_owned(),
        keypoints.confidence().index_axis(ndarray::Axis(0), 0).to_owned(),
    )
}

fn psnr(a: &Picture, b: &Picture) -> f64 {
    let sum: f64 = a.rgb().iter().zip(b.rgb()).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
    10.0 * (255.0f64.powi(2) / (sum / a.rgb().len() as f64).max(1e-9)).log10()
}

#[test]
fn no_motion_gives_the_portrait_back() {
    let portrait = doll();
    let (points, confidence) = motion(&portrait);
    let frame = WarpRenderer.prepare(&portrait).unwrap().render(points.view(), confidence.view()).unwrap();
    assert_eq!((frame.width(), frame.height()), (SIZE, SIZE));
    let value = psnr(&frame, &portrait.picture);
    assert!(value > 40.0, "{value}");
}

#[test]
fn a_raised_hand_is_drawn_where_it_is_and_gone_from_where_it_was() {
    let portrait = doll();
    let (mut points, confidence) = motion(&portrait);
    for i in (112..133).chain([10]) {
        points[[i, 0]] -= 32.0;
        points[[i, 1]] -= 30.0;
    }
    points[[8, 0]] -= 12.0;
    let frame = WarpRenderer.prepare(&portrait).unwrap().render(points.view(), confidence.view()).unwrap();
    let skin = |x: f32, y: f32| {
        let [r, _, b] = frame.pixel(x as usize, y as usize);
        r > 170 && r > b + 30
    };
    // Along the middle finger, inside the palm.
    assert!(skin(points[[121, 0]], points[[121, 1]]));
    let before = portrait.keypoints.points();
    assert!(!skin(before[[0, 123, 0]], before[[0, 123, 1]]));
    // The wall beside the head is untouched.
    assert_eq!(frame.pixel(5, 20), portrait.picture.pixel(5, 20));
}

#[test]
fn an_opened_mouth_is_dark_inside() {
    let portrait = doll();
    let (mut points, confidence) = motion(&portrait);
    for i in [88, 89, 90, 79, 80, 81] {
        points[[i, 1]] += 7.0;
    }
    let frame = WarpRenderer.prepare(&portrait).unwrap().render(points.view(), confidence.view()).unwrap();
    let [r, g, b] = frame.pixel(80, 55);
    assert!(r < 150 && g < 90 && b < 90, "{r} {g} {b}");
}

#[test]
fn missing_parts_are_carried_along_or_left_out() {
    let portrait = doll();
    let (mut points, mut confidence) = motion(&portrait);
    // The driving lacks its hands, one elbow, its hips and its face; what it says there must not matter.
    for i in (91..133).chain([7, 11, 12]).chain(23..91) {
        confidence[i] = 0.0;
        points[[i, 0]] = -500.0;
    }
    let frame = WarpRenderer.prepare(&portrait).unwrap().render(points.view(), confidence.view()).unwrap();
    assert!(psnr(&frame, &portrait.picture) > 40.0);

    // A portrait without hands, arms or face at all still moves as far as it can.
    let mut bare = doll();
    let (_, seen) = bare.keypoints.parts_mut();
    seen.fill(0.0);
    let (points, confidence) = motion(&doll());
    let frame = WarpRenderer.prepare(&bare).unwrap().render(points.view(), confidence.view()).unwrap();
    assert!(psnr(&frame, &bare.picture) > 40.0);
}

#[test]
fn wild_points_do_not_break_a_frame() {
    let portrait = doll();
    let mut scene = WarpRenderer.prepare(&portrait).unwrap();
    let (points, confidence) = motion(&portrait);
    for factor in [0.0f32, -1.0, 1e-3, 40.0, 1e9] {
        let wild = points.mapv(|v| (v - 80.0) * factor);
        scene.render(wild.view(), confidence.view()).unwrap();
    }
    let same = Array2::from_elem((133, 2), 80.0);
    scene.render(same.view(), confidence.view()).unwrap();
}

#[test]
fn unusable_input_is_refused_with_a_hint() {
    let portrait = doll();
    let mut scene = WarpRenderer.prepare(&portrait).unwrap();
    let (mut points, confidence) = motion(&portrait);
    points[[3, 0]] = f32::NAN;
    let error = scene.render(points.view(), confidence.view()).unwrap_err();
    assert!(matches!(error, RenderError::Motion(_)) && error.hint().is_some());
    let few = Array2::<f32>::zeros((116, 2));
    assert!(scene.render(few.view(), confidence.view()).is_err());

    let mut short = doll();
    short.person_mask.pop();
    let error = WarpRenderer.prepare(&short).err().unwrap();
    assert!(matches!(error, RenderError::Portrait(_)) && error.hint().is_some());
}

#[test]
fn every_number_of_threads_draws_the_same_bytes() {
    let portrait = doll();
    let (mut points, confidence) = motion(&portrait);
    for i in (91..112).chain([9]) {
        points[[i, 1]] -= 20.0;
    }
    let draw = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            WarpRenderer.prepare(&portrait).unwrap().render(points.view(), confidence.view()).unwrap()
        })
    };
    assert!(draw(1) == draw(3));
}
