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
