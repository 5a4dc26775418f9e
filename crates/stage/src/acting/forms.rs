//! What each form of gesture looks like: where its stroke begins and ends, and how the hand is held.
//!
//! Everything is written for the left hand: x outwards from the middle of the body, y up from the shoulder, z
//! forwards from the shoulder, in arm lengths. The right hand's is the mirror image.

use glam::{Vec3, vec3};

use super::bones::{LEFT, RIGHT};
use super::hand::HandShape;
use crate::script::{Form, Hands};

/// One hand at one end of a stroke.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Key {
    /// The wrist.
    pub(super) at: Vec3,
    /// Where the fingers point.
    pub(super) fingers: Vec3,
    /// Where the palm faces.
    pub(super) palm: Vec3,
    /// Shape of the hand.
    pub(super) shape: HandShape,
    /// How far the elbow is swung outwards, in degrees.
    pub(super) swivel: f32,
    /// Whether the hand lies on the body.
    pub(super) lying: f32,
}

/// A stroke: two keys, and the radius of the circle it draws instead of a straight line, in arm lengths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub(super) start: Key,
    pub(super) end: Key,
    pub(super) circle: Option<f32>,
}

const CIRCLE: f32 = 0.13;

fn key(at: Vec3, fingers: Vec3, palm: Vec3, shape: HandShape) -> Key {
    Key { at, fingers, palm, shape, swivel: 22.0, lying: 0.0 }
}

impl Key {
    const fn swung(mut self, degrees: f32) -> Self {
        self.swivel = degrees;
        self
    }
}

fn line(start: Key, end: Key) -> Stroke {
    Stroke { start, end, circle: None }
}

/// Palms that face inwards, as while explaining.
const INWARD: Vec3 = vec3(-0.9, 0.25, 0.1);
/// Fingers forwards and up.
const FORWARD_UP: Vec3 = vec3(-0.08, 0.5, 0.85);

/// The stroke of `form` with the hand on `side`; `variant` 0–2 chooses among a beat's ways to hold the hand.
pub(super) fn stroke(form: Form, hands: Hands, side: usize, variant: usize) -> Stroke {
    match form {
        Form::Beat => beat(variant),
        Form::PointSelf => {
            // Two hands lie side by side.
            let aside = if hands == Hands::Both { 0.34 } else { 0.20 };
            let mut touch = key(
                vec3(aside, -0.27, 0.36),
                vec3(-0.88, 0.42, 0.0),
                vec3(-0.05, -0.08, -1.0),
                HandShape::FLAT.blend(&HandShape::RELAXED, 0.45),
            )
            .swung(38.0);
            touch.lying = 1.0;
            let before = key(
                vec3(0.36, -0.38, 0.58),
                vec3(-0.45, 0.4, 0.8),
                vec3(-0.85, 0.1, -0.5),
                HandShape::RELAXED,
            );
            line(before, touch)
        }
        Form::PointYou => {
            let shape = if variant == 0 { HandShape::POINT } else { HandShape::OPEN };
            let palm = if variant == 0 { vec3(-0.75, -0.65, 0.0) } else { vec3(-0.5, 0.85, 0.25) };
            line(
                key(vec3(0.36, -0.40, 0.40), vec3(-0.1, 0.45, 0.9), INWARD, HandShape::RELAXED),
                key(vec3(0.27, -0.22, 0.74), vec3(-0.12, 0.12, 1.0), palm, shape).swung(25.0),
            )
        }
        Form::Big => line(
            key(vec3(0.19, -0.36, 0.58), vec3(-0.25, 0.35, 0.9), vec3(-0.95, 0.1, 0.1), HandShape::OPEN),
            key(vec3(0.42, -0.29, 0.57), vec3(-0.15, 0.65, 0.75), vec3(-0.95, 0.0, 0.25), HandShape::OPEN)
                .swung(40.0),
        ),
        Form::Small => {
            if hands == Hands::Both {
                line(
                    key(vec3(0.40, -0.36, 0.55), FORWARD_UP, vec3(-0.95, 0.1, 0.1), HandShape::OPEN),
                    key(
                        vec3(0.16, -0.34, 0.60),
                        vec3(-0.3, 0.4, 0.85),
                        vec3(-0.95, 0.05, 0.05),
                        HandShape::FLAT,
                    ),
                )
            } else {
                line(
                    key(vec3(0.42, -0.38, 0.50), FORWARD_UP, INWARD, HandShape::RELAXED),
                    key(
                        vec3(0.33, -0.16, 0.56),
                        vec3(-0.1, 0.9, 0.4),
                        vec3(-1.0, 0.0, 0.2),
                        HandShape::PINCH,
                    )
                    .swung(30.0),
                )
            }
        }
        Form::Number(number) => line(
            key(
                vec3(0.40, -0.38, 0.46),
                vec3(-0.1, 0.8, 0.6),
                vec3(-0.8, 0.1, 0.6),
                HandShape::count(number).blend(&HandShape::RELAXED, 0.5),
            ),
            key(
                vec3(0.42, -0.13, 0.46),
                vec3(-0.02, 1.0, 0.12),
                vec3(-0.2, -0.05, 1.0),
                HandShape::count(number),
            )
            .swung(24.0),
        ),
        Form::Up => line(
            key(vec3(0.38, -0.45, 0.55), vec3(-0.2, 0.2, 0.95), vec3(-0.4, 0.85, -0.1), HandShape::OPEN),
            key(vec3(0.40, -0.08, 0.54), vec3(-0.3, 0.45, 0.8), vec3(-0.4, 0.85, -0.4), HandShape::OPEN)
                .swung(34.0),
        ),
        Form::Down => line(
            key(vec3(0.40, -0.12, 0.54), vec3(-0.25, 0.25, 0.95), vec3(-0.2, -0.95, 0.2), HandShape::FLAT)
                .swung(38.0),
            key(vec3(0.38, -0.42, 0.57), vec3(-0.25, 0.12, 0.95), vec3(-0.1, -0.98, 0.1), HandShape::FLAT)
                .swung(30.0),
        ),
        Form::Round => {
            let on = key(
                vec3(0.37, -0.36, 0.57),
                vec3(-0.2, 0.55, 0.8),
                vec3(-0.55, -0.5, 0.5),
                HandShape::POINT.blend(&HandShape::RELAXED, 0.15),
            )
            .swung(28.0);
            Stroke { start: on, end: on, circle: Some(CIRCLE) }
        }
        Form::OneHand => sidewards(LEFT, hands, side),
        Form::OtherHand => sidewards(RIGHT, hands, side),
        Form::No => {
            let near = if hands == Hands::Both { 0.28 } else { 0.06 };
            line(
                key(
                    vec3(near, -0.28, 0.60),
                    vec3(-0.65, 0.25, 0.7),
                    vec3(-0.05, -0.85, 0.5),
                    HandShape::FLAT,
                )
                .swung(36.0),
                key(vec3(0.43, -0.30, 0.57), vec3(0.05, 0.3, 0.95), vec3(0.1, -0.85, 0.5), HandShape::FLAT)
                    .swung(34.0),
            )
        }
        Form::Offer => line(
            key(vec3(0.28, -0.45, 0.48), vec3(-0.4, 0.3, 0.85), vec3(-0.65, 0.6, -0.3), HandShape::CUPPED),
            key(vec3(0.38, -0.29, 0.63), vec3(-0.1, 0.25, 0.95), vec3(-0.35, 0.9, 0.05), HandShape::CUPPED)
                .swung(26.0),
        ),
        Form::All => line(
            key(vec3(0.20, -0.26, 0.58), vec3(-0.45, 0.35, 0.8), vec3(-0.6, 0.55, -0.3), HandShape::OPEN),
            key(vec3(0.47, -0.32, 0.53), vec3(0.05, 0.4, 0.85), vec3(-0.3, 0.85, 0.35), HandShape::OPEN)
                .swung(40.0),
        ),
    }
}

