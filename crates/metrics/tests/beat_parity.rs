//! Beat alignment equals the reference on fixture 08e.

#![allow(clippy::unwrap_used)] // helpers outside #[test] functions

mod fixture;

use fixture::{fill, numbers};
use ndarray::Array3;
use orator_metrics::beats::{
    SIGMA_FRAMES, SPEED_SIGMA, gaussian_smoothed, kinematic_beats, mean_speed, motion_to_music,
    music_to_motion, nearness,
};

const FILE: &[u8] = include_bytes!("fixtures/08e_beat_alignment.safetensors");

fn close(name: &str, values: &[f64]) {
    fixture::close(FILE, name, values, 1e-9);
}

#[test]
fn scores_in_both_directions() {
    for list in ["list0", "list1", "list2"] {
        let (music, motion) =
            (numbers(FILE, &format!("{list}/music")), numbers(FILE, &format!("{list}/motion")));
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
    let score = music_to_motion(&numbers(FILE, "list2/music"), &beats, SIGMA_FRAMES).value().unwrap();
    close("kinetic/ba_with_list2_music", &[score]);
}
