//! Mean and spread of every dimension over the training clips.

use ndarray::{Array1, Array2};
use orator_nn::{NnError, Result};
use std::collections::BTreeMap;
use tch::Tensor;

/// Smallest spread that is divided by, so that dimensions that hardly move do not become noise.
const SMALLEST_SPREAD: f32 = 1e-3;

/// Per-dimension standardisation.
#[derive(Clone, Debug, PartialEq)]
pub struct Normaliser {
    mean: Array1<f32>,
    spread: Array1<f32>,
}

impl Normaliser {
    /// Statistics over rows `[n, dimensions]`, each value weighted by `weight` of the same shape (0 = not seen).
    #[must_use]
    pub fn measure(parts: &[(&Array2<f32>, &Array2<f32>)], dimensions: usize) -> Self {
        let mut sums = vec![(0.0f64, 0.0f64, 0.0f64); dimensions];
        for (values, weight) in parts {
            for (row, weights) in values.rows().into_iter().zip(weight.rows()) {
                for ((sum, &v), &w) in sums.iter_mut().zip(row).zip(weights) {
                    let (v, w) = (f64::from(v), f64::from(w));
                    sum.0 += w;
                    sum.1 += w * v;
                    sum.2 += w * v * v;
                }
            }
        }
        let mean = |s: &(f64, f64, f64)| if s.0 > 0.0 { s.1 / s.0 } else { 0.0 };
        let spread = |s: &(f64, f64, f64)| {
            if s.0 > 0.0 { (s.2 / s.0 - mean(s) * mean(s)).max(0.0).sqrt() } else { 1.0 }
        };
        Self {
            mean: sums.iter().map(|s| mean(s) as f32).collect(),
            spread: sums.iter().map(|s| (spread(s) as f32).max(SMALLEST_SPREAD)).collect(),
        }
    }

    /// Leaves values as they are.
    #[must_use]
    pub fn identity(dimensions: usize) -> Self {
        Self { mean: Array1::zeros(dimensions), spread: Array1::ones(dimensions) }
    }

    /// Number of dimensions.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.mean.len()
    }

    /// These statistics moved towards those of `values` `[n, dimensions]`, by n / (n + `prior`).
    #[must_use]
    pub fn adapted(&self, values: &Array2<f32>, prior: f32) -> Self {
        let own = Self::measure(&[(values, &Array2::ones(values.dim()))], self.dimensions());
        let n = values.nrows() as f32;
        let share = n / (n + prior);
        let mean = &self.mean * (1.0 - share) + &own.mean * share;
        // A column that never moves in this recording (no beat, no onset) says nothing about its spread.
        let spread = ndarray::Zip::from(&self.spread)
            .and(&own.spread)
            .map_collect(|&known, &own| known * (1.0 - share) + own.clamp(known * 0.5, known * 2.0) * share);
        Self { mean, spread }
    }

    /// `(values − mean) / spread`, row by row.
    #[must_use]
    pub fn apply(&self, values: &Array2<f32>) -> Array2<f32> {
        (values - &self.mean) / &self.spread
    }

    /// The inverse of [`Normaliser::apply`].
    #[must_use]
    pub fn undo(&self, values: &Array2<f32>) -> Array2<f32> {
        values * &self.spread + &self.mean
    }

    /// One over the spread of each dimension.
    #[must_use]
    pub fn spread(&self) -> &Array1<f32> {
        &self.spread
    }

    /// As named tensors for a checkpoint.
    #[must_use]
    pub fn tensors(&self, prefix: &str) -> Vec<(String, Tensor)> {
        let tensor = |a: &Array1<f32>| Tensor::from_slice(&a.to_vec());
        vec![
            (format!("{prefix}.mean"), tensor(&self.mean)),
            (format!("{prefix}.spread"), tensor(&self.spread)),
        ]
    }

    /// From a checkpoint's tensors.
    ///
    /// # Errors
    /// [`NnError::Mismatch`] when they are missing or of another length.
    pub fn from_tensors(tensors: &BTreeMap<String, Tensor>, prefix: &str, dimensions: usize) -> Result<Self> {
        let get = |part: &str| -> Result<Array1<f32>> {
            let name = format!("{prefix}.{part}");
            let tensor = tensors.get(&name).filter(|t| t.size() == [dimensions as i64]).ok_or_else(|| {
                NnError::Mismatch { what: format!("{name} is missing or not of length {dimensions}") }
            })?;
            Ok(Vec::<f32>::try_from(tensor)?.into())
        };
        let spread = get("spread")?.mapv(|s| s.max(SMALLEST_SPREAD / 2.0));
        Ok(Self { mean: get("mean")?, spread })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_values_have_mean_zero_and_spread_one() {
        let v = Array2::from_shape_fn((100, 3), |(i, j)| (i as f32) * (j as f32 + 1.0) + 5.0);
        let w = Array2::ones((100, 3));
        let n = Normaliser::measure(&[(&v, &w)], 3);
        let z = n.apply(&v);
        for c in z.columns() {
            let mean = c.mean().unwrap();
            assert!(mean.abs() < 1e-3);
            assert!(((c.mapv(|x| x * x)).mean().unwrap() - 1.0).abs() < 1e-3);
        }
        let back = n.undo(&z);
        assert!((&back - &v).iter().all(|d| d.abs() < 1e-2));
    }

    #[test]
    fn a_long_recording_is_measured_by_itself_and_a_short_one_hardly() {
        let known = Normaliser::identity(1);
        let values =
            |n: usize| Array2::from_shape_fn((n, 1), |(i, _)| 5.0 + if i % 2 == 0 { 1.0 } else { -1.0 });
        let long = known.adapted(&values(100_000), 100.0).apply(&values(1000));
        assert!(long.mean().unwrap().abs() < 0.02);
        let short = known.adapted(&values(2), 100.0).apply(&values(2));
        assert!((short.mean().unwrap() - 4.9).abs() < 0.1);
        assert_eq!(known.adapted(&values(0), 100.0), known);
    }

    #[test]
    fn half_precision_spreads_survive_a_round_trip() {
        let n = Normaliser::identity(2);
        let t: BTreeMap<_, _> = n.tensors("x").into_iter().collect();
        assert_eq!(Normaliser::from_tensors(&t, "x", 2).unwrap(), n);
        assert!(Normaliser::from_tensors(&t, "x", 3).is_err());
    }
}