fn beat(variant: usize) -> Stroke {
    let (high, low) = (vec3(0.37, -0.20, 0.52), vec3(0.40, -0.38, 0.58));
    match variant {
        // Edge of the hand down, as if chopping.
        0 => line(
            key(high, vec3(-0.15, 0.7, 0.7), INWARD, HandShape::OPEN),
            key(low, vec3(-0.1, 0.25, 0.95), INWARD, HandShape::OPEN),
        ),
        // Palm up.
        1 => line(
            key(high, vec3(-0.2, 0.55, 0.8), vec3(-0.6, 0.7, -0.3), HandShape::CUPPED),
            key(low, vec3(-0.1, 0.3, 0.95), vec3(-0.5, 0.85, 0.05), HandShape::OPEN),
        ),
        // Thumb and index together, palm half down.
        _ => line(
            key(high, vec3(-0.25, 0.6, 0.75), vec3(-0.75, -0.35, 0.4), HandShape::PINCH),
            key(low, vec3(-0.2, 0.2, 0.95), vec3(-0.75, -0.5, 0.2), HandShape::PINCH),
        ),
    }
}

/// Offers the person's `towards` side with the hand on `side`.
fn sidewards(towards: usize, hands: Hands, side: usize) -> Stroke {
    let (up, up_end) = (vec3(-0.5, 0.75, -0.2), vec3(-0.25, 0.9, 0.2));
    let start_fingers = vec3(-0.3, 0.35, 0.9);
    if towards == side {
        let from = if hands == Hands::Both { 0.34 } else { 0.28 };
        line(
            key(vec3(from, -0.34, 0.55), start_fingers, up, HandShape::CUPPED),
            key(vec3(0.47, -0.36, 0.54), vec3(0.0, 0.3, 0.95), up_end, HandShape::CUPPED).swung(34.0),
        )
    } else {
        // Across the body; with both hands this one follows the other.
        let to = if hands == Hands::Both { 0.06 } else { -0.12 };
        line(
            key(vec3(0.34, -0.34, 0.57), start_fingers, up, HandShape::CUPPED),
            key(vec3(to, -0.37, 0.60), vec3(-0.65, 0.3, 0.75), vec3(-0.45, 0.85, 0.0), HandShape::CUPPED)
                .swung(30.0),
        )
    }
}
