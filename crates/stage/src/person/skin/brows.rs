//! Eyebrows: single hairs.

use glam::Vec2;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::paint::Spot;
use crate::person::chance::{around, mix, smooth};
use crate::person::complexion::{Colour, Complexion};

/// Hairs of one brow at full density.
const HAIRS: usize = 190;
/// Where the brow begins next to the nose, and its length, in decimetres of the neutral face.
const INNER: f32 = 0.105;
const LENGTH: f32 = 0.475;
/// Height of its inner end.
const HEIGHT: f32 = 7.522;
/// Half of its height at the inner end.
const HALF: f32 = 0.032;
/// Half the width of a hair, a little below one texel.
const HAIR: f32 = 0.0078;
/// Brows lie in front of this depth.
const FRONT: f32 = 0.8;

/// One hair, from root to tip, in x (taken positive) and y of the neutral face.
struct Hair {
    root: Vec2,
    along: Vec2,
    length: f32,
}

/// Both brows; they differ a little.
pub(super) struct Brows {
    hairs: [Vec<Hair>; 2],
    colour: Colour,
    density: f32,
    low: Vec2,
    high: Vec2,
}

impl Brows {
    pub(super) fn new(rng: &mut ChaCha8Rng, complexion: &Complexion) -> Self {
        let brows = &complexion.brows;
        let count = (HAIRS as f32 * (0.55 + 0.6 * brows.density) * brows.thickness.sqrt()) as usize;
        let mut side = || -> Vec<Hair> {
            (0..count)
                .map(|_| {
                    // Fewer hairs at the inner end.
                    let u = rng.random::<f32>().powf(0.85);
                    let half =
                        HALF * brows.thickness * (1.0 - 0.70 * u) * (0.55 + 0.45 * smooth(u, 0.0, 0.18));
                    let off = around(rng, 0.0, 0.6, [-1.0, 1.0]);
                    let ridge = HEIGHT + (0.014 + brows.arch) * (u * 2.15).sin() - 0.10 * (u - 0.62).max(0.0);
                    // Inner hairs stand up, outer ones lie flat; those above point down, those below up.
                    let angle = 1.15 - 1.25 * smooth(u, 0.0, 0.45) - 0.45 * u - 0.35 * off
                        + around(rng, 0.0, 0.14, [-0.4, 0.4]);
                    Hair {
                        root: Vec2::new(INNER + LENGTH * brows.length * u, ridge + half * off - 0.012),
                        along: Vec2::new(angle.cos(), angle.sin()),
                        length: around(rng, 0.056, 0.012, [0.03, 0.08])
                            * (0.45 + 0.55 * smooth(u, 0.0, 0.16)),
                    }
                })
                .collect()
        };
        let hairs = [side(), side()];
        let mut low = Vec2::INFINITY;
        let mut high = Vec2::NEG_INFINITY;
        for hair in hairs.iter().flatten() {
            low = low.min(hair.root - Vec2::splat(0.02));
            high = high.max(hair.root + hair.along * hair.length + Vec2::splat(0.02));
        }
        Self { hairs, colour: brows.colour, density: brows.density, low, high }
    }

    pub(super) fn paint(&self, spot: &Spot, colour: &mut Colour) {
        let at = spot.folded.truncate();
        if spot.at.z < FRONT || at.cmplt(self.low).any() || at.cmpgt(self.high).any() {
            return;
        }
        let mut bare = 1.0;
        for hair in &self.hairs[usize::from(spot.at.x > 0.0)] {
            let off = at - hair.root;
            let along = off.dot(hair.along).clamp(0.0, hair.length);
            let beside = off.distance(hair.along * along);
            let width = HAIR * (1.25 - 0.8 * along / hair.length);
            bare *= 1.0 - 0.34 * (1.5 - beside / width).clamp(0.0, 1.0) * (0.55 + 0.45 * self.density);
        }
        *colour = mix(*colour, self.colour, (1.0 - bare).min(0.84));
    }
}
