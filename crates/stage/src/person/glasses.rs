//! Stand-in: nobody wears glasses yet.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Body, Piece, Traits};
use crate::Result;

/// A pair of glasses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Glasses {}

impl Glasses {
    /// Draws whether somebody wears glasses, and which.
    #[must_use]
    pub fn sample(_rng: &mut ChaCha8Rng, _traits: &Traits) -> Option<Self> {
        None
    }
}

/// Puts glasses on.
///
/// # Errors
/// Never, yet.
pub fn wear(_body: &Body, _glasses: &Glasses) -> Result<Vec<Piece>> {
    Ok(Vec::new())
}
