//! Puts the pieces of a person together: one list of points, corners, triangles; hidden triangles are dropped.

use super::{Piece, PiecePoint};
use crate::surface::{Corner, Material, Surface, Triangle};
use crate::{Result, StageError};

/// A triangle whose corners all have a cut above this is never drawn.
const HIDDEN: f32 = 1.0;

/// The surface, and for each of its points where it rests and what it follows.
///
/// # Errors
/// When a piece is inconsistent (an index beyond its points or corners).
pub(super) fn assemble(pieces: Vec<Piece>) -> Result<(Surface, Vec<PiecePoint>)> {
    let mut surface = Surface::default();
    let mut points = Vec::new();
    for (number, piece) in pieces.into_iter().enumerate() {
        check(number, &piece)?;
        let material = surface.materials.len() as u16;
        let mut point_at = vec![u32::MAX; piece.points.len()];
        let mut corner_at = vec![u32::MAX; piece.corners.len()];
        for (corners, part) in &piece.triangles {
            if corners.iter().all(|&corner| piece.corners[corner as usize].cut > HIDDEN) {
                continue;
            }
            let corners = corners.map(|index| {
                let slot = &mut corner_at[index as usize];
                if *slot == u32::MAX {
                    let corner = piece.corners[index as usize];
                    let point = &mut point_at[corner.point as usize];
                    if *point == u32::MAX {
                        *point = points.len() as u32;
                        points.push(piece.points[corner.point as usize]);
                    }
                    *slot = surface.corners.len() as u32;
                    surface.corners.push(Corner { point: *point, uv: corner.uv, cut: corner.cut });
                }
                *slot
            });
            surface.triangles.push(Triangle { corners, material, part: *part });
        }
        let texture = surface.textures.len();
        surface.textures.push(piece.texture);
        let (relief, relief_depth) = match piece.relief {
            Some((heights, depth)) => {
                surface.textures.push(heights);
                (Some(texture + 1), depth)
            }
            None => (None, 0.0),
        };
        surface.materials.push(Material {
            texture,
            relief,
            relief_depth,
            specular: piece.specular,
            gloss: piece.gloss,
            subsurface: piece.subsurface,
            casts_shadow: piece.casts_shadow,
        });
    }
    surface.points = points.len();
    Ok((surface, points))
}

fn check(number: usize, piece: &Piece) -> Result<()> {
    let fine = piece.triangles.iter().flat_map(|(corners, _)| corners).all(|&corner| {
        piece.corners.get(corner as usize).is_some_and(|corner| (corner.point as usize) < piece.points.len())
    });
    if fine {
        return Ok(());
    }
    Err(StageError::Setting {
        what: format!("piece {number} of a person names points it does not have"),
        hint: "this is a fault of the program: please report the seed".into(),
    })
}
