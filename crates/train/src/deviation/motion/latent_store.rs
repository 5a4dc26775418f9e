//! The latent motion of the clips: read from every frame once, and kept beside the prepared clips under a name that tells of which
//! weights it is.

use crate::prepare::{Pictures, PreparedClip};
use crate::{Result, TrainError};
use ndarray::{Array2, ArrayView2, Axis, concatenate};
use orator_body::crop::CropConfig;
use orator_body::{Fit, SquareCrop};
use orator_media::Picture;
use orator_motion::deviation::LATENT_NUMBERS;
use orator_nn::{Checkpoint, NnError, Precision, from_array2, to_array2};
use orator_render::deviation::DeviationRenderer;
use orator_render::{MotionReader, Renderer};
use std::collections::BTreeMap;
use std::path::Path;
use tch::{Device, Kind};

/// Pictures read side by side.
const TOGETHER: usize = 8;
/// The tensor's name in the file.
const ROWS: &str = "latent";

/// What reads latent motion from pictures.
pub struct Features<'a> {
    /// The first stage's reader.
    pub reader: &'a dyn MotionReader,
    /// The name of its numbers, whose end tells of which weights they are ([`orator_render::Renderer::representation`]).
    pub representation: String,
}

/// The first stage's weights at `path`, ready to read latent motion to learn from: in 32 bits, as finely as it can be read.
///
/// # Errors
/// When the file is damaged, is of another kind, or does not fit its own configuration.
pub fn load_features(path: &Path, device: Device) -> Result<DeviationRenderer> {
    Ok(DeviationRenderer::load_as(path, device, Kind::Float)?)
}

impl<'a> From<&'a DeviationRenderer> for Features<'a> {
    fn from(renderer: &'a DeviationRenderer) -> Self {
        Self { reader: renderer, representation: renderer.representation().to_owned() }
    }
}

/// The latent rows `[frames, 2307]` of a clip at 25 frames a second, read from its pictures cut to squares of `side` pixels;
/// `None` when it has no pictures.
///
/// # Errors
/// When the pictures cannot be read, or the reader gives other numbers.
pub(super) fn rows_of(
    clip: &PreparedClip,
    pictures: &Pictures<'_>,
    features: &Features<'_>,
    side: u32,
    folder: &Path,
) -> Result<Option<Array2<f32>>> {
    let path = folder.join(format!("{}.{}-{side}.safetensors", clip.name, features.representation));
    let frames = clip.track.frames();
    let wanted = (frames, LATENT_NUMBERS as usize);
    if path.is_file() {
        let kept = Checkpoint::read(&path)?.tensors.get(ROWS).map(to_array2).transpose()?;
        if let Some(kept) = kept.filter(|kept| kept.dim() == wanted) {
            return Ok(Some(kept));
        }
    }
    let crop =
        SquareCrop::choose(clip.track.size(), Some(&clip.track), Fit::Crop, side, &CropConfig::default())?;
    let mut waiting: Vec<Picture> = Vec::with_capacity(TOGETHER);
    let mut parts: Vec<Array2<f32>> = Vec::new();
    let mut seen = 0;
    let there = pictures.read(&mut |_, picture| {
        if seen < frames {
            waiting.push(crop.picture(&picture)?);
            seen += 1;
            if waiting.len() == TOGETHER || seen == frames {
                parts.push(features.reader.read_motion(&waiting)?);
                waiting.clear();
            }
        }
        Ok(())
    })?;
    if !there {
        return Ok(None);
    }
    if seen < frames {
        return Err(TrainError::Corpus {
            what: format!("{}: only {seen} of {frames} frames could be read", clip.name),
            hint: "delete the prepared folder of the run and prepare again".into(),
        });
    }
    let views: Vec<ArrayView2<'_, f32>> = parts.iter().map(|part| part.view()).collect();
    let rows = concatenate(Axis(0), &views).map_err(|e| NnError::Shape(e.to_string()))?;
    if rows.dim() != wanted || rows.iter().any(|v| !v.is_finite()) {
        return Err(TrainError::Corpus {
            what: format!(
                "{}: its latent motion is {:?} numbers and should be {wanted:?} finite ones",
                clip.name,
                rows.dim()
            ),
            hint: "name weights of the deviation system's features that read 16 × 16 rotations".into(),
        });
    }
    let tensors = BTreeMap::from([(ROWS.to_string(), from_array2(&rows))]);
    Checkpoint { metadata: BTreeMap::new(), tensors }.write(&path, Precision::Full)?;
    Ok(Some(rows))
}
