//! Keeps shoulders from bulging when the upper arm comes down.

use glam::Vec3;

use super::Body;
use crate::Result;
use crate::figure::Placed;

/// Corrections of both shoulders.
#[derive(Clone, Debug)]
pub(super) struct Shoulders {}

impl Shoulders {
    pub(super) fn new(_body: &Body) -> Result<Self> {
        Ok(Self {})
    }

    /// Adds the corrections for where the upper arms are.
    pub(super) fn correct(&self, _placed: &Placed, _moves: &mut [Vec3]) {}
}
