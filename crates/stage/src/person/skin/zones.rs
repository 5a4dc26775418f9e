//! Where blood, fat and shade colour the skin.

use glam::Vec3;

use super::chart::Sample;
use super::paint::{Brush, Spot};
use crate::person::chance::{mix, smooth};
use crate::person::complexion::Colour;
use crate::person::noise;

/// A bell in space around a place, with a radius along each axis.
pub(super) fn blob(at: Vec3, centre: [f32; 3], radii: [f32; 3]) -> f32 {
    let off = (at - Vec3::from(centre)) / Vec3::from(radii);
    let square = off.length_squared();
    if square > 9.0 { 0.0 } else { (-square).exp() }
}

/// Multiplies a colour.
pub(super) fn tint(colour: &mut Colour, by: Colour, amount: f32) {
    for (c, by) in colour.iter_mut().zip(by) {
        *c *= 1.0 + (by - 1.0) * amount;
    }
}

/// How light takes on more red: blood under the skin.
const BLOOD: Colour = [1.045, 0.83, 0.85];

/// Skin anywhere on the body.
pub(super) fn body(brush: &Brush, sample: &Sample) -> Colour {
    let (complexion, at) = (brush.complexion, sample.at);
    let wide = noise(at * 2.5, brush.seed) - 0.5;
    let middle = noise(at * 8.0, brush.seed ^ 2) - 0.5;
    let fine = noise(at * 26.0, brush.seed ^ 3) - 0.5;
    let pores = noise(at * 62.0, brush.seed ^ 5) - 0.5;
    let uneven = (0.5 * wide + 0.32 * middle + 0.18 * fine) * (0.4 + complexion.mottling);
    let mut colour = complexion.skin;
    let depth = [0.10, 0.17, 0.19];
    for (c, depth) in colour.iter_mut().zip(depth) {
        *c *= 1.0 + uneven * depth * 1.6 + pores * 0.05;
    }
    if sample.palm > 0.0 {
        // Palms hold little melanin.
        let fair = [0.80, 0.58, 0.50];
        tint(&mut colour, [1.03, 0.95, 0.95], sample.palm);
        colour = mix(colour, fair, sample.palm * (0.10 + 0.42 * complexion.melanin));
    }
    let knuckle = sample.knuckle * (0.35 + 0.3 * complexion.redness);
    tint(&mut colour, BLOOD, knuckle * (1.0 - 0.6 * complexion.melanin));
    tint(&mut colour, [0.86, 0.83, 0.82], knuckle * complexion.melanin * 1.2);
    colour
}

/// Zones of the head.
pub(super) fn head(brush: &Brush, spot: &Spot, colour: &mut Colour) {
    let (complexion, at) = (brush.complexion, spot.folded);
    let shows = 1.0 - 0.55 * complexion.melanin;
    let forehead = smooth(at.y, 7.5, 7.8) * smooth(at.z, 0.5, 1.1);
    tint(colour, [1.015, 1.0, 0.955], forehead);
    let cheek = blob(at, [0.50, 6.93, 1.25], [0.27, 0.24, 0.40]);
    let nose = blob(at, [0.0, 6.93, 1.68], [0.19, 0.17, 0.25]);
    let chin = blob(at, [0.0, 6.32, 1.48], [0.16, 0.12, 0.2]);
    let wing = blob(at, [0.19, 6.90, 1.48], [0.06, 0.09, 0.1]);
    let patches = 0.6 + 0.8 * noise(at * 5.0, brush.seed ^ 31);
    let red = (0.75 * cheek * patches + 0.75 * nose + 0.3 * chin + 0.35 * wing).min(1.2) + 0.55 * spot.ears;
    tint(colour, BLOOD, red * (0.35 + 0.9 * complexion.redness) * shows);
    // Sockets: thin skin, blue and brown.
    let below = blob(at, [0.29, 7.165, 1.42], [0.17, 0.055, 0.2])
        + 0.5 * blob(at, [0.15, 7.22, 1.42], [0.05, 0.09, 0.15]);
    tint(colour, [0.84, 0.80, 0.86], below * complexion.tiredness);
    let above = blob(at, [0.31, 7.385, 1.40], [0.18, 0.055, 0.2]);
    tint(colour, [0.90, 0.84, 0.84], above.max(0.6 * spot.lids));
    // Rims of the lids are redder.
    let rim = blob(at, [0.31, 7.285, 1.38], [0.20, 0.075, 0.12]);
    tint(colour, [0.97, 0.84, 0.84], 0.7 * rim);
    // The roots of the upper lashes.
    let lashes = blob(at, [0.31, 7.335, 1.40], [0.17, 0.018, 0.1]);
    tint(colour, [0.55, 0.50, 0.50], 0.55 * lashes);
    // Nostrils and the folds of the ears see little light.
    let nostril = blob(at, [0.085, 6.845, 1.53], [0.055, 0.03, 0.07]);
    tint(colour, [0.45, 0.36, 0.36], nostril);
    // Light hardly comes under the chin; the neck is paler than the face.
    let neck = (1.0 - smooth(at.y, 5.9, 6.25)) * smooth(at.z, 0.2, 0.6);
    tint(colour, [0.99, 1.0, 1.0], neck);
}

/// Lips without make-up.
pub(super) fn lips(brush: &Brush, spot: &Spot, colour: &mut Colour) {
    if spot.lips <= 0.0 {
        return;
    }
    let lines = noise(Vec3::new(spot.at.x * 42.0, spot.at.y * 7.0, 0.0), brush.seed ^ 41);
    let patches = noise(spot.at * 9.0, brush.seed ^ 43);
    let shade = 0.90 + 0.12 * lines + 0.10 * (patches - 0.5);
    let lips = brush.complexion.lips.map(|c| c * shade);
    // The line where they meet.
    *colour = mix(*colour, lips, 0.85 * smooth(spot.lips, 0.1, 0.75));
}

/// A finger nail.
pub(super) fn nail(brush: &Brush, amount: f32, colour: &mut Colour) {
    if amount <= 0.0 {
        return;
    }
    let bed = mix([0.88, 0.66, 0.60], brush.complexion.skin, 0.55);
    *colour = mix(*colour, bed.map(|c| (c * 1.05).min(0.95)), 0.7 * amount);
}
