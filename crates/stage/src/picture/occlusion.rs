//! For every pixel of a figure: where it is, which way it faces, how open its surroundings are, how much key light arrives.
//! Both are looked up in a few turned directions and then smoothed over 4 × 4 pixels, so that no pattern remains.

use glam::{Vec2, Vec3A, Vec4};

use super::camera::Lens;
use super::cast::Cast;
use super::hit::Hit;
use super::shadow::ShadowMap;
use super::visibility::{NOTHING, SAMPLE_X, SAMPLE_Y, SAMPLES, Visibility};

/// How far surroundings count, in decimetres.
const RADIUS: f32 = 0.9;
/// Most pixels that this may be.
const MOST_PIXELS: f32 = 60.0;
/// Places looked at around each pixel.
const TAPS: usize = 11;
/// Turns of the spiral over all taps.
const TURNS: f32 = 3.0;
/// Sines of the horizon below which a neighbour does not count: hides the flatness of triangles.
const BIAS: f32 = 0.13;
/// How quickly neighbours cease to count with their distance, per square decimetre.
const FALLOFF: f32 = 3.0;
/// Strength.
const STRENGTH: f32 = 2.1;
/// Openness that is always left.
const LEAST: f32 = 0.12;
/// Cosine to the key light below which nothing of it can arrive, even wrapped.
const LEE: f32 = -0.4;
/// Width from which on every other pixel is enough.
const DENSE: usize = 400;
/// Neighbours further apart in depth than this, in decimetres, are not smoothed together.
const SAME_SURFACE: f32 = 0.25;

/// One pixel of a figure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    position: Vec3A,
    normal: Vec3A,
    /// Infinity where no figure is.
    pub depth: f32,
    /// Screen motion over the shutter's time, in pixels.
    pub motion: Vec2,
}

const UNSEEN: Seen =
    Seen { position: Vec3A::ZERO, normal: Vec3A::ZERO, depth: f32::INFINITY, motion: Vec2::ZERO };

/// Openness (0–1) and share of key light (0–1).
pub(crate) type Openness = [f32; 2];

/// Pixels of the figures.
#[derive(Debug)]
pub(crate) struct Occlusion {
    size: usize,
    pub seen: Vec<Seen>,
    /// Places of `seen` again, packed for the many looks at neighbours; not-a-number where no figure is.
    places: Vec<Vec3A>,
    raw: Vec<Openness>,
    smooth: Vec<Openness>,
}

impl Occlusion {
    pub fn new(size: usize) -> Self {
        let count = size * size;
        let places = vec![Vec3A::NAN; count];
        Self {
            size,
            seen: vec![UNSEEN; count],
            places,
            raw: vec![[1.0; 2]; count],
            smooth: vec![[1.0; 2]; count],
        }
    }

    /// Finds the pixels' places, normals and motions.
    pub fn find(&mut self, cast: &Cast<'_>, visibility: &Visibility) {
        for (pixel, ids) in visibility.ids.iter().enumerate() {
            self.seen[pixel] = UNSEEN;
            self.places[pixel] = Vec3A::NAN;
            let Some(sample) = (0..SAMPLES).find(|&sample| ids[sample] != NOTHING) else { continue };
            let at = sample_place(pixel, sample, self.size);
            let Some(hit) = Hit::new(cast, ids[sample], at) else { continue };
            let motion = motion(cast, &hit);
            self.seen[pixel] = Seen { position: hit.position, normal: hit.normal, depth: hit.depth, motion };
            self.places[pixel] = hit.position;
        }
    }

