//! Looking at staged frames with the detector that filmed people are looked at with: does it find the person, and does it
//! see the keypoints where they truly are? The same frames, with part of the people, also fit the table of anchors.

use glam::Vec2;
use orator_body::layout::{self, WHOLE_BODY};
use orator_corpus::truth::Visibility;
use orator_media::{FrameRate, Picture};
use orator_metrics::strokes::Detector;
use orator_perceive::{Found, Perceiver};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::collections::BTreeMap;

use crate::figure::Anatomy;
use crate::person::Person;
use crate::picture::PictureMaker;
use crate::script::{Gesture, GestureClass, Recordings};
use crate::surface::Part;
use crate::truth::fit::{Fit, Sample};
use crate::truth::strokes::{StrokesFound, strokes_found};
use crate::truth::{Anchors, TrueKeypoints, keypoints};
use crate::{Presenter, RenderSettings, Result, Scene, StageError};

/// Which frames are looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckSettings {
    /// Seed of the choice.
    pub seed: u64,
    /// First identity.
    pub first: u64,
    /// Number of people.
    pub people: u64,
    /// Frames of each person, at random times of one clip.
    pub frames: usize,
    /// Side of the pictures.
    pub size: usize,
}

/// What a hand must show to count as visible: this many of its 21 points inside the picture and not hidden, and an area
/// of the part mask of this share of the picture.
const VISIBLE_POINTS: usize = 14;
/// See [`VISIBLE_POINTS`].
const VISIBLE_AREA: f32 = 0.002;

/// Errors of one group of keypoints, in pixels of a picture of 512 × 512.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PartErrors {
    /// Keypoints compared.
    pub count: usize,
    /// Mean distance.
    pub mean: f64,
    /// Median distance.
    pub median: f64,
}

/// The signed error of one keypoint in pixels of a picture of 512 × 512: detected minus true.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SignedError {
    /// Keypoint.
    pub point: usize,
    /// Mean.
    pub mean: [f64; 2],
    /// Standard deviation.
    pub spread: [f64; 2],
    /// Samples.
    pub count: usize,
}

/// What the detector made of the frames.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CheckReport {
    /// Frames looked at.
    pub frames: usize,
    /// Share of frames with a body.
    pub body: f64,
    /// Share of frames with a face.
    pub face: f64,
    /// Visible hands.
    pub hands: usize,
    /// Share of them that were found.
    pub hands_found: f64,
    /// Distances by part: `body`, `face`, `hands`.
    pub errors: BTreeMap<String, PartErrors>,
    /// Signed errors of all keypoints seen in at least 30 frames.
    pub signed: Vec<SignedError>,
}

/// One frame that was drawn and looked at.
struct Looked {
    truth: TrueKeypoints,
    found: Option<Found>,
    visible_hands: [bool; 2],
}

