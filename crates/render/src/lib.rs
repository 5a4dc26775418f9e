//! Renderers that turn a portrait and keypoint motion into frames.

pub mod contextual;
pub mod deviation;
mod discriminator;
mod error;
mod pixels;
mod warp;
mod workers;

pub use contextual::ContextualRenderer;
pub use deviation::DeviationRenderer;
pub use discriminator::{Discriminator, DiscriminatorConfig};
pub use error::{RenderError, Result};
pub use warp::{Tps, TpsForm, WarpRenderer};

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use orator_body::{KEYPOINTS, Motion, Portrait};
use orator_media::Picture;
use std::ops::Range;

/// Reads latent motion from pictures of a person.
pub trait MotionReader {
    /// The latent motion `[pictures, numbers]` of square pictures, in [`Renderer::representation`].
    ///
    /// # Errors
    /// When a picture is not square.
    fn read_motion(&self, pictures: &[Picture]) -> Result<Array2<f32>>;

    /// Latent motion `[frames, numbers]` of another person made the portrait's: each frame moves from `source`, the portrait's own
    /// latent motion, as the given motion moves from `rest`.
    fn transfer(
        &self,
        motion: ArrayView2<'_, f32>,
        rest: ArrayView1<'_, f32>,
        source: ArrayView1<'_, f32>,
    ) -> Array2<f32>;
}

/// Prepares a portrait once; everything that depends only on the source picture is computed here.
pub trait Renderer {
    /// The name users give on the command line.
    fn name(&self) -> &'static str;

    /// What its scenes are drawn from: `keypoints-133`, or the name of its own latent motion.
    fn representation(&self) -> &str {
        KEYPOINTS
    }

    /// What reads its latent motion from pictures; `None` for renderers of keypoints.
    fn motion_reader(&self) -> Option<&dyn MotionReader> {
        None
    }

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

    /// The portrait's own latent motion, for scenes that are drawn from that.
    fn own_motion(&self) -> Option<ArrayView1<'_, f32>> {
        None
    }

    /// Draws several frames from latent motion, one row of numbers each, in the renderer's representation.
    ///
    /// # Errors
    /// When the numbers are not finite or too few, or the renderer draws keypoints.
    fn render_latents(&mut self, latents: &[ArrayView1<'_, f32>]) -> Result<Vec<Picture>> {
        let _ = latents;
        Err(RenderError::Motion(format!("this renderer draws {KEYPOINTS}, not latent motion")))
    }

    /// Draws a range of a motion's frames.
    ///
    /// # Errors
    /// As [`Scene::render_many`] and [`Scene::render_latents`].
    fn render_frames(&mut self, motion: &Motion, range: Range<usize>) -> Result<Vec<Picture>> {
        match motion {
            Motion::Keypoints(track) => {
                let at = Axis(0);
                let pose =
                    |frame| (track.points().index_axis(at, frame), track.confidence().index_axis(at, frame));
                self.render_many(&range.map(pose).collect::<Vec<_>>())
            }
            Motion::Latent(track) => {
                self.render_latents(&range.map(|frame| track.values().row(frame)).collect::<Vec<_>>())
            }
        }
    }
}
