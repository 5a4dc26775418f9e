//! The second target of a latent model as motion of keypoints: what the model says the body does, without a renderer. For measuring
//! when and how it gestures, as other models are measured.

use super::DeviationModel;
use crate::{Motion, MotionError, MotionModel, RestPose, Result, SampleRequest, to_keypoints};
use ndarray::{Array2, s};
use orator_body::smooth::SmoothingConfig;
use orator_nn::to_array2;

/// What is drawn from noise jitters a little from frame to frame; hands and lips must stay quick.
const SMOOTHING: SmoothingConfig =
    SmoothingConfig { order: 2, window: 7, outer_lips_window: 5, inner_lips_window: 3, threshold: 0.0 };

/// A latent model of which the keypoint numbers are taken. The portrait's latent row is not asked for: somebody average moves.
pub struct KeypointHead {
    model: DeviationModel,
}

impl KeypointHead {
    /// # Errors
    /// [`MotionError::Request`] when the model was trained without keypoints, or goes on from latent rows alone.
    pub fn new(model: DeviationModel) -> Result<Self> {
        if model.statistics().keypoints.is_none() || model.config().denoiser.prefix == 0 {
            return Err(MotionError::Request {
                what: "these weights make latent motion alone".into(),
                hint: "use weights that were trained with networks.keypoints and a prefix".into(),
            });
        }
        Ok(Self { model })
    }
}

impl MotionModel for KeypointHead {
    fn name(&self) -> &'static str {
        "deviation-keypoints"
    }

    fn representation(&self) -> &str {
        orator_body::KEYPOINTS
    }

    fn speakers(&self) -> &[String] {
        self.model.speakers()
    }

    fn sample(&self, request: &SampleRequest<'_>, progress: &mut dyn FnMut(usize, usize)) -> Result<Motion> {
        self.model.check(request)?;
        let statistics = self.model.statistics();
        let Some(keypoints) = &statistics.keypoints else {
            return Err(orator_body::BodyError::Representation {
                wanted: orator_body::KEYPOINTS.into(),
                found: self.model.representation().into(),
            }
            .into());
        };
        let numbers = tch::no_grad(|| self.model.numbers(request, None, progress))?;
        let latent = statistics.representation.numbers();
        let all = to_array2(&numbers.narrow(1, latent, statistics.keypoint_numbers()))?;
        let [face, body] = &keypoints.streams;
        let part = |from: usize, to: usize| -> Array2<f32> { all.slice(s![.., from..to]).to_owned() };
        let edge = face.dimensions();
        let (own_face, own_body) =
            (face.undo(&part(0, edge)), body.undo(&part(edge, edge + body.dimensions())));
        let rest = RestPose::of(request.reference)?;
        let track = to_keypoints(&own_face, &own_body, &rest, request.reference, &keypoints.hands)?;
        Ok(Motion::Keypoints(track.smoothed(&SMOOTHING)?))
    }
}
