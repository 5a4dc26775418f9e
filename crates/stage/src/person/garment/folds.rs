//! Folds of cloth: at armpits, elbows, waist and cuffs, and where it hangs loose.

use glam::Vec3;

use super::super::noise;
use super::measure::{Measures, Spot, smooth};

/// Where and how strongly a garment folds; heights are in decimetres.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folds {
    measures: Measures,
    seed: u32,
    /// How deep, 1 for light woven cloth.
    pub depth: f32,
    /// How loose, 0–1.
    pub loose: f32,
    /// Where the sleeve ends, in decimetres from the shoulder.
    pub cuff: f32,
    /// Height of the hem or belt at which cloth gathers.
    pub gathered: f32,
}

/// Share of the folds that moves points; the rest is relief.
const MOVED: f32 = 0.75;

impl Folds {
    pub fn new(measures: &Measures, seed: u32, depth: f32, loose: f32, cuff: f32, gathered: f32) -> Self {
        Self { measures: *measures, seed, depth, loose, cuff, gathered }
    }

    /// How far points of the cloth move outwards.
    pub fn displacement(&self, spot: &Spot) -> f32 {
        self.height(spot) * MOVED
    }

    /// Height of the folds: about ±0.08 at the deepest places.
    pub fn height(&self, spot: &Spot) -> f32 {
        let sleeve = smooth(spot.arm, 0.3, 0.7);
        let trunk = if sleeve < 1.0 { self.trunk(spot) } else { 0.0 };
        let arm = if sleeve > 0.0 { self.sleeve(spot) } else { 0.0 };
        self.depth * (trunk + (arm - trunk) * sleeve + self.armpit(spot))
    }

    fn trunk(&self, spot: &Spot) -> f32 {
        let p = spot.at;
        let m = &self.measures;
        let round = p.x.atan2(p.z - m.middle);
        let ring = Vec3::new(round.cos(), 0.0, round.sin());
        // Long folds that fall from the chest, slanting a little.
        let fall = noise(ring * 2.6 + Vec3::Y * (p.y * 0.22), self.seed ^ 1) - 0.5;
        let below = 1.0 - smooth(p.y, m.chest - 1.6, m.chest + 0.1);
        // Cloth gathers above a belt or hem: short folds, nearly level, broken.
        let warp = 0.5 * noise(p * 0.8, self.seed ^ 2);
        let level =
            ridge(Vec3::new(p.x * 0.55, p.y * 1.9 + warp * 1.6 + p.x * 0.25, p.z * 0.55), self.seed ^ 3);
        let near = (-((p.y - self.gathered - 0.45) / 0.55).powi(2)).exp();
        // Slack across the middle.
        let slack = ridge(
            Vec3::new(p.x * 0.5 + p.y * 0.35, p.y * 0.9 - (p.x * p.x + 0.3).sqrt() * 0.5, p.z * 0.5),
            self.seed ^ 4,
        );
        let belly = (-((p.y - m.waist - 0.5) / 1.1).powi(2)).exp();
        fall * below * (0.04 + 0.13 * self.loose)
            + (level - 0.4) * near * (0.05 + 0.06 * self.loose)
            + (slack - 0.4) * belly * 0.075
    }

    fn sleeve(&self, spot: &Spot) -> f32 {
        let arm = &self.measures.arms[spot.side()];
        let seed = self.seed ^ if spot.side() == 0 { 0x51 } else { 0xa7 };
        let ring = Vec3::new(spot.around.cos(), 0.0, spot.around.sin());
        let slant = spot.along + 0.22 * (spot.around + 0.7).sin();
        let rings = |pitch: f32, salt: u32| ridge(ring * 0.75 + Vec3::Y * (slant * pitch), seed ^ salt);
        let at_elbow = (-((spot.along - arm.upper()) / 0.75).powi(2)).exp();
        let before_cuff = self.cuff - spot.along;
        let long = smooth(self.cuff, arm.upper() + 0.8, arm.upper() + 1.6);
        let at_cuff = long * (-((before_cuff - 0.65) / 0.5).powi(2)).exp();
        let twist = ridge(ring * 0.6 + Vec3::Y * (spot.along * 0.7 + spot.around * 0.16), seed ^ 9);
        (rings(1.5, 5) - 0.4) * at_elbow * 0.065
            + (rings(2.1, 6) - 0.4) * at_cuff * (0.05 + 0.05 * self.loose)
            + (twist - 0.4) * (0.03 + 0.04 * self.loose)
    }

    /// Folds that radiate from the armpit over chest, back and sleeve.
    fn armpit(&self, spot: &Spot) -> f32 {
        let arm = &self.measures.arms[spot.side()];
        let pit = arm.shoulder_at() + Vec3::new(-0.1 * arm.shoulder_at().x.signum(), -0.75, 0.0);
        let from = spot.at - pit;
        let distance = from.length();
        let front = from.z.signum();
        let angle = from.y.atan2(-from.x * arm.shoulder_at().x.signum());
        let star = ridge(Vec3::new(angle * 1.7, distance * 0.25, front * 3.7), self.seed ^ 7);
        (star - 0.4) * 0.085 * (-(distance / 1.05).powi(2)).exp() * smooth(distance, 0.25, 0.7)
    }
}

/// Rounded crests with narrow valleys, 0–1.
fn ridge(p: Vec3, seed: u32) -> f32 {
    let crest = 1.0 - (2.0 * noise(p, seed) - 1.0).abs();
    crest * crest
}
