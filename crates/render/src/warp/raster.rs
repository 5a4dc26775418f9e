//! Planes of numbers over the picture: distances, blurs, the guided filter.

use super::geometry::Point;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub width: usize,
    pub height: usize,
}

impl Size {
    pub fn area(self) -> usize {
        self.width * self.height
    }

    /// Every pixel position, row by row.
    pub fn points(self) -> impl Iterator<Item = Point> {
        (0..self.height).flat_map(move |y| (0..self.width).map(move |x| Point::new(x as f32, y as f32)))
    }
}

/// An inclusive box of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PixelBox {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

impl PixelBox {
    pub fn whole(size: Size) -> Self {
        Self { left: 0, top: 0, right: size.width - 1, bottom: size.height - 1 }
    }

    /// The box around `points`, grown by `margin` and cut to the picture; `None` when nothing is left.
    pub fn around(points: impl IntoIterator<Item = Point>, margin: f32, size: Size) -> Option<Self> {
        let (mut low, mut high) = (Point::new(f32::MAX, f32::MAX), Point::new(f32::MIN, f32::MIN));
        for p in points {
            low = Point::new(low.x.min(p.x), low.y.min(p.y));
            high = Point::new(high.x.max(p.x), high.y.max(p.y));
        }
        let (right, bottom) = (size.width as f32 - 1.0, size.height as f32 - 1.0);
        if low.x - margin > right || low.y - margin > bottom || high.x + margin < 0.0 || high.y + margin < 0.0
        {
            return None;
        }
        Some(Self {
            left: (low.x - margin).floor().clamp(0.0, right) as usize,
            top: (low.y - margin).floor().clamp(0.0, bottom) as usize,
            right: (high.x + margin).ceil().clamp(0.0, right) as usize,
            bottom: (high.y + margin).ceil().clamp(0.0, bottom) as usize,
        })
    }

    /// The box around the pixels for which `wanted` holds.
    pub fn of_pixels(size: Size, wanted: impl Fn(usize) -> bool) -> Option<Self> {
        let hits = (0..size.area()).filter(|&i| wanted(i));
        Self::around(hits.map(|i| Point::new((i % size.width) as f32, (i / size.width) as f32)), 0.0, size)
    }

    pub fn width(&self) -> usize {
        self.right - self.left + 1
    }

    pub fn height(&self) -> usize {
        self.bottom - self.top + 1
    }
}

/// The distance in pixels of every pixel to the nearest one where `inside` holds
/// (Felzenszwalb and Huttenlocher 2012, exact); a very large number when there is none.
pub(crate) fn distance_to(size: Size, inside: impl Fn(usize) -> bool) -> Vec<f32> {
    const FAR: f32 = 1e12;
    let mut squared: Vec<f32> = (0..size.area()).map(|i| if inside(i) { 0.0 } else { FAR }).collect();
    let longest = size.width.max(size.height);
    let mut line = vec![0.0; longest];
    let mut place = vec![0usize; longest];
    let mut border = vec![0.0f32; longest + 1];
    for x in 0..size.width {
        for y in 0..size.height {
            line[y] = squared[y * size.width + x];
        }
        envelope(&line[..size.height], &mut place, &mut border, |y, value| {
            squared[y * size.width + x] = value;
        });
    }
    for row in squared.chunks_exact_mut(size.width) {
        line[..size.width].copy_from_slice(row);
        envelope(&line[..size.width], &mut place, &mut border, |x, value| row[x] = value);
    }
    squared.iter_mut().for_each(|v| *v = v.sqrt());
    squared
}

