//! The trained model: network, statistics, and sampling over recordings of any length, window by window.

use super::config::SMOOTHING_ORDER;
use super::{
    Denoiser, DeviationConfig, DeviationStatistics, LATENT_NUMBERS, REPRESENTATION, Sampler, SamplingConfig,
    WINDOW_FRAMES, Window, led_on, seam_score,
};
use crate::contextual::{SPEECH_FEATURES, SPEECH_LEARNED, SPEECH_LOW_LEVEL, speech_features};
use crate::{Motion, MotionError, MotionModel, RestPose, Result, SampleRequest, to_streams};
use ndarray::{Array2, s};
use orator_body::smooth::SavitzkyGolay;
use orator_body::{KeypointTrack, LatentTrack};
use orator_media::FrameRate;
use orator_nn::{
    Checkpoint, NnError, Randomness, assign, from_array2, mix, parameters, to_array2, weight_file,
};
use std::collections::BTreeMap;
use std::path::Path;
use tch::nn::VarStore;
use tch::{Device, Tensor};

/// What the weight file says it is.
const KIND: &str = "deviation-motion";
/// The key of the weight file's text under which its representation stands.
const REPRESENTATION_KEY: &str = "representation";

/// The latent deviation system's motion half, ready to sample.
pub struct DeviationModel {
    config: DeviationConfig,
    statistics: DeviationStatistics,
    denoiser: Denoiser,
    store: VarStore,
    /// Of which renderer's weights its latent motion is.
    representation: String,
    metadata: BTreeMap<String, String>,
}

fn invalid(what: String, hint: &str) -> MotionError {
    MotionError::Request { what, hint: hint.into() }
}

impl DeviationModel {
    /// An untrained model on `device` for latent motion in `representation`: the name begins with [`REPRESENTATION`], and its end
    /// may tell whose numbers they are.
    #[must_use]
    pub fn new(
        config: DeviationConfig,
        statistics: DeviationStatistics,
        representation: impl Into<String>,
        device: Device,
    ) -> Self {
        let store = VarStore::new(device);
        let denoiser =
            Denoiser::new(&store.root(), statistics.numbers(), SPEECH_FEATURES as i64, &config.denoiser);
        let representation = representation.into();
        Self { config, statistics, denoiser, store, representation, metadata: BTreeMap::new() }
    }

    /// Reads a weight file written by [`DeviationModel::checkpoint`].
    ///
    /// # Errors
    /// When the file is damaged, is of another kind, or does not fit its own configuration.
    pub fn load(path: &Path, device: Device) -> Result<Self> {
        let checkpoint = Checkpoint::read(path)?;
        let mismatch = |what: String| NnError::Mismatch { what: format!("{}: {what}", path.display()) };
        let config: DeviationConfig =
            weight_file::config_of(&checkpoint, KIND).map_err(|error| error.in_file(path))?;
        config.check().map_err(|what| mismatch(format!("configuration: {what}")))?;
        let statistics = DeviationStatistics::from_tensors(&checkpoint.tensors, &config, device)?;
        let representation = checkpoint.metadata.get(REPRESENTATION_KEY).map(String::as_str);
        let representation =
            representation.filter(|name| name.starts_with(REPRESENTATION)).ok_or_else(|| {
                mismatch(format!("is motion in {representation:?} and not in {REPRESENTATION}"))
            })?;
        let mut model = Self::new(config, statistics, representation, device);
        assign(&model.store, &checkpoint.tensors, &format!("{DENOISER}."))?;
        model.metadata = checkpoint.metadata;
        Ok(model)
    }

