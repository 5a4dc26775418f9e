//! Which frames of a video are made anew, and where they stand in the result.

use crate::{Result, StudioError};
use orator_media::video_in::Position;
use orator_media::{Audio, FrameRate};
use std::ops::Range;

/// An edit in frames at 25 a second. Everything outside of the range is kept as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EditRange {
    /// First frame that is made anew.
    pub from: usize,
    /// First frame after it that is kept, in the old video.
    pub to: usize,
    /// Frames in the place of the old ones: as many, unless new speech is longer or shorter.
    pub new: usize,
    /// Frames of the old video.
    pub old_total: usize,
}

/// Where a frame of the result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// This frame of the old video, untouched.
    Kept(usize),
    /// Made anew; `number` counts from the range's beginning.
    New { number: usize },
}

impl EditRange {
    /// The range between two times in seconds, of a video of `old_total` frames. `new` frames take its place (`None`: as many).
    ///
    /// # Errors
    /// [`StudioError::Usage`] where the range is empty, outside of the video, or all of it.
    pub fn new(from: f64, to: f64, new: Option<usize>, old_total: usize) -> Result<Self> {
        let seconds = old_total as f64 / FrameRate::MOTION.as_f64();
        let wrong = |what: String| StudioError::Usage {
            what,
            hint: format!("give --from and --to in seconds, within the video's {seconds:.2} s"),
        };
        if !(from.is_finite() && to.is_finite() && from >= 0.0 && to > from) {
            return Err(wrong(format!("the range from {from} s to {to} s is empty")));
        }
        let frame = |seconds: f64| Position::seconds(seconds).frame_at(FrameRate::MOTION) as usize;
        let (first, end) = (frame(from), frame(to).min(old_total));
        if first >= old_total {
            return Err(wrong(format!("the range begins at {from} s, after the video's end")));
        }
        if to > seconds + 1.0 / FrameRate::MOTION.as_f64() {
            return Err(wrong(format!("the range ends at {to} s, after the video's end")));
        }
        if first >= end {
            return Err(wrong(format!("no frame begins between {from} s and {to} s")));
        }
        if end - first == old_total {
            return Err(StudioError::Usage {
                what: "the range is the whole video, so nothing would be kept".into(),
                hint: "use `orator generate` with one of its frames as the picture".into(),
            });
        }
        Ok(Self { from: first, to: end, new: new.unwrap_or(end - first).max(1), old_total })
    }

    /// Frames of the result.
    pub fn total(&self) -> usize {
        self.from + self.new + self.old_total - self.to
    }

    /// The frames of the result that are new.
    pub fn made(&self) -> Range<usize> {
        self.from..self.from + self.new
    }

    /// Where frame `frame` of the result comes from.
    pub fn origin(&self, frame: usize) -> Origin {
        if frame < self.from {
            Origin::Kept(frame)
        } else if frame < self.from + self.new {
            Origin::New { number: frame - self.from }
        } else {
            Origin::Kept(frame - self.new - self.from + self.to)
        }
    }

    /// The frame of the old video beside the range: what a new picture is drawn from, so that nobody's looks change there.
    pub fn neighbour(&self) -> usize {
        if self.from > 0 { self.from - 1 } else { self.to }
    }

    /// The old frame that stood where new frame `number` stands, seen from the nearer end of the range, with its distance to that
    /// end in frames.
    pub fn replaced(&self, number: usize) -> Option<(usize, usize)> {
        let after = self.new - 1 - number;
        if number <= after && self.from > 0 {
            Some((self.from + number, number)).filter(|(old, _)| *old < self.to)
        } else if self.to < self.old_total {
            Some((self.to.checked_sub(1 + after)?, after)).filter(|(old, _)| *old >= self.from)
        } else {
            None
        }
    }

    /// The old sound with `new` in the range's place (`None`: unchanged), as long as the result's frames. Both must have one rate.
    pub fn sound(&self, old: &Audio, new: Option<&Audio>) -> Audio {
        let rate = old.rate;
        let start = |frame: usize| FrameRate::MOTION.start_of_frame(frame as u64, rate) as usize;
        let piece = |from: usize, to: usize| {
            let mut cut = old.slice(start(from), start(to)).samples;
            cut.resize(start(to) - start(from), 0.0);
            cut
        };
        let mut samples = piece(0, self.from);
        match new {
            None => samples.extend(piece(self.from, self.to)),
            Some(new) => {
                let mut cut = new.samples.clone();
                fade_ends(&mut cut, rate);
                cut.resize(start(self.from + self.new) - start(self.from), 0.0);
                samples.extend(cut);
            }
        }
        samples.extend(piece(self.to, self.old_total));
        samples.resize(start(self.total()), 0.0);
        Audio { samples, ..old.clone() }
    }
}

/// New sound begins and ends softly over this time, in seconds, so that it does not click; sound that is kept is not touched.
const FADE_SECONDS: f64 = 0.005;

fn fade_ends(samples: &mut [f32], rate: u32) {
    let count = ((FADE_SECONDS * f64::from(rate)) as usize).min(samples.len() / 2);
    let last = samples.len().saturating_sub(1);
    for index in 0..count {
        let gain = index as f32 / count as f32;
        samples[index] *= gain;
        samples[last - index] *= gain;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn kept_frames_come_once_in_order_and_sound_stays_in_step(
            total in 3usize..400, from in 0usize..398, length in 1usize..200, new in 1usize..300,
        ) {
            prop_assume!(from < total - 1);
            let to = (from + length).min(total);
            prop_assume!(to - from < total);
            let second = |frame: usize| frame as f64 / 25.0;
            let range = EditRange::new(second(from), second(to), Some(new), total).unwrap();
            prop_assert_eq!((range.from, range.to, range.made().len()), (from, to, new));
            let kept: Vec<usize> = (0..range.total())
                .filter_map(|f| match range.origin(f) { Origin::Kept(old) => Some(old), Origin::New { .. } => None })
                .collect();
            let expected: Vec<usize> = (0..from).chain(to..total).collect();
            prop_assert_eq!(kept, expected);
            for number in 0..new {
                if let Some((old, distance)) = range.replaced(number) {
                    prop_assert!((from..to).contains(&old) && distance < new);
                }
            }
            let old = Audio::new(16_000, (0..total * 640).map(|n| n as f32).collect()).unwrap();
            let replacement = Audio::new(16_000, vec![-1.0; new * 640 - 7]).unwrap();
            let sound = range.sound(&old, Some(&replacement));
            prop_assert_eq!(sound.samples.len(), range.total() * 640);
            prop_assert_eq!(&sound.samples[..from * 640], &old.samples[..from * 640]);
            prop_assert_eq!(&sound.samples[(from + new) * 640..], &old.samples[to * 640..total * 640]);
            prop_assert_eq!(range.sound(&old, None).samples.len(), range.total() * 640);
        }
    }

    #[test]
    fn ranges_that_make_no_sense_are_refused() {
        for (from, to) in [
            (1.0, 1.0),
            (2.0, 1.0),
            (-1.0, 1.0),
            (f64::NAN, 1.0),
            (9.0, 9.5),
            (1.0, 8.0),
            (0.0, 4.0),
            (1.001, 1.002),
        ] {
            let error = EditRange::new(from, to, None, 100).unwrap_err();
            assert!(error.hint().is_some(), "{from} {to}");
        }
        let range = EditRange::new(0.0, 2.0, None, 100).unwrap();
        assert_eq!((range.from, range.to, range.total(), range.neighbour()), (0, 50, 100, 50));
    }
}
