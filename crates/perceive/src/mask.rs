//! Which pixels are the person: the pose model's mask, brought back to the picture.

use crate::pose::MASK_SIDE;
use crate::region::Region;

/// One byte a pixel, rows from the top: 0 background … 255 person.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonMask {
    /// Pixels in a row: the picture's width.
    pub width: usize,
    /// Rows: the picture's height.
    pub height: usize,
    /// `width * height` values.
    pub data: Vec<u8>,
}

impl std::fmt::Debug for PersonMask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PersonMask({}x{})", self.width, self.height)
    }
}

impl PersonMask {
    /// Spreads `logits` (`[256, 256]` over `region`) on a picture; outside the region nobody is.
    pub(crate) fn project(logits: &[f32], region: &Region, width: usize, height: usize) -> Self {
        let mut data = vec![0u8; width * height];
        let side = MASK_SIDE as f64;
        let (sin, cos) = region.rotation.sin_cos();
        let step = [cos / region.side * side, -sin / region.side * side];
        for (y, row) in data.chunks_exact_mut(width).enumerate() {
            let (dx, dy) = (-region.x, y as f64 - region.y);
            let start = [
                ((dx * cos + dy * sin) / region.side + 0.5) * side,
                ((-dx * sin + dy * cos) / region.side + 0.5) * side,
            ];
            for (x, out) in row.iter_mut().enumerate() {
                let (u, v) = (start[0] + step[0] * x as f64, start[1] + step[1] * x as f64);
                if let Some(logit) = sample(logits, u, v) {
                    *out = (255.0 / (1.0 + (-logit).exp())).round() as u8;
                }
            }
        }
        Self { width, height, data }
    }
}

/// Bilinear between whole cells; the logits are blended, not the probabilities, so that the edge
/// stays sharp when a cell covers many pixels.
fn sample(logits: &[f32], u: f64, v: f64) -> Option<f32> {
    let last = (MASK_SIDE - 1) as f64;
    if !(u >= 0.0 && v >= 0.0 && u <= last + 1.0 && v <= last + 1.0) {
        return None;
    }
    let (u, v) = (u.min(last), v.min(last));
    let (x, y) = (u as usize, v as usize);
    let (right, below) = ((x + 1).min(MASK_SIDE - 1), (y + 1).min(MASK_SIDE - 1));
    let (fx, fy) = ((u - x as f64) as f32, (v - y as f64) as f32);
    let at = |x: usize, y: usize| logits.get(y * MASK_SIDE + x).copied().unwrap_or(f32::NEG_INFINITY);
    let upper = at(x, y) * (1.0 - fx) + at(right, y) * fx;
    let lower = at(x, below) * (1.0 - fx) + at(right, below) * fx;
    Some(upper * (1.0 - fy) + lower * fy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_lands_on_its_half_turned_with_the_region() {
        // the left half of the crop is the person
        let logits: Vec<f32> =
            (0..MASK_SIDE * MASK_SIDE).map(|i| if i % MASK_SIDE < 128 { 9.0 } else { -9.0 }).collect();
        let upright = Region { x: 50.0, y: 40.0, side: 60.0, rotation: 0.0 };
        let mask = PersonMask::project(&logits, &upright, 100, 80);
        assert_eq!(mask.data.len(), 8000);
        assert_eq!(mask.data[40 * 100 + 35], 255);
        assert_eq!(mask.data[40 * 100 + 65], 0);
        assert_eq!(mask.data[40 * 100 + 5], 0, "outside the region");
        // a quarter clockwise: the crop's left is the picture's top
        let turned = Region { rotation: std::f64::consts::FRAC_PI_2, ..upright };
        let mask = PersonMask::project(&logits, &turned, 100, 80);
        assert_eq!(mask.data[25 * 100 + 50], 255);
        assert_eq!(mask.data[55 * 100 + 50], 0);
    }
}