    /// Looks up openness and shadow.
    pub fn look(&mut self, lens: &Lens, shadow: &ShadowMap) {
        let turns: [Vec2; 16] = std::array::from_fn(|i| {
            // A dither matrix's order, so that neighbours look in very different directions.
            const ORDER: [u8; 16] = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5];
            let (sin, cos) = (f32::from(ORDER[i]) / 16.0 * std::f32::consts::TAU).sin_cos();
            Vec2::new(cos, sin)
        });
        let taps: [Vec2; TAPS] = std::array::from_fn(|i| {
            let share = (i as f32 + 0.7) / TAPS as f32;
            let (sin, cos) = (share * TURNS * std::f32::consts::TAU).sin_cos();
            Vec2::new(cos, sin) * share * share.sqrt()
        });
        let size = self.size as i32;
        for y in 0..self.size {
            for x in 0..self.size {
                let pixel = y * self.size + x;
                let here = self.seen[pixel];
                if here.depth == f32::INFINITY || self.skips(x, y) {
                    continue;
                }
                let turn = turns[(y % 4) * 4 + x % 4];
                let radius = (RADIUS * lens.focal / here.depth).min(MOST_PIXELS);
                let mut closed = 0.0;
                for tap in taps {
                    let offset =
                        Vec2::new(tap.x * turn.x - tap.y * turn.y, tap.x * turn.y + tap.y * turn.x) * radius;
                    let (tx, ty) = ((x as f32 + offset.x + 0.5) as i32, (y as f32 + offset.y + 0.5) as i32);
                    if tx < 0 || ty < 0 || tx >= size || ty >= size {
                        continue;
                    }
                    let way = self.places[(ty * size + tx) as usize] - here.position;
                    let square = way.length_squared();
                    // Not so where no figure is.
                    if square > 1e-6 {
                        let height = way.dot(here.normal) / square.sqrt();
                        closed += (height - BIAS).max(0.0) / (1.0 + square * FALLOFF);
                    }
                }
                let open = (1.0 - STRENGTH * closed / TAPS as f32).max(LEAST);
                let facing = here.normal.dot(shadow.light());
                let lit = if facing > LEE { shadow.light_at(here.position, here.normal, turn) } else { 0.0 };
                self.raw[pixel] = [open, lit];
            }
        }
        self.smooth_out();
    }

    /// In large pictures every other pixel is looked up, like the black squares of a chess board.
    fn skips(&self, x: usize, y: usize) -> bool {
        self.size >= DENSE && (x + y) % 2 == 1
    }

    /// Mean over 4 × 4 pixels of the same surface.
    fn smooth_out(&mut self) {
        let size = self.size;
        for y in 0..size {
            for x in 0..size {
                let pixel = y * size + x;
                let here = self.seen[pixel];
                if here.depth == f32::INFINITY {
                    continue;
                }
                let mut sum = [0.0f32; 3];
                for ty in (y.max(2) - 2)..=(y + 1).min(size - 1) {
                    for tx in (x.max(2) - 2)..=(x + 1).min(size - 1) {
                        if self.skips(tx, ty) {
                            continue;
                        }
                        let there = ty * size + tx;
                        let other = &self.seen[there];
                        let near = 1.0 - (other.depth - here.depth).abs() / SAME_SURFACE;
                        let alike = other.normal.dot(here.normal);
                        if near > 0.0 && alike > 0.0 {
                            let weight = near * alike;
                            sum[0] += self.raw[there][0] * weight;
                            sum[1] += self.raw[there][1] * weight;
                            sum[2] += weight;
                        }
                    }
                }
                // Alone among skipped pixels: open and lit as most places are.
                self.smooth[pixel] = if sum[2] > 0.0 { [sum[0] / sum[2], sum[1] / sum[2]] } else { [1.0; 2] };
            }
        }
    }

    /// What holds for a surface seen in a pixel at some depth: of the pixel and its neighbours, the one nearest in depth.
    pub fn at(&self, pixel: usize, depth: f32) -> Openness {
        let apart = |pixel: usize| (self.seen[pixel].depth - depth).abs();
        let mut best = pixel;
        if apart(pixel) > SAME_SURFACE {
            let (x, y) = (pixel % self.size, pixel / self.size);
            for ty in y.saturating_sub(1)..=(y + 1).min(self.size - 1) {
                for tx in x.saturating_sub(1)..=(x + 1).min(self.size - 1) {
                    if apart(ty * self.size + tx) < apart(best) {
                        best = ty * self.size + tx;
                    }
                }
            }
        }
        self.smooth[best]
    }
}

/// Where a sample lies in the picture.
pub(crate) fn sample_place(pixel: usize, sample: usize, size: usize) -> Vec2 {
    Vec2::new((pixel % size) as f32 + SAMPLE_X[sample], (pixel / size) as f32 + SAMPLE_Y[sample])
}

/// How far a seen place moves in the picture while the shutter is open.
fn motion(cast: &Cast<'_>, hit: &Hit<'_>) -> Vec2 {
    let Some([open, close]) = cast.actors[hit.actor].shutter else { return Vec2::ZERO };
    let at = |points: &[glam::Vec3]| {
        let mut sum = Vec4::ZERO;
        for (point, share) in hit.triangle.points.into_iter().zip(hit.shares) {
            sum += points.get(point as usize)?.extend(1.0) * share;
        }
        let seen = cast.lens.see(sum.truncate());
        (seen.z > super::camera::NEAR).then(|| Vec2::new(seen.x, seen.y) / seen.z)
    };
    match (at(open), at(close)) {
        (Some(open), Some(close)) if (close - open).is_finite() => close - open,
        _ => Vec2::ZERO,
    }
}
