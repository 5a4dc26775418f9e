//! PSNR, SSIM and LPIPS of a generated video beside the real one, whole frames and crops, frame by frame.

use crate::boxes::{BoxConfig, PartBoxes};
use crate::lpips::{Lpips, LpipsNetwork};
use crate::{MetricsError, ProtocolHash, Result, SsimConfig, psnr, ssim};
use orator_assets::Asset;
use orator_media::{Fill, Picture, Rect};
use serde::Serialize;

/// Side in pixels to which the crops of hands and lips are brought (METHODS 5).
pub const CROP_SIDE: usize = 64;
/// Side in pixels to which crops are enlarged for LPIPS, whose network leaves little of less (METHODS 5).
pub const LPIPS_CROP_SIDE: usize = 128;

/// How pictures are compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PictureProtocol {
    /// Which of the usual settings of SSIM.
    pub ssim: SsimConfig,
    /// How the caller places the boxes.
    pub boxes: BoxConfig,
    /// See [`CROP_SIDE`].
    pub crop_side: usize,
    /// See [`LPIPS_CROP_SIDE`].
    pub lpips_crop_side: usize,
    /// Whose features LPIPS compares, and the SHA-256 of its weights; `None` where it is not computed.
    pub lpips: Option<(LpipsNetwork, Option<&'static str>)>,
}

impl Default for PictureProtocol {
    fn default() -> Self {
        Self {
            ssim: SsimConfig::default(),
            boxes: BoxConfig::default(),
            crop_side: CROP_SIDE,
            lpips_crop_side: LPIPS_CROP_SIDE,
            lpips: None,
        }
    }
}

/// Adds up picture scores; keeps sums, never frames. The default compares without LPIPS, which needs a fetched network.
#[derive(Debug, Default)]
pub struct PictureScores {
    protocol: PictureProtocol,
    lpips: Option<Lpips>,
    frames: usize,
    whole: Tally,
    hands: Tally,
    lips: Tally,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    compared: usize,
    identical: usize,
    psnr: f64,
    ssim: f64,
    lpips: Option<f64>,
}

/// The scores of one pair of pictures.
struct Pair {
    psnr: f64,
    ssim: f64,
    lpips: Option<f64>,
}

/// The scores of one area of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AreaReport {
    /// Pairs of pictures that were compared.
    pub compared: usize,
    /// Pairs that were equal byte for byte: their PSNR is infinite and not in the mean.
    pub identical: usize,
    /// Mean PSNR in decibel over the pairs that differ; `None` if there are none.
    pub psnr: Option<f64>,
    /// Mean SSIM over all pairs (Gaussian 11×11, σ = 1.5, mean of the channels); `None` if there are none.
    pub ssim: Option<f64>,
    /// Mean LPIPS over all pairs; `None` if there are none or it was not computed.
    pub lpips: Option<f64>,
}

/// The scores of a video.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PictureReport {
    /// Frames that were compared.
    pub frames: usize,
    /// Whole frames.
    pub whole: AreaReport,
    /// Crops around hands, both hands together; at most two a frame.
    pub hands: AreaReport,
    /// Crops around the lips.
    pub lips: AreaReport,
    /// Share of hands (two a frame) that were certain enough to be compared.
    pub hand_coverage: f64,
    /// Share of frames in which the lips were certain enough to be compared.
    pub lip_coverage: f64,
    /// See [`PictureProtocol`].
    pub protocol: ProtocolHash,
}

impl PictureScores {
    /// Compares with LPIPS, too, by AlexNet's features, which `setup` brings.
    ///
    /// # Errors
    /// As [`Lpips::load`].
    pub fn with_lpips() -> Result<Self> {
        let network = LpipsNetwork::default();
        Ok(Self::with(Lpips::load(network, tch::Device::Cpu)?, network, network.asset()))
    }

    /// With LPIPS where its networks were fetched, else without.
    ///
    /// # Errors
    /// As [`Lpips::load`], but for what was not fetched.
    pub fn with_what_is_there() -> Result<Self> {
        match Self::with_lpips() {
            Err(MetricsError::Asset(_)) => Ok(Self::default()),
            other => other,
        }
    }

    fn with(lpips: Lpips, network: LpipsNetwork, asset: Asset) -> Self {
        let protocol =
            PictureProtocol { lpips: Some((network, asset.pinned_sha256())), ..PictureProtocol::default() };
        Self { protocol, lpips: Some(lpips), ..Self::default() }
    }

    /// How the pictures are compared.
    #[must_use]
    pub fn protocol(&self) -> &PictureProtocol {
        &self.protocol
    }

    /// Compares one frame as a whole.
    ///
    /// # Errors
    /// [`crate::MetricsError::Size`] when the pictures differ in size or are smaller than 11×11; nothing is
    /// added then.
    pub fn add(&mut self, real: &Picture, generated: &Picture) -> Result<()> {
        self.add_with_boxes(real, generated, &PartBoxes::default())
    }

