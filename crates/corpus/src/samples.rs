//! Made-up clips for the tests of this crate.

use crate::truth::{Curve, Depth, Masks, PartName};
use crate::{
    ClipDescription, ClipInput, Content, Origin, SoundFormat, SpokenPhone, SpokenWord, Trigger, Truth,
};
use ndarray::{Array2, Array3};
use orator_media::{Audio, FrameRate};
use std::collections::BTreeMap;

pub const SIZE: (u32, u32) = (256, 256);

/// Numbers in 0..1, different for every seed (xorshift64*).
pub fn numbers(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as f32 / (1u64 << 24) as f32
    }
}

pub fn origin() -> Origin {
    Origin {
        name: "test".into(),
        program: "the tests".into(),
        program_version: "0.1.0".into(),
        seed: Some(7),
        settings: serde_json::json!({ "people": 3, "noise": 0.1, "ambient": 1.0 / 3.0 }),
        licence: "CC0-1.0".into(),
        source: "made up".into(),
        rate: FrameRate::MOTION,
        size: SIZE,
    }
}

pub fn truth(frames: usize, seed: u64) -> Truth {
    let mut next = numbers(seed);
    let every = 2;
    let layers = frames.div_ceil(2);
    let walk = |t: usize, p: usize, axis: usize| {
        let t = t as f32 * 0.1 + p as f32 + axis as f32 * 1.3;
        128.0 + 100.0 * t.sin()
    };
    let keypoints = Array3::from_shape_fn((frames, 133, 2), |(t, p, a)| walk(t, p, a) + next() - 0.5);
    let visibility = Array2::from_shape_fn((frames, 133), |_| (next() * 3.0) as u8);
    let parts = Array3::from_shape_fn((layers, 32, 32), |(_, y, x)| u8::from(x > 8 && y > 4) * 3);
    let metres = Array3::from_shape_fn((layers, 16, 16), |(_, y, x)| 2.0 + 0.01 * (x * y) as f32);
    let name = |number, name: &str, person| PartName { number, name: name.into(), person };
    let curve = Curve {
        names: vec!["x".into(), "y".into()],
        values: Array2::from_shape_fn((frames, 2), |_| next() * 2.0 - 1.0),
    };
    Truth {
        confidence: seed.is_multiple_of(2).then(|| Array2::from_shape_fn((frames, 133), |_| next())),
        masks: Some(Masks {
            every,
            parts,
            legend: vec![name(0, "background", false), name(3, "head", true)],
        }),
        depth: Some(Depth::from_metres(every, &metres)),
        curves: BTreeMap::from([("gaze".to_owned(), curve)]),
        ..Truth::new(FrameRate::MOTION, SIZE, keypoints, visibility)
    }
}

pub fn sound(frames: u64) -> Audio {
    let samples = (0..frames * 640).map(|i| 0.3 * (i as f32 * 0.05).sin()).collect();
    Audio::new(16_000, samples).unwrap()
}

/// A clip of sound and truth without pictures.
pub fn clip(id: &str, identity: u64, frames: u64) -> ClipInput {
    let audio = sound(frames);
    let speaker = format!("p{identity}");
    let mut description = ClipDescription::new(id, &speaker, Some(identity), FrameRate::MOTION, frames, SIZE);
    description.samples = audio.samples.len() as u64;
    description.sample_rate = audio.rate;
    description.text = "No, “big” — ты?".into();
    let word =
        |text: &str, start, end| SpokenWord { text: text.into(), start, end, stress: Some(start + 0.01) };
    description.words = vec![word("no", 0.1, 0.3), word("big", 0.35, 0.7)];
    description.phones = vec![SpokenPhone { symbol: "N".into(), stress: 0, start: 0.1, end: 0.2 }];
    description.triggers = vec![Trigger {
        word: 1,
        time: 0.4,
        class: "iconic".into(),
        form: "big".into(),
        hands: "both".into(),
        start: 0.1,
        stroke: 0.4,
        end: 0.9,
    }];
    description.style = Some(serde_json::json!({ "amplitude": 1.1, "left_handed": 0.3 }));
    description.sections.insert("seeds".into(), serde_json::json!({ "clip": u64::MAX }));
    ClipInput {
        description,
        pictures: None,
        sound: Some((SoundFormat::Wav, Content::wav(&audio).unwrap())),
        truth: Some(truth(frames as usize, identity)),
    }
}
