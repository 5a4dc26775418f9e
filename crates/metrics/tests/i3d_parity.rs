//! I3D equals the published network on fixture 08d, from the shared folder. Needs the fetched weights; skips without.

#![allow(clippy::unwrap_used)] // helpers outside #[test] functions

mod fixture;

use fixture::{fill, numbers};
use orator_assets::AssetError;
use orator_metrics::{I3d, MetricsError};
use std::path::{Path, PathBuf};
use tch::{Device, Tensor};

fn shared() -> PathBuf {
    std::env::var_os("ORATOR_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from)
}

/// The fixture's clip: waves of colour with a little noise.
fn clip() -> Tensor {
    let mut values = Vec::with_capacity(3 * 16 * 224 * 224);
    for channel in 0..3 {
        let noise = format!("input/i3d/noise{channel}");
        for at in 0..16 * 224 * 224 {
            let (frame, row, column) = (at / (224 * 224), at / 224 % 224, at % 224);
            let (x, y, t) = (column as f64 / 223.0, row as f64 / 223.0, frame as f64 / 16.0);
            let wave = (std::f64::consts::TAU * (2.0 * x + 3.0 * y + 1.5 * t) + f64::from(channel)).sin();
            values.push((0.7 * wave + 0.1 * fill(&noise, at)) as f32);
        }
    }
    Tensor::from_slice(&values).view([1, 3, 16, 224, 224])
}

#[test]
fn equal_to_the_published_network() {
    let Ok(file) = std::fs::read(shared().join("fixtures/08d_i3d_kinetics/fixture.safetensors")) else {
        eprintln!("skipped: the shared fixtures are absent");
        return;
    };
    let network = match I3d::load(Device::Cpu) {
        Err(MetricsError::Asset(AssetError::Missing { path })) => {
            eprintln!("skipped: {} was not fetched", path.display());
            return;
        }
        other => other.unwrap(),
    };
    let compare = |name: &str, tensor: &Tensor, stride: usize, tolerance: f64| {
        let found = Vec::<f32>::try_from(tensor.contiguous().view([-1])).unwrap();
        let found: Vec<f64> = found.into_iter().step_by(stride).map(f64::from).collect();
        let expected = numbers(&file, name);
        assert_eq!(found.len(), expected.len(), "{name}");
        let worst = found.iter().zip(&expected).fold(0f64, |worst, (a, b)| worst.max((a - b).abs()));
        assert!(worst <= tolerance, "{name}: {worst}");
    };
    let mut seen = 0;
    let logits = network.run(&clip(), |name, x| {
        let (stride, tolerance) = match name {
            "Conv3d_1a_7x7" => (1087, 2.3e-4),
            "Mixed_3c" => (503, 1e-4),
            "Mixed_4f" => (109, 8.2e-5),
            "Mixed_5c" => (17, 2.9e-4),
            "avg_pool" => (1, 1e-5),
            _ => return,
        };
        compare(name, x, stride, tolerance);
        seen += 1;
    });
    compare("logits", &logits.unwrap(), 1, 9.3e-5);
    assert_eq!(seen, 5);
}
