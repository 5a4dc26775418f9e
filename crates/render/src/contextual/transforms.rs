//! Thin-plate splines of many groups at once, as tensors that training can differentiate through.
//!
//! `../warp/tps.rs` fits one spline of any number of points in plain numbers; both solve the same system (Eq. 11–15).
//! Here the displacement form first takes out the similarity (turn, scale, shift) that moves a group best, and splines
//! only what is left: a small group, such as a finger, then turns instead of only shifting (its spread is below what
//! the regulariser of the affine block lets through). Zero motion stays exactly the identity.

use crate::TpsForm;
use tch::{Kind, Tensor};

const KERNEL_REGULARISER: f64 = 1e-3;
const AFFINE_REGULARISER: f64 = -1e-2;
const LEGACY_REGULARISER: f64 = 1e-2;
/// Inside the logarithm, as published.
const LOG_EPSILON: f64 = 1e-9;
/// Squared half picture widths below which a group's spread says nothing of turn and scale.
const SPREAD_EPSILON: f64 = 1e-5;
/// Least and greatest scale of a group: a foreshortened finger must not blow up what is around it.
const SCALES: [f64; 2] = [0.5, 2.0];
/// Smallest singular value of a group's centred points below which it is a line to us (METHODS 2.6).
const LINE: f64 = 1e-3;

/// Fitted splines T(p), from places in the driving picture to places in the source.
pub struct Transforms {
    /// `[batch, groups, 2, 3]`: rows x, y of (factor of x, factor of y, offset). The whole affine part.
    affine: Tensor,
    /// `[batch, groups, points, 2]`.
    weights: Tensor,
    /// `[batch, groups, points, 2]`: driving points.
    control: Tensor,
}

impl Transforms {
    /// Fits T(`driving`) ≈ `source`; both `[batch, groups, points, 2]` in [−1, 1].
    #[must_use]
    pub fn fit(driving: &Tensor, source: &Tensor, form: TpsForm) -> Self {
        let driving = driving.to_kind(Kind::Float);
        let source = source.to_kind(Kind::Float).expand_as(&driving);
        match form {
            TpsForm::Legacy => {
                let regularisers = [LEGACY_REGULARISER, LEGACY_REGULARISER];
                let (weights, affine) = solve(&driving, &source, regularisers);
                Self { affine, weights, control: driving }
            }
            TpsForm::Displacement => {
                let (base, spans) = similarity(&driving, &source);
                let left = (&source - apply(&base, &driving)) * spans;
                let (weights, change) = solve(&driving, &left, [KERNEL_REGULARISER, AFFINE_REGULARISER]);
                Self { affine: base + change, weights, control: driving }
            }
        }
    }

    /// T at the pixels of a grid: `[batch, groups, 2, height, width]` from `[height, width, 2]`.
    pub fn on_grid(&self, grid: &Tensor) -> Tensor {
        let size = self.control.size();
        let (batch, groups, points) = (size[0], size[1], size[2]);
        let grid_size = grid.size();
        let flat = grid.view([-1, 2]).tr();
        // |p − c|² = |c|² − 2 c·p + |p|² as one matrix product.
        let ones = self.control.ones_like().narrow(-1, 0, 1);
        let squares = self.control.square().sum_dim_intlist(-1, true, Kind::Float);
        let left = Tensor::cat(&[squares, &self.control * -2.0, ones], -1).view([-1, 4]);
        let grid_squares = flat.square().sum_dim_intlist(0, true, Kind::Float);
        let right = Tensor::cat(&[&grid_squares.ones_like(), &flat, &grid_squares], 0);
        let squared = left.matmul(&right).relu_();
        let mut kernel = &squared + LOG_EPSILON;
        let kernel =
            if squared.requires_grad() { kernel.log() * &squared } else { kernel.log_().g_mul_(&squared) };
        let kernel = kernel.view([batch * groups, points, -1]);
        let weights = self.weights.view([batch * groups, points, 2]).transpose(1, 2);
        let places = Tensor::cat(&[&flat, &grid_squares.ones_like()], 0);
        let moved = self.affine.view([batch * groups * 2, 3]).matmul(&places);
        let moved = moved.view([batch * groups, 2, -1]).baddbmm(&weights, &kernel, 1.0, 1.0);
        moved.view([batch, groups, 2, grid_size[0], grid_size[1]])
    }

    /// The affine parts `[batch, groups, 2, 3]`.
    pub fn affine(&self) -> &Tensor {
        &self.affine
    }

