//! From the guide, the picture that the untrained `warp` renderer draws of a pose, to a better one.
//!
//! The guide has the portrait's own texture nearly where it belongs. So the network says by how much to shift it, where to
//! take the generator's picture instead, and what to add: a small network can do that, but not paint fingers.

use orator_nn::grid::{Outside, identity_grid, look_up_sharply};
use tch::Tensor;

/// Channels that the network gives: a change of colour, a share of the generator's picture, a shift.
pub(super) const OUTPUTS: i64 = 6;
/// Furthest shift in half picture widths: 6 pixels of 256, about the width of two fingers.
const REACH: f64 = 0.05;
/// What a raw shift is multiplied by: a network that starts at no shift should find one within some hundred steps.
const SHIFT_GAIN: f64 = 2.0;
/// Logit of the generator's share where the network says nothing.
const FIRST_SHARE: f64 = -4.0;

/// `raw` `[batch, 6, s, s]`, the generator's picture and the guide `[batch, 3, s, s]` to the refined picture (not held to
/// 0..1) and the guide as the network would have it before the generator's picture comes in.
pub(super) fn compose(raw: &Tensor, generated: &Tensor, guide: &Tensor) -> (Tensor, Tensor) {
    let size = raw.size();
    let shift = (raw.narrow(1, 4, 2) * SHIFT_GAIN).tanh() * REACH;
    let grid = identity_grid(size[2], size[3], raw.device()).unsqueeze(0) + shift.permute([0, 2, 3, 1]);
    // Most shifts are of part of a pixel: bilinear, they would blur the whole picture.
    let moved = look_up_sharply(guide, &grid, Outside::Border);
    let share = (raw.narrow(1, 3, 1) + FIRST_SHARE).sigmoid();
    let change = raw.narrow(1, 0, 3);
    let own = &moved + &change;
    (&own + (generated - &moved) * share, own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

    #[test]
    fn a_silent_network_leaves_the_guide() {
        let (guide, generated) = (Tensor::rand([2, 3, 16, 16], FLOAT), Tensor::rand([2, 3, 16, 16], FLOAT));
        let (picture, own) = compose(&Tensor::zeros([2, OUTPUTS, 16, 16], FLOAT), &generated, &guide);
        assert!((own - &guide).abs().max().double_value(&[]) < 1e-5);
        assert!((picture - &guide).abs().max().double_value(&[]) < 0.02);
    }

    #[test]
    fn a_shift_looks_to_the_right_and_stays_in_reach() {
        let line = Tensor::arange(41, FLOAT).view([1, 1, 1, 41]) / 40.0;
        let guide = line.expand([1, 3, 41, 41], false);
        let raw = Tensor::zeros([1, OUTPUTS, 41, 41], FLOAT);
        let _ = raw.narrow(1, 3, 1).fill_(-50.0);
        let _ = raw.narrow(1, 4, 1).fill_(50.0);
        let (picture, _) = compose(&raw, &guide, &guide);
        let moved = picture.double_value(&[0, 0, 20, 20]) - guide.double_value(&[0, 0, 20, 20]);
        assert!((moved - REACH / 2.0).abs() < 1e-5, "{moved}");
    }
}
