//! Cutting the portrait into layers whose stack, unmoved, is the portrait again.

use super::claim::{Claim, Part, Source, claims};
use super::fill::fill_smoothly;
use super::geometry::smoothstep;
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

/// Coverage by what is in front below which a pixel of the portrait is taken as it is.
const COVERED: f32 = 0.02;

/// A pixel beside a hand that differs more from the torso's own colour is the hand's shadow or rim.
const GHOST: f32 = 0.12;

/// Cuts; `mask` is the person's, 0..=1.
pub(crate) fn cut(source: &Source<'_>, mask: &[f32]) -> Cut {
    let size = source.size;
    let (claims, person) = claims(source, mask);
    let band = (size.width as f32 * 0.014).max(2.0);

    let from_person = distance_to(size, |i| person[i] > 0.1);
    let open: Vec<bool> = from_person.iter().map(|&d| d > 1.5 * band).collect();
    let mut background = source.colours.to_vec();
    fill_smoothly(&mut background, size, &open, |_| true);
    let plain = plainness(source, &open);

    // First with wide guesses of what is hidden: nothing of a part in front may stain what is behind it.
    let mut stack = background.clone();
    let mut settled: Vec<Settled> = Vec::new();
    for (index, claim) in claims.iter().enumerate() {
        let hidden = hidden_by(&claims[index + 1..], size.area());
        let layer = settle(source, claim, &hidden, &stack, band, plain);
        let pixels = layer.pixels(source, claim, &hidden, &stack);
        lay(&mut stack, &pixels);
        settled.push(layer);
    }
    // Then, opacities known, with the portrait's own pixels wherever nothing is in front of them.
    let mut covered = vec![0.0f32; size.area()];
    let mut hidden: Vec<Vec<bool>> = Vec::new();
    let mut now_hidden = vec![false; size.area()];
    for (claim, layer) in claims.iter().zip(&settled).rev() {
        hidden.push(now_hidden.clone());
        for i in 0..size.area() {
            let opacity = layer.opacity(i, now_hidden[i]);
            covered[i] = covered[i].max(opacity);
            now_hidden[i] |= opacity > COVERED && claim.hides[i];
        }
    }
    hidden.reverse();
    for ((below, colour), &covered) in background.iter_mut().zip(source.colours).zip(&covered) {
        if covered <= COVERED {
            *below = *colour;
        }
    }
    let mut stack = background.clone();
    let mut layers = Vec::new();
    for ((claim, layer), hidden) in claims.iter().zip(&mut settled).zip(&hidden) {
        if claim.part == Part::Torso {
            layer.join(source, claim, hidden);
        }
        let pixels = layer.pixels(source, claim, hidden, &stack);
        lay(&mut stack, &pixels);
        if let Some(layer) = Layer::cut(size, &pixels) {
            layers.push((claim.part, layer));
        }
    }
    Cut { background, layers }
}

/// 1 where the background is a plain wall: there every odd pixel beside the person is the person's.
fn plainness(source: &Source<'_>, open: &[bool]) -> f32 {
    let width = source.size.width;
    let (mut sum, mut count) = (0.0, 0.0);
    for i in 0..source.size.area().saturating_sub(width + 1) {
        if open[i] && open[i + 1] && open[i + width] && (i + 1) % width != 0 {
            let [here, right, below] = [i, i + 1, i + width].map(|j| source.colours[j]);
            sum += (0..3).map(|c| (right[c] - here[c]).abs() + (below[c] - here[c]).abs()).sum::<f32>() / 6.0;
            count += 1.0;
        }
    }
    if count < 1.0 { 0.0 } else { 1.0 - smoothstep(0.005, 0.012, sum / count) }
}

fn lay(stack: &mut [[f32; 3]], pixels: &[[f32; 4]]) {
    for (below, over) in stack.iter_mut().zip(pixels) {
        (0..3).for_each(|c| below[c] = over[c] + (1.0 - over[3]) * below[c]);
    }
}

fn hidden_by(front: &[Claim], area: usize) -> Vec<bool> {
    (0..area).map(|i| front.iter().any(|claim| claim.hides[i])).collect()
}

/// One layer's opacity and its own colour, carried on to its rim and under what is in front.
struct Settled {
    /// Where nothing is in front.
    seen: Vec<f32>,
    /// Where something is.
    made_up: Vec<f32>,
    own: Vec<[f32; 3]>,
    /// 0..=1: how little a pixel is explained as a mixture of the part's colour and what is behind.
    detail: Vec<f32>,
    /// Beside what is in front: its shadow and rim, which would stay behind like a ghost.
    ghosts: Vec<bool>,
}

