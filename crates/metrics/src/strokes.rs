//! Gesture strokes in the motion of a wrist: moments at which it is fast, and whether they fall where they should (METHODS 5,
//! trigger recall and stroke timing).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// A moment at which a wrist is fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// When, in seconds from the first frame, finer than a frame.
    pub seconds: f64,
    /// How fast: units of the positions per second.
    pub speed: f64,
}

/// What counts as a stroke.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Detector {
    /// Standard deviation of the smoothing of positions, in seconds.
    pub smoothing: f64,
    /// Least prominence of a peak, as a share of the 95th percentile of the speed.
    pub prominence: f64,
    /// Of peaks closer than this, in seconds, only the fastest stays. The fastest moment of the shortest preparation
    /// (0.25 s) comes 0.205 s before that of the shortest stroke (0.16 s): more would lose strokes to preparations.
    pub separation: f64,
}

impl Default for Detector {
    fn default() -> Self {
        Detector { smoothing: 0.03, prominence: 0.12, separation: 0.2 }
    }
}

/// How far a stroke may be from its trigger, in seconds.
pub const TOLERANCE: f64 = 0.12;
/// Percentile of the speed that prominence is measured against.
const FAST: f64 = 0.95;
/// The smoothing kernel reaches so many standard deviations.
const KERNEL_REACH: f64 = 3.0;
/// Random shifts that the chance level is the mean of, and the seed of their generator.
const CHANCE_SHIFTS: usize = 200;
const CHANCE_SEED: u64 = 0x4348_414e;

