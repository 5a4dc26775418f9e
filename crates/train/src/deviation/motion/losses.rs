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

/// Distances of `made` from `truth` `[batch, frames, numbers]` where `seen` of the same shape is 1, each number counting as
/// `weight` `[numbers]` says. A difference is seen where all its frames are. Means over what is seen; 0 where nothing is.
pub(super) fn distances(made: &Tensor, truth: &Tensor, seen: &Tensor, weight: &Tensor) -> Distances {
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
    let (first, pairs) = (difference(&error), both(seen));
    let (second, triples) = (difference(&first), both(&pairs));
    Distances {
        position: mean(&error, seen),
        velocity: mean(&first, &pairs),
        acceleration: mean(&second, &triples),
    }
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
        let shifted = distances(&(&truth + 2.0), &truth, &all, &weight);
        assert!((value(&shifted.position) - 4.0).abs() < 1e-6);
        assert_eq!((value(&shifted.velocity), value(&shifted.acceleration)), (0.0, 0.0));
        // Frame 4 jumps in the second number, which counts three quarters.
        let made = truth.copy();
        let _ = made.narrow(1, 4, 1).narrow(2, 1, 1).fill_(2.0);
        let jump = distances(&made, &truth, &all, &weight);
        assert!((value(&jump.position) - 4.0 * 3.0 / 20.0).abs() < 1e-6);
        assert!((value(&jump.velocity) - 4.0 * 3.0 / 16.0).abs() < 1e-6);
        assert!((value(&jump.acceleration) - 4.0 * 3.0 / 12.0).abs() < 1e-6);
        let _ = all.narrow(1, 4, 1).fill_(0.0);
        let hidden = distances(&made, &truth, &all, &weight);
        assert_eq!((value(&hidden.position), value(&hidden.acceleration)), (0.0, 0.0));
        assert_eq!(value(&distances(&made, &truth, &(&all * 0.0), &weight).position), 0.0);
    }
}
