//! The Fréchet distance of two sets of features (METHODS 5): the core of FGD, FVD and FID.
//!
//! d² = ‖μ₁ − μ₂‖² + Tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½), covariances over N − 1, all in 64-bit floats. The root's trace is the sum of the
//! roots of the eigenvalues of Σ₁^½ Σ₂ Σ₁^½, a symmetric matrix with the eigenvalues of Σ₁Σ₂: no complex numbers arise, and the
//! published remedy (1e-6·I for a root that is not finite) is never needed. Equal to fixture `08c`.

use crate::{MetricsError, ProtocolHash, Result};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::Serialize;
use std::fmt;
use tch::{Kind, Tensor};

/// Windows of motion below which a distance is printed with the words "too few" (DATA.md).
pub const LEAST_WINDOWS: usize = 1000;
/// Clips of video below which a distance is printed with the words "too few" (DATA.md).
pub const LEAST_CLIPS: usize = 500;
/// Most numbers of a feature.
const MOST_DIMENSIONS: usize = 4096;

/// Mean and covariance of a set of features.
#[derive(Clone, Debug, PartialEq)]
pub struct FrechetStatistics {
    count: usize,
    mean: Array1<f64>,
    covariance: Array2<f64>,
}

impl FrechetStatistics {
    /// Of `[samples, dimensions]`.
    ///
    /// # Errors
    /// [`MetricsError::Size`] for fewer than two samples, no dimension or more than 4096, or numbers that are not finite.
    pub fn of(features: ArrayView2<'_, f64>) -> Result<Self> {
        let (count, dimensions) = features.dim();
        if count < 2 || dimensions == 0 || dimensions > MOST_DIMENSIONS {
            return Err(MetricsError::Size(format!(
                "a Fréchet distance needs two samples or more of 1 to {MOST_DIMENSIONS} numbers, not {count} of {dimensions}"
            )));
        }
        if features.iter().any(|value| !value.is_finite()) {
            return Err(MetricsError::Size("features that are not finite have no Fréchet distance".into()));
        }
        let mean = features.sum_axis(Axis(0)) / count as f64;
        let centred = &features - &mean;
        let covariance = centred.t().dot(&centred) / (count - 1) as f64;
        Ok(Self { count, mean, covariance })
    }

    /// How many samples.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// `[dimensions]`.
    #[must_use]
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// `[dimensions, dimensions]`, over N − 1.
    #[must_use]
    pub fn covariance(&self) -> &Array2<f64> {
        &self.covariance
    }

    /// The distance d² to another set; a rounding error below 0 is possible for nearly equal sets.
    ///
    /// # Errors
    /// [`MetricsError::Size`] when the dimensions differ; [`MetricsError::Torch`] when the eigenvalues are not found.
    pub fn distance(&self, other: &Self) -> Result<f64> {
        if self.mean.len() != other.mean.len() {
            return Err(MetricsError::Size(format!(
                "features of {} and of {} numbers cannot be compared",
                self.mean.len(),
                other.mean.len()
            )));
        }
        let apart = &self.mean - &other.mean;
        let traces = self.covariance.diag().sum() + other.covariance.diag().sum();
        let (values, vectors) = matrix(&self.covariance)?.f_linalg_eigh("L")?;
        let root =
            vectors.f_matmul(&(values.clamp_min(0.0).sqrt().unsqueeze(1) * vectors.transpose(0, 1)))?;
        let product = root.f_matmul(&matrix(&other.covariance)?)?.f_matmul(&root)?;
        let product = (&product + product.transpose(0, 1)) * 0.5;
        let cross = product.f_linalg_eigvalsh("L")?.clamp_min(0.0).sqrt().sum(Kind::Double).double_value(&[]);
        Ok(apart.dot(&apart) + traces - 2.0 * cross)
    }
}

