//! Beat alignment (METHODS 5, BAS): do gestures fall on the beats of the speech?
//!
//! Two directions are in use and give different numbers: Bailando's code averages over the beats of the
//! sound, the AIST++ definition over those of the motion. Both are here; the unit of times and of σ is the
//! caller's (frames or seconds), as long as it is the same.

use crate::ProtocolHash;
use crate::ssim::reflected;
use ndarray::{ArrayView3, Axis};
use orator_body::KeypointTrack;
use serde::Serialize;

/// σ in seconds that gives at 25 frames a second the tolerance of 3 frames at 60 (METHODS 5).
pub const SIGMA_SECONDS: f64 = 0.05;
/// σ of the reference code, in frames.
pub const SIGMA_FRAMES: f64 = 3.0;
/// Standard deviation, in frames, of the Gaussian that smooths the speed before its minima are taken.
pub const SPEED_SIGMA: f64 = 5.0;

/// The control moves the sound round by multiples of this part of the clip.
const SHIFTS: u32 = 8;

/// A beat alignment score, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alignment {
    /// Mean over beats of exp(−d²/2σ²), d being the distance to the nearest beat of the other kind: 0..=1.
    Score(f64),
    /// The sound has no beats, so the question has no answer.
    NoMusicBeats,
    /// The motion has no beats while the sound has some: nothing is aligned. The published code fails here.
    NoMotionBeats,
}

impl Alignment {
    /// The number for a mean over clips: a motion without beats counts as 0 (leaving such clips out would
    /// inflate the mean), a sound without beats is left out.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Score(score) => Some(score),
            Self::NoMotionBeats => Some(0.0),
            Self::NoMusicBeats => None,
        }
    }
}

/// Bailando's direction: the mean over the beats of the sound of the nearness of the nearest motion beat.
#[must_use]
pub fn music_to_motion(music: &[f64], motion: &[f64], sigma: f64) -> Alignment {
    alignment(music, motion, sigma, true)
}

/// The direction of AIST++: the mean over the motion's beats of the nearness of the nearest sound beat.
#[must_use]
pub fn motion_to_music(music: &[f64], motion: &[f64], sigma: f64) -> Alignment {
    alignment(music, motion, sigma, false)
}

/// For each of `beats`, exp(−d²/2σ²) with its distance d to the nearest of `others`; nothing when there are
/// no others. Order does not matter; times that are not finite are left out.
#[must_use]
pub fn nearness(beats: &[f64], others: &[f64], sigma: f64) -> Vec<f64> {
    let mut others: Vec<f64> = others.iter().copied().filter(|time| time.is_finite()).collect();
    others.sort_unstable_by(f64::total_cmp);
    beats
        .iter()
        .filter(|time| time.is_finite())
        .filter_map(|time| {
            let after = others.partition_point(|other| other < time);
            let near = [after.checked_sub(1), Some(after)].into_iter().flatten();
            let distance = near.filter_map(|at| others.get(at)).map(|o| (o - time).abs()).reduce(f64::min)?;
            Some((-distance * distance / (2.0 * sigma * sigma)).exp())
        })
        .collect()
}

fn alignment(music: &[f64], motion: &[f64], sigma: f64, over_music: bool) -> Alignment {
    if !music.iter().any(|time| time.is_finite()) {
        return Alignment::NoMusicBeats;
    }
    if !motion.iter().any(|time| time.is_finite()) {
        return Alignment::NoMotionBeats;
    }
    let values = if over_music { nearness(music, motion, sigma) } else { nearness(motion, music, sigma) };
    Alignment::Score(values.iter().sum::<f64>() / values.len() as f64)
}

/// Both directions, and the same with the sound moved against the motion: an alignment that is worth
/// something is clearly above this control.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BeatReport {
    /// Beats of the sound.
    pub music_beats: usize,
    /// Beats of the motion.
    pub motion_beats: usize,
    /// See [`music_to_motion`].
    pub music_to_motion: Alignment,
    /// See [`motion_to_music`].
    pub motion_to_music: Alignment,
    /// [`music_to_motion`] averaged over the sound moved round by 1/8, 2/8 … 7/8 of the clip.
    pub music_to_motion_shifted: Alignment,
    /// [`motion_to_music`] averaged likewise.
    pub motion_to_music_shifted: Alignment,
    /// Of σ and the shifts.
    pub protocol: ProtocolHash,
}

impl BeatReport {
    /// Scores a clip of `length` (same unit as the times; above 0).
    #[must_use]
    pub fn of(music: &[f64], motion: &[f64], sigma: f64, length: f64) -> Self {
        let over_shifts = |score: fn(&[f64], &[f64], f64) -> Alignment| {
            let mut sum = 0.0;
            for eighth in 1..SHIFTS {
                let by = length * f64::from(eighth) / f64::from(SHIFTS);
                let moved: Vec<f64> = music.iter().map(|time| (time + by).rem_euclid(length)).collect();
                match score(&moved, motion, sigma) {
                    Alignment::Score(value) => sum += value / f64::from(SHIFTS - 1),
                    other => return other,
                }
            }
            Alignment::Score(sum)
        };
        Self {
            music_beats: music.len(),
            motion_beats: motion.len(),
            music_to_motion: music_to_motion(music, motion, sigma),
            motion_to_music: motion_to_music(music, motion, sigma),
            music_to_motion_shifted: over_shifts(music_to_motion),
            motion_to_music_shifted: over_shifts(motion_to_music),
            protocol: ProtocolHash::of("beat-alignment", &(sigma, SHIFTS)),
        }
    }
}

