//! Stage 1 from start to weights.

use super::config::{FeaturesTrainConfig, StartFrom};
use super::judges::RegionLoss;
use super::learner::{FeaturesLearner, StageJudges};
use super::point_probe::PointProbe;
use super::pose_learner::PoseLearner;
use crate::picture::{FrameClip, Judges, Validation, load_frames};
use crate::run_folder::{Sitting, StageRun};
use crate::training_loop::{draw_curves, refuse_begun, run_steps};
use crate::{Event, Result, Split, TrainError};
use orator_nn::{Checkpoint, Precision, mix, parameters};
use orator_render::contextual::drawing_kind;
use orator_render::deviation::{DeviationNetworks, deviation_checkpoint, deviation_networks};
use orator_render::{Discriminator, DiscriminatorConfig};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tch::nn::VarStore;
use tch::{Device, Kind};

/// The stages of stage 1; the second needs the weights of the first where the configuration has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The pose estimator and transformation by themselves.
    Pose,
    /// All networks together.
    Features,
}

impl Stage {
    /// The name in the run folder and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pose => "pose",
            Self::Features => "features",
        }
    }
}

/// Name of the discriminator among the variables: it learns with the networks and stays out of the finished weights.
const DISCRIMINATOR: &str = "discriminator";
/// Likewise of the probe.
const PROBE: &str = "probe";

/// Trains one stage into the run folder `run`; returns when its weights are written, or when the sitting's time is up. Train in a
/// process of its own: libtorch has one random generator.
///
/// # Errors
/// When the corpus or the earlier stage's weights are missing, the folder cannot be written, or the loss diverges.
pub fn train(
    stage: Stage,
    config: &FeaturesTrainConfig,
    corpus: &Path,
    run: &Path,
    sitting: impl Into<Sitting>,
    device: Device,
    tell: &mut dyn FnMut(Event),
) -> Result<()> {
    let sitting = sitting.into();
    let settings = match (stage, &config.pose) {
        (Stage::Features, _) => &config.features,
        (Stage::Pose, Some(pose)) => pose,
        (Stage::Pose, None) => {
            return Err(TrainError::Corpus {
                what: "the configuration has no `pose`: there is nothing to train before the features".into(),
                hint: "train the features".into(),
            });
        }
    };
    let begun = refuse_begun(run, stage.name(), sitting.resume)?;
    let form = (config.side, config.every);
    let clips = load_frames(&config.clips, form, corpus, &run.join("prepared"), tell)?;
    tch::manual_seed(mix(config.seed, stage as u64) as i64);
    let store = VarStore::new(device);
    let kind = drawing_kind(device);
    let networks = DeviationNetworks::new(&store.root(), &config.networks).training_in(kind);
    if !begun {
        begin(stage, config, run, &store)?;
    }
    let losses = &config.losses;
    let probe =
        (stage == Stage::Pose || losses.point_probe > 0.0).then(|| PointProbe::new(&(store.root() / PROBE)));
    let finished = match (stage, probe) {
        (Stage::Pose, Some(probe)) => {
            let learns = ["pose", "transformation", PROBE];
            freeze(&store, |part| learns.contains(&part) && !config.rest.iter().any(|rest| rest == part));
            let mut folder = StageRun::open(run, stage.name(), settings.steps, sitting, tell)?;
            let learner = PoseLearner::new(&networks, &probe, &clips, (config, settings), device)?;
            run_steps(&learner, &store, settings, config.seed, &mut folder)?.then_some(folder)
        }
        (_, probe) => {
            let judges = judges(config, probe, &store, kind, device)?;
            freeze(&store, |part| !config.rest.iter().any(|rest| rest == part));
            let mut folder = StageRun::open(run, stage.name(), settings.steps, sitting, tell)?;
            let validation = Validation::new(&clips, losses.emphasis(), run.join(stage.name()), device);
            let learner = FeaturesLearner::new(&networks, &clips, config, judges, validation, kind, device)?;
            run_steps(&learner, &store, settings, config.seed, &mut folder)?.then_some(folder)
        }
    };
    let Some(mut folder) = finished else { return Ok(()) };
    draw_curves(&mut folder)?;
    let (path, precision) = match stage {
        Stage::Pose => (pose_file(run), Precision::Full),
        Stage::Features => (run.join(format!("{}.safetensors", config.name)), Precision::Half),
    };
    let mut checkpoint = deviation_checkpoint(&config.networks, &store, &notes(config, &clips))?;
    let helps = [DISCRIMINATOR, PROBE].map(|name| format!("{name}."));
    checkpoint.tensors.retain(|name, _| !helps.iter().any(|help| name.starts_with(help)));
    checkpoint.write(&path, precision)?;
    folder.wrote(&path);
    Ok(())
}

