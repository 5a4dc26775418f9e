//! A part's backward map on a coarse grid: for an output pixel, where in the portrait to look.

use super::geometry::Point;
use super::raster::PixelBox;
use rayon::prelude::*;

/// Displacements (source − output, pixels) and opacity factors at the corners of square cells.
#[derive(Debug, Default)]
pub(crate) struct Field {
    area: Option<PixelBox>,
    step: usize,
    columns: usize,
    corners: Vec<[f32; 3]>,
}

impl Field {
    /// Evaluates `map` (output position to source position and opacity factor) over `area`, every `step` pixels.
    pub fn fill(&mut self, area: Option<PixelBox>, step: usize, map: impl Fn(Point) -> (Point, f32) + Sync) {
        self.area = area;
        let Some(area) = area else { return };
        self.step = step.max(1);
        self.columns = (area.width() - 1).div_ceil(self.step) + 1;
        let rows = (area.height() - 1).div_ceil(self.step) + 1;
        self.corners.resize(self.columns * rows, [0.0; 3]);
        let step = self.step;
        self.corners.par_chunks_mut(self.columns).enumerate().for_each(|(row, line)| {
            for (column, corner) in line.iter_mut().enumerate() {
                let p = Point::new((area.left + column * step) as f32, (area.top + row * step) as f32);
                let (q, opacity) = map(p);
                *corner = [q.x - p.x, q.y - p.y, opacity];
            }
        });
    }

    pub fn area(&self) -> Option<PixelBox> {
        self.area
    }

    /// Displacement and opacity factor at a pixel of the area.
    pub fn at(&self, x: usize, y: usize) -> [f32; 3] {
        let Some(area) = self.area else { return [0.0; 3] };
        let (dx, dy) = (x - area.left, y - area.top);
        let (column, row) = (dx / self.step, dy / self.step);
        let start = row * self.columns + column;
        if self.step == 1 {
            return self.corners[start];
        }
        let scale = 1.0 / self.step as f32;
        let (fx, fy) = ((dx % self.step) as f32 * scale, (dy % self.step) as f32 * scale);
        let (a, c) = (self.corners[start], self.corners[(start + self.columns).min(self.corners.len() - 1)]);
        let (b, d) = if fx > 0.0 {
            (self.corners[start + 1], self.corners[(start + self.columns + 1).min(self.corners.len() - 1)])
        } else {
            (a, c)
        };
        [0, 1, 2].map(|k| {
            let upper = a[k] + fx * (b[k] - a[k]);
            let lower = c[k] + fx * (d[k] - c[k]);
            upper + fy * (lower - upper)
        })
    }

    /// The displacement anywhere, clamped to the area.
    pub fn displacement(&self, p: Point) -> Point {
        let Some(area) = self.area else { return Point::default() };
        let x = p.x.round().clamp(area.left as f32, area.right as f32) as usize;
        let y = p.y.round().clamp(area.top as f32, area.bottom as f32) as usize;
        let [dx, dy, _] = self.at(x, y);
        Point::new(dx, dy)
    }
}
