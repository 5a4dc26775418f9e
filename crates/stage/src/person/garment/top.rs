//! Tops: T-shirts, jumpers, shirts, hooded sweatshirts, blouses.

use super::super::{Body, Piece, PiecePoint};
use super::atlas::Atlas;
use super::band::{Column, Strips, calm, columns, columns_at_points};
use super::clearance::Clearance;
use super::collar;
use super::fabric::{self, Make, TILE_DEPTH};
use super::fit::{Cloth, Fit};
use super::folds::Folds;
use super::measure::Measures;
use super::outfit::{Fabric, Outfit, Top};
use super::paint::{self, Detail, RELIEF};
use super::shape::{Edge, Neckline, Shape};
use super::sheet::{Sheet, SheetPoint};

/// Distance between the cross-sections of a band, in decimetres.
pub(super) const BAND_STEP: f32 = 0.14;
/// How far an under layer reaches under the jacket's edge.
const UNDERLAP: f32 = 0.3;

/// A top as planned for a body.
pub(super) struct Plan<'a> {
    /// Its cut.
    pub shape: Shape<'a>,
    fit: Fit,
    make: Make,
    gathered: f32,
    depth: f32,
}

/// Plans a top.
pub(super) fn plan<'a>(measures: &'a Measures, outfit: &Outfit) -> Plan<'a> {
    let ring = &measures.neck;
    let line = |side: f32, front: f32, back: f32, vee: Option<(f32, f32)>| {
        Some(Neckline { side, front, back, vee: vee.map(|(drop, half)| (ring.centre.y - drop, half)) })
    };
    let neckline = match outfit.top {
        Top::Tee => line(1.27, 1.3, 1.12, None),
        Top::Jumper => line(1.2, 1.18, 1.12, None),
        Top::VNeck => line(1.25, 1.1, 1.12, Some((1.55, 0.62))),
        Top::Shirt => line(1.14, 1.06, 1.06, Some((0.95, 0.26))),
        Top::Polo => line(1.16, 1.08, 1.08, Some((1.05, 0.24))),
        Top::Turtleneck => None,
        Top::Hoodie => line(1.32, 1.32, 1.2, None),
        Top::Blouse => line(1.3, 1.1, 1.12, Some((1.5, 0.6))),
    };
    let belt = super::bottom::belt(measures);
    let hem = match (outfit.tucked, outfit.top) {
        (true, _) => belt - 0.25,
        (false, Top::Tee | Top::Shirt | Top::Polo) => measures.hip - 0.25,
        (false, _) => measures.hip + 0.05,
    };
    let arm = &measures.arms[0];
    let cuff = outfit.sleeve.clamp(0.3, 1.0) * (arm.length() - 0.12);
    let short = outfit.sleeve < 0.6;
    let knit_hem = matches!(outfit.top, Top::Jumper | Top::Hoodie | Top::VNeck | Top::Turtleneck);
    let gathered = if outfit.tucked { belt + 0.05 } else { hem };
    let loose = outfit.looseness;
    Plan {
        shape: Shape { measures, neckline, hem, cuff, opening: None },
        fit: Fit {
            trunk: 0.05 + 0.06 * loose,
            shoulder: 0.035,
            arm: 0.07 + 0.06 * loose,
            cuff: if short { 0.14 + 0.1 * loose } else { 0.075 },
            cuff_at: cuff,
            hang: (0.25 + 0.75 * loose) * if outfit.top == Top::Turtleneck { 0.7 } else { 1.0 },
            gathered: (outfit.tucked || knit_hem).then_some(gathered),
            spans: 3,
        },
        make: match outfit.top {
            Top::Tee | Top::Polo | Top::Hoodie => Make::Jersey,
            Top::Jumper | Top::VNeck | Top::Turtleneck => Make::Knit,
            Top::Shirt | Top::Blouse => Make::Woven,
        },
        gathered,
        depth: match outfit.top {
            Top::Shirt | Top::Blouse => 1.0,
            Top::Tee | Top::Polo => 0.8,
            Top::Hoodie => 0.9,
            _ => 0.65,
        },
    }
}

