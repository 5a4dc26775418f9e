//! Keypoints over time.

use crate::{BodyError, Layout, Result};
use ndarray::{Array2, Array3};
use orator_media::FrameRate;

/// The keypoints of one person over time (one frame for a photo).
#[derive(Clone, Debug, PartialEq)]
pub struct KeypointTrack {
    layout: Layout,
    rate: FrameRate,
    size: (u32, u32),
    points: Array3<f32>,
    confidence: Array2<f32>,
}

impl KeypointTrack {
    /// Joins `points` `[frames, layout, 2]` in pixels (x right, y down) of a picture of `size`
    /// (width, height) with `confidence` `[frames, layout]` in 0..=1; 0 means absent.
    ///
    /// # Errors
    /// [`BodyError::Shape`] when the arrays do not fit the layout or hold numbers that are not finite.
    pub fn new(
        layout: Layout,
        rate: FrameRate,
        size: (u32, u32),
        points: Array3<f32>,
        confidence: Array2<f32>,
    ) -> Result<Self> {
        let frames = points.shape()[0];
        if points.shape() != [frames, layout.len(), 2] || confidence.shape() != [frames, layout.len()] {
            return Err(BodyError::Shape(format!(
                "{layout:?} needs points [frames, {n}, 2] and confidence [frames, {n}], not {:?} and {:?}",
                points.shape(),
                confidence.shape(),
                n = layout.len()
            )));
        }
        if points.iter().chain(confidence.iter()).any(|v| !v.is_finite()) {
            return Err(BodyError::Shape("keypoints hold numbers that are not finite".into()));
        }
        Ok(Self { layout, rate, size, points, confidence })
    }

    /// The layout.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }
    /// Frames per second.
    #[must_use]
    pub fn rate(&self) -> FrameRate {
        self.rate
    }
    /// Width and height of the picture that the pixels refer to.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        self.size
    }
    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.points.shape()[0]
    }
    /// `[frames, layout, 2]`, pixels.
    #[must_use]
    pub fn points(&self) -> &Array3<f32> {
        &self.points
    }
    /// `[frames, layout]`, 0..=1.
    #[must_use]
    pub fn confidence(&self) -> &Array2<f32> {
        &self.confidence
    }
    /// Points and confidence, to be changed in place (values must stay finite).
    pub fn parts_mut(&mut self) -> (&mut Array3<f32>, &mut Array2<f32>) {
        (&mut self.points, &mut self.confidence)
    }
}
