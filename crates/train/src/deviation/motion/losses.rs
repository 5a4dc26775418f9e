//! Eq. 11: distances of motion, of its first and of its second differences in time.

use tch::{Kind, Tensor};

/// Distances of one target.
pub(super) struct Distances {
    /// Of the motion.
    pub position: Tensor,
    /// Of its first differences.
    pub velocity: Tensor,
    /// Of its second differences.
    pub acceleration: Tensor,
}

/// Frames before a window that its first differences and second differences reach back to.
const REACH: i64 = 2;

/// Distances of `made` from `truth` `[batch, frames, numbers]` where `seen` of the same shape is 1, each number counting as
/// `weight` `[numbers]` says. A difference is seen where all its frames are; with `known` frames before the window, differences
/// reach back into them, so that the seam counts. Means over what is seen; 0 where nothing is.
pub(super) fn distances(
    made: &Tensor,
    truth: &Tensor,
    seen: &Tensor,
    weight: &Tensor,
    known: i64,
) -> Distances {
    let difference = |x: &Tensor| {
        let frames = x.size()[1];
        x.narrow(1, 1, frames - 1) - x.narrow(1, 0, frames - 1)
    };
    let both = |x: &Tensor| {
        let frames = x.size()[1];
        x.narrow(1, 1, frames - 1) * x.narrow(1, 0, frames - 1)
    };
    let mean = |error: &Tensor, seen: &Tensor| {
        let weight = seen * weight;
        (error.square() * &weight).sum(Kind::Float) / weight.sum(Kind::Float).clamp_min(1e-6)
    };
    let error = made - truth;
    let position = mean(&error, seen);
    // What is known is right.
    let before = error.narrow(1, 0, known.min(REACH).min(error.size()[1])).zeros_like();
    let error = Tensor::cat(&[&before, &error], 1);
    let seen = Tensor::cat(&[&before.ones_like(), seen], 1);
    let (first, pairs) = (difference(&error), both(&seen));
    let (second, triples) = (difference(&first), both(&pairs));
    Distances { position, velocity: mean(&first, &pairs), acceleration: mean(&second, &triples) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_costs_its_square_and_no_motion_and_what_is_unseen_costs_nothing() {
        let options = (Kind::Float, tch::Device::Cpu);
        let truth = Tensor::zeros([1, 5, 2], options);
        let weight = Tensor::from_slice(&[1.0f32, 3.0]);
        let all = Tensor::ones([1, 5, 2], options);
        let value = |t: &Tensor| t.double_value(&[]);
        let shifted = distances(&(&truth + 2.0), &truth, &all, &weight, 0);
        assert!((value(&shifted.position) - 4.0).abs() < 1e-6);
        assert_eq!((value(&shifted.velocity), value(&shifted.acceleration)), (0.0, 0.0));
        // After known frames the same shift is a jump: one step of two, and there and back in the change of steps.
        let jump = distances(&(&truth + 2.0), &truth, &all, &weight, 4);
        assert!((value(&jump.position) - 4.0).abs() < 1e-6);
        assert!((value(&jump.velocity) - 4.0 / 6.0).abs() < 1e-6, "of six steps");
        assert!((value(&jump.acceleration) - 8.0 / 5.0).abs() < 1e-6, "of five changes");
        // Frame 4 jumps in the second number, which counts three quarters.
        let made = truth.copy();
        let _ = made.narrow(1, 4, 1).narrow(2, 1, 1).fill_(2.0);
        let jump = distances(&made, &truth, &all, &weight, 0);
        assert!((value(&jump.position) - 4.0 * 3.0 / 20.0).abs() < 1e-6);
        assert!((value(&jump.velocity) - 4.0 * 3.0 / 16.0).abs() < 1e-6);
        assert!((value(&jump.acceleration) - 4.0 * 3.0 / 12.0).abs() < 1e-6);
        let _ = all.narrow(1, 4, 1).fill_(0.0);
        let hidden = distances(&made, &truth, &all, &weight, 0);
        assert_eq!((value(&hidden.position), value(&hidden.acceleration)), (0.0, 0.0));
        assert_eq!(value(&distances(&made, &truth, &(&all * 0.0), &weight, 0).position), 0.0);
    }
}
