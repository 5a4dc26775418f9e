//! Where windows meet: which of several takes of a window goes on best from the window before it (METHODS 1.8), and what is left
//! of a jump is led out of.

use tch::{Kind, Tensor};

/// Frames on either side of the seam that are compared.
const FRAMES: i64 = 5;

/// How badly `candidate` `[frames, numbers]` goes on after `before` `[frames, numbers]`: the mean distance of its first five frames
/// from the last five before it, plus the angle between the mean velocities of both fives (radians). `importance` `[numbers]` sums
/// to 1 and says how much each number counts; distances are then in spreads of the motion.
///
/// The predecessor compares the *last* five velocities of the candidate, which says nothing about the seam (METHODS 1.8); here
/// it is the first five. Where a side has fewer frames, fewer are compared.
#[must_use]
pub fn seam_score(before: &Tensor, candidate: &Tensor, importance: &Tensor) -> f64 {
    let count = FRAMES.min(before.size()[0]).min(candidate.size()[0]);
    if count == 0 {
        return 0.0;
    }
    let scale = importance.sqrt();
    let last = before.narrow(0, before.size()[0] - count, count) * &scale;
    let first = candidate.narrow(0, 0, count) * &scale;
    let squares = (&first - &last).square().sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
    let distance = squares.sqrt().mean(Kind::Float).double_value(&[]);
    if count < 2 {
        return distance;
    }
    // The mean of the differences is the way from the first to the last of the five.
    let velocity = |poses: &Tensor| poses.get(count - 1) - poses.get(0);
    let (a, b) = (velocity(&last), velocity(&first));
    let lengths = (a.norm() * b.norm()).double_value(&[]);
    if lengths < f64::from(f32::MIN_POSITIVE) {
        return distance;
    }
    let cosine = (a * b).sum(Kind::Float).double_value(&[]) / lengths;
    distance + cosine.clamp(-1.0, 1.0).acos()
}

/// Frames over which a window is led out of a jump at its beginning: 0.32 s.
const LEADING: i64 = 8;

/// `window` `[frames, numbers]` without a jump after `before` `[frames, numbers]`: its first frame comes to lie where both velocities
/// at the seam lead, and the frames behind it follow less and less. A window that goes on from its prefix stays nearly as it is.
/// (Ours; the predecessor's smoothing of seams never runs, METHODS 1.8.)
pub fn led_on(before: &Tensor, window: &Tensor) -> Tensor {
    let (past, frames) = (before.size()[0], window.size()[0]);
    if past < 2 || frames < 2 {
        return window.shallow_clone();
    }
    let last = before.get(past - 1);
    let velocity = ((&last - before.get(past - 2)) + (window.get(1) - window.get(0))) * 0.5;
    let jump = (last + velocity) - window.get(0);
    let shares: Vec<f32> = (0..frames)
        .map(|t| {
            let near = 1.0 - (t as f32 / LEADING as f32).min(1.0);
            // Slow at both ends: 3x² − 2x³.
            near * near * (3.0 - 2.0 * near)
        })
        .collect();
    let shares = Tensor::from_slice(&shares).unsqueeze(1).to_device(window.device());
    window + jump.unsqueeze(0) * shares
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A point that moves by `step` a frame from `start` on, then for the rest of ten frames by `later`.
    fn way(start: f32, step: f32, later: f32) -> Tensor {
        let mut at = start;
        let values: Vec<f32> = (0..10)
            .flat_map(|frame| {
                let here = [at, 0.0];
                at += if frame < 5 { step } else { later };
                here
            })
            .collect();
        Tensor::from_slice(&values).view([10, 2])
    }

    #[test]
    fn a_jump_is_led_out_of_and_what_goes_on_stays() {
        let before = way(0.0, 0.1, 0.1);
        let far = |a: &Tensor, b: &Tensor| (a - b).abs().max().double_value(&[]);
        let on = way(1.0, 0.1, 0.1);
        assert!(far(&led_on(&before, &on), &on) < 1e-5);
        let made = led_on(&before, &way(4.0, 0.1, 0.1));
        assert!((made.double_value(&[0, 0]) - 1.0).abs() < 1e-5, "a step of 0.1 from 0.9");
        assert!((made.double_value(&[9, 0]) - 4.9).abs() < 1e-5, "the window's end is its own");
        let one = before.narrow(0, 0, 1);
        assert!(led_on(&one, &on).equal(&on) && led_on(&before, &one).equal(&one));
    }

    #[test]
    fn going_on_as_before_is_best_whatever_comes_later() {
        let importance = Tensor::from_slice(&[1.0f32, 0.0]);
        let before = way(0.0, 0.1, 0.1);
        let score = |candidate: &Tensor| seam_score(&before, candidate, &importance);
        let on = score(&way(1.0, 0.1, -5.0));
        assert!(on < score(&way(1.0, -0.1, 0.1)), "turning back at the seam is worse");
        assert!(on < score(&way(3.0, 0.1, 0.1)), "a jump is worse");
        assert!((score(&way(1.0, 0.1, 0.1)) - on).abs() < 1e-6, "the candidate's end does not count");
        assert!((on - 0.5).abs() < 1e-5, "five frames further by 0.1 each: {on}");
        assert_eq!(seam_score(&before.narrow(0, 0, 0), &before, &importance), 0.0);
        assert_eq!(seam_score(&before, &before, &importance), seam_score(&before, &before, &importance));
        assert!(seam_score(&before.narrow(0, 9, 1), &before, &importance).is_finite());
    }
}
