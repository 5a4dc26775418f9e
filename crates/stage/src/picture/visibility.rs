//! Which triangle is seen at which sample: four samples a pixel, kept as triangle numbers; shading comes later.
//!
//! Triangles are drawn in homogeneous pixel coordinates (Olano and Greer, "Triangle scan conversion using 2D homogeneous
//! coordinates", 1997), so that none has to be clipped at the near plane.

use glam::{Vec2, Vec3A, Vec4};

use super::camera::NEAR;
use super::cast::Cast;
use super::prepared::{Finish, Packed};
use super::texture::Levels;

/// Samples in a pixel.
pub(crate) const SAMPLES: usize = 4;
/// Where they lie in the pixel: a rotated grid.
pub(crate) const SAMPLE_X: [f32; SAMPLES] = [0.375, 0.875, 0.125, 0.625];
/// See [`SAMPLE_X`].
pub(crate) const SAMPLE_Y: [f32; SAMPLES] = [0.125, 0.375, 0.625, 0.875];
/// The number of no triangle.
pub(crate) const NOTHING: u32 = u32::MAX;
/// Volumes below this (of triangles seen edge-on, or of none) draw nothing.
const LEAST_VOLUME: f32 = 1e-9;
/// Texture levels by which the test of cut texels is finer than shading: samples lie half a pixel apart.
const FINER: f32 = 0.5;

/// The samples of a picture.
#[derive(Debug)]
pub(crate) struct Visibility {
    size: usize,
    /// One over the depth, for the samples of each pixel; 0 where nothing is.
    pub nearness: Vec<Vec4>,
    /// Triangle numbers.
    pub ids: Vec<[u32; SAMPLES]>,
}

/// Three planes over the picture: for each corner, its barycentric share over the depth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planes {
    /// Change to the right, change downwards, value at the origin, for each corner.
    pub planes: [Vec3A; 3],
    /// Whether the triangle is seen from outside.
    pub front: bool,
}

impl Planes {
    /// The planes with pixel `origin` as (0, 0). Nothing for triangles seen edge-on or with points that are not numbers.
    pub fn new(corners: [Vec3A; 3], origin: Vec2) -> Option<Self> {
        let [a, b, c] = corners.map(|p| Vec3A::new(p.x - origin.x * p.z, p.y - origin.y * p.z, p.z));
        // b × c as b × (c − b): less is lost to cancellation.
        let (ab, bc, ca) = (a.cross(b - a), b.cross(c - b), c.cross(a - c));
        let volume = a.dot(bc);
        if !volume.is_finite() || volume.abs() < LEAST_VOLUME {
            return None;
        }
        let scale = volume.recip();
        Some(Self { planes: [bc * scale, ca * scale, ab * scale], front: volume < 0.0 })
    }
}

/// The part of the picture that a triangle can touch: first and last column, first and last row.
fn bounds(corners: [Vec3A; 3], size: usize) -> Option<[usize; 4]> {
    let [a, b, c] = corners;
    let nearest = a.z.min(b.z).min(c.z);
    if !(a + b + c).is_finite() || a.z.max(b.z).max(c.z) <= NEAR {
        return None;
    }
    let most = (size - 1) as f32;
    if nearest <= NEAR {
        return Some([0, size - 1, 0, size - 1]);
    }
    let (a, b, c) = (a / a.z, b / b.z, c / c.z);
    let (low, high) = (a.min(b).min(c), a.max(b).max(c));
    if high.x <= 0.0 || high.y <= 0.0 || low.x > most + 1.0 || low.y > most + 1.0 {
        return None;
    }
    Some([low.x.max(0.0), high.x.min(most), low.y.max(0.0), high.y.min(most)].map(|edge| edge as usize))
}

/// The texture level at which a texel is about as large as a pixel, from the areas of the whole triangle.
fn level_of(triangle: &Packed, corners: [Vec3A; 3], texture: &Levels) -> f32 {
    let [a, b, c] = corners.map(|corner| Vec2::new(corner.x, corner.y) / corner.z);
    let size = texture.size();
    let [p, q, r] = triangle.uv.map(|uv| uv * size);
    let texels = (q - p).perp_dot(r - p).abs();
    let pixels = (b - a).perp_dot(c - a).abs().max(1e-6);
    texture.level_for((texels / pixels).sqrt() * FINER)
}

impl Visibility {
    pub fn new(size: usize) -> Self {
        Self { size, nearness: vec![Vec4::ZERO; size * size], ids: vec![[NOTHING; SAMPLES]; size * size] }
    }

    /// Draws all figures.
    pub fn draw(&mut self, cast: &Cast<'_>) {
        self.nearness.fill(Vec4::ZERO);
        self.ids.fill([NOTHING; SAMPLES]);
        for (actor, placed) in cast.actors.iter().zip(cast.placed) {
            let prepared = actor.prepared;
            for (index, triangle) in prepared.triangles[..prepared.drawn].iter().enumerate() {
                let corners = triangle.points.map(|point| placed.seen[point as usize]);
                let Some(bounds) = bounds(corners, self.size) else { continue };
                let origin = Vec2::new(bounds[0] as f32, bounds[2] as f32);
                let Some(planes) = Planes::new(corners, origin) else { continue };
                if !planes.front && !triangle.two_sided {
                    continue;
                }
                let id = placed.first + index as u32;
                if triangle.tested {
                    let finish: &Finish = &prepared.materials[usize::from(triangle.material)];
                    let texture = &prepared.textures[finish.texture];
                    let level = level_of(triangle, corners, texture);
                    self.fill(bounds, &planes, id, |shares| triangle.keeps(shares, texture, level));
                } else {
                    self.fill(bounds, &planes, id, |_| true);
                }
            }
        }
    }

    /// Draws one triangle; `keep` decides about each sample from its barycentric shares.
    #[inline]
    fn fill(&mut self, bounds: [usize; 4], planes: &Planes, id: u32, keep: impl Fn([f32; 3]) -> bool) {
        let (dx, dy) = (Vec4::from(SAMPLE_X), Vec4::from(SAMPLE_Y));
        let [a, b, c] = planes.planes;
        let start = [a, b, c].map(|plane| dx * plane.x + dy * plane.y + plane.z);
        let most = Vec4::splat(NEAR.recip());
        let [left, right, top, bottom] = bounds;
        for y in top..=bottom {
            let down = (y - top) as f32;
            let mut row = [start[0] + a.y * down, start[1] + b.y * down, start[2] + c.y * down];
            let line = y * self.size;
            for pixel in line + left..=line + right {
                let [wa, wb, wc] = row;
                row = [wa + a.x, wb + b.x, wc + c.x];
                let inside = wa.min(wb).min(wc).cmpge(Vec4::ZERO);
                if !inside.any() {
                    continue;
                }
                let nearness = wa + wb + wc;
                let old = self.nearness[pixel];
                let seen = inside & nearness.cmpgt(old) & nearness.cmple(most);
                let mut bits = seen.bitmask();
                if bits == 0 {
                    continue;
                }
                let mut new = old.to_array();
                let ids = &mut self.ids[pixel];
                while bits != 0 {
                    let sample = bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    let shares = [wa[sample], wb[sample], wc[sample]].map(|w| w / nearness[sample]);
                    if keep(shares) {
                        new[sample] = nearness[sample];
                        ids[sample] = id;
                    }
                }
                self.nearness[pixel] = Vec4::from_array(new);
            }
        }
    }
}
