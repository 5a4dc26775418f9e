//! Make-up.

use super::paint::{Brush, Spot};
use super::zones::{blob, tint};
use crate::person::chance::{mix, smooth};
use crate::person::complexion::Colour;

/// Rouge on the cheeks.
pub(super) fn face(brush: &Brush, spot: &Spot, colour: &mut Colour) {
    let rouge = brush.complexion.makeup.rouge;
    if rouge > 0.0 {
        let cheek = blob(spot.folded, [0.56, 6.98, 1.2], [0.22, 0.15, 0.35]);
        tint(colour, [1.02, 0.78, 0.80], rouge * cheek);
    }
}

/// Lipstick.
pub(super) fn lips(brush: &Brush, spot: &Spot, colour: &mut Colour) {
    let (lipstick, cover) = brush.complexion.makeup.lips;
    if cover > 0.0 && spot.lips > 0.0 {
        let dark = 1.0 - 0.35 * brush.complexion.melanin;
        *colour = mix(*colour, lipstick.map(|c| c * dark), cover * smooth(spot.lips, 0.15, 0.7));
    }
}

/// Eye shadow and liner.
pub(super) fn eyes(brush: &Brush, spot: &Spot, colour: &mut Colour) {
    let makeup = &brush.complexion.makeup;
    let (shadow, cover) = makeup.shadow;
    if cover > 0.0 {
        let lid = blob(spot.folded, [0.33, 7.37, 1.40], [0.20, 0.065, 0.2]);
        *colour = mix(*colour, shadow.map(|c| c * (1.0 - 0.4 * brush.complexion.melanin)), cover * lid);
    }
    if makeup.liner > 0.0 {
        let off = (spot.folded.truncate() - glam::Vec2::new(0.315, 7.285)) / glam::Vec2::new(0.175, 0.062);
        let rim = 1.0 - smooth((off.length() - 1.0).abs(), 0.05, 0.28);
        tint(colour, [0.30, 0.26, 0.26], makeup.liner * rim * smooth(spot.at.z, 1.25, 1.32));
    }
}
