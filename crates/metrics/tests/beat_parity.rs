//! Beat alignment equals the reference on fixture 08e.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers outside #[test] functions

use ndarray::Array3;
use orator_metrics::beats::{
    SIGMA_FRAMES, SPEED_SIGMA, gaussian_smoothed, kinematic_beats, mean_speed, motion_to_music,
    music_to_motion, nearness,
};
use safetensors::{Dtype, SafeTensors};

const FIXTURE: &[u8] = include_bytes!("fixtures/08e_beat_alignment.safetensors");

fn numbers(name: &str) -> Vec<f64> {
    let tensors = SafeTensors::deserialize(FIXTURE).unwrap();
    let tensor = tensors.tensor(name).unwrap();
    let eights = tensor.data().chunks_exact(8).map(|b| <[u8; 8]>::try_from(b).unwrap());
    match tensor.dtype() {
        Dtype::F64 => eights.map(f64::from_le_bytes).collect(),
        Dtype::I64 => eights.map(|b| i64::from_le_bytes(b) as f64).collect(),
        other => panic!("{name} holds {other:?}"),
    }
}

/// The fixtures' fill: FNV-1a of the name plus the index, mixed, to −1..1.
fn fill(name: &str, index: usize) -> f64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut mix = hash.wrapping_add(index as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mix = (mix ^ (mix >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mix = (mix ^ (mix >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mix ^= mix >> 31;
    2.0 * ((mix >> 11) as f64 / (1u64 << 53) as f64) - 1.0
}

fn close(name: &str, values: &[f64]) {
    let expected = numbers(name);
    assert_eq!(values.len(), expected.len(), "{name}");
    for (value, expected) in values.iter().zip(expected) {
        assert!((value - expected).abs() < 1e-9, "{name}: {value} instead of {expected}");
    }
}

#[test]
fn scores_in_both_directions() {
    for list in ["list0", "list1", "list2"] {
        let (music, motion) = (numbers(&format!("{list}/music")), numbers(&format!("{list}/motion")));
        let forth = music_to_motion(&music, &motion, SIGMA_FRAMES).value().unwrap();
        let back = motion_to_music(&music, &motion, SIGMA_FRAMES).value().unwrap();
        close(&format!("{list}/bailando_music_to_motion"), &[forth]);
        close(&format!("{list}/aist_motion_to_music"), &[back]);
        close(&format!("{list}/per_music_beat"), &nearness(&music, &motion, SIGMA_FRAMES));
    }
}

#[test]
fn beats_of_a_motion() {
    let points = Array3::from_shape_fn((160, 24, 3), |(frame, joint, axis)| {
        let at = joint * 3 + axis;
        let frequency = 1.0 + 0.5 * fill("input/ba/freq", at);
        let time = frame as f64 / 25.0;
        let angle = std::f64::consts::TAU * frequency * time + 3.0 * fill("input/ba/phase", at);
        angle.sin() + 0.02 * fill("input/ba/noise", frame * 72 + at)
    });
    let speed = mean_speed(points.view());
    close("kinetic/velocity", &speed);
    close("kinetic/velocity_smoothed_sigma5", &gaussian_smoothed(&speed, SPEED_SIGMA));
    let beats: Vec<f64> = kinematic_beats(points.view(), SPEED_SIGMA).iter().map(|b| *b as f64).collect();
    close("kinetic/motion_beats", &beats);
    let score = music_to_motion(&numbers("list2/music"), &beats, SIGMA_FRAMES).value().unwrap();
    close("kinetic/ba_with_list2_music", &[score]);
}
