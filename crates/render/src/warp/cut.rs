//! Cutting the portrait into layers whose stack, unmoved, is the portrait again.

use super::claim::{Claim, Part, Source, claims};
use super::fill::fill_smoothly;
use super::layer::Layer;
use super::raster::distance_to;

/// The portrait in layers.
pub(crate) struct Cut {
    /// The scene without the person, RGB in 0..=1.
    pub background: Vec<[f32; 3]>,
    /// Back to front.
    pub layers: Vec<(Part, Layer)>,
}

/// How far a layer's colour may lie from what its surroundings suggest, so that the stack gives the portrait back
/// without carrying fringes of the old background along.
const COLOUR_TOLERANCE: f32 = 0.16;
/// Colours nearer than this (of 1.0) do not tell a part from what is behind it.
const COLOUR_CONTRAST: f32 = 0.07;

/// Cuts; `mask` is the person's, 0..=1.
pub(crate) fn cut(source: &Source<'_>, mask: &[f32]) -> Cut {
    let size = source.size;
    let (claims, person) = claims(source, mask);
    let band = (size.width as f32 * 0.014).max(2.0);

    let from_person = distance_to(size, |i| person[i] > 0.1);
    let open: Vec<bool> = from_person.iter().map(|&d| d > 2.0 * band).collect();
    let mut background = source.colours.to_vec();
    fill_smoothly(&mut background, size, &open, |_| true);

    let mut stack = background.clone();
    let mut layers = Vec::new();
    for (index, claim) in claims.iter().enumerate() {
        let hidden = hidden_by(&claims[index + 1..], size.area());
        let pixels = settle(source, claim, &hidden, &stack, band);
        for (below, over) in stack.iter_mut().zip(&pixels) {
            (0..3).for_each(|c| below[c] = over[c] + (1.0 - over[3]) * below[c]);
        }
        if let Some(layer) = Layer::cut(size, &pixels) {
            layers.push((claim.part, layer));
        }
    }
    Cut { background, layers }
}

fn hidden_by(front: &[Claim], area: usize) -> Vec<bool> {
    (0..area).map(|i| front.iter().any(|claim| claim.hides[i])).collect()
}

/// Opacity and colour of one layer over the `stack` of those behind it, premultiplied.
fn settle(
    source: &Source<'_>,
    claim: &Claim,
    hidden: &[bool],
    stack: &[[f32; 3]],
    band: f32,
) -> Vec<[f32; 4]> {
    let size = source.size;
    let share = &claim.share;
    let inside = distance_to(size, |i| share[i] < 0.5);
    let outside = distance_to(size, |i| share[i] >= 0.5);
    let reach = |i: usize| outside[i] <= band;

    // The part's own colour, carried on from its sure pixels to its rim and under what is in front.
    let sure_depth = (0.5 * band).max(1.0);
    let mut sure: Vec<bool> =
        (0..size.area()).map(|i| !hidden[i] && share[i] > 0.95 && inside[i] > sure_depth).collect();
    if sure.iter().filter(|&&s| s).count() < 12 {
        sure = (0..size.area()).map(|i| !hidden[i] && share[i] > 0.7).collect();
    }
    let mut own = source.colours.to_vec();
    fill_smoothly(&mut own, size, &sure, |i| reach(i) || hidden[i]);

    let mut opacity: Vec<[f32; 1]> = (0..size.area())
        .map(|i| {
            let prior = share[i];
            if inside[i].max(outside[i]) > band || claim_is_hard(claim, i) {
                return [if outside[i] > band { 0.0 } else { prior }];
            }
            // In the rim the pixel lies somewhere on the line from what is behind to the part's colour.
            let (mut along, mut length) = (0.0, 0.0);
            for c in 0..3 {
                let (line, here) = (own[i][c] - stack[i][c], source.colours[i][c] - stack[i][c]);
                along += line * here;
                length += line * line;
            }
            let trust = length / (length + COLOUR_CONTRAST * COLOUR_CONTRAST);
            let measured = (along / length.max(1e-6)).clamp(0.0, 1.0);
            [(prior + trust * (measured - prior)).clamp(0.0, 1.0)]
        })
        .collect();
    // Under what is in front the outline goes on smoothly.
    let visible: Vec<bool> = hidden.iter().map(|&h| !h).collect();
    if hidden.iter().any(|&h| h) {
        fill_smoothly(&mut opacity, size, &visible, |i| hidden[i]);
    }

    (0..size.area())
        .map(|i| {
            let mut a = opacity[i][0];
            if hidden[i] {
                a = super::geometry::smoothstep(0.35, 0.65, a);
                let colour = own[i];
                return [colour[0] * a, colour[1] * a, colour[2] * a, a];
            }
            if a < 1.0 / 255.0 {
                return [0.0; 4];
            }
            let mut pixel = [0.0, 0.0, 0.0, a];
            for c in 0..3 {
                let exact = source.colours[i][c] - (1.0 - a) * stack[i][c];
                let low = (own[i][c] - COLOUR_TOLERANCE).max(0.0);
                let high = (own[i][c] + COLOUR_TOLERANCE).min(1.0);
                pixel[c] = if a > 0.98 { exact.clamp(0.0, a) } else { exact.clamp(low * a, high * a) };
            }
            pixel
        })
        .collect()
}

/// Whether the opacity of the claim is drawn by geometry alone: the chin line and the shoulder's fade are no edges
/// of colour.
fn claim_is_hard(claim: &Claim, i: usize) -> bool {
    matches!(claim.part, Part::UpperArm(_)) && claim.share[i] > 0.0 && !claim.hides[i]
}