/// The lower envelope of the parabolas rooted at `line`.
fn envelope(line: &[f32], place: &mut [usize], border: &mut [f32], mut set: impl FnMut(usize, f32)) {
    let height_at = |q: usize| line[q] + (q * q) as f32;
    let mut last = 0;
    place[0] = 0;
    border[0] = f32::NEG_INFINITY;
    border[1] = f32::INFINITY;
    for q in 1..line.len() {
        let mut meet = (height_at(q) - height_at(place[last])) / (2 * (q - place[last])) as f32;
        while last > 0 && meet <= border[last] {
            last -= 1;
            meet = (height_at(q) - height_at(place[last])) / (2 * (q - place[last])) as f32;
        }
        if meet > border[last] {
            last += 1;
            place[last] = q;
        } else {
            place[last] = q;
        }
        border[last] = if last == 0 { f32::NEG_INFINITY } else { meet };
        border[last + 1] = f32::INFINITY;
    }
    let mut k = 0;
    for q in 0..line.len() {
        while border[k + 1] < q as f32 {
            k += 1;
        }
        set(q, (q as f32 - place[k] as f32).powi(2) + line[place[k]]);
    }
}

/// The pixels that hang together with a `seed` through pixels that are `open` (four neighbours).
pub(crate) fn connected(size: Size, seed: impl Fn(usize) -> bool, open: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut reached = vec![false; size.area()];
    let mut waiting: Vec<usize> = (0..size.area()).filter(|&i| open(i) && seed(i)).collect();
    waiting.iter().for_each(|&i| reached[i] = true);
    while let Some(i) = waiting.pop() {
        let (x, y) = (i % size.width, i / size.width);
        let mut visit = |inside: bool, j: usize| {
            if inside && !reached[j] && open(j) {
                reached[j] = true;
                waiting.push(j);
            }
        };
        visit(x > 0, i.wrapping_sub(1));
        visit(x + 1 < size.width, i + 1);
        visit(y > 0, i.wrapping_sub(size.width));
        visit(y + 1 < size.height, i + size.width);
    }
    reached
}

/// The mean over a square of `2 radius + 1` pixels, cut at the picture's border.
pub(crate) fn box_mean(plane: &[f32], size: Size, radius: usize) -> Vec<f32> {
    let Size { width, height } = size;
    let mut rows = vec![0.0; plane.len()];
    let mut running = vec![0.0f64; width.max(height) + 1];
    for (from, to) in plane.chunks_exact(width).zip(rows.chunks_exact_mut(width)) {
        window_means(from.iter().copied(), &mut running, radius, width, |x, v| to[x] = v);
    }
    let mut out = vec![0.0; plane.len()];
    for x in 0..width {
        let column = (0..height).map(|y| rows[y * width + x]);
        window_means(column, &mut running, radius, height, |y, v| out[y * width + x] = v);
    }
    out
}

fn window_means(
    line: impl Iterator<Item = f32>,
    running: &mut [f64],
    radius: usize,
    n: usize,
    mut set: impl FnMut(usize, f32),
) {
    running[0] = 0.0;
    for (i, v) in line.enumerate() {
        running[i + 1] = running[i] + f64::from(v);
    }
    for i in 0..n {
        let (low, high) = (i.saturating_sub(radius), (i + radius + 1).min(n));
        set(i, ((running[high] - running[low]) / (high - low) as f64) as f32);
    }
}

