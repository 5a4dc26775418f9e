//! A piece of a person's surface (skin, an eye, a lock of hair, a shirt), before all pieces are put together.

use glam::{Vec2, Vec3};

use crate::figure::{Anatomy, Skeleton};
use crate::surface::{Part, Texture};

/// What a point follows when the person moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bind {
    /// The skin weights and face units of a vertex of the base mesh: it keeps its place relative to that vertex.
    Vertex(u32),
    /// One bone, rigidly.
    Bone(u16),
    /// Nothing: it stands in the room.
    Room,
    /// The skin weights (not the face units) of up to three vertices, mixed by the given shares.
    Mix([(u32, f32); 3]),
}

/// A point of a piece in the rest pose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PiecePoint {
    /// Position in the rest pose, in decimetres.
    pub rest: Vec3,
    /// What it follows.
    pub bind: Bind,
}

/// A corner: index of the point inside the piece, texture coordinates, cut (see [`crate::surface::Corner`]).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PieceCorner {
    /// Index of the point inside the piece.
    pub point: u32,
    /// Texture coordinates.
    pub uv: Vec2,
    /// Alpha below which a texel is cut away; above 1: never drawn.
    pub cut: f32,
}

/// A piece with one material of its own.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Points.
    pub points: Vec<PiecePoint>,
    /// Corners.
    pub corners: Vec<PieceCorner>,
    /// Triangles, anticlockwise seen from outside, by index of the corner, with the part they belong to.
    pub triangles: Vec<([u32; 3], Part)>,
    /// Colour.
    pub texture: Texture,
    /// Height map and its depth in decimetres.
    pub relief: Option<(Texture, f32)>,
    /// Strength of the highlight, 0–1.
    pub specular: f32,
    /// Exponent of the highlight.
    pub gloss: f32,
    /// 0 for cloth, 1 for skin.
    pub subsurface: f32,
    /// Whether it throws shadows.
    pub casts_shadow: bool,
}

/// A shaped body in the rest pose, on which hair grows and clothes are cut.
#[derive(Clone, Copy)]
pub struct Body<'a> {
    /// The figure's data: faces, groups, weights, masks.
    pub anatomy: &'a Anatomy,
    /// All vertices of the base mesh in this person's shape (helper shapes included).
    pub vertices: &'a [Vec3],
    /// Unit normals of all vertices.
    pub normals: &'a [Vec3],
    /// This person's bones in the rest pose.
    pub skeleton: &'a Skeleton,
}

/// What of a person decides hair and clothes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traits {
    /// Years, 18–80.
    pub age: f32,
    /// 0 for a woman, 1 for a man, and between.
    pub masculinity: f32,
    /// Shares of African, Asian and European descent, adding up to one.
    pub descent: [f32; 3],
    /// sRGB colour of the hair, 0–1.
    pub hair_colour: [f32; 3],
}
