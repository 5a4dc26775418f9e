//! From a score to the ways of both hands.

use glam::{Quat, Vec2, Vec3, vec3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::arm::{ArmGeometry, Grip, HandTarget};
use super::bell::Bell;
use super::bones::{LEFT, RIGHT, SIDE_SIGN, mirrored};
use super::clearance::{Clearance, Contact};
use super::forms::{Key, stroke};
use super::hand::HandShape;
use super::rest::Rest;
use super::track::{Circle, HandState, Movement, Place, Track};
use crate::script::{Form, Gesture, Hands, Score, Style};

/// Preparation and retraction are at most this share as fast as the stroke.
const TRANSFER_SPEED: f32 = 0.8;
/// A stroke that would be too slow beside its preparation grows at most to this size.
const MOST_GROWTH: f32 = 1.5;
const GROWTH_STEPS: u8 = 10;
/// If that is not enough, the preparation begins up to this many times its own length before its time, where the hand
/// is free then.
const MOST_EARLIER: f64 = 1.5;
const EARLIER_STEPS: u8 = 10;
/// Then the stroke begins nearer to where the hand was: at least this share of the way to its place.
const LEAST_APPROACH: f32 = 0.15;
const APPROACH_STEPS: u8 = 17;
/// Sizes of movement that are acted out as asked for.
const AMPLITUDE: std::ops::RangeInclusive<f32> = 0.5..=1.7;
/// A retraction lasts at most this many times as long as planned, where nothing follows it.
const MOST_LONGER: f32 = 3.0;
/// Random change of a stroke's place, in arm lengths, of the hand's turn, in degrees, and of its size.
const JITTER_PLACE: f32 = 0.022;
const JITTER_TURN: f32 = 6.0;
const JITTER_SIZE: f32 = 0.08;
/// Where wrists may be in gestures, in arm lengths from the middle, and from the shoulder's height: in the picture.
const WIDEST: f32 = 0.51;
const CROSSING: f32 = -0.2;
const LOWEST: f32 = -0.47;
const HIGHEST: f32 = 0.25;
/// Targets are kept within this share of the arm's length.
const REACH: f32 = 0.92;
/// Extra swing of the elbows of the most open style, in degrees, and shift of the wrists, in arm lengths.
const OPEN_SWIVEL: f32 = 26.0;
const OPEN_SHIFT: f32 = 0.08;
/// Share of the style's height that hands on the body follow.
const LYING_HEIGHT: f32 = 0.3;
/// Swings of the elbow, in degrees, that are tried so that forearm and wrist can hold the hand as wished, and what a
/// swing costs against a hand turned amiss by the same angle.
const SWINGS: [f32; 10] = [-16.0, -8.0, 0.0, 8.0, 16.0, 24.0, 32.0, 40.0, 48.0, 56.0];
const SWING_COST: f32 = 0.4;
/// By how much longer than straight the way out of the other hand's hold counts.
const HELD_EXTRA: f32 = 1.2;
/// How far the way bows out of the other hand's hold, in decimetres.
const DRAWN_OUT: f32 = 0.3;
/// How far it bows forwards for the left hand, which lies before the right one, and back for that.
const DRAWN_ASIDE: f32 = 0.25;
/// The openness that the keys were made for.
const USUAL_OPENNESS: f32 = 0.4;

/// The space before one person in which gestures happen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Space {
    shoulder: Vec3,
    unit: f32,
    openness: f32,
}

impl Space {
    pub(super) fn new(arm: &ArmGeometry, style: &Style) -> Self {
        let shoulder = arm.rest_shoulder();
        Self {
            shoulder: Vec3::new(0.0, shoulder.y, shoulder.z),
            unit: arm.length(),
            openness: style.openness.clamp(0.0, 1.0) - USUAL_OPENNESS,
        }
    }

    /// A key as it is wished for the hand of `arm`.
    pub(super) fn wish(&self, arm: &ArmGeometry, key: &Key) -> Wish {
        let side = arm.side();
        Wish {
            wrist: self.shoulder + mirrored(key.at, side) * self.unit,
            hand: arm.hand_turn(mirrored(key.fingers, side), mirrored(key.palm, side)),
            swivel: key.swivel + OPEN_SWIVEL * self.openness,
            shape: key.shape,
            contact: Contact { body: key.lying, hand: 0.0 },
        }
    }

