//! Whole performances, looked at from outside.

use glam::Vec3;
use proptest::prelude::*;

use super::bones::{Bones, LEFT, RIGHT};
use super::clearance::Clearance;
use super::{Performance, stand_in};
use crate::figure::{Placed, Skeleton};
use crate::pose::{FaceUnit, Pose};
use crate::script::{Form, Gesture, GestureClass, Hands, Phone, RestPosture, Score, Style, Talk, Word};

fn style(rest: RestPosture) -> Style {
    Style {
        left_handed: 0.3,
        both_hands: 0.3,
        amplitude: 1.0,
        tempo: 1.0,
        beats: 0.4,
        favourites: Vec::new(),
        rest,
        seated: rest == RestPosture::OnLap,
        height: 0.0,
        openness: 0.4,
        nodding: 1.0,
        blinks: 15.0,
        articulation: 1.0,
        smile: 0.2,
    }
}

const RESTS: [RestPosture; 4] =
    [RestPosture::HandsFree, RestPosture::HandsTogether, RestPosture::ArmsDown, RestPosture::OnLap];

/// A gesture whose preparation and retraction have ordinary lengths.
fn gesture(form: Form, hands: Hands, stroke: f64, skew: f64, retracts: bool) -> Gesture {
    Gesture {
        class: GestureClass::Beat,
        form,
        hands,
        word: 0,
        start: stroke - 0.65,
        stroke_start: stroke - 0.12 - skew,
        stroke,
        stroke_end: stroke + 0.14,
        hold_end: stroke + 0.35,
        end: if retracts { stroke + 1.1 } else { stroke + 0.35 },
        retracts,
        amplitude: 1.0,
    }
}

fn talk(duration: f64) -> Talk {
    Talk { duration, ..Talk::default() }
}

struct Seen {
    skeleton: Skeleton,
    bones: Bones,
}

impl Seen {
    fn new() -> Self {
        let skeleton = stand_in::skeleton();
        let bones = Bones::find(&skeleton).unwrap();
        Self { skeleton, bones }
    }

    fn placed(&self, performance: &Performance, seconds: f64) -> Placed {
        self.skeleton.place(&performance.pose(seconds))
    }

    fn wrist(&self, performance: &Performance, side: usize, seconds: f64) -> Vec3 {
        self.placed(performance, seconds).head(&self.skeleton, self.bones.arms[side].wrist)
    }

    /// The moment of greatest wrist speed between two moments and that speed, in space or as projected.
    fn fastest(
        &self,
        performance: &Performance,
        side: usize,
        between: (f64, f64),
        seen: fn(Vec3) -> Vec3,
    ) -> (f64, f32) {
        let step = 0.005;
        let count = ((between.1 - between.0) / step) as usize;
        let at = |i: usize| between.0 + step * i as f64;
        let places: Vec<Vec3> = (0..=count).map(|i| seen(self.wrist(performance, side, at(i)))).collect();
        let speeds = places.windows(3).map(|three| three[0].distance(three[2]) / (2.0 * step as f32));
        let (index, speed) = speeds.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        (at(index + 1), speed)
    }
}

fn in_space(v: Vec3) -> Vec3 {
    v
}

fn in_plane(v: Vec3) -> Vec3 {
    v.with_z(0.0)
}

fn in_perspective(v: Vec3) -> Vec3 {
    (v - Vec3::new(0.0, 5.6, 0.0)) * (14.0 / (15.2 - v.z)) * Vec3::new(1.0, 1.0, 0.0)
}

#[test]
fn strokes_are_fastest_at_their_time_and_faster_than_preparations() {
    let seen = Seen::new();
    let mut worst = 0.0f64;
    for rest in [RestPosture::HandsFree, RestPosture::HandsTogether, RestPosture::OnLap] {
        for (index, form) in Form::ALL.into_iter().enumerate() {
            for (hands, side) in [(Hands::Left, LEFT), (Hands::Right, RIGHT), (Hands::Both, LEFT)] {
                let skew = if index % 2 == 0 { 0.0 } else { 0.08 };
                let planned = gesture(form, hands, 2.0, skew, true);
                let score = Score { gestures: vec![planned.clone()] };
                let performance =
                    Performance::new(&seen.skeleton, &style(rest), &talk(4.0), &score, index as u64);
                for view in [in_space, in_plane, in_perspective] {
                    let (at, speed) =
                        seen.fastest(&performance, side, (planned.stroke_start, planned.stroke_end), view);
                    worst = worst.max((at - planned.stroke).abs());
                    assert!(
                        (at - planned.stroke).abs() <= 0.02,
                        "{form:?} {hands:?} {rest:?}: peak at {at}, stroke at {}",
                        planned.stroke
                    );
                    let (_, before) =
                        seen.fastest(&performance, side, (planned.start, planned.stroke_start), view);
                    assert!(before < speed, "{form:?} {hands:?} {rest:?}: {before} before {speed}");
                    let (_, after) =
                        seen.fastest(&performance, side, (planned.hold_end, planned.end + 0.5), view);
                    assert!(after < speed, "{form:?} {hands:?} {rest:?}: {after} after {speed}");
                }
            }
        }
    }
    eprintln!("farthest peak from its stroke: {worst:.3} s");
}

