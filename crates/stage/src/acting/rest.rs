//! Where the hands are between gestures.

use glam::{Vec3, vec3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::arm::ArmGeometry;
use super::bones::RIGHT;
use super::clearance::{Clearance, Contact};
use super::drift::{Drift, Steps};
use super::forms::Key;
use super::gesture::Space;
use super::hand::HandShape;
use super::track::HandState;
use crate::script::{RestPosture, Style};

/// Size of the endless small drift of resting and holding hands, in decimetres.
const DRIFT: f32 = 0.04;
/// Size of the endless small movement of each finger, in degrees.
const FINGER_DRIFT: f32 = 2.2;
/// Seconds between small changes of the rest posture.
const BETWEEN_CHANGES: std::ops::Range<f64> = 4.0..9.0;
/// Size of such a change, in decimetres.
const CHANGE: f32 = 0.14;
/// How long a change takes, in seconds.
const CHANGE_TAKES: std::ops::Range<f32> = 0.9..1.8;

/// The rest posture of one hand over time.
#[derive(Clone, Debug)]
pub(super) struct Rest {
    base: HandState,
    drift: [Drift; 3],
    tilt: [Drift; 2],
    fingers: [Drift; 5],
    changes: Steps<3>,
}

/// Keys of the posture for the hand on `side`, as in [`super::forms`].
fn key(style: &Style, side: usize) -> (Key, Contact) {
    let key = |at, fingers, palm, shape, swivel| Key { at, fingers, palm, shape, swivel, lying: 0.0 };
    let apart = Contact::default();
    match style.rest {
        RestPosture::HandsFree => (
            key(
                vec3(0.32, -0.45, 0.54),
                vec3(-0.4, 0.28, 0.87),
                vec3(-0.85, -0.05, -0.45),
                HandShape::RELAXED,
                16.0,
            ),
            apart,
        ),
        RestPosture::HandsTogether => {
            let touching = Contact { body: 0.3, hand: 1.0 };
            if side == RIGHT {
                let inner = key(
                    vec3(0.19, -0.51, 0.47),
                    vec3(-0.85, -0.12, 0.5),
                    vec3(-0.4, 0.25, -0.9),
                    HandShape::CLASP,
                    22.0,
                );
                (inner, touching)
            } else {
                let outer = key(
                    vec3(0.18, -0.49, 0.56),
                    vec3(-0.93, -0.1, 0.15),
                    vec3(-0.2, -0.2, -0.95),
                    HandShape::CLASP,
                    22.0,
                );
                (outer, touching)
            }
        }
        RestPosture::ArmsDown => (
            key(
                vec3(0.50, -0.94, 0.09),
                vec3(-0.05, -1.0, 0.12),
                vec3(-0.95, 0.0, -0.3),
                HandShape::RELAXED,
                14.0,
            ),
            apart,
        ),
        RestPosture::OnLap => (
            key(
                vec3(0.31, -0.76, 0.43),
                vec3(-0.3, -0.22, 0.92),
                vec3(-0.15, -0.97, -0.2),
                HandShape::RELAXED,
                20.0,
            ),
            Contact { body: 1.0, hand: 0.0 },
        ),
    }
}

impl Rest {
    pub(super) fn new(
        space: &Space,
        arm: &ArmGeometry,
        clearance: &Clearance,
        style: &Style,
        duration: f64,
        random: &mut ChaCha8Rng,
    ) -> Self {
        let (key, contact) = key(style, arm.side());
        let mut wish = space.wish(arm, &key);
        wish.contact = contact;
        let base = wish.made(arm, clearance);
        let free = style.rest == RestPosture::HandsFree;
        let size = if free { 1.0 } else { 0.35 };
        let mut changes = Steps::default();
        let mut at = random.random_range(0.0..BETWEEN_CHANGES.end);
        while at < duration {
            let mut change = || random.random_range(-CHANGE..CHANGE) * size;
            let to = [change(), change(), change() * 0.5];
            changes.push(at, random.random_range(CHANGE_TAKES), to);
            at = changes.end() + random.random_range(BETWEEN_CHANGES);
        }
        Self {
            base,
            drift: std::array::from_fn(|_| Drift::new(DRIFT * size.max(0.5), 2.6, random)),
            tilt: std::array::from_fn(|_| Drift::new(0.03, 3.4, random)),
            fingers: std::array::from_fn(|_| Drift::new(FINGER_DRIFT, 1.7, random)),
            changes,
        }
    }

    /// The posture at `seconds`.
    pub(super) fn at(&self, seconds: f64) -> HandState {
        let mut state = self.base;
        state.wrist += self.sway(seconds) + Vec3::from_array(self.changes.at(seconds));
        let [flexion, twist] = self.tilt.map(|drift| drift.at(seconds));
        state.grip.flexion += flexion;
        state.grip.twist += twist;
        state
    }

    /// The small drift that also goes on in holds.
    pub(super) fn sway(&self, seconds: f64) -> Vec3 {
        Vec3::from_array(self.drift.map(|drift| drift.at(seconds)))
    }

    /// Keeps the fingers of a hand alive.
    pub(super) fn enliven(&self, shape: &mut HandShape, seconds: f64) {
        for (curl, drift) in shape.curl.iter_mut().zip(&self.fingers) {
            let bend = drift.at(seconds);
            curl.iter_mut().for_each(|joint| *joint += bend);
        }
    }
}
