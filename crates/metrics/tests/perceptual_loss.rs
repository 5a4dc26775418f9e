//! The perceptual loss: gradients, precision, settings. Needs the fetched VGG-19; skips without.

#![allow(clippy::unwrap_used)] // helpers outside #[test] functions

use orator_assets::AssetError;
use orator_media::{Limits, picture};
use orator_metrics::lpips::picture_tensor;
use orator_metrics::{Arrays, MetricsError, PerceptualConfig, PerceptualLoss};
use std::path::Path;
use tch::{Device, Kind, Tensor};

fn load(config: PerceptualConfig) -> Option<PerceptualLoss> {
    match PerceptualLoss::load(config, Device::Cpu) {
        Err(MetricsError::Asset(AssetError::Missing { path })) => {
            eprintln!("skipped: {} was not fetched", path.display());
            None
        }
        other => Some(other.unwrap()),
    }
}

/// Waves of colour, and the same with something wrong in one corner.
fn pictures(side: i64) -> (Tensor, Tensor) {
    let line = Tensor::arange(side, (Kind::Float, Device::Cpu)) / 7.0;
    let wave = (line.unsqueeze(0) + line.unsqueeze(1) * 0.5).sin() * 0.4 + 0.5;
    let real = Tensor::stack(&[&wave, &(1.0 - &wave), &wave.square()], 0).unsqueeze(0);
    let wrong = real.copy();
    let _ = wrong.narrow(2, 0, side / 2).narrow(3, 0, side / 2).fill_(0.5);
    (wrong, real)
}

#[test]
fn gradients_reach_the_generated_picture_and_lead_to_the_real_one() {
    let Some(loss) = load(PerceptualConfig::default().shallow(3)) else { return };
    let (wrong, real) = pictures(48);
    assert_eq!(loss.forward(&real, &real).unwrap().double_value(&[]), 0.0);
    let wrong = wrong.set_requires_grad(true);
    let first = loss.forward(&wrong, &real).unwrap();
    assert_eq!((first.kind(), first.dim()), (Kind::Float, 0));
    first.backward();
    let gradient = wrong.grad();
    assert!(gradient.narrow(2, 0, 24).narrow(3, 0, 24).abs().max().double_value(&[]) > 0.0);
    let step = &gradient * (1e-2 / gradient.norm().double_value(&[]));
    let second = tch::no_grad(|| loss.forward(&(&wrong - step), &real)).unwrap();
    assert!(second.double_value(&[]) < first.double_value(&[]));
}

#[test]
fn bfloat16_gives_nearly_the_same() {
    let config = PerceptualConfig::default();
    let Some(full) = load(config.clone()) else { return };
    let Some(brain) = load(PerceptualConfig { brain_floats: true, ..config }) else { return };
    let (wrong, real) = pictures(64);
    let [full, brain] =
        [full, brain].map(|loss| tch::no_grad(|| loss.forward(&wrong, &real)).unwrap().double_value(&[]));
    assert!((full - brain).abs() < 0.02 * full, "{full} and {brain}");
}

/// The published network was scaled to a mean activation of 1 over natural pictures, channel by channel: read with the
/// channels, the range or the borders wrong it would be far from that.
#[test]
fn activations_of_a_picture_are_about_one() {
    let Some(loss) = load(PerceptualConfig::default()) else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/stage/people.jpg");
    let picture = picture::read(&path, &Limits::default());
    // A hundred people before all kinds of backgrounds: as rich as a picture of nature.
    let picture = picture_tensor(&picture.unwrap().resize(256, 256)).unwrap();
    for (tap, mean) in loss.config().taps.iter().zip(loss.mean_activations(&picture).unwrap()) {
        assert!((0.5..2.0).contains(&mean), "{tap}: {mean}");
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let refused = |config: PerceptualConfig| {
        matches!(
            PerceptualLoss::from_arrays(config, &Arrays::new(), Device::Cpu),
            Err(MetricsError::Config(_))
        )
    };
    let config = PerceptualConfig::default;
    assert!(refused(PerceptualConfig { taps: vec![], weights: vec![], ..config() }));
    assert!(refused(PerceptualConfig { weights: vec![1.0], ..config() }));
    assert!(refused(PerceptualConfig { weights: vec![f64::NAN; 5], ..config() }));
    assert!(refused(PerceptualConfig { divisors: vec![0], ..config() }));
    assert!(refused(PerceptualConfig { taps: vec!["relu1_1".parse().unwrap(); 5], ..config() }));
    assert!(matches!(
        PerceptualLoss::from_arrays(config(), &Arrays::new(), Device::Cpu),
        Err(MetricsError::Weights(_))
    ));
}
