//! Wrinkles, painted as the shade they throw.

use glam::Vec2;

use super::paint::{Brush, Spot};
use super::zones::tint;
use crate::person::chance::smooth;
use crate::person::complexion::Colour;
use crate::person::noise;

/// A fold of the face: points in x (taken positive) and y of the neutral face, half width, depth of shade 0–1, and the
/// wrinkledness from which it shows.
struct Fold {
    line: &'static [[f32; 2]],
    half: f32,
    depth: f32,
    from: f32,
}

const FOLDS: &[Fold] = &[
    // From the wing of the nose round the mouth.
    Fold {
        line: &[[0.21, 6.96], [0.30, 6.84], [0.37, 6.70], [0.40, 6.58]],
        half: 0.028,
        depth: 0.55,
        from: 0.0,
    },
    // From the corner of the mouth down.
    Fold { line: &[[0.36, 6.56], [0.39, 6.46], [0.40, 6.36]], half: 0.022, depth: 0.45, from: 0.25 },
    // Bags under the eyes, and the groove below them.
    Fold {
        line: &[[0.17, 7.20], [0.25, 7.145], [0.36, 7.135], [0.47, 7.18]],
        half: 0.018,
        depth: 0.45,
        from: 0.1,
    },
    Fold { line: &[[0.16, 7.17], [0.24, 7.09], [0.34, 7.05]], half: 0.022, depth: 0.30, from: 0.3 },
    // Crow's feet.
    Fold { line: &[[0.53, 7.30], [0.60, 7.35], [0.66, 7.41]], half: 0.011, depth: 0.5, from: 0.2 },
    Fold { line: &[[0.54, 7.27], [0.62, 7.28], [0.70, 7.30]], half: 0.011, depth: 0.5, from: 0.15 },
    Fold { line: &[[0.53, 7.24], [0.60, 7.20], [0.67, 7.15]], half: 0.011, depth: 0.5, from: 0.2 },
    // Frown lines between the brows.
    Fold { line: &[[0.065, 7.44], [0.055, 7.53], [0.07, 7.62]], half: 0.012, depth: 0.45, from: 0.3 },
    // Forehead.
    Fold { line: &[[0.0, 7.74], [0.25, 7.76], [0.48, 7.73]], half: 0.012, depth: 0.42, from: 0.2 },
    Fold { line: &[[0.0, 7.86], [0.28, 7.885], [0.55, 7.85]], half: 0.012, depth: 0.42, from: 0.3 },
    Fold { line: &[[0.0, 7.98], [0.26, 8.005], [0.48, 7.98]], half: 0.012, depth: 0.36, from: 0.4 },
    // Chin.
    Fold { line: &[[0.0, 6.43], [0.12, 6.425], [0.2, 6.40]], half: 0.018, depth: 0.3, from: 0.2 },
    // Neck.
    Fold { line: &[[0.0, 6.02], [0.3, 6.05], [0.6, 6.15]], half: 0.016, depth: 0.35, from: 0.2 },
    Fold { line: &[[0.0, 5.86], [0.3, 5.89], [0.6, 6.0]], half: 0.016, depth: 0.35, from: 0.3 },
];
/// What a fold's shade does to the skin's colour.
const SHADE: Colour = [0.74, 0.62, 0.60];
/// Wobble of the lines, in decimetres.
const WOBBLE: f32 = 0.03;

/// Paints the wrinkles of a person's age.
pub(super) fn paint(brush: &Brush, spot: &Spot, colour: &mut Colour) {
    let wrinkles = brush.complexion.wrinkles;
    if wrinkles <= 0.02 {
        return;
    }
    // Each side wobbles in its own way.
    let wobble = |seed: u32| (noise(spot.at * 5.0, brush.seed ^ seed) - 0.5) * WOBBLE;
    let at = spot.folded.truncate() + Vec2::new(wobble(71), wobble(72));
    let mut shade = 0.0f32;
    for fold in FOLDS {
        let strength = fold.depth * smooth(wrinkles, fold.from, fold.from + 0.65);
        if strength > 0.01 {
            let (off, along) = distance(at, fold.line);
            if off < 3.0 * fold.half {
                let ends = (along * (1.0 - along) * 4.0)
                    .clamp(0.0, 1.0)
                    .sqrt()
                    .max(if fold.line[0][0] < 0.01 && along < 0.5 { 1.0 } else { 0.0 });
                shade = shade.max(strength * ends * (-(off / fold.half).powi(2)).exp());
            }
        }
    }
    // Fine crosshatching of old skin.
    let fine = noise(spot.at * 34.0, brush.seed ^ 73);
    let hatch = 0.16 * wrinkles * smooth(fine, 0.55, 0.9);
    tint(colour, SHADE, (shade + hatch) * (1.0 - spot.lips));
}

/// Distance from a line of points, and how far along it the nearest place lies (0–1).
fn distance(at: Vec2, line: &[[f32; 2]]) -> (f32, f32) {
    let mut best = (f32::INFINITY, 0.0);
    let pieces = line.len() - 1;
    for (number, ends) in line.windows(2).enumerate() {
        let (from, to) = (Vec2::from(ends[0]), Vec2::from(ends[1]));
        let t = ((at - from).dot(to - from) / (to - from).length_squared()).clamp(0.0, 1.0);
        let off = at.distance(from + (to - from) * t);
        if off < best.0 {
            best = (off, (number as f32 + t) / pieces as f32);
        }
    }
    best
}
