//! Trunk and head: breath, shifts of posture, turns with gestures, nods on stressed words, and never a frozen frame.

use glam::{EulerRot, Quat, Vec3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::bell::{ease, pulse};
use super::bones::{Bones, LEFT, RIGHT, SIDE_SIGN};
use super::drift::{Drift, Steps};
use crate::pose::Pose;
use crate::script::{Hands, Score, Style, Talk};

/// Seconds from breath to breath.
const BREATH: std::ops::Range<f32> = 3.2..4.6;
/// How far the chest leans back and the collarbones rise with a breath, in degrees.
const BREATH_CHEST: f32 = 0.7;
const BREATH_CLAVICLE: f32 = 1.3;
/// Seconds between shifts of posture, and how long one takes.
const BETWEEN_SHIFTS: std::ops::Range<f64> = 5.0..11.0;
const SHIFT_TAKES: std::ops::Range<f32> = 1.2..2.4;
/// Largest shift: turn, lean forwards, lean sideways in degrees; weight sideways in decimetres.
const SHIFT: [f32; 4] = [3.5, 1.5, 1.8, 0.16];
/// What a seated person's weight shift is of a standing one's.
const SEATED_SHIFT: f32 = 0.5;
/// How far the trunk turns with a one-handed gesture, in degrees.
const GESTURE_TURN: f32 = 2.5;
/// Share of stressed words with a nod, at ordinary nodding; its size in degrees and half its length in seconds.
const NOD_SHARE: f64 = 0.55;
const NOD: std::ops::Range<f32> = 2.2..5.5;
const NOD_HALF: std::ops::Range<f32> = 0.17..0.27;
/// A pause of this length, in seconds, ends a phrase.
pub(super) const PHRASE_PAUSE: f64 = 0.18;
/// Largest turn, nod and tilt of the head held through a phrase, in degrees.
const HEAD_HOLD: [f32; 3] = [6.5, 2.5, 3.5];
/// Longest time a head stays put, in seconds.
const HEAD_STAYS: f64 = 2.6;
/// Sizes of the head's endless small movement: turn, nod, tilt, in degrees.
const HEAD_DRIFT: [f32; 3] = [1.1, 0.8, 0.8];
/// Shares of a head movement that neck (lower, middle, upper) and head take.
const NECK_SHARES: [f32; 4] = [0.15, 0.2, 0.25, 0.4];
/// Shares of a trunk movement from the lowest spine bone upwards.
const SPINE_SHARES: [f32; 5] = [0.15, 0.2, 0.2, 0.2, 0.25];
/// Bend of hips and knees, and turn of the thighs outwards, of seated people, in degrees.
const SEATED_HIP: f32 = 86.0;
const SEATED_KNEE: f32 = 88.0;
const SEATED_APART: f32 = 8.0;

/// A short movement around a moment.
#[derive(Clone, Copy, Debug)]
struct Accent {
    seconds: f64,
    half: f32,
    size: f32,
}

/// A turn held between two moments.
#[derive(Clone, Copy, Debug)]
struct Held {
    times: [f64; 4],
    size: f32,
}

/// How trunk and head move in one clip.
#[derive(Clone, Debug)]
pub(super) struct BodyMotion {
    seated: bool,
    breath: (f32, f32),
    shifts: Steps<4>,
    trunk_drift: [Drift; 3],
    turns: Vec<Held>,
    nods: Vec<Accent>,
    head: Steps<3>,
    head_drift: [Drift; 3],
}

/// The moments at which phrases begin, and the end of the last one.
pub(super) fn phrase_starts(talk: &Talk) -> Vec<f64> {
    let mut starts: Vec<f64> = talk.words.first().map(|word| word.start).into_iter().collect();
    for pair in talk.words.windows(2) {
        if pair[1].start - pair[0].end >= PHRASE_PAUSE {
            starts.push(pair[1].start);
        }
    }
    starts
}

fn spread<const N: usize>(sizes: [f32; N], by: f32, random: &mut ChaCha8Rng) -> [f32; N] {
    sizes.map(|size| random.random_range(-1.0..1.0f32) * size * by)
}

impl BodyMotion {
    pub(super) fn new(style: &Style, talk: &Talk, score: &Score, random: &mut ChaCha8Rng) -> Self {
        let mut shifts = Steps::default();
        let shift_size = if style.seated { SEATED_SHIFT } else { 1.0 };
        shifts.push(f64::MIN / 4.0, 1.0, spread(SHIFT, shift_size, random));
        let mut at = random.random_range(BETWEEN_SHIFTS) * 0.6;
        while at < talk.duration {
            shifts.push(at, random.random_range(SHIFT_TAKES), spread(SHIFT, shift_size, random));
            at = shifts.end() + random.random_range(BETWEEN_SHIFTS);
        }
        let mut head = Steps::default();
        head.push(f64::MIN / 4.0, 1.0, spread(HEAD_HOLD, 0.5 * style.nodding, random));
        let starts = phrase_starts(talk);
        let mut moments = starts.clone();
        let mut last = 0.0;
        for start in starts.iter().copied().chain([talk.duration]) {
            while start - last > HEAD_STAYS {
                last += random.random_range(0.5..1.0) * HEAD_STAYS;
                moments.push(last);
            }
            last = start;
        }
        moments.sort_by(f64::total_cmp);
        for moment in moments {
            let by = style.nodding * random.random_range(0.3..1.0f32);
            head.push(moment - 0.15, random.random_range(0.35..0.8), spread(HEAD_HOLD, by, random));
        }
        let mut nods = Vec::new();
        for stress in talk.words.iter().filter_map(|word| word.stress) {
            if random.random_bool((NOD_SHARE * f64::from(style.nodding)).clamp(0.0, 0.95)) {
                nods.push(Accent {
                    seconds: stress + random.random_range(-0.02..0.06),
                    half: random.random_range(NOD_HALF),
                    size: random.random_range(NOD) * style.nodding,
                });
            }
        }
        let turns = score.gestures.iter().filter_map(|gesture| {
            let towards = match gesture.hands {
                // The working side comes forward: a left hand turns the trunk to the right.
                Hands::Left => -1.0,
                Hands::Right => 1.0,
                Hands::Both => return None,
            };
            let end = gesture.end.max(gesture.hold_end + 0.2);
            Some(Held {
                times: [gesture.start, gesture.stroke_end, gesture.hold_end, end],
                size: towards * GESTURE_TURN * gesture.amplitude.clamp(0.4, 1.5),
            })
        });
        let turns = turns.collect();
        Self {
            seated: style.seated,
            breath: (
                std::f32::consts::TAU / random.random_range(BREATH),
                random.random_range(0.0..std::f32::consts::TAU),
            ),
            shifts,
            trunk_drift: [0.5, 0.35, 0.35].map(|size| Drift::new(size, 3.7, random)),
            turns,
            nods,
            head,
            head_drift: HEAD_DRIFT.map(|size| Drift::new(size * (0.5 + 0.5 * style.nodding), 1.9, random)),
        }
    }

    /// How far in the breath is, −1 to 1: in faster than out.
    fn breath_at(&self, seconds: f64) -> f32 {
        let phase = self.breath.0 * seconds as f32 + self.breath.1;
        (phase + 0.35 * phase.sin()).sin()
    }

    /// Turn, nod and tilt of the head against the chest, in degrees.
    fn head_at(&self, seconds: f64) -> [f32; 3] {
        let held = self.head.at(seconds);
        let mut head: [f32; 3] = std::array::from_fn(|i| held[i] + self.head_drift[i].at(seconds));
        for nod in &self.nods {
            head[1] += nod.size * pulse((seconds - nod.seconds) as f32 / nod.half);
        }
        head
    }

    /// Turn, lean forwards and lean sideways of the trunk, in degrees.
    fn trunk_at(&self, seconds: f64, shift: [f32; 4]) -> [f32; 3] {
        let mut trunk: [f32; 3] = std::array::from_fn(|i| shift[i] + self.trunk_drift[i].at(seconds));
        for turn in &self.turns {
            let [a, b, c, d] = turn.times;
            if (a..d).contains(&seconds) {
                let rise = ease(((seconds - a) / (b - a).max(0.05)) as f32);
                let fall = ease(((seconds - c) / (d - c).max(0.05)) as f32);
                trunk[0] += turn.size * rise * (1.0 - fall);
            }
        }
        trunk[1] -= BREATH_CHEST * 0.5 * self.breath_at(seconds);
        trunk
    }

    /// Writes root, spine, neck, head and legs; gives the turn (to the person's left) and nod (down) of the head in
    /// the world, in degrees.
    pub(super) fn apply(&self, bones: &Bones, seconds: f64, pose: &mut Pose) -> [f32; 2] {
        let shift = self.shifts.at(seconds);
        pose.root = Vec3::new(shift[3], 0.0, 0.0);
        let trunk = self.trunk_at(seconds, shift);
        let part = |angles: [f32; 3], share: f32| {
            let [turn, nod, tilt] = angles.map(|angle| (angle * share).to_radians());
            Quat::from_euler(EulerRot::YXZ, turn, nod, tilt)
        };
        for (bone, share) in bones.spine.iter().zip(SPINE_SHARES) {
            pose.turns[*bone] = part(trunk, share);
        }
        // The head keeps most of its place in the world while the trunk moves.
        let head = self.head_at(seconds);
        let against: [f32; 3] = std::array::from_fn(|i| head[i] - 0.7 * trunk[i]);
        let neck = bones.neck.iter().chain([&bones.head]);
        for (bone, share) in neck.zip(NECK_SHARES) {
            pose.turns[*bone] = part(against, share);
        }
        if let (true, Some(legs)) = (self.seated, bones.legs) {
            for side in [LEFT, RIGHT] {
                let apart = Quat::from_rotation_y((SEATED_APART * SIDE_SIGN[side]).to_radians());
                pose.turns[legs[side][0]] = apart * Quat::from_rotation_x(-SEATED_HIP.to_radians());
                pose.turns[legs[side][1]] = Quat::from_rotation_x(SEATED_KNEE.to_radians());
            }
        }
        [against[0] + trunk[0], against[1] + trunk[1]]
    }

    /// How far breath lifts the collarbone of `side`: a turn in the chest's frame.
    pub(super) fn shoulder_lift(&self, side: usize, seconds: f64) -> Quat {
        let lift = BREATH_CLAVICLE * (0.5 + 0.5 * self.breath_at(seconds));
        Quat::from_rotation_z(SIDE_SIGN[side] * lift.to_radians())
    }
}
