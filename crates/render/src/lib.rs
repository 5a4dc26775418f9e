//! Renderers that turn a portrait and keypoint motion into frames.

pub mod contextual;
mod error;
mod warp;

pub use contextual::ContextualRenderer;
pub use error::{RenderError, Result};
pub use warp::{Tps, TpsForm, WarpRenderer};

use ndarray::{ArrayView1, ArrayView2};
use orator_body::Portrait;
use orator_media::Picture;

/// Prepares a portrait once; everything that depends only on the source picture is computed here.
pub trait Renderer {
    /// The name users give on the command line.
    fn name(&self) -> &'static str;

    /// Makes a scene of the portrait.
    ///
    /// # Errors
    /// When the portrait lacks what the renderer needs.
    fn prepare(&self, portrait: &Portrait) -> Result<Box<dyn Scene>>;
}

/// A prepared portrait that can be drawn in any pose.
pub trait Scene: Send {
    /// Draws one frame, of the portrait's size, from the 133 points `[133, 2]` in pixels and their confidences `[133]`.
    ///
    /// # Errors
    /// When the points are not finite or not 133.
    fn render(&mut self, points: ArrayView2<'_, f32>, confidence: ArrayView1<'_, f32>) -> Result<Picture>;

    /// Draws several frames, `poses` being what [`Scene::render`] takes, in order. The same pictures as one by one;
    /// quicker where a renderer can draw frames side by side, then best with a few frames for each processor.
    ///
    /// # Errors
    /// As [`Scene::render`], for the first frame that cannot be drawn.
    fn render_many(&mut self, poses: &[(ArrayView2<'_, f32>, ArrayView1<'_, f32>)]) -> Result<Vec<Picture>> {
        poses.iter().map(|&(points, confidence)| self.render(points, confidence)).collect()
    }
}
