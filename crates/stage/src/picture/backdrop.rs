//! What is behind the person: a large picture on a plane some way back, painted once per clip.

mod canvas;
mod furnish;
mod wall;

use glam::{Vec2, Vec3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use canvas::Canvas;

/// A painted plane across the line of sight. It keeps its place in the room, so that it shifts when the camera moves.
#[derive(Clone, Debug, PartialEq)]
pub struct Backdrop {
    /// The middle of the plane, in decimetres; it faces the camera along z.
    pub centre: Vec3,
    /// Half the height and width of the painted square, in decimetres. Beyond it the picture is mirrored.
    pub half: f32,
    canvas: Canvas,
}

impl Backdrop {
    /// How far behind the person, in decimetres.
    const DISTANCE: [f32; 2] = [9.0, 32.0];
    /// Height of its middle above the figure's origin (which is near the hips), in decimetres.
    const HEIGHT: f32 = 4.8;
    /// The camera's usual distance, and half of what it sees per distance, with room for drift.
    const CAMERA: f32 = 15.0;
    const SEEN: f32 = 0.268 * 1.4;
    /// Clutter below which a wall stays empty.
    const EMPTY: f32 = 0.12;
    /// Blur of a plain wall and of the farthest one, as a share of the picture.
    const BLUR: [f32; 2] = [0.0, 0.012];

    /// Paints a background; `key_side` is the x of the direction to the key light.
    pub(crate) fn draw(rng: &mut ChaCha8Rng, clutter: f32, key_side: f32) -> Self {
        let distance = rng.random_range(Self::DISTANCE[0]..Self::DISTANCE[1]);
        let mut canvas = Canvas::new();
        let far = (distance - Self::DISTANCE[0]) / (Self::DISTANCE[1] - Self::DISTANCE[0]);
        let blur = Self::BLUR[0] + (Self::BLUR[1] - Self::BLUR[0]) * far * rng.random_range(0.2..1.3f32);
        if clutter < Self::EMPTY {
            wall::plain(&mut canvas, rng);
            canvas.blur(blur);
        } else {
            wall::textured(&mut canvas, rng, clutter);
            furnish::furnish(&mut canvas, rng, clutter, blur);
        }
        wall::light_fall(&mut canvas, rng, key_side);
        Self {
            centre: Vec3::new(0.0, Self::HEIGHT, -distance),
            half: (Self::CAMERA + distance) * Self::SEEN,
            canvas,
        }
    }

    /// One colour everywhere, linear.
    #[must_use]
    pub fn plain(colour: Vec3) -> Self {
        let mut canvas = Canvas::new();
        canvas.fill(|_| colour);
        Self { centre: Vec3::new(0.0, Self::HEIGHT, -Self::DISTANCE[0]), half: 20.0, canvas }
    }

    /// Light that comes from where a ray meets the plane; `forward` is the ray's direction.
    pub(crate) fn seen(&self, from: Vec3, ray: Vec3) -> Vec3 {
        // A camera turned away from the plane sees the mirrored picture far out: never a hole.
        let along = if ray.z < -1e-3 { (self.centre.z - from.z) / ray.z } else { 1e3 };
        let place = from + ray * along - self.centre;
        self.canvas.at(Vec2::new(place.x, place.y) / self.half)
    }
}
