//! Grains around the marks, squeezed or stretched, set down at their new places.

use std::f32::consts::PI;

use super::marks::Mark;
use super::{PitchTrack, VoiceChange};

/// The sum of the windows is not divided by less than this: between sparse pulses the sound may fade.
const LEAST_WEIGHT: f32 = 0.35;
/// New periods are kept within these, in seconds.
const PERIODS: (f32, f32) = (1.0 / 600.0, 1.0 / 45.0);

/// Builds the changed recording, as long as `samples`.
pub(super) fn overlap(
    samples: &[f32],
    sample_rate: u32,
    marks: &[Mark],
    change: &VoiceChange,
    track: &PitchTrack,
) -> Vec<f32> {
    let rate = sample_rate as f32;
    let median = track.median_hz().unwrap_or(1.0);
    let mut sound = vec![0.0; samples.len()];
    let mut weight = vec![0.0; samples.len()];
    let mut at = marks.first().map_or(0.0, |mark| mark.at as f32);
    let mut nearest = 0;
    while (at as usize) < samples.len() && !marks.is_empty() {
        while marks
            .get(nearest + 1)
            .is_some_and(|next| (next.at as f32 - at).abs() <= (marks[nearest].at as f32 - at).abs())
        {
            nearest += 1;
        }
        let mark = &marks[nearest];
        let step = if mark.voiced {
            let hz = rate / mark.period;
            let lively = median * (hz / median).powf(change.liveliness) * change.pitch;
            (rate / lively).clamp(PERIODS.0 * rate, PERIODS.1 * rate)
        } else {
            mark.period
        };
        let half = if mark.voiced { mark.period / change.formants } else { mark.period };
        add_grain(samples, mark.at as f32, at, half, change.formants, (&mut sound, &mut weight));
        at += step;
    }
    for (value, weight) in sound.iter_mut().zip(&weight) {
        *value /= weight.max(LEAST_WEIGHT);
    }
    sound
}

/// Adds the sound around `from`, played `speed` times as fast, around `to`; `half` is the window's half width where it is added.
fn add_grain(
    samples: &[f32],
    from: f32,
    to: f32,
    half: f32,
    speed: f32,
    (sound, weight): (&mut [f32], &mut [f32]),
) {
    let first = (to - half).ceil().max(0.0) as usize;
    let last = ((to + half).floor().max(0.0) as usize).min(sound.len().saturating_sub(1));
    for index in first..=last {
        let offset = index as f32 - to;
        let window = 0.5 + 0.5 * (PI * offset / half).cos();
        sound[index] += window * interpolated(samples, from + offset * speed);
        weight[index] += window;
    }
}

/// The recording between samples: cubic Hermite (Catmull–Rom); zero beyond its ends.
fn interpolated(samples: &[f32], at: f32) -> f32 {
    if at < 0.0 {
        return 0.0;
    }
    let index = at as usize;
    let share = at - index as f32;
    let value = |offset: usize| {
        (index + offset).checked_sub(1).and_then(|place| samples.get(place)).copied().unwrap_or(0.0)
    };
    let (before, here, next, after) = (value(0), value(1), value(2), value(3));
    let slope = 0.5 * (next - before);
    let bend = before - 2.5 * here + 2.0 * next - 0.5 * after;
    let twist = 0.5 * (after - before) + 1.5 * (here - next);
    here + share * (slope + share * (bend + share * twist))
}
