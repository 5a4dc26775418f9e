//! The look of cloth by itself: patterns, weave and knit.

use glam::Vec3;

use super::super::noise;
use super::atlas::byte;
use super::measure::smooth;
use super::outfit::{Fabric, Pattern};
use crate::surface::Texture;

/// Ribs of a ribbed edge per decimetre.
const RIBS: f32 = 13.0;
/// Stitch columns of a knit per decimetre.
const STITCHES: f32 = 12.0;
/// Softness of a pattern's edges, in decimetres: about a texel.
const EDGE: f32 = 0.016;
/// Texels per decimetre of the tile for bands.
const TILE_DENSITY: f32 = 64.0;

/// How cloth is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Make {
    /// Smooth knit, as of a T-shirt.
    Jersey,
    /// Coarse knit.
    Knit,
    /// Upright ribs.
    Rib,
    /// Woven, thin.
    Woven,
    /// Woven, thick.
    Twill,
}

/// The colour of a fabric at a place on it, both in decimetres.
pub(super) fn colour(fabric: &Fabric, across: f32, upwards: f32, seed: u32) -> [f32; 3] {
    let line = |x: f32, pitch: f32, share: f32| {
        let t = (x / pitch - (x / pitch).floor() - 0.5).abs() * pitch;
        1.0 - smooth(t, share * pitch * 0.5 - EDGE, share * pitch * 0.5 + EDGE)
    };
    let amount = match fabric.pattern {
        Pattern::Plain => 0.0,
        Pattern::Melange => {
            0.32 * smooth(noise(Vec3::new(across * 30.0, upwards * 12.0, 0.0), seed ^ 21), 0.45, 0.9)
        }
        Pattern::Stripes { pitch, share } => line(upwards, pitch, share),
        Pattern::Pinstripes { pitch } => 0.55 * line(across, pitch, (0.028 / pitch).min(0.35)),
        Pattern::Checks { pitch } => {
            0.42 * (line(across, pitch, 0.38) + line(upwards, pitch, 0.38))
                + 0.12 * line(across + 0.5 * pitch, pitch, 0.06)
        }
        Pattern::Print { pitch } => {
            let row = (upwards / pitch).floor();
            let shift = if row.rem_euclid(2.0) < 1.0 { 0.0 } else { 0.5 };
            let x = (across / pitch + shift).rem_euclid(1.0) - 0.5;
            let y = (upwards / pitch).rem_euclid(1.0) - 0.5;
            let petal = 0.25 + 0.06 * (5.0 * y.atan2(x)).cos();
            0.85 * (1.0 - smooth(x.hypot(y) * pitch, petal * pitch - EDGE, petal * pitch + EDGE))
        }
    };
    std::array::from_fn(|k| fabric.colour[k] + (fabric.second[k] - fabric.colour[k]) * amount)
}

/// The height of the make's own relief, in decimetres, around 0.
pub(super) fn height(make: Make, across: f32, upwards: f32, seed: u32) -> f32 {
    let turn = std::f32::consts::TAU;
    let grain = |fine: f32| noise(Vec3::new(across * fine, upwards * fine, 0.5), seed ^ 31) - 0.5;
    match make {
        Make::Jersey => 0.003 * grain(24.0),
        Make::Knit => {
            let column = (across * STITCHES * turn).sin();
            let slant = if column > 0.0 { upwards + across * 0.3 } else { upwards - across * 0.3 };
            0.007 * column.abs() + 0.004 * (slant * STITCHES * turn).sin()
        }
        Make::Rib => 0.007 * (across * RIBS * turn).sin(),
        Make::Woven => 0.002 * grain(28.0),
        Make::Twill => 0.005 * grain(24.0),
    }
}

/// Colour changed by the light that a relief swallows: valleys are darker.
pub(super) fn shade(colour: [f32; 3], height: f32, strength: f32) -> [f32; 3] {
    colour.map(|channel| channel * (1.0 + strength * height).clamp(0.55, 1.2))
}

/// A tile of fabric with its relief, for bands; and the length of its side in decimetres.
pub(super) fn tile(fabric: &Fabric, make: Make, seed: u32) -> (Texture, Texture, f32) {
    let pitch = match fabric.pattern {
        Pattern::Stripes { pitch, .. } | Pattern::Pinstripes { pitch } | Pattern::Checks { pitch } => pitch,
        Pattern::Print { pitch } => 2.0 * pitch,
        Pattern::Plain | Pattern::Melange => 1.0,
    };
    let mut side = pitch * (2.0 / pitch).round().max(1.0);
    if make == Make::Rib {
        side = (side * RIBS).round().max(1.0) / RIBS;
    }
    let count = ((side * TILE_DENSITY) as usize).clamp(16, 512);
    let mut colours = Vec::with_capacity(count * count);
    let mut heights = Vec::with_capacity(count * count);
    for y in 0..count {
        for x in 0..count {
            let across = (x as f32 + 0.5) / count as f32 * side;
            let upwards = (1.0 - (y as f32 + 0.5) / count as f32) * side;
            let rise = height(make, across, upwards, seed);
            let [r, g, b] = shade(colour(fabric, across, upwards, seed), rise, 12.0).map(byte);
            colours.push([r, g, b, 255]);
            let level = byte(0.5 + rise / TILE_DEPTH);
            heights.push([level, level, level, 255]);
        }
    }
    let texture = |texels| Texture { width: count, height: count, texels };
    (texture(colours), texture(heights), side)
}

/// Full range of a tile's relief, in decimetres.
pub(super) const TILE_DEPTH: f32 = 0.05;
