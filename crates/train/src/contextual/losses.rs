//! Losses shared by the stages.

use crate::config::LossConfig;
use orator_motion::LIP_POINTS;
use orator_motion::contextual::Stream;
use tch::{Kind, Reduction, Tensor};

/// Weight of every dimension of a stream, `[dimensions]`.
pub(super) fn dimension_weights(stream: Stream, losses: &LossConfig) -> Tensor {
    let mut weights = vec![1.0f32; stream.dimensions()];
    if stream == Stream::Face {
        weights[LIP_POINTS.start * 2..LIP_POINTS.end * 2].fill(losses.lips as f32);
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
