//! The lights of a setting.

use glam::{Vec3, Vec3A};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A light far away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Light {
    /// Unit vector towards it.
    pub direction: Vec3,
    /// Linear colour times strength.
    pub colour: Vec3,
}

impl Light {
    fn new(direction: Vec3, colour: Vec3) -> Self {
        Self { direction: direction.normalize_or(Vec3::Z), colour }
    }

    pub(crate) fn towards(&self) -> Vec3A {
        self.direction.into()
    }
}

/// Key, fill and rim light, and the light from all around.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lights {
    /// The light that throws shadows.
    pub key: Light,
    /// From the other side, without shadows.
    pub fill: Light,
    /// From behind, seen along edges.
    pub rim: Light,
    /// Light from above.
    pub sky: Vec3,
    /// Light from below.
    pub ground: Vec3,
    /// Size of the key light: 0.3 for a bare lamp, 1 for an ordinary one, 2 for a large window.
    pub softness: f32,
}

/// Factor on the light from all around: with less of it forms stand out more.
const AROUND: f32 = 0.85;

/// What a kind of room's lights are like; each number is a range from which the seed chooses.
struct Kind {
    key: [f32; 3],
    fill: [f32; 3],
    around: [f32; 3],
    /// Strengths of key, fill, rim and light from around.
    strengths: [[f32; 2]; 4],
    /// Degrees to the side and up.
    side: [f32; 2],
    height: [f32; 2],
    softness: [f32; 2],
}

const STUDIO: Kind = Kind {
    key: [1.0, 0.97, 0.93],
    fill: [0.92, 0.96, 1.0],
    around: [0.97, 0.98, 1.0],
    strengths: [[1.0, 1.3], [0.25, 0.45], [0.4, 1.2], [0.30, 0.45]],
    side: [20.0, 50.0],
    height: [25.0, 50.0],
    softness: [0.9, 1.5],
};
const WINDOW: Kind = Kind {
    key: [0.95, 0.99, 1.06],
    fill: [1.0, 0.93, 0.85],
    around: [0.95, 0.98, 1.02],
    strengths: [[1.1, 1.5], [0.15, 0.3], [0.1, 0.5], [0.30, 0.45]],
    side: [45.0, 72.0],
    height: [10.0, 30.0],
    softness: [1.5, 2.2],
};
const WARM: Kind = Kind {
    key: [1.12, 0.93, 0.72],
    fill: [1.05, 0.92, 0.78],
    around: [1.06, 0.95, 0.82],
    strengths: [[0.9, 1.2], [0.2, 0.4], [0.1, 0.6], [0.28, 0.42]],
    side: [15.0, 55.0],
    height: [30.0, 60.0],
    softness: [0.7, 1.4],
};
const COOL: Kind = Kind {
    key: [0.92, 0.98, 1.08],
    fill: [0.88, 0.96, 1.1],
    around: [0.9, 0.97, 1.08],
    strengths: [[0.8, 1.1], [0.3, 0.5], [0.1, 0.6], [0.4, 0.6]],
    side: [5.0, 45.0],
    height: [35.0, 65.0],
    softness: [1.2, 2.2],
};
const CONTRASTY: Kind = Kind {
    key: [1.05, 0.98, 0.9],
    fill: [0.85, 0.93, 1.08],
    around: [0.95, 0.97, 1.05],
    strengths: [[1.4, 1.8], [0.10, 0.2], [0.6, 1.8], [0.16, 0.24]],
    side: [35.0, 60.0],
    height: [25.0, 45.0],
    softness: [0.4, 0.9],
};
const OFFICE: Kind = Kind {
    key: [1.0, 0.99, 0.95],
    fill: [1.0, 0.98, 0.96],
    around: [0.99, 1.0, 0.98],
    strengths: [[0.7, 0.95], [0.3, 0.5], [0.0, 0.4], [0.45, 0.6]],
    side: [0.0, 30.0],
    height: [48.0, 66.0],
    softness: [1.4, 2.2],
};

impl Lights {
    /// Lights of a studio, a window, warm or cool rooms, an office, or with much contrast; the face is always readable.
    #[must_use]
    pub fn draw(rng: &mut ChaCha8Rng) -> Self {
        let kinds = [&STUDIO, &WINDOW, &WARM, &COOL, &CONTRASTY, &OFFICE];
        let kind = kinds[rng.random_range(0..kinds.len())];
        let sign = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
        let mut within = |[low, high]: [f32; 2]| rng.random_range(low..high);
        let tint = |colour: [f32; 3], strength: f32| Vec3::from(colour) * strength;
        let from = |side: f32, height: f32| {
            let (side, height) = (side.to_radians(), height.to_radians());
            Vec3::new(side.sin() * height.cos(), height.sin(), side.cos() * height.cos())
        };
        let [key, fill, rim, around] = kind.strengths.map(&mut within);
        let (side, height) = (within(kind.side) * sign, within(kind.height));
        let fill_side = -sign * within([35.0, 75.0]);
        let rim_side = -sign * within([120.0, 160.0]);
        let sky = tint(kind.around, around * AROUND);
        Self {
            key: Light::new(from(side, height), tint(kind.key, key)),
            fill: Light::new(from(fill_side, within([0.0, 25.0])), tint(kind.fill, fill)),
            rim: Light::new(from(rim_side, within([15.0, 40.0])), tint(kind.key, rim)),
            sky,
            ground: sky * Vec3::new(0.62, 0.56, 0.50) * within([0.6, 1.0]),
            softness: within(kind.softness),
        }
    }
}
