//! A small visible text in the lower left corner, light on a darkened plate.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use crate::{MediaError, Picture, Result};

const LONGEST: usize = 40;
const BRIGHTNESS: u32 = 235;
/// How much of the picture stays visible under the plate, of 256.
const PLATE: u32 = 110;

/// The text as a mask, made once for all frames.
pub(crate) struct Label {
    width: usize,
    height: usize,
    left: usize,
    top: usize,
    /// Intensity of the text, `[height, width]`.
    mask: Vec<u8>,
}

impl Label {
    /// Lays `text` out for pictures of this size.
    pub fn new(text: &str, picture_width: usize, picture_height: usize) -> Result<Self> {
        let wrong = |why: &str| Err(MediaError::Argument(format!("the label “{text}” {why}")));
        let text = text.trim();
        if text.is_empty() || text.chars().count() > LONGEST {
            return wrong("must have 1 to 40 letters");
        }
        let raster = match picture_height {
            0..=479 => RasterHeight::Size16,
            480..=1079 => RasterHeight::Size20,
            _ => RasterHeight::Size32,
        };
        let letter = get_raster_width(FontWeight::Regular, raster);
        let line = raster.val();
        let padding = line / 4;
        let margin = line / 2;
        let (width, height) = (text.chars().count() * letter + 2 * padding, line + padding);
        if width + margin > picture_width || height + margin > picture_height {
            return wrong(&format!("does not fit into {picture_width}x{picture_height} pixels"));
        }
        let mut mask = vec![0u8; width * height];
        for (index, character) in text.chars().enumerate() {
            let Some(glyph) = get_raster(character, FontWeight::Regular, raster) else {
                return wrong(&format!("has the letter “{character}”, which cannot be drawn"));
            };
            for (row, values) in glyph.rows().enumerate() {
                let start = (row + padding / 2) * width + padding + index * letter;
                mask[start..start + values.len()].copy_from_slice(values);
            }
        }
        Ok(Self { width, height, left: margin, top: picture_height - height - margin, mask })
    }

    /// Draws it into a picture of the size it was made for.
    pub fn draw(&self, picture: &mut Picture) {
        let stride = picture.width() * 3;
        let rows = picture.rgb_mut().chunks_exact_mut(stride).skip(self.top);
        for (line, mask) in rows.zip(self.mask.chunks_exact(self.width)) {
            let pixels = line[self.left * 3..].chunks_exact_mut(3);
            for (pixel, &text) in pixels.zip(mask) {
                for value in pixel {
                    let under = u32::from(*value) * PLATE / 256;
                    let text = u32::from(text);
                    *value = ((under * (255 - text) + BRIGHTNESS * text) / 255) as u8;
                }
            }
        }
        debug_assert_eq!(self.mask.len(), self.width * self.height);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_inside_its_plate_only() {
        let label = Label::new("AI generated", 256, 256).unwrap();
        let mut picture = Picture::filled(256, 256, [200, 100, 50]);
        label.draw(&mut picture);
        assert_eq!(picture.pixel(255, 0), [200, 100, 50]);
        assert_eq!(picture.pixel(label.left - 1, 250), [200, 100, 50]);
        let brightest = picture.rgb().iter().max();
        assert_eq!(brightest, Some(&235));
    }

    #[test]
    fn refuses_what_cannot_be_drawn() {
        assert!(Label::new("", 256, 256).is_err());
        assert!(Label::new("漢", 256, 256).is_err());
        assert!(Label::new("much too long for this", 64, 64).is_err());
        assert!(Label::new(&"x".repeat(41), 4000, 4000).is_err());
    }
}
