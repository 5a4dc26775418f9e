//! What is painted on a garment: fabric, folds, seams, plackets, buttons, pockets.

use super::atlas::Texel;
use super::fabric::{self, Make};
use super::folds::Folds;
use super::measure::smooth;
use super::outfit::{Fabric, Jacket, Top};
use super::shape::Shape;

/// Full range of a garment's relief, in decimetres.
pub(super) const RELIEF: f32 = 0.3;
/// Width of a ribbed edge, in decimetres.
const RIB_WIDE: f32 = 0.45;
/// Where a hem's stitching runs.
const STITCH_AT: f32 = 0.15;
/// Distance from button to button of a shirt.
const BUTTON_PITCH: f32 = 0.78;
/// Radius of a shirt's button.
const BUTTON: f32 = 0.052;

/// What garment it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Top(Top),
    Jacket(Jacket),
}

/// What a garment's surface needs beyond its shape.
pub(super) struct Detail {
    pub make: Make,
    pub fabric: Fabric,
    pub kind: Kind,
    pub seed: u32,
}

/// A dab of paint: colour and height of one texel while it is built up.
struct Dab {
    colour: [f32; 3],
    height: f32,
}

impl Dab {
    /// A narrow groove at distance `d` from its middle.
    fn groove(&mut self, d: f32, wide: f32, deep: f32) {
        let amount = 1.0 - smooth(d.abs(), wide * 0.3, wide);
        self.height -= deep * amount;
        self.colour = self.colour.map(|c| c * (1.0 - 0.28 * amount));
    }

    /// A raised field where `inside` (decimetres) is positive.
    fn raise(&mut self, inside: f32, by: f32) {
        self.height += by * smooth(inside, -0.015, 0.015);
        self.groove(inside + 0.008, 0.022, 0.004);
    }

    /// A round button.
    fn button(&mut self, distance: f32, radius: f32, colour: [f32; 3]) {
        let amount = 1.0 - smooth(distance, radius - 0.012, radius + 0.012);
        let dish = 1.0 - 0.25 * (1.0 - smooth(distance, 0.2 * radius, 0.55 * radius));
        for (own, button) in self.colour.iter_mut().zip(colour) {
            *own += (button * dish - *own) * amount;
        }
        self.height += 0.03 * amount;
        let shadow = 1.0 - smooth((distance - radius - 0.012).abs(), 0.0, 0.02);
        self.colour = self.colour.map(|c| c * (1.0 - 0.35 * shadow * (1.0 - amount)));
    }
}

/// Colour and height of a texel.
pub(super) fn paint(texel: &Texel, shape: &Shape, folds: &Folds, detail: &Detail) -> ([f32; 3], f32) {
    let edges = shape.edges(&texel.spot);
    let knit = match detail.kind {
        Kind::Top(top) => matches!(top, Top::Jumper | Top::VNeck | Top::Turtleneck | Top::Hoodie),
        Kind::Jacket(jacket) => jacket == Jacket::Cardigan,
    };
    let ribbed = knit && edges.hem.min(edges.cuff) < RIB_WIDE;
    let fold = folds.height(&texel.spot);
    let make = if ribbed { Make::Rib } else { detail.make };
    let fabric = if ribbed { Fabric::plain(detail.fabric.colour) } else { detail.fabric };
    let weave = fabric::height(make, texel.across, texel.upwards, detail.seed);
    let base = fabric::colour(&fabric, texel.across, texel.upwards, detail.seed);
    let mut dab = Dab { colour: fabric::shade(base, weave, 14.0), height: fold + weave };
    dab.colour = fabric::shade(dab.colour, fold, 2.2);
    if ribbed {
        dab.height += 0.01;
    } else if knit {
        dab.groove(edges.hem.min(edges.cuff) - RIB_WIDE, 0.05, 0.012);
    } else {
        let edge = edges.hem.min(edges.cuff);
        dab.groove(edge - STITCH_AT, 0.02, 0.006);
    }
    // The seam that joins sleeve and trunk.
    dab.groove((texel.spot.arm - 0.5) * 0.9, 0.024, 0.007);
    if !texel.sleeve {
        match detail.kind {
            Kind::Top(top) => of_top(&mut dab, texel, shape, top, &detail.fabric),
            Kind::Jacket(jacket) => of_jacket(&mut dab, texel, shape, jacket, &detail.fabric),
        }
    } else if matches!(detail.kind, Kind::Top(Top::Shirt)) {
        dab.raise(0.62 - edges.cuff, 0.012);
    }
    (dab.colour, dab.height)
}

