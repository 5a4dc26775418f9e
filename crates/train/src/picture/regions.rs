//! Where in a picture an error counts more: hands, face and lips are small and are what people look at.

use super::config::Emphasis;
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

/// How boxes of parts that are enlarged are placed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BoxRule {
    /// Side beside the longer side of the points' bounds.
    pub growth: f32,
    /// Smallest side before it grows, in picture widths.
    pub smallest: f32,
    /// Parts of lower mean confidence are left out.
    pub seen: f32,
}

impl Default for BoxRule {
    fn default() -> Self {
        Self { growth: GROWTH, smallest: 0.06, seen: SEEN }
    }
}

/// A part and how much its pixels count.
struct Region {
    points: Vec<usize>,
    weight: f32,
}

fn regions(emphasis: Emphasis) -> Vec<Region> {
    let of = |part: Part, weight: f64| Region { points: part.positions(LAYOUT), weight: weight as f32 };
    vec![
        of(Part::Face, emphasis.face),
        of(Part::LeftHand, emphasis.hand),
        of(Part::RightHand, emphasis.hand),
        of(Part::Lips, emphasis.lips),
    ]
}

/// How much each pixel counts, `[batch, 1, side, side]`, 1 on average in each picture. `points` `[batch, 116, 2]` in -1..=1,
/// `confidence` `[batch, 116]`.
pub(super) fn weights_of(points: &Tensor, confidence: &Tensor, side: usize, emphasis: Emphasis) -> Tensor {
    let regions = regions(emphasis);
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

/// The middle of some points along an axis, and how far the outermost are from it.
fn bounds(places: &Array2<f32>, points: &[usize], axis: usize) -> (f32, f32) {
    let (low, high) = points
        .iter()
        .map(|&p| places[[p, axis]])
        .fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)));
    ((low + high) / 2.0, (high - low) / 2.0)
}

/// The pixels that a region's box covers along an axis.
fn pixels(places: &Array2<f32>, region: &Region, axis: usize, side: usize) -> Range<usize> {
    let (middle, half) = bounds(places, &region.points, axis);
    let half = half * GROWTH;
    let pixel = |place: f32| ((place + 1.0) / 2.0 * side as f32).clamp(0.0, side as f32) as usize;
    pixel(middle - half)..pixel(middle + half)
}

/// Square boxes around parts, where they are seen: numbers in the batch `[boxes]`, int64, and where to look for each of
/// `side`² pixels of a box, `[boxes, side, side, 2]` in -1..=1. `None` where no part is seen. `points` and `confidence` as
/// for [`weights_of`].
pub(crate) fn part_grids(
    points: &Tensor,
    confidence: &Tensor,
    parts: &[Part],
    rule: BoxRule,
    side: i64,
) -> Option<(Tensor, Tensor)> {
    let device = points.device();
    let certain = to_array2(&confidence.to_device(Device::Cpu)).unwrap_or_default();
    let unit = orator_nn::grid::identity_grid(side, side, device);
    let (mut numbers, mut grids) = (Vec::new(), Vec::new());
    for b in 0..certain.nrows() {
        let places = to_array2(&points.get(b as i64).to_device(Device::Cpu)).unwrap_or_default();
        for part in parts {
            let of = part.positions(LAYOUT);
            if of.iter().map(|&p| certain[[b, p]]).sum::<f32>() < rule.seen * of.len() as f32 {
                continue;
            }
            let [x, y] = [0, 1].map(|axis| bounds(&places, &of, axis));
            let half = x.1.max(y.1).max(rule.smallest) * rule.growth;
            let middle = Tensor::from_slice(&[x.0, y.0]).to_device(device);
            numbers.push(b as i64);
            grids.push(&unit * f64::from(half) + middle);
        }
    }
    (!numbers.is_empty()).then(|| (Tensor::from_slice(&numbers).to_device(device), Tensor::stack(&grids, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    const PARTS: [Part; 3] = [Part::LeftHand, Part::RightHand, Part::Lips];

    #[test]
    fn parts_are_cut_out_where_they_are_seen() {
        let options = (Kind::Float, Device::Cpu);
        let points = Tensor::zeros([2, 116, 2], options);
        let confidence = Tensor::zeros([2, 116], options);
        for (number, &p) in Part::RightHand.positions(LAYOUT).iter().enumerate() {
            let place = if number % 2 == 0 { [0.2f32, 0.4] } else { [0.6, 0.5] };
            points.get(1).get(p as i64).copy_(&Tensor::from_slice(&place));
            let _ = confidence.get(1).get(p as i64).fill_(1.0);
        }
        let (numbers, grids) = part_grids(&points, &confidence, &PARTS, BoxRule::default(), 5).unwrap();
        assert_eq!(Vec::<i64>::try_from(&numbers).unwrap(), [1]);
        assert_eq!(grids.size(), [1, 5, 5, 2]);
        let at = |y: i64, x: i64, axis: i64| grids.double_value(&[0, y, x, axis]);
        assert!((at(2, 2, 0) - 0.4).abs() < 1e-6 && (at(2, 2, 1) - 0.45).abs() < 1e-6);
        assert!((at(0, 4, 0) - 0.64).abs() < 1e-6, "{}", at(0, 4, 0));
        assert!(part_grids(&points, &confidence.zeros_like(), &PARTS, BoxRule::default(), 5).is_none());
    }

    #[test]
    fn hands_count_more_and_the_mean_is_one() {
        let points = Tensor::zeros([1, 116, 2], (Kind::Float, Device::Cpu));
        let hand = Part::LeftHand.positions(LAYOUT);
        for (number, &p) in hand.iter().enumerate() {
            let corner =
                [if number % 2 == 0 { -0.9f32 } else { -0.5 }, if number % 3 == 0 { 0.5f32 } else { 0.9 }];
            points.get(0).get(p as i64).copy_(&Tensor::from_slice(&corner));
        }
        let emphasis = super::super::config::PictureLosses::default().emphasis();
        let seen = weights_of(&points, &Tensor::ones([1, 116], (Kind::Float, Device::Cpu)), 64, emphasis);
        assert!((seen.mean(Kind::Float).double_value(&[]) - 1.0).abs() < 1e-4);
        let at = |map: &Tensor, y: i64, x: i64| map.double_value(&[0, 0, y, x]);
        let ratio = at(&seen, 54, 10) / at(&seen, 5, 60);
        assert!((ratio - emphasis.hand).abs() < 1e-3, "{ratio}");
        let unseen = weights_of(&points, &Tensor::zeros([1, 116], (Kind::Float, Device::Cpu)), 64, emphasis);
        assert!((at(&unseen, 54, 10) - 1.0).abs() < 1e-6);
    }
}
