//! Paints the skin's texture, texel by texel.

use glam::Vec3;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::chart::chart;
use super::masks::Mask;
use super::{age, beard, brows::Brows, makeup, marks::Marks, zones};
use crate::Result;
use crate::figure::Anatomy;
use crate::person::complexion::{Colour, Complexion};
use crate::surface::Texture;

/// Texels on a side.
const SIDE: usize = 1024;
/// Below this height in the neutral body nothing of the face is painted, in decimetres.
const NECK: f32 = 5.6;
/// In front of this depth, above the neck, is the face.
const FACE: f32 = 0.55;

/// What a texel of the head is painted with.
pub(super) struct Brush<'a> {
    /// The person's colours.
    pub complexion: &'a Complexion,
    /// For noise.
    pub seed: u32,
}

/// A texel of the head: where it is, and what the masks say.
pub(super) struct Spot {
    /// Place on the neutral body.
    pub at: Vec3,
    /// Place with x taken positive: faces are painted alike on both sides.
    pub folded: Vec3,
    /// 1 on the lips.
    pub lips: f32,
    /// 1 on the ears.
    pub ears: f32,
    /// 1 on the lids.
    pub lids: f32,
}

/// The skin's colour texture.
///
/// # Errors
/// When a mask is missing or damaged.
pub(super) fn paint(anatomy: &Anatomy, complexion: &Complexion, seed: u64) -> Result<Texture> {
    let samples = chart(anatomy, SIDE);
    let read = |name| Mask::read(anatomy, name, SIDE);
    let (lips, nails) = (read("lips")?, read("fingernails")?);
    let (ears, lids) = (read("ears")?, read("eyelids")?);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(PAINT_STREAM);
    let (brows, marks) = (Brows::new(&mut rng, complexion), Marks::new(&mut rng, anatomy, complexion));
    let brush = Brush { complexion, seed: seed as u32 ^ (seed >> 32) as u32 };
    let texels = samples
        .iter()
        .enumerate()
        .map(|(texel, sample)| {
            if sample.is_empty() {
                return bytes(complexion.skin);
            }
            let mut colour = zones::body(&brush, sample);
            if sample.at.y > NECK {
                let spot = Spot {
                    at: sample.at,
                    folded: Vec3::new(sample.at.x.abs(), sample.at.y, sample.at.z),
                    lips: lips.at(texel),
                    ears: ears.at(texel),
                    lids: lids.at(texel),
                };
                head(&brush, &spot, &brows, &marks, &mut colour);
            } else {
                zones::nail(&brush, nails.at(texel), &mut colour);
            }
            bytes(colour)
        })
        .collect();
    Ok(Texture { width: SIDE, height: SIDE, texels })
}

/// Stream of the draws that place strands and spots.
const PAINT_STREAM: u64 = 20;

fn head(brush: &Brush, spot: &Spot, brows: &Brows, marks: &Marks, colour: &mut Colour) {
    zones::head(brush, spot, colour);
    if spot.at.z > FACE {
        marks.paint(spot, colour);
        age::paint(brush, spot, colour);
        makeup::face(brush, spot, colour);
    }
    zones::lips(brush, spot, colour);
    if spot.at.z > FACE {
        makeup::lips(brush, spot, colour);
        makeup::eyes(brush, spot, colour);
    }
    beard::paint(brush, spot, colour);
    brows.paint(spot, colour);
}

fn bytes(colour: Colour) -> [u8; 4] {
    let [r, g, b] = colour.map(|c| (c.clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
    [r, g, b, 255]
}