fn matrix(array: &Array2<f64>) -> Result<Tensor> {
    let values: Vec<f64> = array.iter().copied().collect();
    let (rows, columns) = array.dim();
    Ok(Tensor::f_from_slice(&values)?.f_view([rows as i64, columns as i64])?)
}

/// What the features are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FrechetProtocol {
    /// What is measured: "fgd_kp", "fvd_16f" and so on.
    pub measure: String,
    /// Which network makes the features: its name and the SHA-256 of its weights.
    pub features: String,
    /// Samples of either set below which the words "too few" stand beside the number.
    pub least: usize,
}

/// A distance with what is needed to judge it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FrechetReport {
    /// d².
    pub distance: f64,
    /// Samples of the real set.
    pub real: usize,
    /// Samples of the generated set.
    pub generated: usize,
    /// The words "too few" when one of the sets is too small to argue with.
    pub remark: Option<&'static str>,
    /// See [`FrechetProtocol`].
    pub protocol: ProtocolHash,
}

impl FrechetReport {
    /// Compares generated features with real ones.
    ///
    /// # Errors
    /// As [`FrechetStatistics::distance`].
    pub fn of(
        real: &FrechetStatistics,
        generated: &FrechetStatistics,
        protocol: &FrechetProtocol,
    ) -> Result<Self> {
        let few = real.count.min(generated.count) < protocol.least;
        Ok(Self {
            distance: real.distance(generated)?,
            real: real.count,
            generated: generated.count,
            remark: few.then_some("too few"),
            protocol: ProtocolHash::of("frechet", protocol),
        })
    }
}

impl fmt::Display for FrechetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4}", self.distance)?;
        match self.remark {
            Some(remark) => write!(f, " ({remark}: {} real, {} generated)", self.real, self.generated),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn protocol(least: usize) -> FrechetProtocol {
        FrechetProtocol { measure: "test".into(), features: "none".into(), least }
    }

    #[test]
    fn two_gaussians_have_the_closed_form() {
        // Independent axes: Σ (μ₁−μ₂)² + Σ (σ₁−σ₂)².
        let a =
            FrechetStatistics::of(array![[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]].view()).unwrap();
        let b =
            FrechetStatistics::of(array![[4.0, 1.0], [2.0, 1.0], [3.0, 4.0], [3.0, -2.0]].view()).unwrap();
        let spread = |s: &FrechetStatistics, axis: usize| s.covariance()[[axis, axis]].sqrt();
        let expected =
            9.0 + 1.0 + (0..2).map(|axis| (spread(&a, axis) - spread(&b, axis)).powi(2)).sum::<f64>();
        assert!((a.distance(&b).unwrap() - expected).abs() < 1e-9);
        assert!((b.distance(&a).unwrap() - expected).abs() < 1e-9);
        assert!(a.distance(&a).unwrap().abs() < 1e-9);
    }

    #[test]
    fn small_sets_are_called_too_few() {
        let a = FrechetStatistics::of(array![[1.0], [2.0], [4.0]].view()).unwrap();
        let report = FrechetReport::of(&a, &a, &protocol(4)).unwrap();
        assert!(report.to_string().contains("too few: 3 real, 3 generated"), "{report}");
        let enough = FrechetReport::of(&a, &a, &protocol(3)).unwrap();
        assert_eq!(enough.remark, None);
        assert_ne!(enough.protocol, report.protocol);
    }

    #[test]
    fn what_has_no_distance_is_an_error() {
        assert!(FrechetStatistics::of(array![[1.0, 2.0]].view()).is_err());
        assert!(FrechetStatistics::of(array![[1.0], [f64::NAN]].view()).is_err());
        assert!(FrechetStatistics::of(Array2::zeros((3, 0)).view()).is_err());
        let (a, b) = (Array2::zeros((3, 1)), Array2::zeros((3, 2)));
        let (a, b) = (FrechetStatistics::of(a.view()).unwrap(), FrechetStatistics::of(b.view()).unwrap());
        assert!(a.distance(&b).is_err());
    }
}
