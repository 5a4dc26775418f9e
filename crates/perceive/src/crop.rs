//! Cutting a rotated square out of a picture in the way of OpenCV's 8-bit fixed-point bilinear warp.
//!
//! The models' answers move by up to a pixel with another kind of interpolation (PERCEPTION §2), so
//! positions are rounded to 1/32 pixel, pixel centres lie on whole numbers, and the result is
//! rounded to 8 bits before it is scaled to the model's range.

use crate::region::Region;
use orator_media::Picture;

/// What lies outside the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Border {
    /// Black.
    Zero,
    /// The nearest pixel of the edge.
    Replicate,
}

/// Positions are rounded to 1/32 pixel.
const STEPS: i32 = 32;
/// Adding this to a double makes the low bits of its mantissa the nearest integer, ties to even.
const ROUNDING: f64 = 6_755_399_441_055_744.0;

/// Fills `values` with `[side, side, 3]` samples of `region`, 0..255 mapped to `range`.
pub(crate) fn crop(
    picture: &Picture,
    region: &Region,
    side: usize,
    range: [f32; 2],
    border: Border,
    values: &mut Vec<f32>,
) {
    let scale = ((f64::from(range[1]) - f64::from(range[0])) / 255.0) as f32;
    let mut table = [0f32; 256];
    for (byte, value) in table.iter_mut().enumerate() {
        *value = byte as f32 * scale + range[0];
    }
    values.resize(side * side * 3, 0.0);

    let [start, across, down] = axes(region, side);
    let (width, height) = (picture.width(), picture.height());
    let rgb = picture.rgb();
    let row_bytes = width * 3;
    let (last_x, last_y) = (width as i32 - 1, height as i32 - 1);
    let round = |v: f64| (v * f64::from(STEPS)).clamp(-1e9, 1e9) + ROUNDING;

    for (row, line) in values.chunks_exact_mut(side * 3).enumerate() {
        let row_x = start[0] + down[0] * row as f64;
        let row_y = start[1] + down[1] * row as f64;
        for (column, out) in line.chunks_exact_mut(3).enumerate() {
            // the low 32 bits of the mantissa are the rounded number
            let x = round(row_x + across[0] * column as f64).to_bits() as u32 as i32;
            let y = round(row_y + across[1] * column as f64).to_bits() as u32 as i32;
            let (right, below) = ((x & (STEPS - 1)) as u32, (y & (STEPS - 1)) as u32);
            let (x, y) = (x >> 5, y >> 5);
            let steps = STEPS as u32;
            let weights = [
                (steps - right) * (steps - below),
                right * (steps - below),
                (steps - right) * below,
                right * below,
            ];
            let mut sums = [512u32; 3];
            if x >= 0 && y >= 0 && x < last_x && y < last_y {
                let at = y as usize * row_bytes + x as usize * 3;
                let upper = &rgb[at..at + 6];
                let lower = &rgb[at + row_bytes..at + row_bytes + 6];
                for channel in 0..3 {
                    sums[channel] += u32::from(upper[channel]) * weights[0]
                        + u32::from(upper[channel + 3]) * weights[1]
                        + u32::from(lower[channel]) * weights[2]
                        + u32::from(lower[channel + 3]) * weights[3];
                }
            } else {
                for (corner, weight) in weights.iter().enumerate() {
                    let (cx, cy) = (x + (corner & 1) as i32, y + (corner >> 1) as i32);
                    let outside = cx < 0 || cy < 0 || cx > last_x || cy > last_y;
                    if outside && border == Border::Zero {
                        continue;
                    }
                    let at = cy.clamp(0, last_y) as usize * row_bytes + cx.clamp(0, last_x) as usize * 3;
                    for channel in 0..3 {
                        sums[channel] += u32::from(rgb[at + channel]) * weight;
                    }
                }
            }
            for channel in 0..3 {
                out[channel] = table[(sums[channel] >> 10) as usize & 255];
            }
        }
    }
}

/// The upper left corner of the region and the steps for one pixel to the right and down, from the
/// corners in single precision as OpenCV keeps them.
fn axes(region: &Region, side: usize) -> [[f64; 2]; 3] {
    let (x, y, length) = (region.x as f32, region.y as f32, region.side as f32);
    let angle = f64::from(region.rotation.to_degrees() as f32) * std::f64::consts::PI / 180.0;
    let half_cos = angle.cos() as f32 * 0.5;
    let half_sin = angle.sin() as f32 * 0.5;
    let bottom_left = [x - half_sin * length - half_cos * length, y + half_cos * length - half_sin * length];
    let top_left = [x + half_sin * length - half_cos * length, y - half_cos * length - half_sin * length];
    let top_right = [2.0 * x - bottom_left[0], 2.0 * y - bottom_left[1]];
    let step = |from: f32, to: f32| (f64::from(to) - f64::from(from)) / side as f64;
    [
        [f64::from(top_left[0]), f64::from(top_left[1])],
        [step(top_left[0], top_right[0]), step(top_left[1], top_right[1])],
        [step(top_left[0], bottom_left[0]), step(top_left[1], bottom_left[1])],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by OpenCV 3.4.18: `boxPoints`, `getPerspectiveTransform` and `warpPerspective` with
    /// linear interpolation of a 61 × 47 picture to 32 × 32, once with either border.
    const OPENCV: &[u8] = include_bytes!("../tests/fixtures/opencv_3_4_warp.rgb");

    #[test]
    fn equal_to_opencv() {
        let mut state = 12345u32;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        let picture = Picture::from_rgb(61, 47, noise.take(61 * 47 * 3).collect()).unwrap();
        let regions = [
            (30.0, 24.0, 30.0, 0.0),
            (30.25, 20.7, 41.3, 0.4),
            (10.0, 8.0, 50.0, -1.2),
            (55.5, 40.1, 25.0, 2.9),
            (30.5, 23.5, 61.0, 0.0),
            (31.0, 22.0, 400.0, 0.1),
        ];
        let mut expected = OPENCV.chunks_exact(32 * 32 * 3);
        let mut values = Vec::new();
        for (x, y, side, rotation) in regions {
            for border in [Border::Zero, Border::Replicate] {
                let region = Region { x, y, side, rotation };
                crop(&picture, &region, 32, [0.0, 255.0], border, &mut values);
                let expected = expected.next().unwrap();
                let worst =
                    values.iter().zip(expected).map(|(a, &b)| (a - f32::from(b)).abs()).fold(0.0, f32::max);
                let unequal = values.iter().zip(expected).filter(|(a, b)| **a != f32::from(**b)).count();
                // a position on the edge between two 1/32 steps may fall to the other side: on
                // noise that is a few grey levels in a few pixels
                assert!(worst <= 9.0 && unequal <= 60, "{region:?} {border:?}: {unequal} by {worst}");
            }
        }
    }
}
