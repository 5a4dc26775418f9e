//! A surface made ready for drawing, once per person: checked, packed, with texture levels.

use glam::{Vec2, Vec3A};

use super::texture::Levels;
use crate::surface::{Part, Surface};

/// Subsurface above which a closed surface counts as skin, whose insides are never looked at.
const SKIN: f32 = 0.5;

/// A surface made ready for drawing. Triangles, corners and materials that point nowhere are left out.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub(crate) points: usize,
    /// Those that may be seen come first.
    pub(crate) triangles: Vec<Packed>,
    /// How many may be seen; the rest only shape the normals.
    pub(crate) drawn: usize,
    pub(crate) materials: Vec<Finish>,
    pub(crate) textures: Vec<Levels>,
}

/// A triangle with all that drawing asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packed {
    pub points: [u32; 3],
    pub uv: [Vec2; 3],
    pub cut: [f32; 3],
    pub material: u16,
    pub part: Part,
    /// Whether texels may be cut away.
    pub tested: bool,
    /// Whether it is seen from behind too.
    pub two_sided: bool,
}

impl Packed {
    /// Whether the texel at a place of the triangle, given by the corners' shares, is there or cut away.
    #[inline]
    pub fn keeps(&self, shares: [f32; 3], texture: &Levels, level: f32) -> bool {
        let uv = self.uv[0] * shares[0] + self.uv[1] * shares[1] + self.uv[2] * shares[2];
        let cut = self.cut[0] * shares[0] + self.cut[1] * shares[1] + self.cut[2] * shares[2];
        cut <= 1.0 && texture.alpha(uv, level) >= cut
    }
}

/// A material with its textures found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finish {
    pub texture: usize,
    pub relief: Option<usize>,
    pub relief_depth: f32,
    pub specular: f32,
    pub gloss: f32,
    pub subsurface: f32,
    pub casts_shadow: bool,
}

impl Prepared {
    /// Prepares a surface.
    #[must_use]
    pub fn new(surface: &Surface) -> Self {
        let mut textures = Vec::new();
        let place: Vec<Option<usize>> = surface
            .textures
            .iter()
            .map(|texture| {
                textures.push(Levels::new(texture)?);
                Some(textures.len() - 1)
            })
            .collect();
        let find = |index: usize| place.get(index).copied().flatten();
        let mut materials = Vec::new();
        let finish: Vec<Option<usize>> = surface
            .materials
            .iter()
            .map(|material| {
                materials.push(Finish {
                    texture: find(material.texture)?,
                    relief: material.relief.and_then(find).filter(|_| material.relief_depth != 0.0),
                    relief_depth: material.relief_depth,
                    specular: material.specular.clamp(0.0, 1.0),
                    gloss: material.gloss.clamp(1.0, 1000.0),
                    subsurface: material.subsurface.clamp(0.0, 1.0),
                    casts_shadow: material.casts_shadow,
                });
                Some(materials.len() - 1)
            })
            .collect();
        let mut triangles = Vec::with_capacity(surface.triangles.len());
        let mut hidden = Vec::new();
        for triangle in &surface.triangles {
            let corners = triangle.corners.map(|corner| surface.corners.get(corner as usize));
            let [Some(a), Some(b), Some(c)] = corners else { continue };
            let Some(material) = finish.get(usize::from(triangle.material)).copied().flatten() else {
                continue;
            };
            let finish = &materials[material];
            let points = [a.point, b.point, c.point];
            let cut = [a.cut, b.cut, c.cut];
            if points.iter().any(|&point| point as usize >= surface.points) {
                continue;
            }
            let tested = cut.iter().any(|&cut| cut > textures[finish.texture].least_alpha);
            let packed = Packed {
                points,
                uv: [a.uv, b.uv, c.uv],
                cut,
                material: material as u16,
                part: triangle.part,
                tested,
                two_sided: tested || finish.subsurface < SKIN,
            };
            if cut.iter().all(|&cut| cut > 1.0) { hidden.push(packed) } else { triangles.push(packed) }
        }
        let drawn = triangles.len();
        triangles.append(&mut hidden);
        Self { points: surface.points, triangles, drawn, materials, textures }
    }

    /// Number of triangles that can be seen.
    #[must_use]
    pub fn triangles(&self) -> usize {
        self.drawn
    }

    /// Unit normals of all points from the triangles around them, into `normals`.
    pub(crate) fn normals(&self, points: &[Vec3A], normals: &mut Vec<Vec3A>) {
        normals.clear();
        normals.resize(self.points, Vec3A::ZERO);
        for triangle in &self.triangles {
            let [a, b, c] = triangle.points.map(|point| point as usize);
            let normal = (points[b] - points[a]).cross(points[c] - points[a]);
            if normal.is_finite() {
                normals[a] += normal;
                normals[b] += normal;
                normals[c] += normal;
            }
        }
        for normal in normals {
            *normal = normal.normalize_or_zero();
        }
    }
}