    /// Everything as one weight file; `notes` (what it was trained on, for how long) go into the metadata.
    ///
    /// # Errors
    /// Never in practice: when the configuration cannot be written as JSON.
    pub fn checkpoint(&self, notes: &BTreeMap<String, String>) -> Result<Checkpoint> {
        let mut tensors: BTreeMap<String, Tensor> = self.statistics.tensors().into_iter().collect();
        tensors.extend(parameters(&self.store).into_iter().map(|(n, t)| (format!("{DENOISER}.{n}"), t)));
        let mut notes = notes.clone();
        notes.insert(REPRESENTATION_KEY.into(), self.representation.clone());
        Ok(weight_file::checkpoint_of(KIND, &self.config, tensors, &notes)?)
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &DeviationConfig {
        &self.config
    }

    /// Text that came with the weights: kind, configuration, what they were trained on.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// The statistics.
    #[must_use]
    pub fn statistics(&self) -> &DeviationStatistics {
        &self.statistics
    }

    /// The network.
    #[must_use]
    pub fn denoiser(&self) -> &Denoiser {
        &self.denoiser
    }

    /// Its variables.
    #[must_use]
    pub fn store(&self) -> &VarStore {
        &self.store
    }

    /// The keypoint streams of the portrait as numbers `[1, keypoint numbers]`: its pose as an offset from itself at rest, or rest
    /// where no face is in view; `None` where the network knows no keypoints.
    fn keypoint_source(&self, reference: &KeypointTrack) -> Option<Tensor> {
        let [face, body] = &self.statistics.keypoints.as_ref()?.streams;
        let streams = RestPose::of(reference).and_then(|rest| to_streams(reference, &rest));
        let (own_face, own_body) = streams.map_or_else(
            |_| (Array2::zeros((1, face.dimensions())), Array2::zeros((1, body.dimensions()))),
            |s| (s.face, s.body),
        );
        let numbers = [face.apply(&own_face), body.apply(&own_body)].map(|a| from_array2(&a));
        Some(Tensor::cat(&numbers, 1).narrow(0, 0, 1))
    }

    /// The checks of a request that need no work, but for the portrait's latent row.
    pub(super) fn check(&self, request: &SampleRequest<'_>) -> Result<()> {
        let speech = request.speech;
        if speech.frames == 0 {
            return Err(invalid("the recording is shorter than one frame".into(), "use a longer recording"));
        }
        if speech.learned.ncols() != SPEECH_LEARNED || speech.low_level.ncols() != SPEECH_LOW_LEVEL {
            return Err(invalid(
                format!(
                    "the model needs {SPEECH_LEARNED} learned and {SPEECH_LOW_LEVEL} low-level speech features a frame, not {} and {}",
                    speech.learned.ncols(),
                    speech.low_level.ncols()
                ),
                "use the speech encoder that the weights were trained with",
            ));
        }
        if speech.text.as_ref().is_some_and(|text| text.ncols() > 0) {
            return Err(invalid(
                "the weights want no features of the text, and the speech has some".into(),
                "leave the text model out",
            ));
        }
        if request.known.is_some() {
            return Err(invalid(
                "this model makes latent motion and cannot keep keypoints that are given".into(),
                "edit with a motion system of keypoints (contextual)",
            ));
        }
        if let Some(speaker) = request.speaker.filter(|name| !name.is_empty()) {
            return Err(invalid(
                format!("no speaker is called {speaker}"),
                "leave the speaker out: these weights know none by name",
            ));
        }
        if request.options.steps == Some(0) || request.options.guidance.is_some_and(|g| !g.is_finite()) {
            return Err(invalid(
                "motion needs at least one step and a guidance that is a number".into(),
                "leave both out for the usual ones",
            ));
        }
        Ok(())
    }

    /// The portrait's latent row `[1, 2307]`.
    fn row(&self, request: &SampleRequest<'_>) -> Result<Tensor> {
        let latent = request.latent.ok_or_else(|| {
            invalid(
                "the portrait's own latent motion is missing".into(),
                "draw with the renderer that these weights were trained with (deviation)",
            )
        })?;
        if latent.len() as i64 != LATENT_NUMBERS || latent.iter().any(|v| !v.is_finite()) {
            return Err(invalid(
                format!(
                    "the portrait's latent motion has {} numbers, not {LATENT_NUMBERS} finite ones",
                    latent.len()
                ),
                "draw with the renderer that these weights were trained with (deviation)",
            ));
        }
        Ok(Tensor::from_slice(&latent.to_vec()).view([1, LATENT_NUMBERS]).to_device(self.store.device()))
    }

    /// How a take is drawn: as the weights say where the request does not.
    fn sampling(&self, request: &SampleRequest<'_>) -> SamplingConfig {
        let own = &self.config.sampling;
        let options = &request.options;
        SamplingConfig {
            steps: options.steps.unwrap_or(own.steps),
            guidance: options.guidance.unwrap_or(own.guidance),
            ..own.clone()
        }
    }

    /// The diffusion's numbers of a whole take, `[frames, numbers]`: latent ones, then those of keypoints. Without a latent row of
    /// the portrait it is somebody average.
    ///
    /// # Errors
    /// As [`MotionModel::sample`].
    pub(super) fn numbers(
        &self,
        request: &SampleRequest<'_>,
        row: Option<&Tensor>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Tensor> {
        let frames = request.speech.frames;
        let windows = frames.div_ceil(WINDOW_FRAMES);
        // Behind the end of the recording the last window hears average speech and is cut off again.
        let mut features = Array2::zeros((windows * WINDOW_FRAMES, SPEECH_FEATURES));
        features
            .slice_mut(s![..frames, ..])
            .assign(&speech_features(request.speech, &self.statistics.speech));
        let device = self.store.device();
        let features = from_array2(&features).unsqueeze(0).to_device(device);

        let representation = &self.statistics.representation;
        let keypoints = self.keypoint_source(request.reference).map(|k| k.to_device(device));
        let joined = |latent: Tensor| match &keypoints {
            Some(keypoints) => Tensor::cat(&[&latent, keypoints], 1),
            None => latent,
        };
        let average = || representation.still().zeros_like();
        let mut source = joined(row.map_or_else(average, |row| representation.source_numbers(row)));
        let still =
            joined(row.map_or_else(|| representation.still(), |row| representation.numbers_of(row, row)));
        let importance = self.statistics.importance();
        let sampling = self.sampling(request);
        let candidates = sampling.candidates;
        let sampler = Sampler::new(&self.denoiser, &self.config, sampling);
        let prefix = self.config.denoiser.prefix as i64;
        let mut made: Vec<Tensor> = Vec::with_capacity(windows);
        progress(0, frames);
        for number in 0..windows {
            let speech = features.narrow(1, (number * WINDOW_FRAMES) as i64, WINDOW_FRAMES as i64);
            let before = made.last();
            let clean = match before {
                Some(before) => before.narrow(0, before.size()[0] - prefix, prefix).unsqueeze(0),
                None => still.unsqueeze(1).expand([1, prefix, -1], false),
            };
            if let (Some(before), Some(row), 0) = (before, row, prefix) {
                // Without a prefix a window goes on from its source frame, as published.
                let latent = before.narrow(1, 0, representation.numbers());
                let last = representation.rows_of(&latent.narrow(0, -1, 1), row);
                source = joined(representation.source_numbers(&last));
            }
            let window = Window { speech: &speech, source: &source, prefix: (prefix > 0).then_some(&clean) };
            let mut random = Randomness::new(mix(request.options.seed, number as u64));
            let count = if before.is_some() { candidates } else { 1 };
            let drawn = sampler.draw(&window, count, &mut random);
            let best = match before {
                Some(before) => (0..drawn.size()[0])
                    .map(|i| (i, seam_score(before, &drawn.get(i), &importance)))
                    .min_by(|a, b| a.1.total_cmp(&b.1))
                    .map_or(0, |(i, _)| i),
                None => 0,
            };
            let best = drawn.get(best);
            let led = match (made.last(), prefix) {
                (Some(before), _) => led_on(before, &best),
                // The portrait itself comes before the recording.
                (None, 1..) => led_on(&clean.squeeze_dim(0), &best),
                (None, _) => best,
            };
            made.push(led);
            progress(((number + 1) * WINDOW_FRAMES).min(frames), frames);
        }
        let whole = Tensor::cat(&made, 0).narrow(0, 0, frames as i64);
        smoothed(&whole, self.config.sampling.smoothing)
    }
}

/// Motion `[frames, numbers]` smoothed in windows of so many frames; as it is where they are 0.
fn smoothed(motion: &Tensor, window: usize) -> Result<Tensor> {
    if window == 0 {
        return Ok(motion.shallow_clone());
    }
    let filter = SavitzkyGolay::new(window, SMOOTHING_ORDER)?;
    let mut numbers = to_array2(motion)?;
    for mut column in numbers.columns_mut() {
        let series: Vec<f64> = column.iter().map(|&v| f64::from(v)).collect();
        column.iter_mut().zip(filter.apply(&series)).for_each(|(v, smooth)| *v = smooth as f32);
    }
    Ok(from_array2(&numbers).to_device(motion.device()))
}

/// Before the names of the network's variables in the weight file.
const DENOISER: &str = "denoiser";

impl MotionModel for DeviationModel {
    fn name(&self) -> &'static str {
        "deviation"
    }

    fn representation(&self) -> &str {
        &self.representation
    }

    fn speakers(&self) -> &[String] {
        &[]
    }

    fn sample(&self, request: &SampleRequest<'_>, progress: &mut dyn FnMut(usize, usize)) -> Result<Motion> {
        self.check(request)?;
        let row = self.row(request)?;
        tch::no_grad(|| {
            let numbers = self.numbers(request, Some(&row), progress)?;
            let representation = &self.statistics.representation;
            let latent = numbers.narrow(1, 0, representation.numbers());
            let rows = to_array2(&representation.rows_of(&latent, &row))?;
            Ok(Motion::Latent(LatentTrack::new(self.representation.clone(), FrameRate::MOTION, rows)?))
        })
    }
}
