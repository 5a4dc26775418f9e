//! A layer: one body part cut out of the portrait, colours already multiplied by their opacity.

use super::geometry::Point;
use super::raster::{PixelBox, Size};

/// Premultiplied RGBA in 0..=1 over a box of the portrait.
///
/// The box has a rim of transparent pixels except where it touches the picture's border: there the border pixels go
/// on outside, so that a torso cut off by the picture can move up.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    area: PixelBox,
    pixels: Vec<[f32; 4]>,
    /// Whether any pixel that an interpolation from here on needs is visible.
    visible: Vec<bool>,
}

impl Layer {
    /// Cuts the box around everything visible out of whole-picture planes; `None` when nothing is.
    pub fn cut(size: Size, pixels: &[[f32; 4]]) -> Option<Self> {
        let seen = PixelBox::of_pixels(size, |i| pixels[i][3] > 1.0 / 512.0)?;
        let corners = [
            Point::new(seen.left as f32, seen.top as f32),
            Point::new(seen.right as f32, seen.bottom as f32),
        ];
        let area = PixelBox::around(corners, 1.0, size)?;
        let mut cut = Vec::with_capacity(area.width() * area.height());
        for y in area.top..=area.bottom {
            cut.extend_from_slice(&pixels[y * size.width + area.left..=y * size.width + area.right]);
        }
        let rim = |x: usize, y: usize| {
            (x == area.left && x > 0)
                || (x == area.right && x + 1 < size.width)
                || (y == area.top && y > 0)
                || (y == area.bottom && y + 1 < size.height)
        };
        for y in area.top..=area.bottom {
            for x in area.left..=area.right {
                if rim(x, y) {
                    cut[(y - area.top) * area.width() + (x - area.left)] = [0.0; 4];
                }
            }
        }
        let mut visible = vec![false; cut.len()];
        let (width, height) = (area.width(), area.height());
        for (i, _) in cut.iter().enumerate().filter(|(_, pixel)| pixel[3] > 0.0) {
            let (x, y) = (i % width, i / width);
            for row in y.saturating_sub(2)..(y + 2).min(height) {
                for column in x.saturating_sub(2)..(x + 2).min(width) {
                    visible[row * width + column] = true;
                }
            }
        }
        Some(Self { area, pixels: cut, visible })
    }

    pub fn area(&self) -> PixelBox {
        self.area
    }

    /// The colour between the pixels by bicubic (Catmull–Rom) interpolation, exact at the pixels.
    pub fn sample(&self, x: f32, y: f32) -> [f32; 4] {
        let (width, height) = (self.area.width(), self.area.height());
        let x = (x - self.area.left as f32).clamp(0.0, (width - 1) as f32);
        let y = (y - self.area.top as f32).clamp(0.0, (height - 1) as f32);
        let (column, row) = (x as usize, y as usize);
        let (fx, fy) = (x - column as f32, y - row as f32);
        if !self.visible[row * width + column] {
            return [0.0; 4];
        }
        if fx < 1e-4 && fy < 1e-4 {
            return self.pixels[row * width + column];
        }
        let (wx, wy) = (catmull_rom(fx), catmull_rom(fy));
        let mut sum = [0.0f32; 4];
        if column >= 1 && row >= 1 && column + 2 < width && row + 2 < height {
            let start = (row - 1) * width + column - 1;
            for (j, weight_y) in wy.iter().enumerate() {
                let line = &self.pixels[start + j * width..start + j * width + 4];
                let mut across = [0.0f32; 4];
                for (pixel, weight_x) in line.iter().zip(&wx) {
                    (0..4).for_each(|c| across[c] += weight_x * pixel[c]);
                }
                (0..4).for_each(|c| sum[c] += weight_y * across[c]);
            }
        } else {
            for (j, weight_y) in wy.iter().enumerate() {
                let line = (row + j).saturating_sub(1).min(height - 1) * width;
                for (i, weight_x) in wx.iter().enumerate() {
                    let pixel = self.pixels[line + (column + i).saturating_sub(1).min(width - 1)];
                    (0..4).for_each(|c| sum[c] += weight_y * weight_x * pixel[c]);
                }
            }
        }
        // The cubic may overshoot: opacity stays in 0..=1 and no colour exceeds it.
        sum[3] = sum[3].clamp(0.0, 1.0);
        (0..3).for_each(|c| sum[c] = sum[c].clamp(0.0, sum[3]));
        sum
    }
}

fn catmull_rom(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(size: Size) -> Vec<[f32; 4]> {
        size.points().map(|p| [p.x / 20.0, p.y / 20.0, 0.1, 1.0]).collect()
    }

    #[test]
    fn pixels_are_exact_ramps_are_reproduced_and_borders_go_on() {
        let size = Size { width: 12, height: 10 };
        let layer = Layer::cut(size, &ramp(size)).unwrap();
        assert_eq!(layer.sample(3.0, 4.0), [3.0 / 20.0, 4.0 / 20.0, 0.1, 1.0]);
        let between = layer.sample(3.25, 4.5);
        assert!((between[0] - 3.25 / 20.0).abs() < 1e-5 && (between[1] - 4.5 / 20.0).abs() < 1e-5);
        assert_eq!(layer.sample(50.0, -9.0), layer.sample(11.0, 0.0));
    }

    #[test]
    fn a_part_inside_the_picture_ends() {
        let size = Size { width: 12, height: 10 };
        let mut pixels = vec![[0.0; 4]; size.area()];
        pixels[4 * 12 + 5] = [1.0; 4];
        let layer = Layer::cut(size, &pixels).unwrap();
        assert_eq!(layer.sample(9.0, 4.0), [0.0; 4]);
        assert_eq!(layer.sample(5.0, 4.0), [1.0; 4]);
        assert!(Layer::cut(size, &vec![[0.0; 4]; size.area()]).is_none());
    }
}
