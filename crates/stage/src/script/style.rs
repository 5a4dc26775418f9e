//! How one person gestures: drawn once per identity, so that styles can be told apart and transferred.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Form;

/// Where the hands rest between gestures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestPosture {
    /// Standing, forearms up, hands apart in front of the belly.
    HandsFree,
    /// Hands held together in front of the belly.
    HandsTogether,
    /// Arms hanging at the sides (hands may leave the picture).
    ArmsDown,
    /// Seated, hands on the thighs.
    OnLap,
}

/// A speaker's style.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Style {
    /// Share of one-handed gestures done with the left hand, 0–1.
    pub left_handed: f32,
    /// Share of gestures done with both hands, 0–1.
    pub both_hands: f32,
    /// Size of movements: 0.6–1.5.
    pub amplitude: f32,
    /// Speed of movements and liveliness of beats: 0.7–1.4.
    pub tempo: f32,
    /// Share of stressed syllables that get a beat, 0.15–0.7.
    pub beats: f32,
    /// How readily each kind of trigger word is answered, by form: 0–1.
    pub favourites: Vec<(Form, f32)>,
    /// Rest posture.
    pub rest: RestPosture,
    /// Whether the person sits.
    pub seated: bool,
    /// Height at which gestures happen, in decimetres about the usual one: −1.5 to 1.5.
    pub height: f32,
    /// How far the elbows are from the body, 0–1.
    pub openness: f32,
    /// How much the head moves: 0.5–1.5.
    pub nodding: f32,
    /// Blinks per minute: 8–25.
    pub blinks: f32,
    /// How much the mouth opens: 0.75–1.25.
    pub articulation: f32,
    /// Mean expression: −0.2 (grave) to 0.6 (smiling).
    pub smile: f32,
}

impl Style {
    /// The style of one identity.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed ^ 0x57A1_E000_0000_0001);
        let mut between = |low: f32, high: f32| chance.random_range(low..high);
        // Some one in eight is left-handed; the others use the left for a third of one-handed gestures at most.
        let left_handed = if between(0.0, 1.0) < 0.125 { between(0.65, 0.95) } else { between(0.05, 0.35) };
        let both_hands = between(0.15, 0.75);
        let rest = match between(0.0, 1.0) {
            x if x < 0.5 => RestPosture::HandsFree,
            x if x < 0.8 => RestPosture::HandsTogether,
            _ => RestPosture::ArmsDown,
        };
        let seated = between(0.0, 1.0) < 0.3;
        let favourites = Form::KINDS.iter().map(|&form| (form, between(0.45, 1.0))).collect();
        Self {
            left_handed,
            both_hands,
            amplitude: between(0.7, 1.35),
            tempo: between(0.8, 1.25),
            beats: between(0.2, 0.65),
            favourites,
            rest: if seated && rest == RestPosture::ArmsDown { RestPosture::OnLap } else { rest },
            seated,
            height: between(-1.0, 1.2),
            openness: between(0.1, 0.9),
            nodding: between(0.5, 1.5),
            blinks: between(8.0, 25.0),
            articulation: between(0.8, 1.2),
            smile: between(-0.15, 0.55),
        }
    }
}
