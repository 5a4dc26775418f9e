//! Shape targets: how far each vertex moves when a trait is fully there.

use flate2::read::GzDecoder;
use glam::Vec3;
use std::io::Read;
use std::path::Path;

use crate::{Result, StageError};

/// Larger than any target of the package by far; keeps a damaged file from filling the memory.
const MOST_BYTES: u64 = 16 << 20;

/// Displacements of some vertices, in decimetres.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Target {
    /// Vertex and displacement, by rising vertex.
    pub moves: Vec<(u32, Vec3)>,
}

impl Target {
    /// Reads a `.target` file, packed with gzip if its name ends in `.gz`.
    ///
    /// # Errors
    /// When it cannot be read, or names a vertex beyond `vertices`.
    pub fn read(path: &Path, vertices: usize) -> Result<Self> {
        let file = std::fs::File::open(path).map_err(|e| StageError::asset(path, e))?;
        let mut text = String::new();
        let packed = path.extension().is_some_and(|end| end == "gz");
        let read = if packed {
            GzDecoder::new(file).take(MOST_BYTES).read_to_string(&mut text)
        } else {
            file.take(MOST_BYTES).read_to_string(&mut text)
        };
        read.map_err(|e| StageError::asset(path, e))?;
        let mut moves = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = || StageError::asset(path, format!("line {} is not as expected", number + 1));
            let mut words = line.split_ascii_whitespace();
            let vertex: u32 = words.next().and_then(|w| w.parse().ok()).ok_or_else(wrong)?;
            let mut axis = || words.next().and_then(|w| w.parse::<f32>().ok()).ok_or_else(wrong);
            let by = Vec3::new(axis()?, axis()?, axis()?);
            if vertex as usize >= vertices || !by.is_finite() {
                return Err(wrong());
            }
            moves.push((vertex, by));
        }
        moves.sort_by_key(|(vertex, _)| *vertex);
        Ok(Self { moves })
    }

    /// Moves `vertices` by `amount` of this target.
    pub fn apply(&self, amount: f32, vertices: &mut [Vec3]) {
        for &(vertex, by) in &self.moves {
            vertices[vertex as usize] += by * amount;
        }
    }
}
