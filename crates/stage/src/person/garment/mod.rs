//! Clothes: cut from the base mesh's cloth, laid over the body, painted and edged with collars, cuffs and hems.

mod atlas;
mod band;
mod bottom;
mod clearance;
mod collar;
mod cover;
mod fabric;
#[cfg(test)]
mod figures;
mod fit;
mod folds;
mod jacket;
mod measure;
mod outfit;
mod paint;
mod shape;
mod sheet;
#[cfg(test)]
mod tests;
mod top;

pub use outfit::{Bottom, Fabric, Jacket, Outfit, Pattern, Top};

pub(super) use atlas::byte;
pub(super) use clearance::Clearance;
#[cfg(test)]
pub(super) use figures::figures;
use measure::Measures;
pub(super) use measure::smooth;

use super::{Body, Piece};
use crate::Result;

/// What somebody has on.
#[derive(Clone, Debug)]
pub struct Dress {
    /// The clothes.
    pub pieces: Vec<Piece>,
    /// One value for each vertex of the base mesh: 0 bare skin, above 1 hidden under cloth.
    pub cover: Vec<f32>,
}

/// Dresses a body.
///
/// # Errors
/// When the figure lacks a bone or the cloth.
pub fn dress(body: &Body, outfit: &Outfit, seed: u64) -> Result<Dress> {
    let measures = Measures::take(body)?;
    let seed = (seed ^ (seed >> 32)) as u32;
    let over = outfit.jacket.map(|(kind, cloth)| jacket::plan(&measures, kind, cloth));
    let top = top::plan(&measures, outfit);
    let mut pieces = top::make(body, &measures, outfit, &top, over.as_ref().map(|o| &o.shape), seed);
    let mut shapes = vec![top.shape];
    if let Some(over) = &over {
        pieces.extend(jacket::make(body, &measures, over, seed ^ 0x6a61));
        shapes.push(over.shape);
    }
    let belt = bottom::belt(&measures);
    pieces.extend(bottom::make(body, &measures, outfit, seed ^ 0x626f));
    let cover = cover::cover(body, &measures, &shapes, belt);
    Ok(Dress { pieces, cover })
}
