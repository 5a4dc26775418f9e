//! Stand-in: a bald head.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Body, Piece, Traits};
use crate::Result;

/// How the hair is worn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HairStyle {}

impl HairStyle {
    /// Draws a style.
    #[must_use]
    pub fn sample(_rng: &mut ChaCha8Rng, _traits: &Traits) -> Self {
        Self {}
    }
}

/// Grows hair.
///
/// # Errors
/// Never, yet.
pub fn grow(_body: &Body, _style: &HairStyle, _traits: &Traits, _seed: u64) -> Result<Vec<Piece>> {
    Ok(Vec::new())
}
