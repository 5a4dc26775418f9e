//! What a camera's sensor makes of the light: white balance, noise, tone curve, sharpening.

use glam::{Vec3, Vec4};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::texture::to_srgb;

/// How one camera records; fixed through a clip. Use [`Sensor::clean`] for pictures without noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sensor {
    /// Noise of light itself: standard deviation at full light, as a share of it.
    pub shot_noise: f32,
    /// Noise of reading out: standard deviation as a share of full light.
    pub read_noise: f32,
    /// Factors on red, green and blue from a wrong white balance.
    pub white_balance: Vec3,
    /// Sharpening (above 0, to about 0.6) or softness (below 0, to about −0.6).
    pub sharpness: f32,
    /// Seed of the noise; each frame has noise of its own.
    pub seed: u64,
}

impl Sensor {
    /// No noise, no sharpening, true colours.
    #[must_use]
    pub fn clean() -> Self {
        Self { shot_noise: 0.0, read_noise: 0.0, white_balance: Vec3::ONE, sharpness: 0.0, seed: 0 }
    }

    /// A camera from a seed; `strength` 0 is clean, 1 ranges up to a cheap webcam.
    #[must_use]
    pub fn from_seed(seed: u64, strength: f32) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let strength = strength.clamp(0.0, 1.0);
        let noise = rng.random_range(0.05..1.0f32).powi(2) * strength;
        let warm = rng.random_range(-0.06..0.06f32) * strength;
        let green = rng.random_range(-0.02..0.02f32) * strength;
        Self {
            shot_noise: 0.034 * noise,
            read_noise: 0.003 * noise,
            white_balance: Vec3::new(1.0 + warm, 1.0 + green, 1.0 - warm),
            sharpness: rng.random_range(-0.45..0.5f32) * strength,
            seed: rng.random(),
        }
    }
}

/// Number of ready-made normally distributed numbers.
const DICE: usize = 1 << 14;
/// Entries of the tone table for each doubling of light, and the doublings it covers, from `LOWEST` up.
const FINE_BITS: u32 = 7;
const LOWEST: f32 = 1.0 / 8192.0;
const DOUBLINGS: usize = 17;

/// Tables and buffers for developing pictures.
#[derive(Debug)]
pub(crate) struct Development {
    size: usize,
    dice: Vec<f32>,
    tone: Vec<f32>,
    shown: Vec<Vec3>,
}

impl Development {
    pub fn new(size: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(0x5EED);
        // Sums of twelve even numbers are normal enough.
        let dice = (0..DICE).map(|_| (0..12).map(|_| rng.random_range(-0.5..0.5f32)).sum()).collect();
        let steps = 1 << FINE_BITS;
        let first = LOWEST.to_bits() >> (23 - FINE_BITS);
        let tone = (0..=DOUBLINGS * steps)
            .map(|entry| to_srgb(film(f32::from_bits((first + entry as u32) << (23 - FINE_BITS)))))
            .collect();
        Self { size, dice, tone, shown: vec![Vec3::ZERO; size * size] }
    }

    /// Develops linear light into sRGB bytes. Frames are numbered so that each has its own noise.
    pub fn develop(&mut self, light: &[Vec4], exposure: f32, sensor: &Sensor, frame: u64, rgb: &mut Vec<u8>) {
        let mut rng = ChaCha8Rng::seed_from_u64(sensor.seed ^ frame.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let gain = sensor.white_balance * exposure;
        let noisy = sensor.shot_noise > 0.0 || sensor.read_noise > 0.0;
        for (line, shown) in light.chunks_exact(self.size).zip(self.shown.chunks_exact_mut(self.size)) {
            let mut die = rng.random_range(0..DICE);
            for (light, shown) in line.iter().zip(shown) {
                let mut value = light.truncate() * gain;
                if noisy {
                    let mut roll = || {
                        die = (die + 1) % DICE;
                        self.dice[die]
                    };
                    let roll = Vec3::new(roll(), roll(), roll());
                    let spread = value.max(Vec3::ZERO) * (sensor.shot_noise * sensor.shot_noise)
                        + sensor.read_noise * sensor.read_noise;
                    value += roll * Vec3::new(spread.x.sqrt(), spread.y.sqrt(), spread.z.sqrt());
                }
                *shown = Vec3::new(
                    tone(&self.tone, value.x),
                    tone(&self.tone, value.y),
                    tone(&self.tone, value.z),
                );
            }
        }
        self.write(sensor.sharpness, rgb);
    }

    /// Sharpens or softens, and rounds to bytes.
    fn write(&self, sharpness: f32, rgb: &mut Vec<u8>) {
        rgb.clear();
        rgb.reserve(self.shown.len() * 3);
        let size = self.size;
        for y in 0..size {
            let (above, below) = (y.saturating_sub(1) * size, (y + 1).min(size - 1) * size);
            for x in 0..size {
                let mut value = self.shown[y * size + x];
                if sharpness != 0.0 {
                    let (left, right) = (x.saturating_sub(1), (x + 1).min(size - 1));
                    let around = self.shown[above + x]
                        + self.shown[below + x]
                        + self.shown[y * size + left]
                        + self.shown[y * size + right];
                    value += (value - around * 0.25) * sharpness;
                }
                rgb.extend((value * 255.0 + 0.5).to_array().map(|value| value as u8));
            }
        }
    }
}

/// The filmic curve (Lottes, "Advanced techniques and optimization of HDR colour pipelines", 2016): contrast about middle
/// grey, which it keeps, a toe, and a shoulder up to [`WHITE`].
fn film(light: f32) -> f32 {
    let middle = MIDDLE.powf(CONTRAST);
    let half = middle * (1.0 - MIDDLE) / MIDDLE;
    let curve = |x: f32| {
        let x = x.powf(CONTRAST);
        x / (x + half)
    };
    (curve(light) / curve(WHITE)).clamp(0.0, 1.0)
}

/// Middle grey, steepness there, and light that is shown as white.
const MIDDLE: f32 = 0.18;
const CONTRAST: f32 = 1.28;
const WHITE: f32 = 4.0;

/// The curve and sRGB at once, from the table.
fn tone(table: &[f32], light: f32) -> f32 {
    if light <= LOWEST || light.is_nan() {
        return table[0] * (light / LOWEST).max(0.0);
    }
    let place = (light.to_bits() - LOWEST.to_bits()) as f32 / (1u32 << (23 - FINE_BITS)) as f32;
    let entry = (place as usize).min(table.len() - 2);
    table[entry] + (table[entry + 1] - table[entry]) * (place - entry as f32).min(1.0)
}
