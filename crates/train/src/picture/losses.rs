//! Losses of pictures (METHODS 2.6, 2.7).

use super::pairs::Pairs;
use super::regions::{BoxRule, part_grids};
use crate::Result;
use orator_body::Part;
use orator_metrics::perceptual::{PerceptualConfig, PerceptualLoss};
use orator_nn::grid::{Outside, look_up};
use orator_render::contextual::{Drawn, PictureNetworks};
use tch::{Device, Kind, Reduction, Tensor};

/// The frozen networks that judge pictures.
pub(crate) struct Judges {
    perceptual: Option<PerceptualLoss>,
    parts: Option<PerceptualLoss>,
}

impl Judges {
    /// Loads what is asked for: a judge of whole pictures by `features`, and one of enlarged hands and lips.
    ///
    /// # Errors
    /// When the weights were not fetched.
    pub fn load(
        features: &PerceptualConfig,
        (of_whole, of_parts): (bool, bool),
        kind: Kind,
        device: Device,
    ) -> Result<Self> {
        let whole = PerceptualConfig { brain_floats: kind == Kind::BFloat16, ..features.clone() };
        // Parts are enlarged as it is: once is enough.
        let part = PerceptualConfig { divisors: vec![1], ..whole.clone() };
        let load = |config: PerceptualConfig, wanted: bool| {
            wanted.then(|| PerceptualLoss::load(config, device)).transpose()
        };
        Ok(Self { perceptual: load(whole, of_whole)?, parts: load(part, of_parts)? })
    }

    /// The perceptual distance of hands and lips, where it is asked for.
    ///
    /// # Errors
    /// As [`Judges::perceptual`].
    pub fn parts(&self, made: &Tensor, pairs: &Pairs) -> Result<Option<Tensor>> {
        self.parts.as_ref().map(|judge| part_perceptual(judge, made, pairs)).transpose()
    }

    /// The perceptual distance, or zero without its network.
    ///
    /// # Errors
    /// When the pictures are too small for every layer.
    pub fn perceptual(&self, made: &Tensor, real: &Tensor) -> Result<Tensor> {
        Ok(match &self.perceptual {
            Some(loss) => loss.forward(made, real)?,
            None => Tensor::zeros([], (Kind::Float, made.device())),
        })
    }
}

/// The parts that are looked at by themselves.
const PARTS: [Part; 3] = [Part::LeftHand, Part::RightHand, Part::Lips];

/// Side in pixels to which parts are enlarged.
const PART_SIDE: i64 = 64;

/// The perceptual distance of hands and lips, cut out of both pictures; zero where none is seen.
///
/// # Errors
/// As [`Judges::perceptual`].
fn part_perceptual(judge: &PerceptualLoss, made: &Tensor, pairs: &Pairs) -> Result<Tensor> {
    let cut = {
        let (points, confidence) = (&pairs.driving_points, &pairs.driving_confidence);
        part_grids(points, confidence, &PARTS, BoxRule::default(), PART_SIDE)
    };
    let Some((numbers, grids)) = cut else { return Ok(Tensor::zeros([], (Kind::Float, made.device()))) };
    let parts = |picture: &Tensor| look_up(&picture.index_select(0, &numbers), &grids, Outside::Border);
    Ok(judge.forward(&parts(made), &parts(&pairs.driving))?)
}

/// Mean absolute difference of the pixels, each counted by `weight` `[batch, 1, h, w]`.
pub(crate) fn weighted_pixels(made: &Tensor, real: &Tensor, weight: &Tensor) -> Tensor {
    let difference = (made - real).abs().mean_dim([1i64].as_slice(), true, Kind::Float);
    (difference * weight).sum(Kind::Float) / weight.sum(Kind::Float).clamp_min(1.0)
}

/// Σᵢ |Eᵢ(driving)·Oᵢ − warp(Eᵢ(source))·Oᵢ|, the mean over each scale (METHODS 2.6). Only the flow and the encoder learn from
/// it: without that, an occlusion of zero would be its cheapest answer.
pub(super) fn feature_warp(networks: &PictureNetworks, drawn: &Drawn, driving: &Tensor) -> Tensor {
    let real = networks.encode(driving);
    let mut total = Tensor::zeros([], (Kind::Float, driving.device()));
    for ((warped, real), trust) in drawn.features.iter().zip(&real).zip(&drawn.occlusions) {
        let size = warped.size();
        let trust = orator_nn::grid::resize(&trust.detach(), size[2], size[3]);
        let real = real.to_kind(Kind::Float) * trust;
        total = total + warped.to_kind(Kind::Float).l1_loss(&real.detach(), Reduction::Mean);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_weighted_pixels_count() {
        let options = (Kind::Float, Device::Cpu);
        let (made, real) = (Tensor::zeros([1, 3, 2, 2], options), Tensor::zeros([1, 3, 2, 2], options));
        let _ = made.narrow(3, 1, 1).fill_(0.5);
        let weight = Tensor::from_slice(&[1.0f32, 0.0, 1.0, 0.0]).view([1, 1, 2, 2]);
        assert_eq!(weighted_pixels(&made, &real, &weight).double_value(&[]), 0.0);
        let other = Tensor::from_slice(&[1.0f32, 3.0, 1.0, 3.0]).view([1, 1, 2, 2]);
        assert!((weighted_pixels(&made, &real, &other).double_value(&[]) - 0.375).abs() < 1e-6);
    }
}
