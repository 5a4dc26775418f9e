//! Retrieval of motion by speech and back (METHODS 5): how often is the partner among the k nearest?
//!
//! Embeddings are compared by cosine. Partners that tie with others count by the chance of being drawn before them, so that
//! embeddings that are all the same score what guessing scores. Windows are to be non-overlapping: overlapping ones are near
//! duplicates.

use crate::{MetricsError, ProtocolHash, Result};
use ndarray::{Array2, ArrayView2, Axis};
use orator_nn::Randomness;
use serde::Serialize;

/// Most pairs that are compared with each other.
const MOST_PAIRS: usize = 20_000;

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RetrievalConfig {
    /// Places within which the partner has to be. Default 1, 2, 3, 5, 10.
    pub places: Vec<usize>,
    /// Pairs in a random batch. Default 32.
    pub batch: usize,
    /// How many batches are drawn. Default 100.
    pub draws: usize,
    /// Seed of the draws. Default 0.
    pub seed: u64,
}

impl Default for RetrievalConfig {
    fn default() -> Self {
        Self { places: vec![1, 2, 3, 5, 10], batch: 32, draws: 100, seed: 0 }
    }
}

/// Shares of partners found, one for each of the configuration's places.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recall {
    /// Pairs among which the partner is looked for.
    pub among: usize,
    /// The first kind asks for the second (speech for motion).
    pub forth: Vec<f64>,
    /// The second kind asks for the first.
    pub back: Vec<f64>,
    /// What guessing finds.
    pub chance: Vec<f64>,
}

/// Recall among all pairs and in random batches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RetrievalReport {
    /// The places, as configured.
    pub places: Vec<usize>,
    /// Among all pairs.
    pub all: Recall,
    /// Mean over the batches; `None` when there are fewer pairs than a batch has.
    pub batches: Option<Recall>,
    /// See [`RetrievalConfig`].
    pub protocol: ProtocolHash,
}

impl RetrievalReport {
    /// Row i of `first` and row i of `second`, both `[pairs, dimensions]`, belong together.
    ///
    /// # Errors
    /// [`MetricsError::Size`] when the shapes differ, there is no pair or more than 20,000, or a number is not finite;
    /// [`MetricsError::Config`] for batches of less than two, or none drawn.
    pub fn of(
        first: ArrayView2<'_, f32>,
        second: ArrayView2<'_, f32>,
        config: &RetrievalConfig,
    ) -> Result<Self> {
        let pairs = first.nrows();
        if first.dim() != second.dim() || pairs == 0 || pairs > MOST_PAIRS {
            return Err(MetricsError::Size(format!(
                "retrieval needs as many of both kinds, 1 to {MOST_PAIRS}, not {:?} and {:?}",
                first.dim(),
                second.dim()
            )));
        }
        if config.batch < 2 || config.draws == 0 {
            return Err(MetricsError::Config("retrieval: batches of two or more, at least one".into()));
        }
        let (first, second) = (unit_rows(first)?, unit_rows(second)?);
        let mut randomness = Randomness::new(config.seed);
        let batches = (pairs >= config.batch).then(|| {
            let mut sum = Recall::nothing(config.batch, &config.places);
            for _ in 0..config.draws {
                let chosen = randomness.permutation(pairs);
                let chosen = &chosen[..config.batch];
                let (a, b) = (first.select(Axis(0), chosen), second.select(Axis(0), chosen));
                sum.add(&Recall::of(&a, &b, &config.places), 1.0 / config.draws as f64);
            }
            sum
        });
        Ok(Self {
            places: config.places.clone(),
            all: Recall::of(&first, &second, &config.places),
            batches,
            protocol: ProtocolHash::of("retrieval", config),
        })
    }
}

impl Recall {
    fn nothing(among: usize, places: &[usize]) -> Self {
        let chance = places.iter().map(|place| (*place as f64 / among as f64).min(1.0)).collect();
        Self { among, forth: vec![0.0; places.len()], back: vec![0.0; places.len()], chance }
    }

