//! LPIPS equals the published one on fixtures 08b. Needs the fetched weights; skips without.

#![allow(clippy::unwrap_used)] // helpers outside #[test] functions

mod fixture;

use fixture::{close, picture};
use orator_assets::AssetError;
use orator_metrics::lpips::{Lpips, LpipsNetwork, picture_tensor};
use orator_metrics::{Arrays, MetricsError};
use tch::{Device, Kind};

const ALEX: &[u8] = include_bytes!("fixtures/08b_lpips_alex.safetensors");
const VGG: &[u8] = include_bytes!("fixtures/08b_lpips_vgg.safetensors");

fn load(network: LpipsNetwork) -> Option<Lpips> {
    match Lpips::load(network, Device::Cpu) {
        Err(MetricsError::Asset(AssetError::Missing { path })) => {
            eprintln!("skipped: {} was not fetched", path.display());
            None
        }
        other => Some(other.unwrap()),
    }
}

/// Compares features, the distance at each layer and the whole.
fn check(network: LpipsNetwork, file: &[u8], stride: usize, tolerance: f64, whole: f64) {
    let Some(lpips) = load(network) else { return };
    let (a, b) = (picture(file, "image_a"), picture(file, "image_b"));
    let (first, second) = (picture_tensor(&a).unwrap(), picture_tensor(&b).unwrap());
    let features = tch::no_grad(|| lpips.features(&first)).unwrap();
    for (layer, feature) in features.iter().enumerate() {
        let mean = feature.abs().mean(Kind::Double).double_value(&[]);
        close(file, &format!("feature_abs_mean_{layer}"), &[mean], 6e-6);
    }
    let last: Vec<f32> = features[4].contiguous().view([-1]).try_into().unwrap();
    let last: Vec<f64> = last.into_iter().step_by(stride).map(f64::from).collect();
    close(file, "feature_a_last", &last, tolerance);
    let layers = tch::no_grad(|| lpips.by_layer(&first, &second)).unwrap();
    for (layer, distance) in layers.iter().enumerate() {
        close(file, &format!("layer_{layer}"), &[distance.double_value(&[0])], whole);
    }
    let sum = layers.iter().map(|layer| layer.double_value(&[0])).sum();
    close(file, "lpips", &[sum], whole);
}

#[test]
fn alexnet() {
    check(LpipsNetwork::AlexNet, ALEX, 1, 1.2e-4, 7.3e-8);
    let Some(lpips) = load(LpipsNetwork::AlexNet) else { return };
    let (a, b) = (picture(ALEX, "image_a"), picture(ALEX, "image_b"));
    close(ALEX, "lpips", &[lpips.distance(&a, &b).unwrap()], 7.3e-8);
    assert_eq!(lpips.distance(&a, &a).unwrap(), 0.0);
}

#[test]
fn vgg16() {
    check(LpipsNetwork::Vgg16, VGG, 3, 4.5e-5, 6.8e-8);
}

#[test]
fn what_cannot_be_compared_is_an_error() {
    assert!(matches!(
        Lpips::from_arrays(LpipsNetwork::AlexNet, &Arrays::new(), Device::Cpu),
        Err(MetricsError::Weights(_))
    ));
    let Some(lpips) = load(LpipsNetwork::AlexNet) else { return };
    let side = |side| tch::Tensor::zeros([1, 3, side, 40], (Kind::Float, Device::Cpu));
    assert!(lpips.by_layer(&side(40), &side(41)).is_err());
    assert!(lpips.features(&side(20)).is_err());
}
