//! What the networks make of held-out clips: scores, and a sheet to look at.

use super::config::Emphasis;
use super::frame_store::FrameClip;
use super::pairs::{Pairs, held_out_pairs};
use super::sheet::{Sheet, to_picture};
use crate::{Result, Split};
use orator_metrics::{BoxConfig, PartBoxes, PictureScores};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tch::{Device, Tensor};

/// Clips looked at, of each kind.
const CLIPS: usize = 12;
/// Frames of each.
const FRAMES: usize = 3;

pub(crate) struct Validation<'a> {
    clips: Vec<&'a FrameClip>,
    emphasis: Emphasis,
    folder: PathBuf,
    device: Device,
}

/// What networks make of pairs of one clip.
pub(crate) struct Attempt {
    /// The source moved, without anything painted, `[batch, 3, s, s]`.
    pub warped: Tensor,
    /// The result, likewise.
    pub picture: Tensor,
}

impl<'a> Validation<'a> {
    /// Sheets go into `folder`.
    pub fn new(clips: &'a [FrameClip], emphasis: Emphasis, folder: PathBuf, device: Device) -> Self {
        let mut chosen = Vec::new();
        for exact in [false, true] {
            let all: Vec<&FrameClip> = clips
                .iter()
                .filter(|c| c.split == Split::HeldOut && c.exact == exact && c.frames() > 1 && c.has_face(0))
                .collect();
            let step = all.len().div_ceil(CLIPS).max(1);
            chosen.extend(all.into_iter().step_by(step));
        }
        Self { clips: chosen, emphasis, folder, device }
    }

    /// PSNR and SSIM of whole frames, hands and lips, of filmed and staged clips apart; writes `validation-STEP.png`, a row a
    /// clip: source, driving, warped, drawn.
    /// `draw` is given pairs whose sources are all the same frame.
    pub fn look(&self, step: u64, draw: &dyn Fn(&Pairs) -> Attempt) -> Result<BTreeMap<String, f64>> {
        let mut scores: BTreeMap<&str, PictureScores> = BTreeMap::new();
        let mut sheet = Sheet::default();
        for clip in &self.clips {
            let Some(pairs) = held_out_pairs(clip, FRAMES, self.emphasis, self.device)? else {
                continue;
            };
            let drawn = draw(&pairs);
            let kind = if clip.exact { "staged" } else { "filmed" };
            let scores = scores.entry(kind).or_default();
            let count = pairs.driving.size()[0];
            for number in 0..count {
                let real = to_picture(&pairs.driving.get(number))?;
                let made = to_picture(&drawn.picture.get(number))?;
                let frame = pairs.frames[number as usize];
                let boxes = PartBoxes::of(&clip.track, frame, &BoxConfig::default());
                scores.add_with_boxes(&real, &made, &boxes)?;
                if number + 1 == count {
                    let from = to_picture(&pairs.source.get(0))?;
                    sheet.row(vec![from, real, to_picture(&drawn.warped.get(number))?, made]);
                }
            }
        }
        sheet.write(&self.folder.join(format!("validation-{step:06}.png")))?;
        let mut measures = BTreeMap::new();
        for (kind, scores) in scores {
            let report = scores.report();
            for (area, of) in [("whole", report.whole), ("hands", report.hands), ("lips", report.lips)] {
                for (name, value) in [("psnr", of.psnr), ("ssim", of.ssim)] {
                    if let Some(value) = value {
                        measures.insert(format!("{kind}-{area}-{name}"), value);
                    }
                }
            }
        }
        Ok(measures)
    }
}