    /// The kernels' weights `[batch, groups, points, 2]`.
    pub fn weights(&self) -> &Tensor {
        &self.weights
    }
}

/// Applies `[batch, groups, 2, 3]` to points `[batch, groups, points, 2]`.
fn apply(affine: &Tensor, points: &Tensor) -> Tensor {
    let linear = affine.narrow(-1, 0, 2).transpose(-1, -2);
    points.matmul(&linear) + affine.narrow(-1, 2, 1).transpose(-1, -2)
}

/// The system of Eq. 15 with regularisers on kernel and affine block, in 64-bit floats: weights and affine part.
fn solve(driving: &Tensor, values: &Tensor, regularisers: [f64; 2]) -> (Tensor, Tensor) {
    let points = driving.size()[2];
    let driving = driving.to_kind(Kind::Double);
    let values = values.to_kind(Kind::Double);
    let difference = driving.unsqueeze(3) - driving.unsqueeze(2);
    let squared = difference.square().sum_dim_intlist(-1, false, Kind::Double);
    let kernel = &squared * (&squared + LOG_EPSILON).log();
    let places = Tensor::cat(&[&driving, &driving.ones_like().narrow(-1, 0, 1)], -1);
    let corner = places.narrow(2, 0, 1).zeros_like().repeat([1, 1, 3, 1]);
    let upper = Tensor::cat(&[&kernel, &places], -1);
    let lower = Tensor::cat(&[&places.transpose(-1, -2), &corner], -1);
    let options = (Kind::Double, driving.device());
    let diagonal = Tensor::cat(
        &[Tensor::ones([points], options) * regularisers[0], Tensor::ones([3], options) * regularisers[1]],
        0,
    );
    let matrix = Tensor::cat(&[upper, lower], 2) + diagonal.diag(0);
    let right = Tensor::cat(&[&values, &values.zeros_like().narrow(2, 0, 1).repeat([1, 1, 3, 1])], 2);
    let solution = Tensor::linalg_solve(&matrix, &right, true).to_kind(Kind::Float);
    (solution.narrow(2, 0, points), solution.narrow(2, points, 3).transpose(-1, -2).contiguous())
}