fn of_top(dab: &mut Dab, texel: &Texel, shape: &Shape, top: Top, fabric: &Fabric) {
    let m = shape.measures;
    let p = texel.spot.at;
    let front = p.z > m.middle;
    let bright = fabric.colour.iter().sum::<f32>() / 3.0;
    let tip = shape.neckline.and_then(|line| line.vee).map_or(m.neck.centre.y - 0.7, |(tip, _)| tip);
    match top {
        Top::Shirt | Top::Blouse if front => {
            let half = if top == Top::Shirt { 0.16 } else { 0.11 };
            dab.raise(half - p.x.abs(), 0.014);
            let button = if bright > 0.35 { [0.88, 0.87, 0.84] } else { [0.2, 0.19, 0.18] };
            let step = ((tip - 0.12 - p.y) / BUTTON_PITCH).round().max(0.0);
            let at = tip - 0.12 - step * BUTTON_PITCH;
            dab.button(p.x.hypot(p.y - at), BUTTON, button);
            if top == Top::Shirt {
                // A pocket on the person's left breast.
                let (x, y) = (p.x - 0.82, p.y - (m.chest + 0.05));
                let inside = (0.42 - x.abs()).min(0.48 - y.abs());
                dab.groove(inside, 0.02, 0.008);
            }
        }
        Top::Polo if front => {
            let low = tip - 0.75;
            dab.raise((0.15 - p.x.abs()).min(p.y - low), 0.014);
            let step = ((tip - 0.1 - p.y) / 0.36).round().clamp(0.0, 1.0);
            dab.button(p.x.hypot(p.y - (tip - 0.1 - step * 0.36)), 0.045, [0.85, 0.84, 0.82]);
        }
        Top::Hoodie if front => {
            // A pouch, narrower above.
            let low = shape.hem + 0.5;
            let y = p.y - low;
            let inside = (1.35 - p.x.abs()).min(1.35 - y).min(y + 0.05);
            let slant = (1.0 - p.x.abs() + (1.35 - y) * 0.45) * 0.9;
            dab.raise(inside.min(slant), 0.03);
            // Cords.
            let top = m.neck.centre.y - 0.75;
            let cord = (p.x.abs() - 0.26 - 0.03 * (p.y * 2.3).sin()).abs();
            if p.y < top && p.y > top - 1.15 {
                let amount = 1.0 - smooth(cord, 0.02, 0.04);
                let light = if bright > 0.55 { 0.55 } else { 0.85 };
                dab.colour = dab.colour.map(|c| c + (light - c) * amount);
                dab.height += 0.03 * amount;
            }
        }
        _ => {}
    }
}

fn of_jacket(dab: &mut Dab, texel: &Texel, shape: &Shape, jacket: Jacket, fabric: &Fabric) {
    let m = shape.measures;
    let p = texel.spot.at;
    if p.z < m.middle {
        if jacket == Jacket::Blazer {
            dab.groove(p.x, 0.025, 0.01);
        }
        return;
    }
    let button = shape.opening.map_or(m.waist, |opening| opening.button);
    let dark = fabric.colour.map(|c| (c * 0.45).max(0.03));
    match jacket {
        Jacket::Blazer => {
            for step in [0.0, 0.62] {
                dab.button((p.x - 0.09).hypot(p.y - (button - 0.05 - step)), 0.075, dark);
            }
            // Flap pockets, a breast pocket on the left, darts.
            let y = p.y - (button - 1.0);
            let flap = (0.5 - (p.x.abs() - 1.05).abs()).min(0.17 - y.abs());
            dab.raise(flap, 0.02);
            let breast =
                (0.34 - (p.x - 0.95).abs()).min(0.09 - (p.y - m.chest - 0.45 - 0.12 * (p.x - 0.95)).abs());
            dab.raise(breast, 0.012);
            if p.y < m.chest - 0.1 && p.y > button - 0.8 {
                dab.groove(p.x.abs() - 0.85, 0.02, 0.008);
            }
        }
        Jacket::Cardigan => {
            let edge = shape.edges(&texel.spot).opening;
            dab.groove(edge - 0.3, 0.04, 0.012);
        }
    }
}
