//! Looking up pictures at places: coordinates are in [−1, 1] from the middle of the first to the middle of the last
//! pixel (`align_corners` in PyTorch's words), so that one grid serves every size.

use crate::picture_blocks::channels_last;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

/// What lies outside a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outside {
    /// Zero.
    Zeros,
    /// The nearest pixel.
    #[default]
    Border,
}

/// Places of the pixels `[height, width, 2]` as (x, y).
pub fn identity_grid(height: i64, width: i64, device: Device) -> Tensor {
    let line = |n: i64| Tensor::arange(n, (Kind::Float, device)) * (2.0 / (n - 1).max(1) as f64) - 1.0;
    let x = line(width).view([1, width, 1]).expand([height, width, 1], false);
    let y = line(height).view([height, 1, 1]).expand([height, width, 1], false);
    Tensor::cat(&[x, y], 2)
}

/// The picture `[batch, channels, h, w]` looked up bilinearly at `grid` `[batch, height, width, 2]` in 32-bit floats:
/// `[batch, channels, height, width]`. A batch of one picture serves any number of grids.
pub fn look_up(picture: &Tensor, grid: &Tensor, outside: Outside) -> Tensor {
    const BILINEAR: i64 = 0;
    sampled(picture, grid, outside, BILINEAR)
}

/// [`look_up`] with cubic splines over 4 × 4 pixels: a picture that is shifted by part of a pixel stays sharp, and may leave the
/// range of its values a little.
pub fn look_up_sharply(picture: &Tensor, grid: &Tensor, outside: Outside) -> Tensor {
    const BICUBIC: i64 = 2;
    sampled(picture, grid, outside, BICUBIC)
}

fn sampled(picture: &Tensor, grid: &Tensor, outside: Outside, mode: i64) -> Tensor {
    let (size, batch) = (picture.size(), grid.size()[0]);
    let picture = picture.to_kind(Kind::Float);
    let picture =
        if size[0] == batch { picture } else { picture.expand([batch, size[1], size[2], size[3]], false) };
    let outside = match outside {
        Outside::Zeros => 0,
        Outside::Border => 1,
    };
    picture.grid_sampler(grid, mode, outside, true)
}

/// Bilinear resizing of `[batch, channels, h, w]`.
pub fn resize(x: &Tensor, height: i64, width: i64) -> Tensor {
    let size = x.size();
    if size[2] == height && size[3] == width {
        return x.shallow_clone();
    }
    x.upsample_bilinear2d([height, width], true, None::<f64>, None::<f64>)
}

/// Bilinear resizing of a grid `[batch, h, w, 2]`.
pub fn resize_grid(grid: &Tensor, height: i64, width: i64) -> Tensor {
    let size = grid.size();
    if size[1] == height && size[2] == width {
        return grid.shallow_clone();
    }
    resize(&grid.permute([0, 3, 1, 2]), height, width).permute([0, 2, 3, 1])
}

/// The Gaussian with which [`shrink`] smooths: standard deviation (factor − 1) / 2, as wide as four of them on each
/// side, `[channels, 1, k, k]`.
fn smoothing_kernel(channels: i64, factor: i64, device: Device) -> Tensor {
    let sigma = (factor - 1) as f64 / 2.0;
    let reach = (sigma * 4.0).round() as i64;
    let offsets = Tensor::arange_start(-reach, reach + 1, (Kind::Float, device));
    let line = (offsets.square() * (-0.5 / (sigma * sigma))).exp();
    let kernel = line.unsqueeze(1) * line.unsqueeze(0);
    let kernel = &kernel / kernel.sum(Kind::Float);
    kernel.unsqueeze(0).unsqueeze(0).repeat([channels, 1, 1, 1])
}