/// Draws the frames, looks at them, and hands each to `take`.
fn look(
    anatomy: &Anatomy,
    speech: &Recordings,
    settings: &CheckSettings,
    perceiver: &mut Perceiver,
    anchors: &Anchors,
    take: &mut dyn FnMut(&Scene<'_>, f64, Looked),
) -> Result<()> {
    let mut chance = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut maker = PictureMaker::new(settings.size);
    let count = speech.seconds().len();
    for person in 0..settings.people {
        let presenter = Presenter::new(anatomy, settings.first + person)?;
        let said: Vec<usize> = (0..3).map(|_| chance.random_range(0..count)).collect();
        let spoken = speech.joined(&said, &mut chance)?;
        let render = RenderSettings { size: Some(settings.size), ..RenderSettings::default() };
        let scene = Scene::new(&presenter, &spoken.talk, chance.random(), &render);
        for _ in 0..settings.frames {
            let seconds = chance.random_range(0.0..spoken.talk.duration);
            let Some(drawn) = scene.draw(seconds, &mut maker) else { continue };
            let (pose, camera) = (scene.pose(seconds), scene.camera(seconds));
            let truth = keypoints(anchors, &presenter.person, &pose, &camera, settings.size, Some(&drawn))?;
            let visible_hands = [(layout::LEFT_HAND, Part::LeftHand), (layout::RIGHT_HAND, Part::RightHand)]
                .map(|(points, part)| {
                    let seen = points.filter(|&p| truth.visibility[p] == Visibility::Seen).count();
                    let area = drawn.parts.iter().filter(|&&p| p == part as u8).count();
                    seen >= VISIBLE_POINTS
                        && area as f32 >= VISIBLE_AREA * (settings.size * settings.size) as f32
                });
            let picture = Picture::from_rgb(settings.size, settings.size, drawn.rgb)?;
            let found = match perceiver.picture(&picture) {
                Ok(found) => Some(found),
                Err(orator_perceive::PerceiveError::NoPerson) => None,
                Err(error) => {
                    return Err(StageError::Setting {
                        what: error.to_string(),
                        hint: error.hint().unwrap_or_default(),
                    });
                }
            };
            take(&scene, seconds, Looked { truth, found, visible_hands });
        }
    }
    Ok(())
}

/// Looks at random frames; `tell` hears how many are done.
///
/// # Errors
/// When data or models are missing.
pub fn check(
    anatomy: &Anatomy,
    speech: &Recordings,
    settings: &CheckSettings,
    perceiver: &mut Perceiver,
    tell: &mut dyn FnMut(usize),
) -> Result<CheckReport> {
    let anchors = Anchors::fitted()?;
    let scale = 512.0 / settings.size as f64;
    let mut report = CheckReport::default();
    let (mut bodies, mut faces, mut hands) = (0, 0, 0);
    let mut errors: Vec<Vec<[f64; 2]>> = vec![Vec::new(); WHOLE_BODY];
    look(anatomy, speech, settings, perceiver, &anchors, &mut |_, _, looked| {
        report.frames += 1;
        tell(report.frames);
        report.hands += looked.visible_hands.iter().filter(|visible| **visible).count();
        let Some(found) = &looked.found else { return };
        bodies += 1;
        faces += usize::from(found.parts.face);
        let seen = [found.parts.left_hand, found.parts.right_hand];
        hands += seen.iter().zip(looked.visible_hands).filter(|(found, visible)| **found && *visible).count();
        for (point, errors) in errors.iter_mut().enumerate() {
            if is_comparable(point, &looked, found) {
                let error = |axis: usize| {
                    f64::from(found.points[[point, axis]] - looked.truth.points[point][axis]) * scale
                };
                errors.push([error(0), error(1)]);
            }
        }
    })?;
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    report.body = share(bodies, report.frames);
    report.face = share(faces, report.frames);
    report.hands_found = share(hands, report.hands);
    let groups =
        [("body", 0..13), ("face", layout::FACE), ("hands", layout::LEFT_HAND.start..layout::RIGHT_HAND.end)];
    for (name, range) in groups {
        let mut distances: Vec<f64> = errors[range].iter().flatten().map(|[x, y]| x.hypot(*y)).collect();
        distances.sort_by(f64::total_cmp);
        let mean = distances.iter().sum::<f64>() / distances.len().max(1) as f64;
        let median = distances.get(distances.len() / 2).copied().unwrap_or(f64::NAN);
        report.errors.insert(name.into(), PartErrors { count: distances.len(), mean, median });
    }
    report.signed =
        errors.iter().enumerate().filter(|(_, e)| e.len() >= 30).map(|(p, e)| signed(p, e)).collect();
    Ok(report)
}

/// Whether truth and detection speak of the same visible thing.
fn is_comparable(point: usize, looked: &Looked, found: &Found) -> bool {
    let part = if layout::LEFT_HAND.contains(&point) {
        found.parts.left_hand && looked.visible_hands[0]
    } else if layout::RIGHT_HAND.contains(&point) {
        found.parts.right_hand && looked.visible_hands[1]
    } else if layout::FACE.contains(&point) {
        found.parts.face
    } else {
        found.confidence[point] > 0.5
    };
    part && looked.truth.visibility[point] == Visibility::Seen
}

fn signed(point: usize, errors: &[[f64; 2]]) -> SignedError {
    let count = errors.len();
    let mean = [0, 1].map(|axis| errors.iter().map(|e| e[axis]).sum::<f64>() / count as f64);
    let spread = [0, 1].map(|axis| {
        (errors.iter().map(|e| (e[axis] - mean[axis]).powi(2)).sum::<f64>() / count as f64).sqrt()
    });
    SignedError { point, mean, spread, count }
}

/// How many stored strokes a simple detector finds in the true wrists of staged clips.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StrokeReport {
    /// Clips looked at, one of each person.
    pub clips: usize,
    /// Their length in seconds.
    pub seconds: f64,
    /// Strokes of beats, and the share found within 120 ms.
    pub beats: usize,
    /// See `beats`.
    pub beats_found: f64,
    /// What the same peaks, shifted in time, would find.
    pub beats_by_chance: f64,
    /// Strokes of all gestures, and the share found.
    pub strokes: usize,
    /// See `strokes`.
    pub strokes_found: f64,
    /// What the same peaks, shifted in time, would find.
    pub strokes_by_chance: f64,
}

