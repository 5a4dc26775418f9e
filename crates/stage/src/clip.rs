//! One clip, rendered: pictures with sound, and the truth about every frame.

use ndarray::{Array2, Array3};
use orator_body::layout::WHOLE_BODY;
use orator_corpus::truth::{Curve, Depth, Masks, PartName};
use orator_corpus::{
    ClipDescription, ClipInput, Content, SoundFormat, SpokenPhone, SpokenWord, Trigger, Truth,
};
use orator_media::video_out::{Provenance, Quality, VideoSettings, VideoWriter};
use orator_media::{Audio, FrameRate, Picture};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::path::Path;

use crate::figure::Anatomy;
use crate::picture::{Drawn, PictureMaker};
use crate::pose::{FACE_UNITS, FaceUnit};
use crate::script::sound::SpokenTalk;
use crate::script::voice::Voice;
use crate::script::{Gesture, Recordings, Talk};
use crate::surface::Part;
use crate::truth::{Anchors, keypoints};
use crate::{ClipPlan, Presenter, RenderSettings, Result, Scene, StageError};

/// Masks are kept at half the picture's size, for every frame.
const MASK_SHRINK: usize = 2;
/// Depth is kept at a quarter of the picture's size, for every fifth frame.
const DEPTH_SHRINK: usize = 4;
/// See [`DEPTH_SHRINK`].
const DEPTH_EVERY: usize = 5;
/// What keypoints refer to where no pictures are drawn, in pixels.
const SIZE_WITHOUT_PICTURES: usize = 256;
/// Millimetres in a decimetre.
const MILLIMETRES: f32 = 100.0;

/// What is needed to render any clip of a corpus.
pub(crate) struct Stage<'a> {
    pub anatomy: &'a Anatomy,
    pub anchors: &'a Anchors,
    pub speech: &'a Recordings,
    pub settings: &'a RenderSettings,
}

impl Stage<'_> {
    /// Renders a clip; the video lies in `folder` until the shard has taken it.
    pub fn clip(&self, plan: &ClipPlan, folder: &Path) -> Result<ClipInput> {
        let presenter = Presenter::new(self.anatomy, plan.identity)?;
        let spoken = self.speech.joined(&plan.sentences, &mut ChaCha8Rng::seed_from_u64(plan.seed))?;
        let identity = &presenter.person.identity;
        let voice = Voice::from_seed(identity.seed, identity.traits().masculinity);
        let sound = Audio::new(spoken.sample_rate, voice.apply(&spoken.samples, spoken.sample_rate))?;
        let scene = Scene::new(&presenter, &spoken.talk, plan.seed, self.settings);
        let frames = FrameRate::MOTION.frames_covering(sound.samples.len() as u64, sound.rate);
        let mut taken = Taken::new(frames as usize, self.settings.size.unwrap_or(SIZE_WITHOUT_PICTURES));
        let mut pictures = None;
        if let Some(size) = self.settings.size {
            let path = folder.join(format!("{}.mp4", plan.id(self.settings)));
            let settings = VideoSettings {
                quality: Quality::Quantiser(plan.quantiser(self.settings)),
                audio: Some(sound.clone()),
                provenance: provenance(plan),
                ..VideoSettings::new(size, size, FrameRate::MOTION)
            };
            let mut writer = VideoWriter::create(&path, settings)?;
            let mut maker = PictureMaker::new(size);
            for frame in 0..frames {
                let seconds = frame as f64 / FrameRate::MOTION.as_f64();
                let drawn = scene.draw(seconds, &mut maker).unwrap_or_default();
                taken.frame(frame as usize, &scene, seconds, self.anchors, Some(&drawn))?;
                writer.push(&Picture::from_rgb(size, size, drawn.rgb)?)?;
            }
            writer.finish()?;
            pictures = Some(Content::File(path));
        } else {
            for frame in 0..frames {
                let seconds = frame as f64 / FrameRate::MOTION.as_f64();
                taken.frame(frame as usize, &scene, seconds, self.anchors, None)?;
            }
        }
        let alone = if pictures.is_none() { Some((SoundFormat::Wav, Content::wav(&sound)?)) } else { None };
        let description = self.describe(plan, &spoken, &scene, frames, taken.size)?;
        Ok(ClipInput {
            description,
            pictures,
            sound: alone,
            truth: Some(taken.truth(self.settings.size.is_some())),
        })
    }

    fn describe(
        &self,
        plan: &ClipPlan,
        spoken: &SpokenTalk,
        scene: &Scene<'_>,
        frames: u64,
        size: usize,
    ) -> Result<ClipDescription> {
        let side = size as u32;
        let json = |value: serde_json::Result<serde_json::Value>| {
            value.map_err(|e| StageError::Setting { what: e.to_string(), hint: "report this".into() })
        };
        let mut description = ClipDescription::new(
            &plan.id(self.settings),
            &format!("staged-{:06}", plan.identity),
            Some(plan.identity),
            FrameRate::MOTION,
            frames,
            (side, side),
        );
        let Talk { text, words, phones, .. } = &spoken.talk;
        description.samples = spoken.samples.len() as u64;
        description.sample_rate = spoken.sample_rate;
        description.text.clone_from(text);
        description.words = words
            .iter()
            .map(|w| SpokenWord { text: w.text.clone(), start: w.start, end: w.end, stress: w.stress })
            .collect();
        description.phones = phones
            .iter()
            .map(|p| SpokenPhone { symbol: p.symbol.clone(), stress: p.stress, start: p.start, end: p.end })
            .collect();
        description.triggers = scene.score.gestures.iter().map(trigger).collect();
        description.style = Some(json(serde_json::to_value(&scene.presenter().style))?);
        let identity = json(serde_json::to_value(&scene.presenter().person.identity))?;
        let score = json(serde_json::to_value(&scene.score))?;
        let clip = json(serde_json::to_value(plan))?;
        description.sections =
            BTreeMap::from([("identity".into(), identity), ("score".into(), score), ("clip".into(), clip)]);
        if self.settings.size.is_some() {
            let encoding = serde_json::json!({ "quantiser": plan.quantiser(self.settings) });
            description.sections.insert("encoding".into(), encoding);
        }
        Ok(description)
    }
}

