//! The borders between kept and new motion: how far points jump there, beside how they move elsewhere.

use ndarray::s;
use orator_body::KeypointTrack;
use serde::Serialize;
use std::ops::Range;

/// Points of a frame count from this confidence on.
const SEEN: f32 = 0.3;
/// Quantile of the clip's own speeds that no border may exceed.
const FAST: f64 = 0.99;
/// Borders are brought down to this many times the clip's 90th percentile where that is lower: the 99th is high in a clip with a
/// cut in it.
const CALM: f64 = 2.0;
const OFTEN: f64 = 0.9;
/// Steps at each border that are looked at: the one across it and those after it in the new motion, into which a jump may have
/// been pushed.
const STEPS: usize = 4;
/// Numbers of frames over which a jump may be spread, tried in this order.
const SPREADS: [usize; 4] = [3, 5, 8, 12];
/// Shares of the clip's 99th percentile to which motion near the borders is held back where spreading does not do, in this order.
const HOLDS: [f64; 5] = [0.9, 0.75, 0.6, 0.45, 0.3];

/// The speed of points across the two borders beside the clip's own, in pixels a frame, mean over the points in view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Seams {
    /// The largest from the last kept frame into the first new ones; `None` where the range begins with the video.
    pub begin: Option<f64>,
    /// The largest from the last new frames to the first kept one; `None` where the range ends with the video.
    pub end: Option<f64>,
    /// 99th percentile of the speed in the frames that were kept.
    pub clip_99: f64,
    /// Frames at each border over which new motion was led to the kept one.
    pub spread: usize,
}

impl Seams {
    /// Measures the borders of `made` in a track; `spread` is noted.
    pub(super) fn of(track: &KeypointTrack, made: &Range<usize>, spread: usize) -> Self {
        let largest = |frames: Range<usize>| frames.filter_map(|f| speed(track, f)).reduce(f64::max);
        let steps = STEPS.min(made.len());
        let begin = (made.start > 0).then(|| largest(made.start..made.start + steps)).flatten();
        let end = (made.end < track.frames()).then(|| largest(made.end + 1 - steps..made.end + 1)).flatten();
        let clip_99 = kept_speed(track, made, FAST);
        Self { begin, end, clip_99, spread }
    }

    /// Whether no border is faster than the clip itself.
    #[must_use]
    pub fn are_smooth(&self) -> bool {
        [self.begin, self.end].into_iter().flatten().all(|speed| speed <= self.clip_99)
    }
}

/// A quantile of the speed in the frames outside of `made`.
fn kept_speed(track: &KeypointTrack, made: &Range<usize>, quantile: f64) -> f64 {
    let mut kept: Vec<f64> = (1..track.frames())
        .filter(|frame| *frame < made.start || *frame > made.end)
        .filter_map(|frame| speed(track, frame))
        .collect();
    kept.sort_by(f64::total_cmp);
    kept.get(((kept.len().max(1) - 1) as f64 * quantile).ceil() as usize).copied().unwrap_or(0.0)
}

/// How far points move from the frame before to `frame`, on average over those seen in both.
fn speed(track: &KeypointTrack, frame: usize) -> Option<f64> {
    speed_between(track, frame.checked_sub(1)?, frame)
}

/// How far points are apart in two frames, on average over those seen in both.
fn speed_between(track: &KeypointTrack, before: usize, frame: usize) -> Option<f64> {
    let mut sum = 0.0;
    let mut count = 0usize;
    for point in 0..track.layout().len() {
        if let (Some(a), Some(b)) =
            (track.confident(before, point, SEEN), track.confident(frame, point, SEEN))
        {
            sum += f64::from((a[0] - b[0]).hypot(a[1] - b[1]));
            count += 1;
        }
    }
    (count > 0).then(|| sum / count as f64)
}

/// Leads new motion to the kept motion at both borders, over as few frames as make the borders no faster than the clip itself;
/// over the most there are where none does. Kept frames are not touched.
pub(super) fn soften(track: &mut KeypointTrack, made: &Range<usize>) -> Seams {
    let calm = (CALM * kept_speed(track, made, OFTEN)).min(kept_speed(track, made, FAST));
    let is_calm = |seams: &Seams| [seams.begin, seams.end].into_iter().flatten().all(|speed| speed <= calm);
    let first = Seams::of(track, made, 0);
    if is_calm(&first) {
        return first;
    }
    let mut best = first;
    let original = track.clone();
    for spread in SPREADS {
        let spread = spread.min(made.len().div_ceil(2));
        let mut tried = original.clone();
        lead(&mut tried, made, spread);
        let seams = Seams::of(&tried, made, spread);
        *track = tried;
        best = seams;
        if is_calm(&seams) {
            return best;
        }
    }
    // The new motion is itself faster than the clip: it is held back near the borders.
    if !best.are_smooth() {
        let led = track.clone();
        for share in HOLDS {
            let mut tried = led.clone();
            hold_back(&mut tried, made, share * best.clip_99);
            let seams = Seams::of(&tried, made, best.spread);
            if seams.are_smooth() {
                *track = tried;
                return seams;
            }
        }
    }
    best
}

