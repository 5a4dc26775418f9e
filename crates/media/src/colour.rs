//! Between 8-bit RGB and planar Y'CbCr 4:2:0, by the matrix and range that a video states.

/// How a video's luma and chroma are made from R'G'B' (ITU-T H.273, matrix coefficients).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ColourMatrix {
    red: f32,
    blue: f32,
    full_range: bool,
}

/// The three planes of a 4:2:0 picture with their row lengths.
pub(crate) struct Planes<'a> {
    pub y: &'a [u8],
    pub u: &'a [u8],
    pub v: &'a [u8],
    pub y_stride: usize,
    pub chroma_stride: usize,
}

const SCALE_BITS: i32 = 16;
const HALF: i32 = 1 << (SCALE_BITS - 1);

impl ColourMatrix {
    /// BT.709 in limited range (Y' 16–235): what this crate writes.
    pub const BT709: Self = Self { red: 0.2126, blue: 0.0722, full_range: false };

    /// By the number of H.273; what is not stated or not known is taken for BT.601, as ffmpeg does.
    pub fn from_code(code: u8, full_range: bool) -> Self {
        let (red, blue) = match code {
            1 => (0.2126, 0.0722),
            4 => (0.30, 0.11),
            7 => (0.212, 0.087),
            9 | 10 => (0.2627, 0.0593),
            _ => (0.299, 0.114),
        };
        Self { red, blue, full_range }
    }

    /// Luma's offset, and the sizes of the luma and of the chroma range.
    fn range(self) -> (f32, f32, f32) {
        if self.full_range { (0.0, 255.0, 255.0) } else { (16.0, 219.0, 224.0) }
    }

    /// Writes `width * height * 3` bytes; each chroma sample covers its 2×2 pixels, which is also
    /// what ffmpeg's default conversion does, so that both ways of reading agree.
    pub fn to_rgb(self, planes: &Planes<'_>, width: usize, height: usize, rgb: &mut [u8]) {
        let (offset, luma, chroma) = self.range();
        let fixed = |value: f32| (value * (1 << SCALE_BITS) as f32).round() as i32;
        let green = 1.0 - self.red - self.blue;
        let luma_gain = fixed(255.0 / luma);
        let luma_offset = fixed(-offset * 255.0 / luma) + HALF;
        let chroma_gain = 255.0 / chroma;
        let red_v = fixed(2.0 * (1.0 - self.red) * chroma_gain);
        let green_u = fixed(-2.0 * (1.0 - self.blue) * self.blue / green * chroma_gain);
        let green_v = fixed(-2.0 * (1.0 - self.red) * self.red / green * chroma_gain);
        let blue_u = fixed(2.0 * (1.0 - self.blue) * chroma_gain);
        let clamp = |value: i32| (value >> SCALE_BITS).clamp(0, 255) as u8;
        let half_width = width.div_ceil(2);
        for (row, line) in rgb.chunks_exact_mut(width * 3).take(height).enumerate() {
            let y_row = &planes.y[row * planes.y_stride..][..width];
            let u_row = &planes.u[row / 2 * planes.chroma_stride..][..half_width];
            let v_row = &planes.v[row / 2 * planes.chroma_stride..][..half_width];
            for (column, pixel) in line.chunks_exact_mut(3).enumerate() {
                let base = luma_gain * i32::from(y_row[column]) + luma_offset;
                let u = i32::from(u_row[column / 2]) - 128;
                let v = i32::from(v_row[column / 2]) - 128;
                pixel[0] = clamp(base + red_v * v);
                pixel[1] = clamp(base + green_u * u + green_v * v);
                pixel[2] = clamp(base + blue_u * u);
            }
        }
    }

