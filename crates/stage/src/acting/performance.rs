//! One clip of one person, acted.

use glam::Quat;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::arm::{ArmGeometry, HandTarget};
use super::body::BodyMotion;
use super::bones::{Bones, LEFT, RIGHT};
use super::clearance::Clearance;
use super::eyes::Eyes;
use super::gesture::{Choreographer, Habits, Space};
use super::hand::HandGeometry;
use super::mouth::Mouth;
use super::rest::Rest;
use super::track::{HandState, Track};
use crate::figure::Skeleton;
use crate::pose::Pose;
use crate::script::{Score, Style, Talk};

/// Independent streams of the seed.
const STREAM_BODY: u64 = 1;
const STREAM_EYES: u64 = 2;
const STREAM_HABITS: u64 = 3;
const STREAM_HANDS: u64 = 4;
const STREAM_RESTS: u64 = 8;

/// How one person moves through one clip.
///
/// [`Performance::pose`] is a pure and smooth function of time. The wrist of a gesture is at rest at `stroke_start`
/// and `stroke_end` and fastest at `stroke`. Preparation and retraction are slower than the stroke: where the score
/// leaves them too little time they reach into the free time before and after, and the stroke grows. The figure stays where it stands in the rest pose up to a small sway, seated people too: only
/// their legs are bent.
#[derive(Clone, Debug)]
pub struct Performance {
    rest_pose: Pose,
    acting: Option<Acting>,
}

#[derive(Clone, Debug)]
struct Acting {
    bones: Bones,
    arms: [ArmGeometry; 2],
    fingers: [HandGeometry; 2],
    clearance: Clearance,
    rests: [Rest; 2],
    tracks: [Track; 2],
    body: BodyMotion,
    mouth: Mouth,
    eyes: Eyes,
}

impl Performance {
    /// Plans a clip. A skeleton other than the figure's stays in its rest pose.
    #[must_use]
    pub fn new(skeleton: &Skeleton, style: &Style, talk: &Talk, score: &Score, seed: u64) -> Self {
        let acting =
            Bones::find(skeleton).map(|bones| Acting::new(bones, skeleton, style, talk, score, seed));
        Self { rest_pose: Pose::rest(skeleton), acting }
    }

    /// The person at `seconds` after the start of the sound.
    #[must_use]
    pub fn pose(&self, seconds: f64) -> Pose {
        let mut pose = self.rest_pose.clone();
        if let Some(acting) = &self.acting {
            acting.apply(seconds, &mut pose);
        }
        pose
    }
}

impl Acting {
    fn new(bones: Bones, skeleton: &Skeleton, style: &Style, talk: &Talk, score: &Score, seed: u64) -> Self {
        let stream = |number: u64| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(number);
            random
        };
        let arms = [LEFT, RIGHT].map(|side| ArmGeometry::new(skeleton, &bones.arms[side], side));
        let fingers = [LEFT, RIGHT].map(|side| HandGeometry::new(skeleton, &bones.arms[side], side));
        let clearance = Clearance::new(skeleton, &bones, style.seated);
        let spaces = [LEFT, RIGHT].map(|side| Space::new(&arms[side], style));
        let rests = [LEFT, RIGHT].map(|side| {
            let mut random = stream(STREAM_RESTS + side as u64);
            Rest::new(&spaces[side], &arms[side], &clearance, style, talk.duration, &mut random)
        });
        let habits = Habits::new(&mut stream(STREAM_HABITS));
        let tracks = [LEFT, RIGHT].map(|side| {
            let choreographer = Choreographer {
                arm: &arms[side],
                clearance: &clearance,
                space: spaces[side],
                style,
                rest: &rests[side],
            };
            choreographer.track(score, &habits, &mut stream(STREAM_HANDS + side as u64))
        });
        Self {
            body: BodyMotion::new(style, talk, score, &mut stream(STREAM_BODY)),
            mouth: Mouth::new(style, talk),
            eyes: Eyes::new(style, talk, &mut stream(STREAM_EYES)),
            bones,
            arms,
            fingers,
            clearance,
            rests,
            tracks,
        }
    }

    fn hand(&self, side: usize, seconds: f64) -> HandState {
        let mut state = self.tracks[side].at(seconds, &self.rests[side].at(seconds));
        state.wrist += self.rests[side].sway(seconds);
        self.rests[side].enliven(&mut state.shape, seconds);
        state
    }

    fn apply(&self, seconds: f64, pose: &mut Pose) {
        let head = self.body.apply(&self.bones, seconds, pose);
        let states = [LEFT, RIGHT].map(|side| self.hand(side, seconds));
        let mut targets: [HandTarget; 2] = states.map(|state| state.target());
        self.clearance.part(&self.arms, &mut targets, states.map(|state| state.contact));
        for side in [LEFT, RIGHT] {
            let turns = self.arms[side].solve(&targets[side]);
            let arm = &self.bones.arms[side];
            let chain = [
                arm.clavicle,
                arm.shoulder,
                arm.upper[0],
                arm.upper[1],
                arm.lower[0],
                arm.lower[1],
                arm.wrist,
            ];
            for (bone, turn) in chain.into_iter().zip(turns) {
                pose.turns[bone] = turn;
            }
            // Breath lifts the collarbone; the blade turns back, so that the arm hangs as it did.
            let lift: Quat = self.body.shoulder_lift(side, seconds);
            pose.turns[arm.clavicle] = lift * pose.turns[arm.clavicle];
            let girdle = turns[0];
            pose.turns[arm.shoulder] = girdle.inverse() * lift.inverse() * girdle * pose.turns[arm.shoulder];
            self.fingers[side].apply(&states[side].shape, arm, &mut pose.turns);
        }
        self.mouth.apply(seconds, pose);
        self.eyes.apply(seconds, head, pose);
    }
}
