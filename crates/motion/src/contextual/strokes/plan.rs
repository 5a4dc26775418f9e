//! A plan: when each hand strokes, and how generators are told.

use ndarray::Array2;

/// Frames a second of all motion.
pub(super) const RATE: f64 = 25.0;
/// Numbers a frame that tell of one hand: a pulse at its strokes, how near the next and the last one are, and how near the
/// next one is on a longer scale.
const HAND_NUMBERS: usize = 4;
/// Numbers a frame that tell of both hands.
pub const GUIDE_NUMBERS: usize = 2 * HAND_NUMBERS;
/// Standard deviation of a pulse in seconds: one frame.
const PULSE: f64 = 0.04;
/// Nearness falls by e in so many seconds: a preparation and a retraction take about as long, a gesture with its hold longer.
const NEAR: f64 = 0.3;
const FAR: f64 = 1.0;
/// Strokes of both hands within this many seconds are one stroke of both.
const TOGETHER: f64 = 0.08;

/// Moments at which hands are to be fastest, of a whole recording or clip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StrokePlan {
    /// Seconds from the start, in order: the person's left hand, then the right.
    pub hands: [Vec<f64>; 2],
}

/// A pulse of height 1 around 0.
fn pulse(distance: f64) -> f64 {
    (-0.5 * (distance / PULSE).powi(2)).exp()
}

impl StrokePlan {
    /// What the frames' pulses of one stroke add up to: how many frames a stroke counts for.
    pub(super) fn pulse_area() -> f64 {
        PULSE * RATE * (2.0 * std::f64::consts::PI).sqrt()
    }

    /// What generators are told, `[frames, 8]`, all in 0..=1: of the left hand and then of the right a pulse at each stroke (a
    /// Gaussian of 40 ms), the nearness e^(−d/0.3 s) of the next and of the last stroke, and e^(−d/1 s) of the next.
    #[must_use]
    pub fn guide(&self, frames: usize) -> Array2<f32> {
        let mut guide = Array2::zeros((frames, GUIDE_NUMBERS));
        for (side, times) in self.hands.iter().enumerate() {
            for frame in 0..frames {
                let now = frame as f64 / RATE;
                let after = times.partition_point(|&time| time < now);
                let next = times.get(after).map_or(f64::INFINITY, |time| time - now);
                let last = after.checked_sub(1).map_or(f64::INFINITY, |before| now - times[before]);
                let numbers =
                    [pulse(next.min(last)), (-next / NEAR).exp(), (-last / NEAR).exp(), (-next / FAR).exp()];
                for (number, value) in numbers.into_iter().enumerate() {
                    guide[[frame, HAND_NUMBERS * side + number]] = value as f32;
                }
            }
        }
        guide
    }

    /// What the predictor learns, `[frames, 3]` in 0..=1: pulses at the strokes of the left hand alone, of the right alone, and
    /// of both together.
    #[must_use]
    pub fn pulses(&self, frames: usize) -> Array2<f32> {
        let mut pulses: Array2<f32> = Array2::zeros((frames, 3));
        let mut add = |kind: usize, time: f64| {
            let middle = (time * RATE).round() as isize;
            for frame in (middle - 4).max(0)..(middle + 5).min(frames as isize) {
                let at = &mut pulses[[frame as usize, kind]];
                *at = at.max(pulse(frame as f64 / RATE - time) as f32);
            }
        };
        let [left, right] = &self.hands;
        let partner =
            |times: &[f64], time: f64| times.iter().copied().find(|other| (other - time).abs() <= TOGETHER);
        for &time in left {
            match partner(right, time) {
                Some(other) => add(2, 0.5 * (time + other)),
                None => add(0, time),
            }
        }
        right.iter().filter(|&&time| partner(left, time).is_none()).for_each(|&time| add(1, time));
        pulses
    }

    /// [`Self::guide`] of the mirrored motion.
    #[must_use]
    pub fn mirrored_guide(guide: &Array2<f32>) -> Array2<f32> {
        Array2::from_shape_fn(guide.dim(), |(frame, column)| {
            guide[[frame, (column + HAND_NUMBERS) % GUIDE_NUMBERS]]
        })
    }

    /// [`Self::pulses`] of the mirrored motion.
    #[must_use]
    pub fn mirrored_pulses(pulses: &Array2<f32>) -> Array2<f32> {
        Array2::from_shape_fn(pulses.dim(), |(frame, kind)| pulses[[frame, [1, 0, 2][kind]]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> StrokePlan {
        StrokePlan { hands: [vec![0.4, 2.0], vec![0.8, 2.02]] }
    }

    #[test]
    fn the_guide_peaks_at_strokes_and_grows_towards_them() {
        let guide = plan().guide(75);
        assert_eq!(guide.dim(), (75, GUIDE_NUMBERS));
        assert!(guide.iter().all(|v| (0.0..=1.0).contains(v)));
        assert!((guide[[10, 0]] - 1.0).abs() < 1e-4 && guide[[15, 0]] < 1e-4, "{}", guide[[10, 0]]);
        assert!((guide[[20, 4]] - 1.0).abs() < 1e-4);
        let towards: Vec<f32> = (11..=50).map(|frame| guide[[frame, 1]]).collect();
        assert!(towards.is_sorted(), "{towards:?}");
        assert!(guide[[5, 2]] == 0.0 && guide[[60, 1]] == 0.0, "nothing before the first or after the last");
        assert!(guide[[60, 2]] > guide[[70, 2]]);
        assert!(StrokePlan::default().guide(9).iter().all(|&v| v == 0.0));
    }

    #[test]
    fn strokes_of_both_hands_are_one() {
        let pulses = plan().pulses(75);
        let sums: Vec<f32> = (0..3).map(|kind| pulses.column(kind).sum()).collect();
        let area = StrokePlan::pulse_area() as f32;
        assert!(sums.iter().all(|sum| (sum - area).abs() < 0.05), "{sums:?} {area}");
        assert!(pulses[[50, 2]] > 0.9 && pulses[[50, 0]] == 0.0);
    }

    #[test]
    fn mirroring_exchanges_the_hands() {
        let swapped = StrokePlan { hands: [plan().hands[1].clone(), plan().hands[0].clone()] };
        assert_eq!(StrokePlan::mirrored_guide(&plan().guide(80)), swapped.guide(80));
        assert_eq!(StrokePlan::mirrored_pulses(&plan().pulses(80)), swapped.pulses(80));
    }
}
