//! Eyes: gaze that jumps and rests, blinks, lids that follow, and brows.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::bell::pulse;
use super::body::{PHRASE_PAUSE, phrase_starts};
use super::drift::Steps;
use crate::pose::{FaceUnit, Pose};
use crate::script::{Style, Talk};

/// Seconds a lid takes to fall, stays down, and takes to rise.
const FALL: f32 = 0.065;
const SHUT: f32 = 0.03;
const RISE: f32 = 0.105;
/// Least time between blinks in seconds.
const BETWEEN_BLINKS: f64 = 0.5;
/// Chance that a phrase's end has a blink.
const BLINK_AT_PAUSE: f64 = 0.45;
/// How much lower than the eyes the camera is: degrees up to it.
const CAMERA_UP: f32 = -5.0;
/// Seconds a jump of the eyes takes.
const JUMP: std::ops::Range<f32> = 0.03..0.055;
/// Seconds the eyes stay.
const STAY: std::ops::Range<f64> = 0.7..2.6;
/// Wander of the eyes about the camera: degrees sideways and up.
const WANDER: [f32; 2] = [1.6, 1.1];
/// Chance of a glance away at a pause, and in the middle of speech.
const GLANCE_AT_PAUSE: f64 = 0.5;
const GLANCE: f64 = 0.12;
/// How far and how long glances go.
const GLANCE_SIDE: std::ops::Range<f32> = 8.0..20.0;
const GLANCE_UP: std::ops::Range<f32> = -12.0..9.0;
const GLANCE_STAYS: std::ops::Range<f64> = 0.35..0.9;
/// Farthest the eyes turn in the head, in degrees: sideways and up.
const FARTHEST: [f32; 2] = [30.0, 22.0];
/// Degrees of gaze at which the lids' units are full.
const LID_RANGE: f32 = 30.0;
/// How much the upper lid comes down per degree of downward gaze.
const LID_DROP: f32 = 0.012;
/// Share of stressed words with raised brows.
const BROW_SHARE: f64 = 0.22;
const BROW: std::ops::Range<f32> = 0.2..0.5;
const BROW_HALF: std::ops::Range<f32> = 0.22..0.4;
/// Height of the brows in the last words of a question.
const QUESTION_BROW: f32 = 0.5;

/// The eyes in one clip.
#[derive(Clone, Debug)]
pub(super) struct Eyes {
    blinks: Vec<f64>,
    gaze: Steps<2>,
    brows: Vec<(f64, f32, f32)>,
    brow_rest: f32,
    squint: f32,
}

/// The silences after phrases: start and end in seconds.
fn pauses(talk: &Talk) -> Vec<(f64, f64)> {
    let gaps = talk.words.windows(2).map(|pair| (pair[0].end, pair[1].start));
    let last = talk.words.last().map(|word| (word.end, talk.duration.max(word.end)));
    gaps.chain(last).filter(|(start, end)| end - start >= PHRASE_PAUSE).collect()
}

impl Eyes {
    pub(super) fn new(style: &Style, talk: &Talk, random: &mut ChaCha8Rng) -> Self {
        let pauses = pauses(talk);
        Self {
            blinks: blinks(style, talk, &pauses, random),
            gaze: gaze(talk, &pauses, random),
            brows: brows(talk, random),
            brow_rest: random.random_range(0.0..0.08),
            squint: style.smile.max(0.0) * 0.35,
        }
    }

    /// Writes gaze, lids and brows; `head` is where the head points: degrees to the person's left, and down.
    pub(super) fn apply(&self, seconds: f64, head: [f32; 2], pose: &mut Pose) {
        use FaceUnit::*;
        let wanted = self.gaze.at(seconds);
        let side = (wanted[0] - head[0]).clamp(-FARTHEST[0], FARTHEST[0]);
        let up = (wanted[1] + CAMERA_UP + head[1]).clamp(-FARTHEST[1], FARTHEST[1]);
        pose.gaze = [side, up];
        let [left, right] = [side.max(0.0) / LID_RANGE, (-side).max(0.0) / LID_RANGE];
        pose.set(EyeLookOutLeft, left);
        pose.set(EyeLookInRight, left);
        pose.set(EyeLookOutRight, right);
        pose.set(EyeLookInLeft, right);
        let [high, low] = [up.max(0.0) / LID_RANGE, (-up).max(0.0) / LID_RANGE];
        let shut = self.blinks.iter().map(|at| lid((seconds - at) as f32)).fold(0.0, f32::max);
        let resting = (-up).max(0.0) * LID_DROP;
        for (down, upwards, blink, squint, low_lid) in [
            (EyeLookDownLeft, EyeLookUpLeft, EyeBlinkLeft, EyeSquintLeft, 1.0),
            (EyeLookDownRight, EyeLookUpRight, EyeBlinkRight, EyeSquintRight, 0.9),
        ] {
            // A shut lid covers what the gaze would do to it.
            pose.set(down, low * (1.0 - shut));
            pose.set(upwards, high * (1.0 - shut));
            pose.set(blink, resting.max(shut));
            pose.set(squint, self.squint * low_lid);
        }
        let mut raised = self.brow_rest;
        for &(at, half, size) in &self.brows {
            raised += size * pulse((seconds - at) as f32 / half);
        }
        let raised = raised.min(0.9);
        pose.set(BrowInnerUp, raised);
        pose.set(BrowOuterUpLeft, raised * 0.8);
        pose.set(BrowOuterUpRight, raised * 0.72);
    }
}

