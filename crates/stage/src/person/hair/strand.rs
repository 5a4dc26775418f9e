//! What hair looks like close up: strands of many tones, and their alpha, which decides where a sheet is cut away.

use glam::Vec3;

use super::super::garment::{byte, smooth};
use super::super::{Traits, noise};
use super::{Cut, HairStyle};
use crate::surface::Texture;

/// Texels across the strands.
const SIZE: usize = 512;
/// Texels along the strands, where less changes.
const TALL: usize = 256;
/// Length that a side stands for across the strands, in decimetres.
pub(super) const ACROSS: f32 = 4.0;
/// Length along the strands.
pub(super) const ALONG: f32 = 5.0;
/// Colour of grey strands, sRGB.
const GREY: [f32; 3] = [0.66, 0.65, 0.63];
/// Share of greying that all strands take alike.
const PALE: f32 = 0.45;

/// Periodic noise over the tile: `x` and `y` in 0–1, with whole numbers of cells.
fn tiled(x: f32, y: f32, cells: (f32, f32), seed: u32) -> f32 {
    // Two copies, a tile apart, cross-faded over the last fifth: the edges meet.
    let fade = |t: f32| smooth(t, 0.8, 1.0);
    let value = |x: f32, y: f32| noise(Vec3::new(x * cells.0, y * cells.1, 0.5), seed);
    let mix = |share: f32, near: &dyn Fn() -> f32, far: &dyn Fn() -> f32| match share {
        0.0 => near(),
        _ => near() * (1.0 - share) + far() * share,
    };
    let row = |y: f32| mix(fade(x), &|| value(x, y), &|| value(x - 1.0, y));
    mix(fade(y), &|| row(y), &|| row(y - 1.0))
}

/// The texture of a style.
pub(super) fn texture(style: &HairStyle, traits: &Traits, seed: u32) -> Texture {
    match style.cut {
        Cut::Curly | Cut::Afro | Cut::Buzz => curly(style, traits, seed),
        _ => straight(style, traits, seed),
    }
}

/// Strands that run along v.
fn straight(style: &HairStyle, traits: &Traits, seed: u32) -> Texture {
    paint(style, traits, seed, |x, y| {
        let bend = 0.02 * tiled(x, y, (4.0, 3.0), seed ^ 5);
        let lock = tiled(x + bend, y, (16.0, 1.6), seed ^ 1);
        let strand = tiled(x + bend, y, (110.0, 2.5), seed ^ 2);
        let fine = tiled(x, y, (250.0, 5.0), seed ^ 3);
        [0.45 * lock + 0.35 * strand + 0.2 * fine, 0.10 * lock + 0.26 * strand + 0.64 * fine]
    })
}

/// Curls: small rings and clumps with no direction.
fn curly(style: &HairStyle, traits: &Traits, seed: u32) -> Texture {
    paint(style, traits, seed, |x, y| {
        let warp = tiled(x, y, (22.0, 26.0), seed ^ 5) - 0.5;
        let clump = tiled(x, y, (30.0, 36.0), seed ^ 1);
        let ring = 1.0 - (2.0 * tiled(x + 0.02 * warp, y, (62.0, 78.0), seed ^ 2) - 1.0).abs();
        let fine = tiled(x, y, (150.0, 190.0), seed ^ 3);
        [0.4 * clump + 0.4 * ring + 0.2 * fine, 0.6 * clump + 0.28 * ring + 0.12 * fine]
    })
}

fn paint(style: &HairStyle, traits: &Traits, seed: u32, strand: impl Fn(f32, f32) -> [f32; 2]) -> Texture {
    let mut values = Vec::with_capacity(SIZE * TALL);
    for y in 0..TALL {
        for x in 0..SIZE {
            values.push(strand((x as f32 + 0.5) / SIZE as f32, (y as f32 + 0.5) / TALL as f32));
        }
    }
    let (tones, alphas) = (ranks(values.iter().map(|v| v[0])), ranks(values.iter().map(|v| v[1])));
    let texels = tones
        .iter()
        .zip(&alphas)
        .enumerate()
        .map(|(k, (&rank, &alpha))| {
            let (x, y) = ((k % SIZE) as f32 / SIZE as f32, (k / SIZE) as f32 / TALL as f32);
            let hue = tiled(x, y, (9.0, 2.0), seed ^ 8) - 0.5;
            let tone = 0.62 + 0.42 * rank + 0.24 * alpha + 0.28 * hue;
            let white = if style.grey > 0.01 {
                // Fine strands turn grey one by one, and all of them pale.
                let edge = 1.0 - style.grey;
                let turned = smooth(tiled(x, y, (190.0, 3.0), seed ^ 9), edge - 0.25, edge + 0.2);
                PALE * style.grey + (1.0 - PALE) * turned
            } else {
                0.0
            };
            let colour: [f32; 3] = std::array::from_fn(|c| {
                // Light strands are warmer.
                let warm = 1.0 + ([1.06, 1.0, 0.92][c] - 1.0) * 2.0 * (rank - 0.3);
                let own = traits.hair_colour[c] * tone * warm + 0.012 * alpha;
                own + (GREY[c] * (0.75 + 0.3 * rank) - own) * white
            });
            let [r, g, b] = colour.map(byte);
            [r, g, b, byte(0.02 + 0.97 * alpha)]
        })
        .collect();
    Texture { width: SIZE, height: TALL, texels }
}

/// Ranks, 0–1, instead of values: the share of texels above an alpha is then known.
fn ranks(values: impl Iterator<Item = f32>) -> Vec<f32> {
    const BINS: usize = 4096;
    let bins: Vec<usize> =
        values.map(|v| ((v.clamp(0.0, 1.0) * BINS as f32) as usize).min(BINS - 1)).collect();
    let mut below = vec![0usize; BINS + 1];
    for &bin in &bins {
        below[bin + 1] += 1;
    }
    for k in 0..BINS {
        below[k + 1] += below[k];
    }
    let last = bins.len().max(2) as f32;
    bins.iter().map(|&bin| (below[bin] + below[bin + 1]) as f32 * 0.5 / last).collect()
}
