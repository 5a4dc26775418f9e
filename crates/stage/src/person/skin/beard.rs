//! Beard, moustache and stubble.

use glam::Vec3;

use super::paint::{Brush, Spot};
use super::zones::{blob, tint};
use crate::person::chance::{mix, smooth};
use crate::person::complexion::Colour;
use crate::person::noise;

/// How densely a beard covers a place, before the person's own amounts: cheeks and jaw, chin, upper lip.
fn regions(at: Vec3) -> [f32; 3] {
    // The upper edge of the beard: low beside the mouth, rising towards the ear.
    let edge = 6.70 + 0.55 * smooth(at.x, 0.35, 0.85) - 0.04 * smooth(at.x, 0.15, 0.4);
    let below = 1.0 - smooth(at.y, edge - 0.10, edge + 0.06);
    let throat = smooth(at.y, 6.03 + 0.05 * smooth(at.z, 0.6, 1.2), 6.24);
    let front = smooth(at.z, 0.32, 0.55);
    let jaw = below * throat * front;
    let chin = blob(at, [0.0, 6.34, 1.45], [0.27, 0.22, 0.5]).powf(0.5);
    // The moustache is highest under the nose and comes down to the corners of the mouth.
    let top = 6.875 - 0.17 * smooth(at.x, 0.10, 0.40);
    let lip = smooth(at.y, 6.66, 6.70)
        * (1.0 - smooth(at.y, top - 0.05, top + 0.02))
        * (1.0 - smooth(at.x, 0.30, 0.46))
        * smooth(at.z, 1.2, 1.35);
    let corner = (1.4 * blob(at, [0.345, 6.58, 1.38], [0.09, 0.19, 0.25])).min(1.0);
    // Hair thins under the lower lip, but for its middle.
    let bare = blob(at, [0.16, 6.46, 1.5], [0.085, 0.045, 0.25]);
    [
        jaw * (1.0 - 0.75 * bare),
        (chin * throat * below).min(1.0).max(0.85 * corner * below),
        lip.max(0.6 * corner),
    ]
}

/// Paints the beard of somebody who has one.
pub(super) fn paint(brush: &Brush, spot: &Spot, colour: &mut Colour) {
    let beard = &brush.complexion.beard;
    if beard.cheeks.max(beard.chin).max(beard.moustache) <= 0.0 {
        return;
    }
    let at = spot.folded;
    let [jaw, chin, lip] = regions(at);
    let growth = (jaw * beard.cheeks).max(chin * beard.chin).max(lip * beard.moustache)
        * (1.0 - spot.lips)
        * (1.0 - smooth(spot.ears, 0.1, 0.4));
    if growth <= 0.01 {
        return;
    }
    let strand = noise(Vec3::new(spot.at.x * 36.0, spot.at.y * 11.0, spot.at.z * 36.0), brush.seed ^ 63);
    // Edges are ragged: single hairs stand beyond them.
    let ragged = smooth(growth + 0.5 * (strand - 0.5), 0.12, 0.75);
    let growth = growth + (growth * ragged - growth) * beard.length.max(0.5);
    // Roots show blue through the skin.
    tint(colour, [0.86, 0.88, 0.93], 0.8 * growth);
    let patchy = smooth(noise(at * 5.0, brush.seed ^ 61), 0.0, 0.5);
    let stubble = noise(spot.at * 88.0, brush.seed ^ 62);
    let dots = 0.60 + 0.40 * smooth(stubble, 0.30, 0.75);
    let hairs = 0.72 + 0.28 * smooth(strand, 0.2, 0.7);
    let grown = dots + (hairs - dots) * beard.length;
    let most = 0.48 + 0.38 * beard.length;
    let cover = (growth * (0.75 + 0.25 * patchy) * grown * (0.75 + 0.9 * beard.length)).min(most);
    let hair = brush.complexion.brows.colour.map(|c| (c * 1.15 + 0.015) * (0.75 + 0.5 * strand));
    *colour = mix(*colour, hair, cover);
}
