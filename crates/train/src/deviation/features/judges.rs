//! What judges the pictures of the deviation system's first stage, beside the perceptual loss of whole pictures
//! ([`orator_metrics::PerceptualLoss`]): hands and face by themselves (METHODS 1.7, Eq. 9).
//!
//! The paper says "VGG-16 features inside the box" and nothing of its form; this is METHODS' proposal: boxes of the driving
//! frame's keypoints, grown by a fifth and cut out of both pictures at the same places (one bilinear look-up a pixel, as
//! RoI-align with one sample a bin), then L1 + 0.05 · Σ over pool1..pool3 of mean |V16(made) − V16(real)|. A part counts
//! where its mean confidence is above 0.4; keypoints in this house carry the presence of their part, 0 where it is not
//! found.

use crate::Result;
use crate::picture::regions::{BoxRule, part_grids};
use orator_body::Part;
use orator_metrics::PooledFeatures;
use orator_nn::grid::{Outside, look_up};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Reduction, Tensor};

/// Pools of VGG-16 that are compared.
const POOLS: usize = 3;

/// How hands and face are judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegionConfig {
    /// What the hands' loss weighs (λ_l, proposed 10). 0 leaves hands out.
    pub hand_weight: f64,
    /// What the face's loss weighs (proposed 5). 0 leaves the face out.
    pub face_weight: f64,
    /// Side in pixels to which hands are brought.
    pub hand_side: i64,
    /// Side in pixels to which faces are brought.
    pub face_side: i64,
    /// What the features' distance weighs beside the pixels' (S2G: 0.05). 0 leaves the network out.
    pub features: f64,
    /// Side of a box beside the longer side of its points' bounds.
    pub growth: f32,
    /// Smallest side of a box before it grows, in picture widths.
    pub smallest: f32,
    /// Parts of lower mean confidence are left out.
    pub seen: f32,
}

impl Default for RegionConfig {
    fn default() -> Self {
        Self {
            hand_weight: 10.0,
            face_weight: 5.0,
            hand_side: 64,
            face_side: 96,
            features: 0.05,
            growth: 1.2,
            smallest: 0.06,
            seen: 0.4,
        }
    }
}

/// Smallest side that parts are brought to: what three halvings leave something of.
const SMALLEST_SIDE: i64 = 16;
/// Largest side: beyond, a part takes more than a picture.
const LARGEST_SIDE: i64 = 512;

impl RegionConfig {
    /// # Errors
    /// Which field cannot be used, in words.
    pub fn check(&self) -> std::result::Result<(), String> {
        let sides = SMALLEST_SIDE..=LARGEST_SIDE;
        if !sides.contains(&self.hand_side) || !sides.contains(&self.face_side) {
            return Err(format!("hand_side and face_side must be from {SMALLEST_SIDE} to {LARGEST_SIDE}"));
        }
        let weights = [self.hand_weight, self.face_weight, self.features];
        if weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0) {
            return Err("hand_weight, face_weight and features must be finite and not below 0".into());
        }
        let places = [self.growth, self.smallest];
        if places.iter().any(|size| !size.is_finite() || *size <= 0.0) || !(0.0..=1.0).contains(&self.seen) {
            return Err("growth and smallest must be above 0, seen from 0 to 1".into());
        }
        Ok(())
    }
}

/// The losses of one batch, each a single number that can be learnt from; `None` where no such part is seen.
#[derive(Debug)]
pub struct RegionTerms {
    /// Of the hands, not weighted.
    pub hands: Option<Tensor>,
    /// Of the face, not weighted.
    pub face: Option<Tensor>,
}

impl RegionTerms {
    /// λ_hand · hands + λ_face · face; `None` where nothing is seen.
    #[must_use]
    pub fn total(&self, config: &RegionConfig) -> Option<Tensor> {
        let hands = self.hands.as_ref().map(|loss| loss * config.hand_weight);
        let face = self.face.as_ref().map(|loss| loss * config.face_weight);
        match (hands, face) {
            (Some(hands), Some(face)) => Some(hands + face),
            (one, other) => one.or(other),
        }
    }
}

