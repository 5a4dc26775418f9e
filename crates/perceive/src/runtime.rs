//! What perception asks of an inference runtime. LiteRT is the first; another one needs only these
//! two traits.

use crate::Result;
use orator_assets::Asset;

/// The models of the pipeline with the sizes the pipeline relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelKind {
    /// Whole picture, 224², −1..1 → 2254 boxes × 12, 2254 scores.
    PoseDetection,
    /// Crop, 256², 0..1 → 39 × 5 landmarks, presence, 256² mask, 64² × 39 heatmaps, 39 × 3 world points.
    PoseLandmark,
    /// Rough hand crop, 256², 0..1 → 2 points.
    HandRecrop,
    /// Hand crop, 224², 0..1 → 21 × 3 landmarks, presence, handedness, 21 × 3 world points.
    HandLandmark,
    /// Rough face crop, 128², −1..1 → 896 boxes × 16, 896 scores.
    FaceDetection,
    /// Face crop, 192², 0..1 → 468 × 3 landmarks, presence as a logit.
    FaceLandmark,
}

impl ModelKind {
    /// The file that holds it.
    #[must_use]
    pub fn asset(self) -> Asset {
        match self {
            Self::PoseDetection => Asset::PoseDetection,
            Self::PoseLandmark => Asset::PoseLandmark,
            Self::HandRecrop => Asset::HandRecrop,
            Self::HandLandmark => Asset::HandLandmark,
            Self::FaceDetection => Asset::FaceDetection,
            Self::FaceLandmark => Asset::FaceLandmark,
        }
    }

    /// Its name in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PoseDetection => "pose detection",
            Self::PoseLandmark => "pose landmark",
            Self::HandRecrop => "hand recrop",
            Self::HandLandmark => "hand landmark",
            Self::FaceDetection => "face detection",
            Self::FaceLandmark => "face landmark",
        }
    }

    /// Side of the square input in pixels.
    #[must_use]
    pub fn side(self) -> usize {
        match self {
            Self::PoseDetection | Self::HandLandmark => 224,
            Self::PoseLandmark | Self::HandRecrop => 256,
            Self::FaceDetection => 128,
            Self::FaceLandmark => 192,
        }
    }

    /// Number of values of each output, in the model's order.
    #[must_use]
    pub fn outputs(self) -> &'static [usize] {
        match self {
            Self::PoseDetection => &[2254 * 12, 2254],
            Self::PoseLandmark => &[39 * 5, 1, 256 * 256, 64 * 64 * 39, 39 * 3],
            Self::HandRecrop => &[4],
            Self::HandLandmark => &[63, 1, 1, 63],
            Self::FaceDetection => &[896 * 16, 896],
            Self::FaceLandmark => &[468 * 3, 1],
        }
    }
}

/// One model, ready to run; one instance is used by one thread at a time.
pub trait LandmarkModel: Send {
    /// Which model it is.
    fn kind(&self) -> ModelKind;

    /// Runs on `[side, side, 3]` values, rows from the top, RGB, in the model's own range.
    ///
    /// # Errors
    /// [`crate::PerceiveError::Run`] when the runtime refuses.
    fn run(&mut self, pixels: &[f32]) -> Result<()>;

    /// Output `index` of the last run, flat, of the length that [`ModelKind::outputs`] states.
    fn output(&self, index: usize) -> &[f32];
}

/// A library that can run the models.
pub trait Runtime {
    /// A new instance of a model, with its own working memory.
    ///
    /// # Errors
    /// [`crate::PerceiveError`] when the file is missing, damaged or of another shape.
    fn load(&self, kind: ModelKind) -> Result<Box<dyn LandmarkModel>>;
}
