//! Freckles, moles and age spots.

use glam::Vec3;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::paint::Spot;
use super::zones::{blob, tint};
use crate::figure::Anatomy;
use crate::person::chance::smooth;
use crate::person::complexion::{Colour, Complexion};
use crate::person::noise;

/// Cells of freckles in a decimetre.
const FRECKLES: f32 = 17.0;
/// Cells of age spots in a decimetre.
const SPOTS: f32 = 5.0;

/// A dark spot: place, radius in decimetres, darkness.
struct Mole {
    at: Vec3,
    radius: f32,
    dark: f32,
}

/// A person's marks.
pub(super) struct Marks {
    moles: Vec<Mole>,
    freckles: f32,
    spots: f32,
    seed: u32,
}

impl Marks {
    pub(super) fn new(rng: &mut ChaCha8Rng, anatomy: &Anatomy, complexion: &Complexion) -> Self {
        let mesh = &anatomy.mesh;
        let front = |at: &Vec3| (5.8..8.0).contains(&at.y) && at.z > 0.6 && at.x.abs() < 0.9;
        let body = mesh.vertices_of("body").iter().map(|&vertex| mesh.vertices[vertex as usize]);
        let places: Vec<Vec3> = body.filter(front).collect();
        let moles = (0..complexion.moles)
            .map(|_| {
                let at = places.get(rng.random_range(0..places.len().max(1))).copied().unwrap_or(Vec3::ZERO);
                Mole { at, radius: rng.random_range(0.009..0.022), dark: rng.random_range(0.3..0.75) }
            })
            .collect();
        Self { moles, freckles: complexion.freckles, spots: complexion.spots, seed: rng.random() }
    }

    pub(super) fn paint(&self, spot: &Spot, colour: &mut Colour) {
        let away = 1.0 - spot.lips;
        for mole in &self.moles {
            let off = spot.at.distance(mole.at);
            tint(
                colour,
                [0.45, 0.34, 0.30],
                mole.dark * away * (1.0 - smooth(off, mole.radius * 0.5, mole.radius)),
            );
        }
        if self.freckles > 0.0 {
            let at = spot.folded;
            let zone = blob(at, [0.36, 7.0, 1.4], [0.40, 0.30, 0.6])
                + 0.8 * blob(at, [0.0, 7.05, 1.6], [0.2, 0.25, 0.4])
                + 0.25;
            let dots = smooth(noise(spot.at * FRECKLES, self.seed), 0.66, 0.84);
            let some = smooth(noise(spot.at * 4.0, self.seed ^ 3), 0.25, 0.6);
            tint(colour, [0.80, 0.66, 0.55], self.freckles * away * zone.min(1.0) * dots * some);
        }
        if self.spots > 0.0 {
            let bent =
                Vec3::new(noise(spot.at * 9.0, self.seed ^ 6), noise(spot.at * 9.0, self.seed ^ 7), 0.5)
                    * 0.12;
            let dots = smooth(noise((spot.at + bent) * SPOTS, self.seed ^ 5), 0.70, 0.82);
            tint(colour, [0.90, 0.82, 0.76], self.spots * away * dots);
        }
    }
}
