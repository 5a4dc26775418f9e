//! Textures made ready for drawing: smaller and smaller copies, and light instead of sRGB numbers.

use glam::{Vec2, Vec3};
use std::sync::LazyLock;

use super::power::log2;
use crate::surface::Texture;

/// Linear light of the 256 sRGB values.
static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| std::array::from_fn(|i| to_linear(i as f32 / 255.0)));

/// Steps of the table back to sRGB bytes, by the root of the light.
const STEPS: usize = 4096;
static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let byte = |i: usize| (to_srgb((i as f32 / STEPS as f32).powi(2)) * 255.0 + 0.5) as u8;
    (0..=STEPS).map(byte).collect()
});

/// The sRGB byte of linear light.
fn to_byte(light: f32) -> u8 {
    BYTES[((light.sqrt() * STEPS as f32 + 0.5) as usize).min(STEPS)]
}

/// Linear light of an sRGB value of 0–1.
pub(crate) fn to_linear(value: f32) -> f32 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// The sRGB value of linear light of 0–1.
pub(crate) fn to_srgb(light: f32) -> f32 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// The whole number at or below a value of moderate size. (The processor that is built for has no instruction for
/// `floor`, and a call for each texel is slow.)
pub(crate) fn whole(value: f32) -> f32 {
    let cut = value as i32 as f32;
    if cut > value { cut - 1.0 } else { cut }
}

/// A texture with its smaller copies, each half as wide and high.
#[derive(Clone, Debug)]
pub(crate) struct Levels {
    levels: Vec<Level>,
    /// Smallest alpha, 0–1.
    pub least_alpha: f32,
}

#[derive(Clone, Debug)]
struct Level {
    width: usize,
    height: usize,
    texels: Vec<[u8; 4]>,
}

/// Four neighbouring texels and where between them a place lies.
struct Quad {
    at: [usize; 4],
    across: f32,
    down: f32,
}

impl Levels {
    /// Prepares a texture; nothing if its size and contents disagree or it is empty.
    pub fn new(texture: &Texture) -> Option<Self> {
        let Texture { width, height, texels } = texture;
        if *width == 0 || *height == 0 || width.checked_mul(*height) != Some(texels.len()) {
            return None;
        }
        let least = texels.iter().map(|texel| texel[3]).min()?;
        let mut levels = vec![Level { width: *width, height: *height, texels: texels.clone() }];
        while let Some(smaller) = levels.last().and_then(Level::half) {
            levels.push(smaller);
        }
        Some(Self { levels, least_alpha: f32::from(least) / 255.0 })
    }

    /// Width and height of the full texture.
    pub fn size(&self) -> Vec2 {
        Vec2::new(self.levels[0].width as f32, self.levels[0].height as f32)
    }

    /// The level at which a step of `texels` texels of the full texture is one texel.
    pub fn level_for(&self, texels: f32) -> f32 {
        log2(texels.max(1.0)).clamp(0.0, (self.levels.len() - 1) as f32)
    }

    /// Colour in linear light, smoothly between texels and levels.
    pub fn colour(&self, uv: Vec2, level: f32) -> Vec3 {
        let (fine, share) = self.split(level);
        let colour = self.levels[fine].colour(uv);
        if share > 0.0 { colour.lerp(self.levels[fine + 1].colour(uv), share) } else { colour }
    }

    /// Alpha of 0–1 at the nearest level.
    pub fn alpha(&self, uv: Vec2, level: f32) -> f32 {
        let level = &self.levels[((level + 0.5) as usize).min(self.levels.len() - 1)];
        level.channel::<3>(uv).0
    }

    /// Slope of the red channel (0–1) against the texture coordinates.
    pub fn slope(&self, uv: Vec2, level: f32) -> Vec2 {
        let level = &self.levels[((level + 0.5) as usize).min(self.levels.len() - 1)];
        level.channel::<0>(uv).1
    }

    fn split(&self, level: f32) -> (usize, f32) {
        let level = level.clamp(0.0, (self.levels.len() - 1) as f32);
        let fine = level as usize;
        (fine, level - fine as f32)
    }
}

impl Level {
    /// The next smaller copy, colours averaged as light, weighted by nothing: cut colours were bled by whoever painted them.
    fn half(&self) -> Option<Self> {
        if self.width == 1 && self.height == 1 {
            return None;
        }
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let mut texels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let mut light = [0.0f32; 3];
                let mut alpha = 0u32;
                for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    let (sx, sy) = ((x * 2 + dx).min(self.width - 1), (y * 2 + dy).min(self.height - 1));
                    let texel = self.texels[sy * self.width + sx];
                    for (sum, value) in light.iter_mut().zip(texel) {
                        *sum += LINEAR[usize::from(value)];
                    }
                    alpha += u32::from(texel[3]);
                }
                let [r, g, b] = light.map(|sum| to_byte(sum * 0.25));
                texels.push([r, g, b, ((alpha + 2) / 4) as u8]);
            }
        }
        Some(Self { width, height, texels })
    }

    fn quad(&self, uv: Vec2) -> Quad {
        // Coordinates wrap around; v = 1 is the first row. Not-a-number becomes 0 in the casts.
        let x = (uv.x - whole(uv.x)) * self.width as f32 - 0.5;
        let y = (1.0 - (uv.y - whole(uv.y))) * self.height as f32 - 0.5;
        let (left, top) = (whole(x), whole(y));
        let wrap = |value: f32, size: usize| {
            if value < 0.0 { size - 1 } else { (value as usize).min(size - 1) }
        };
        let (x0, y0) = (wrap(left, self.width), wrap(top, self.height));
        let x1 = if x0 + 1 == self.width { 0 } else { x0 + 1 };
        let y1 = if y0 + 1 == self.height { 0 } else { y0 + 1 };
        let (row0, row1) = (y0 * self.width, y1 * self.width);
        Quad { at: [row0 + x0, row0 + x1, row1 + x0, row1 + x1], across: x - left, down: y - top }
    }

    fn colour(&self, uv: Vec2) -> Vec3 {
        let quad = self.quad(uv);
        let [a, b, c, d] = quad.at.map(|at| {
            let [r, g, b, _] = self.texels[at];
            Vec3::new(LINEAR[usize::from(r)], LINEAR[usize::from(g)], LINEAR[usize::from(b)])
        });
        a.lerp(b, quad.across).lerp(c.lerp(d, quad.across), quad.down)
    }

    /// One channel of 0–1 and its slope against the texture coordinates.
    fn channel<const C: usize>(&self, uv: Vec2) -> (f32, Vec2) {
        let quad = self.quad(uv);
        let [a, b, c, d] = quad.at.map(|at| f32::from(self.texels[at][C]) * (1.0 / 255.0));
        let (top, bottom) = (a + (b - a) * quad.across, c + (d - c) * quad.across);
        let along = (b - a) + ((d - c) - (b - a)) * quad.down;
        let slope = Vec2::new(along * self.width as f32, (top - bottom) * self.height as f32);
        (top + (bottom - top) * quad.down, slope)
    }
}
