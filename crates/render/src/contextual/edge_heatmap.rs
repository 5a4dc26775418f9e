//! Edge heatmaps: the skeleton drawn with soft lines whose thickness is learned (METHODS 2.7, Eq. 4–7).

use super::config::{EdgeConfig, Refinement};
use super::grouping::seen;
use orator_body::Layout;
use orator_body::edges::{HEATMAP_PARTS, heatmap_edges};
use orator_nn::grid::identity_grid;
use tch::nn::{Init, Path};
use tch::{Kind, Tensor};

/// σ² is held between these, in squared half picture widths (METHODS 2.7).
const VARIANCES: [f64; 2] = [5e-5, 5e-3];
/// Half the thickness of a drawn line that learns nothing: 1.5 pixels at 256².
const DRAWN: f64 = 1.5 * 2.0 / 256.0;
/// Keeps the length of an edge from zero (Eq. 6).
const LENGTH_EPSILON: f64 = 1e-8;
/// Squared distance that puts an edge with an unseen end out of sight.
const FAR: f64 = 1e3;

/// Draws points as edges, one channel a part of the body ([`HEATMAP_PARTS`]) or one for all.
pub struct EdgeHeatmap {
    /// Edges' ends as positions in the layout, sorted by channel.
    from: Tensor,
    to: Tensor,
    /// First edge and number of edges of each channel.
    runs: Vec<(i64, i64)>,
    /// ln σ² of each channel; none for lines of fixed thickness.
    log_variance: Option<Tensor>,
}

impl EdgeHeatmap {
    /// `refinement` decides whether thickness is learned ([`Refinement::EdgeHeatmap`]) or fixed.
    #[must_use]
    pub fn new(path: &Path, config: &EdgeConfig, refinement: Refinement) -> Self {
        let mut edges = heatmap_edges(Layout::Contextual116);
        let channel = |part| HEATMAP_PARTS.iter().position(|p| *p == part).unwrap_or(0);
        edges.sort_by_key(|edge| channel(edge.part));
        let runs: Vec<(i64, i64)> = if config.channel_per_part {
            let mut first = 0;
            HEATMAP_PARTS
                .iter()
                .map(|part| {
                    let count = edges.iter().filter(|e| e.part == *part).count() as i64;
                    first += count;
                    (first - count, count)
                })
                .collect()
        } else {
            vec![(0, edges.len() as i64)]
        };
        let ends = |pick: fn(&orator_body::edges::HeatmapEdge) -> usize| {
            let list: Vec<i64> = edges.iter().map(|e| pick(e) as i64).collect();
            Tensor::from_slice(&list).to_device(path.device())
        };
        let log_variance = (refinement == Refinement::EdgeHeatmap)
            .then(|| path.var("log_variance", &[runs.len() as i64], Init::Const(config.variance.ln())));
        Self { from: ends(|e| e.from), to: ends(|e| e.to), runs, log_variance }
    }

    /// Channels of the map.
    #[must_use]
    pub fn channels(&self) -> i64 {
        self.runs.len() as i64
    }

    /// Points `[batch, 116, 2]` in [−1, 1] with confidences `[batch, 116]` to `[batch, channels, size, size]` in 0..1.
    /// Edges with an unseen end are left out.
    pub fn forward(&self, points: &Tensor, confidence: &Tensor, size: i64) -> Tensor {
        let grid = identity_grid(size, size, points.device());
        let batch = points.size()[0];
        let squared = self.squared_distances(points, confidence, &grid);
        let nearest: Vec<Tensor> = self
            .runs
            .iter()
            .map(|&(first, count)| squared.narrow(1, first, count).amin([1i64].as_slice(), true))
            .collect();
        // Within a channel σ is the same, so the largest E of Eq. 7 is that of the nearest edge.
        let nearest = Tensor::cat(&nearest, 1).view([batch, -1, size, size]);
        match &self.log_variance {
            Some(log_variance) => {
                let held = log_variance.to_kind(Kind::Float).clamp(VARIANCES[0].ln(), VARIANCES[1].ln());
                (-nearest / held.exp().view([1, -1, 1, 1])).exp()
            }
            None => nearest.le(DRAWN * DRAWN).to_kind(Kind::Float),
        }
    }