/// Mean distance that the joints move from each frame to the next; `points` is `[frames, joints, dims]`, the
/// result one shorter than the frames.
#[must_use]
pub fn mean_speed(points: ArrayView3<'_, f64>) -> Vec<f64> {
    let frames = points.len_of(Axis(0));
    let joints = points.len_of(Axis(1));
    (1..frames)
        .map(|frame| {
            let moved = &points.index_axis(Axis(0), frame) - &points.index_axis(Axis(0), frame - 1);
            let sum: f64 = moved.rows().into_iter().map(|row| row.dot(&row).sqrt()).sum();
            if joints == 0 { 0.0 } else { sum / joints as f64 }
        })
        .collect()
}

/// The series smoothed by a Gaussian of `sigma` samples, cut off at four of them, ends reflected. A `sigma`
/// that is not above 0 leaves it as it is; one above 10⁴ counts as 10⁴.
#[must_use]
pub fn gaussian_smoothed(series: &[f64], sigma: f64) -> Vec<f64> {
    if sigma.is_nan() || sigma <= 0.0 || series.is_empty() {
        return series.to_vec();
    }
    let sigma = sigma.min(1e4);
    let radius = (4.0 * sigma + 0.5) as i64;
    let weights: Vec<f64> =
        (-radius..=radius).map(|place| (-0.5 * (place as f64 / sigma).powi(2)).exp()).collect();
    let sum: f64 = weights.iter().sum();
    (0..series.len() as i64)
        .map(|at| {
            let weighted = weights
                .iter()
                .zip(at - radius..)
                .map(|(weight, index)| weight * series[reflected(index, series.len())]);
            weighted.sum::<f64>() / sum
        })
        .collect()
}

/// Beats of a motion from its speed: strict local minima of the speed smoothed with `sigma` frames, never
/// the first or last value. Index i lies between frames i and i + 1.
#[must_use]
pub fn beats_of_speed(speed: &[f64], sigma: f64) -> Vec<usize> {
    gaussian_smoothed(speed, sigma)
        .windows(3)
        .enumerate()
        .filter(|(_, three)| three[1] < three[0] && three[1] < three[2])
        .map(|(at, _)| at + 1)
        .collect()
}

/// Beats of points `[frames, joints, dims]`, in frames ([`mean_speed`], then [`beats_of_speed`]).
#[must_use]
pub fn kinematic_beats(points: ArrayView3<'_, f64>, sigma: f64) -> Vec<usize> {
    beats_of_speed(&mean_speed(points), sigma)
}

/// Beats of a track's `points` (indices among the 133), in seconds. Only points with a confidence of at
/// least `threshold` in both frames enter a speed; where none is seen, the last speed is held.
#[must_use]
pub fn track_beats(track: &KeypointTrack, points: &[usize], threshold: f32, sigma: f64) -> Vec<f64> {
    let mut last = 0.0;
    let speed: Vec<f64> = (1..track.frames())
        .map(|frame| {
            let moved: Vec<f64> = points
                .iter()
                .filter_map(|point| {
                    let a = track.confident(frame - 1, *point, threshold)?;
                    let b = track.confident(frame, *point, threshold)?;
                    Some(f64::from(b[0] - a[0]).hypot(f64::from(b[1] - a[1])))
                })
                .collect();
            if !moved.is_empty() {
                last = moved.iter().sum::<f64>() / moved.len() as f64;
            }
            last
        })
        .collect();
    let rate = track.rate().as_f64();
    beats_of_speed(&speed, sigma).into_iter().map(|frame| frame as f64 / rate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn empty_lists_have_an_answer() {
        assert_eq!(music_to_motion(&[], &[1.0], 3.0), Alignment::NoMusicBeats);
        assert_eq!(music_to_motion(&[1.0], &[], 3.0), Alignment::NoMotionBeats);
        assert_eq!(motion_to_music(&[], &[], 3.0), Alignment::NoMusicBeats);
        assert_eq!(Alignment::NoMotionBeats.value(), Some(0.0));
        assert_eq!(Alignment::NoMusicBeats.value(), None);
        assert_eq!(BeatReport::of(&[1.0], &[], 3.0, 10.0).music_to_motion_shifted, Alignment::NoMotionBeats);
        assert!(beats_of_speed(&[], 5.0).is_empty());
        assert!(kinematic_beats(ndarray::Array3::zeros((1, 3, 2)).view(), 5.0).is_empty());
    }

    proptest! {
        #[test]
        fn nearest_beat_is_found(
            beats in prop::collection::vec(0.0f64..100.0, 1..20),
            others in prop::collection::vec(0.0f64..100.0, 1..20),
        ) {
            let slow = beats.iter().map(|b| {
                let d = others.iter().map(|o| (o - b).abs()).fold(f64::MAX, f64::min);
                (-d * d / 18.0).exp()
            });
            for (fast, slow) in nearness(&beats, &others, 3.0).into_iter().zip(slow) {
                prop_assert!((fast - slow).abs() < 1e-12);
            }
            let score = music_to_motion(&beats, &others, 3.0).value().unwrap();
            prop_assert!((0.0..=1.0).contains(&score));
            prop_assert_eq!(music_to_motion(&beats, &beats, 3.0), Alignment::Score(1.0));
        }

        #[test]
        fn smoothing_keeps_the_mean_of_a_constant(level in -5.0f64..5.0, length in 1usize..60) {
            for value in gaussian_smoothed(&vec![level; length], 5.0) {
                prop_assert!((value - level).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn aligned_motion_beats_its_control() {
        let beats: Vec<f64> = (0..20).map(|i| f64::from(i) * 0.53 + f64::from(i % 3) * 0.1).collect();
        let report = BeatReport::of(&beats, &beats, SIGMA_SECONDS, 11.0);
        assert_eq!(report.music_to_motion, Alignment::Score(1.0));
        assert!(report.music_to_motion_shifted.value().unwrap() < 0.7);
    }
}