/// Lets new motion start at each border no faster than `limit`, and catch up with itself towards the middle of the range.
fn hold_back(track: &mut KeypointTrack, made: &Range<usize>, limit: f64) {
    let frames = track.frames();
    let follow = |from_end: bool| -> Option<KeypointTrack> {
        let kept = if from_end { Some(made.end).filter(|f| *f < frames) } else { made.start.checked_sub(1) }?;
        let mut held = track.clone();
        let order: Vec<usize> = if from_end { made.clone().rev().collect() } else { made.clone().collect() };
        let mut before = kept;
        for frame in order {
            let share =
                speed_between(&held, before, frame).map_or(1.0, |speed| (limit / speed.max(1e-9)).min(1.0));
            let (points, _) = held.parts_mut();
            let last = points.slice(s![before, .., ..]).to_owned();
            let mut here = points.slice_mut(s![frame, .., ..]);
            let step = (&here - &last) * share as f32;
            here.assign(&(&last + &step));
            before = frame;
        }
        Some(held)
    };
    let (begin, end) = (follow(false), follow(true));
    let count = made.len() as f32;
    let original = track.clone();
    let (points, _) = track.parts_mut();
    for frame in made.clone() {
        // From the border's own motion to the other's, slow at both ends: 3x² − 2x³.
        let x = (frame - made.start + 1) as f32 / (count + 1.0);
        let share = x * x * (3.0 - 2.0 * x);
        let of = |held: &Option<KeypointTrack>| {
            held.as_ref().unwrap_or(&original).points().slice(s![frame, .., ..]).to_owned()
        };
        points.slice_mut(s![frame, .., ..]).assign(&(of(&begin) * (1.0 - share) + of(&end) * share));
    }
}

/// Moves the first and last `spread` frames of `made` towards where the kept motion would have gone: at the border by all of the
/// difference, less and less further in.
fn lead(track: &mut KeypointTrack, made: &Range<usize>, spread: usize) {
    let frames = track.frames();
    let (points, confidence) = track.parts_mut();
    let borders = [
        made.start.checked_sub(1).map(|kept| (kept, kept.checked_sub(1), 1isize)),
        (made.end < frames).then(|| (made.end, Some(made.end + 1).filter(|f| *f < frames), -1isize)),
    ];
    for (kept, beyond, direction) in borders.into_iter().flatten() {
        let Some(first) = kept.checked_add_signed(direction) else { continue };
        for point in 0..points.shape()[1] {
            if confidence[[kept, point]] < SEEN || confidence[[first, point]] < SEEN {
                continue;
            }
            for axis in 0..2 {
                let here = points[[kept, point, axis]];
                // Half of the last step goes on, as a hand does that is about to stop.
                let carried = beyond
                    .filter(|b| confidence[[*b, point]] >= SEEN)
                    .map_or(0.0, |b| 0.5 * (here - points[[b, point, axis]]));
                let difference = here + carried - points[[first, point, axis]];
                for step in 0..spread {
                    let Some(frame) = first.checked_add_signed(direction * step as isize) else { break };
                    if !made.contains(&frame) {
                        break;
                    }
                    let share = 1.0 - step as f32 / spread as f32;
                    // Slow at both ends: 3x² − 2x³.
                    let share = share * share * (3.0 - 2.0 * share);
                    points[[frame, point, axis]] += share * difference;
                }
            }
        }
    }
    debug_assert!(points.slice(s![made.clone(), .., ..]).iter().all(|v| v.is_finite()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array3};
    use orator_body::Layout;
    use orator_media::FrameRate;

    /// Everything swings gently; new frames stand `off` pixels aside.
    fn track(made: &Range<usize>, off: f32) -> KeypointTrack {
        let points = Array3::from_shape_fn((80, 133, 2), |(frame, point, axis)| {
            // Two jerks, as real clips have them.
            let jerk = if (5..8).contains(&frame) || (70..73).contains(&frame) { 10.0 } else { 0.0 };
            let aside = if made.contains(&frame) { off } else { jerk };
            point as f32 + axis as f32 + 4.0 * (frame as f32 * 0.5).sin() + aside
        });
        KeypointTrack::new(
            Layout::WholeBody133,
            FrameRate::MOTION,
            (256, 256),
            points,
            Array2::ones((80, 133)),
        )
        .unwrap()
    }

    #[test]
    fn new_motion_that_is_itself_faster_than_the_clip_is_held_back() {
        let made = 30..45;
        let points = Array3::from_shape_fn((80, 133, 2), |(frame, point, axis)| {
            let (size, pace) = if made.contains(&frame) { (9.0, 1.3) } else { (4.0, 0.5) };
            point as f32 + axis as f32 + size * (frame as f32 * pace).sin()
        });
        let sure = Array2::ones((80, 133));
        let mut quick =
            KeypointTrack::new(Layout::WholeBody133, FrameRate::MOTION, (256, 256), points, sure).unwrap();
        let before = quick.clone();
        let seams = soften(&mut quick, &made);
        assert!(seams.are_smooth(), "{seams:?}");
        assert_eq!(seams, Seams::of(&quick, &made, seams.spread));
        assert_eq!(
            (quick.window(0..30), quick.window(45..80)),
            (before.window(0..30), before.window(45..80))
        );
    }

    #[test]
    fn a_jump_is_spread_until_it_is_no_faster_than_the_clip() {
        for made in [20..50, 0..30, 40..80] {
            let mut jumping = track(&made, 24.0);
            let before = jumping.clone();
            assert!(!Seams::of(&jumping, &made, 0).are_smooth());
            let seams = soften(&mut jumping, &made);
            assert!(seams.are_smooth(), "{seams:?}");
            for frame in (0..80).filter(|f| !made.contains(f)) {
                assert_eq!(
                    jumping.points().slice(s![frame, .., ..]),
                    before.points().slice(s![frame, .., ..])
                );
            }
            // The middle is left alone.
            let middle = (made.start + made.end) / 2;
            assert_eq!(jumping.points()[[middle, 7, 0]], before.points()[[middle, 7, 0]]);
        }
    }

    #[test]
    fn smooth_borders_are_left_alone() {
        let made = 20..50;
        let mut smooth = track(&made, 0.0);
        let before = smooth.clone();
        assert_eq!(soften(&mut smooth, &made).spread, 0);
        assert_eq!(smooth.points(), before.points());
    }
}
