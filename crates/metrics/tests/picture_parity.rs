//! PSNR and SSIM equal those of scikit-image on fixture 08a.

#![allow(clippy::unwrap_used)] // helpers outside #[test] functions

mod fixture;

use orator_media::Picture;
use orator_metrics::ssim::{Window, ssim_channels, ssim_map};
use orator_metrics::{SsimConfig, mse, psnr, ssim};

const FIXTURE: &[u8] = include_bytes!("fixtures/08a_psnr_ssim.safetensors");

fn numbers(name: &str) -> Vec<f64> {
    fixture::numbers(FIXTURE, name)
}

fn picture(name: &str) -> Picture {
    fixture::picture(FIXTURE, name)
}

fn close(value: f64, name: &str) {
    let expected = numbers(name)[0];
    assert!((value - expected).abs() < 1e-10, "{name}: {value} instead of {expected}");
}

#[test]
fn psnr_and_error() {
    let (a, b) = (picture("image_a"), picture("image_b"));
    close(mse(&a, &b).unwrap(), "mse_uint8");
    close(psnr(&a, &b).unwrap(), "psnr_uint8");
    // Range 1 in floating point is the same number: the ratio has no unit.
    close(psnr(&a, &b).unwrap(), "psnr_float64_range1");
}

#[test]
fn ssim_in_all_settings() {
    let (a, b) = (picture("image_a"), picture("image_b"));
    let score = |window, sample_covariance| {
        ssim(&a, &b, &SsimConfig { window, sample_covariance, ..Default::default() }).unwrap()
    };
    close(ssim(&a, &b, &SsimConfig::default()).unwrap(), "ssim_gaussian_wang");
    close(score(Window::Gaussian(1.5), false), "ssim_gaussian_wang_float64_range1");
    close(score(Window::Gaussian(1.5), true), "ssim_gaussian_sample_cov");
    close(score(Window::Uniform(7), true), "ssim_uniform7_sample_cov_default");
    // The fixture does not say which covariance: it is the default of scikit-image.
    close(score(Window::Uniform(11), true), "ssim_uniform11");
}

#[test]
fn ssim_by_channel_and_pixel() {
    let (a, b) = (picture("image_a"), picture("image_b"));
    let channels = ssim_channels(&a, &b, &SsimConfig::default()).unwrap();
    for (value, expected) in channels.iter().zip(numbers("ssim_per_channel_gaussian_wang")) {
        assert!((value - expected).abs() < 1e-10);
    }
    let map = ssim_map(&a, &b, 0, &SsimConfig::default()).unwrap();
    let expected = numbers("ssim_map_channel0_gaussian_wang");
    assert_eq!(map.len(), expected.len());
    let worst = map.iter().zip(expected).fold(0.0f64, |worst, (v, e)| worst.max((v - e).abs()));
    assert!(worst < 1e-9, "{worst}");
}
