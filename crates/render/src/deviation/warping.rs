//! The warping calculator (METHODS 1.5, Eq. 4): features as a volume whose third axis is the channels.

use orator_nn::grid::{Outside, identity_grid, look_up, resize};
use tch::{Device, Kind, Tensor};

/// How places are counted and what lies outside.
#[derive(Clone, Copy, Debug)]
pub(super) struct WarpingRules {
    /// The grid goes from corner to corner but is looked up as if it went from edge to edge: a systematic 32/31.
    pub as_released: bool,
    /// A is applied to (x, y, 1), and nothing moves between channels.
    pub planar: bool,
    pub outside: Outside,
}

/// The linear maps at the features' size: A `[batch, h, w, 3, 3]`, bilinear where sizes differ.
pub(super) fn maps_at(maps: &Tensor, height: i64, width: i64) -> Tensor {
    let size = maps.size();
    if size[1] == height && size[2] == width {
        return maps.shallow_clone();
    }
    let flat = maps.flatten(3, -1).permute([0, 3, 1, 2]);
    resize(&flat, height, width).permute([0, 2, 3, 1]).reshape([size[0], height, width, 3, 3])
}

/// The places of Eq. 4, `[batch, depth, h, w, 3]` as (x, y, z): G + A·G + t. All depths share A: its first two columns are
/// applied once, the third scaled by each depth.
pub(super) fn places(maps: &Tensor, translation: &Tensor, depth: i64) -> Tensor {
    let size = maps.size();
    let (height, width, device) = (size[1], size[2], maps.device());
    let plane = identity_grid(height, width, device);
    let moved = in_plane(maps, &plane, translation);
    let third = maps.select(4, 2);
    let zero = Tensor::zeros([height, width, 1], (Kind::Float, device));
    let flat = moved + Tensor::cat(&[&plane, &zero], 2);
    let line = line(depth, device).view([1, depth, 1, 1, 1]);
    let upward = Tensor::from_slice(&[0.0f32, 0.0, 1.0]).to_device(device);
    flat.unsqueeze(1) + line * (third + upward).unsqueeze(1)
}

/// Where the middle of the volume moves in the plane, `[batch, h, w, 2]` from the picture's corner to corner: what skips and the picture
/// itself follow.
pub(super) fn displacement(maps: &Tensor, translation: &Tensor, rules: WarpingRules) -> Tensor {
    let size = maps.size();
    let plane = identity_grid(size[1], size[2], maps.device());
    let moved = in_plane(maps, &plane, translation);
    let moved = if rules.planar { moved + maps.select(4, 2) } else { moved };
    moved.narrow(3, 0, 2)
}

/// A·(x, y, 0) + t, `[batch, h, w, 3]`.
fn in_plane(maps: &Tensor, plane: &Tensor, translation: &Tensor) -> Tensor {
    let (x, y) = (plane.narrow(2, 0, 1), plane.narrow(2, 1, 1));
    maps.select(4, 0) * x + maps.select(4, 1) * y + translation.view([-1, 1, 1, 3])
}

fn line(n: i64, device: Device) -> Tensor {
    Tensor::arange(n, (Kind::Float, device)) * (2.0 / (n - 1).max(1) as f64) - 1.0
}

/// Features `[batch, depth, h, w]` moved by maps at their size, in 32-bit floats; a batch of one serves all.
pub(super) fn warp(features: &Tensor, maps: &Tensor, translation: &Tensor, rules: WarpingRules) -> Tensor {
    if rules.planar {
        let size = maps.size();
        let grid = displacement(maps, translation, rules) + identity_grid(size[1], size[2], maps.device());
        return look_up(features, &grid, rules.outside);
    }
    sample(features, &places(maps, translation, features.size()[1]), rules)
}

/// The same looked up at [`places`], trilinear, in 32-bit floats; a batch of one serves all.
pub(super) fn sample(features: &Tensor, places: &Tensor, rules: WarpingRules) -> Tensor {
    const TRILINEAR: i64 = 0;
    let outside = match rules.outside {
        Outside::Zeros => 0,
        Outside::Border => 1,
    };
    let (size, batch) = (features.size(), places.size()[0]);
    let volume = features.to_kind(Kind::Float).contiguous().expand([batch, size[1], size[2], size[3]], false);
    volume.unsqueeze(1).grid_sampler_3d(places, TRILINEAR, outside, !rules.as_released).squeeze_dim(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

    #[test]
    fn nothing_moves_where_the_maps_and_the_translation_are_zero() {
        tch::manual_seed(1);
        let features = Tensor::rand([2, 12, 8, 6], FLOAT);
        let (maps, still) = (Tensor::zeros([2, 8, 6, 3, 3], FLOAT), Tensor::zeros([2, 3], FLOAT));
        for planar in [false, true] {
            let rules = WarpingRules { as_released: false, planar, outside: Outside::Zeros };
            let warped = warp(&features, &maps, &still, rules);
            assert!((warped - &features).abs().max().double_value(&[]) < 1e-5);
            assert_eq!(displacement(&maps, &still, rules).abs().max().double_value(&[]), 0.0);
        }
    }

    #[test]
    fn coefficients_agree_with_a_matrix_for_every_place() {
        tch::manual_seed(2);
        let (maps, t) = (Tensor::rand([1, 4, 5, 3, 3], FLOAT) - 0.5, Tensor::rand([1, 3], FLOAT) - 0.5);
        let found = places(&maps, &t, 7);
        let plane = identity_grid(4, 5, Device::Cpu);
        for depth in [0, 3, 6] {
            let z = Tensor::full([4, 5, 1], depth as f64 / 3.0 - 1.0, FLOAT);
            let point = Tensor::cat(&[&plane, &z], 2);
            let wanted = &point + maps.squeeze_dim(0).matmul(&point.unsqueeze(3)).squeeze_dim(3) + &t;
            assert!((found.select(1, depth).squeeze_dim(0) - wanted).abs().max().double_value(&[]) < 1e-5);
        }
    }

    #[test]
    fn only_planar_maps_move_the_middle() {
        let maps = Tensor::zeros([1, 5, 5, 3, 3], FLOAT);
        let _ = maps.select(4, 2).select(3, 0).fill_(0.5);
        let still = Tensor::zeros([1, 3], FLOAT);
        let moved = |planar| {
            let rules = WarpingRules { as_released: false, planar, outside: Outside::Zeros };
            displacement(&maps, &still, rules).double_value(&[0, 2, 2, 0])
        };
        assert_eq!((moved(false), moved(true)), (0.0, 0.5));
    }
}