/// The similarity that moves each group best in the mean square, `[batch, groups, 2, 3]`, and whether the group spans
/// an area, `[batch, groups, 1, 1]` of 1 or 0.
fn similarity(driving: &Tensor, source: &Tensor) -> (Tensor, Tensor) {
    let middle = |points: &Tensor| points.mean_dim([2i64].as_slice(), true, Kind::Float);
    let (driving_middle, source_middle) = (middle(driving), middle(source));
    let q = driving - &driving_middle;
    let s = source - &source_middle;
    let x = |t: &Tensor| t.select(-1, 0);
    let y = |t: &Tensor| t.select(-1, 1);
    let sum = |t: Tensor| t.sum_dim_intlist(-1, false, Kind::Float);
    let spread = sum(x(&q).square() + y(&q).square());
    // Complex ratio conj(q)·s / |q|², drawn to 1 where there is no spread. Computed from s − q, so that no motion
    // gives exactly 1.
    let d = &s - &q;
    let real = sum(x(&q) * x(&d) + y(&q) * y(&d)) / (&spread + SPREAD_EPSILON);
    let turn = sum(x(&q) * y(&d) - y(&q) * x(&d)) / (&spread + SPREAD_EPSILON);
    let scale = ((&real + 1.0).square() + turn.square() + 1e-12).sqrt();
    let held = &scale / scale.clamp(SCALES[0], SCALES[1]);
    let (a, b) = ((real + 1.0) / &held, turn / &held);
    let mx = driving_middle.squeeze_dim(2).select(-1, 0);
    let my = driving_middle.squeeze_dim(2).select(-1, 1);
    let shift = (source_middle - driving_middle).squeeze_dim(2);
    let off_x = shift.select(-1, 0) + &mx - (&a * &mx - &b * &my);
    let off_y = shift.select(-1, 1) + &my - (&b * &mx + &a * &my);
    let rows = Tensor::stack(&[a.shallow_clone(), -&b, off_x, b.shallow_clone(), a, off_y], -1);
    let size = rows.size();
    let affine = rows.view([size[0], size[1], 2, 3]);

    let (xx, yy) = (sum(x(&q).square()), sum(y(&q).square()));
    let xy = sum(x(&q) * y(&q));
    let root = ((&xx - &yy).square() + xy.square() * 4.0).sqrt();
    let least = (xx + yy - root).detach() * 0.5;
    let spans = least.ge(LINE * LINE).to_kind(Kind::Float).unsqueeze(-1).unsqueeze(-1);
    (affine, spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tps;
    use orator_nn::grid::identity_grid;
    use tch::Device;

    const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

    fn largest(t: &Tensor) -> f64 {
        t.abs().max().double_value(&[])
    }

    #[test]
    fn no_motion_is_the_identity() {
        tch::manual_seed(1);
        let points = Tensor::rand([2, 5, 4, 2], FLOAT) - 0.5;
        let grid = identity_grid(16, 16, Device::Cpu);
        let moved = Transforms::fit(&points, &points, TpsForm::Displacement).on_grid(&grid);
        assert!(largest(&(moved.permute([0, 1, 3, 4, 2]) - grid)) < 1e-6);
    }

    #[test]
    fn legacy_agrees_with_the_plain_spline() {
        tch::manual_seed(4);
        let driving = (Tensor::rand([1, 1, 5, 2], FLOAT) - 0.5) * 1.6;
        let source = &driving + 0.1 * (Tensor::rand([1, 1, 5, 2], FLOAT) - 0.5);
        let list = |t: &Tensor| -> Vec<[f32; 2]> {
            let flat = Vec::<f32>::try_from(&t.contiguous().view([-1])).unwrap();
            flat.chunks(2).map(|p| [p[0], p[1]]).collect()
        };
        let plain = Tps::fit(&list(&driving), &list(&source), TpsForm::Legacy).unwrap();
        let grid = identity_grid(8, 8, Device::Cpu);
        let moved = Transforms::fit(&driving, &source, TpsForm::Legacy).on_grid(&grid);
        let moved = list(&moved.permute([0, 1, 3, 4, 2]));
        for (p, q) in list(&grid).iter().zip(moved) {
            let expected = plain.map(*p);
            assert!((expected[0] - q[0]).abs() < 2e-5 && (expected[1] - q[1]).abs() < 2e-5);
        }
    }

    #[test]
    fn control_points_are_met_at_every_spread() {
        tch::manual_seed(7);
        for spread in [0.05, 0.1, 0.3] {
            let square =
                Tensor::from_slice(&[-1f32, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, 1.0]).view([1, 1, 4, 2]);
            let driving = square * spread + 0.2;
            let source = &driving + spread * 0.5 * (Tensor::rand([1, 1, 4, 2], FLOAT) - 0.5);
            let fitted = Transforms::fit(&driving, &source, TpsForm::Displacement);
            let at = fitted.on_grid(&driving.view([2, 2, 2])).view([1, 1, 2, 4]).transpose(2, 3);
            assert!(largest(&(at - source)) < 0.04, "{spread}");
        }
    }

    #[test]
    fn a_turned_finger_turns_and_degenerate_groups_stay_finite() {
        let line = Tensor::from_slice(&[0f32, 0.0, 0.0, 0.05, 0.0, 0.1, 0.0, 0.15]).view([1, 1, 4, 2]);
        let turned = Tensor::from_slice(&[0f32, 0.0, 0.05, 0.0, 0.1, 0.0, 0.15, 0.0]).view([1, 1, 4, 2]);
        let fitted = Transforms::fit(&line, &turned, TpsForm::Displacement);
        let beside = Tensor::from_slice(&[0.02f32, 0.1]).view([1, 1, 2]);
        let at = Vec::<f32>::try_from(&fitted.on_grid(&beside).view([-1])).unwrap();
        assert!((at[0] - 0.1).abs() < 1e-2 && (at[1] + 0.02).abs() < 1e-2, "{at:?}");

        let same = Tensor::zeros([1, 1, 4, 2], FLOAT) + 0.3;
        let apart = Tensor::rand([1, 1, 4, 2], FLOAT);
        let grid = identity_grid(8, 8, Device::Cpu);
        for (q, s) in [(&same, &apart), (&apart, &same), (&line, &apart), (&same, &same)] {
            let q = q.set_requires_grad(true);
            let moved = Transforms::fit(&q, s, TpsForm::Displacement).on_grid(&grid);
            assert!(largest(&moved) < 8.0, "{}", largest(&moved));
            moved.sum(Kind::Float).backward();
            assert!(q.grad().isfinite().all().int64_value(&[]) == 1);
            let _ = q.set_requires_grad(false);
        }
    }
}
