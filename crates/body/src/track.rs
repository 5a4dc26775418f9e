//! Keypoints over time.

use crate::{BodyError, Layout, Result};
use ndarray::{Array2, Array3, Axis, s};
use orator_media::FrameRate;
use std::ops::Range;

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

    /// Gives points and confidence away.
    #[must_use]
    pub fn into_parts(self) -> (Array3<f32>, Array2<f32>) {
        (self.points, self.confidence)
    }

    /// Frames `range` as a track of their own; the range is cut to the frames there are.
    #[must_use]
    pub fn window(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.frames());
        let start = range.start.min(end);
        Self {
            points: self.points.slice(s![start..end, .., ..]).to_owned(),
            confidence: self.confidence.slice(s![start..end, ..]).to_owned(),
            ..self.bare()
        }
    }

    /// One frame as a track of its own; `None` past the end.
    #[must_use]
    pub fn frame(&self, index: usize) -> Option<Self> {
        (index < self.frames()).then(|| self.window(index..index + 1))
    }

    /// The point with index `whole_body` among the 133 in frame `frame`, in pixels, if the layout has it
    /// and its confidence is at least `threshold` and above 0.
    #[must_use]
    pub fn confident(&self, frame: usize, whole_body: usize, threshold: f32) -> Option<[f32; 2]> {
        let at = self.layout.position(whole_body)?;
        let confidence = *self.confidence.get([frame, at])?;
        (confidence > 0.0 && confidence >= threshold)
            .then(|| [self.points[[frame, at, 0]], self.points[[frame, at, 1]]])
    }

    /// The same motion of the mirrored person in the mirrored picture: x becomes width − x (x = 0 is the
    /// picture's left edge, x = width its right edge) and left and right points change places.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let mirror = self.layout.mirror();
        let width = self.size.0 as f32;
        let mut points = self.points.select(Axis(1), &mirror);
        points.slice_mut(s![.., .., 0]).mapv_inplace(|x| width - x);
        Self { points, confidence: self.confidence.select(Axis(1), &mirror), ..self.bare() }
    }

    /// The same motion for the picture scaled to `size` (width, height); each axis is scaled by itself.
    ///
    /// # Errors
    /// [`BodyError::Shape`] when a side of either picture is 0.
    pub fn scaled_to(&self, size: (u32, u32)) -> Result<Self> {
        if [self.size.0, self.size.1, size.0, size.1].contains(&0) {
            return Err(BodyError::Shape("a picture with no pixels has no keypoints to scale".into()));
        }
        let factor = [size.0 as f32 / self.size.0 as f32, size.1 as f32 / self.size.1 as f32];
        self.mapped(size, |[x, y]| [x * factor[0], y * factor[1]])
    }

    /// Every point moved by `map` into a picture of `size`; confidence stays.
    ///
    /// # Errors
    /// [`BodyError::Shape`] when `map` gives numbers that are not finite.
    pub fn mapped(&self, size: (u32, u32), map: impl Fn([f32; 2]) -> [f32; 2]) -> Result<Self> {
        let mut points = self.points.clone();
        for mut point in points.lanes_mut(Axis(2)) {
            let [x, y] = map([point[0], point[1]]);
            point[0] = x;
            point[1] = y;
        }
        Self::new(self.layout, self.rate, size, points, self.confidence.clone())
    }

    /// The track's layout, rate and size with no frames.
    fn bare(&self) -> Self {
        Self {
            layout: self.layout,
            rate: self.rate,
            size: self.size,
            points: Array3::zeros((0, self.layout.len(), 2)),
            confidence: Array2::zeros((0, self.layout.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::track;
    use proptest::prelude::*;

    #[test]
    fn wrong_shapes_and_numbers_are_refused() {
        let make = |points: Array3<f32>| {
            KeypointTrack::new(
                Layout::WholeBody133,
                FrameRate::MOTION,
                (256, 256),
                points,
                Array2::ones((1, 133)),
            )
        };
        assert!(make(Array3::zeros((1, 133, 2))).is_ok());
        assert!(make(Array3::zeros((1, 116, 2))).is_err());
        assert!(make(Array3::zeros((2, 133, 2))).is_err());
        assert!(make(Array3::from_elem((1, 133, 2), f32::NAN)).is_err());
    }

    proptest! {
        #[test]
        fn mirroring_twice_gives_the_track_back(seed in 0u64..1000, frames in 0usize..4) {
            for layout in Layout::ALL {
                let original = track(layout, frames, seed);
                let back = original.mirrored().mirrored();
                prop_assert_eq!(back.confidence(), original.confidence());
                prop_assert!((back.points() - original.points()).iter().all(|d| d.abs() < 1e-3));
            }
        }

        #[test]
        fn scaling_there_and_back_is_the_identity(seed in 0u64..1000, side in 1u32..2000) {
            let original = track(Layout::WholeBody133, 2, seed);
            let back = original.scaled_to((side, side)).unwrap().scaled_to(original.size()).unwrap();
            prop_assert_eq!(back.size(), original.size());
            prop_assert!((back.points() - original.points()).iter().all(|d| d.abs() < 1e-2));
        }
    }

    #[test]
    fn windows_are_cut_to_what_is_there() {
        let whole = track(Layout::WholeBody133, 5, 1);
        assert_eq!(whole.window(3..9).frames(), 2);
        assert_eq!(whole.window(7..9).frames(), 0);
        assert!(whole.frame(5).is_none());
        assert_eq!(
            whole.frame(4).unwrap().points().slice(s![0, .., ..]),
            whole.points().slice(s![4, .., ..])
        );
    }
}
