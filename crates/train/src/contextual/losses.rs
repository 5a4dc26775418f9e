//! Losses shared by the stages.

use orator_body::layout::INNER_LIP_PAIRS;
use orator_motion::LIP_POINTS;
use orator_motion::contextual::{MotionLayout, Stream};
use tch::{Kind, Reduction, Tensor};

/// Weight of every dimension of a stream, `[dimensions]`: `lips` for the lips of keypoints and 1 for the others.
pub(super) fn dimension_weights(stream: Stream, layout: &MotionLayout, lips: f64) -> Tensor {
    let mut weights = vec![1.0f32; layout.dimensions(stream)];
    if stream == Stream::Face && layout.is_keypoints() {
        weights[LIP_POINTS.start * 2..LIP_POINTS.end * 2].fill(lips as f32);
    }
    Tensor::from_slice(&weights)
}

/// Mean of `values` where `weight` counts.
fn weighted_mean(values: &Tensor, weight: &Tensor) -> Tensor {
    (values * weight).sum(Kind::Float) / weight.sum(Kind::Float).clamp_min(1.0)
}

fn difference(x: &Tensor) -> Tensor {
    let n = x.size()[1];
    x.narrow(1, 1, n - 1) - x.narrow(1, 0, n - 1)
}

fn both(weight: &Tensor) -> Tensor {
    let n = weight.size()[1];
    weight.narrow(1, 1, n - 1) * weight.narrow(1, 0, n - 1)
}

/// Smooth L1 between motions `[batch, time, dimensions]` where they were seen.
pub(super) fn motion(made: &Tensor, real: &Tensor, weight: &Tensor) -> Tensor {
    weighted_mean(&made.smooth_l1_loss(real, Reduction::None, 1.0), weight)
}

/// The same of first differences in time.
pub(super) fn velocity(made: &Tensor, real: &Tensor, weight: &Tensor) -> Tensor {
    motion(&difference(made), &difference(real), &both(weight))
}

/// The same of second differences in time.
pub(super) fn acceleration(made: &Tensor, real: &Tensor, weight: &Tensor) -> Tensor {
    velocity(&difference(made), &difference(real), &both(weight))
}

/// Weighted squares of the differences between motions where they were seen, of their first and of their second differences in
/// time. Squares, unlike [`motion`], have their least at the mean: what cannot be known shrinks, but is not left out.
pub(super) fn squares(made: &Tensor, real: &Tensor, seen: &Tensor, weights: [f64; 3]) -> Tensor {
    let (mut apart, mut seen) = (made - real, seen.shallow_clone());
    let mut total = Tensor::from(0.0f32).to_device(made.device());
    for weight in weights {
        total = total + weighted_mean(&apart.square(), &seen) * weight;
        (apart, seen) = (difference(&apart), both(&seen));
    }
    total
}

/// Mean distance, in eye distances, between the openings of the inner lips of two normalised face motions
/// `[batch, time, 136]`, where they were seen; `spread` `[136]` undoes the normalising.
pub(super) fn lip_opening(made: &Tensor, real: &Tensor, spread: &Tensor, seen: &Tensor) -> Tensor {
    let difference = (made - real) * spread;
    let height = |point: usize| difference.select(2, 2 * point as i64 + 1);
    let open: Vec<Tensor> =
        INNER_LIP_PAIRS.iter().map(|&(upper, lower)| height(lower) - height(upper)).collect();
    let opening = Tensor::stack(&open, -1).mean_dim([-1i64].as_slice(), false, Kind::Float);
    weighted_mean(&opening.abs(), &seen.select(2, 2 * INNER_LIP_PAIRS[0].0 as i64 + 1))
}

/// Cross-entropy of tokens `[batch, time]` where `counted` `[batch, time]` is 1, and the share of them guessed right.
pub(super) fn tokens(logits: &Tensor, ids: &Tensor, counted: &Tensor, smoothing: f64) -> (Tensor, f64) {
    let codes = logits.size()[2];
    let flat = logits.reshape([-1, codes]);
    let target = ids.reshape([-1]);
    let counted = counted.reshape([-1]);
    let loss = flat.cross_entropy_loss::<Tensor>(&target, None, Reduction::None, -100, smoothing);
    let total = counted.sum(Kind::Float).clamp_min(1.0);
    let right =
        (flat.argmax(-1, false).eq_tensor(&target).to_kind(Kind::Float) * &counted).sum(Kind::Float) / &total;
    ((loss * counted).sum(Kind::Float) / total, right.double_value(&[]))
}

/// Mean log-likelihood, per window, of tokens `[batch, time]` where `counted` is 1: `[batch]`.
pub(super) fn likelihood(logits: &Tensor, ids: &Tensor, counted: &Tensor) -> Tensor {
    let chosen = logits.log_softmax(-1, Kind::Float).gather(2, &ids.unsqueeze(-1), false).squeeze_dim(-1);
    let sum = |t: &Tensor| t.sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
    sum(&(chosen * counted)) / sum(counted).clamp_min(1.0)
}

/// −log of the share that the right speech has in both likelihoods `[batch]`, mean over the windows where `heard` is 1: near 0
/// where tokens are much likelier with their own speech, ln 2 where speech makes no difference.
pub(super) fn reliance(right: &Tensor, wrong: &Tensor, heard: &Tensor) -> Tensor {
    weighted_mean(&(wrong - right).softplus(), heard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn speech_that_makes_no_difference_costs_ln_two() {
        let logits = Tensor::zeros([2, 3, 4], (Kind::Float, Device::Cpu));
        let ids = Tensor::from_slice(&[0i64, 1, 2, 3, 0, 1]).view([2, 3]);
        let counted = Tensor::from_slice(&[1.0f32, 1.0, 0.0, 0.0, 0.0, 0.0]).view([2, 3]);
        let guess = likelihood(&logits, &ids, &counted);
        assert!((guess.double_value(&[0]) + 4f64.ln()).abs() < 1e-6);
        assert_eq!(guess.double_value(&[1]), 0.0, "nothing counted");
        let heard = Tensor::from_slice(&[1.0f32, 0.0]);
        let same = reliance(&guess, &guess, &heard).double_value(&[]);
        assert!((same - 2f64.ln()).abs() < 1e-6);
        assert!(reliance(&(&guess + 9.0), &guess, &heard).double_value(&[]) < 1e-3);
    }

    #[test]
    fn lips_that_move_together_stay_as_open_as_they_were() {
        let real = Tensor::zeros([1, 4, 136], (Kind::Float, Device::Cpu));
        let (spread, seen) = (real.ones_like().select(0, 0).select(0, 0) * 0.5, real.ones_like());
        let moved = &real + 1.0;
        assert!(lip_opening(&moved, &real, &spread, &seen).double_value(&[]).abs() < 1e-6);
        for (_, lower) in INNER_LIP_PAIRS {
            let _ = moved.select(2, 2 * lower as i64 + 1).g_add_scalar_(0.2);
        }
        assert!((lip_opening(&moved, &real, &spread, &seen).double_value(&[]) - 0.1).abs() < 1e-6);
    }
}
