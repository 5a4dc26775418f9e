//! The camera: where it stands, what it sees, and how it drifts through a clip.

use glam::{Vec2, Vec3};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f32::consts::TAU;

/// Nearest distance at which anything is drawn, in decimetres.
pub(crate) const NEAR: f32 = 0.2;

/// A camera without lens faults. Pictures are square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Where it stands, in decimetres.
    pub position: Vec3,
    /// What is in the middle of the picture.
    pub target: Vec3,
    /// Angle from the lower to the upper edge, in radians.
    pub vertical_fov: f32,
    /// Turn about the line of sight in radians; positive turns the picture's contents clockwise.
    pub roll: f32,
}

impl Camera {
    /// Where a point is drawn in a picture of `size × size`, in pixels from the upper left corner (the centre of the first
    /// pixel is at 0.5, 0.5), and its depth: its distance along the line of sight, in decimetres. Nothing for points behind
    /// or too close to the camera; points beside the picture are answered.
    #[must_use]
    pub fn project(&self, point: Vec3, size: usize) -> Option<(Vec2, f32)> {
        let lens = self.lens(size);
        let seen = lens.see(point);
        (seen.z > NEAR).then(|| (Vec2::new(seen.x, seen.y) / seen.z, seen.z))
    }

    /// The camera's axes and scale for a picture of one size.
    pub(crate) fn lens(&self, size: usize) -> Lens {
        let forward = (self.target - self.position).normalize_or(Vec3::NEG_Z);
        let level = forward.cross(Vec3::Y).normalize_or(Vec3::X);
        let (sin, cos) = self.roll.sin_cos();
        let upright = level.cross(forward);
        let half = size as f32 * 0.5;
        Lens {
            position: self.position,
            right: level * cos + upright * sin,
            up: upright * cos - level * sin,
            forward,
            focal: half / (self.vertical_fov * 0.5).tan(),
            middle: half,
        }
    }
}

/// A camera made ready for one picture size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lens {
    pub position: Vec3,
    pub right: Vec3,
    pub up: Vec3,
    pub forward: Vec3,
    /// Pixels per unit of tangent.
    pub focal: f32,
    /// Half the picture's size.
    pub middle: f32,
}

impl Lens {
    /// Homogeneous pixel coordinates: x and y are to be divided by z, the depth.
    pub fn see(&self, point: Vec3) -> Vec3 {
        let ray = point - self.position;
        let depth = ray.dot(self.forward);
        Vec3::new(
            self.focal * ray.dot(self.right) + self.middle * depth,
            self.middle * depth - self.focal * ray.dot(self.up),
            depth,
        )
    }

    /// The direction seen at a place of the picture, with length 1 along the line of sight.
    pub fn ray(&self, pixel: Vec2) -> Vec3 {
        let scale = 1.0 / self.focal;
        self.forward
            + self.right * ((pixel.x - self.middle) * scale)
            + self.up * ((self.middle - pixel.y) * scale)
    }
}

/// What the camera is to keep in sight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Framing {
    /// The top of the head (with hair), in decimetres.
    pub head_top: Vec3,
    /// The lowest point that is to be seen: the hips of a half-body picture.
    pub lowest: Vec3,
}

impl Framing {
    /// A half-body picture of a grown person whose head ends at `head_top`, with room for the hands of ordinary gestures.
    #[must_use]
    pub fn half_body(head_top: Vec3) -> Self {
        Self { head_top, lowest: head_top - Vec3::Y * Self::HALF_BODY }
    }

    /// From the top of the head to the hips, in decimetres.
    const HALF_BODY: f32 = 6.9;
    /// Share of the picture above the head.
    const HEADROOM: f32 = 0.07;
}

/// A camera through a clip: on a stand, or in a calm hand that drifts and zooms a little.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraPath {
    base: Camera,
    waves: [Wave; 6],
}

/// A slow swing: amplitude, cycles per second, phase.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Wave {
    amplitude: f32,
    rate: f32,
    phase: f32,
}

impl Wave {
    fn at(&self, seconds: f64) -> f32 {
        // In f64, so that long clips stay smooth.
        let turn = (f64::from(self.rate) * seconds).fract() as f32;
        self.amplitude * ((turn + self.phase) * TAU).sin()
    }
}

impl CameraPath {
    /// Ordinary distance from the person in decimetres, and the angle of view, in degrees.
    const DISTANCE: f32 = 14.6;
    const FOV: f32 = 30.0;
    /// Largest swings when drifting: position sideways, up, forth and target sideways in decimetres; zoom as a share; roll in radians.
    const SWINGS: [f32; 6] = [0.5, 0.25, 0.4, 0.10, 0.018, 0.006];
    /// Cycles per second of the slowest and fastest swing.
    const RATES: [f32; 2] = [0.02, 0.11];

    /// A camera in front of a person. Height, side, angle of view and closeness vary a little with the seed; it only moves
    /// in the clip if `drift` is set.
    #[must_use]
    pub fn from_seed(seed: u64, drift: bool, framing: Framing) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let height = framing.head_top.distance(framing.lowest).max(0.5);
        let seen = height / (1.0 - Framing::HEADROOM * rng.random_range(0.9..1.5f32));
        let fov = (Self::FOV * rng.random_range(0.85..1.12f32)).to_radians();
        let seen = seen * rng.random_range(1.0..1.14f32);
        let distance = seen * 0.5 / (fov * 0.5).tan();
        let top = framing.head_top + Vec3::Y * (seen - height) * rng.random_range(0.6..0.85f32);
        let target = Vec3::new(
            framing.head_top.x + rng.random_range(-0.3..0.3f32),
            top.y - seen * 0.5,
            framing.head_top.z + 0.4,
        );
        let side = rng.random_range(-0.10..0.10f32);
        let rise = rng.random_range(-0.02..0.09f32);
        let direction = Vec3::new(side, rise, 1.0).normalize();
        let scale = distance / Self::DISTANCE;
        let mut waves = [Wave::default(); 6];
        for (wave, most) in waves.iter_mut().zip(Self::SWINGS) {
            *wave = Wave {
                amplitude: if drift { most * scale * rng.random_range(0.2..1.0f32) } else { 0.0 },
                rate: rng.random_range(Self::RATES[0]..Self::RATES[1]),
                phase: rng.random_range(0.0..1.0f32),
            };
        }
        let base = Camera { position: target + direction * distance, target, vertical_fov: fov, roll: 0.0 };
        Self { base, waves }
    }

    /// The camera at a time of the clip, in seconds.
    #[must_use]
    pub fn at(&self, seconds: f64) -> Camera {
        let [x, y, z, sway, zoom, roll] = self.waves.map(|wave| wave.at(seconds));
        Camera {
            position: self.base.position + Vec3::new(x, y, z),
            target: self.base.target + Vec3::new(sway, sway * 0.5, 0.0),
            vertical_fov: self.base.vertical_fov * (1.0 + zoom),
            roll: self.base.roll + roll,
        }
    }
}