    /// Brings a wrist into the space of gestures and within reach.
    fn kept(&self, arm: &ArmGeometry, wrist: Vec3) -> Vec3 {
        let sign = SIDE_SIGN[arm.side()];
        let mut at = (wrist - self.shoulder) / self.unit;
        at.x = (at.x * sign).clamp(CROSSING, WIDEST) * sign;
        at.y = at.y.clamp(LOWEST, HIGHEST);
        let wrist = self.shoulder + at * self.unit;
        let from = arm.rest_shoulder();
        from + (wrist - from).clamp_length_max(REACH * self.unit)
    }
}

/// A hand as wished for, before the limits of arm and body.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    wrist: Vec3,
    hand: Quat,
    swivel: f32,
    shape: HandShape,
    pub(super) contact: Contact,
}

impl Wish {
    /// The nearest that arm and body allow: the elbow swings out where that lets the hand turn as it should.
    pub(super) fn made(&self, arm: &ArmGeometry, clearance: &Clearance) -> HandState {
        let at = |swivel: f32| HandTarget { wrist: self.wrist, grip: Grip::default(), swivel };
        let cost = |swing: &f32| {
            let (_, missed) = arm.grip(&at(self.swivel + swing), self.hand);
            missed * missed + (SWING_COST * swing.to_radians()).powi(2)
        };
        let swing = SWINGS.into_iter().min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(0.0);
        let mut target = at(self.swivel + swing);
        // Where the arm is pushed aside, the hand keeps its turn.
        for _ in 0..2 {
            target.grip = arm.grip(&target, self.hand).0;
            clearance.settle(arm, &mut target, self.contact);
        }
        HandState {
            wrist: target.wrist,
            grip: target.grip,
            swivel: target.swivel,
            shape: self.shape,
            contact: self.contact,
        }
    }
}

/// One stroke as wished for.
#[derive(Clone, Copy)]
struct Wishes {
    start: Wish,
    end: Wish,
    circle: Option<Circle>,
}

/// One stroke as it will be.
#[derive(Clone, Copy)]
struct Ends {
    start: HandState,
    end: HandState,
    circle: Option<Circle>,
}

/// Builds the way of one hand.
pub(super) struct Choreographer<'a> {
    pub(super) arm: &'a ArmGeometry,
    pub(super) clearance: &'a Clearance,
    pub(super) space: Space,
    pub(super) style: &'a Style,
    pub(super) rest: &'a Rest,
}

