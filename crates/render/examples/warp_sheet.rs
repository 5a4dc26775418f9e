//! Contact sheet of the warp renderer: `warp_sheet PICTURE OUT.png [VIDEO]`.
//!
//! Without a video: the portrait unmoved, with moved arms, head and mouth. With one: for twelve moments of the
//! video its own frame above the portrait drawn in that pose (both cut square about the person of the first frame).
//! A square picture is taken as it is; another is cut by the same rule.

use ndarray::{Array1, Array2, Axis};
use orator_body::crop::CropConfig;
use orator_body::{Fit, Portrait, SquareCrop};
use orator_media::video_in::{VideoReadOptions, VideoReader};
use orator_media::{Limits, Picture};
use orator_perceive::Perceiver;
use orator_render::{Renderer, WarpRenderer};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

const SIDE: usize = 256;
const COLUMNS: usize = 6;

type Pose = (Array2<f32>, Array1<f32>);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (picture, out) = match arguments.as_slice() {
        [picture, out] | [picture, out, _] => (picture, out),
        _ => return Err("usage: warp_sheet PICTURE OUT.png [VIDEO]".into()),
    };
    let mut perceiver = Perceiver::load()?;
    let picture = orator_media::picture::read(Path::new(picture), &Limits::default())?;
    let picture = choose(&mut perceiver, picture.clone())?.picture(&picture)?;
    let (portrait, remarks) = perceiver.portrait(picture)?;
    remarks.iter().for_each(|remark| println!("{remark}"));

    let started = Instant::now();
    let mut scene = WarpRenderer.prepare(&portrait)?;
    println!("prepared in {:.2} s", started.elapsed().as_secs_f32());
    let mut frames = Vec::new();
    if let Some(video) = arguments.get(2) {
        let driving = drive(&mut perceiver, Path::new(video))?;
        let started = Instant::now();
        let mut drawn = Vec::new();
        for (_, (points, confidence)) in &driving {
            drawn.push(scene.render(points.view(), confidence.view())?);
        }
        println!("{:.1} frames/s", driving.len() as f32 / started.elapsed().as_secs_f32());
        let step = (driving.len() / 12).max(1);
        let moments: Vec<usize> = (0..driving.len()).step_by(step).take(12).collect();
        for row in moments.chunks(COLUMNS) {
            frames.extend(row.iter().map(|&i| driving[i].0.clone()));
            frames.extend(row.iter().map(|&i| drawn[i].clone()));
        }
    } else {
        for (points, confidence) in exercises(&portrait) {
            frames.push(scene.render(points.view(), confidence.view())?);
        }
    }
    sheet(&frames)?.write_png(Path::new(out))?;
    Ok(())
}

/// The square about the person of one picture, scaled to [`SIDE`].
fn choose(perceiver: &mut Perceiver, picture: Picture) -> Result<SquareCrop, Box<dyn Error>> {
    let keypoints = perceiver.portrait(picture)?.0.keypoints;
    let size = keypoints.size();
    Ok(SquareCrop::choose(size, Some(&keypoints), Fit::Crop, SIDE as u32, &CropConfig::default())?)
}

/// The frames of a video and their poses, both in the crop of the first frame.
fn drive(perceiver: &mut Perceiver, path: &Path) -> Result<Vec<(Picture, Pose)>, Box<dyn Error>> {
    let mut frames = Vec::new();
    let open = || VideoReader::open(path, &VideoReadOptions::at_motion_rate());
    let Some(first) = open()?.next().transpose()? else { return Ok(frames) };
    let crop = choose(perceiver, first)?;
    let mut tracker = perceiver.tracker();
    for picture in open()?.take(222) {
        let picture = picture?;
        let Some(found) = tracker.next(&picture)? else { continue };
        let mut points = found.points;
        for mut point in points.axis_iter_mut(Axis(0)) {
            let [x, y] = crop.to_crop([point[0], point[1]]);
            point[0] = x;
            point[1] = y;
        }
        frames.push((crop.picture(&picture)?, (points, found.confidence)));
    }
    Ok(frames)
}

/// The portrait's pose unmoved and in some made-up motions.
fn exercises(portrait: &Portrait) -> Vec<Pose> {
    let still = portrait.keypoints.points().index_axis(Axis(0), 0).to_owned();
    let confidence = portrait.keypoints.confidence().index_axis(Axis(0), 0).to_owned();
    let unit = SIDE as f32 / 512.0;
    let mut poses = vec![(still.clone(), confidence.clone())];
    let arms: [[(f32, f32); 2]; 6] = [
        [(60.0, -60.0), (-60.0, -60.0)],
        [(-60.0, 0.0), (60.0, 0.0)],
        [(60.0, 60.0), (-60.0, 60.0)],
        [(0.0, -100.0), (0.0, -100.0)],
        [(-100.0, -40.0), (100.0, -40.0)],
        [(30.0, -150.0), (0.0, 0.0)],
    ];
    for shifts in arms {
        let mut points = still.clone();
        for (side, (x, y)) in shifts.into_iter().enumerate() {
            let hand = if side == 0 { 91..112 } else { 112..133 };
            for i in hand.chain([9 + side]) {
                points[[i, 0]] += x * unit;
                points[[i, 1]] += y * unit;
            }
            points[[7 + side, 0]] += 0.4 * x * unit;
            points[[7 + side, 1]] += 0.4 * y * unit;
        }
        poses.push((points, confidence.clone()));
    }
    let mouth = (still[[77, 0]] - still[[71, 0]]).abs();
    for open in [0.12, 0.25, 0.45] {
        let mut points = still.clone();
        for i in [78, 79, 80, 81, 82, 88, 89, 90] {
            points[[i, 1]] += open * mouth;
        }
        for (k, i) in (27..36).enumerate() {
            points[[i, 1]] += open * mouth * 0.8 * (1.0 - (k as f32 - 4.0).abs() / 6.0);
        }
        poses.push((points, confidence.clone()));
    }
    for angle in [-0.15f32, 0.15] {
        let mut points = still.clone();
        let (x, y) = ((still[[5, 0]] + still[[6, 0]]) / 2.0, (still[[5, 1]] + still[[6, 1]]) / 2.0);
        for i in (0..5).chain(23..91) {
            let (dx, dy) = (still[[i, 0]] - x, still[[i, 1]] - y);
            points[[i, 0]] = x + dx * angle.cos() - dy * angle.sin();
            points[[i, 1]] = y + dx * angle.sin() + dy * angle.cos();
        }
        poses.push((points, confidence.clone()));
    }
    poses
}

/// All frames side by side.
fn sheet(frames: &[Picture]) -> Result<Picture, Box<dyn Error>> {
    let rows = frames.len().div_ceil(COLUMNS);
    let width = COLUMNS * SIDE;
    let mut rgb = vec![0; width * rows * SIDE * 3];
    for (index, frame) in frames.iter().enumerate() {
        let (left, top) = (index % COLUMNS * SIDE, index / COLUMNS * SIDE);
        for (y, row) in frame.rgb().chunks_exact(SIDE * 3).enumerate() {
            let start = ((top + y) * width + left) * 3;
            rgb[start..start + SIDE * 3].copy_from_slice(row);
        }
    }
    Ok(Picture::from_rgb(width, rows * SIDE, rgb)?)
}
