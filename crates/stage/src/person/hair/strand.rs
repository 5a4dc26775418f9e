//! What hair looks like close up: strands of many tones, and their alpha, which decides where a sheet is cut away.

use glam::Vec3;

use super::super::garment::{byte, smooth};
use super::super::{Traits, noise};
use super::HairStyle;
use crate::surface::Texture;

/// Texels of a side.
const SIZE: usize = 512;
/// Length that a side stands for across the strands, in decimetres.
pub(super) const ACROSS: f32 = 4.0;
/// Length along the strands.
pub(super) const ALONG: f32 = 5.0;
/// Colour of grey strands, sRGB.
const GREY: [f32; 3] = [0.66, 0.65, 0.63];

/// Periodic noise over the tile: `x` and `y` in 0–1, with whole numbers of cells.
fn tiled(x: f32, y: f32, cells: (f32, f32), seed: u32) -> f32 {
    // Two copies, a tile apart, cross-faded over the last fifth: the edges meet.
    let fade = |t: f32| smooth(t, 0.8, 1.0);
    let value = |x: f32, y: f32| noise(Vec3::new(x * cells.0, y * cells.1, 0.5), seed);
    let row = |y: f32| value(x, y) * (1.0 - fade(x)) + value(x - 1.0, y) * fade(x);
    row(y) * (1.0 - fade(y)) + row(y - 1.0) * fade(y)
}

/// Strands that run along v.
pub(super) fn straight(style: &HairStyle, traits: &Traits, seed: u32) -> Texture {
    paint(style, traits, seed, |x, y| {
        let bend = 0.02 * tiled(x, y, (4.0, 3.0), seed ^ 5);
        let lock = tiled(x + bend, y, (16.0, 1.6), seed ^ 1);
        let strand = tiled(x + bend, y, (72.0, 2.5), seed ^ 2);
        let fine = tiled(x, y, (210.0, 5.0), seed ^ 3);
        0.30 * lock + 0.36 * strand + 0.34 * fine
    })
}

/// Curls: small rings and clumps with no direction.
pub(super) fn curly(style: &HairStyle, traits: &Traits, seed: u32) -> Texture {
    paint(style, traits, seed, |x, y| {
        let warp = tiled(x, y, (22.0, 26.0), seed ^ 5) - 0.5;
        let clump = tiled(x, y, (30.0, 36.0), seed ^ 1);
        let ring = 1.0 - (2.0 * tiled(x + 0.02 * warp, y, (62.0, 78.0), seed ^ 2) - 1.0).abs();
        let fine = tiled(x, y, (150.0, 190.0), seed ^ 3);
        0.36 * clump + 0.4 * ring + 0.24 * fine
    })
}

fn paint(style: &HairStyle, traits: &Traits, seed: u32, strand: impl Fn(f32, f32) -> f32) -> Texture {
    let mut values = Vec::with_capacity(SIZE * SIZE);
    for y in 0..SIZE {
        for x in 0..SIZE {
            values.push(strand((x as f32 + 0.5) / SIZE as f32, (y as f32 + 0.5) / SIZE as f32));
        }
    }
    // Ranks instead of values: the share of texels above an alpha is then known.
    let mut sorted = values.clone();
    sorted.sort_by(f32::total_cmp);
    let last = (sorted.len() - 1) as f32;
    let texels = values
        .iter()
        .enumerate()
        .map(|(k, value)| {
            let rank = sorted.partition_point(|other| other < value) as f32 / last;
            let (x, y) = ((k % SIZE) as f32 / SIZE as f32, (k / SIZE) as f32 / SIZE as f32);
            let hue = tiled(x, y, (9.0, 2.0), seed ^ 8) - 0.5;
            let tone = 0.58 + 0.72 * rank + 0.28 * hue;
            let white =
                smooth(tiled(x, y, (95.0, 2.0), seed ^ 9), 1.0 - style.grey - 0.12, 1.0 - style.grey + 0.05);
            let white = if style.grey > 0.01 { white } else { 0.0 };
            let colour: [f32; 3] = std::array::from_fn(|c| {
                let own = traits.hair_colour[c];
                // Light strands are warmer.
                let warm = [1.06, 1.0, 0.92][c];
                let own = own * tone * (1.0 + (warm - 1.0) * 2.0 * (rank - 0.3));
                own + (GREY[c] * (0.75 + 0.3 * rank) - own) * white
            });
            let [r, g, b] = colour.map(byte);
            [r, g, b, byte(0.02 + 0.97 * rank)]
        })
        .collect();
    Texture { width: SIZE, height: SIZE, texels }
}