    /// Fills `planes` (Y, then U, then V, tightly packed) from `rgb`; chroma is the mean of 2×2
    /// pixels. `width` and `height` are even.
    pub fn to_planes(self, rgb: &[u8], width: usize, height: usize, planes: &mut [u8]) {
        let (offset, luma, chroma) = self.range();
        let fixed = |value: f32| (value * (1 << SCALE_BITS) as f32).round() as i32;
        let green = 1.0 - self.red - self.blue;
        let gain = luma / 255.0;
        let (y_r, y_g, y_b) = (fixed(self.red * gain), fixed(green * gain), fixed(self.blue * gain));
        let y_offset = fixed(offset) + HALF;
        let u_scale = chroma / 255.0 / (2.0 * (1.0 - self.blue));
        let v_scale = chroma / 255.0 / (2.0 * (1.0 - self.red));
        // The four pixels of a block are summed, so chroma weights carry two bits less.
        let quarter = |value: f32| fixed(value / 4.0);
        let (u_r, u_g, u_b) =
            (quarter(-self.red * u_scale), quarter(-green * u_scale), quarter((1.0 - self.blue) * u_scale));
        let (v_r, v_g, v_b) =
            (quarter((1.0 - self.red) * v_scale), quarter(-green * v_scale), quarter(-self.blue * v_scale));
        let chroma_offset = fixed(128.0) + HALF;
        let clamp = |value: i32| (value >> SCALE_BITS).clamp(0, 255) as u8;

        let (y_plane, chroma_planes) = planes.split_at_mut(width * height);
        let (u_plane, v_plane) = chroma_planes.split_at_mut(width * height / 4);
        for (pixel, y) in rgb.chunks_exact(3).zip(y_plane.iter_mut()) {
            let (r, g, b) = (i32::from(pixel[0]), i32::from(pixel[1]), i32::from(pixel[2]));
            *y = clamp(y_r * r + y_g * g + y_b * b + y_offset);
        }
        let stride = width * 3;
        for row in 0..height / 2 {
            let upper = &rgb[row * 2 * stride..][..stride];
            let lower = &rgb[(row * 2 + 1) * stride..][..stride];
            let u_row = &mut u_plane[row * width / 2..][..width / 2];
            let v_row = &mut v_plane[row * width / 2..][..width / 2];
            let blocks = upper.chunks_exact(6).zip(lower.chunks_exact(6));
            for ((above, below), (u, v)) in blocks.zip(u_row.iter_mut().zip(v_row.iter_mut())) {
                let sum = |channel: usize| {
                    i32::from(above[channel])
                        + i32::from(above[channel + 3])
                        + i32::from(below[channel])
                        + i32::from(below[channel + 3])
                };
                let (r, g, b) = (sum(0), sum(1), sum(2));
                *u = clamp(u_r * r + u_g * g + u_b * b + chroma_offset);
                *v = clamp(v_r * r + v_g * g + v_b * b + chroma_offset);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(matrix: ColourMatrix, colour: [u8; 3]) -> [u8; 3] {
        let rgb = colour.repeat(4);
        let mut planes = [0u8; 6];
        matrix.to_planes(&rgb, 2, 2, &mut planes);
        let mut back = [0u8; 12];
        let split =
            Planes { y: &planes[..4], u: &planes[4..5], v: &planes[5..], y_stride: 2, chroma_stride: 1 };
        matrix.to_rgb(&split, 2, 2, &mut back);
        [back[0], back[1], back[2]]
    }

    #[test]
    fn known_colours_have_the_published_codes() {
        let mut planes = [0u8; 6];
        ColourMatrix::BT709.to_planes(&[255; 12], 2, 2, &mut planes);
        assert_eq!((planes[0], planes[4], planes[5]), (235, 128, 128));
        ColourMatrix::BT709.to_planes(&[255, 0, 0].repeat(4), 2, 2, &mut planes);
        assert_eq!((planes[0], planes[4], planes[5]), (63, 102, 240));
        ColourMatrix::from_code(6, false).to_planes(&[0, 0, 255].repeat(4), 2, 2, &mut planes);
        assert_eq!((planes[0], planes[4], planes[5]), (41, 240, 110));
    }

    proptest! {
        #[test]
        fn one_colour_survives_within_three_levels(
            colour in any::<[u8; 3]>(),
            code in prop::sample::select(vec![1u8, 2, 5, 6, 7, 9]),
            full in any::<bool>(),
        ) {
            let back = round_trip(ColourMatrix::from_code(code, full), colour);
            for channel in 0..3 {
                prop_assert!(back[channel].abs_diff(colour[channel]) <= 3, "{colour:?} → {back:?}");
            }
        }
    }
}