/// Sews a top; under a jacket only what shows of it.
pub(super) fn make(
    body: &Body,
    measures: &Measures,
    outfit: &Outfit,
    plan: &Plan,
    over: Option<&Shape>,
    seed: u32,
) -> Vec<Piece> {
    let shape = &plan.shape;
    let folds = Folds::new(measures, seed, plan.depth, outfit.looseness, shape.cuff, plan.gathered);
    let mut fit = plan.fit;
    if over.is_some() {
        // Nothing may stand out through the jacket.
        (fit.trunk, fit.hang, fit.cuff) = (0.05, 0.2, 0.05);
    }
    let cloth = Cloth::lay(body, measures, "helper-tights", shape.hem - 0.6, &fit, &folds);
    let sheet = Sheet::cut(&cloth, |spot| {
        let own = shape.inside(spot);
        over.map_or(own, |jacket| own.min(UNDERLAP - jacket.inside(spot)))
    });
    let atlas = Atlas::new(&sheet, measures);
    let detail = Detail { make: plan.make, fabric: outfit.fabric, kind: paint::Kind::Top(outfit.top), seed };
    let (texture, heights) = atlas.paint(RELIEF, |texel| paint::paint(texel, shape, &folds, &detail));
    let main = Piece {
        points: sheet.points.iter().map(SheetPoint::piece_point).collect::<Vec<PiecePoint>>(),
        corners: atlas.corners,
        triangles: atlas.triangles,
        texture,
        relief: Some((heights, RELIEF)),
        specular: if outfit.top == Top::Blouse { 0.22 } else { 0.08 },
        gloss: if outfit.top == Top::Blouse { 18.0 } else { 8.0 },
        subsurface: 0.0,
        casts_shadow: true,
    };
    let make = if outfit.top.knitted() { Make::Rib } else { Make::Woven };
    let trim = Fabric {
        colour: fabric::shade(outfit.fabric.colour, 0.0, 0.0),
        ..if outfit.top.knitted() { Fabric::plain(outfit.fabric.colour) } else { outfit.fabric }
    };
    let clearance = Clearance::new(body, "body", measures.chest - 1.0, measures.neck.centre.y + 1.2);
    let (tile, rise, side) = fabric::tile(&trim, make, seed);
    let mut strips = Strips::default();
    for (edge, columns, closed) in runs(&sheet, shape) {
        match edge {
            Edge::Neck => collar::neck(&mut strips, columns, closed, side, outfit.top, measures, &clearance),
            Edge::Cuff => strips.turn_in(&columns, closed, side, 0.01, 0.06),
            Edge::Hem => strips.turn_in(&columns, closed, side, 0.01, 0.07),
            Edge::Opening => {}
        }
    }
    vec![main, piece(strips, tile, rise)]
}

/// A piece out of strips.
pub(super) fn piece(
    strips: Strips,
    texture: crate::surface::Texture,
    rise: crate::surface::Texture,
) -> Piece {
    Piece {
        points: strips.points,
        corners: strips.corners,
        triangles: strips.triangles,
        texture,
        relief: Some((rise, TILE_DEPTH)),
        specular: 0.08,
        gloss: 8.0,
        subsurface: 0.0,
        casts_shadow: true,
    }
}

/// The sheet's edges, split where one kind of edge goes over into another.
pub(super) fn runs(sheet: &Sheet, shape: &Shape) -> Vec<(Edge, Vec<Column>, bool)> {
    /// An edge farther than this from every line of the cut is hidden under another layer.
    const ON_LINE: f32 = 0.04;
    let mut runs = Vec::new();
    for rim in sheet.rims() {
        let kinds: Vec<Option<Edge>> = rim
            .points
            .iter()
            .map(|&k| {
                let spot = &sheet.points[k as usize].spot;
                let (edge, distance) = shape.edges(spot).nearest();
                let neck = spot.at.distance(shape.measures.neck.centre) < 1.2;
                match shape.neckline {
                    None if neck => Some(Edge::Neck),
                    _ => (distance < ON_LINE).then_some(edge),
                }
            })
            .collect();
        let count = kinds.len();
        if rim.closed && kinds.iter().all(|kind| *kind == kinds[0]) {
            if let Some(kind) = kinds[0] {
                runs.push((kind, on_edge(sheet, kind, &rim.points, true), true));
            }
            continue;
        }
        let start =
            if rim.closed { (0..count).find(|&k| kinds[k] != kinds[(k + count - 1) % count]) } else { None };
        let start = start.unwrap_or(0);
        let mut run: Vec<u32> = Vec::new();
        let mut kind = None;
        let total = if rim.closed { count + 1 } else { count };
        for step in 0..total {
            let k = (start + step) % count;
            let same = step + 1 < total && (kinds[k] == kind || step == 0);
            if step == 0 {
                kind = kinds[k];
            }
            run.push(rim.points[k]);
            if !same {
                if let Some(kind) = kind
                    && run.len() > 3
                {
                    runs.push((kind, on_edge(sheet, kind, &run, false), false));
                }
                run = vec![rim.points[k]];
                kind = kinds[k];
            }
        }
    }
    runs
}

/// Hems and cuffs keep the cloth's own points; what gets a collar is divided evenly.
fn on_edge(sheet: &Sheet, edge: Edge, points: &[u32], closed: bool) -> Vec<Column> {
    if matches!(edge, Edge::Hem | Edge::Cuff) {
        return columns_at_points(sheet, points, closed);
    }
    let mut columns = columns(sheet, points, closed, BAND_STEP);
    calm(&mut columns, closed, 2);
    columns
}
