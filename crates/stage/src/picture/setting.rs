//! Where a clip is taken: lights, exposure and what is behind the person. One per clip, from a seed.

use glam::Vec3;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::backdrop::Backdrop;
pub use super::lights::{Light, Lights};

/// Lights, exposure and background of a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Lights.
    pub lights: Lights,
    /// Factor on all light before the tone curve; about 1.
    pub exposure: f32,
    /// The wall behind the person.
    pub backdrop: Backdrop,
}

impl Setting {
    /// Light that a white surface facing the camera should send, so that no setting is too dark or too bright.
    const WHITE: f32 = 1.25;

    /// A setting from a seed. `clutter` 0 gives a plain background, 1 one full of things. The background is painted here:
    /// do this once per clip.
    #[must_use]
    pub fn from_seed(seed: u64, clutter: f32) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let lights = Lights::draw(&mut rng);
        let exposure = Self::WHITE / white(&lights) * rng.random_range(0.85..1.15f32);
        let backdrop = Backdrop::draw(&mut rng, clutter.clamp(0.0, 1.0), lights.key.direction.x);
        Self { lights, exposure, backdrop }
    }
}

/// Mean light (of green) from white surfaces facing the camera, and a little to both sides.
fn white(lights: &Lights) -> f32 {
    let sides = [-0.6, 0.0, 0.6f32];
    let mut sum = 0.0;
    for side in sides {
        let normal = Vec3::new(side, 0.0, 1.0).normalize();
        for light in [&lights.key, &lights.fill] {
            sum += normal.dot(light.direction).max(0.0) * light.colour.y;
        }
        sum += (lights.sky.y + lights.ground.y) * 0.5;
    }
    (sum / sides.len() as f32).max(0.1)
}
