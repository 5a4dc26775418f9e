//! A square of linear light that things are painted on. Coordinates run from −1 to 1, x to the right, y up.

use glam::{Vec2, Vec3};

use crate::picture::texture::whole;

/// Width and height in pixels.
const SIDE: usize = 768;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Canvas {
    light: Vec<Vec3>,
}

impl Canvas {
    /// Width of a pixel.
    pub const PIXEL: f32 = 2.0 / SIDE as f32;

    pub fn new() -> Self {
        Self { light: vec![Vec3::ZERO; SIDE * SIDE] }
    }

    /// Gives every pixel the light that `of` gives for its place.
    pub fn fill(&mut self, of: impl Fn(Vec2) -> Vec3) {
        self.each([Vec2::NEG_ONE, Vec2::ONE], |place, light| *light = of(place));
    }

    /// Changes every pixel.
    pub fn change(&mut self, of: impl Fn(Vec2, Vec3) -> Vec3) {
        self.each([Vec2::NEG_ONE, Vec2::ONE], |place, light| *light = of(place, *light));
    }

    /// Paints a shape of one colour, of which `distance` tells how far a place is outside (negative inside); `soft` is the
    /// width of its edge.
    pub fn paint(
        &mut self,
        bounds: [Vec2; 2],
        colour: Vec3,
        opacity: f32,
        soft: f32,
        distance: impl Fn(Vec2) -> f32,
    ) {
        let soft = soft.max(Self::PIXEL);
        self.each([bounds[0] - soft, bounds[1] + soft], |place, light| {
            let cover = (0.5 - distance(place) / soft).clamp(0.0, 1.0) * opacity;
            if cover > 0.0 {
                *light = light.lerp(colour, cover);
            }
        });
    }

    /// A rectangle.
    pub fn rectangle(&mut self, centre: Vec2, half: Vec2, colour: Vec3) {
        self.soft_rectangle(centre, half, colour, 1.0, 0.0);
    }

    /// A rectangle with soft edges that may let through what is behind.
    pub fn soft_rectangle(&mut self, centre: Vec2, half: Vec2, colour: Vec3, opacity: f32, soft: f32) {
        self.paint([centre - half, centre + half], colour, opacity, soft, |place| {
            let out = (place - centre).abs() - half;
            out.max(Vec2::ZERO).length() + out.max_element().min(0.0)
        });
    }

    /// A disc.
    pub fn disc(&mut self, centre: Vec2, radius: f32, colour: Vec3, opacity: f32, soft: f32) {
        let half = Vec2::splat(radius);
        self.paint([centre - half, centre + half], colour, opacity, soft, |place| {
            place.distance(centre) - radius
        });
    }

    /// A leaf from `foot` to `tip`, pointed at both ends.
    pub fn leaf(&mut self, foot: Vec2, tip: Vec2, width: f32, colour: Vec3) {
        let length = foot.distance(tip).max(1e-4);
        let along = (tip - foot) / length;
        let margin = Vec2::splat(width);
        self.paint([foot.min(tip) - margin, foot.max(tip) + margin], colour, 1.0, 0.0, |place| {
            let from = place - foot;
            let share = from.dot(along) / length;
            let half = width * (4.0 * share * (1.0 - share)).max(0.0).powf(0.7);
            let beyond = (share - share.clamp(0.0, 1.0)).abs() * length;
            from.perp_dot(along).abs() - half + beyond
        });
    }

    /// Softens everything; `radius` is a share of the canvas.
    pub fn blur(&mut self, radius: f32) {
        let reach = (radius * SIDE as f32).round() as usize;
        if reach == 0 {
            return;
        }
        let mut line = vec![Vec3::ZERO; SIDE];
        // Two passes of a box each way are near enough to a lens.
        for _ in 0..2 {
            for (step, stride) in [(1, SIDE), (SIDE, 1)] {
                for start in 0..SIDE {
                    let first = start * stride;
                    for (i, value) in line.iter_mut().enumerate() {
                        *value = self.light[first + i * step];
                    }
                    let at = |i: isize| line[i.clamp(0, SIDE as isize - 1) as usize];
                    let far = reach as isize;
                    let mut sum: Vec3 = (-far..=far).map(at).sum();
                    let scale = 1.0 / (2 * reach + 1) as f32;
                    for i in 0..SIDE {
                        self.light[first + i * step] = sum * scale;
                        sum += at(i as isize + far + 1) - at(i as isize - far);
                    }
                }
            }
        }
    }

    /// Light at a place, smoothly between pixels; mirrored beyond the edges.
    pub fn at(&self, place: Vec2) -> Vec3 {
        let mirror = |value: f32| {
            let turn = value + 1.0 - 4.0 * whole((value + 1.0) * 0.25);
            ((if turn > 2.0 { 4.0 - turn } else { turn }) * 0.5 * SIDE as f32 - 0.5)
                .clamp(0.0, (SIDE - 1) as f32)
        };
        let (x, y) = (mirror(place.x), mirror(-place.y));
        let (x0, y0) = ((x as usize).min(SIDE - 2), (y as usize).min(SIDE - 2));
        let (across, down) = (x - x0 as f32, y - y0 as f32);
        let first = y0 * SIDE + x0;
        let top = self.light[first].lerp(self.light[first + 1], across);
        let bottom = self.light[first + SIDE].lerp(self.light[first + SIDE + 1], across);
        top.lerp(bottom, down)
    }

    fn each(&mut self, [low, high]: [Vec2; 2], mut with: impl FnMut(Vec2, &mut Vec3)) {
        let pixel = |value: f32| ((value + 1.0) / Self::PIXEL).clamp(0.0, SIDE as f32) as usize;
        let (left, right) = (pixel(low.x), (pixel(high.x) + 1).min(SIDE));
        let (top, bottom) = (pixel(-high.y), (pixel(-low.y) + 1).min(SIDE));
        for y in top..bottom {
            for x in left..right {
                let place = Vec2::new(x as f32 + 0.5, y as f32 + 0.5) * Self::PIXEL - 1.0;
                with(Vec2::new(place.x, -place.y), &mut self.light[y * SIDE + x]);
            }
        }
    }
}

/// A number of 0–1 for a cell of a grid.
pub(crate) fn cell(x: i32, y: i32, salt: u32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1)
        ^ (y as u32).wrapping_mul(0x85EB_CA77)
        ^ salt.wrapping_mul(0xC2B2_AE3D);
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    ((h ^ (h >> 15)) >> 8) as f32 / (1u32 << 24) as f32
}

/// Smooth noise of 0–1 with features of size 1.
pub(crate) fn noise(place: Vec2, salt: u32) -> f32 {
    let floor = place.floor();
    let (x, y) = (floor.x as i32, floor.y as i32);
    let share = place - floor;
    let share = share * share * (3.0 - 2.0 * share);
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let top = mix(cell(x, y, salt), cell(x + 1, y, salt), share.x);
    let bottom = mix(cell(x, y + 1, salt), cell(x + 1, y + 1, salt), share.x);
    mix(top, bottom, share.y)
}

/// Noise of several sizes, 0–1.
pub(crate) fn cloud(place: Vec2, salt: u32) -> f32 {
    let mut sum = 0.0;
    let (mut size, mut share) = (1.0, 0.5);
    for octave in 0..4 {
        sum += noise(place * size, salt.wrapping_add(octave)) * share;
        size *= 2.1;
        share *= 0.5;
    }
    sum / 0.9375
}
