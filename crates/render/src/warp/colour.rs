//! Colour models of a part and of what surrounds it.

use super::raster::{symmetric_determinant, symmetric_inverse};

/// A mixture of Gaussians over RGB, fitted by k-means from sure pixels.
#[derive(Clone, Debug)]
pub(crate) struct ColourModel {
    clusters: Vec<Cluster>,
}

#[derive(Clone, Debug)]
struct Cluster {
    mean: [f32; 3],
    inverse: [f32; 6],
    log_weight: f32,
}

const CLUSTERS: usize = 4;
const ROUNDS: usize = 8;
/// Added to every variance: grain, compression, and clusters of a few pixels.
const VARIANCE_FLOOR: f32 = 6e-4;

impl ColourModel {
    /// Fits the colours (0..=1); `None` with fewer than a dozen.
    pub fn fit(colours: &[[f32; 3]]) -> Option<Self> {
        if colours.len() < 12 {
            return None;
        }
        // Farthest-point seeds: deterministic, and a small garment detail is not lost.
        let mut means = vec![average(colours)];
        while means.len() < CLUSTERS {
            let next = colours.iter().max_by(|a, b| nearest(&means, a).1.total_cmp(&nearest(&means, b).1))?;
            means.push(*next);
        }
        for _ in 0..ROUNDS {
            let mut groups = vec![([0.0f32; 3], 0.0f32); means.len()];
            for colour in colours {
                let (sum, count) = &mut groups[nearest(&means, colour).0];
                (0..3).for_each(|c| sum[c] += colour[c]);
                *count += 1.0;
            }
            for (mean, (sum, count)) in means.iter_mut().zip(groups) {
                if count > 0.0 {
                    *mean = sum.map(|v| v / count);
                }
            }
        }
        let mut second = vec![([0.0f32; 6], 0.0f32); means.len()];
        for colour in colours {
            let k = nearest(&means, colour).0;
            let d = [0, 1, 2].map(|c| colour[c] - means[k][c]);
            let products = [d[0] * d[0], d[0] * d[1], d[0] * d[2], d[1] * d[1], d[1] * d[2], d[2] * d[2]];
            (0..6).for_each(|j| second[k].0[j] += products[j]);
            second[k].1 += 1.0;
        }
        let total = colours.len() as f32;
        let clusters = means
            .into_iter()
            .zip(second)
            .filter(|(_, (_, count))| *count > 0.01 * total)
            .map(|(mean, (sums, count))| {
                let mut covariance = sums.map(|v| v / count);
                [0, 3, 5].iter().for_each(|&j| covariance[j] += VARIANCE_FLOOR);
                Cluster {
                    mean,
                    inverse: symmetric_inverse(covariance),
                    log_weight: (count / total).ln()
                        - 0.5 * symmetric_determinant(covariance).max(1e-30).ln(),
                }
            })
            .collect();
        Some(Self { clusters })
    }

    /// The logarithm of the density at a colour, of its nearest cluster; never below that of a colour far from all.
    pub fn log_density(&self, colour: [f32; 3]) -> f32 {
        self.clusters
            .iter()
            .map(|k| {
                let d = [0, 1, 2].map(|c| colour[c] - k.mean[c]);
                let [xx, xy, xz, yy, yz, zz] = k.inverse;
                let square = d[0] * d[0] * xx
                    + d[1] * d[1] * yy
                    + d[2] * d[2] * zz
                    + 2.0 * (d[0] * d[1] * xy + d[0] * d[2] * xz + d[1] * d[2] * yz);
                k.log_weight - 0.5 * square
            })
            .fold(-3.0, f32::max)
    }
}

/// The mean colour, black of none.
pub(crate) fn average(colours: &[[f32; 3]]) -> [f32; 3] {
    let mut sum = [0.0f32; 3];
    for colour in colours {
        (0..3).for_each(|c| sum[c] += colour[c]);
    }
    sum.map(|v| v / colours.len().max(1) as f32)
}

fn nearest(means: &[[f32; 3]], colour: &[f32; 3]) -> (usize, f32) {
    let mut best = (0, f32::INFINITY);
    for (k, mean) in means.iter().enumerate() {
        let distance = (0..3).map(|c| (mean[c] - colour[c]).powi(2)).sum::<f32>();
        if distance < best.1 {
            best = (k, distance);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skin_is_told_from_a_pullover() {
        let spread = |base: [f32; 3]| -> Vec<[f32; 3]> {
            (0..100).map(|i| base.map(|v| v + 0.03 * ((i * 37 % 11) as f32 / 11.0 - 0.5))).collect()
        };
        let skin = ColourModel::fit(&spread([0.9, 0.7, 0.6])).unwrap();
        let wool = ColourModel::fit(&spread([0.1, 0.2, 0.5])).unwrap();
        let colour = [0.88, 0.71, 0.6];
        assert!(skin.log_density(colour) > wool.log_density(colour) + 3.0);
        assert!(ColourModel::fit(&[[0.0; 3]; 3]).is_none());
    }
}