    /// Eq. 5, squared: `[batch, edges, pixels]`.
    fn squared_distances(&self, points: &Tensor, confidence: &Tensor, grid: &Tensor) -> Tensor {
        let a = points.index_select(1, &self.from);
        let b = points.index_select(1, &self.to);
        let along = b - &a;
        let dot = |x: &Tensor, y: &Tensor| (x * y).sum_dim_intlist(-1, true, Kind::Float);
        let length = dot(&along, &along) + LENGTH_EPSILON;
        let seen = seen(confidence);
        let both = seen.index_select(1, &self.from) * seen.index_select(1, &self.to);
        let unseen: Tensor = 1.0 - both;
        let unseen = unseen.unsqueeze(-1) * FAR;

        let pixels = grid.view([-1, 2]).tr();
        let squares = pixels.square().sum_dim_intlist(0, true, Kind::Float);
        let ones = squares.ones_like();
        // t of Eq. 6 and |p − a|² are linear in (x, y, 1, |p|²): two matrix products instead of a dozen passes.
        let share = Tensor::cat(&[&along / &length, -dot(&a, &along) / &length], -1);
        let t_line = share.matmul(&Tensor::cat(&[&pixels, &ones], 0));
        let from = Tensor::cat(&[&a * -2.0, dot(&a, &a) + unseen, length.ones_like()], -1);
        let from_start = from.matmul(&Tensor::cat(&[&pixels, &ones, &squares], 0));
        let t = t_line.clamp(0.0, 1.0);
        // |p − a − t·(b − a)|² = |p − a|² − length · t · (2 t_line − t)
        (from_start - length * &t * (t_line * 2.0 - &t)).relu()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, nn::VarStore};

    fn segment(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let t = (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy + 1e-12)).clamp(0.0, 1.0);
        (p[0] - a[0] - t * dx).hypot(p[1] - a[1] - t * dy)
    }

    #[test]
    fn agrees_with_plain_segment_distances() {
        tch::manual_seed(3);
        let store = VarStore::new(Device::Cpu);
        let config = EdgeConfig { channel_per_part: false, ..EdgeConfig::default() };
        let map = EdgeHeatmap::new(&store.root(), &config, Refinement::EdgeHeatmap);
        let points = Tensor::rand([1, 116, 2], (Kind::Float, Device::Cpu)) * 1.6 - 0.8;
        let confidence = Tensor::ones([1, 116], (Kind::Float, Device::Cpu));
        let size = 24;
        let drawn = map.forward(&points, &confidence, size);
        let at = |i: usize| [0, 1].map(|axis| points.double_value(&[0, i as i64, axis]));
        for row in (0..size).step_by(5) {
            for column in (0..size).step_by(3) {
                let place = |k: i64| k as f64 * 2.0 / (size - 1) as f64 - 1.0;
                let nearest = heatmap_edges(Layout::Contextual116)
                    .iter()
                    .map(|e| segment([place(column), place(row)], at(e.from), at(e.to)))
                    .fold(f64::INFINITY, f64::min);
                let expected = (-nearest * nearest / config.variance).exp();
                let here = drawn.double_value(&[0, 0, row, column]);
                assert!((here - expected).abs() < 5e-3, "{here} {expected}");
            }
        }
    }

    #[test]
    fn gradient_reaches_thickness_and_points_and_unseen_edges_vanish() {
        tch::manual_seed(3);
        let store = VarStore::new(Device::Cpu);
        let map = EdgeHeatmap::new(&store.root(), &EdgeConfig::default(), Refinement::EdgeHeatmap);
        assert_eq!(map.channels(), 7);
        let points = (Tensor::rand([2, 116, 2], (Kind::Float, Device::Cpu)) - 0.5).set_requires_grad(true);
        let confidence = Tensor::ones([2, 116], (Kind::Float, Device::Cpu));
        let _ = confidence.narrow(1, 74, 21).zero_();
        let drawn = map.forward(&points, &confidence, 32);
        assert_eq!(drawn.size(), [2, 7, 32, 32]);
        let hand = HEATMAP_PARTS.iter().position(|p| *p == orator_body::Part::LeftHand).unwrap() as i64;
        assert!(drawn.select(1, hand).max().double_value(&[]) < 1e-6);
        drawn.sum(Kind::Float).backward();
        let thickness = store.variables()["log_variance"].grad();
        assert!(thickness.abs().sum(Kind::Float).double_value(&[]) > 0.0);
        assert!(points.grad().isfinite().all().int64_value(&[]) == 1);
        assert!(points.grad().abs().max().double_value(&[]) > 0.0);

        let fixed = EdgeHeatmap::new(&store.root(), &EdgeConfig::default(), Refinement::SkeletonMap);
        let lines = tch::no_grad(|| fixed.forward(&points, &confidence, 64));
        assert!(lines.max().double_value(&[]) == 1.0 && lines.mean(Kind::Float).double_value(&[]) < 0.5);
    }
}
