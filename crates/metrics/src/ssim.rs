//! Structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004) with the conventions of scikit-image.
//!
//! Borders are continued by half-sample symmetric reflection; the score is the mean of the map without a
//! rim of half a window; a colour picture's score is the mean over its channels.

use crate::psnr::same_size;
use crate::{MetricsError, Result};
use ndarray::Array2;
use orator_media::Picture;
use serde::Serialize;

/// The weights of a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Window {
    /// A Gaussian of this standard deviation in pixels, cut off at 3.5 of them (11×11 pixels for 1.5).
    Gaussian(f64),
    /// Equal weights over a square of this odd side.
    Uniform(usize),
}

impl Window {
    /// The weights along one axis; odd in number, their sum is 1.
    fn weights(self) -> Vec<f64> {
        match self {
            Self::Gaussian(sigma) => {
                let radius = (3.5 * sigma + 0.5) as i64;
                let raw: Vec<f64> =
                    (-radius..=radius).map(|place| (-0.5 * (place as f64 / sigma).powi(2)).exp()).collect();
                let sum: f64 = raw.iter().sum();
                raw.into_iter().map(|weight| weight / sum).collect()
            }
            Self::Uniform(side) => vec![1.0 / side as f64; side],
        }
    }
}

/// Which of the usual settings. The default is the one of the paper: Gaussian 1.5, population covariance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SsimConfig {
    /// The window. Default Gaussian with σ = 1.5.
    pub window: Window,
    /// Divide covariances by N − 1 rather than N, N being the window's pixels. Default false.
    pub sample_covariance: bool,
    /// Stabilises the comparison of means, as a share of the data range. Default 0.01.
    pub k1: f64,
    /// Stabilises the comparison of contrasts, as a share of the data range. Default 0.03.
    pub k2: f64,
}

impl Default for SsimConfig {
    fn default() -> Self {
        Self { window: Window::Gaussian(1.5), sample_covariance: false, k1: 0.01, k2: 0.03 }
    }
}

/// Mean structural similarity of two 8-bit pictures, at most 1 (equal).
///
/// # Errors
/// [`MetricsError::Size`] when sizes differ, a side is shorter than the window, or the window is not an
/// odd number of pixels.
pub fn ssim(a: &Picture, b: &Picture, config: &SsimConfig) -> Result<f64> {
    Ok(ssim_channels(a, b, config)?.iter().sum::<f64>() / 3.0)
}

/// Mean structural similarity of each channel: red, green, blue.
///
/// # Errors
/// As [`ssim`].
pub fn ssim_channels(a: &Picture, b: &Picture, config: &SsimConfig) -> Result<[f64; 3]> {
    let rim = check(a, b, config)? / 2;
    let mut means = [0.0; 3];
    for (channel, mean) in means.iter_mut().enumerate() {
        let map = ssim_map(a, b, channel, config)?;
        let (height, width) = map.dim();
        let inner = map.slice(ndarray::s![rim..height - rim, rim..width - rim]);
        *mean = inner.sum() / inner.len() as f64;
    }
    Ok(means)
}

/// The structural similarity at every pixel of one channel (0 red, 1 green, 2 blue), `[height, width]`.
///
/// # Errors
/// As [`ssim`], and when there is no such channel.
pub fn ssim_map(a: &Picture, b: &Picture, channel: usize, config: &SsimConfig) -> Result<Array2<f64>> {
    let side = check(a, b, config)?;
    if channel > 2 {
        return Err(MetricsError::Size(format!("a picture has channels 0 to 2, not {channel}")));
    }
    let (width, height) = (a.width(), a.height());
    let plane = |picture: &Picture| -> Vec<f64> {
        picture.rgb().iter().skip(channel).step_by(3).map(|value| f64::from(*value)).collect()
    };
    let (x, y) = (plane(a), plane(b));
    let weights = config.window.weights();
    let product = |p: &[f64], q: &[f64]| -> Vec<f64> { p.iter().zip(q).map(|(p, q)| p * q).collect() };
    let filtered = |values: &[f64]| filter(values, width, height, &weights);
    let (mean_x, mean_y) = (filtered(&x), filtered(&y));
    let (xx, yy, xy) = (filtered(&product(&x, &x)), filtered(&product(&y, &y)), filtered(&product(&x, &y)));

    let pixels = (side * side) as f64;
    let norm = if config.sample_covariance { pixels / (pixels - 1.0) } else { 1.0 };
    let (c1, c2) = ((config.k1 * 255.0).powi(2), (config.k2 * 255.0).powi(2));
    Ok(Array2::from_shape_fn((height, width), |(row, column)| {
        let at = row * width + column;
        let (mx, my) = (mean_x[at], mean_y[at]);
        let (vx, vy) = (norm * (xx[at] - mx * mx), norm * (yy[at] - my * my));
        let covariance = norm * (xy[at] - mx * my);
        ((2.0 * mx * my + c1) * (2.0 * covariance + c2)) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    }))
}

