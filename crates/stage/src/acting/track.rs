//! The way of one hand through a clip: movements between places, each with its own course of speed.

use glam::{Quat, Vec3};

use super::arm::{Grip, HandTarget};
use super::bell::{Bell, ease};
use super::clearance::Contact;
use super::hand::HandShape;

/// Share of the way that hands go apart before they turn.
const TURN_LATER: f32 = 0.5;

/// One hand at one moment, in the frame of the chest in the rest pose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct HandState {
    /// The wrist's place, in decimetres.
    pub(super) wrist: Vec3,
    /// How the hand is held.
    pub(super) grip: Grip,
    /// How far the elbow is swung outwards, in degrees.
    pub(super) swivel: f32,
    /// Shape of the hand.
    pub(super) shape: HandShape,
    /// What the hand may touch.
    pub(super) contact: Contact,
}

impl HandState {
    /// Between this state (0) and another (1).
    pub(super) fn blend(&self, other: &Self, share: f32) -> Self {
        let mix = |a: f32, b: f32| a + (b - a) * share;
        Self {
            wrist: self.wrist.lerp(other.wrist, share),
            grip: self.grip.blend(&other.grip, share),
            swivel: mix(self.swivel, other.swivel),
            shape: self.shape.blend(&other.shape, share),
            contact: Contact {
                body: mix(self.contact.body, other.contact.body),
                hand: mix(self.contact.hand, other.contact.hand),
            },
        }
    }

    /// What the arm must do.
    pub(super) fn target(&self) -> HandTarget {
        HandTarget { wrist: self.wrist, grip: self.grip, swivel: self.swivel }
    }
}

/// A place where the hand can be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    /// The rest posture, which itself drifts.
    Rest,
    /// A place of a gesture.
    At(HandState),
}

impl Place {
    fn state(&self, rest: &HandState) -> HandState {
        match self {
            Self::Rest => *rest,
            Self::At(state) => *state,
        }
    }
}

/// A circle in the plane of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Circle {
    /// From the circle's middle to its start, in decimetres.
    pub(super) spoke: Vec3,
    /// How far round, and in which sense, in radians.
    pub(super) angle: f32,
}

/// One movement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Movement {
    pub(super) bell: Bell,
    pub(super) from: Place,
    pub(super) to: Place,
    /// A circle in the plane of the picture that is drawn on the way.
    pub(super) circle: Option<Circle>,
    /// How far the way bows out, in decimetres.
    pub(super) bow: Vec3,
}

/// All movements of one hand, in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Track {
    movements: Vec<Movement>,
}

impl Track {
    pub(super) fn push(&mut self, movement: Movement) {
        self.movements.push(movement);
    }

    /// Where the hand is at `seconds`, if `rest` is the rest posture at that moment.
    pub(super) fn at(&self, seconds: f64, rest: &HandState) -> HandState {
        let next = self.movements.partition_point(|movement| movement.bell.start() <= seconds);
        let Some(movement) = next.checked_sub(1).map(|current| &self.movements[current]) else {
            return *rest;
        };
        let share = movement.bell.progress(seconds);
        let (from, to) = (movement.from.state(rest), movement.to.state(rest));
        let mut state = from.blend(&to, share);
        // Hands that hold each other part before they turn, and turn before they meet.
        let (leaving, coming) = (from.contact.hand, to.contact.hand);
        if leaving > 0.0 || coming > 0.0 {
            let late = ease((share - TURN_LATER) / (1.0 - TURN_LATER));
            let early = ease(share / (1.0 - TURN_LATER));
            let turn = share + (late - share) * leaving + (early - share) * coming;
            state.grip = from.grip.blend(&to.grip, turn.clamp(0.0, 1.0));
            state.contact.hand = (leaving * (1.0 - late)).max(coming * early);
        }
        if let Some(circle) = movement.circle {
            state.wrist += Quat::from_rotation_z(circle.angle * share) * circle.spoke - circle.spoke;
        }
        state.wrist += movement.bow * (4.0 * share * (1.0 - share));
        state
    }

    /// When the last movement ends, in seconds.
    pub(super) fn end(&self) -> f64 {
        self.movements.last().map_or(f64::MIN, |movement| movement.bell.end())
    }
}
