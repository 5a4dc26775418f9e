//! How hair is worn, drawn from a seed.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::super::Traits;

/// A kind of haircut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cut {
    /// No hair at all.
    Bald,
    /// A few millimetres all over.
    Buzz,
    /// Short sides, a longer top with a parting.
    Parted,
    /// Combed back from the forehead.
    SweptBack,
    /// Short, tousled, forwards.
    Crop,
    /// Short curls.
    Curly,
    /// A round cloud of tight curls.
    Afro,
    /// Short all round, over the ears.
    Pixie,
    /// To the chin.
    Bob,
    /// Straight to the shoulders.
    Shoulder,
    /// Long and wavy.
    Long,
    /// Tied into a knot.
    Bun,
    /// Tied into a tail.
    Ponytail,
}

impl Cut {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Bald,
        Self::Buzz,
        Self::Parted,
        Self::SweptBack,
        Self::Crop,
        Self::Curly,
        Self::Afro,
        Self::Pixie,
        Self::Bob,
        Self::Shoulder,
        Self::Long,
        Self::Bun,
        Self::Ponytail,
    ];

    /// Whether strands curl too much to lie in one direction.
    pub(super) fn curls(self) -> bool {
        matches!(self, Self::Curly | Self::Afro)
    }

    /// Whether it is drawn tightly to the back.
    pub(super) fn tied(self) -> bool {
        matches!(self, Self::Bun | Self::Ponytail)
    }

    /// Whether it falls past the ears.
    pub(super) fn falls(self) -> bool {
        matches!(self, Self::Bob | Self::Shoulder | Self::Long)
    }
}

/// How hair is worn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HairStyle {
    /// The cut.
    pub cut: Cut,
    /// How long for its kind, 0–1.
    pub length: f32,
    /// How much it stands off the head, 0–1.
    pub volume: f32,
    /// Where the parting is: −1 far right, 0 in the middle, 1 far left.
    pub parting: f32,
    /// How wavy, 0–1.
    pub wave: f32,
    /// How far the hairline has gone back at the temples, 0–1.
    pub recession: f32,
    /// How thin the crown is, 0–1.
    pub thinning: f32,
    /// Whether a fringe covers the forehead.
    pub fringe: bool,
    /// Share of grey strands, 0–1.
    pub grey: f32,
}

impl HairStyle {
    /// Draws a style that suits the person.
    #[must_use]
    pub fn sample(rng: &mut ChaCha8Rng, traits: &Traits) -> Self {
        let (man, woman) = (traits.masculinity, 1.0 - traits.masculinity);
        let african = traits.descent[0];
        let straight = 1.0 - african;
        let old = ((traits.age - 30.0) / 45.0).clamp(0.0, 1.0);
        let weights = [
            man * (0.05 + 0.10 * old),
            man * (0.14 + 0.20 * african),
            man * 0.24 * straight,
            man * 0.16 * straight,
            (man * 0.16 + woman * 0.02) * straight,
            man * (0.09 + 0.05 * african) + woman * (0.05 + 0.12 * african),
            0.02 + (0.06 * man + 0.20 * woman) * african,
            woman * (0.07 + 0.12 * old),
            woman * 0.16 * (1.0 - 0.6 * african),
            woman * 0.20 * (1.0 - 0.6 * african) + man * 0.015,
            woman * 0.18 * (1.0 - 0.35 * old) + man * 0.012,
            woman * 0.14 + man * 0.012,
            woman * 0.14 * (1.0 - 0.5 * old),
        ];
        let mut at = rng.random::<f32>() * weights.iter().sum::<f32>();
        let mut cut = Cut::Buzz;
        for (kind, weight) in Cut::ALL.into_iter().zip(weights) {
            at -= weight;
            if at <= 0.0 {
                cut = kind;
                break;
            }
        }
        let side = if rng.random_bool(0.6) { 1.0 } else { -1.0 };
        let parting = if rng.random_bool(0.3) { 0.0 } else { side * rng.random_range(0.25..0.8) };
        let balding = man * old * rng.random_range(0.0..1.3f32);
        Self {
            cut,
            length: rng.random(),
            volume: rng.random(),
            parting,
            wave: if cut == Cut::Long { rng.random_range(0.3..1.0) } else { rng.random_range(0.0..0.45) },
            recession: balding.min(1.0),
            thinning: if rng.random_bool(0.5) { (balding * 1.2 - 0.45).clamp(0.0, 1.0) } else { 0.0 },
            fringe: cut.falls() && rng.random_bool(0.3),
            grey: ((traits.age - 35.0) / 40.0).clamp(0.0, 1.0) * rng.random_range(0.0..0.6f32),
        }
    }
}
