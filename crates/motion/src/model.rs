//! The contract that every motion system fulfils: speech and a reference pose in, motion out.

use crate::Result;
use ndarray::ArrayView1;
use orator_body::{KeypointTrack, Motion};
use orator_speech::Speech;

/// Motion that is given and must not change: a prefix to go on from, or everything outside an edited range.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// As many frames as the speech has; frames that are not kept may hold anything finite.
    pub track: &'a KeypointTrack,
    /// One value a frame: true where `track` is to be kept exactly.
    pub keep: &'a [bool],
}

/// How to draw one take.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleOptions {
    /// The same seed gives the same take, bit for bit on one machine.
    pub seed: u64,
    /// Steps of decoding or denoising; `None` takes the model's own number (of tokens 5, METHODS 2.5; of diffusion 50).
    pub steps: Option<usize>,
    /// Classifier-free guidance; 1 is none, `None` the model's own.
    pub guidance: Option<f64>,
    /// 0 takes the likeliest token always.
    pub temperature: f64,
    /// Share of the likeliest tokens that may be drawn, in (0, 1].
    pub keep_share: f64,
    /// Token layers that are made and decoded; `None` takes all, 1 leaves out the residual generator (an ablation of the
    /// paper). Motion to keep is as it was given in any case.
    pub layers: Option<usize>,
    /// Whether the moments of the hands' strokes are planned from the speech first, by models that can. Default true.
    pub planned_strokes: bool,
}

impl Default for SampleOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            steps: None,
            guidance: None,
            temperature: 1.0,
            keep_share: 0.1,
            layers: None,
            planned_strokes: true,
        }
    }
}

/// Steps of iterative decoding: the paper's best.
const TOKEN_STEPS: usize = 5;
/// Guidance of models that decode tokens.
const TOKEN_GUIDANCE: f64 = 1.5;

impl SampleOptions {
    /// Steps of models that decode tokens; at least 1.
    pub(crate) fn token_steps(&self) -> usize {
        self.steps.unwrap_or(TOKEN_STEPS).max(1)
    }

    /// Guidance of models that decode tokens.
    pub(crate) fn token_guidance(&self) -> f64 {
        self.guidance.unwrap_or(TOKEN_GUIDANCE)
    }
}

/// One request for motion.
pub struct SampleRequest<'a> {
    /// The recording; its frames decide the length.
    pub speech: &'a Speech,
    /// The portrait's pose: one frame, 133 points.
    pub reference: &'a KeypointTrack,
    /// The portrait's own latent motion, from the renderer that will draw ([`MotionModel::representation`] names it); `None` for
    /// models that make keypoints.
    pub latent: Option<ArrayView1<'a, f32>>,
    /// Motion to keep, if any: this is how long recordings go on and how edits leave the rest alone.
    pub known: Option<Known<'a>>,
    /// Whose style to take, one of [`MotionModel::speakers`]; `None` takes the model's default.
    pub speaker: Option<&'a str>,
    /// The take.
    pub options: SampleOptions,
}

/// Speech to motion.
pub trait MotionModel {
    /// The name users give on the command line.
    fn name(&self) -> &'static str;

    /// The representation of [`MotionModel::sample`]'s motion, as in [`Motion::representation`], known before any work.
    fn representation(&self) -> &str;

    /// Speakers whose style was learned.
    fn speakers(&self) -> &[String];

    /// Numbers a frame of what is said that [`MotionModel::sample`] wants in [`Speech::text`]; 0 wants none.
    fn text_features(&self) -> usize {
        0
    }

    /// When the left and the right hand are meant to stroke in [`MotionModel::sample`]'s motion for the same request, in seconds,
    /// in order; `None` for models that do not plan strokes.
    ///
    /// # Errors
    /// When the speaker is unknown.
    fn planned_strokes(&self, request: &SampleRequest<'_>) -> Result<Option<[Vec<f64>; 2]>> {
        let _ = request;
        Ok(None)
    }

    /// A person's motion as far as the model's own representation can hold it: nothing that the model makes is finer. `None`
    /// for models that have no representation of motion that is given.
    ///
    /// # Errors
    /// When no face is in view.
    fn represented(&self, track: &KeypointTrack) -> Result<Option<Motion>> {
        let _ = track;
        Ok(None)
    }

    /// Makes motion for the whole recording; `progress` hears (frames done, frames in all).
    ///
    /// # Errors
    /// When the reference pose cannot be used, the speaker is unknown, or the known motion does not fit the speech.
    fn sample(&self, request: &SampleRequest<'_>, progress: &mut dyn FnMut(usize, usize)) -> Result<Motion>;
}
