//! The Fréchet distance equals the published one on fixture 08c.

#![allow(clippy::unwrap_used)] // helpers outside #[test] functions

mod fixture;

use fixture::{close, fill, numbers};
use ndarray::Array2;
use orator_metrics::FrechetStatistics;

const FILE: &[u8] = include_bytes!("fixtures/08c_frechet.safetensors");

/// The two sets of a case, as the fixture fills them.
fn sets(tag: &str, counts: [usize; 2], dimensions: usize) -> [FrechetStatistics; 2] {
    let matrix = |part: &str, rows: usize| {
        let name = format!("input/fid/{tag}/{part}");
        Array2::from_shape_fn((rows, dimensions), |(row, column)| fill(&name, row * dimensions + column))
    };
    let mix = matrix("mix", dimensions);
    let x = matrix("x", counts[0]).dot(&mix);
    let y = matrix("y", counts[1]).dot(&(0.9 * &mix.t())) + 0.3 * matrix("mean", 1);
    [x, y].map(|features| FrechetStatistics::of(features.view()).unwrap())
}

fn check(tag: &str, counts: [usize; 2], dimensions: usize, tolerance: f64) {
    let [x, y] = sets(tag, counts, dimensions);
    close(FILE, &format!("{tag}/mu1"), x.mean().as_slice().unwrap(), 1e-12);
    close(FILE, &format!("{tag}/mu2"), y.mean().as_slice().unwrap(), 1e-12);
    close(FILE, &format!("{tag}/trace_sigma1"), &[x.covariance().diag().sum()], 1e-9);
    close(FILE, &format!("{tag}/trace_sigma2"), &[y.covariance().diag().sum()], 1e-9);
    let expected = numbers(FILE, &format!("{tag}/frechet"))[0];
    let (forth, back) = (x.distance(&y).unwrap(), y.distance(&x).unwrap());
    for value in [forth, back] {
        assert!((value - expected).abs() <= tolerance * expected, "{tag}: {value} instead of {expected}");
    }
    assert!(x.distance(&x).unwrap().abs() < 1e-4);
}

#[test]
fn few_dimensions() {
    check("d8", [200, 150], 8, 1e-10);
    let [x, y] = sets("d8", [200, 150], 8);
    close(FILE, "d8/sigma1", x.covariance().as_slice().unwrap(), 1e-12);
    close(FILE, "d8/sigma2", y.covariance().as_slice().unwrap(), 1e-12);
}

#[test]
fn many_dimensions() {
    check("d64", [400, 300], 64, 1e-10);
}

/// Fewer samples than dimensions: the fixture itself is sure to about 1e-4.
#[test]
fn fewer_samples_than_dimensions() {
    check("rankdef", [40, 50], 64, 1e-6);
}
