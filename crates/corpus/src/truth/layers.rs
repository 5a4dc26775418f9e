//! Pictures of numbers that belong to frames: part masks and depth.

use ndarray::{Array2, Array3, s};
use serde::{Deserialize, Serialize};

/// What a number in a part mask means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartName {
    /// The number.
    pub number: u8,
    /// Its name.
    pub name: String,
    /// Whether it is a part of the speaker.
    pub person: bool,
}

/// Part masks, of every frame or of every n-th. They may be smaller than the picture; they cover the whole of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Masks {
    /// Mask i is of frame i × `every`.
    pub every: u32,
    /// `[frames ÷ every rounded up, height, width]`: part numbers.
    pub parts: Array3<u8>,
    /// What the numbers mean; every number that occurs has an entry.
    pub legend: Vec<PartName>,
}

impl Masks {
    /// Where the speaker is in mask `index`, `[height, width]`; `None` past the end.
    #[must_use]
    pub fn person(&self, index: usize) -> Option<Array2<bool>> {
        let mut person = [false; 256];
        for part in &self.legend {
            person[usize::from(part.number)] = part.person;
        }
        (index < self.parts.shape()[0])
            .then(|| self.parts.slice(s![index, .., ..]).mapv(|part| person[usize::from(part)]))
    }
}

/// Depth pictures, of every frame or of every n-th. They may be smaller than the picture; they cover the whole of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Depth {
    /// Picture i is of frame i × `every`.
    pub every: u32,
    /// `[frames ÷ every rounded up, height, width]`: millimetres along the line of sight's axis (z), 0 = nothing there.
    pub millimetres: Array3<u16>,
}

impl Depth {
    /// Rounds metres to millimetres; what is not above 0, too far (beyond 65.535 m), or no number becomes 0: nothing.
    #[must_use]
    pub fn from_metres(every: u32, metres: &Array3<f32>) -> Self {
        let millimetres = metres.mapv(|z| {
            let rounded = (z * 1000.0).round();
            if rounded > 0.0 && rounded <= f32::from(u16::MAX) { rounded as u16 } else { 0 }
        });
        Self { every, millimetres }
    }
}