/// Finds the peaks of the speed of one wrist, in order of time. `wrist` has a position per frame in any unit; frames
/// without one are given as NaN and interrupt the motion. `rate` is in frames per second.
#[must_use]
pub fn detect_strokes(wrist: &[[f32; 2]], rate: f64, detector: &Detector) -> Vec<Peak> {
    if !(rate.is_finite() && rate > 0.0) {
        return Vec::new();
    }
    let speeds = speeds(wrist, rate, detector.smoothing);
    let mut sorted: Vec<f64> = speeds.iter().copied().filter(|speed| speed.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let Some(fast) = sorted.get(((sorted.len() as f64 - 1.0).max(0.0) * FAST) as usize) else {
        return Vec::new();
    };
    let least = (detector.prominence * fast).max(f64::MIN_POSITIVE);
    let mut peaks: Vec<Peak> = (1..speeds.len().saturating_sub(1))
        .filter(|at| speeds[*at] > speeds[*at - 1] && speeds[*at] >= speeds[*at + 1])
        .filter(|at| prominence(&speeds, *at) >= least)
        .map(|at| vertex(&speeds, at, rate))
        .collect();
    thin_out(&mut peaks, detector.separation);
    peaks
}

/// Speed at each frame by central differences of smoothed positions; NaN where the wrist is not known.
fn speeds(wrist: &[[f32; 2]], rate: f64, smoothing: f64) -> Vec<f64> {
    let smooth: Vec<[f64; 2]> = smoothed(wrist, smoothing * rate);
    (0..smooth.len())
        .map(|at| {
            if at == 0 || at + 1 >= smooth.len() {
                return f64::NAN;
            }
            let [x, y] = [0, 1].map(|axis| smooth[at + 1][axis] - smooth[at - 1][axis]);
            0.5 * rate * x.hypot(y)
        })
        .collect()
}

/// Gaussian smoothing with a standard deviation in frames; unknown frames stay unknown and count for nothing.
fn smoothed(wrist: &[[f32; 2]], deviation: f64) -> Vec<[f64; 2]> {
    let known = |point: &[f32; 2]| point[0].is_finite() && point[1].is_finite();
    let reach = (KERNEL_REACH * deviation).ceil().max(0.0) as usize;
    let weight = |distance: usize| match distance {
        0 => 1.0,
        _ => (-0.5 * (distance as f64 / deviation).powi(2)).exp(),
    };
    (0..wrist.len())
        .map(|at| {
            if !known(&wrist[at]) {
                return [f64::NAN; 2];
            }
            // As far to one side as to the other, so that the ends are not dragged inwards.
            let reach = reach.min(at).min(wrist.len() - 1 - at);
            let mut sum = [0.0; 2];
            let mut whole = 0.0;
            for (index, point) in wrist.iter().enumerate().take(at + reach + 1).skip(at - reach) {
                if known(point) {
                    let weight = weight(index.abs_diff(at));
                    whole += weight;
                    sum = [0, 1].map(|axis| sum[axis] + weight * f64::from(point[axis]));
                }
            }
            sum.map(|value| value / whole)
        })
        .collect()
}

/// How far a peak stands above the higher of the two valleys that part it from higher ground; gaps and ends are valleys
/// with their own height.
fn prominence(speeds: &[f64], at: usize) -> f64 {
    let height = speeds[at];
    let valley = |path: &mut dyn Iterator<Item = &f64>| {
        path.take_while(|speed| **speed <= height).fold(height, |lowest, speed| lowest.min(*speed))
    };
    let left = valley(&mut speeds[..at].iter().rev());
    let right = valley(&mut speeds[at + 1..].iter());
    height - left.max(right)
}

/// The top of the parabola through a peak and its neighbours.
fn vertex(speeds: &[f64], at: usize, rate: f64) -> Peak {
    let [left, middle, right] = [speeds[at - 1], speeds[at], speeds[at + 1]];
    let bend = left - 2.0 * middle + right;
    let offset = if bend < 0.0 { (0.5 * (left - right) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    Peak { seconds: (at as f64 + offset) / rate, speed: middle - 0.25 * (left - right) * offset }
}

/// Of peaks closer than `separation` only the fastest stays.
fn thin_out(peaks: &mut Vec<Peak>, separation: f64) {
    let mut order: Vec<usize> = (0..peaks.len()).collect();
    order.sort_by(|one, other| peaks[*other].speed.total_cmp(&peaks[*one].speed).then(one.cmp(other)));
    let mut kept: Vec<usize> = Vec::with_capacity(peaks.len());
    for index in order {
        if kept.iter().all(|other| (peaks[*other].seconds - peaks[index].seconds).abs() >= separation) {
            kept.push(index);
        }
    }
    kept.sort_unstable();
    *peaks = kept.into_iter().map(|index| peaks[index]).collect();
}

/// Share of `triggers` (seconds) with a peak within `tolerance` seconds, each peak answering one trigger; 1 where there
/// are no triggers. Both are in order of time.
#[must_use]
pub fn recall(triggers: &[f64], peaks: &[Peak], tolerance: f64) -> f64 {
    if triggers.is_empty() {
        return 1.0;
    }
    hits(triggers, peaks.iter().map(|peak| peak.seconds), tolerance) as f64 / triggers.len() as f64
}

/// How many of `triggers` (seconds) have one of `peaks` (seconds) within `tolerance`, each peak answering one; both in order of time.
pub fn hits(triggers: &[f64], peaks: impl Iterator<Item = f64>, tolerance: f64) -> usize {
    let mut peaks = peaks.peekable();
    let mut found = 0;
    for trigger in triggers {
        while peaks.next_if(|peak| *peak < trigger - tolerance).is_some() {}
        if peaks.next_if(|peak| *peak <= trigger + tolerance).is_some() {
            found += 1;
        }
    }
    found
}

/// The recall that the same peaks would have by chance: the mean over 200 random shifts of all peaks around the circle
/// of `duration` seconds. The same arguments give the same number.
#[must_use]
pub fn chance(triggers: &[f64], peaks: &[Peak], duration: f64, tolerance: f64) -> f64 {
    if triggers.is_empty() || !(duration.is_finite() && duration > 0.0) {
        return 1.0;
    }
    let mut random = ChaCha8Rng::seed_from_u64(CHANCE_SEED);
    let mut found = 0;
    for _ in 0..CHANCE_SHIFTS {
        let shift = random.random_range(0.0..duration);
        let mut shifted: Vec<f64> =
            peaks.iter().map(|peak| (peak.seconds + shift).rem_euclid(duration)).collect();
        shifted.sort_by(f64::total_cmp);
        found += hits(triggers, shifted.into_iter(), tolerance);
    }
    found as f64 / (CHANCE_SHIFTS * triggers.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 25.0;

    /// Way covered at time share `t` of a minimum-jerk movement (Flash and Hogan 1985).
    fn minimum_jerk(t: f64) -> f64 {
        let t = t.clamp(0.0, 1.0);
        t * t * t * (10.0 - 15.0 * t + 6.0 * t * t)
    }

    #[test]
    fn a_peak_between_frames_is_found_finer_than_a_frame() {
        let middle = 1.013;
        let wrist: Vec<[f32; 2]> = (0..50)
            .map(|frame| [100.0 * minimum_jerk((f64::from(frame) / RATE - middle + 0.2) / 0.4) as f32, 0.0])
            .collect();
        let peaks = detect_strokes(&wrist, RATE, &Detector::default());
        assert_eq!(peaks.len(), 1, "{peaks:?}");
        assert!((peaks[0].seconds - middle).abs() < 0.006, "{peaks:?}");
        assert!((peaks[0].speed - 1.875 * 100.0 / 0.4).abs() < 60.0, "{peaks:?}");
    }

    #[test]
    fn stillness_gaps_and_nonsense_have_no_strokes() {
        let detector = Detector::default();
        assert!(detect_strokes(&[], RATE, &detector).is_empty());
        assert!(detect_strokes(&[[1.0, 2.0]; 40], RATE, &detector).is_empty());
        assert!(detect_strokes(&[[f32::NAN; 2]; 40], RATE, &detector).is_empty());
        assert!(detect_strokes(&[[1.0, 2.0], [2.0, 2.0]], f64::NAN, &detector).is_empty());
        let mut jump = vec![[0.0_f32, 0.0]; 20];
        jump.push([f32::NAN; 2]);
        jump.extend([[50.0, 0.0]; 20]);
        assert!(detect_strokes(&jump, RATE, &detector).is_empty(), "a jump across a gap is no stroke");
    }

    #[test]
    fn each_peak_answers_one_trigger() {
        let peaks = [Peak { seconds: 1.0, speed: 1.0 }, Peak { seconds: 3.0, speed: 1.0 }];
        assert_eq!(recall(&[0.95, 1.05], &peaks, 0.12), 0.5);
        assert_eq!(recall(&[1.0, 2.0, 3.1], &peaks, 0.12), 2.0 / 3.0);
        assert_eq!(recall(&[], &peaks, 0.12), 1.0);
        let by_chance = chance(&[1.0, 3.1], &peaks, 10.0, 0.12);
        assert!((by_chance - 2.0 * 0.24 / 10.0).abs() < 0.04, "{by_chance}");
        assert_eq!(by_chance, chance(&[1.0, 3.1], &peaks, 10.0, 0.12));
    }
}
