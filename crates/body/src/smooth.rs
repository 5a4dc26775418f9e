//! Smoothing over time (Savitzky–Golay) and filling of short gaps (METHODS 0.4).

use crate::layout::{INNER_LIPS, OUTER_LIPS};
use crate::normalise::SEEN;
use crate::{BodyError, KeypointTrack, Result};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How strongly to smooth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmoothingConfig {
    /// Order of the polynomial that is fitted in each window. Default 2.
    pub order: usize,
    /// Frames in the window for all other points; odd, above `order`. Default 11.
    pub window: usize,
    /// Frames in the window for the 12 outer-lip points, which move faster. Default 7.
    pub outer_lips_window: usize,
    /// Frames in the window for the 8 inner-lip points. Default 5.
    pub inner_lips_window: usize,
    /// Points below this confidence are neither smoothed nor let into a window. Default 0.3.
    pub threshold: f32,
}

impl SmoothingConfig {
    /// For motion that drives a picture: it takes the detector's tremble away and leaves hands and lips quick.
    pub const DRIVING: Self =
        Self { order: 2, window: 5, outer_lips_window: 5, inner_lips_window: 3, threshold: SEEN };
}

impl Default for SmoothingConfig {
    fn default() -> Self {
        Self { order: 2, window: 11, outer_lips_window: 7, inner_lips_window: 5, threshold: SEEN }
    }
}

/// Which gaps to fill.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GapConfig {
    /// Points below this confidence are missing. Default 0.3.
    pub threshold: f32,
    /// Longest run of missing frames that is filled. Default 5.
    pub longest: usize,
}

impl Default for GapConfig {
    fn default() -> Self {
        Self { threshold: SEEN, longest: 5 }
    }
}

impl KeypointTrack {
    /// The track smoothed over time by Savitzky–Golay filters, each unbroken run of seen frames of a point
    /// by itself; unseen points stay as they are. Within half a window of a run's ends the polynomial of
    /// the first or last whole window is read off. A run shorter than the window is smoothed with the
    /// largest odd window that fits, and not at all when that is no longer than the order.
    ///
    /// # Errors
    /// [`BodyError::Shape`] when a window of `config` is even, not longer than the order, or above
    /// [`LONGEST_WINDOW`].
    pub fn smoothed(&self, config: &SmoothingConfig) -> Result<Self> {
        let filters = |longest: usize| -> Result<Vec<SavitzkyGolay>> {
            SavitzkyGolay::new(longest, config.order)?;
            // One filter for every window that a short run may need.
            (1..=longest)
                .step_by(2)
                .filter(|window| *window > config.order)
                .map(|window| SavitzkyGolay::new(window, config.order))
                .collect()
        };
        let all = filters(config.window)?;
        let outer = filters(config.outer_lips_window)?;
        let inner = filters(config.inner_lips_window)?;

        let mut smoothed = self.clone();
        let positions = self.layout().points();
        for (at, whole) in positions.into_iter().enumerate() {
            let filters = match whole {
                w if OUTER_LIPS.contains(&w) => &outer,
                w if INNER_LIPS.contains(&w) => &inner,
                _ => &all,
            };
            for run in self.runs(at, |confidence| confidence > 0.0 && confidence >= config.threshold) {
                let Some(filter) = filters.iter().rev().find(|filter| filter.window() <= run.len()) else {
                    continue;
                };
                for axis in 0..2 {
                    let series: Vec<f64> =
                        run.clone().map(|frame| f64::from(self.points()[[frame, at, axis]])).collect();
                    for (frame, value) in run.clone().zip(filter.apply(&series)) {
                        smoothed.parts_mut().0[[frame, at, axis]] = value as f32;
                    }
                }
            }
        }
        Ok(smoothed)
    }

    /// The track with short gaps filled: where a point is below the threshold for at most
    /// [`GapConfig::longest`] frames between two seen ones, its place is interpolated linearly and it gets
    /// the lower of the two confidences. Longer gaps and those at either end stay as they are, below the
    /// threshold, and so do not count as seen.
    #[must_use]
    pub fn gaps_filled(&self, config: &GapConfig) -> Self {
        let mut filled = self.clone();
        for at in 0..self.layout().len() {
            let missing = |confidence: f32| !(confidence > 0.0 && confidence >= config.threshold);
            for gap in self.runs(at, missing) {
                if gap.start == 0 || gap.end == self.frames() || gap.len() > config.longest {
                    continue;
                }
                let (before, after) = (gap.start - 1, gap.end);
                let certainty = self.confidence()[[before, at]].min(self.confidence()[[after, at]]);
                let (points, confidence) = filled.parts_mut();
                for frame in gap {
                    let share = (frame - before) as f32 / (after - before) as f32;
                    for axis in 0..2 {
                        let (a, b) = (self.points()[[before, at, axis]], self.points()[[after, at, axis]]);
                        points[[frame, at, axis]] = a + (b - a) * share;
                    }
                    confidence[[frame, at]] = certainty;
                }
            }
        }
        filled
    }

