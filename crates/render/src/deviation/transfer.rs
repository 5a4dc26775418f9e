//! One person's latent motion on another person.

use ndarray::{Array2, ArrayView1, ArrayView2};

const ENTRIES: usize = 9;

/// R = (R_D · R_restᵀ) · R_S at every place, t = t_S + t_D − t_rest (the paper drives only with the same person's pictures; this is
/// ours): what does not move stays as `source` has it. Rows as [`super::LatentPose::to_rows`].
pub(super) fn onto(
    motion: ArrayView2<'_, f32>,
    rest: ArrayView1<'_, f32>,
    source: ArrayView1<'_, f32>,
) -> Array2<f32> {
    let mut made = Array2::zeros(motion.dim());
    let places = rest.len().min(source.len()).min(motion.ncols()).saturating_sub(3) / ENTRIES;
    for (driving, mut row) in motion.rows().into_iter().zip(made.rows_mut()) {
        for place in 0..places {
            let at = |row: &ArrayView1<'_, f32>, i: usize, j: usize| row[place * ENTRIES + i * 3 + j];
            for i in 0..3 {
                for j in 0..3 {
                    let mut sum = 0.0;
                    for k in 0..3 {
                        let turn: f32 = (0..3).map(|l| at(&driving, i, l) * at(&rest, k, l)).sum();
                        sum += turn * at(&source, k, j);
                    }
                    row[place * ENTRIES + i * 3 + j] = sum;
                }
            }
        }
        for i in places * ENTRIES..(places * ENTRIES + 3).min(row.len()) {
            row[i] = source[i] + driving[i] - rest[i];
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array1;
    use orator_nn::rotation::matrices;
    use tch::{Device, Kind, Tensor};

    fn pose() -> Array1<f32> {
        let angle = || (Tensor::rand([4], (Kind::Float, Device::Cpu)) - 0.5) * 2.0;
        let turns = Vec::<f32>::try_from(&matrices(&angle(), &angle(), &angle()).view([-1])).unwrap();
        let moved = Vec::<f32>::try_from(&angle().narrow(0, 0, 3)).unwrap();
        turns.into_iter().chain(moved).collect()
    }

    #[test]
    fn rest_becomes_the_source_and_oneself_stays_oneself() {
        tch::manual_seed(5);
        let (rest, source, driving) = (pose(), pose(), pose());
        let near =
            |a: ArrayView1<'_, f32>, b: &Array1<f32>| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
        let row = |r: &Array1<f32>| r.clone().insert_axis(ndarray::Axis(0));
        assert!(near(onto(row(&rest).view(), rest.view(), source.view()).row(0), &source));
        assert!(near(onto(row(&driving).view(), rest.view(), rest.view()).row(0), &driving));
        assert!(!near(onto(row(&driving).view(), rest.view(), source.view()).row(0), &driving));
    }
}
