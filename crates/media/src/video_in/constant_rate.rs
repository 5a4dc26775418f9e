//! Variable frame rate to constant frame rate, on whole numbers.
//!
//! The rule is that of ffmpeg's `fps` filter with its defaults and `start_time=0`: a source frame
//! belongs to the slot nearest to its time stamp (halves away from zero), each slot shows the last
//! frame that belongs to it or to a slot before it, and the video ends with the slot nearest to the
//! end of its last frame.

use crate::FrameRate;

/// Decides how often each source frame is shown at a constant rate.
///
/// Frames are pushed in order of presentation; each push says how often the frame *held before*
/// is to be shown, so that only one picture is ever kept.
#[derive(Clone, Debug)]
pub struct ConstantRate {
    rate: FrameRate,
    timescale: u32,
    next_slot: i64,
}

impl ConstantRate {
    /// Converts time stamps counted in `timescale` ticks per second to slots at `rate`.
    #[must_use]
    pub fn new(rate: FrameRate, timescale: u32) -> Self {
        Self { rate, timescale: timescale.max(1), next_slot: 0 }
    }

    /// The slot nearest to `ticks`; halves go away from zero.
    #[must_use]
    pub fn slot(&self, ticks: i64) -> i64 {
        let numerator = i128::from(ticks) * i128::from(self.rate.numerator());
        let denominator = i128::from(self.rate.denominator()) * i128::from(self.timescale);
        let magnitude = (2 * numerator.abs() + denominator) / (2 * denominator);
        i64::try_from(numerator.signum() * magnitude).unwrap_or(i64::MAX)
    }

    /// How often the frame held so far is shown before the frame at `ticks` (or the end of the
    /// last frame) takes over; 0 means that it is dropped.
    pub fn advance(&mut self, ticks: i64) -> u64 {
        let slot = self.slot(ticks);
        let copies = slot.saturating_sub(self.next_slot).max(0);
        self.next_slot += copies;
        copies.unsigned_abs()
    }

    /// The constant rate.
    #[must_use]
    pub fn rate(&self) -> FrameRate {
        self.rate
    }

    /// The number of frames of a video that ends at `end` ticks.
    #[must_use]
    pub fn total(&self, end: i64) -> u64 {
        self.slot(end).max(0).unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Slots shown by a list of (time stamp) frames, as indexes of source frames.
    fn shown(rate: FrameRate, timescale: u32, stamps: &[i64], end: i64) -> Vec<usize> {
        let mut clock = ConstantRate::new(rate, timescale);
        let mut out = Vec::new();
        let mut held = None;
        for (index, &stamp) in stamps.iter().enumerate() {
            let copies = if held.is_some() { clock.advance(stamp) } else { 0 };
            out.extend(std::iter::repeat_n(held.unwrap_or(0), copies as usize));
            held = Some(index);
        }
        let copies = clock.advance(end);
        out.extend(std::iter::repeat_n(held.unwrap_or(0), copies as usize));
        out
    }

    #[test]
    fn thirty_to_twenty_five_drops_one_frame_in_six() {
        // 0, 1.2, 2.4 … in units of source frames, each rounded to the slot: as ffmpeg does.
        let stamps: Vec<i64> = (0..600).map(|i| i * 512).collect();
        let frames = shown(FrameRate::MOTION, 15360, &stamps, 600 * 512);
        assert_eq!(frames.len(), 500);
        assert_eq!(&frames[..8], &[0, 1, 2, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn the_same_rate_keeps_every_frame_once() {
        let stamps: Vec<i64> = (0..502).map(|i| i * 512).collect();
        let frames = shown(FrameRate::MOTION, 12800, &stamps, 502 * 512);
        assert_eq!(frames, (0..502).collect::<Vec<_>>());
    }

    #[test]
    fn halves_go_away_from_zero() {
        let clock = ConstantRate::new(FrameRate::MOTION, 50);
        assert_eq!(clock.slot(1), 1);
        assert_eq!(clock.slot(-1), -1);
        assert_eq!(clock.slot(3), 2);
    }

    proptest! {
        #[test]
        fn every_slot_shows_the_latest_frame_not_after_it(
            gaps in prop::collection::vec(1i64..5000, 1..80),
            last in 1i64..5000,
            timescale in 1u32..100_000,
            numerator in 1u32..60_000,
            denominator in 1u32..2000,
        ) {
            let rate = FrameRate::new(numerator, denominator).unwrap();
            let mut stamps = vec![0i64];
            for gap in gaps { stamps.push(stamps[stamps.len() - 1] + gap); }
            let end = stamps[stamps.len() - 1] + last;
            let clock = ConstantRate::new(rate, timescale);
            prop_assume!(clock.total(end) < 20_000);
            let frames = shown(rate, timescale, &stamps, end);
            prop_assert_eq!(frames.len() as u64, clock.total(end));
            for (slot, &frame) in frames.iter().enumerate() {
                // The latest source frame whose slot is not after this one.
                let expected = stamps.iter().rposition(|&s| clock.slot(s) <= slot as i64).unwrap();
                prop_assert_eq!(frame, expected);
                // Never further from the truth than half a frame on either side.
                let wanted = i128::from(slot as i64) * i128::from(denominator) * i128::from(timescale) * 2;
                let given = i128::from(stamps[frame]) * i128::from(numerator) * 2;
                prop_assert!(given - wanted <= i128::from(denominator) * i128::from(timescale));
            }
        }
    }
}