/// The picture at 1/`factor` of its size without aliasing: a Gaussian, then every `factor`-th pixel (the down-sampling
/// of the published TPS motion model: 13 × 13, σ = 1.5 for a factor of 4).
pub fn shrink(picture: &Tensor, factor: i64) -> Tensor {
    if factor <= 1 {
        return picture.shallow_clone();
    }
    let channels = picture.size()[1];
    let kernel = smoothing_kernel(channels, factor, picture.device());
    let reach = kernel.size()[2] / 2;
    let none = None::<Tensor>;
    // A stride of `factor` gives just the pixels that are kept.
    picture.conv2d(&kernel, none, [factor; 2], [reach; 2], [1, 1], channels)
}

/// Depth to space: `[batch, channels · factor², h, w]` to `[batch, channels, h · factor, w · factor]`, smoothed by a triangle
/// as wide as removes every pattern that repeats with the factor. What a network gives finer than its own pixels would
/// else show as a chequered grain (Odena et al. 2016).
pub fn depth_to_space(x: &Tensor, factor: i64) -> Tensor {
    if factor <= 1 {
        return x.shallow_clone();
    }
    let fine = x.to_kind(Kind::Float).pixel_shuffle(factor);
    let channels = fine.size()[1];
    let line = factor as f32 - Tensor::arange_start(1 - factor, factor, (Kind::Float, fine.device())).abs();
    let line = line / (factor * factor) as f64;
    let reach = factor - 1;
    let padded = fine.replication_pad2d([reach; 4]);
    let none = None::<Tensor>;
    let along = |x: &Tensor, shape: [i64; 4]| {
        let kernel = line.view(shape).expand([channels, 1, shape[2], shape[3]], false);
        x.conv2d(&kernel.contiguous(), none.as_ref(), [1, 1], [0, 0], [1, 1], channels)
    };
    along(&along(&padded, [1, 1, 1, 2 * factor - 1]), [1, 1, 2 * factor - 1, 1])
}

/// `[batch, channels, h, w]` cast to `kind` in the layout that convolutions like.
pub fn for_convolution(x: &Tensor, kind: Kind) -> Tensor {
    channels_last(&x.to_kind(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn depth_becomes_space_without_a_grain() {
        for factor in [2, 4] {
            let shape = [1, 2 * factor * factor, 5, 6];
            let flat = depth_to_space(&Tensor::full(shape, 0.3, (Kind::Float, Device::Cpu)), factor);
            assert_eq!(flat.size(), [1, 2, 5 * factor, 6 * factor]);
            assert!(difference(&flat, &(flat.ones_like() * 0.3)) < 1e-6);
            // The same pattern in every cell is a grain: within the borders nothing of it is left.
            let pattern = Tensor::rand([1, 2 * factor * factor, 1, 1], (Kind::Float, Device::Cpu));
            let grain = depth_to_space(&pattern.expand(shape, false).contiguous(), factor);
            let inner = grain.narrow(2, factor, 3 * factor).narrow(3, factor, 4 * factor);
            let spread = inner.amax([2i64, 3].as_slice(), false) - inner.amin([2i64, 3].as_slice(), false);
            assert!(spread.max().double_value(&[]) < 1e-5, "{factor}");
        }
    }

    #[test]
    fn the_identity_grid_gives_the_picture_back_at_every_size() {
        let picture = Tensor::rand([1, 3, 20, 30], (Kind::Float, Device::Cpu));
        let grid = identity_grid(5, 6, Device::Cpu).unsqueeze(0);
        for outside in [Outside::Zeros, Outside::Border] {
            let back = look_up(&picture, &resize_grid(&grid, 20, 30), outside);
            assert!(difference(&back, &picture) < 1e-5);
        }
    }

    #[test]
    fn shrinking_keeps_a_grey_picture_grey_inside() {
        let picture = Tensor::ones([1, 3, 64, 64], (Kind::Float, Device::Cpu)) * 0.5;
        let small = shrink(&picture, 4);
        assert_eq!(small.size(), [1, 3, 16, 16]);
        let inside = small.narrow(2, 3, 8).narrow(3, 3, 8);
        assert!((inside - 0.5).abs().max().double_value(&[]) < 1e-6);
    }
}
