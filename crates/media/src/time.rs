//! Rational frame rates: time is counted in frames and samples, never in bare float seconds.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Frames per second as an exact fraction, always in lowest terms and above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u32, u32)", into = "(u32, u32)")]
pub struct FrameRate {
    numerator: u32,
    denominator: u32,
}

impl FrameRate {
    /// 25 frames per second, the rate of all motion in this project.
    pub const MOTION: Self = Self { numerator: 25, denominator: 1 };

    /// The fraction `numerator / denominator`; `None` if either is zero.
    #[must_use]
    pub fn new(numerator: u32, denominator: u32) -> Option<Self> {
        if numerator == 0 || denominator == 0 {
            return None;
        }
        let divisor = greatest_common_divisor(numerator, denominator);
        Some(Self { numerator: numerator / divisor, denominator: denominator / divisor })
    }

    /// Frames in `denominator` seconds.
    #[must_use]
    pub fn numerator(self) -> u32 {
        self.numerator
    }

    /// Seconds that `numerator` frames last.
    #[must_use]
    pub fn denominator(self) -> u32 {
        self.denominator
    }

    /// The rate as a number, for display and for filters, not for adding up times.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }

    /// How many frames cover `samples` at `sample_rate`: the smallest whole number of frames that
    /// lasts at least as long as the sound, so the two lengths differ by less than one frame.
    #[must_use]
    pub fn frames_covering(self, samples: u64, sample_rate: u32) -> u64 {
        let per_frame = u128::from(self.denominator) * u128::from(sample_rate.max(1));
        let frames = (u128::from(samples) * u128::from(self.numerator)).div_ceil(per_frame);
        u64::try_from(frames).unwrap_or(u64::MAX)
    }

    /// The start of frame `index` in ticks of `timescale` per second, rounded down.
    #[must_use]
    pub fn start_of_frame(self, index: u64, timescale: u32) -> u64 {
        let ticks = u128::from(index) * u128::from(self.denominator) * u128::from(timescale)
            / u128::from(self.numerator);
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator == 1 {
            write!(f, "{}", self.numerator)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}

impl TryFrom<(u32, u32)> for FrameRate {
    type Error = String;
    fn try_from((numerator, denominator): (u32, u32)) -> Result<Self, String> {
        Self::new(numerator, denominator)
            .ok_or_else(|| format!("{numerator}/{denominator} is not a frame rate"))
    }
}

impl From<FrameRate> for (u32, u32) {
    fn from(rate: FrameRate) -> Self {
        (rate.numerator, rate.denominator)
    }
}

fn greatest_common_divisor(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rates_are_kept_in_lowest_terms() {
        assert_eq!(FrameRate::new(50, 2), Some(FrameRate::MOTION));
        assert_eq!(FrameRate::new(30_000, 1001).unwrap().to_string(), "30000/1001");
        assert_eq!(FrameRate::MOTION.to_string(), "25");
        assert_eq!(FrameRate::new(0, 1), None);
        assert_eq!(FrameRate::new(1, 0), None);
    }

    #[test]
    fn known_counts() {
        assert_eq!(FrameRate::MOTION.frames_covering(16_000, 16_000), 25);
        assert_eq!(FrameRate::MOTION.frames_covering(16_001, 16_000), 26);
        assert_eq!(FrameRate::MOTION.frames_covering(0, 16_000), 0);
        assert_eq!(FrameRate::MOTION.frames_covering(u64::MAX, 1), u64::MAX);
        let ntsc = FrameRate::new(30_000, 1001).unwrap();
        assert_eq!(ntsc.start_of_frame(30_000, 90_000), 1001 * 90_000);
    }

    #[test]
    fn a_rate_is_stored_as_two_numbers_and_nonsense_is_refused() {
        let text = serde_json::to_string(&FrameRate::MOTION).unwrap();
        assert_eq!(text, "[25,1]");
        assert_eq!(serde_json::from_str::<FrameRate>("[50,2]").unwrap(), FrameRate::MOTION);
        assert!(serde_json::from_str::<FrameRate>("[25,0]").is_err());
    }

    fn any_rate() -> impl Strategy<Value = FrameRate> {
        (1u32..200_000, 1u32..5_000).prop_map(|(n, d)| FrameRate::new(n, d).unwrap())
    }

    proptest! {
        #[test]
        fn frames_cover_the_sound_by_less_than_one_frame(
            rate in any_rate(), samples in 0u64..1_000_000_000, sample_rate in 1u32..200_000,
        ) {
            let frames = u128::from(rate.frames_covering(samples, sample_rate));
            // Both lengths in units of 1 / (numerator · sample_rate) seconds.
            let one_frame = u128::from(rate.denominator()) * u128::from(sample_rate);
            let sound = u128::from(samples) * u128::from(rate.numerator());
            prop_assert!(frames * one_frame >= sound);
            prop_assert!(frames * one_frame < sound + one_frame);
        }

        #[test]
        fn starts_grow_and_do_not_drift(rate in any_rate(), index in 0u64..1_000_000, timescale in 1u32..100_000) {
            let start = rate.start_of_frame(index, timescale);
            prop_assert!(rate.start_of_frame(index + 1, timescale) >= start);
            // Rounded down from the exact start, however many frames went before.
            let exact = u128::from(index) * u128::from(rate.denominator()) * u128::from(timescale);
            let ticks = u128::from(start) * u128::from(rate.numerator());
            prop_assert!(ticks <= exact && exact < ticks + u128::from(rate.numerator()));
        }

        #[test]
        fn a_whole_number_of_periods_starts_on_a_whole_second(rate in any_rate(), periods in 0u64..1_000) {
            let frames = periods * u64::from(rate.numerator());
            let seconds = periods * u64::from(rate.denominator());
            prop_assert_eq!(rate.start_of_frame(frames, 1), seconds);
            prop_assert_eq!(rate.frames_covering(seconds * 48_000, 48_000), frames);
        }
    }
}