    /// Compares one frame as a whole and in the boxes, which are those of the real frame. Crops are brought
    /// to [`CROP_SIDE`] pixels; where a box reaches outside, the picture's edge is continued.
    ///
    /// # Errors
    /// As [`PictureScores::add`].
    pub fn add_with_boxes(&mut self, real: &Picture, generated: &Picture, boxes: &PartBoxes) -> Result<()> {
        let whole = self.compare(real, generated, real, generated)?;
        let in_box = |rect: Rect| {
            let crop = |picture: &Picture| picture.crop(rect, Fill::Edge).resize(CROP_SIDE, CROP_SIDE);
            let large = |picture: &Picture| picture.resize(LPIPS_CROP_SIDE, LPIPS_CROP_SIDE);
            let (real, generated) = (crop(real), crop(generated));
            self.compare(&real, &generated, &large(&real), &large(&generated))
        };
        let left = boxes.left_hand.map(in_box).transpose()?;
        let right = boxes.right_hand.map(in_box).transpose()?;
        let lips = boxes.lips.map(in_box).transpose()?;
        self.frames += 1;
        self.whole.add(whole);
        left.into_iter().chain(right).for_each(|scores| self.hands.add(scores));
        lips.into_iter().for_each(|scores| self.lips.add(scores));
        Ok(())
    }

    /// The means so far.
    #[must_use]
    pub fn report(&self) -> PictureReport {
        let share = |count: usize, of: usize| if of == 0 { 0.0 } else { count as f64 / of as f64 };
        PictureReport {
            frames: self.frames,
            whole: self.whole.report(),
            hands: self.hands.report(),
            lips: self.lips.report(),
            hand_coverage: share(self.hands.compared, 2 * self.frames),
            lip_coverage: share(self.lips.compared, self.frames),
            protocol: ProtocolHash::of("pictures", &self.protocol),
        }
    }

    /// Compares two pictures, and two sizes of them: the second is LPIPS's.
    fn compare(
        &self,
        real: &Picture,
        generated: &Picture,
        large_real: &Picture,
        large: &Picture,
    ) -> Result<Pair> {
        Ok(Pair {
            psnr: psnr(real, generated)?,
            ssim: ssim(real, generated, &self.protocol.ssim)?,
            lpips: self.lpips.as_ref().map(|lpips| lpips.distance(large_real, large)).transpose()?,
        })
    }
}

impl Tally {
    fn add(&mut self, pair: Pair) {
        self.compared += 1;
        if pair.psnr.is_finite() {
            self.psnr += pair.psnr;
        } else {
            self.identical += 1;
        }
        self.ssim += pair.ssim;
        if let Some(lpips) = pair.lpips {
            self.lpips = Some(self.lpips.unwrap_or(0.0) + lpips);
        }
    }

    fn report(&self) -> AreaReport {
        let mean = |sum: f64, count: usize| (count > 0).then(|| sum / count as f64);
        AreaReport {
            compared: self.compared,
            identical: self.identical,
            psnr: mean(self.psnr, self.compared - self.identical),
            ssim: mean(self.ssim, self.compared),
            lpips: self.lpips.and_then(|sum| mean(sum, self.compared)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MetricsError;
    use orator_assets::AssetError;

    #[test]
    fn lpips_is_reported_where_it_is_computed() {
        let mut scores = match PictureScores::with_lpips() {
            Err(MetricsError::Asset(AssetError::Missing { path })) => {
                eprintln!("skipped: {} was not fetched", path.display());
                return;
            }
            other => other.unwrap(),
        };
        let (real, off) = (Picture::filled(64, 64, [100; 3]), Picture::filled(64, 64, [30, 200, 90]));
        let boxes = PartBoxes {
            lips: Some(Rect { x: 20.0, y: 30.0, width: 20.0, height: 20.0 }),
            ..Default::default()
        };
        scores.add(&real, &real).unwrap();
        assert_eq!(scores.report().whole.lpips, Some(0.0));
        scores.add_with_boxes(&real, &off, &boxes).unwrap();
        let report = scores.report();
        assert!(report.whole.lpips.unwrap() > 0.01 && report.lips.lpips.unwrap() > 0.01);
        assert_eq!(report.hands.lpips, None);
        let plain = PictureScores::default().report();
        assert_eq!(plain.whole.lpips, None);
        assert_ne!(plain.protocol, report.protocol);
    }

    #[test]
    fn means_over_frames_and_boxes() {
        let (real, off) = (Picture::filled(64, 64, [100; 3]), Picture::filled(64, 64, [110; 3]));
        let mut scores = PictureScores::default();
        let nothing = scores.report();
        assert_eq!((nothing.frames, nothing.whole.psnr, nothing.hand_coverage), (0, None, 0.0));
        scores.add(&real, &real).unwrap();
        let boxes = PartBoxes {
            left_hand: Some(Rect { x: -10.0, y: 50.0, width: 40.0, height: 40.0 }),
            ..Default::default()
        };
        scores.add_with_boxes(&real, &off, &boxes).unwrap();
        let report = scores.report();
        let expected = 10.0 * (255.0f64 * 255.0 / 100.0).log10();
        assert_eq!((report.frames, report.whole.identical), (2, 1));
        assert!((report.whole.psnr.unwrap() - expected).abs() < 1e-9);
        assert!((report.hands.psnr.unwrap() - expected).abs() < 1e-9);
        assert_eq!((report.hands.compared, report.lips.psnr), (1, None));
        assert_eq!((report.hand_coverage, report.lip_coverage), (0.25, 0.0));
        assert!(scores.add(&real, &Picture::filled(32, 64, [0; 3])).is_err());
        assert_eq!(scores.report(), report);
    }
}
