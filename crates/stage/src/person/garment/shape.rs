//! Where a garment ends: smooth signed distances to neckline, hem, cuffs and opening.

use super::measure::{Measures, Spot, smooth};

/// Distance that stands for "no edge near", in decimetres.
const FAR: f32 = 8.0;

/// How deep under the neck's ring a round neckline can reach in front, in the ring's half depths.
const DEEPEST: f32 = 1.6;
/// What the share at the back must exceed for the neckline to lie under the ring there, by as much as it exceeds it.
const BACK: f32 = 0.9;

/// The hole for the neck, in shares of the neck's own half width and half depth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neckline {
    /// At the sides.
    pub side: f32,
    /// At the front.
    pub front: f32,
    /// At the back.
    pub back: f32,
    /// Tip and half width at the neck's ring of a V, heights and lengths in decimetres.
    pub vee: Option<(f32, f32)>,
}

/// The front opening of a jacket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    /// Height of the closing button; above it the edges part towards the neck.
    pub button: f32,
    /// Half the width of the opening per decimetre above the button.
    pub above: f32,
    /// Half the width per decimetre below it.
    pub below: f32,
}

/// A garment's cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    /// The body's measures.
    pub measures: &'a Measures,
    /// None: the cloth ends high on the neck.
    pub neckline: Option<Neckline>,
    /// Height of the lower hem.
    pub hem: f32,
    /// Where sleeves end, in decimetres from the shoulder.
    pub cuff: f32,
    /// The opening of a jacket.
    pub opening: Option<Opening>,
}

/// Distances to the edges, positive on cloth, in decimetres.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edges {
    /// To the neckline.
    pub neck: f32,
    /// To the lower hem.
    pub hem: f32,
    /// To the cuff.
    pub cuff: f32,
    /// To the opening.
    pub opening: f32,
}

/// Which edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Neck,
    Hem,
    Cuff,
    Opening,
}

impl Edges {
    /// The nearest edge.
    pub fn nearest(&self) -> (Edge, f32) {
        [
            (Edge::Neck, self.neck),
            (Edge::Hem, self.hem),
            (Edge::Cuff, self.cuff),
            (Edge::Opening, self.opening),
        ]
        .into_iter()
        .fold((Edge::Neck, f32::MAX), |best, edge| if edge.1 < best.1 { edge } else { best })
    }
}

impl Shape<'_> {
    /// Distance to the nearest edge: positive where there is cloth.
    pub fn inside(&self, spot: &Spot) -> f32 {
        self.edges(spot).nearest().1
    }

    /// Distances to all edges.
    pub fn edges(&self, spot: &Spot) -> Edges {
        let sleeve = smooth(spot.arm, 0.2, 0.6);
        Edges {
            neck: self.neck(spot),
            hem: spot.at.y - self.hem + sleeve * FAR,
            cuff: self.cuff - spot.along + (1.0 - sleeve) * FAR,
            opening: self.opening(spot),
        }
    }

    /// How far in front of the trunk's middle, as a gate of 0 (behind) to 1.
    fn front(&self, spot: &Spot) -> f32 {
        smooth(spot.at.z - self.measures.middle, -0.25, 0.05)
    }

    fn neck(&self, spot: &Spot) -> f32 {
        let Some(line) = self.neckline else { return FAR };
        let ring = &self.measures.neck;
        let from = spot.at - ring.centre;
        let (sideways, forward) = (from.x, from.dot(ring.front));
        let depth = if forward > 0.0 { line.front } else { line.back } * ring.deep;
        let width = line.side * ring.wide;
        // The neck's tilted axis leaves the body again at the back: the hole ends before.
        let ahead = smooth(forward / ring.deep, -0.4, 0.5);
        let reach = (line.back - BACK) * (1.0 - ahead) + DEEPEST * ahead;
        let beneath = -from.dot(ring.up) - reach * ring.deep;
        let round = ((sideways / width).hypot(forward / depth) - 1.0) * width.min(depth);
        let round = round.max(beneath);
        let Some((tip, half)) = line.vee else { return round };
        let top = ring.centre.y;
        let slope = half / (top - tip).max(0.1);
        let wedge = (spot.at.x.abs() - (spot.at.y - tip) * slope) / (1.0 + slope * slope).sqrt();
        round.min(wedge + (1.0 - self.front(spot)) * FAR)
    }

    fn opening(&self, spot: &Spot) -> f32 {
        let Some(opening) = self.opening else { return FAR };
        let above = spot.at.y - opening.button;
        let half = if above > 0.0 { above * opening.above } else { -above * opening.below };
        let slope = if above > 0.0 { opening.above } else { opening.below };
        (spot.at.x.abs() - half) / (1.0 + slope * slope).sqrt() + (1.0 - self.front(spot)) * FAR
    }
}
