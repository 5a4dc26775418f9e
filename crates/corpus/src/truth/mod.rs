//! The truth about a clip: where every keypoint is, what is seen of it, which pixel belongs to what, how far it is.
//!
//! # The member `ID.truth`
//!
//! A safetensors file whose tensors are one-dimensional `U8`: each is one zstd frame. What is inside a tensor, and what
//! the numbers mean, stands in the metadata (all values are texts):
//!
//! | metadata | content |
//! |---|---|
//! | `format`, `version` | `orator-truth`, `1` |
//! | `layout` | `whole-body133` |
//! | `rate`, `size`, `frames` | `25/1`, `256x256`, `500` |
//! | `arrays` | JSON: for each tensor `{dtype, shape, lag, every, step, legend}` |
//!
//! | tensor | unpacked | meaning |
//! |---|---|---|
//! | `keypoints` | i16 `[frames, 133, 2]` | pixels ÷ `step` |
//! | `visibility` | u8 `[frames, 133]` | 0 outside the picture or unknown, 1 hidden, 2 seen |
//! | `confidence` | u8 `[frames, 133]`, optional | 255 × a detector's confidence; only where keypoints were found, not known |
//! | `parts` | u8 `[n, height, width]`, optional | part numbers, `legend` names them; mask i is of frame i × `every` |
//! | `depth` | u16 `[n, height, width]`, optional | millimetres from the camera; 0 = nothing or more than 65.535 m |
//! | `curve.NAME` | f16 `[frames, n]`, optional | anything over time: gaze, mouth shapes; `legend` names the columns |
//!
//! To unpack numbers of two bytes: the first half of the bytes are all low bytes, the second half all high bytes; then
//! each number is added to the one `lag` places before it (modulo 2¹⁶; `lag` 0: as it stands). In Python:
//! `v = raw.reshape(2, -1).T.copy().view('<u2').reshape(-1, lag); v = np.cumsum(v, 0, dtype='u2').view(dtype)`.
//!
//! # Error bounds
//!
//! * Keypoints: at most `step` / 2 in x and in y, where `step` = 1/16 pixel for pictures up to 1023 pixels a side
//!   (twice that for each doubling of the longer side). Points farther outside the picture than its longer side are
//!   moved to that distance.
//! * Confidence: at most 1/510. Depth: none in millimetres; [`Depth::from_metres`] rounds by at most 0.5 mm.
//! * Curves: relative 2⁻¹¹, or 2⁻²⁵ below 2⁻¹⁴. Visibility and masks: exact.

mod array;
mod decode;
mod encode;
mod fixed_point;
mod layers;
#[cfg(test)]
mod tests;

pub use array::ArrayInfo;
pub use decode::TruthFile;
pub use encode::encode;
pub use fixed_point::keypoint_step;
pub use layers::{Depth, Masks, PartName};

use ndarray::{Array2, Array3};
use orator_body::layout::{BODY, FACE, FEET, LEFT_HAND, RIGHT_HAND, WHOLE_BODY};
use orator_body::{KeypointTrack, Layout};
use orator_media::FrameRate;
use std::collections::BTreeMap;

/// What `format` says in every truth member.
pub const FORMAT: &str = "orator-truth";
/// The version written, and the only one read.
pub const VERSION: &str = "1";
/// Longest side of a picture in pixels.
pub const MAX_SIDE: u32 = 16_384;
/// Longest side of a mask or depth picture in pixels.
pub const MAX_LAYER_SIDE: usize = 1024;
/// Confidence given to points that are hidden but known where a track is made from the truth: above the half from which
/// training counts a point as seen, below that of points in view.
pub const HIDDEN_CONFIDENCE: f32 = 0.75;

/// What is seen of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Visibility {
    /// Outside the picture, or not known.
    Outside = 0,
    /// In the picture, behind something.
    Hidden = 1,
    /// In view.
    Seen = 2,
}

/// The truth about the speaker of a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Frames per second.
    pub rate: FrameRate,
    /// Width and height of the picture that pixels refer to.
    pub size: (u32, u32),
    /// `[frames, 133, 2]` in pixels, x right, y down; 0 is the picture's left or top edge.
    pub keypoints: Array3<f32>,
    /// `[frames, 133]`, the numbers of [`Visibility`].
    pub visibility: Array2<u8>,
    /// `[frames, 133]` in 0..=1, where the keypoints were found by a detector and are not known exactly.
    pub confidence: Option<Array2<f32>>,
    /// Which pixel belongs to what.
    pub masks: Option<Masks>,
    /// How far everything is.
    pub depth: Option<Depth>,
    /// Other numbers over time by name (small letters, digits, `-`, `_`).
    pub curves: BTreeMap<String, Curve>,
}

/// Numbers over time: gaze, mouth shapes, the head's turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// What the columns are.
    pub names: Vec<String>,
    /// `[frames, names]`, within ±65504.
    pub values: Array2<f32>,
}

impl Truth {
    /// Keypoints and visibility alone.
    #[must_use]
    pub fn new(rate: FrameRate, size: (u32, u32), keypoints: Array3<f32>, visibility: Array2<u8>) -> Self {
        Self {
            rate,
            size,
            keypoints,
            visibility,
            confidence: None,
            masks: None,
            depth: None,
            curves: BTreeMap::new(),
        }
    }

    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.keypoints.shape()[0]
    }

    /// The keypoints as a detector that makes no mistake would give them, with its meaning of confidence: body and feet
    /// point by point (seen 1, hidden [`HIDDEN_CONFIDENCE`], outside 0), face and hands as a whole, by the mean over
    /// the part's points. Where a detector's confidence is stored, that is taken.
    ///
    /// # Errors
    /// When the arrays do not fit each other.
    pub fn track(&self) -> orator_body::Result<KeypointTrack> {
        let confidence = self.confidence.clone().unwrap_or_else(|| confidence_of(&self.visibility));
        KeypointTrack::new(Layout::WholeBody133, self.rate, self.size, self.keypoints.clone(), confidence)
    }
}

fn confidence_of(visibility: &Array2<u8>) -> Array2<f32> {
    let mut confidence = visibility.mapv(|v| match v {
        0 => 0.0,
        1 => HIDDEN_CONFIDENCE,
        _ => 1.0,
    });
    if confidence.ncols() != WHOLE_BODY {
        return confidence;
    }
    debug_assert_eq!(BODY.len() + FEET.len() + FACE.len() + LEFT_HAND.len() + RIGHT_HAND.len(), WHOLE_BODY);
    for mut frame in confidence.rows_mut() {
        for part in [FACE, LEFT_HAND, RIGHT_HAND] {
            let mean = part.clone().map(|p| frame[p]).sum::<f32>() / part.len() as f32;
            for point in part {
                frame[point] = mean;
            }
        }
    }
    confidence
}
