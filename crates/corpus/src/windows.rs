//! Windows: the stretches of frames that networks learn from.

use crate::Clip;
use std::ops::Range;

/// Frames of a window: 3.2 s at 25 fps.
pub const WINDOW_FRAMES: u64 = 80;

/// [`WINDOW_FRAMES`] frames of a clip.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// The clip.
    pub clip: Clip<'a>,
    /// The first frame.
    pub start: u64,
}

impl Window<'_> {
    /// Its frames in the clip.
    #[must_use]
    pub fn frames(&self) -> Range<u64> {
        self.start..self.start + WINDOW_FRAMES
    }
}

/// First frames of the whole windows in a clip of `frames`, one every `stride` in each usable range.
pub(crate) fn starts(frames: u64, usable: &[(u64, u64)], stride: u64) -> impl Iterator<Item = u64> + use<> {
    let ranges = if usable.is_empty() { vec![(0, frames)] } else { usable.to_vec() };
    let step = usize::try_from(stride.max(1)).unwrap_or(usize::MAX);
    ranges.into_iter().flat_map(move |(from, to)| {
        let end = to.min(frames).saturating_sub(WINDOW_FRAMES - 1);
        (from..end.max(from)).step_by(step)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_whole_windows_in_usable_ranges() {
        assert_eq!(starts(79, &[], 10).count(), 0);
        assert_eq!(starts(80, &[], 10).collect::<Vec<_>>(), [0]);
        assert_eq!(starts(101, &[], 10).collect::<Vec<_>>(), [0, 10, 20]);
        assert_eq!(
            starts(300, &[(5, 90), (100, 150), (200, 300)], 10).collect::<Vec<_>>(),
            [5, 200, 210, 220]
        );
        assert_eq!(starts(82, &[], 0).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(starts(500, &[], u64::MAX).collect::<Vec<_>>(), [0]);
    }

    proptest! {
        #[test]
        fn windows_stay_inside(frames in 1u64..1000, cut in 0u64..1000, stride in 1u64..200) {
            let cut = cut.min(frames);
            let ranges: Vec<_> = [(0, cut), (cut, frames)].into_iter().filter(|r| r.0 < r.1).collect();
            for start in starts(frames, &ranges, stride) {
                prop_assert!(ranges.iter().any(|&(a, b)| a <= start && start + WINDOW_FRAMES <= b));
            }
        }
    }
}
