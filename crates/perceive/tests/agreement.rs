//! Agreement with the landmarks of Python MediaPipe Holistic 0.10.14 on the demonstration videos.
//!
//! 100 frames of demo3 by default; `ORATOR_FULL=1` runs all three videos whole. Skips without the
//! models, the shared folder or the ffmpeg program.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions

use ndarray::ArrayView2;
use orator_body::layout;
use orator_media::Picture;
use orator_perceive::{Found, Perceiver};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const WIDTH: usize = 1080;
const HEIGHT: usize = 1920;
/// The body points that are in view and that the acceptance is stated for.
const BODY_POINTS: usize = 25;

fn shared() -> PathBuf {
    std::env::var_os("ORATOR_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from)
}

/// One array of an .npz file: flat values and its shape.
fn array(path: &Path, name: &str) -> (Vec<f32>, Vec<usize>) {
    let mut archive = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut bytes = Vec::new();
    archive.by_name(&format!("{name}.npy")).unwrap().read_to_end(&mut bytes).unwrap();
    let header_end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..header_end]).unwrap();
    assert!(header.contains("'<f4'") && header.contains("False"), "{header}");
    let shape = header.split('(').nth(1).unwrap().split(')').next().unwrap();
    let shape = shape.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    let values = bytes[header_end..].chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    (values.collect(), shape)
}

struct Reference {
    values: Vec<f32>,
    points: usize,
    numbers: usize,
}

impl Reference {
    fn load(path: &Path, name: &str) -> Self {
        let (values, shape) = array(path, name);
        Self { values, points: shape[1], numbers: shape[2] }
    }

    fn frames(&self) -> usize {
        self.values.len() / self.points / self.numbers
    }

    /// x, y in pixels; `None` where the reference saw nothing.
    fn point(&self, frame: usize, point: usize) -> Option<[f64; 2]> {
        let at = (frame * self.points + point) * self.numbers;
        let (x, y) = (f64::from(self.values[at]), f64::from(self.values[at + 1]));
        (!x.is_nan()).then_some([x * WIDTH as f64, y * HEIGHT as f64])
    }

    fn visibility(&self, frame: usize, point: usize) -> f32 {
        self.values[(frame * self.points + point) * self.numbers + 3]
    }

    /// Mean distance in pixels over the first `count` points of `ours`.
    fn distance(&self, frame: usize, ours: ArrayView2<f32>, count: usize) -> Option<f64> {
        let distances: Option<Vec<f64>> = (0..count)
            .map(|i| {
                let [x, y] = self.point(frame, i)?;
                Some((f64::from(ours[[i, 0]]) - x).hypot(f64::from(ours[[i, 1]]) - y))
            })
            .collect();
        distances.map(|d| d.iter().sum::<f64>() / d.len() as f64)
    }
}

#[derive(Default)]
struct Report {
    frames: usize,
    first_pose: f64,
    visibility: f32,
    /// Pose, left hand, right hand, face.
    distances: [Vec<f64>; 4],
    /// Left hand, right hand, face: frames in which presence is equal.
    agree: [usize; 3],
}

fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(((sorted.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(f64::NAN)
}

impl Report {
    fn add(&mut self, frame: usize, found: &Found, reference: &[Reference; 4]) {
        let [pose, left, right, face] = reference;
        let distance = pose.distance(frame, found.pose.view(), BODY_POINTS).unwrap();
        if frame == 0 {
            self.first_pose = distance;
        }
        self.distances[0].push(distance);
        for point in 0..33 {
            let off = (found.pose[[point, 3]] - pose.visibility(frame, point)).abs();
            self.visibility = self.visibility.max(off);
        }
        let points =
            |range: std::ops::Range<usize>| found.points.slice(ndarray::s![range.start..range.end, ..]);
        let seen = [found.parts.left_hand, found.parts.right_hand, found.parts.face];
        let mesh = found.face_mesh.as_ref().map(|m| m.view());
        let ours = [Some(points(layout::LEFT_HAND)), Some(points(layout::RIGHT_HAND)), mesh];
        for (part, reference) in [left, right, face].into_iter().enumerate() {
            let theirs = reference.point(frame, 0).is_some();
            self.agree[part] += usize::from(theirs == seen[part]);
            if let Some(ours) = ours[part].filter(|_| theirs && seen[part]) {
                let distance = reference.distance(frame, ours, reference.points).unwrap();
                self.distances[part + 1].push(distance);
            }
        }
        self.frames += 1;
    }

    fn print(&self, name: &str) {
        let part = |i: usize| {
            let d = &self.distances[i];
            format!("{:.3} / {:.3}", quantile(d, 0.5), quantile(d, 0.95))
        };
        eprintln!(
            "{name}: {} frames; first pose {:.4} px; median / 95 %: pose {}, left hand {}, right hand {}, face {}; \
             presence equal L {} R {} face {}; visibility off by at most {:.4}",
            self.frames,
            self.first_pose,
            part(0),
            part(1),
            part(2),
            part(3),
            self.agree[0],
            self.agree[1],
            self.agree[2],
            self.visibility,
        );
    }
}

/// `None` when something that the comparison needs is absent.
fn compare(name: &str, limit: usize) -> Option<Report> {
    let shared = shared();
    let fixture = shared.join(format!("fixtures/perception/{name}.npz"));
    let video = shared.join(format!("data/latentsync/{name}.mp4"));
    if !fixture.is_file() || !video.is_file() {
        eprintln!("skipped: no reference landmarks or video of {name} in {}", shared.display());
        return None;
    }
    let mut perceiver = match Perceiver::load() {
        Ok(perceiver) => perceiver,
        Err(error) => {
            eprintln!("skipped: {error} ({:?})", error.hint());
            return None;
        }
    };
    let ffmpeg = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&video)
        .args(["-vf", "fps=25", "-frames:v", &limit.to_string()])
        .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut ffmpeg) = ffmpeg else {
        eprintln!("skipped: no ffmpeg program");
        return None;
    };
    let mut stream = ffmpeg.stdout.take().unwrap();
    let reference = ["pose", "left_hand", "right_hand", "face"].map(|part| Reference::load(&fixture, part));
    let mut report = Report::default();
    let mut tracker = perceiver.tracker();
    for frame in 0..reference[0].frames().min(limit) {
        let mut rgb = vec![0; WIDTH * HEIGHT * 3];
        if stream.read_exact(&mut rgb).is_err() {
            break;
        }
        let picture = Picture::from_rgb(WIDTH, HEIGHT, rgb).unwrap();
        let found = tracker.next(&picture).unwrap().expect("a person in every frame");
        report.add(frame, &found, &reference);
    }
    drop(stream);
    ffmpeg.wait().unwrap();
    report.print(name);
    Some(report)
}

fn full() -> bool {
    std::env::var_os("ORATOR_FULL").is_some_and(|v| v == "1")
}

#[test]
fn demo3_agrees_with_mediapipe() {
    let Some(report) = compare("demo3", if full() { 100_000 } else { 100 }) else {
        return;
    };
    let median = |part: usize| quantile(&report.distances[part], 0.5);
    assert!(report.first_pose < 0.2, "first pose {}", report.first_pose);
    assert!(median(0) < 0.5, "pose {}", median(0));
    assert!(median(1) < 1.0, "left hand {}", median(1));
    assert!(median(2) < 1.0, "right hand {}", median(2));
    assert!(median(3) < 0.1, "face {}", median(3));
    for hand in 0..2 {
        assert!(report.agree[hand] * 100 >= report.frames * 97, "{:?} of {}", report.agree, report.frames);
    }
}

/// Clasped and cut-off hands make the loop chaotic there: the first frame is what must agree.
#[test]
fn the_first_frames_of_demo1_and_demo2_agree() {
    for name in ["demo1", "demo2"] {
        if let Some(report) = compare(name, if full() { 100_000 } else { 2 }) {
            assert!(report.first_pose < 0.2, "{name}: {}", report.first_pose);
            assert!(quantile(&report.distances[3], 0.5) < 0.1, "{name}: face");
        }
    }
}
