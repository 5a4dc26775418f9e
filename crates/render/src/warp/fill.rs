//! Filling in what a part hides: smooth interpolation from the known pixels around it.

use super::raster::{PixelBox, Size};

/// Rounds of relaxation after the pyramid's first guess; it only has to remove what the pyramid left blocky.
const ROUNDS: usize = 80;
const OVER_RELAXATION: f32 = 1.7;

/// Replaces the values where `known` is false by a smooth surface through the known ones (the solution of
/// Laplace's equation, free at the picture's border): a plain or gently shaded surface is continued unseen.
///
/// Only pixels for which `needed` holds are refined; the others keep the pyramid's guess.
pub(crate) fn fill_smoothly<const C: usize>(
    values: &mut [[f32; C]],
    size: Size,
    known: &[bool],
    needed: impl Fn(usize) -> bool,
) {
    if !known.iter().any(|&k| k) {
        return;
    }
    let weight: Vec<f32> = known.iter().map(|&k| if k { 1.0 } else { 0.0 }).collect();
    let guess = pull_push(values, &weight, size);
    for ((value, guess), &known) in values.iter_mut().zip(guess).zip(known) {
        if !known {
            *value = guess;
        }
    }
    let Some(area) = PixelBox::of_pixels(size, |i| !known[i] && needed(i)) else { return };
    let Size { width, height } = size;
    let free: Vec<usize> = (area.top..=area.bottom)
        .flat_map(|y| (area.left..=area.right).map(move |x| y * width + x))
        .filter(|&i| !known[i] && needed(i))
        .collect();
    for _ in 0..ROUNDS {
        for &i in &free {
            let (x, y) = (i % width, i / width);
            let mut sum = [0.0f32; C];
            let mut count = 0.0f32;
            let mut add = |j: usize| {
                for (s, v) in sum.iter_mut().zip(&values[j]) {
                    *s += v;
                }
                count += 1.0;
            };
            if x > 0 {
                add(i - 1);
            }
            if x + 1 < width {
                add(i + 1);
            }
            if y > 0 {
                add(i - width);
            }
            if y + 1 < height {
                add(i + width);
            }
            for (value, s) in values[i].iter_mut().zip(sum) {
                *value += OVER_RELAXATION * (s / count - *value);
            }
        }
    }
}

/// Weighted means down a pyramid, holes filled on the way up (Burt's and Gortler's pull–push).
fn pull_push<const C: usize>(values: &[[f32; C]], weight: &[f32], size: Size) -> Vec<[f32; C]> {
    let Size { width, height } = size;
    if width == 1 && height == 1 {
        return values.to_vec();
    }
    let half = Size { width: width.div_ceil(2), height: height.div_ceil(2) };
    let mut coarse = vec![[0.0f32; C]; half.area()];
    let mut coarse_weight = vec![0.0f32; half.area()];
    for y in 0..height {
        for x in 0..width {
            let (from, to) = (y * width + x, (y / 2) * half.width + x / 2);
            coarse_weight[to] += weight[from];
            for (target, value) in coarse[to].iter_mut().zip(&values[from]) {
                *target += weight[from] * value;
            }
        }
    }
    for (value, weight) in coarse.iter_mut().zip(&mut coarse_weight) {
        if *weight > 0.0 {
            value.iter_mut().for_each(|v| *v /= *weight);
            *weight = weight.min(1.0);
        }
    }
    let coarse = pull_push(&coarse, &coarse_weight, half);
    let mut out = values.to_vec();
    for y in 0..height {
        for x in 0..width {
            let i = y * width + x;
            if weight[i] >= 1.0 {
                continue;
            }
            // The centre of pixel x lies at (x − 0.5)/2 among the coarse centres.
            let position = |v: usize, n: usize| {
                let p = ((v as f32 - 0.5) * 0.5).clamp(0.0, (n - 1) as f32);
                let low = (p as usize).min(n.saturating_sub(2));
                (low, (low + 1).min(n - 1), p - low as f32)
            };
            let ((x0, x1, fx), (y0, y1, fy)) = (position(x, half.width), position(y, half.height));
            for (c, target) in out[i].iter_mut().enumerate() {
                let upper =
                    coarse[y0 * half.width + x0][c] * (1.0 - fx) + coarse[y0 * half.width + x1][c] * fx;
                let lower =
                    coarse[y1 * half.width + x0][c] * (1.0 - fx) + coarse[y1 * half.width + x1][c] * fx;
                *target = weight[i] * *target + (1.0 - weight[i]) * (upper * (1.0 - fy) + lower * fy);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gradient_is_continued_under_a_hole() {
        let size = Size { width: 64, height: 48 };
        let truth: Vec<[f32; 3]> = size.points().map(|p| [p.x / 64.0, p.y / 48.0, 0.5]).collect();
        let known: Vec<bool> =
            size.points().map(|p| !((20.0..40.0).contains(&p.x) && (10.0..38.0).contains(&p.y))).collect();
        let mut filled = truth.clone();
        for (value, &known) in filled.iter_mut().zip(&known) {
            if !known {
                *value = [9.0; 3];
            }
        }
        fill_smoothly(&mut filled, size, &known, |_| true);
        let worst = filled
            .iter()
            .zip(&truth)
            .flat_map(|(a, b)| (0..3).map(move |c| (a[c] - b[c]).abs()))
            .fold(0.0f32, f32::max);
        assert!(worst < 0.03, "{worst}");
        assert!(filled.iter().flatten().all(|v| (-0.01..=1.01).contains(v)));
    }

    #[test]
    fn nothing_known_changes_nothing() {
        let size = Size { width: 3, height: 2 };
        let mut values = vec![[0.5f32]; 6];
        fill_smoothly(&mut values, size, &[false; 6], |_| true);
        assert!(values.iter().all(|v| v[0] == 0.5));
    }
}
