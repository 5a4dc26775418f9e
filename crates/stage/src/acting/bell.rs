//! How a movement runs from its start to its end: bell-shaped speed, at rest on both sides.

/// The course of one movement. Its speed rises and falls as `(1 − |x|ⁿ)²`, where `x` runs from −1 at the start over
/// 0 at the peak to 1 at the end: smooth to the first derivative of speed everywhere, also where the peak is not in
/// the middle, and greatest exactly at the peak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bell {
    start: f64,
    peak: f64,
    end: f64,
    shape: Shape,
}

/// How pointed the bell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `n = 2`: the minimum-jerk bell of Flash and Hogan (1985) where the peak is in the middle.
    Pointed,
    /// `n = 4`: flatter, so that the same way takes a lower greatest speed.
    Flat,
}

/// The least share of a movement before and after its peak.
const LEAST_SHARE: f64 = 0.05;
/// Movements shorter than this, in seconds, are drawn out to it.
const SHORTEST: f64 = 0.02;

impl Bell {
    /// A stroke with its greatest speed at `peak` (seconds).
    pub(super) fn stroke(start: f64, peak: f64, end: f64) -> Self {
        let end = end.max(start + SHORTEST);
        let margin = (end - start) * LEAST_SHARE;
        Self { start, peak: peak.clamp(start + margin, end - margin), end, shape: Shape::Pointed }
    }

    /// A preparation or retraction: even, without a marked peak.
    pub(super) fn transfer(start: f64, end: f64) -> Self {
        let end = end.max(start + SHORTEST);
        Self { start, peak: f64::midpoint(start, end), end, shape: Shape::Flat }
    }

    pub(super) fn start(&self) -> f64 {
        self.start
    }

    pub(super) fn end(&self) -> f64 {
        self.end
    }

    /// How much of the way is done at `seconds`, 0–1.
    pub(super) fn progress(&self, seconds: f64) -> f32 {
        if seconds <= self.start {
            return 0.0;
        }
        if seconds >= self.end {
            return 1.0;
        }
        let whole = self.shape.area(1.0) * (self.end - self.start);
        let done = if seconds < self.peak {
            let width = self.peak - self.start;
            width * (self.shape.area(1.0) - self.shape.area((self.peak - seconds) / width))
        } else {
            let width = self.end - self.peak;
            self.shape.area(1.0) * (self.peak - self.start)
                + width * self.shape.area((seconds - self.peak) / width)
        };
        (done / whole) as f32
    }

    /// The greatest speed, as a share of the way per second.
    pub(super) fn greatest_speed(&self) -> f32 {
        (1.0 / (self.shape.area(1.0) * (self.end - self.start))) as f32
    }
}

impl Shape {
    /// The integral of `(1 − xⁿ)²` from 0 to `x`.
    fn area(self, x: f64) -> f64 {
        match self {
            Self::Pointed => x - 2.0 * x.powi(3) / 3.0 + x.powi(5) / 5.0,
            Self::Flat => x - 2.0 * x.powi(5) / 5.0 + x.powi(9) / 9.0,
        }
    }
}

/// Minimum-jerk rise from 0 to 1 while `x` goes from 0 to 1; at rest at both ends.
pub(super) fn ease(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * x * (x * (6.0 * x - 15.0) + 10.0)
}

/// A pulse of height 1 at `x = 0` that is 0 beyond `|x| = 1`.
pub(super) fn pulse(x: f32) -> f32 {
    let rest = 1.0 - x * x;
    if rest > 0.0 { rest * rest } else { 0.0 }
}

/// `x` where it is small, never more than `most` in size; its slope is continuous.
pub(super) fn soft_limit(x: f32, most: f32) -> f32 {
    let free = 0.8 * most;
    let over = x.abs() - free;
    if over <= 0.0 { x } else { x.signum() * (free + (most - free) * (over / (most - free)).tanh()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_stroke_is_fastest_at_its_peak(length in 0.1f64..1.0, share in 0.1f64..0.9) {
            let bell = Bell::stroke(1.0, 1.0 + length * share, 1.0 + length);
            let step = 1e-3;
            let speed = |t: f64| f64::from(bell.progress(t + step) - bell.progress(t - step)) / (2.0 * step);
            let fastest = (0..1000).map(|i| 1.0 + length * f64::from(i) / 1000.0)
                .max_by(|a, b| speed(*a).total_cmp(&speed(*b))).unwrap();
            prop_assert!((fastest - (1.0 + length * share)).abs() < 0.012, "{fastest}");
            prop_assert!((speed(fastest) / f64::from(bell.greatest_speed()) - 1.0).abs() < 0.02);
            prop_assert!(bell.progress(1.0) == 0.0 && bell.progress(1.0 + length) == 1.0);
        }

        #[test]
        fn a_soft_limit_holds_and_rises(a in -5.0f32..5.0, b in -5.0f32..5.0) {
            prop_assert!(soft_limit(a, 1.0).abs() <= 1.0);
            prop_assert!((soft_limit(a, 1.0) - soft_limit(b, 1.0)) * (a - b) >= 0.0);
        }
    }
}