fn provenance(plan: &ClipPlan) -> Provenance {
    Provenance { seed: Some(plan.seed), ..Provenance::default() }
}

/// A small-letter word for a unit variant.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(serde_json::Value::Object(map)) => {
            map.iter().next().map(|(name, value)| format!("{name}-{value}")).unwrap_or_default()
        }
        _ => String::new(),
    }
}

fn trigger(gesture: &Gesture) -> Trigger {
    Trigger {
        word: gesture.word,
        time: gesture.stroke,
        class: word(gesture.class),
        form: word(gesture.form),
        hands: word(gesture.hands),
        start: gesture.start,
        stroke: gesture.stroke,
        end: gesture.end,
    }
}

/// The truth while it is being collected.
struct Taken {
    size: usize,
    keypoints: Array3<f32>,
    visibility: Array2<u8>,
    parts: Vec<u8>,
    depth: Vec<u16>,
    face: Array2<f32>,
    gaze: Array2<f32>,
}

impl Taken {
    fn new(frames: usize, size: usize) -> Self {
        Self {
            size,
            keypoints: Array3::zeros((frames, WHOLE_BODY, 2)),
            visibility: Array2::zeros((frames, WHOLE_BODY)),
            parts: Vec::new(),
            depth: Vec::new(),
            face: Array2::zeros((frames, FACE_UNITS)),
            gaze: Array2::zeros((frames, 2)),
        }
    }

    fn frame(
        &mut self,
        frame: usize,
        scene: &Scene<'_>,
        seconds: f64,
        anchors: &Anchors,
        drawn: Option<&Drawn>,
    ) -> Result<()> {
        let pose = scene.pose(seconds);
        let camera = scene.camera(seconds);
        let found = keypoints(anchors, &scene.presenter().person, &pose, &camera, self.size, drawn)?;
        for (index, (point, seen)) in found.points.iter().zip(&found.visibility).enumerate() {
            self.keypoints[[frame, index, 0]] = point[0];
            self.keypoints[[frame, index, 1]] = point[1];
            self.visibility[[frame, index]] = *seen as u8;
        }
        for (index, amount) in pose.face.iter().enumerate() {
            self.face[[frame, index]] = *amount;
        }
        self.gaze[[frame, 0]] = pose.gaze[0];
        self.gaze[[frame, 1]] = pose.gaze[1];
        if let Some(drawn) = drawn {
            self.parts.extend(picked(&drawn.parts, self.size, MASK_SHRINK));
            if frame.is_multiple_of(DEPTH_EVERY) {
                let millimetres = |z: f32| if z.is_finite() { (z * MILLIMETRES).round() as u16 } else { 0 };
                self.depth.extend(picked(&drawn.depth, self.size, DEPTH_SHRINK).map(millimetres));
            }
        }
        Ok(())
    }

    fn truth(self, drawn: bool) -> Truth {
        let side = self.size as u32;
        let mut truth = Truth::new(FrameRate::MOTION, (side, side), self.keypoints, self.visibility);
        let names = FaceUnit::ALL.iter().map(|unit| unit.name().to_owned()).collect();
        truth.curves.insert("face-units".into(), Curve { names, values: self.face });
        let names = vec!["degrees-left".into(), "degrees-up".into()];
        truth.curves.insert("gaze".into(), Curve { names, values: self.gaze });
        if drawn {
            let (masks, depths) = (self.size.div_ceil(MASK_SHRINK), self.size.div_ceil(DEPTH_SHRINK));
            let count = |all: usize, side: usize| all / (side * side).max(1);
            let shape = (count(self.parts.len(), masks), masks, masks);
            if let Ok(parts) = Array3::from_shape_vec(shape, self.parts) {
                truth.masks = Some(Masks { every: 1, parts, legend: legend() });
            }
            let shape = (count(self.depth.len(), depths), depths, depths);
            if let Ok(millimetres) = Array3::from_shape_vec(shape, self.depth) {
                truth.depth = Some(Depth { every: DEPTH_EVERY as u32, millimetres });
            }
        }
        truth
    }
}

/// Every `step`-th pixel of every `step`-th row, from the middle of each block.
fn picked<T: Copy>(plane: &[T], size: usize, step: usize) -> impl Iterator<Item = T> {
    let at = move |index: usize| (index * step + step / 2).min(size - 1);
    (0..size.div_ceil(step))
        .flat_map(move |y| (0..size.div_ceil(step)).map(move |x| plane[at(y) * size + at(x)]))
}

fn legend() -> Vec<PartName> {
    Part::ALL
        .iter()
        .map(|part| PartName {
            number: *part as u8,
            name: word(part).to_lowercase(),
            person: part.is_person(),
        })
        .collect()
}
