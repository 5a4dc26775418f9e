//! Cropping, resizing and mirroring.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

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
        let mut rgb = vec![0; width * height * 3];
        // One pixel type named here instead of any at run time: the others need not be compiled.
        let source =
            TypedImageRef::<U8x3>::from_buffer(self.width() as u32, self.height() as u32, self.rgb());
        let target = TypedImage::<U8x3>::from_buffer(width as u32, height as u32, &mut rgb);
        if let (Ok(source), Ok(mut target)) = (source, target) {
            let resized = Resizer::new().resize_typed(&source, &mut target, &options);
            // It refuses only sizes that do not agree with their buffers, and these do.
            debug_assert!(resized.is_ok(), "{resized:?}");
        }
        Self { width, height, rgb }
    }
}

fn rounded_quotient(numerator: u128, denominator: u128) -> u128 {
    (numerator + denominator / 2) / denominator
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every pixel different: red counts columns, green rows.
    fn counted(width: usize, height: usize) -> Picture {
        let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 7])).collect();
        Picture::from_rgb(width, height, rgb).unwrap()
    }

    fn rect(x: f32, y: f32, width: f32, height: f32) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn a_crop_reaches_outside() {
        let crop = counted(10, 8).crop(rect(-2.0, 5.0, 14.0, 5.0), Fill::Edge);
        assert_eq!((crop.width(), crop.height()), (14, 5));
        assert_eq!(crop.pixel(0, 0), [0, 5, 7]);
        assert_eq!(crop.pixel(2, 0), [0, 5, 7]);
        assert_eq!(crop.pixel(5, 1), [3, 6, 7]);
        assert_eq!(crop.pixel(13, 4), [9, 7, 7]);
        let crop = counted(10, 8).crop(rect(-2.0, 5.0, 14.0, 5.0), Fill::Colour([1, 2, 3]));
        assert_eq!(
            [crop.pixel(1, 0), crop.pixel(2, 0), crop.pixel(12, 0), crop.pixel(5, 3)],
            [[1, 2, 3], [0, 5, 7], [1, 2, 3], [1, 2, 3]]
        );
    }

    #[test]
    fn wild_rectangles_do_no_harm() {
        let picture = counted(5, 4);
        for wild in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1e30, 1e30, 0.0] {
            let _ = picture.crop(rect(wild, 0.0, 3.0, 3.0), Fill::Edge);
            let _ = picture.crop(rect(0.0, wild, 3.0, 3.0), Fill::Colour([0; 3]));
        }
        let none = picture.crop(rect(0.0, 0.0, f32::NAN, -5.0), Fill::Edge);
        assert_eq!((none.width(), none.height()), (1, 1));
    }

    #[test]
    fn shrinking_keeps_the_mean_and_does_not_alias() {
        // Columns alternate between black and white: anything that picks pixels shows stripes.
        let rgb = (0..64).flat_map(|_| (0..64).flat_map(|x| [if x % 2 == 0 { 0 } else { 255 }; 3])).collect();
        let stripes = Picture::from_rgb(64, 64, rgb).unwrap();
        for small in [stripes.resize(16, 16), stripes.resize_bilinear(16, 16)] {
            assert!(small.rgb().iter().all(|value| (110..=146).contains(value)), "{:?}", &small.rgb()[..12]);
        }
        let flat = Picture::filled(33, 21, [10, 200, 90]);
        for other in [flat.resize(7, 90), flat.resize_bilinear(100, 3)] {
            assert!(other.rgb().chunks(3).all(|pixel| pixel == [10, 200, 90]));
        }
    }

    #[test]
    fn the_edges_of_both_pictures_coincide() {
        // A ramp stays the same ramp only if pixel centres are mapped at half-integers.
        let rgb = (0..40).flat_map(|_| (0..100).flat_map(|x| [2 * x as u8 + 1; 3])).collect();
        let small = Picture::from_rgb(100, 40, rgb).unwrap().resize_bilinear(50, 20);
        for x in 3..47 {
            assert_eq!(i16::from(small.pixel(x, 10)[0]), 4 * x as i16 + 2, "{x}");
        }
    }

    proptest! {
        #[test]
        fn crops_have_the_rounded_size_and_agree_with_the_picture(
            (w, h) in (1usize..40, 1usize..40),
            (x, y) in (-60f32..60.0, -60f32..60.0),
            (cw, ch) in (0.6f32..50.0, 0.6f32..50.0),
        ) {
            let picture = counted(w, h);
            let crop = picture.crop(rect(x, y, cw, ch), Fill::Edge);
            prop_assert_eq!((crop.width(), crop.height()), (cw.round() as usize, ch.round() as usize));
            for row in 0..crop.height() {
                for column in 0..crop.width() {
                    let source_x = (x.round() as i64 + column as i64).clamp(0, w as i64 - 1) as usize;
                    let source_y = (y.round() as i64 + row as i64).clamp(0, h as i64 - 1) as usize;
                    prop_assert_eq!(crop.pixel(column, row), picture.pixel(source_x, source_y));
                }
            }
        }

        #[test]
        fn sizes_and_mirrors((w, h) in (1usize..50, 1usize..50), (to_w, to_h) in (1usize..80, 1usize..80)) {
            let picture = counted(w, h);
            let resized = picture.resize(to_w, to_h);
            prop_assert_eq!((resized.width(), resized.height()), (to_w, to_h));
            prop_assert_eq!(resized.rgb().len(), to_w * to_h * 3);
            let fitted = picture.resize_to_fit(to_w, to_h);
            prop_assert!(fitted.width() <= to_w && fitted.height() <= to_h);
            prop_assert!(fitted.width() == to_w || fitted.height() == to_h);
            let mirrored = picture.flip_horizontal();
            prop_assert_eq!(mirrored.pixel(0, 0), picture.pixel(w - 1, 0));
            prop_assert!(mirrored.flip_horizontal() == picture);
        }
    }
}
