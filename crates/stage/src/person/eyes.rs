//! Eyeballs: spheres with a bulging cornea, the iris painted on.

use glam::{Vec2, Vec3};

use super::chance::{mix, smooth};
use super::complexion::{Colour, Complexion};
use super::noise::noise;
use super::person::bone;
use super::{Bind, Body, Piece, PieceCorner, PiecePoint};
use crate::Result;
use crate::surface::{Part, Texture};

/// Texels on a side of the eye's texture: the eye seen from the front.
const TEXTURE: usize = 256;
/// Rings from the pole (the pupil) backwards, and segments around.
const RINGS: usize = 14;
const SEGMENTS: usize = 28;
/// How far back from the pole the sphere is built, in radians: the rest never shows.
const BACK: f32 = 1.9;
/// Radius of the iris in radii of the eyeball.
const IRIS: f32 = 0.47;
/// How far the cornea stands out, in radii of the eyeball.
const CORNEA: f32 = 0.045;
/// White of the eye in even light before it takes on the skin's shade.
const WHITE: Colour = [0.80, 0.765, 0.74];
/// Its darkening on very dark skin: lids reflect less light into the eye.
const DARKER: f32 = 0.20;

/// The two eyeballs.
pub(super) fn eyes(body: &Body, complexion: &Complexion, seed: u64) -> Result<Vec<Piece>> {
    let texture = texture(complexion, seed as u32);
    let mut pieces = Vec::new();
    for (group, name) in [("helper-l-eye", "eye.L"), ("helper-r-eye", "eye.R")] {
        let bone = bone(body.skeleton, name)?;
        let (centre, radius) = fit(body, group);
        pieces.push(ball(centre, radius, bone as u16, &texture));
    }
    Ok(pieces)
}

/// The middle of the pupils' surface at rest, the person's left first.
pub(super) fn pupils(body: &Body) -> [Vec3; 2] {
    ["helper-l-eye", "helper-r-eye"].map(|group| {
        let (centre, radius) = fit(body, group);
        centre + Vec3::Z * radius * (1.0 + CORNEA)
    })
}

/// Centre and radius of the eyeball shape.
fn fit(body: &Body, group: &str) -> (Vec3, f32) {
    let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
    for &vertex in body.anatomy.mesh.vertices_of(group) {
        low = low.min(body.vertices[vertex as usize]);
        high = high.max(body.vertices[vertex as usize]);
    }
    let centre = (low + high) / 2.0;
    let half = (high - low) / 2.0;
    (centre, (half.x + half.y) / 2.0)
}

fn ball(centre: Vec3, radius: f32, bone: u16, texture: &Texture) -> Piece {
    let mut points = vec![];
    let mut corners = vec![];
    let mut push = |direction: Vec3| {
        let off = direction.truncate().length();
        let bulge = CORNEA * (1.0 - smooth(off, IRIS * 0.55, IRIS * 1.08)) * f32::from(direction.z > 0.0);
        // The rasteriser sees the eye from the front; the back half keeps the rim's colour.
        let flat =
            if direction.z > 0.0 { direction.truncate() } else { direction.truncate().normalize_or_zero() };
        corners.push(PieceCorner {
            point: points.len() as u32,
            uv: flat * 0.495 + Vec2::splat(0.5),
            cut: 0.0,
        });
        points.push(PiecePoint { rest: centre + direction * radius * (1.0 + bulge), bind: Bind::Bone(bone) });
    };
    push(Vec3::Z);
    for ring in 1..=RINGS {
        let angle = BACK * ring as f32 / RINGS as f32;
        for segment in 0..SEGMENTS {
            let around = std::f32::consts::TAU * segment as f32 / SEGMENTS as f32;
            push(Vec3::new(angle.sin() * around.cos(), angle.sin() * around.sin(), angle.cos()));
        }
    }
    let at = |ring: usize, segment: usize| (1 + (ring - 1) * SEGMENTS + segment % SEGMENTS) as u32;
    let mut triangles = vec![];
    for segment in 0..SEGMENTS {
        triangles.push(([0, at(1, segment), at(1, segment + 1)], Part::Head));
        for ring in 1..RINGS {
            let (a, b) = (at(ring, segment), at(ring, segment + 1));
            let (c, d) = (at(ring + 1, segment + 1), at(ring + 1, segment));
            triangles.push(([a, d, c], Part::Head));
            triangles.push(([a, c, b], Part::Head));
        }
    }
    Piece {
        points,
        corners,
        triangles,
        texture: texture.clone(),
        relief: None,
        specular: 0.85,
        gloss: 220.0,
        subsurface: 0.25,
        casts_shadow: false,
    }
}

fn texture(complexion: &Complexion, seed: u32) -> Texture {
    let mut texels = Vec::with_capacity(TEXTURE * TEXTURE);
    for row in 0..TEXTURE {
        for column in 0..TEXTURE {
            let scale = |at: usize| ((at as f32 + 0.5) / TEXTURE as f32 * 2.0 - 1.0) / 0.99;
            let at = Vec2::new(scale(column), -scale(row));
            let [r, g, b] = colour(at, complexion, seed).map(|c| (c.clamp(0.0, 1.0) * 255.0) as u8);
            texels.push([r, g, b, 255]);
        }
    }
    Texture { width: TEXTURE, height: TEXTURE, texels }
}

/// Colour at a place of the eye seen from the front, −1 to 1.
fn colour(at: Vec2, complexion: &Complexion, seed: u32) -> Colour {
    let (off, around) = (at.length(), at.y.atan2(at.x));
    // White: redder and darker towards the corners, shaded by the upper lid.
    let dark = 1.0 - DARKER * complexion.melanin;
    let tinted = mix(WHITE, complexion.skin, 0.10 + 0.06 * complexion.melanin).map(|c| c * dark);
    let vein = (1.0 - (noise(Vec3::new(at.x * 7.0, at.y * 16.0, 0.5), seed) * 2.0 - 1.0).abs()).powi(6);
    let corner = smooth(off, 0.5, 1.0);
    let mut white = mix(tinted, [0.70, 0.46, 0.42], 0.30 * corner + 0.12 * vein * corner);
    let lid = 1.0 - 0.30 * smooth(at.y, 0.0, 0.55);
    white = white.map(|c| c * lid);
    // Iris: fibres from the pupil to a dark rim, lighter below where light gathers.
    let inside = (off / IRIS).min(1.0);
    let ray = noise(Vec3::new(around.cos() * 9.0, around.sin() * 9.0, inside * 1.2), seed ^ 7);
    let fine = noise(Vec3::new(around.cos() * 26.0, around.sin() * 26.0, inside * 3.0), seed ^ 11);
    let fibre = 0.70 + 0.40 * ray + 0.25 * (fine - 0.5);
    let ring = 1.0 - 0.70 * smooth(inside, 0.72, 1.0);
    let collar = 1.0 + 0.25 * (1.0 - smooth((inside - 0.5).abs(), 0.0, 0.2));
    let gathered = 1.0 - 0.35 * (at.y / IRIS);
    let amber = mix(complexion.iris, [0.34, 0.22, 0.10], 0.35 * (1.0 - smooth(inside, 0.35, 0.62)));
    let iris = amber.map(|c| c * fibre * ring * collar * gathered * lid);
    let pupil = smooth(inside, complexion.pupil - 0.05, complexion.pupil + 0.05);
    let iris = mix([0.012; 3], iris, pupil);
    mix(iris, white, smooth(off, IRIS - 0.025, IRIS + 0.035))
}