/// The loss with its frozen network.
pub struct RegionLoss {
    config: RegionConfig,
    features: Option<PooledFeatures>,
}

impl RegionLoss {
    /// With the weights that `setup` brings; the network computes in `kind`.
    ///
    /// # Errors
    /// When features have a weight and the network was not fetched.
    pub fn load(config: RegionConfig, kind: Kind, device: Device) -> Result<Self> {
        let features =
            (config.features > 0.0).then(|| PooledFeatures::load(POOLS, kind, device)).transpose()?;
        Ok(Self { config, features })
    }

    /// What is judged.
    #[must_use]
    pub fn config(&self) -> &RegionConfig {
        &self.config
    }

    /// The losses of pictures `made` beside `real`, both `[batch, 3, side, side]` in 0..=1, in the boxes of the driving frames'
    /// `points` `[batch, 116, 2]` in −1..=1 and their `confidence` `[batch, 116]`. Gradients reach `made` only.
    ///
    /// # Errors
    /// When the pictures' shapes differ.
    pub fn forward(
        &self,
        made: &Tensor,
        real: &Tensor,
        points: &Tensor,
        confidence: &Tensor,
    ) -> Result<RegionTerms> {
        let config = &self.config;
        let term = |parts: &[Part], weight: f64, side: i64| -> Result<Option<Tensor>> {
            let rule = BoxRule { growth: config.growth, smallest: config.smallest, seen: config.seen };
            let cut = (weight > 0.0).then(|| part_grids(points, confidence, parts, rule, side)).flatten();
            cut.map(|(numbers, grids)| self.compare(made, real, &numbers, &grids)).transpose()
        };
        Ok(RegionTerms {
            hands: term(&[Part::LeftHand, Part::RightHand], config.hand_weight, config.hand_side)?,
            face: term(&[Part::Face], config.face_weight, config.face_side)?,
        })
    }

