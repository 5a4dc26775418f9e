//! The motion stage from start to weights.

use super::config::DeviationMotionConfig;
use super::latent_store::{Features, rows_of};
use super::learning::MotionLearner;
use super::windows::{LatentClip, Windows, latent_clips, rows_to_fit};
use crate::clips::Clips;
use crate::prepare::prepare_each;
use crate::run_folder::{Sitting, StageRun};
use crate::training_loop::{draw_curves, refuse_begun, run_steps};
use crate::{Event, Result, Split};
use orator_motion::contextual::ContextualConfig;
use orator_motion::deviation::{DeviationModel, DeviationStatistics, KeypointStatistics, Representation};
use orator_nn::{Checkpoint, Precision, Randomness, mix};
use std::collections::BTreeMap;
use std::path::Path;
use tch::Device;

/// The stage's name on the command line and in the run folder.
pub const STAGE: &str = "motion";
/// Most rows that the representation is fitted to: what more add is not worth their memory.
const MOST_ROWS: usize = 40_000;
/// Mixed into the seed for the sources that the representation is fitted with.
const FITTING_SEED: u64 = 0x4649_5421;
/// The file in the stage's folder that keeps the fitted representation.
const REPRESENTATION_FILE: &str = "representation.safetensors";

/// Trains into the run folder `run` on the latent motion that `features` reads from the clips' pictures; returns when the weights
/// are written, or when the sitting's time is up. Train in a process of its own: libtorch has one random generator.
///
/// # Errors
/// When the corpus cannot be read, has no clip with pictures and speech, the folder cannot be written, or the loss diverges.
pub fn train(
    config: &DeviationMotionConfig,
    features: &Features<'_>,
    corpus: &Path,
    run: &Path,
    sitting: impl Into<Sitting>,
    device: Device,
    tell: &mut dyn FnMut(Event),
) -> Result<()> {
    let sitting = sitting.into();
    refuse_begun(run, STAGE, sitting.resume)?;
    let prepared_folder = run.join("prepared");
    let (mut prepared, mut rows) = (Vec::new(), Vec::new());
    prepare_each(&config.clips, corpus, &prepared_folder, tell, &mut |clip, pictures| {
        rows.push(rows_of(&clip, &pictures, features, config.side, &prepared_folder)?);
        prepared.push(clip);
        Ok(())
    })?;
    let mut clips = Clips::new(prepared, &config.clips, &ContextualConfig::default(), None)?;
    for (clip, why) in &clips.left_out {
        tell(Event::LeftOut { clip: clip.clone(), why: (*why).to_owned() });
    }
    clips.adapt_speech();
    let latent = latent_clips(&clips, &rows);
    drop(rows);
    let mut folder = StageRun::open(run, STAGE, config.motion.steps, sitting, tell)?;
    let representation = fitted(config, &latent, &folder.file(REPRESENTATION_FILE))?;
    let statistics = DeviationStatistics {
        representation,
        speech: clips.statistics.speech.clone(),
        keypoints: config.networks.keypoints.then(|| KeypointStatistics {
            streams: clips.statistics.motion.clone(),
            hands: clips.statistics.hands,
        }),
    };
    // Windows are made where clips lie; the model computes on the device.
    let mut own = statistics.clone();
    own.representation = own.representation.to_device(device);
    tch::manual_seed(mix(config.seed, 0) as i64);
    let model = DeviationModel::new(config.networks.clone(), own, features.representation.as_str(), device);
    let training: Vec<usize> =
        latent.iter().filter(|c| c.clip.split == Split::Train).map(LatentClip::frames).collect();
    let windows = Windows::new(latent, &statistics, config.networks.denoiser.prefix, device)?;
    let learner = MotionLearner::new(&model, config, windows, device);
    if !run_steps(&learner, model.store(), &config.motion, config.seed, &mut folder)? {
        return Ok(());
    }
    draw_curves(&mut folder)?;
    let text = |value: &str| value.to_string();
    let notes = BTreeMap::from([
        (text("name"), config.name.clone()),
        (text("orator"), text(env!("CARGO_PKG_VERSION"))),
        (
            text("trained-on"),
            format!("{} clips, {} frames at 25 fps", training.len(), training.iter().sum::<usize>()),
        ),
        (text("seed"), config.seed.to_string()),
        (text("steps"), format!("{STAGE} {}", config.motion.steps)),
        (text("features"), stem(&config.features)),
    ]);
    let path = run.join(format!("{}.safetensors", config.name));
    model.checkpoint(&notes)?.write(&path, Precision::Half)?;
    folder.wrote(&path);
    Ok(())
}

/// The representation of this run: as it was kept at `path`, or fitted now.
fn fitted(config: &DeviationMotionConfig, clips: &[LatentClip<'_>], path: &Path) -> Result<Representation> {
    let settings = &config.networks.representation;
    if path.is_file() {
        let kept = Checkpoint::read(path)?;
        return Ok(Representation::from_tensors(&kept.tensors, settings, Device::Cpu)?);
    }
    let mut random = Randomness::new(mix(config.seed, FITTING_SEED));
    let (rows, sources) = rows_to_fit(clips, MOST_ROWS, &mut random)?;
    let made = Representation::fit(&rows, &sources, settings)?;
    let tensors = made.tensors().into_iter().collect();
    Checkpoint { metadata: BTreeMap::new(), tensors }.write(path, Precision::Full)?;
    Ok(made)
}

/// The name of the features' weights without the folder they lie in, which is nobody's business.
fn stem(features: &str) -> String {
    Path::new(features)
        .file_stem()
        .map_or_else(|| features.to_owned(), |stem| stem.to_string_lossy().into_owned())
}