    /// Unbroken runs of frames in which the confidence of the point at position `at` satisfies `wanted`.
    fn runs(&self, at: usize, wanted: impl Fn(f32) -> bool) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut start = None;
        for frame in 0..=self.frames() {
            let inside = frame < self.frames() && wanted(self.confidence()[[frame, at]]);
            match (inside, start) {
                (true, None) => start = Some(frame),
                (false, Some(from)) => {
                    runs.push(from..frame);
                    start = None;
                }
                _ => {}
            }
        }
        runs
    }
}

/// Longest window of a [`SavitzkyGolay`] filter.
pub const LONGEST_WINDOW: usize = 501;

/// A Savitzky–Golay smoothing filter: in each window of odd length the least-squares polynomial is read
/// off at the window's middle (Savitzky and Golay 1964).
#[derive(Clone, Debug)]
pub struct SavitzkyGolay {
    /// Row r: the weights over the window that give the fitted polynomial's value at place r of the window.
    weights: Vec<Vec<f64>>,
}

impl SavitzkyGolay {
    /// A filter over `window` samples with polynomials of `order`.
    ///
    /// # Errors
    /// [`BodyError::Shape`] when `window` is even, above [`LONGEST_WINDOW`] or not above `order`, or `order`
    /// is above 5.
    pub fn new(window: usize, order: usize) -> Result<Self> {
        if window.is_multiple_of(2) || window > LONGEST_WINDOW || window <= order || order > 5 {
            return Err(BodyError::Shape(format!(
                "a smoothing window must be odd, longer than the polynomial's order and at most \
                 {LONGEST_WINDOW} frames, and the order at most 5; not {window} frames and order {order}"
            )));
        }
        // Polynomials orthonormal over the window's places (Gram–Schmidt on powers of −1..1): with them the
        // projection onto all polynomials up to `order` is B Bᵀ, whose rows are the weights.
        let half = (window / 2).max(1) as f64;
        let places: Vec<f64> = (0..window).map(|i| (i as f64 - (window / 2) as f64) / half).collect();
        let mut basis: Vec<Vec<f64>> = Vec::new();
        for power in 0..=order {
            let mut vector: Vec<f64> = places.iter().map(|x| x.powi(power as i32)).collect();
            // Twice, because one pass loses digits for long windows.
            for _ in 0..2 {
                for other in &basis {
                    let along: f64 = dot(&vector, other);
                    vector.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
                }
            }
            let length = dot(&vector, &vector).sqrt();
            vector.iter_mut().for_each(|v| *v /= length);
            basis.push(vector);
        }
        let weights = (0..window)
            .map(|row| (0..window).map(|column| basis.iter().map(|b| b[row] * b[column]).sum()).collect())
            .collect();
        Ok(Self { weights })
    }

    /// Samples in the window.
    #[must_use]
    pub fn window(&self) -> usize {
        self.weights.len()
    }