/// Looks for the strokes of one clip of each person, at 25 frames a second, in the picture's plane. Nothing is drawn.
///
/// # Errors
/// When data is missing.
pub fn strokes(anatomy: &Anatomy, speech: &Recordings, settings: &CheckSettings) -> Result<StrokeReport> {
    let anchors = Anchors::fitted()?;
    let mut chance = ChaCha8Rng::seed_from_u64(settings.seed);
    let count = speech.seconds().len();
    let rate = FrameRate::MOTION.as_f64();
    let mut report = StrokeReport::default();
    let (mut beats, mut all) = (StrokesFound::default(), StrokesFound::default());
    for person in 0..settings.people {
        let presenter = Presenter::new(anatomy, settings.first + person)?;
        let said: Vec<usize> = (0..3).map(|_| chance.random_range(0..count)).collect();
        let spoken = speech.joined(&said, &mut chance)?;
        let render = RenderSettings { size: None, ..RenderSettings::default() };
        let scene = Scene::new(&presenter, &spoken.talk, chance.random(), &render);
        let mut wrists = [Vec::new(), Vec::new()];
        for frame in 0..(spoken.talk.duration * rate) as usize {
            let seconds = frame as f64 / rate;
            let (pose, camera) = (scene.pose(seconds), scene.camera(seconds));
            let truth = keypoints(&anchors, &presenter.person, &pose, &camera, settings.size, None)?;
            for (wrist, point) in wrists.iter_mut().zip(layout::WRISTS) {
                wrist.push(truth.points[point]);
            }
        }
        let found = |wanted: &dyn Fn(&Gesture) -> bool| {
            strokes_found(&scene.score, &wrists[0], &wrists[1], rate, &Detector::default(), wanted)
        };
        beats.add(found(&|gesture| gesture.class == GestureClass::Beat));
        all.add(found(&|_| true));
        report.clips += 1;
        report.seconds += spoken.talk.duration;
    }
    (report.beats, report.beats_found, report.beats_by_chance) =
        (beats.strokes, beats.recall(), beats.chance());
    (report.strokes, report.strokes_found, report.strokes_by_chance) =
        (all.strokes, all.recall(), all.chance());
    Ok(report)
}

/// Fits the table of anchors on such frames.
///
/// # Errors
/// When data or models are missing.
pub fn calibrate(
    anatomy: &Anatomy,
    speech: &Recordings,
    settings: &CheckSettings,
    perceiver: &mut Perceiver,
    tell: &mut dyn FnMut(usize),
) -> Result<Anchors> {
    let unfitted = Anchors::unfitted();
    let candidates = head_vertices(anatomy);
    let mut fit = Fit { candidates: candidates.clone(), samples: Vec::new() };
    let size = settings.size as f32;
    look(anatomy, speech, settings, perceiver, &unfitted, &mut |scene, seconds, looked| {
        tell(fit.samples.len() + 1);
        let Some(found) = &looked.found else { return };
        let person: &Person = &scene.presenter().person;
        let pose = scene.pose(seconds);
        let detected = (0..WHOLE_BODY).map(|point| {
            // The unfitted face points mean nothing yet: whether they are hidden is not asked.
            let face = layout::FACE.contains(&point) && found.parts.face;
            let at = Vec2::new(found.points[[point, 0]], found.points[[point, 1]]) / size;
            (face || is_comparable(point, &looked, found)).then_some(at)
        });
        fit.samples.push(Sample {
            detected: detected.collect(),
            skeleton: person.skeleton.clone(),
            placed: person.place(&pose),
            candidates: person.vertices(&pose, &candidates),
            camera: scene.camera(seconds),
        });
    })?;
    fit.run()
}

/// The chin lies at most this far below the near end of the head's bone, in decimetres.
const CHIN: f32 = 1.5;

/// Vertices of the body's skin that follow the head and lie on its front half: face points sit on one of them.
fn head_vertices(anatomy: &Anatomy) -> Vec<u32> {
    let head = anatomy.rig.bones.iter().position(|bone| bone.name == "head");
    let neck = head.map_or(0.0, |bone| anatomy.rig.bones[bone].head.locate(&anatomy.mesh.vertices).y);
    let middle = head.map_or(0.0, |bone| anatomy.rig.bones[bone].head.locate(&anatomy.mesh.vertices).z);
    let body = anatomy.mesh.vertices_of("body").iter().copied();
    body.filter(|&vertex| {
        let at = anatomy.mesh.vertices[vertex as usize];
        at.y > neck - CHIN && at.z > middle - 0.3 && at.x.abs() < 1.2
    })
    .collect()
}
