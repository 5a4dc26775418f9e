//! Where in a picture an error counts more: hands, face and lips are small and are what people look at.

use super::config::PictureLosses;
use super::frame_store::LAYOUT;
use ndarray::Array2;
use orator_body::Part;
use orator_nn::{from_array2, to_array2};
use std::ops::Range;
use tch::{Device, Tensor};

/// Growth of a part's box beside the bounds of its points.
const GROWTH: f32 = 1.2;
/// Smallest confidence of a part whose box counts.
const SEEN: f32 = 0.3;

/// A part and how much its pixels count.
struct Region {
    points: Vec<usize>,
    weight: f32,
}

fn regions(losses: &PictureLosses) -> Vec<Region> {
    let of = |part: Part, weight: f64| Region { points: part.positions(LAYOUT), weight: weight as f32 };
    vec![
        of(Part::Face, losses.face_weight),
        of(Part::LeftHand, losses.hand_weight),
        of(Part::RightHand, losses.hand_weight),
        of(Part::Lips, losses.lip_weight),
    ]
}

/// How much each pixel counts, `[batch, 1, side, side]`, 1 on average in each picture. `points` `[batch, 116, 2]` in -1..=1,
/// `confidence` `[batch, 116]`.
pub(super) fn weights_of(
    points: &Tensor,
    confidence: &Tensor,
    side: usize,
    losses: &PictureLosses,
) -> Tensor {
    let regions = regions(losses);
    let confidence = to_array2(&confidence.to_device(Device::Cpu)).unwrap_or_default();
    let batch = confidence.nrows();
    let maps: Vec<Tensor> = (0..batch)
        .map(|b| {
            let places = to_array2(&points.get(b as i64).to_device(Device::Cpu)).unwrap_or_default();
            let mut map = Array2::<f32>::ones((side, side));
            for region in &regions {
                let certain: f32 = region.points.iter().map(|&p| confidence[[b, p]]).sum();
                if certain < SEEN * region.points.len() as f32 {
                    continue;
                }
                let (xs, ys) = (pixels(&places, region, 0, side), pixels(&places, region, 1, side));
                for y in ys {
                    for x in xs.clone() {
                        map[[y, x]] = map[[y, x]].max(region.weight);
                    }
                }
            }
            let mean = map.mean().unwrap_or(1.0);
            from_array2(&(map / mean)).unsqueeze(0)
        })
        .collect();
    Tensor::stack(&maps, 0)
}

/// The pixels that a region's box covers along an axis.
fn pixels(places: &Array2<f32>, region: &Region, axis: usize, side: usize) -> Range<usize> {
    let bounds = region
        .points
        .iter()
        .map(|&p| places[[p, axis]])
        .fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)));
    let (middle, half) = ((bounds.0 + bounds.1) / 2.0, (bounds.1 - bounds.0) / 2.0 * GROWTH);
    let pixel = |place: f32| ((place + 1.0) / 2.0 * side as f32).clamp(0.0, side as f32) as usize;
    pixel(middle - half)..pixel(middle + half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    #[test]
    fn hands_count_more_and_the_mean_is_one() {
        let points = Tensor::zeros([1, 116, 2], (Kind::Float, Device::Cpu));
        let hand = Part::LeftHand.positions(LAYOUT);
        for (number, &p) in hand.iter().enumerate() {
            let corner =
                [if number % 2 == 0 { -0.9f32 } else { -0.5 }, if number % 3 == 0 { 0.5f32 } else { 0.9 }];
            points.get(0).get(p as i64).copy_(&Tensor::from_slice(&corner));
        }
        let losses = PictureLosses::default();
        let seen = weights_of(&points, &Tensor::ones([1, 116], (Kind::Float, Device::Cpu)), 64, &losses);
        assert!((seen.mean(Kind::Float).double_value(&[]) - 1.0).abs() < 1e-4);
        let at = |map: &Tensor, y: i64, x: i64| map.double_value(&[0, 0, y, x]);
        let ratio = at(&seen, 54, 10) / at(&seen, 5, 60);
        assert!((ratio - losses.hand_weight).abs() < 1e-3, "{ratio}");
        let unseen = weights_of(&points, &Tensor::zeros([1, 116], (Kind::Float, Device::Cpu)), 64, &losses);
        assert!((at(&unseen, 54, 10) - 1.0).abs() < 1e-6);
    }
}
