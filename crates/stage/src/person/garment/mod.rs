//! Stand-in: the helper tights as one garment.

use glam::Vec2;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Bind, Body, Piece, PieceCorner, PiecePoint, Traits};
use crate::Result;
use crate::surface::{Part, Texture};

/// What somebody wears.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outfit {
    colour: [u8; 3],
}

/// A dressed body.
pub struct Dress {
    /// The clothes.
    pub pieces: Vec<Piece>,
    /// One value per base vertex: 0 bare skin, above 1 hidden under cloth.
    pub cover: Vec<f32>,
}

impl Outfit {
    /// Draws clothes.
    #[must_use]
    pub fn sample(rng: &mut ChaCha8Rng, _traits: &Traits) -> Self {
        Self { colour: [rng.random_range(20..200), rng.random_range(20..200), rng.random_range(20..200)] }
    }
}

/// Puts clothes on.
///
/// # Errors
/// Never, yet.
pub fn dress(body: &Body, outfit: &Outfit, _seed: u64) -> Result<Dress> {
    let mesh = &body.anatomy.mesh;
    let members = mesh.vertices_of("helper-tights");
    let neck = body.skeleton.bone("neck01").map_or(5.9, |bone| body.skeleton.head(bone).y);
    let wrist = body.skeleton.bone("wrist.L").map_or(4.0, |bone| body.skeleton.head(bone).x);
    let covered = |v: u32| {
        let p = body.vertices[v as usize];
        p.y < neck - 0.35 && p.x.abs() < wrist - 0.3
    };
    let mut at = vec![u32::MAX; body.vertices.len()];
    let mut points = Vec::new();
    for &v in members {
        at[v as usize] = points.len() as u32;
        points.push(PiecePoint {
            rest: body.vertices[v as usize] + body.normals[v as usize] * 0.05,
            bind: Bind::Vertex(v),
        });
    }
    let corners = members
        .iter()
        .map(|&v| PieceCorner {
            point: at[v as usize],
            uv: Vec2::splat(0.5),
            cut: if covered(v) { 0.0 } else { 1.5 },
        })
        .collect();
    let mut triangles = Vec::new();
    for face in mesh.faces_of("helper-tights") {
        if face.vertices.iter().any(|&v| !covered(v)) {
            continue;
        }
        let v: Vec<u32> = face.vertices.iter().map(|&v| at[v as usize]).collect();
        triangles.push(([v[0], v[1], v[2]], Part::Torso));
        if v.len() == 4 {
            triangles.push(([v[0], v[2], v[3]], Part::Torso));
        }
    }
    let [r, g, b] = outfit.colour;
    let cover = (0..body.vertices.len() as u32)
        .map(|v| {
            let p = body.vertices[v as usize];
            if p.y < neck - 0.45 && p.x.abs() < wrist - 0.5 { 2.0 } else { 0.0 }
        })
        .collect();
    let piece = Piece {
        points,
        corners,
        triangles,
        texture: Texture { width: 1, height: 1, texels: vec![[r, g, b, 255]] },
        relief: None,
        specular: 0.1,
        gloss: 8.0,
        subsurface: 0.0,
        casts_shadow: true,
    };
    Ok(Dress { pieces: vec![piece], cover })
}