/// The window's side, if the pictures can be compared with it.
fn check(a: &Picture, b: &Picture, config: &SsimConfig) -> Result<usize> {
    same_size(a, b)?;
    let sound = match config.window {
        Window::Gaussian(sigma) => sigma.is_finite() && sigma > 0.2 && sigma < 100.0,
        Window::Uniform(side) => side % 2 == 1 && (3..1000).contains(&side),
    };
    if !sound {
        return Err(MetricsError::Size(format!("{:?} is not a window for SSIM", config.window)));
    }
    let side = config.window.weights().len();
    if a.width() < side || a.height() < side {
        return Err(MetricsError::Size(format!(
            "a {}x{} picture is smaller than the {side}x{side} window of SSIM",
            a.width(),
            a.height()
        )));
    }
    Ok(side)
}

/// Rows, then columns, weighted with `weights`; `values` is `[height, width]`, sides at least the window's.
fn filter(values: &[f64], width: usize, height: usize, weights: &[f64]) -> Vec<f64> {
    let radius = weights.len() / 2;
    let mut across = vec![0.0; values.len()];
    let mut padded = vec![0.0; width + 2 * radius];
    for (row, out) in values.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        for (at, value) in padded.iter_mut().enumerate() {
            *value = row[reflected(at as i64 - radius as i64, width)];
        }
        for (offset, weight) in weights.iter().enumerate() {
            for (sum, value) in out.iter_mut().zip(&padded[offset..]) {
                *sum += weight * value;
            }
        }
    }
    let mut down = vec![0.0; values.len()];
    for (row, out) in down.chunks_exact_mut(width).enumerate() {
        for (offset, weight) in weights.iter().enumerate() {
            let from = reflected(row as i64 + offset as i64 - radius as i64, height) * width;
            for (sum, value) in out.iter_mut().zip(&across[from..from + width]) {
                *sum += weight * value;
            }
        }
    }
    down
}

/// The index inside `0..length` that half-sample symmetric reflection gives for `index`:
/// … b a | a b c d | d c …
pub(crate) fn reflected(index: i64, length: usize) -> usize {
    let length = length.max(1) as i64;
    let folded = index.rem_euclid(2 * length);
    (if folded < length { folded } else { 2 * length - 1 - folded }) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn noise(width: usize, height: usize, seed: u64) -> Picture {
        let mut state = seed | 1;
        let bytes = (0..width * height * 3).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        });
        Picture::from_rgb(width, height, bytes.collect()).unwrap()
    }

    #[test]
    fn reflection_repeats_the_edge() {
        let seen: Vec<usize> = (-6..9).map(|i| reflected(i, 3)).collect();
        assert_eq!(seen, [0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1, 2]);
        assert_eq!(reflected(-4, 1), 0);
    }

    proptest! {
        #[test]
        fn symmetric_bounded_and_one_for_equal(seed in any::<u64>(), width in 11usize..24, height in 11usize..24) {
            let (a, b) = (noise(width, height, seed), noise(width, height, seed ^ 0xabc));
            let config = SsimConfig::default();
            let forth = ssim(&a, &b, &config).unwrap();
            prop_assert!((forth - ssim(&b, &a, &config).unwrap()).abs() < 1e-12);
            prop_assert!((-1.0..1.0).contains(&forth));
            prop_assert!((ssim(&a, &a, &config).unwrap() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn what_cannot_be_compared_is_an_error() {
        let small = noise(10, 30, 1);
        assert!(ssim(&small, &small, &SsimConfig::default()).is_err());
        let picture = noise(30, 30, 1);
        let with = |window| SsimConfig { window, ..Default::default() };
        for window in
            [Window::Uniform(4), Window::Uniform(1), Window::Gaussian(f64::NAN), Window::Gaussian(-1.0)]
        {
            assert!(ssim(&picture, &picture, &with(window)).is_err());
        }
        assert!(ssim_map(&picture, &picture, 3, &SsimConfig::default()).is_err());
    }
}
