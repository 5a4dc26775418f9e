//! From samples to pixels: samples that see the same surface are shaded once, the others each for themselves.

use glam::{Vec2, Vec3, Vec3A, Vec4};

use super::cast::Cast;
use super::hit::Hit;
use super::occlusion::{Occlusion, sample_place};
use super::setting::Setting;
use super::shade::shade;
use super::visibility::{NOTHING, SAMPLES, Visibility};
use crate::surface::Part;

/// Samples of a pixel are shaded together if their depths differ by less than this, in decimetres, …
const SAME_DEPTH: f32 = 0.2;
/// … and their triangles face alike: cosine.
const SAME_FACING: f32 = 0.75;
/// Share of a pixel that a sample stands for.
const SHARE: f32 = 1.0 / SAMPLES as f32;

/// All that is needed to turn samples into light.
pub(crate) struct Resolve<'a> {
    pub cast: &'a Cast<'a>,
    pub setting: &'a Setting,
    pub visibility: &'a Visibility,
    pub occlusion: &'a Occlusion,
    pub size: usize,
}

/// What one or more samples of a pixel saw.
#[derive(Clone, Copy)]
struct Shaded {
    actor: usize,
    material: u16,
    facet: Vec3A,
    depth: f32,
    light: Vec3,
}

impl Resolve<'_> {
    /// Linear light of a pixel, and how much of the pixel is person.
    pub fn pixel(&self, pixel: usize) -> Vec4 {
        let ids = self.visibility.ids[pixel];
        let mut light = Vec4::ZERO;
        let mut shaded: [Option<Shaded>; SAMPLES] = [None; SAMPLES];
        let mut open = 0.0;
        for sample in 0..SAMPLES {
            match self.sample(pixel, sample, ids, &shaded) {
                Some((seen, person)) => {
                    light += seen.light.extend(if person { 1.0 } else { 0.0 }) * SHARE;
                    shaded[sample] = Some(seen);
                }
                None => open += SHARE,
            }
        }
        if open > 0.0 {
            let at = Vec2::new((pixel % self.size) as f32 + 0.5, (pixel / self.size) as f32 + 0.5);
            let lens = &self.cast.lens;
            light += (self.setting.backdrop.seen(lens.position, lens.ray(at)) * open).extend(0.0);
        }
        light
    }

    fn sample(
        &self,
        pixel: usize,
        sample: usize,
        ids: [u32; SAMPLES],
        shaded: &[Option<Shaded>; SAMPLES],
    ) -> Option<(Shaded, bool)> {
        let id = ids[sample];
        if id == NOTHING {
            return None;
        }
        let (actor, triangle) = self.cast.triangle(id);
        let person = triangle.part.is_person();
        if let Some(same) = (0..sample).find(|&other| ids[other] == id) {
            return shaded[same].map(|seen| (seen, person));
        }
        let depth = self.visibility.nearness[pixel][sample].recip();
        let [a, b, c] = triangle.points.map(|point| self.cast.placed[actor].points[point as usize]);
        let facet = (b - a).cross(c - a).normalize_or_zero();
        let alike = shaded[..sample].iter().flatten().find(|seen| {
            seen.actor == actor
                && seen.material == triangle.material
                && (seen.depth - depth).abs() < SAME_DEPTH
                && seen.facet.dot(facet).abs() > SAME_FACING
        });
        if let Some(seen) = alike {
            return Some((*seen, person));
        }
        let hit = Hit::new(self.cast, id, sample_place(pixel, sample, self.size))?;
        let openness = self.occlusion.at(pixel, hit.depth);
        let light = shade(self.cast, &self.setting.lights, &hit, openness);
        let light = if light.is_finite() { light } else { Vec3::ZERO };
        Some((Shaded { actor, material: triangle.material, facet, depth, light }, person))
    }
}

/// The part that most samples of a pixel see (the nearest of equals), and its mean depth.
pub(crate) fn majority(cast: &Cast<'_>, visibility: &Visibility, pixel: usize) -> (u8, f32) {
    let ids = visibility.ids[pixel];
    if ids == [NOTHING; SAMPLES] {
        return (Part::Background as u8, f32::INFINITY);
    }
    let parts = ids.map(|id| if id == NOTHING { Part::Background } else { cast.triangle(id).1.part } as u8);
    let nearness = visibility.nearness[pixel];
    let mut best = (0, f32::NEG_INFINITY, Part::Background as u8);
    for &part in &parts {
        let of = (0..SAMPLES).filter(|&sample| parts[sample] == part);
        let (count, sum) = of.fold((0, 0.0), |(count, sum), sample| (count + 1, sum + nearness[sample]));
        let mean = sum / count as f32;
        if count > best.0 || (count == best.0 && mean > best.1) {
            best = (count, mean, part);
        }
    }
    (best.2, best.1.recip())
}
