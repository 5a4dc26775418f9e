//! Trousers and skirts, belts and shoes.

use glam::Vec2;
use std::f32::consts::TAU;

use super::super::{Body, Piece, PieceCorner, PiecePoint};
use super::band::{Strips, columns};
use super::fabric::{self, Make, TILE_DEPTH};
use super::fit::{Cloth, Fit};
use super::folds::Folds;
use super::measure::{Measures, Spot, smooth};
use super::outfit::{Bottom, Fabric, Outfit};
use super::sheet::{Sheet, SheetPoint};
use super::top::{BAND_STEP, piece};
use crate::surface::Part;

/// Height of shoes above the soles, in decimetres.
const SHOE: f32 = 0.75;
/// Colour of shoes and of dark tights.
const DARK: [f32; 3] = [0.07, 0.065, 0.065];
/// Where a skirt ends, as a share of the way from the hip to the sole.
const SKIRT: f32 = 0.5;

/// Height of the belt.
pub(super) fn belt(measures: &Measures) -> f32 {
    measures.hip + 0.5 * (measures.waist - measures.hip)
}

/// Sews what is worn below the belt.
pub(super) fn make(body: &Body, measures: &Measures, outfit: &Outfit, seed: u32) -> Vec<Piece> {
    let belt = belt(measures);
    let sole = body
        .anatomy
        .mesh
        .vertices_of("helper-tights")
        .iter()
        .map(|&v| body.vertices[v as usize].y)
        .fold(f32::MAX, f32::min);
    let skirt = outfit.bottom == Bottom::Skirt;
    // Under a longer top only what the top may uncover when the person sits.
    let rise = if outfit.tucked { belt } else { belt - 0.1 };
    let trunk = if outfit.tucked { 0.115 } else { 0.03 };
    let fit = Fit {
        trunk,
        shoulder: 0.03,
        arm: trunk,
        cuff: trunk,
        cuff_at: 1.0,
        hang: 0.0,
        gathered: None,
        spans: if skirt { 0 } else { 2 },
    };
    let still = Folds::new(measures, seed, 0.0, 0.0, 1.0, belt);
    let mut legs = Cloth::lay(body, measures, "helper-tights", f32::MIN, &fit, &still);
    if !skirt {
        for point in &mut legs.points {
            let leg = 1.0 - smooth(point.spot.at.y, measures.hip - 1.2, measures.hip - 0.3);
            let shoe = smooth(point.spot.at.y, sole + 0.5, sole + 1.0);
            point.rest += point.normal * (0.11 * leg * shoe);
        }
    }
    let trousers_end = sole + SHOE;
    let below = |spot: &Spot| (rise - spot.at.y) - 8.0 * smooth(spot.arm, 0.2, 0.5);
    let leg_cloth = if skirt { Fabric::plain(DARK) } else { outfit.below };
    let mut pieces = Vec::new();
    let upper = Sheet::cut(&legs, |spot| below(spot).min(spot.at.y - trousers_end));
    let shoes = Sheet::cut(&legs, |spot| below(spot).min(trousers_end - spot.at.y));
    pieces.push(plain(&upper, &leg_cloth, Make::Twill, seed));
    pieces.push(plain(&shoes, &Fabric::plain(DARK), Make::Woven, seed));
    let mut waistband = upper;
    if skirt {
        let mut cloth = Cloth::lay(body, measures, "helper-skirt", f32::MIN, &fit, &still);
        let end = measures.hip + (sole - measures.hip) * SKIRT;
        for point in &mut cloth.points {
            point.rest += point.normal * 0.06;
        }
        let sheet = Sheet::cut(&cloth, |spot| (rise - spot.at.y).min(spot.at.y - end));
        pieces.push(plain(&sheet, &outfit.below, Make::Twill, seed));
        waistband = sheet;
    }
    if outfit.tucked {
        let leather = Fabric::plain(if skirt { outfit.below.colour } else { [0.13, 0.09, 0.07] });
        let (tile, rise_map, side) = fabric::tile(&leather, Make::Woven, seed);
        let mut strips = Strips::default();
        for rim in waistband.rims() {
            if rim.points.iter().all(|&k| (waistband.points[k as usize].spot.at.y - rise).abs() < 0.05) {
                let columns = columns(&waistband, &rim.points, rim.closed, BAND_STEP);
                strips.sweep(&columns, rim.closed, side, |_, c| {
                    let out = (c.out - glam::Vec3::Y * c.out.y).normalize_or(c.out);
                    let place = |o: f32, u: f32| c.at + out * o + glam::Vec3::Y * u;
                    vec![
                        place(0.0, -0.2),
                        place(0.035, -0.19),
                        place(0.04, 0.12),
                        place(0.02, 0.14),
                        place(-0.12, 0.1),
                    ]
                });
            }
        }
        pieces.push(piece(strips, tile, rise_map));
    }
    pieces
}

/// Cloth with a tiled texture.
fn plain(sheet: &Sheet, cloth: &Fabric, make: Make, seed: u32) -> Piece {
    let (texture, heights, side) = fabric::tile(cloth, make, seed);
    let corners = sheet.points.iter().enumerate().map(|(k, point)| {
        let p = point.spot.at;
        let turn = (p.x.abs() - 1.5).atan2(p.z) / TAU;
        PieceCorner { point: k as u32, uv: Vec2::new(turn * (4.0 / side).round(), p.y / side), cut: 0.0 }
    });
    Piece {
        corners: corners.collect(),
        points: sheet.points.iter().map(SheetPoint::piece_point).collect::<Vec<PiecePoint>>(),
        triangles: sheet.triangles.iter().map(|t| (*t, Part::Torso)).collect(),
        texture,
        relief: Some((heights, TILE_DEPTH)),
        specular: 0.06,
        gloss: 8.0,
        subsurface: 0.0,
        casts_shadow: true,
    }
}
