//! Points, similarities, segments and polygons in pixels (x right, y down).

use std::ops::{Add, Mul, Sub};

/// A position or a displacement in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Point {
    pub x: f32,
    pub y: f32,
}

impl Point {
    pub fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    pub fn length(self) -> f32 {
        self.x.hypot(self.y)
    }

    pub fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y
    }

    /// The z component of the cross product; positive when `other` lies clockwise on the screen.
    pub fn cross(self, other: Self) -> f32 {
        self.x * other.y - self.y * other.x
    }

    /// A quarter turn.
    pub fn normal(self) -> Self {
        Self::new(-self.y, self.x)
    }

    /// The vector at length one, or `fallback` when it is shorter than a hundredth of a pixel.
    pub fn unit_or(self, fallback: Self) -> Self {
        let length = self.length();
        if length < 1e-2 { fallback } else { self * (1.0 / length) }
    }

    pub fn lerp(self, other: Self, t: f32) -> Self {
        self + (other - self) * t
    }

    /// The vector cut to at most `limit`.
    pub fn limited(self, limit: f32) -> Self {
        let length = self.length();
        if length > limit { self * (limit / length) } else { self }
    }
}

impl Add for Point {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Point {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Point {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }
}

/// The mean of some points, the origin of none.
pub(crate) fn mean(points: &[Point]) -> Point {
    let sum = points.iter().fold(Point::default(), |a, &p| a + p);
    sum * (1.0 / points.len().max(1) as f32)
}

/// A rotation with one scale: p ↦ to + R (p − from).
///
/// The complex factor is kept as its difference to one, so that no motion is the identity to the last bit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Similarity {
    from: Point,
    to: Point,
    real_minus_one: f32,
    imaginary: f32,
}

impl Similarity {
    pub fn translation(by: Point) -> Self {
        Self { from: Point::default(), to: by, real_minus_one: 0.0, imaginary: 0.0 }
    }

    /// The least-squares similarity that takes `from` to `to`, its scale kept within `scale`.
    /// Fewer than two distinct points give a translation.
    pub fn fit(from: &[Point], to: &[Point], scale: std::ops::RangeInclusive<f32>) -> Self {
        let (from_mean, to_mean) = (mean(from), mean(to));
        let (mut real, mut imaginary, mut spread) = (0.0, 0.0, 0.0);
        for (&a, &b) in from.iter().zip(to) {
            let (a, d) = (a - from_mean, (b - to_mean) - (a - from_mean));
            real += a.dot(d);
            imaginary += a.cross(d);
            spread += a.dot(a);
        }
        if spread < 1e-3 {
            return Self { from: from_mean, to: to_mean, real_minus_one: 0.0, imaginary: 0.0 };
        }
        let (mut real, mut imaginary) = (real / spread, imaginary / spread);
        let size = (1.0 + real).hypot(imaginary);
        let wanted = size.clamp(*scale.start(), *scale.end());
        if wanted != size && size > 1e-6 {
            real = (1.0 + real) * wanted / size - 1.0;
            imaginary *= wanted / size;
        }
        Self { from: from_mean, to: to_mean, real_minus_one: real, imaginary }
    }

    pub fn apply(&self, p: Point) -> Point {
        let a = p - self.from;
        let turned = Point::new(
            a.x * self.real_minus_one - a.y * self.imaginary,
            a.x * self.imaginary + a.y * self.real_minus_one,
        );
        p + turned + (self.to - self.from)
    }

    /// How much lengths grow.
    pub fn scale(&self) -> f32 {
        (1.0 + self.real_minus_one).hypot(self.imaginary)
    }

    pub fn inverse(&self) -> Self {
        let (real, size) = (1.0 + self.real_minus_one, self.scale().max(1e-6).powi(2));
        Self {
            from: self.to,
            to: self.from,
            real_minus_one: if self.real_minus_one == 0.0 && self.imaginary == 0.0 {
                0.0
            } else {
                real / size - 1.0
            },
            imaginary: -self.imaginary / size,
        }
    }
}

/// Where along the segment `a`–`b` the point nearest to `p` lies (0..=1), and how far away it is.
pub(crate) fn nearest_on_segment(p: Point, a: Point, b: Point) -> (f32, f32) {
    let along = b - a;
    let t = ((p - a).dot(along) / (along.dot(along) + 1e-8)).clamp(0.0, 1.0);
    (t, (p - (a + along * t)).length())
}

/// Signed distance to a closed polygon: negative inside.
pub(crate) fn polygon_distance(p: Point, corners: &[Point]) -> f32 {
    let mut inside = false;
    let mut nearest = f32::INFINITY;
    let mut previous = corners.len().wrapping_sub(1);
    for (i, &b) in corners.iter().enumerate() {
        let a = corners[previous];
        nearest = nearest.min(nearest_on_segment(p, a, b).1);
        if (a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x {
            inside = !inside;
        }
        previous = i;
    }
    if inside { -nearest } else { nearest }
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(crate) fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn points(n: usize) -> impl Strategy<Value = Vec<Point>> {
        prop::collection::vec((0.0f32..256.0, 0.0f32..256.0).prop_map(|(x, y)| Point::new(x, y)), n)
    }

    proptest! {
        #[test]
        fn equal_sets_fit_the_identity_to_the_last_bit(set in points(6), p in points(1)) {
            let fitted = Similarity::fit(&set, &set, 0.5..=2.0);
            prop_assert_eq!(fitted.apply(p[0]), p[0]);
            prop_assert_eq!(fitted.inverse().apply(p[0]), p[0]);
        }

        #[test]
        fn a_fit_finds_the_similarity_it_was_made_with(set in points(6), angle in -3.0f32..3.0, scale in 0.6f32..1.6) {
            let spread: f32 = set.iter().map(|&p| (p - mean(&set)).length()).sum();
            prop_assume!(spread > 60.0);
            let moved: Vec<Point> = set.iter().map(|&p| Point::new(
                scale * (p.x * angle.cos() - p.y * angle.sin()) + 5.0,
                scale * (p.x * angle.sin() + p.y * angle.cos()) - 7.0,
            )).collect();
            let fitted = Similarity::fit(&set, &moved, 0.5..=2.0);
            for (&a, &b) in set.iter().zip(&moved) {
                prop_assert!((fitted.apply(a) - b).length() < 0.05);
                prop_assert!((fitted.inverse().apply(b) - a).length() < 0.05);
            }
        }

        #[test]
        fn segment_distance_is_the_smallest_of_many(p in points(3)) {
            let (_, distance) = nearest_on_segment(p[0], p[1], p[2]);
            let brute = (0..=1000).map(|i| (p[0] - p[1].lerp(p[2], i as f32 / 1000.0)).length()).fold(f32::INFINITY, f32::min);
            prop_assert!(distance <= brute + 1e-3 && brute - distance < 0.3);
        }
    }

    #[test]
    fn a_square_has_an_inside() {
        let square = [Point::new(0.0, 0.0), Point::new(4.0, 0.0), Point::new(4.0, 4.0), Point::new(0.0, 4.0)];
        assert!((polygon_distance(Point::new(2.0, 1.0), &square) + 1.0).abs() < 1e-5);
        assert!((polygon_distance(Point::new(7.0, 8.0), &square) - 5.0).abs() < 1e-5);
    }
}