/// The guided filter with a colour guide (He, Sun and Tang 2013): `input` follows the edges of `guide`.
pub(crate) fn guided_filter(
    guide: &[[f32; 3]],
    input: &[f32],
    size: Size,
    radius: usize,
    epsilon: f32,
) -> Vec<f32> {
    let mean = |f: &dyn Fn(usize) -> f32| {
        let plane: Vec<f32> = (0..size.area()).map(f).collect();
        box_mean(&plane, size, radius)
    };
    let guide_mean: Vec<Vec<f32>> = (0..3).map(|c| mean(&|i| guide[i][c])).collect();
    let input_mean = mean(&|i| input[i]);
    let cross: Vec<Vec<f32>> = (0..3).map(|c| mean(&|i| guide[i][c] * input[i])).collect();
    let pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];
    let second: Vec<Vec<f32>> = pairs.iter().map(|&(a, b)| mean(&|i| guide[i][a] * guide[i][b])).collect();
    let mut slope = vec![[0.0f32; 3]; size.area()];
    let mut offset = vec![0.0f32; size.area()];
    for i in 0..size.area() {
        let m = [guide_mean[0][i], guide_mean[1][i], guide_mean[2][i]];
        let mut s = [0.0f32; 6];
        for (value, (plane, &(a, b))) in s.iter_mut().zip(second.iter().zip(&pairs)) {
            *value = plane[i] - m[a] * m[b] + if a == b { epsilon } else { 0.0 };
        }
        let covariance = [0, 1, 2].map(|c| cross[c][i] - m[c] * input_mean[i]);
        let a = symmetric_solve(s, covariance);
        slope[i] = a;
        offset[i] = input_mean[i] - a[0] * m[0] - a[1] * m[1] - a[2] * m[2];
    }
    let slope_mean: Vec<Vec<f32>> = (0..3).map(|c| mean(&|i| slope[i][c])).collect();
    let offset_mean = mean(&|i| offset[i]);
    (0..size.area())
        .map(|i| (0..3).map(|c| slope_mean[c][i] * guide[i][c]).sum::<f32>() + offset_mean[i])
        .map(|v| v.clamp(0.0, 1.0))
        .collect()
}

/// Solves the symmetric 3×3 system with the entries xx, xy, xz, yy, yz, zz.
pub(crate) fn symmetric_solve(s: [f32; 6], right: [f32; 3]) -> [f32; 3] {
    let inverse = symmetric_inverse(s);
    let [xx, xy, xz, yy, yz, zz] = inverse;
    [
        xx * right[0] + xy * right[1] + xz * right[2],
        xy * right[0] + yy * right[1] + yz * right[2],
        xz * right[0] + yz * right[1] + zz * right[2],
    ]
}

/// The inverse of the symmetric 3×3 matrix with the entries xx, xy, xz, yy, yz, zz.
pub(crate) fn symmetric_inverse(s: [f32; 6]) -> [f32; 6] {
    let [xx, xy, xz, yy, yz, zz] = s.map(f64::from);
    let (a, b, c) = (yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy);
    let determinant = xx * a + xy * b + xz * c;
    let k = if determinant.abs() < 1e-30 { 0.0 } else { 1.0 / determinant };
    [a, b, c, xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy].map(|v| (v * k) as f32)
}

/// The determinant of the symmetric 3×3 matrix with the entries xx, xy, xz, yy, yz, zz.
pub(crate) fn symmetric_determinant(s: [f32; 6]) -> f32 {
    let [xx, xy, xz, yy, yz, zz] = s;
    xx * (yy * zz - yz * yz) + xy * (xz * yz - xy * zz) + xz * (xy * yz - xz * yy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn distances_equal_the_brute_force(seeds in prop::collection::vec(any::<bool>(), 63)) {
            prop_assume!(seeds.iter().any(|&s| s));
            let size = Size { width: 9, height: 7 };
            let distances = distance_to(size, |i| seeds[i]);
            for (p, &d) in size.points().zip(&distances) {
                let brute = size.points().zip(&seeds).filter(|&(_, &s)| s)
                    .map(|(q, _)| (p - q).length()).fold(f32::INFINITY, f32::min);
                prop_assert!((brute - d).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn the_guided_filter_keeps_a_constant_and_follows_an_edge() {
        let size = Size { width: 16, height: 16 };
        let guide: Vec<[f32; 3]> =
            size.points().map(|p| if p.x < 8.0 { [0.1; 3] } else { [0.9, 0.8, 0.7] }).collect();
        let flat = guided_filter(&guide, &[0.25; 256], size, 3, 1e-4);
        assert!(flat.iter().all(|v| (v - 0.25).abs() < 1e-4));
        // A mask whose edge lies two pixels off is pulled to the picture's edge.
        let mask: Vec<f32> = size.points().map(|p| if p.x < 9.0 { 1.0 } else { 0.0 }).collect();
        let pulled = guided_filter(&guide, &mask, size, 4, 1e-4);
        assert!(pulled[8 * 16 + 7] > 0.9 && pulled[8 * 16 + 8] < 0.4);
    }
}