    fn of(first: &Array2<f64>, second: &Array2<f64>, places: &[usize]) -> Self {
        let mut recall = Self::nothing(first.nrows(), places);
        for (from, to, found) in [(first, second, &mut recall.forth), (second, first, &mut recall.back)] {
            for (row, query) in from.rows().into_iter().enumerate() {
                let likeness = to.dot(&query);
                let own = likeness[row];
                let above = likeness.iter().filter(|other| **other > own).count();
                let level = likeness.iter().filter(|other| **other == own).count();
                for (found, place) in found.iter_mut().zip(places) {
                    let share = place.saturating_sub(above).min(level) as f64 / level.max(1) as f64;
                    *found += share;
                }
            }
            found.iter_mut().for_each(|found| *found /= from.nrows() as f64);
        }
        recall
    }

    fn add(&mut self, other: &Self, weight: f64) {
        for (sum, value) in
            self.forth.iter_mut().zip(&other.forth).chain(self.back.iter_mut().zip(&other.back))
        {
            *sum += weight * value;
        }
    }
}

/// Rows of length 1; rows of zeros stay.
fn unit_rows(rows: ArrayView2<'_, f32>) -> Result<Array2<f64>> {
    if rows.iter().any(|value| !value.is_finite()) {
        return Err(MetricsError::Size("embeddings that are not finite cannot be retrieved".into()));
    }
    let mut rows = rows.mapv(f64::from);
    for mut row in rows.rows_mut() {
        let length = row.dot(&row).sqrt();
        if length > 0.0 {
            row /= length;
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Directions that are all different.
    fn fan(pairs: usize, turned: usize) -> Array2<f32> {
        Array2::from_shape_fn((pairs, 2), |(row, axis)| {
            let angle = ((row + turned) % pairs) as f32 / pairs as f32 * std::f32::consts::PI;
            if axis == 0 { angle.cos() } else { angle.sin() }
        })
    }

    #[test]
    fn perfect_turned_and_constant_embeddings() {
        let config = RetrievalConfig::default();
        let perfect = RetrievalReport::of(fan(50, 0).view(), fan(50, 0).view(), &config).unwrap();
        assert_eq!((perfect.all.forth[0], perfect.all.back[0]), (1.0, 1.0));
        assert!((perfect.batches.unwrap().forth[0] - 1.0).abs() < 1e-9);
        // The partner is never the nearest, but mostly among the nearest three.
        let turned = RetrievalReport::of(fan(50, 0).view(), fan(50, 1).view(), &config).unwrap();
        assert_eq!(turned.all.forth[0], 0.0);
        assert!(turned.all.forth[2] > 0.9, "{:?}", turned.all);
        let constant =
            RetrievalReport::of(Array2::ones((64, 3)).view(), Array2::ones((64, 3)).view(), &config).unwrap();
        for (found, chance) in constant.all.forth.iter().zip(&constant.all.chance) {
            assert!((found - chance).abs() < 1e-9);
        }
        let batches = constant.batches.unwrap();
        assert_eq!((batches.among, batches.chance[0]), (32, 1.0 / 32.0));
        assert!((batches.back[4] - 10.0 / 32.0).abs() < 1e-9);
    }

    #[test]
    fn same_seed_same_batches() {
        let noise = |seed: u64| {
            let mut randomness = Randomness::new(seed);
            Array2::from_shape_simple_fn((80, 8), || randomness.uniform() as f32 - 0.5)
        };
        let config = RetrievalConfig::default();
        let report = RetrievalReport::of(noise(1).view(), noise(2).view(), &config).unwrap();
        assert_eq!(report, RetrievalReport::of(noise(1).view(), noise(2).view(), &config).unwrap());
        // Unrelated embeddings are near chance.
        let batches = report.batches.unwrap();
        assert!((batches.forth[4] - batches.chance[4]).abs() < 0.1, "{batches:?}");
    }

    #[test]
    fn what_cannot_be_compared_is_an_error() {
        let config = RetrievalConfig::default();
        let of = |a: Array2<f32>, b: Array2<f32>| RetrievalReport::of(a.view(), b.view(), &config);
        assert!(of(Array2::ones((3, 2)), Array2::ones((4, 2))).is_err());
        assert!(of(Array2::ones((0, 2)), Array2::ones((0, 2))).is_err());
        assert!(of(Array2::from_elem((3, 2), f32::NAN), Array2::ones((3, 2))).is_err());
        assert_eq!(of(Array2::ones((3, 2)), Array2::ones((3, 2))).unwrap().batches, None);
    }
}
