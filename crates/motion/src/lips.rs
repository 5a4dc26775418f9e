//! Lips that open with the sound, whoever speaks.
//!
//! What the small model knows of lips it learned from one voice, and on others its lips are out of step. Loudness is the
//! same for everybody: a share of the opening between the lips is taken from it. A stopgap until the corpus has more voices.

use crate::streams::LIP_POINTS;
use ndarray::Array2;
use orator_body::layout::INNER_LIP_PAIRS;

/// Share of the opening that loudness decides; the rest is the model's.
pub(crate) const LOUDNESS_SHARE: f32 = 0.6;
/// Opening at the loudest, in eye distances: the 95th percentile of GRID's first speaker is about 0.12.
const WIDEST: f32 = 0.12;
/// Quantiles of the recording's loudness between which lips go from closed to widest.
const QUANTILES: (f32, f32) = (0.15, 0.95);
/// Smallest distance between those quantiles, in nepers; below it the sound has no rise and fall to follow.
const LEAST_RANGE: f32 = 0.7;
/// Below this root mean square a frame is silence.
const SILENCE: f32 = 1e-4;
/// Points that move with the lower lip, and by which share.
const LOWER: [(usize, f32); 15] = [
    (55, 0.7),
    (56, 1.0),
    (57, 1.0),
    (58, 1.0),
    (59, 0.7),
    (65, 1.0),
    (66, 1.0),
    (67, 1.0),
    (5, 0.3),
    (6, 0.5),
    (7, 0.7),
    (8, 0.7),
    (9, 0.7),
    (10, 0.5),
    (11, 0.3),
];
/// Points of the upper lip, which rises a little.
const UPPER: [(usize, f32); 6] = [(50, 0.1), (51, 0.1), (52, 0.1), (61, 0.15), (62, 0.15), (63, 0.15)];

/// Moves the lips of face offsets `[frames, 136]` (eye distances, lips closed at 0) towards the opening that the loudness
/// `energy` (root mean square, one value a frame) asks for, by `share`.
pub(crate) fn follow_loudness(face: &mut Array2<f32>, energy: &[f32], share: f32) {
    debug_assert!(LIP_POINTS.contains(&INNER_LIP_PAIRS[0].0));
    let frames = face.nrows().min(energy.len());
    let loudness: Vec<f32> = energy[..frames].iter().map(|e| e.max(SILENCE).ln()).collect();
    let mut sorted = loudness.clone();
    sorted.sort_by(f32::total_cmp);
    let quantile =
        |q: f32| sorted.get((q * frames.saturating_sub(1) as f32).round() as usize).copied().unwrap_or(0.0);
    let (low, high) = (quantile(QUANTILES.0), quantile(QUANTILES.1));
    if high - low < LEAST_RANGE {
        return;
    }
    let wanted: Vec<f32> =
        loudness.iter().map(|l| ((l - low) / (high - low)).clamp(0.0, 1.0) * WIDEST).collect();
    for frame in 0..frames {
        let around = |d: isize| wanted[frame.saturating_add_signed(d).min(frames - 1)];
        let smooth = 0.25 * around(-1) + 0.5 * around(0) + 0.25 * around(1);
        let gap = INNER_LIP_PAIRS
            .iter()
            .map(|&(u, l)| face[[frame, 2 * l + 1]] - face[[frame, 2 * u + 1]])
            .sum::<f32>()
            / INNER_LIP_PAIRS.len() as f32;
        let change = share * (smooth - gap);
        for (point, part) in LOWER {
            face[[frame, 2 * point + 1]] += change * part * 0.85;
        }
        for (point, part) in UPPER {
            face[[frame, 2 * point + 1]] -= change * part;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FACE_DIMENSIONS;

    fn gap(face: &Array2<f32>, frame: usize) -> f32 {
        face[[frame, 2 * 66 + 1]] - face[[frame, 2 * 62 + 1]]
    }

    #[test]
    fn loud_opens_and_quiet_closes() {
        let mut face = Array2::zeros((100, FACE_DIMENSIONS));
        let energy: Vec<f32> = (0..100).map(|f| if (f / 10) % 2 == 0 { 0.001 } else { 0.2 }).collect();
        follow_loudness(&mut face, &energy, 1.0);
        assert!((gap(&face, 15) - WIDEST).abs() < 0.01, "{}", gap(&face, 15));
        assert!(gap(&face, 25).abs() < 0.01, "{}", gap(&face, 25));
    }

    #[test]
    fn an_even_hum_and_no_share_change_nothing() {
        let mut face = Array2::zeros((50, FACE_DIMENSIONS));
        follow_loudness(&mut face, &[0.1; 50], 1.0);
        assert!(face.iter().all(|v| *v == 0.0));
        let energy: Vec<f32> = (0..50).map(|f| 0.001 + f as f32 * 0.01).collect();
        follow_loudness(&mut face, &energy, 0.0);
        assert!(face.iter().all(|v| *v == 0.0));
    }
}
