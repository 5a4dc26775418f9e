//! The figure's own masks over the skin's texture, at the texture's size.

use crate::Result;
use crate::figure::Anatomy;

/// A mask: values of 0–255, top row first.
pub(super) struct Mask {
    side: usize,
    values: Vec<u8>,
}

impl Mask {
    /// Reads a mask and brings it to `side × side` values by taking means.
    pub(super) fn read(anatomy: &Anatomy, name: &str, side: usize) -> Result<Self> {
        let picture = anatomy.skin_mask(name)?;
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let raw = picture.as_raw();
        let mut values = Vec::with_capacity(side * side);
        for row in 0..side {
            let rows =
                row * height / side..((row + 1) * height / side).max(row * height / side + 1).min(height);
            for column in 0..side {
                let first = column * width / side;
                let columns = first..((column + 1) * width / side).max(first + 1).min(width);
                let count = (rows.len() * columns.len()).max(1) as u32;
                let sum: u32 = rows
                    .clone()
                    .flat_map(|row| &raw[row * width..][columns.clone()])
                    .map(|v| u32::from(*v))
                    .sum();
                values.push((sum / count) as u8);
            }
        }
        Ok(Self { side, values })
    }

    /// The value at a texel, 0–1.
    pub(super) fn at(&self, texel: usize) -> f32 {
        debug_assert!(texel < self.side * self.side);
        f32::from(self.values[texel]) / 255.0
    }
}
