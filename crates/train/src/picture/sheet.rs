//! A sheet of pictures to look at: what was given, what was wanted, what was drawn.

use crate::Result;
use orator_media::Picture;
use std::path::Path;
use tch::{Device, Kind, Tensor};

/// Rows of pictures of one size, laid out side by side.
#[derive(Default)]
pub(super) struct Sheet {
    rows: Vec<Vec<Picture>>,
}

impl Sheet {
    /// Adds a row.
    pub fn row(&mut self, pictures: Vec<Picture>) {
        self.rows.push(pictures);
    }

    /// Writes the sheet; nothing when it has no rows.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let Some(first) = self.rows.first().and_then(|row| row.first()) else { return Ok(()) };
        let (width, height) = (first.width(), first.height());
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut whole = Picture::filled(columns * width, self.rows.len() * height, [0; 3]);
        let stride = columns * width * 3;
        for (r, row) in self.rows.iter().enumerate() {
            for (c, picture) in row.iter().enumerate() {
                let tile = picture.resize(width, height);
                for y in 0..height {
                    let to = (r * height + y) * stride + c * width * 3;
                    let from = y * width * 3;
                    whole.rgb_mut()[to..to + width * 3].copy_from_slice(&tile.rgb()[from..from + width * 3]);
                }
            }
        }
        Ok(whole.write_png(path)?)
    }
}

/// `[3, height, width]` in 0..=1 as a picture.
pub(super) fn to_picture(tensor: &Tensor) -> Result<Picture> {
    let size = tensor.size();
    let bytes = (tensor.to_kind(Kind::Float).clamp(0.0, 1.0) * 255.0)
        .round()
        .to_kind(Kind::Uint8)
        .permute([1, 2, 0])
        .contiguous()
        .to_device(Device::Cpu);
    let rgb = Vec::<u8>::try_from(&bytes.reshape([-1])).map_err(orator_nn::NnError::from)?;
    Ok(Picture::from_rgb(size[2] as usize, size[1] as usize, rgb)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_is_its_picture_and_a_sheet_holds_every_tile() {
        let red = Tensor::from_slice(&[1.0f32, 0.0, 0.0]).view([3, 1, 1]).expand([3, 4, 6], true);
        let picture = to_picture(&red).unwrap();
        assert_eq!((picture.width(), picture.height(), picture.pixel(5, 3)), (6, 4, [255, 0, 0]));
        let mut sheet = Sheet::default();
        sheet.row(vec![picture.clone(), Picture::filled(6, 4, [0, 9, 0])]);
        sheet.row(vec![picture]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        sheet.write(&path).unwrap();
        let back = orator_media::picture::read(&path, &orator_media::Limits::default()).unwrap();
        assert_eq!((back.width(), back.height()), (12, 8));
        assert_eq!((back.pixel(0, 0), back.pixel(7, 1), back.pixel(7, 6)), ([255, 0, 0], [0, 9, 0], [0; 3]));
    }
}
