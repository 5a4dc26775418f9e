//! How one person gestures: drawn once per identity, so that styles can be told apart and transferred.

use rand::seq::SliceRandom;
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
    /// How readily each kind of trigger word is answered, by form: 0–1 (`Number(1)` stands for all numbers).
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

/// Stream of the random generator for styles, so that other uses of the same seed stay independent.
const STREAM: u64 = 0x5354_594c;
/// Share of people who gesture mostly with the left hand.
const LEFT_HANDERS: f64 = 0.18;
/// Share of people who sit.
const SEATED: f64 = 0.35;
/// How many forms are a speaker's favourites, and how many are hardly ever used.
const LOVED: usize = 5;
const SHUNNED: usize = 3;

impl Style {
    /// Draws a style. The same seed gives the same style; every field lies in its documented range.
    pub fn from_seed(seed: u64) -> Style {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(STREAM);
        let left_handed = if random.random_bool(LEFT_HANDERS) {
            random.random_range(0.65..0.95)
        } else {
            random.random_range(0.04..0.35)
        };
        let seated = random.random_bool(SEATED);
        let rest = match (seated, random.random_range(0..10)) {
            (true, 0..6) => RestPosture::OnLap,
            (true, 6..8) | (false, 4..7) => RestPosture::HandsTogether,
            (true, _) | (false, 0..4) => RestPosture::HandsFree,
            (false, _) => RestPosture::ArmsDown,
        };
        // Beats are the one form that no word asks for; how readily they come is a number of its own.
        let forms: Vec<Form> = Form::ALL.into_iter().filter(|form| *form != Form::Beat).collect();
        let mut order = forms.clone();
        order.shuffle(&mut random);
        let mut favourites: Vec<(Form, f32)> = Vec::with_capacity(forms.len());
        for (rank, form) in order.into_iter().enumerate() {
            let readiness = if rank < LOVED {
                random.random_range(0.8..1.0)
            } else if rank < forms.len() - SHUNNED {
                random.random_range(0.35..0.75)
            } else {
                random.random_range(0.05..0.25)
            };
            favourites.push((form, readiness));
        }
        favourites.sort_by_key(|(form, _)| forms.iter().position(|other| other == form));
        Style {
            left_handed,
            both_hands: random.random_range(0.08..0.65),
            amplitude: random.random_range(0.6..1.5),
            tempo: random.random_range(0.7..1.4),
            beats: random.random_range(0.15..0.7),
            favourites,
            rest,
            seated,
            height: random.random_range(-1.5..1.5),
            openness: random.random_range(0.0..1.0),
            nodding: random.random_range(0.5..1.5),
            blinks: random.random_range(8.0..25.0),
            articulation: random.random_range(0.75..1.25),
            smile: random.random_range(-0.2..0.6),
        }
    }

    /// How readily a trigger of this form is answered, 0–1; all numbers share one readiness, and a form that the
    /// style does not name is always answered.
    pub fn readiness(&self, form: Form) -> f32 {
        let same_kind = |other: Form| match (form, other) {
            (Form::Number(_), Form::Number(_)) => true,
            _ => form == other,
        };
        let found = self.favourites.iter().find(|(other, _)| same_kind(*other));
        found.map_or(1.0, |(_, readiness)| *readiness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of a style, each scaled to 0–1 over its documented range.
    fn vector(style: &Style) -> Vec<f32> {
        let mut values = vec![
            style.left_handed,
            style.both_hands,
            (style.amplitude - 0.6) / 0.9,
            (style.tempo - 0.7) / 0.7,
            (style.beats - 0.15) / 0.55,
            (style.height + 1.5) / 3.0,
            style.openness,
            style.nodding - 0.5,
            (style.blinks - 8.0) / 17.0,
            (style.articulation - 0.75) / 0.5,
            (style.smile + 0.2) / 0.8,
        ];
        values.extend(style.favourites.iter().map(|(_, readiness)| readiness));
        values
    }

    #[test]
    fn styles_keep_their_ranges_and_differ() {
        let styles: Vec<Vec<f32>> = (0..200).map(|seed| vector(&Style::from_seed(seed))).collect();
        for style in &styles {
            assert!(style.iter().all(|value| (-1e-5..=1.0 + 1e-5).contains(value)), "{style:?}");
        }
        let mut nearest = f32::MAX;
        for (index, one) in styles.iter().enumerate() {
            for other in &styles[index + 1..] {
                let squares: f32 = one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum();
                nearest = nearest.min(squares.sqrt());
            }
        }
        assert!(nearest > 0.5, "two of 200 styles are nearly the same: distance {nearest}");
    }

    #[test]
    fn same_seed_same_style() {
        assert_eq!(Style::from_seed(7), Style::from_seed(7));
        assert_ne!(Style::from_seed(7), Style::from_seed(8));
    }

    #[test]
    fn numbers_share_a_readiness() {
        let style = Style::from_seed(3);
        assert_eq!(style.readiness(Form::Number(1)), style.readiness(Form::Number(4)));
    }
}
