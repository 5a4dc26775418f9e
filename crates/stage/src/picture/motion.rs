//! Motion blur: light gathered along the fastest motion nearby (McGuire et al., "A reconstruction filter for plausible motion
//! blur", 2012), so that moving hands also blur over what is still behind them.

use glam::{Vec2, Vec4};

use super::occlusion::Seen;

/// Width of the tiles in which the fastest motion is sought, and with it the longest blur, in pixels.
const TILE: usize = 16;
/// Motions shorter than this, in pixels, are not blurred.
const LEAST: f32 = 0.6;
/// Samples along the motion.
const TAPS: usize = 11;
/// Depths closer than this, in decimetres, count as the same surface.
const SAME_DEPTH: f32 = 0.6;

/// Buffers of the blur.
#[derive(Debug)]
pub(crate) struct MotionBlur {
    size: usize,
    tiles: usize,
    fastest: Vec<Vec2>,
    source: Vec<Vec4>,
}

impl MotionBlur {
    pub fn new(size: usize) -> Self {
        let tiles = size.div_ceil(TILE);
        Self { size, tiles, fastest: vec![Vec2::ZERO; tiles * tiles], source: Vec::new() }
    }

    /// Blurs light and coverage in place.
    pub fn blur(&mut self, light: &mut [Vec4], seen: &[Seen]) {
        if !self.find_fastest(seen) {
            return;
        }
        self.source.clear();
        self.source.extend_from_slice(light);
        for y in 0..self.size {
            for x in 0..self.size {
                let way = self.fastest_about(x / TILE, y / TILE);
                if way.length_squared() >= LEAST * LEAST {
                    light[y * self.size + x] = self.gather(seen, x, y, way);
                }
            }
        }
    }

    fn find_fastest(&mut self, seen: &[Seen]) -> bool {
        self.fastest.fill(Vec2::ZERO);
        let mut any = false;
        for (pixel, seen) in seen.iter().enumerate() {
            let motion = seen.motion.clamp_length_max(TILE as f32);
            let tile = &mut self.fastest[pixel / self.size / TILE * self.tiles + pixel % self.size / TILE];
            if motion.length_squared() > tile.length_squared() {
                *tile = motion;
                any |= motion.length_squared() >= LEAST * LEAST;
            }
        }
        any
    }

    fn fastest_about(&self, x: usize, y: usize) -> Vec2 {
        let mut best = Vec2::ZERO;
        for ty in y.saturating_sub(1)..=(y + 1).min(self.tiles - 1) {
            for tx in x.saturating_sub(1)..=(x + 1).min(self.tiles - 1) {
                let motion = self.fastest[ty * self.tiles + tx];
                if motion.length_squared() > best.length_squared() {
                    best = motion;
                }
            }
        }
        best
    }

    fn gather(&self, seen: &[Seen], x: usize, y: usize, way: Vec2) -> Vec4 {
        let pixel = y * self.size + x;
        let here = &seen[pixel];
        let own = here.motion.length();
        let mut weight = 1.0 / own.max(1.0);
        let mut sum = self.source[pixel] * weight;
        let most = self.size as f32 - 1.0;
        for tap in 0..TAPS {
            if tap == TAPS / 2 {
                continue;
            }
            let offset = way * (tap as f32 / (TAPS - 1) as f32 - 0.5);
            let at = Vec2::new(x as f32, y as f32) + offset + 0.5;
            let at = at.clamp(Vec2::ZERO, Vec2::splat(most));
            let place = at.y as usize * self.size + at.x as usize;
            let there = &seen[place];
            let away = offset.length();
            let speed = there.motion.length();
            // Half of the motion lies to each side.
            let cone = |speed: f32| (1.0 - 2.0 * away / speed.max(1e-3)).clamp(0.0, 1.0);
            let front = nearer(there.depth, here.depth) * cone(speed);
            let behind = nearer(here.depth, there.depth) * cone(own);
            let both = if 2.0 * away <= speed.min(own) { 1.0 } else { 0.0 };
            let share = front + behind + both;
            sum += self.source[place] * share;
            weight += share;
        }
        sum / weight
    }
}

/// How sure it is that depth `a` is not behind `b`, 0–1.
fn nearer(a: f32, b: f32) -> f32 {
    if a == b { 1.0 } else { (1.0 - (a - b) / SAME_DEPTH).clamp(0.0, 1.0) }
}
