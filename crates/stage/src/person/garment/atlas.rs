//! The chart of a garment: trunk and sleeves unrolled side by side, painted texel by texel where they lie on the body.

use glam::Vec2;
use std::collections::BTreeMap;
use std::f32::consts::{PI, TAU};

use super::super::PieceCorner;
use super::measure::{Measures, Spot, smooth, turned};
use super::sheet::Sheet;
use crate::surface::{Part, Texture};

/// Texels per decimetre; a picture of 512² that shows head to hips has about 65 pixels per decimetre.
const DENSITY: f32 = 64.0;
/// Radius with which the trunk is unrolled, in decimetres.
const TRUNK_RADIUS: f32 = 1.45;
/// Radius with which a sleeve is unrolled.
const SLEEVE_RADIUS: f32 = 0.62;
/// Room around each chart.
const MARGIN: f32 = 0.35;
/// Depth of the chest before the trunk's middle, from which the way over the shoulder is counted, in decimetres.
const CHEST_DEPTH: f32 = 1.0;
/// Texels beyond the edge of a triangle that are painted too.
const BLEED: f32 = 2.5;

/// Where a texel lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texel {
    /// On the body.
    pub spot: Spot,
    /// Across the cloth, in decimetres.
    pub across: f32,
    /// Along the cloth (upwards on the trunk, towards the shoulder on sleeves), in decimetres.
    pub upwards: f32,
    /// Whether it is a sleeve.
    pub sleeve: bool,
}

/// Cloth with texture coordinates.
pub(super) struct Atlas {
    /// Corners.
    pub corners: Vec<PieceCorner>,
    /// Triangles by corner.
    pub triangles: Vec<([u32; 3], Part)>,
    width: usize,
    height: usize,
    texels: Vec<Option<Texel>>,
}

impl Atlas {
    /// Unrolls a sheet.
    pub fn new(sheet: &Sheet, measures: &Measures) -> Self {
        let spots = || sheet.points.iter().map(|p| &p.spot);
        let low = spots().filter(|s| s.arm < 0.6).map(|s| s.at.y).fold(f32::MAX, f32::min) - MARGIN;
        let high = spots().filter(|s| s.arm < 0.6).map(|s| s.at.y).fold(f32::MIN, f32::max) + MARGIN;
        let near = spots().filter(|s| s.arm > 0.4).map(|s| s.along).fold(f32::MAX, f32::min) - MARGIN;
        let far = spots().filter(|s| s.arm > 0.4).map(|s| s.along).fold(f32::MIN, f32::max) + MARGIN;
        let trunk_wide = TAU * TRUNK_RADIUS + 2.0 * MARGIN;
        let sleeve_wide = TAU * SLEEVE_RADIUS + 2.0 * MARGIN;
        let wide = trunk_wide + 2.0 * sleeve_wide;
        let tall = (high - low).max(far - near).max(0.5);
        let size = |length: f32| ((length * DENSITY).ceil() as usize).clamp(16, 4096);
        let (width, height) = (size(wide), size(tall));
        let mut atlas = Self {
            corners: Vec::new(),
            triangles: Vec::new(),
            width,
            height,
            texels: vec![None; width * height],
        };
        let mut known = BTreeMap::<(u32, u8, i32), u32>::new();
        let mut loose = Vec::with_capacity(sheet.triangles.len());
        for triangle in &sheet.triangles {
            let corners = triangle.map(|k| &sheet.points[k as usize].spot);
            let sleeve = corners.iter().map(|spot| spot.arm).sum::<f32>() > 1.5;
            let side = corners[0].side();
            let chart = if sleeve { 1 + side as u8 } else { 0 };
            let angle = |spot: &Spot| {
                if sleeve { spot.around } else { spot.at.x.atan2(spot.at.z - measures.middle) }
            };
            let first = angle(corners[0]);
            let mut texels = [Texel { spot: *corners[0], across: 0.0, upwards: 0.0, sleeve }; 3];
            let mut places = [Vec2::ZERO; 3];
            let mut turns = [0i32; 3];
            for k in 0..3 {
                let own = angle(corners[k]);
                let near_first = first + turned(own - first);
                turns[k] = ((near_first - own) / TAU).round() as i32;
                let mut spot = *corners[k];
                spot.around = corners[0].around + turned(spot.around - corners[0].around);
                let (radius, left, upwards) = if sleeve {
                    let left = trunk_wide + side as f32 * sleeve_wide;
                    (SLEEVE_RADIUS, left + sleeve_wide * 0.5, far - spot.along)
                } else {
                    (TRUNK_RADIUS, trunk_wide * 0.5, spot.at.y - low)
                };
                let across = near_first * radius;
                places[k] = Vec2::new((left + across) / wide, upwards / tall);
                let (across, upwards) =
                    if sleeve { (across, upwards) } else { on_trunk(&spot, across, upwards, measures) };
                texels[k] = Texel { spot, across, upwards, sleeve };
            }
            let part = match (sleeve, side) {
                (false, _) => Part::Torso,
                (true, 0) => Part::LeftArm,
                (true, _) => Part::RightArm,
            };
            let mut corner = [0; 3];
            for k in 0..3 {
                corner[k] = *known.entry((triangle[k], chart, turns[k])).or_insert_with(|| {
                    atlas.corners.push(PieceCorner { point: triangle[k], uv: places[k], cut: 0.0 });
                    atlas.corners.len() as u32 - 1
                });
            }
            atlas.triangles.push((corner, part));
            loose.push((places, texels));
        }
        // First with a bleed over the edges, then exactly: what lies inside a triangle wins.
        for bleed in [BLEED, 0.0] {
            for (places, texels) in &loose {
                atlas.fill(places, texels, bleed);
            }
        }
        atlas
    }