/// How far a lid is shut, `since` seconds after a blink began.
fn lid(since: f32) -> f32 {
    use super::bell::ease;
    ease(since / FALL) - ease((since - FALL - SHUT) / RISE)
}

fn blinks(style: &Style, talk: &Talk, pauses: &[(f64, f64)], random: &mut ChaCha8Rng) -> Vec<f64> {
    let mean = 60.0 / f64::from(style.blinks.clamp(2.0, 60.0));
    let mut at_pauses: Vec<f64> = Vec::new();
    for (start, _) in pauses {
        if random.random_bool(BLINK_AT_PAUSE) {
            at_pauses.push(start + random.random_range(-0.05..0.15));
        }
    }
    // So many per second are left for the time between.
    let left = (1.0 / mean - at_pauses.len() as f64 / talk.duration.max(1.0)).max(0.2 / mean);
    let mut all = at_pauses;
    let mut at = random.random_range(0.0..1.0) / left;
    while at < talk.duration {
        all.push(at);
        let wait: f64 = random.random_range(0.0..1.0);
        at += (0.35 - 0.65 * (1.0 - wait).max(1e-3).ln()) / left;
    }
    all.sort_by(f64::total_cmp);
    let mut last = f64::MIN;
    all.retain(|&blink| {
        let apart = blink - last >= BETWEEN_BLINKS;
        if apart {
            last = blink;
        }
        apart
    });
    all
}

fn gaze(talk: &Talk, pauses: &[(f64, f64)], random: &mut ChaCha8Rng) -> Steps<2> {
    let mut steps = Steps::default();
    let wander = |random: &mut ChaCha8Rng| WANDER.map(|size| random.random_range(-size..size));
    let mut at = random.random_range(STAY);
    while at < talk.duration {
        let pausing = pauses.iter().any(|(start, end)| (start - 0.1..*end).contains(&at));
        let away = random.random_bool(if pausing { GLANCE_AT_PAUSE } else { GLANCE });
        if away {
            let side = if random.random_bool(0.5) { 1.0 } else { -1.0 };
            let to = [side * random.random_range(GLANCE_SIDE), random.random_range(GLANCE_UP)];
            steps.push(at, random.random_range(JUMP), to);
            at += random.random_range(GLANCE_STAYS);
            steps.push(at, random.random_range(JUMP), wander(random));
        } else {
            steps.push(at, random.random_range(JUMP), wander(random));
        }
        let next = at + random.random_range(STAY);
        // The next pause draws the next jump.
        let pause = pauses.iter().map(|(start, _)| start + 0.05).find(|start| *start > at + 0.4);
        at = pause.map_or(next, |pause| next.min(pause));
    }
    steps
}

fn brows(talk: &Talk, random: &mut ChaCha8Rng) -> Vec<(f64, f32, f32)> {
    let mut brows = Vec::new();
    for stress in talk.words.iter().filter_map(|word| word.stress) {
        if random.random_bool(BROW_SHARE) {
            brows.push((stress, random.random_range(BROW_HALF), random.random_range(BROW)));
        }
    }
    for start in phrase_starts(talk) {
        if random.random_bool(0.25) {
            brows.push((start + 0.15, random.random_range(BROW_HALF), random.random_range(BROW)));
        }
    }
    for word in question_ends(talk) {
        brows.push((word - 0.1, 0.6, QUESTION_BROW));
    }
    brows
}

/// The ends of words, in seconds, that a question mark follows in the text.
fn question_ends(talk: &Talk) -> Vec<f64> {
    let spoken = talk.text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric));
    let asked = spoken.enumerate().filter(|(_, word)| word.contains('?')).map(|(index, _)| index);
    asked.filter_map(|index| talk.words.get(index).map(|word| word.end)).collect()
}
