//! A probe that finds keypoints in the latent pose (ours; METHODS 1.8 speaks of supervised features beside the self-supervised ones).
//!
//! Warping alone teaches a pose estimator little before it warps well, and it warps badly before it sees poses. A small network that
//! reads from the rotation at each place which keypoint is near leads out of that circle. It is thrown away after training.

use crate::picture::LAYOUT;
use orator_body::layout::{LEFT_HAND, RIGHT_HAND};
use orator_nn::grid::identity_grid;
use orator_nn::picture_blocks::{Convolution, ConvolutionConfig};
use orator_render::deviation::LatentPose;
use std::ops::Range;
use std::sync::LazyLock;
use tch::nn::Path;
use tch::{Kind, Tensor};

/// Channels between.
const HIDDEN: i64 = 64;
/// Numbers of a rotation matrix.
const ENTRIES: i64 = 9;
/// Smallest confidence of a point that counts.
const SEEN: f64 = 0.3;
/// How far from a point a place still counts as near, in places.
const SPREAD: f64 = 1.0;
/// How much a place beside a point counts, against 1 for others.
const NEAR: f64 = 10.0;
/// Of the whole layout: shoulders, elbows, wrists.
const BODY: [usize; 6] = [5, 6, 7, 8, 9, 10];
/// Of either hand: tip of the thumb, tip of the index finger, knuckle of the middle finger.
const HAND: [usize; 3] = [4, 8, 9];
/// Of the 68 points of the face, with the whole layout's numbers: chin, nose, outer corners of the eyes, middle of either lip.
const FACE: [usize; 6] = [31, 53, 59, 68, 85, 89];

/// Places in the layout of the points that are found.
static POINTS: LazyLock<Vec<i64>> = LazyLock::new(|| {
    let hand = |hand: Range<usize>| HAND.into_iter().map(move |p| hand.start + p);
    let all = BODY.into_iter().chain(hand(LEFT_HAND)).chain(hand(RIGHT_HAND)).chain(FACE);
    all.filter_map(|whole| LAYOUT.position(whole)).map(|p| p as i64).collect()
});

/// The probe.
pub(super) struct PointProbe {
    hidden: Convolution,
    out: Convolution,
}

impl PointProbe {
    /// Under `path`: `hidden`, `out`.
    pub fn new(path: &Path) -> Self {
        let point = ConvolutionConfig::same(1);
        let out = Convolution::new(&(path / "out"), HIDDEN, POINTS.len() as i64, point);
        // Few places are near a point.
        out.start_bias(-4.0);
        Self { hidden: Convolution::new(&(path / "hidden"), ENTRIES, HIDDEN, point), out }
    }

    /// How badly points `[batch, 116, 2]` in −1..=1 of confidence `[batch, 116]` are found: the mean cross-entropy over places.
    pub fn loss(&self, pose: &LatentPose, points: &Tensor, confidence: &Tensor) -> Tensor {
        let field = pose.rotations.flatten(3, -1).permute([0, 3, 1, 2]);
        let logits = self.out.forward(&self.hidden.forward(&field).relu());
        let size = logits.size();
        let wanted = near(points, size[2], size[3]);
        let chosen = Tensor::from_slice(&POINTS).to_device(points.device());
        let seen = confidence.index_select(1, &chosen).ge(SEEN).to_kind(Kind::Float);
        let weight = (&wanted * (NEAR - 1.0) + 1.0) * seen.unsqueeze(2).unsqueeze(3);
        // Stable cross-entropy with a target between 0 and 1.
        let entropy = logits.relu() - &logits * &wanted + (-logits.abs()).exp().log1p();
        (entropy * &weight).sum(Kind::Float) / weight.sum(Kind::Float).clamp_min(1.0)
    }
}

/// How near each place is to each point, `[batch, points, h, w]`: 1 beside it.
fn near(points: &Tensor, height: i64, width: i64) -> Tensor {
    let device = points.device();
    let chosen = points.index_select(1, &Tensor::from_slice(&POINTS).to_device(device));
    let grid = identity_grid(height, width, device).unsqueeze(0).unsqueeze(0);
    let apart = grid - chosen.unsqueeze(2).unsqueeze(3);
    let scale = Tensor::from_slice(&[(width - 1) as f32 / 2.0, (height - 1) as f32 / 2.0]).to_device(device);
    let squared = (apart * scale).square().sum_dim_intlist([4i64].as_slice(), false, Kind::Float);
    (squared * (-0.5 / (SPREAD * SPREAD))).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use orator_nn::rotation::matrices;
    use tch::Device;
    use tch::nn::{OptimizerConfig, VarStore};

    #[test]
    fn what_rotations_say_is_found_and_what_is_unseen_does_not_count() {
        tch::manual_seed(2);
        assert_eq!(POINTS.len(), 18);
        let options = (Kind::Float, Device::Cpu);
        let store = VarStore::new(Device::Cpu);
        let probe = PointProbe::new(&store.root());
        let points = Tensor::rand([2, 116, 2], options) * 1.6 - 0.8;
        let angle = || Tensor::rand([2, 8, 8], options) * 3.0 - 1.5;
        let pose = LatentPose {
            rotations: matrices(&angle(), &angle(), &angle()),
            translation: Tensor::zeros([2, 3], options),
        };
        let sure = Tensor::ones([2, 116], options);
        assert_eq!(probe.loss(&pose, &points, &sure.zeros_like()).double_value(&[]), 0.0);
        let mut adam = tch::nn::Adam::default().build(&store, 1e-2).unwrap();
        let first = probe.loss(&pose, &points, &sure).double_value(&[]);
        for _ in 0..200 {
            adam.backward_step(&probe.loss(&pose, &points, &sure));
        }
        assert!(probe.loss(&pose, &points, &sure).double_value(&[]) < 0.7 * first);
    }
}
