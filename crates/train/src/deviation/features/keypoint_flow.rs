//! What keypoints say of the motion between two frames (ours): it should look in the source where the same point is.

use crate::picture::LAYOUT;
use orator_body::Part;
use orator_nn::grid::{Outside, look_up};
use std::sync::LazyLock;
use tch::{Kind, Tensor};

/// Smallest confidence of a point that counts.
const SEEN: f64 = 0.3;
/// Points put between two joints, at equal distances.
const BETWEEN: usize = 4;
/// Of the whole layout: shoulder, elbow, wrist of either arm.
const ARMS: [[usize; 3]; 2] = [[5, 7, 9], [6, 8, 10]];

/// Points as mixtures of two keypoints: their places in the layout, and the share of the second.
struct Probes {
    from: Tensor,
    to: Tensor,
    share: Tensor,
    weight: Tensor,
}

/// Columns of [`Probes`]: one, the other, the share of the other, the weight.
type Columns = (Vec<i64>, Vec<i64>, Vec<f32>, Vec<f32>);

/// The face's outline and features, the hands, and points along the arms and between the shoulders; each part counts alike.
static PROBES: LazyLock<Columns> = LazyLock::new(|| {
    let mut probes: Vec<(i64, i64, f32, f32)> = Vec::new();
    for part in [Part::Face, Part::LeftHand, Part::RightHand] {
        let points = part.positions(LAYOUT);
        let weight = 1.0 / points.len().max(1) as f32;
        probes.extend(points.iter().map(|&p| (p as i64, p as i64, 0.0, weight)));
    }
    let at = |whole: usize| LAYOUT.position(whole).map(|p| p as i64);
    let bones = ARMS.iter().flat_map(|&[shoulder, elbow, wrist]| [[shoulder, elbow], [elbow, wrist]]);
    for [from, to] in bones.chain([[ARMS[0][0], ARMS[1][0]]]) {
        if let (Some(from), Some(to)) = (at(from), at(to)) {
            let weight = 0.5 / (BETWEEN + 2) as f32;
            probes.extend((0..BETWEEN + 2).map(|i| (from, to, i as f32 / (BETWEEN + 1) as f32, weight)));
        }
    }
    (
        probes.iter().map(|p| p.0).collect(),
        probes.iter().map(|p| p.1).collect(),
        probes.iter().map(|p| p.2).collect(),
        probes.iter().map(|p| p.3).collect(),
    )
});

impl Probes {
    fn new(device: tch::Device) -> Self {
        let (from, to, share, weight) = &*PROBES;
        let numbers = |v: &[f32]| Tensor::from_slice(v).to_device(device);
        Self {
            from: Tensor::from_slice(from).to_device(device),
            to: Tensor::from_slice(to).to_device(device),
            share: numbers(share).view([1, -1, 1]),
            weight: numbers(weight).view([1, -1]),
        }
    }

    fn places(&self, points: &Tensor) -> Tensor {
        let (a, b) = (points.index_select(1, &self.from), points.index_select(1, &self.to));
        &a + &self.share * (&b - &a)
    }

    fn seen(&self, confidence: &Tensor) -> Tensor {
        let seen = confidence.ge(SEEN).to_kind(Kind::Float);
        seen.index_select(1, &self.from) * seen.index_select(1, &self.to)
    }
}

/// The mean distance, in halves of the picture's width. `displacement` `[batch, h, w, 2]` leads from places of the driving picture to
/// places of the source; points `[batch, 116, 2]` in −1..=1 and confidences `[batch, 116]` of both.
pub(super) fn keypoint_flow(
    displacement: &Tensor,
    (source, source_confidence): (&Tensor, &Tensor),
    (driving, driving_confidence): (&Tensor, &Tensor),
) -> Tensor {
    let probes = Probes::new(displacement.device());
    let (from, to) = (probes.places(driving), probes.places(source));
    let moved = look_up(&displacement.permute([0, 3, 1, 2]), &from.unsqueeze(1), Outside::Border);
    let found = from + moved.squeeze_dim(2).permute([0, 2, 1]);
    let distance = (found - to).abs().sum_dim_intlist([2i64].as_slice(), false, Kind::Float);
    let weight = probes.seen(source_confidence) * probes.seen(driving_confidence) * &probes.weight;
    (distance * &weight).sum(Kind::Float) / weight.sum(Kind::Float).clamp_min(1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn the_true_motion_costs_nothing_and_unseen_points_do_not_count() {
        tch::manual_seed(3);
        let options = (Kind::Float, Device::Cpu);
        let driving = Tensor::rand([2, 116, 2], options) - 0.5;
        let source = &driving + 0.1;
        let sure = Tensor::ones([2, 116], options);
        let right = Tensor::full([2, 8, 8, 2], 0.1, options);
        let loss = |displacement: &Tensor, sure: &Tensor| {
            keypoint_flow(displacement, (&source, sure), (&driving, sure)).double_value(&[])
        };
        assert!(loss(&right, &sure) < 1e-6);
        assert!((loss(&right.zeros_like(), &sure) - 0.2).abs() < 1e-5);
        assert_eq!(loss(&right.zeros_like(), &sure.zeros_like()), 0.0);
    }
}