    fn fill(&mut self, places: &[Vec2; 3], texels: &[Texel; 3], bleed: f32) {
        let size = Vec2::new(self.width as f32, self.height as f32);
        let [a, b, c] = places.map(|uv| Vec2::new(uv.x, 1.0 - uv.y) * size);
        let area = (b - a).perp_dot(c - a);
        if area.abs() < 1e-6 {
            return;
        }
        let low = a.min(b).min(c) - bleed;
        let high = a.max(b).max(c) + bleed;
        let last = |value: f32, count: usize| (value.max(0.0) as usize).min(count - 1);
        // How far outside an edge still counts, as a share: the bleed over the triangle's height above that edge.
        let slack = [(b, c), (c, a), (a, b)].map(|(p, q)| bleed * p.distance(q) / area.abs());
        for y in last(low.y.floor(), self.height)..=last(high.y.ceil(), self.height) {
            for x in last(low.x.floor(), self.width)..=last(high.x.ceil(), self.width) {
                let p = Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
                let shares = [(b - p).perp_dot(c - p) / area, (c - p).perp_dot(a - p) / area];
                let shares = [shares[0], shares[1], 1.0 - shares[0] - shares[1]];
                if shares.iter().zip(slack).any(|(share, slack)| *share < -slack) {
                    continue;
                }
                let mix = |value: fn(&Texel) -> f32| -> f32 {
                    texels.iter().zip(shares).map(|(texel, share)| value(texel) * share).sum()
                };
                let at = texels.iter().zip(shares).map(|(texel, share)| texel.spot.at * share).sum();
                self.texels[y * self.width + x] = Some(Texel {
                    spot: Spot {
                        at,
                        arm: mix(|t| t.spot.arm),
                        along: mix(|t| t.spot.along),
                        around: mix(|t| t.spot.around),
                    },
                    across: mix(|t| t.across),
                    upwards: mix(|t| t.upwards),
                    sleeve: texels[0].sleeve,
                });
            }
        }
    }

    /// Paints colour (sRGB, 0–1) and height (decimetres, ±`depth` / 2).
    pub fn paint(&self, depth: f32, brush: impl Fn(&Texel) -> ([f32; 3], f32)) -> (Texture, Texture) {
        let mut colours = Vec::with_capacity(self.texels.len());
        let mut heights = Vec::with_capacity(self.texels.len());
        for texel in &self.texels {
            let (colour, height) = texel.as_ref().map_or(([0.5; 3], 0.0), &brush);
            let [r, g, b] = colour.map(byte);
            colours.push([r, g, b, 255]);
            let height = byte(0.5 + height / depth);
            heights.push([height, height, height, 255]);
        }
        let texture = |texels| Texture { width: self.width, height: self.height, texels };
        (texture(colours), texture(heights))
    }
}

/// Lengths on the cloth of the trunk: over the shoulders it goes on backwards instead of upwards.
fn on_trunk(spot: &Spot, across: f32, upwards: f32, measures: &Measures) -> (f32, f32) {
    let top = measures.arms[0].shoulder_height() + 0.3;
    let high = smooth(spot.at.y, measures.chest + 0.3, top);
    let depth = (spot.at.z - measures.middle).abs();
    // Flat before and behind; behind, the way across runs against x, on from the side.
    let turn = spot.at.x.atan2(spot.at.z - measures.middle).abs();
    let behind = smooth(turn, 0.5 * PI - 0.3, 0.5 * PI + 0.3);
    let back = across.signum() * (PI * TRUNK_RADIUS - spot.at.x.abs());
    let flat = spot.at.x + (back - spot.at.x) * behind;
    (across + (flat - across) * high, upwards - 0.9 * (depth - CHEST_DEPTH) * high)
}

/// 0–1 as a byte.
pub(in crate::person) fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}
