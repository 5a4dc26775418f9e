//! The detector on motion whose strokes are known: minimum-jerk movement through the phases of planned scores.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::script::{GestureClass, Style, Talk, sentences};

const RATE: f64 = 25.0;

/// Way covered at time share `t` of a minimum-jerk movement (Flash and Hogan 1985).
fn minimum_jerk(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * t * (10.0 - 15.0 * t + 6.0 * t * t)
}

/// A hand's way in pixels: to a place from which the stroke starts, the stroke, and home. `noise` is the standard
/// deviation, roughly, of what a keypoint finder would add.
fn stand_in(score: &Score, other: Hands, duration: f64, noise: f64, seed: u64) -> Vec<[f32; 2]> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let rest = [0.0, 0.0];
    let mut legs: Vec<(f64, f64, [f64; 2])> = Vec::new();
    for gesture in score.gestures.iter().filter(|gesture| gesture.hands != other) {
        let size = 60.0 * f64::from(gesture.amplitude);
        let (across, up): (f64, f64) = (random.random_range(-0.4..0.4), random.random_range(0.6..1.1));
        let ready = [size * across, size * up];
        let aim: f64 = random.random_range(-2.2..-0.9);
        let goal = [ready[0] + size * aim.cos(), ready[1] + size * aim.sin()];
        legs.push((gesture.start, gesture.stroke_start, ready));
        legs.push((gesture.stroke_start, gesture.stroke_end, goal));
        if gesture.retracts {
            legs.push((gesture.hold_end, gesture.end, rest));
        }
    }
    let frames = (duration * RATE) as usize;
    (0..frames)
        .map(|frame| {
            let now = frame as f64 / RATE;
            let mut at = rest;
            for (start, end, goal) in &legs {
                let share = minimum_jerk((now - start) / (end - start));
                at = [0, 1].map(|axis| at[axis] + share * (goal[axis] - at[axis]));
            }
            let mut shake = || noise * (random.random_range(-1.0..1.0) + random.random_range(-1.0..1.0_f64));
            [(at[0] + shake()) as f32, (at[1] + shake()) as f32]
        })
        .collect()
}

fn measured(noise: f64) -> (StrokesFound, StrokesFound) {
    let (mut beats, mut all) = (StrokesFound::default(), StrokesFound::default());
    for seed in 0..40 {
        let text: Vec<String> = sentences(seed).take(6).collect();
        let talk = Talk::timed(&text.join(" "), 150.0, seed);
        let score = Score::plan(&talk, &Style::from_seed(seed), seed);
        let left = stand_in(&score, Hands::Right, talk.duration, noise, seed);
        let right = stand_in(&score, Hands::Left, talk.duration, noise, seed + 1000);
        let found = |wanted: fn(&Gesture) -> bool| {
            strokes_found(&score, &left, &right, RATE, &Detector::default(), wanted)
        };
        beats.add(found(|gesture| gesture.class == GestureClass::Beat));
        all.add(found(|_| true));
    }
    (beats, all)
}

#[test]
fn strokes_of_planned_scores_are_found_and_not_by_chance() {
    for noise in [0.0, 1.0] {
        let (beats, all) = measured(noise);
        for (name, found) in [("beats", beats), ("all", all)] {
            eprintln!(
                "noise {noise} px, {name}: {} strokes, recall {:.3}, by chance {:.3}",
                found.strokes,
                found.recall(),
                found.chance()
            );
            assert!(found.strokes > 200);
            assert!(found.recall() >= 0.95, "{name}: {found:?}");
            assert!(found.chance() < 0.4, "{name}: {found:?}");
        }
    }
}