/// A score of random gestures, one after the other, for both hands.
fn scores() -> impl Strategy<Value = (Score, RestPosture, f32, f32, u64)> {
    let one = (0usize..14, 0u8..3, any::<bool>(), 0.5f32..1.6, 0.0f64..0.6);
    (proptest::collection::vec(one, 1..7), 0usize..4, -1.5f32..1.5, 0.0f32..1.0, any::<u64>()).prop_map(
        |(list, rest, height, openness, seed)| {
            let mut gestures: Vec<Gesture> = Vec::new();
            let mut at = 1.0;
            for (form, hands, retracts, amplitude, gap) in list {
                let hands = [Hands::Left, Hands::Right, Hands::Both][usize::from(hands)];
                let mut next = gesture(Form::ALL[form], hands, at, 0.02, retracts);
                next.amplitude = amplitude;
                if let Some(before) = gestures.last_mut() {
                    before.end = before.end.min(next.start).max(before.hold_end + 0.02);
                    if before.end - before.hold_end < 0.3 {
                        before.retracts = false;
                    }
                }
                at += 1.1 + gap;
                gestures.push(next);
            }
            (Score { gestures }, RESTS[rest], height, openness, seed)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn arms_keep_out_of_the_body_and_of_each_other_and_nothing_jumps(
        (score, rest, height, openness, seed) in scores()
    ) {
        let seen = Seen::new();
        let style = Style { height, openness, ..style(rest) };
        let length = score.gestures.last().unwrap().end + 1.0;
        let performance = Performance::new(&seen.skeleton, &style, &talk(length), &score, seed);
        let clearance = Clearance::new(&seen.skeleton, &seen.bones, style.seated);
        let mut before: Option<Pose> = None;
        let frames = (length * 100.0) as usize;
        for frame in 0..frames {
            let pose = performance.pose(frame as f64 / 100.0);
            prop_assert!(pose.turns.iter().all(|turn| turn.is_finite()));
            if let Some(before) = &before {
                for bone in 0..seen.skeleton.len() {
                    let change = before.turns[bone].angle_between(pose.turns[bone]).to_degrees();
                    prop_assert!(change < 16.0, "{} turns {change} at {frame}", seen.skeleton.name(bone));
                }
            }
            if frame % 4 == 0 {
                let placed = seen.skeleton.place(&pose);
                let chest = placed.maps[seen.bones.spine[4]].inverse();
                let mut middles = [Vec3::ZERO; 2];
                for side in [LEFT, RIGHT] {
                    let arm = &seen.bones.arms[side];
                    let at = |bone| chest.transform_point3(placed.head(&seen.skeleton, bone));
                    let (elbow, wrist) = (at(arm.lower[0]), at(arm.wrist));
                    let knuckle = at(arm.fingers[2][0]);
                    middles[side] = wrist.lerp(knuckle, 0.7);
                    for (point, radius) in
                        [(wrist, 0.1), (knuckle, 0.08), (elbow.lerp(wrist, 0.5), 0.12), (elbow, 0.1)]
                    {
                        let depth = clearance.depth(point, radius);
                        prop_assert!(depth < 0.05, "{depth} dm inside at frame {frame}: {point}");
                    }
                    prop_assert!(elbow.z > -1.6, "elbow behind the back: {elbow}");
                    let (upper, lower) = (at(arm.upper[0]) - elbow, wrist - elbow);
                    let bend = 180.0 - upper.angle_between(lower).to_degrees();
                    prop_assert!((0.0..=151.0).contains(&bend), "elbow bends {bend}");
                }
                let apart = middles[LEFT].distance(middles[RIGHT]);
                prop_assert!(apart > 0.25, "hands {apart} dm apart at frame {frame}");
            }
            before = Some(pose);
        }
        prop_assert_eq!(performance.pose(1.234), performance.pose(1.234));
    }
}

fn spoken(symbols: &[&str], each: f64) -> Talk {
    let phones = symbols.iter().enumerate().map(|(i, symbol)| Phone {
        symbol: (*symbol).to_owned(),
        stress: 1,
        start: i as f64 * each,
        end: (i + 1) as f64 * each,
    });
    Talk { phones: phones.collect(), duration: symbols.len() as f64 * each, ..Talk::default() }
}

#[test]
fn lips_close_bite_and_round_in_time() {
    let seen = Seen::new();
    let symbols = ["SIL", "AA", "B", "AA", "F", "AE", "T", "UW", "IY", "M", "SIL", "SIL", "SIL"];
    for each in [0.07, 0.12, 0.2] {
        let talk = spoken(&symbols, each);
        let still = style(RestPosture::HandsFree);
        let performance = Performance::new(&seen.skeleton, &still, &talk, &Score::default(), 1);
        let at = |index: f64| performance.pose(each * index).face;
        let unit = |face: &[f32; 52], unit: FaceUnit| face[unit as usize];
        for closing in [2.5, 9.5] {
            let face = at(closing);
            assert!(
                unit(&face, FaceUnit::JawOpen) < 1e-4 && unit(&face, FaceUnit::MouthLowerDownLeft) < 1e-4
            );
            assert!(
                unit(&face, FaceUnit::MouthUpperUpRight) < 1e-4
                    && unit(&face, FaceUnit::MouthPressLeft) > 0.2
            );
        }
        for open in [1.5, 3.5] {
            assert!(unit(&at(open), FaceUnit::JawOpen) > 0.12, "{}", unit(&at(open), FaceUnit::JawOpen));
        }
        let bite = at(4.5);
        assert!(unit(&bite, FaceUnit::MouthRollLower) > 0.45 && unit(&bite, FaceUnit::JawOpen) < 0.08);
        assert!(unit(&at(7.0), FaceUnit::MouthPucker) > 0.15, "rounding comes before its vowel");
        assert!(unit(&at(7.5), FaceUnit::MouthPucker) > unit(&at(8.7), FaceUnit::MouthPucker) + 0.1);
        assert!(unit(&at(12.5), FaceUnit::JawOpen) < 0.02, "silence closes the mouth");
    }
}

#[test]
fn words_without_phones_open_the_mouth_and_eyes_blink() {
    let seen = Seen::new();
    let word = |text: &str, start: f64, end: f64| Word {
        text: text.to_owned(),
        start,
        end,
        stress: Some(f64::midpoint(start, end)),
    };
    let talk = Talk {
        text: "What a day?".to_owned(),
        words: vec![word("what", 0.5, 0.8), word("a", 0.8, 0.9), word("day", 0.9, 1.3)],
        phones: Vec::new(),
        duration: 40.0,
    };
    let still = style(RestPosture::HandsFree);
    let performance = Performance::new(&seen.skeleton, &still, &talk, &Score::default(), 5);
    let frames: Vec<Pose> = (0..4000).map(|i| performance.pose(f64::from(i) / 100.0)).collect();
    let jaw = |pose: &Pose| pose.face[FaceUnit::JawOpen as usize];
    assert!(frames[50..130].iter().map(jaw).fold(0.0, f32::max) > 0.15);
    assert!(jaw(&frames[300]) < 0.01);
    let shut: Vec<bool> = frames.iter().map(|p| p.face[FaceUnit::EyeBlinkLeft as usize] > 0.5).collect();
    let blinks = shut.windows(2).filter(|pair| !pair[0] && pair[1]).count();
    assert!((5..=16).contains(&blinks), "{blinks} blinks in 40 s at 15 a minute");
    assert!(frames.windows(2).all(|pair| pair[0].turns != pair[1].turns), "no frame repeats");
}

/// The gap between the lips of the real figure, where `setup` has brought it.
#[test]
fn the_lips_of_the_figure_meet_for_bilabials_and_open_for_vowels() {
    let Ok(folder) = orator_assets::figure() else {
        eprintln!("skipped: the figure's data is not there");
        return;
    };
    let anatomy = crate::figure::Anatomy::load(&folder).unwrap();
    let rest = &anatomy.mesh.vertices;
    // The two vertices of the body nearest to the slit between the lips, above and below, in the middle of the face.
    let jaw = &anatomy.face_units[FaceUnit::JawOpen as usize];
    let lowered = |vertex: u32| jaw.moves.iter().any(|(v, by)| *v == vertex && by.y < -0.15);
    let middle: Vec<u32> = anatomy
        .mesh
        .vertices_of("body")
        .iter()
        .copied()
        .filter(|&v| rest[v as usize].x.abs() < 0.03 && (6.4..6.9).contains(&rest[v as usize].y))
        .filter(|&v| rest[v as usize].z > 1.45)
        .collect();
    let height = |v: &u32| rest[*v as usize].y;
    let upper = middle.iter().filter(|&&v| !lowered(v)).min_by(|a, b| height(a).total_cmp(&height(b)));
    let lower = middle.iter().filter(|&&v| lowered(v)).max_by(|a, b| height(a).total_cmp(&height(b)));
    let (&upper, &lower) = (upper.unwrap(), lower.unwrap());
    let skeleton = Skeleton::new(&anatomy.rig, rest);
    let talk = spoken(&["SIL", "AA", "B", "AA", "SIL", "SIL"], 0.12);
    let still = style(RestPosture::HandsFree);
    let performance = Performance::new(&skeleton, &still, &talk, &Score::default(), 1);
    let gap = |index: f64| {
        let pose = performance.pose(0.12 * index);
        let mut vertices = rest.clone();
        for (target, amount) in anatomy.face_units.iter().zip(pose.face) {
            target.apply(amount, &mut vertices);
        }
        vertices[upper as usize].y - vertices[lower as usize].y
    };
    let (shut, open, resting) = (gap(2.5), gap(1.5), rest[upper as usize].y - rest[lower as usize].y);
    eprintln!("gap between the lips: {resting:.3} at rest, {shut:.3} in B, {open:.3} in AA (dm)");
    assert!(shut < resting + 0.01 && open > resting + 0.08);
}
