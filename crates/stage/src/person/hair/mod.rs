//! Hair of the head: short hair as shells over the scalp, long hair as sheets that fall from a parting, tied hair.

mod fall;
mod fur;
mod scalp;
mod strand;
mod style;
#[cfg(test)]
mod tests;
mod tied;

pub use style::{Cut, HairStyle};

use super::{Body, Piece, Traits};
use crate::Result;
use scalp::Scalp;

/// Grows hair on a body.
///
/// # Errors
/// When the figure lacks a bone or the mask of the ears.
pub fn grow(body: &Body, style: &HairStyle, traits: &Traits, seed: u64) -> Result<Vec<Piece>> {
    let seed = (seed ^ (seed >> 32)) as u32 ^ 0x6861;
    let scalp = Scalp::find(body, style)?;
    let mut pieces = Vec::new();
    if style.cut != Cut::Bald {
        let texture = strand::texture(style, traits, seed);
        pieces.push(fur::fur(body, &scalp, style, texture.clone(), seed));
        match style.cut {
            Cut::Bob | Cut::Shoulder | Cut::Long => {
                pieces.push(fall::fall(body, &scalp, style, texture, seed))
            }
            Cut::Bun => pieces.push(tied::bun(&scalp, style, texture, seed)),
            Cut::Ponytail => pieces.push(tied::tail(body, &scalp, style, texture, seed)),
            _ => {}
        }
    }
    Ok(pieces)
}
