//! Cropping, resizing and mirroring.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::{Picture, Rect};

/// The longest side that [`Picture::crop`] and the resizers produce; longer ones are cut to it.
const MAX_SIDE: usize = 16_384;

/// What a crop shows where it reaches outside the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// The nearest pixel of the picture's edge.
    Edge,
    /// One colour.
    Colour([u8; 3]),
}

impl Picture {
    /// The part of the picture under `rect`, rounded to whole pixels: left edge `round(x)`, width
    /// `round(width)` and at least 1 (at most 16384), the same for y. What is outside is filled.
    #[must_use]
    pub fn crop(&self, rect: Rect, fill: Fill) -> Self {
        // `as` saturates and maps NaN to zero, which is what is wanted of wild numbers.
        let left = rect.x.round() as i64;
        let top = rect.y.round() as i64;
        let width = (rect.width.round() as i64).clamp(1, MAX_SIDE as i64) as usize;
        let height = (rect.height.round() as i64).clamp(1, MAX_SIDE as i64) as usize;

        let (own_width, own_height) = (self.width() as i64, self.height() as i64);
        // Columns of the result that lie inside the picture.
        let inside_from = left.saturating_neg().clamp(0, width as i64) as usize;
        let inside_to = own_width.saturating_sub(left).clamp(inside_from as i64, width as i64) as usize;
        let mut rgb = Vec::with_capacity(width * height * 3);
        for row in 0..height as i64 {
            let wanted = top.saturating_add(row);
            let source_row = wanted.clamp(0, own_height - 1) as usize;
            let (before, after) = match fill {
                Fill::Colour(colour) if wanted != source_row as i64 => {
                    rgb.extend_from_slice(&colour.repeat(width));
                    continue;
                }
                Fill::Colour(colour) => (colour, colour),
                Fill::Edge => (self.pixel(0, source_row), self.pixel(self.width() - 1, source_row)),
            };
            rgb.extend_from_slice(&before.repeat(inside_from));
            if inside_to > inside_from {
                let start = source_row * self.width() + (left + inside_from as i64) as usize;
                let end = start + (inside_to - inside_from);
                rgb.extend_from_slice(&self.rgb()[start * 3..end * 3]);
            }
            rgb.extend_from_slice(&after.repeat(width - inside_to));
        }
        Self { width, height, rgb }
    }

    /// The picture at `width` × `height` pixels (each clamped to 1..=16384), aspect ratio not kept.
    ///
    /// Lanczos3 where the result has fewer pixels, else Catmull-Rom; both widen with the factor along
    /// an axis that shrinks, so nothing is aliased. Pixel centres are at half-integers: the outer edges of both
    /// pictures coincide.
    #[must_use]
    pub fn resize(&self, width: usize, height: usize) -> Self {
        let shrinks = width * height < self.width() * self.height();
        self.resize_by(width, height, if shrinks { FilterType::Lanczos3 } else { FilterType::CatmullRom })
    }

    /// As [`Picture::resize`] with a triangle filter (bilinear; anti-aliased when shrinking, as
    /// Pillow's `BILINEAR`): no overshoot at edges.
    #[must_use]
    pub fn resize_bilinear(&self, width: usize, height: usize) -> Self {
        self.resize_by(width, height, FilterType::Bilinear)
    }

    /// The largest picture of the same aspect ratio that fits into `max_width` × `max_height`; it is
    /// enlarged if it is smaller. Sides are rounded to whole pixels.
    #[must_use]
    pub fn resize_to_fit(&self, max_width: usize, max_height: usize) -> Self {
        let (own_width, own_height) = (self.width() as u128, self.height() as u128);
        let (max_width, max_height) = (max_width.max(1) as u128, max_height.max(1) as u128);
        // The side that meets its limit first stays exact.
        let (width, height) = if own_width * max_height >= own_height * max_width {
            (max_width, rounded_quotient(own_height * max_width, own_width).clamp(1, max_height))
        } else {
            (rounded_quotient(own_width * max_height, own_height).clamp(1, max_width), max_height)
        };
        self.resize(width as usize, height as usize)
    }

    /// The picture mirrored left to right.
    #[must_use]
    pub fn flip_horizontal(&self) -> Self {
        let mut rgb = Vec::with_capacity(self.rgb().len());
        for row in self.rgb().chunks_exact(self.width() * 3) {
            rgb.extend(row.rchunks_exact(3).flatten());
        }
        Self { width: self.width(), height: self.height(), rgb }
    }

    fn resize_by(&self, width: usize, height: usize, filter: FilterType) -> Self {
        let (width, height) = (width.clamp(1, MAX_SIDE), height.clamp(1, MAX_SIDE));
        if (width, height) == (self.width(), self.height()) {
            return self.clone();
        }
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
        let mut target = Image::new(width as u32, height as u32, PixelType::U8x3);
        let resized = ImageRef::new(self.width() as u32, self.height() as u32, self.rgb(), PixelType::U8x3)
            .map_err(|error| error.to_string())
            .and_then(|source| {
                Resizer::new().resize(&source, &mut target, &options).map_err(|error| error.to_string())
            });
        // It refuses only pixel kinds and buffer sizes that do not agree, and these do.
        debug_assert!(resized.is_ok(), "{resized:?}");
        Self { width, height, rgb: target.into_vec() }
    }
}

fn rounded_quotient(numerator: u128, denominator: u128) -> u128 {
    (numerator + denominator / 2) / denominator
}