    /// The smoothed series, as long as `series`; a series shorter than the window comes back unchanged.
    #[must_use]
    pub fn apply(&self, series: &[f64]) -> Vec<f64> {
        let window = self.window();
        if series.len() < window {
            return series.to_vec();
        }
        let half = window / 2;
        (0..series.len())
            .map(|at| {
                // At the ends the window stays inside and the polynomial is read off its middle.
                let start = at.saturating_sub(half).min(series.len() - window);
                dot(&self.weights[at - start], &series[start..start + window])
            })
            .collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Layout;
    use crate::layout::FACE;
    use crate::samples::track;
    use proptest::prelude::*;

    #[test]
    fn weights_are_the_published_ones() {
        // Savitzky and Golay, table I: quadratic, 5 points (−3 12 17 12 −3)/35; 7 points
        // (−2 3 6 7 6 3 −2)/21; 11 points (−36 9 44 69 84 89 …)/429.
        for (window, norm, half) in [(5, 35.0, vec![-3.0, 12.0, 17.0]), (7, 21.0, vec![-2.0, 3.0, 6.0, 7.0])]
            .into_iter()
            .chain([(11, 429.0, vec![-36.0, 9.0, 44.0, 69.0, 84.0, 89.0])])
        {
            let filter = SavitzkyGolay::new(window, 2).unwrap();
            for (at, expected) in half.iter().enumerate() {
                for column in [at, window - 1 - at] {
                    assert!((filter.weights[window / 2][column] * norm - expected).abs() < 1e-10);
                }
            }
        }
    }

    #[test]
    fn odd_windows_are_refused() {
        for (window, order) in [(4, 2), (1, 2), (0, 0), (503, 2), (11, 6)] {
            assert!(SavitzkyGolay::new(window, order).is_err());
        }
        let config = SmoothingConfig { window: 10, ..Default::default() };
        assert!(track(Layout::WholeBody133, 3, 1).smoothed(&config).is_err());
    }

    proptest! {
        #[test]
        fn parabolas_pass_unchanged_ends_included(
            a in -3f64..3.0, b in -3f64..3.0, c in -3f64..3.0, length in 0usize..40, half in 1usize..8
        ) {
            let series: Vec<f64> = (0..length).map(|i| i as f64 / 10.0).map(|x| a * x * x + b * x + c).collect();
            let smoothed = SavitzkyGolay::new(2 * half + 1, 2).unwrap().apply(&series);
            for (s, v) in smoothed.iter().zip(&series) {
                prop_assert!((s - v).abs() < 1e-9);
            }
        }

        #[test]
        fn smoothing_reverses_with_time(seed in 0u64..200, length in 1usize..30) {
            let whole = track(Layout::WholeBody133, length, seed);
            let series: Vec<f64> = whole.points().slice(ndarray::s![.., 0, 0]).iter().map(|v| f64::from(*v)).collect();
            let filter = SavitzkyGolay::new(11, 2).unwrap();
            let mut backwards: Vec<f64> = series.iter().rev().copied().collect();
            backwards = filter.apply(&backwards);
            backwards.reverse();
            for (a, b) in filter.apply(&series).iter().zip(backwards) {
                prop_assert!((a - b).abs() < 1e-9);
            }
        }

        #[test]
        fn filled_gaps_lie_on_the_line(start in 1usize..6, length in 1usize..9) {
            let mut moving = track(Layout::WholeBody133, 20, 3);
            let (points, confidence) = moving.parts_mut();
            for frame in 0..20 {
                points[[frame, 9, 0]] = 10.0 * frame as f32;
                confidence[[frame, 9]] = 0.9;
            }
            for frame in start..start + length {
                points[[frame, 9, 0]] = -77.0;
                confidence[[frame, 9]] = 0.1;
            }
            let filled = moving.gaps_filled(&GapConfig::default());
            for frame in start..start + length {
                if length <= 5 {
                    prop_assert!((filled.points()[[frame, 9, 0]] - 10.0 * frame as f32).abs() < 1e-3);
                    prop_assert_eq!(filled.confidence()[[frame, 9]], 0.9);
                } else {
                    prop_assert_eq!(filled.points()[[frame, 9, 0]], -77.0);
                    prop_assert_eq!(filled.confidence()[[frame, 9]], 0.1);
                }
            }
        }
    }

    #[test]
    fn gaps_at_the_ends_stay() {
        let mut moving = track(Layout::WholeBody133, 6, 3);
        for frame in [0, 1, 5] {
            moving.parts_mut().1[[frame, 0]] = 0.0;
        }
        assert_eq!(moving.gaps_filled(&GapConfig::default()), moving);
    }

    #[test]
    fn lips_use_shorter_windows_and_unseen_points_stay() {
        let mut noisy = track(Layout::WholeBody133, 40, 8);
        let (unseen, cut) = (FACE.start, 9);
        for frame in 0..40 {
            noisy.parts_mut().1[[frame, unseen]] = 0.0;
        }
        noisy.parts_mut().1[[20, cut]] = 0.0;
        let smooth = noisy.smoothed(&SmoothingConfig::default()).unwrap();
        let series = |at: usize, frames: Range<usize>| -> Vec<f64> {
            frames.map(|f| f64::from(noisy.points()[[f, at, 0]])).collect()
        };
        for (at, window) in [(0, 11), (OUTER_LIPS.start, 7), (INNER_LIPS.end - 1, 5)] {
            let expected = SavitzkyGolay::new(window, 2).unwrap().apply(&series(at, 0..40));
            for (frame, value) in expected.iter().enumerate() {
                assert!((f64::from(smooth.points()[[frame, at, 0]]) - value).abs() < 1e-3);
            }
        }
        assert_eq!(smooth.points()[[5, unseen, 0]], noisy.points()[[5, unseen, 0]]);
        // The two runs beside the unseen frame are smoothed apart.
        let before = SavitzkyGolay::new(11, 2).unwrap().apply(&series(cut, 0..20));
        assert!((f64::from(smooth.points()[[19, cut, 0]]) - before[19]).abs() < 1e-3);
        assert_eq!(smooth.points()[[20, cut, 0]], noisy.points()[[20, cut, 0]]);
    }

    #[test]
    fn short_tracks_are_handled() {
        for frames in 0..12 {
            let short = track(Layout::WholeBody133, frames, 5);
            let smooth = short.smoothed(&SmoothingConfig::default()).unwrap();
            assert_eq!(smooth.frames(), frames);
            if frames < 3 {
                assert_eq!(smooth, short);
            }
            if frames >= 5 {
                assert_ne!(smooth, short);
            }
        }
    }
}
