//! What a dressed person is made of, as the picture maker sees it: triangles, materials, textures, parts.

use glam::{Vec2, Vec3};
use serde::{Deserialize, Serialize};

/// What a pixel belongs to. The number is the value in part masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Part {
    /// Nobody: the room.
    Background = 0,
    /// Trunk and legs, clothed or not.
    Torso = 1,
    /// The person's left arm from the shoulder to the wrist.
    LeftArm = 2,
    /// The right arm.
    RightArm = 3,
    /// The left hand.
    LeftHand = 4,
    /// The right hand.
    RightHand = 5,
    /// Skin of head and neck, with eyes and mouth.
    Head = 6,
    /// Hair of the head.
    Hair = 7,
    /// Glasses.
    Glasses = 8,
    /// What the person sits on: not a part of the person.
    Chair = 9,
}

impl Part {
    /// All parts, by their number.
    pub const ALL: [Self; 10] = [
        Self::Background,
        Self::Torso,
        Self::LeftArm,
        Self::RightArm,
        Self::LeftHand,
        Self::RightHand,
        Self::Head,
        Self::Hair,
        Self::Glasses,
        Self::Chair,
    ];

    /// Whether it is a part of the person.
    #[must_use]
    pub fn is_person(self) -> bool {
        !matches!(self, Self::Background | Self::Chair)
    }
}

/// A picture wrapped around a surface: sRGB colour and alpha (or, in a height map, height in the red channel).
#[derive(Clone, Debug, PartialEq)]
pub struct Texture {
    /// Width in texels.
    pub width: usize,
    /// Height in texels.
    pub height: usize,
    /// `height × width` texels, the row of v = 1 first; coordinates wrap around.
    pub texels: Vec<[u8; 4]>,
}

/// How a surface answers light.
#[derive(Clone, Debug, PartialEq)]
pub struct Material {
    /// Index of the colour texture.
    pub texture: usize,
    /// Index of a height map, if the surface has relief (folds, pores, knit), on the same coordinates.
    pub relief: Option<usize>,
    /// Height in decimetres that the height map's full range means.
    pub relief_depth: f32,
    /// Strength of the highlight, 0–1.
    pub specular: f32,
    /// Its sharpness: exponent of the highlight.
    pub gloss: f32,
    /// 0 for cloth, 1 for skin: light that wraps around and comes out red.
    pub subsurface: f32,
    /// Whether it throws shadows.
    pub casts_shadow: bool,
}

/// One triangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Triangle {
    /// Its corners, anticlockwise seen from outside.
    pub corners: [u32; 3],
    /// Index of the material.
    pub material: u16,
    /// What it belongs to.
    pub part: Part,
}

/// A corner of triangles: a point with texture coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Corner {
    /// Index of the point; corners that share a point share its normal.
    pub point: u32,
    /// Texture coordinates; v = 1 is the top.
    pub uv: Vec2,
    /// Texels with an alpha below this (interpolated over the triangle) are cut away; a triangle whose corners are all
    /// above 1 is never drawn. 0 for a closed surface. Hair and hems live from it.
    pub cut: f32,
}

/// The surface of one dressed person (or of a chair). Fixed through a clip; only the points move.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surface {
    /// Number of points.
    pub points: usize,
    /// Corners.
    pub corners: Vec<Corner>,
    /// Triangles.
    pub triangles: Vec<Triangle>,
    /// Materials.
    pub materials: Vec<Material>,
    /// Textures.
    pub textures: Vec<Texture>,
}

/// A surface with its points in one moment, in decimetres.
#[derive(Clone, Copy, Debug)]
pub struct Posed<'a> {
    /// The surface.
    pub surface: &'a Surface,
    /// Its points.
    pub points: &'a [Vec3],
}