fn pose_file(run: &Path) -> PathBuf {
    run.join(format!("{}.safetensors", Stage::Pose.name()))
}

/// What judges pictures, by the weights of the losses.
fn judges(
    config: &FeaturesTrainConfig,
    probe: Option<PointProbe>,
    store: &VarStore,
    kind: Kind,
    device: Device,
) -> Result<StageJudges> {
    let losses = &config.losses;
    let wanted = (losses.perceptual > 0.0, losses.part_perceptual > 0.0);
    Ok(StageJudges {
        pictures: Judges::load(&losses.features, wanted, kind, device)?,
        regions: losses
            .judges_regions()
            .then(|| RegionLoss::load(losses.regions.clone(), kind, device))
            .transpose()?,
        discriminator: (losses.adversarial > 0.0).then(|| {
            let shape = DiscriminatorConfig::published(losses.discriminator_width);
            Discriminator::new(&(store.root() / DISCRIMINATOR), shape)
        }),
        probe,
    })
}

/// Variables of networks that do not learn ask for no gradients.
fn freeze(store: &VarStore, learns: impl Fn(&str) -> bool) {
    for (name, variable) in parameters(store) {
        if !learns(name.split('.').next().unwrap_or_default()) {
            let _ = variable.set_requires_grad(false);
        }
    }
}

/// The weights that a stage begins with: the configuration's, and the pose estimator that was trained by itself.
fn begin(stage: Stage, config: &FeaturesTrainConfig, run: &Path, store: &VarStore) -> Result<()> {
    if let Some(start) = &config.start_from {
        begin_from(start, store)?;
    }
    if stage == Stage::Features && config.pose.is_some() {
        let weights = pose_file(run);
        if !weights.is_file() {
            return Err(TrainError::Corpus {
                what: format!("{} is missing", weights.display()),
                hint: "train the pose first, into the same run folder".into(),
            });
        }
        begin_from(&StartFrom { weights, parts: vec!["pose".into(), "transformation".into()] }, store)?;
    }
    Ok(())
}

/// Copies what the weight file has of the same name and shape.
fn begin_from(start: &StartFrom, store: &VarStore) -> Result<()> {
    let (given, _) = deviation_networks(&Checkpoint::read(&start.weights)?, Device::Cpu)?;
    let given = parameters(&given);
    let mut taken = 0;
    for (name, mut variable) in parameters(store) {
        let part = name.split('.').next().unwrap_or_default();
        let wanted = start.parts.is_empty() || start.parts.iter().any(|wanted| wanted == part);
        if let Some(tensor) = given.get(&name).filter(|tensor| wanted && tensor.size() == variable.size()) {
            tch::no_grad(|| variable.copy_(tensor));
            taken += 1;
        }
    }
    if taken == 0 {
        return Err(TrainError::Corpus {
            what: format!("nothing of {} fits these networks", start.weights.display()),
            hint: "parts are encoder, enhancer, pose, transformation and decoder; widths must be the same"
                .into(),
        });
    }
    Ok(())
}

fn notes(config: &FeaturesTrainConfig, clips: &[FrameClip]) -> BTreeMap<String, String> {
    let training: Vec<_> = clips.iter().filter(|c| c.split == Split::Train).collect();
    let frames: usize = training.iter().map(|c| c.frames()).sum();
    BTreeMap::from([
        ("name".to_string(), config.name.clone()),
        ("orator".to_string(), env!("CARGO_PKG_VERSION").to_string()),
        (
            "trained-on".to_string(),
            format!("{} clips, {frames} frames of {} pixels", training.len(), config.side),
        ),
        ("seed".to_string(), config.seed.to_string()),
        (
            "steps".to_string(),
            format!(
                "pose {}, features {}",
                config.pose.as_ref().map_or(0, |pose| pose.steps),
                config.features.steps
            ),
        ),
    ])
}