impl Choreographer<'_> {
    /// The way of this hand through all gestures of `score` that it takes part in.
    pub(super) fn track(&self, score: &Score, habits: &Habits, random: &mut ChaCha8Rng) -> Track {
        let mut own: Vec<&Gesture> =
            score.gestures.iter().filter(|gesture| takes_part(gesture, self.arm.side())).collect();
        own.sort_by(|a, b| a.start.total_cmp(&b.start));
        let mut track = Track::default();
        let mut now = Place::Rest;
        let mut free = f64::MIN;
        for (index, gesture) in own.iter().enumerate() {
            let next = own.get(index + 1).map_or(f64::INFINITY, |next| next.start);
            now = self.act(gesture, (free, next), now, &mut track, habits, random);
            free = track.end();
        }
        track
    }

    fn act(
        &self,
        gesture: &Gesture,
        (free, next): (f64, f64),
        now: Place,
        track: &mut Track,
        habits: &Habits,
        random: &mut ChaCha8Rng,
    ) -> Place {
        let before = match now {
            Place::Rest => self.rest.at(gesture.start),
            Place::At(state) => state,
        };
        let bell = Bell::stroke(gesture.stroke_start, gesture.stroke, gesture.stroke_end);
        let (wishes, size) = self.wishes(gesture, habits, random);
        let earliest = (gesture.start - MOST_EARLIER * (gesture.stroke_start - gesture.start)).max(free);
        let preparation = (gesture.start, earliest.min(gesture.start));
        let (ends, preparation) =
            self.fitted(&wishes, size, &before, (preparation, gesture.stroke_start), &bell);
        let (start, end) = (Place::At(ends.start), Place::At(ends.end));
        let bow = self.bow(&before, &ends.start);
        track.push(Movement { bell: preparation, from: now, to: start, circle: None, bow });
        track.push(Movement { bell, from: start, to: end, circle: ends.circle, bow: Vec3::ZERO });
        if !gesture.retracts {
            return end;
        }
        // Back to rest; where the score leaves too little time, on into the free time after it.
        let rest = self.rest.at(gesture.end);
        let back = rest.wrist - ends.end.wrist;
        let planned = Bell::transfer(gesture.hold_end, gesture.end);
        let held = 1.0 + HELD_EXTRA * rest.contact.hand;
        let fast = Vec2::new(back.length(), back.truncate().length()) * (held * planned.greatest_speed());
        let allowed = (stroke_speed(&ends, &bell) * TRANSFER_SPEED).max(Vec2::splat(1e-3));
        let longer = f64::from((fast / allowed).max_element().clamp(1.0, MOST_LONGER));
        let end_of_way = gesture.hold_end + (gesture.end - gesture.hold_end) * longer;
        let bell = Bell::transfer(gesture.hold_end, end_of_way.min(next.max(gesture.end)));
        let bow = self.bow(&ends.end, &rest);
        track.push(Movement { bell, from: end, to: Place::Rest, circle: None, bow });
        Place::Rest
    }

    /// The two ends of a gesture's stroke as wished for, and its size.
    fn wishes(&self, gesture: &Gesture, habits: &Habits, random: &mut ChaCha8Rng) -> (Wishes, f32) {
        let side = self.arm.side();
        let variant = match gesture.form {
            Form::Beat => habits.beat,
            _ => habits.point,
        };
        let asked = stroke(gesture.form, gesture.hands, side, variant);
        let mut place = || random.random_range(-JITTER_PLACE..JITTER_PLACE);
        let shift = vec3(place(), place(), place()) * self.space.unit;
        let mut angle = || random.random_range(-JITTER_TURN..JITTER_TURN).to_radians();
        let turn = Quat::from_scaled_axis(vec3(angle(), angle(), angle()));
        let size = gesture.amplitude.clamp(*AMPLITUDE.start(), *AMPLITUDE.end())
            * random.random_range(1.0 - JITTER_SIZE..1.0 + JITTER_SIZE);
        let out = SIDE_SIGN[side] * self.space.openness * OPEN_SHIFT * self.space.unit;
        let offset = shift + vec3(out, self.style.height.clamp(-1.5, 1.5), 0.0);
        let place = |key: &Key| {
            let mut wish = self.space.wish(self.arm, key);
            if key.lying < 0.5 {
                wish.wrist += offset;
            } else {
                wish.wrist.y += offset.y * LYING_HEIGHT;
            }
            wish.hand = turn * wish.hand;
            wish
        };
        let wishes = Wishes {
            start: place(&asked.start),
            end: place(&asked.end),
            circle: asked.circle.map(|radius| Circle {
                spoke: Vec3::NEG_Y * radius * self.space.unit,
                angle: std::f32::consts::TAU * SIDE_SIGN[side],
            }),
        };
        (wishes, size)
    }

    /// The stroke grown or shrunk about its middle (if it ends on the body: about its end) and kept in its space.
    fn scaled(&self, wishes: &Wishes, size: f32) -> Ends {
        let pivot = if wishes.end.contact.body > 0.5 { 1.0 } else { 0.5 };
        let middle = wishes.start.wrist.lerp(wishes.end.wrist, pivot);
        let made = |wish: &Wish| {
            let mut wish = *wish;
            wish.wrist = self.space.kept(self.arm, middle + (wish.wrist - middle) * size);
            wish.made(self.arm, self.clearance)
        };
        // A circle starts at its lowest point and runs outwards, up and back in.
        let circle = wishes.circle.map(|circle| Circle { spoke: circle.spoke * size, ..circle });
        Ends { start: made(&wishes.start), end: made(&wishes.end), circle }
    }

    fn settle(&self, state: &mut HandState) {
        let mut target = state.target();
        self.clearance.settle(self.arm, &mut target, state.contact);
        state.wrist = target.wrist;
        state.swivel = target.swivel;
    }

    /// The stroke and its preparation, changed until the stroke is the faster one. The preparation is given by when it
    /// should begin, when it may begin at the earliest, and its end.
    fn fitted(
        &self,
        wishes: &Wishes,
        size: f32,
        before: &HandState,
        ((start, earliest), end): ((f64, f64), f64),
        bell: &Bell,
    ) -> (Ends, Bell) {
        let fits = |ends: &Ends, preparation: &Bell| {
            let way = ends.start.wrist - before.wrist;
            let held = 1.0 + HELD_EXTRA * before.contact.hand;
            let slow =
                Vec2::new(way.length(), way.truncate().length()) * (held * preparation.greatest_speed());
            let fast = stroke_speed(ends, bell) * TRANSFER_SPEED;
            slow.x <= fast.x && slow.y <= fast.y
        };
        let mut preparation = Bell::transfer(start, end);
        let mut ends = self.scaled(wishes, size);
        for step in 0..=GROWTH_STEPS {
            let growth = 1.0 + (MOST_GROWTH - 1.0) * f32::from(step) / f32::from(GROWTH_STEPS);
            if step > 0 {
                ends = self.scaled(wishes, size * growth);
            }
            if fits(&ends, &preparation) {
                return (ends, preparation);
            }
        }
        for step in 1..=EARLIER_STEPS {
            let earlier = start + (earliest - start) * f64::from(step) / f64::from(EARLIER_STEPS);
            preparation = Bell::transfer(earlier, end);
            if fits(&ends, &preparation) {
                return (ends, preparation);
            }
        }
        // Still too slow: the whole stroke moves towards where the hand is, but stays in the picture.
        let grown = ends;
        for step in 1..=APPROACH_STEPS {
            let share = 1.0 - (1.0 - LEAST_APPROACH) * f32::from(step) / f32::from(APPROACH_STEPS);
            ends.start = before.blend(&grown.start, share);
            if grown.end.contact.body < 0.5 {
                let stroke = grown.end.wrist - grown.start.wrist;
                ends.end = grown.end;
                ends.end.wrist = self.space.kept(self.arm, ends.start.wrist + stroke);
                self.settle(&mut ends.end);
                ends.start.wrist = ends.end.wrist - stroke;
            }
            ends.start.wrist = self.space.kept(self.arm, ends.start.wrist);
            self.settle(&mut ends.start);
            if fits(&ends, &preparation) {
                break;
            }
        }
        (ends, preparation)
    }

    /// How far the way between two places must bow out to pass the body.
    fn bow(&self, from: &HandState, to: &HandState) -> Vec3 {
        let mut middle = from.blend(to, 0.5);
        let straight = middle.wrist;
        // A hand is drawn out of the other, not lifted through it.
        let held = from.contact.hand.max(to.contact.hand);
        let sign = SIDE_SIGN[self.arm.side()];
        middle.wrist += vec3(sign * DRAWN_OUT, 0.0, sign * DRAWN_ASIDE) * held;
        self.settle(&mut middle);
        middle.wrist - straight
    }
}

/// Greatest speed of a stroke, in space and in the plane of the picture, in decimetres per second.
fn stroke_speed(ends: &Ends, bell: &Bell) -> Vec2 {
    let way = ends.end.wrist - ends.start.wrist;
    let lengths = match ends.circle {
        Some(circle) => Vec2::splat(circle.angle.abs() * circle.spoke.length()),
        None => Vec2::new(way.length(), way.truncate().length()),
    };
    lengths * bell.greatest_speed()
}

/// Ways of gesturing that stay the same for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Habits {
    /// How the hand is held in beats, 0–2.
    beat: usize,
    /// Whether "you" is pointed at with the finger (0) or offered with the hand.
    point: usize,
}

impl Habits {
    pub(super) fn new(random: &mut ChaCha8Rng) -> Self {
        Self { beat: random.random_range(0..3), point: random.random_range(0..3) }
    }
}

/// Whether the hand on `side` takes part in a gesture.
pub(super) fn takes_part(gesture: &Gesture, side: usize) -> bool {
    match gesture.hands {
        Hands::Left => side == LEFT,
        Hands::Right => side == RIGHT,
        Hands::Both => true,
    }
}