/// Opacity and colour of one layer over the `stack` of those behind it.
fn settle(
    source: &Source<'_>,
    claim: &Claim,
    hidden: &[bool],
    stack: &[[f32; 3]],
    band: f32,
    plain: f32,
) -> Settled {
    let size = source.size;
    let share = &claim.share;
    let inside = distance_to(size, |i| share[i] < 0.5);
    let outside = distance_to(size, |i| share[i] >= 0.5);
    let reach = |i: usize| outside[i] <= band;

    let sure_depth = (0.5 * band).max(1.0);
    // Shadows and blurred rims of what is in front lie around it, too.
    let shade = distance_to(size, |i| hidden[i]);
    let clear = if claim.part == Part::Torso { 1.5 * band } else { 0.0 };
    let mut sure: Vec<bool> =
        (0..size.area()).map(|i| shade[i] > clear && share[i] > 0.95 && inside[i] > sure_depth).collect();
    if sure.iter().filter(|&&s| s).count() < 12 {
        sure = (0..size.area()).map(|i| !hidden[i] && share[i] > 0.7).collect();
    }
    let mut own = source.colours.to_vec();
    fill_smoothly(&mut own, size, &sure, |i| reach(i) || (hidden[i] && claim.shape[i] > 0.0));

    let mut detail = vec![0.0; size.area()];
    let seen: Vec<f32> = detail
        .iter_mut()
        .enumerate()
        .map(|(i, detail)| {
            let prior = share[i];
            if inside[i].max(outside[i]) > band || drawn_by_geometry(claim, i) {
                return if outside[i] > band { 0.0 } else { prior };
            }
            // In the rim the pixel lies somewhere on the line from what is behind to the part's colour; one that
            // lies far off that line (a detail of the part) says nothing.
            let (mut along, mut length, mut square) = (0.0, 0.0, 0.0);
            for c in 0..3 {
                let (line, here) = (own[i][c] - stack[i][c], source.colours[i][c] - stack[i][c]);
                along += line * here;
                length += line * line;
                square += here * here;
            }
            let aside = (square - along * along / length.max(1e-6)).max(0.0);
            let contrast = COLOUR_CONTRAST * COLOUR_CONTRAST;
            let trust = length / (length + contrast) * contrast / (contrast + aside);
            let measured = (along / length.max(1e-6)).clamp(0.0, 1.0);
            *detail = aside / (aside + 0.015) * smoothstep(0.02, 0.15, prior).max(plain);
            // Such a detail is at least as opaque as the darkest or brightest colour would have to be.
            let needed = (0..3).fold(0.0f32, |needed, c| {
                let (here, behind) = (source.colours[i][c], stack[i][c]);
                let room = if here < behind { behind } else { 1.0 - behind };
                needed.max((here - behind).abs() / room.max(0.05))
            });
            let opacity = (prior + trust * (measured - prior)).clamp(0.0, 1.0);
            opacity + *detail * (needed.min(1.0) - opacity).max(0.0)
        })
        .collect();
    let differs = |i: usize| (0..3).any(|c| (source.colours[i][c] - own[i][c]).abs() > GHOST);
    let ghosts = (0..size.area()).map(|i| claim.part == Part::Torso && hidden[i] && differs(i)).collect();
    let mut made_up = vec![0.0; size.area()];
    if hidden.iter().any(|&h| h) {
        let visible: Vec<bool> = hidden.iter().map(|&h| !h).collect();
        let mut carried_on: Vec<[f32; 1]> = seen.iter().map(|&o| [o]).collect();
        fill_smoothly(&mut carried_on, size, &visible, |i| hidden[i] && claim.shape[i] > 0.0);
        for i in 0..size.area() {
            // A finger under another hand is known from its bones alone; outlines elsewhere go on smoothly.
            made_up[i] = match claim.part {
                Part::Hand(_) => claim.shape[i],
                _ => smoothstep(0.44, 0.56, carried_on[i][0]) * claim.shape[i],
            };
        }
    }
    Settled { seen, made_up, own, detail, ghosts }
}

impl Settled {
    /// Makes what is hidden up anew from all that is visible, so that the two meet without a seam.
    fn join(&mut self, source: &Source<'_>, claim: &Claim, hidden: &[bool]) {
        let known: Vec<bool> =
            (0..source.size.area()).map(|i| !hidden[i] && !self.ghosts[i] && claim.share[i] > 0.95).collect();
        let mut own = source.colours.to_vec();
        let needed = |i: usize| (hidden[i] || self.ghosts[i]) && claim.shape[i] > 0.0;
        fill_smoothly(&mut own, source.size, &known, needed);
        for (i, colour) in own.into_iter().enumerate() {
            if hidden[i] || self.ghosts[i] {
                self.own[i] = colour;
            }
        }
    }

    fn opacity(&self, i: usize, hidden: bool) -> f32 {
        if hidden { self.made_up[i] } else { self.seen[i] }
    }

    /// Premultiplied pixels that give the portrait back over `stack` where nothing hides them.
    fn pixels(
        &self,
        source: &Source<'_>,
        claim: &Claim,
        hidden: &[bool],
        stack: &[[f32; 3]],
    ) -> Vec<[f32; 4]> {
        (0..source.size.area())
            .map(|i| {
                let (a, own) = (self.opacity(i, hidden[i]), self.own[i]);
                if a < 1.0 / 255.0 {
                    return [0.0; 4];
                }
                if hidden[i] || self.ghosts[i] {
                    return [own[0] * a, own[1] * a, own[2] * a, a];
                }
                let tolerance = COLOUR_TOLERANCE + smoothstep(0.6, 0.95, claim.share[i]) + self.detail[i];
                let mut pixel = [0.0, 0.0, 0.0, a];
                for c in 0..3 {
                    let exact = source.colours[i][c] - (1.0 - a) * stack[i][c];
                    let low = (own[c] - tolerance).max(0.0);
                    let high = (own[c] + tolerance).min(1.0);
                    pixel[c] = exact.clamp(low * a, high * a);
                }
                pixel
            })
            .collect()
    }
}

/// Whether the opacity of the claim is drawn by geometry alone: the shoulder's fade is no edge of colour.
fn drawn_by_geometry(claim: &Claim, i: usize) -> bool {
    matches!(claim.part, Part::UpperArm(_)) && claim.share[i] > 0.0 && !claim.hides[i]
}