    fn compare(&self, made: &Tensor, real: &Tensor, numbers: &Tensor, grids: &Tensor) -> Result<Tensor> {
        let cut = |picture: &Tensor| {
            let picture = picture.to_kind(Kind::Float).index_select(0, numbers);
            look_up(&picture, grids, Outside::Border)
        };
        let (made, real) = (cut(made), cut(&real.detach()));
        let pixels = made.l1_loss(&real, Reduction::Mean);
        Ok(match &self.features {
            Some(features) => pixels + features.distance(&made, &real)? * self.config.features,
            None => pixels,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::LAYOUT;

    /// Pictures of 64² and points that spread over the right half's lower quarter for hands, the upper left for the face.
    fn scene(parts: &[Part]) -> (Tensor, Tensor, Tensor) {
        tch::manual_seed(6);
        let options = (Kind::Float, Device::Cpu);
        let (points, confidence) = (Tensor::zeros([2, 116, 2], options), Tensor::zeros([2, 116], options));
        for part in parts {
            let corner = if *part == Part::Face { [-0.6f32, -0.6] } else { [0.4, 0.4] };
            for (number, &at) in part.positions(LAYOUT).iter().enumerate() {
                let place = corner.map(|c| c + 0.2 * (number % 2) as f32);
                points.get(1).get(at as i64).copy_(&Tensor::from_slice(&place));
                let _ = confidence.get(1).get(at as i64).fill_(1.0);
            }
        }
        (Tensor::rand([2, 3, 64, 64], options), points, confidence)
    }

    /// Without the network, and with it where it was fetched.
    fn losses() -> Vec<RegionLoss> {
        let bare = RegionConfig { features: 0.0, ..RegionConfig::default() };
        let mut losses = vec![RegionLoss::load(bare, Kind::Float, Device::Cpu).unwrap()];
        match RegionLoss::load(RegionConfig::default(), Kind::Float, Device::Cpu) {
            Ok(loss) => losses.push(loss),
            Err(error) => eprintln!("skipped with features: {error}"),
        }
        losses
    }

    #[test]
    fn equal_pictures_have_no_loss_and_others_have() {
        let (real, points, confidence) = scene(&[Part::Face, Part::LeftHand]);
        for loss in losses() {
            let same = loss.forward(&real, &real, &points, &confidence).unwrap();
            assert_eq!(same.total(loss.config()).unwrap().double_value(&[]), 0.0);
            let made = (&real * 0.5).set_requires_grad(true);
            let terms = loss.forward(&made, &real, &points, &confidence).unwrap();
            let (hands, face) = (terms.hands.as_ref().unwrap(), terms.face.as_ref().unwrap());
            assert!(hands.double_value(&[]) > 0.0 && face.double_value(&[]) > 0.0);
            let total = terms.total(loss.config()).unwrap();
            let expected = 10.0 * hands.double_value(&[]) + 5.0 * face.double_value(&[]);
            assert!((total.double_value(&[]) - expected).abs() < 1e-4);
            total.backward();
            let gradient = made.grad();
            assert_eq!(i64::try_from(gradient.isfinite().all()).unwrap(), 1);
            // In the second picture only, and there in the boxes only.
            assert_eq!(gradient.get(0).abs().max().double_value(&[]), 0.0);
            assert!(gradient.get(1).narrow(1, 46, 4).narrow(2, 46, 4).abs().max().double_value(&[]) > 0.0);
            assert_eq!(gradient.get(1).narrow(2, 30, 8).abs().max().double_value(&[]), 0.0);
        }
    }

    #[test]
    fn what_is_outside_of_the_boxes_is_nobodys_business() {
        let (real, points, confidence) = scene(&[Part::Face, Part::RightHand]);
        for loss in losses() {
            let made = real.copy();
            let _ = made.narrow(3, 30, 8).fill_(0.0);
            let terms = loss.forward(&made, &real, &points, &confidence).unwrap();
            assert_eq!(terms.total(loss.config()).unwrap().double_value(&[]), 0.0);
            let _ = made.narrow(3, 46, 4).fill_(0.0);
            let terms = loss.forward(&made, &real, &points, &confidence).unwrap();
            assert!(terms.hands.unwrap().double_value(&[]) > 0.0);
            assert_eq!(terms.face.unwrap().double_value(&[]), 0.0);
        }
    }

    #[test]
    fn parts_that_are_not_seen_or_not_asked_for_have_no_loss() {
        let (real, points, confidence) = scene(&[Part::Face]);
        for loss in losses() {
            let terms = loss.forward(&(&real * 0.5), &real, &points, &confidence).unwrap();
            assert!(terms.hands.is_none() && terms.face.is_some());
            let faint = &confidence * 0.39;
            let terms = loss.forward(&(&real * 0.5), &real, &points, &faint).unwrap();
            assert!(terms.total(loss.config()).is_none());
        }
        let config = RegionConfig { features: 0.0, face_weight: 0.0, ..RegionConfig::default() };
        let loss = RegionLoss::load(config, Kind::Float, Device::Cpu).unwrap();
        let terms = loss.forward(&(&real * 0.5), &real, &points, &confidence).unwrap();
        assert!(terms.total(loss.config()).is_none());
    }

    #[test]
    fn settings_that_make_no_sense_are_told() {
        assert!(RegionConfig::default().check().is_ok());
        for wrong in [
            RegionConfig { hand_side: 8, ..RegionConfig::default() },
            RegionConfig { face_weight: f64::NAN, ..RegionConfig::default() },
            RegionConfig { features: -1.0, ..RegionConfig::default() },
            RegionConfig { growth: 0.0, ..RegionConfig::default() },
            RegionConfig { seen: 1.5, ..RegionConfig::default() },
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
