//! Stage 1 from start to weights.

use super::config::{FeaturesTrainConfig, StartFrom};
use super::judges::RegionLoss;
use super::learner::{FeaturesLearner, StageJudges};
use super::point_probe::PointProbe;
use crate::picture::{FrameClip, Judges, Validation, load_frames};
use crate::run_folder::{Sitting, StageRun};
use crate::training_loop::{draw_curves, refuse_begun, run_steps};
use crate::{Event, Result, Split, TrainError};
use orator_nn::{Checkpoint, Precision, mix, parameters};
use orator_render::contextual::drawing_kind;
use orator_render::deviation::{DeviationNetworks, deviation_checkpoint, deviation_networks};
use orator_render::{Discriminator, DiscriminatorConfig};
use std::collections::BTreeMap;
use std::path::Path;
use tch::Device;
use tch::nn::VarStore;

/// The stage's name in the run folder and on the command line.
pub const STAGE: &str = "features";
/// Name of the discriminator among the variables: it learns with the networks and stays out of the finished weights.
const DISCRIMINATOR: &str = "discriminator";
/// Likewise of the probe.
const PROBE: &str = "probe";

/// Trains stage 1 into the run folder `run`; returns when its weights are written, or when the sitting's time is up. Train in a
/// process of its own: libtorch has one random generator.
///
/// # Errors
/// When the corpus is missing, the folder cannot be written, or the loss diverges.
pub fn train(
    config: &FeaturesTrainConfig,
    corpus: &Path,
    run: &Path,
    sitting: impl Into<Sitting>,
    device: Device,
    tell: &mut dyn FnMut(Event),
) -> Result<()> {
    let sitting = sitting.into();
    let begun = refuse_begun(run, STAGE, sitting.resume)?;
    let form = (config.side, config.every);
    let clips = load_frames(&config.clips, form, corpus, &run.join("prepared"), tell)?;
    tch::manual_seed(mix(config.seed, 0) as i64);
    let store = VarStore::new(device);
    let kind = drawing_kind(device);
    let networks = DeviationNetworks::new(&store.root(), &config.networks).computing_in(kind);
    if let (Some(start), false) = (&config.start_from, begun) {
        begin_from(start, &store)?;
    }
    let losses = &config.losses;
    let wanted = (losses.perceptual > 0.0, losses.part_perceptual > 0.0);
    let discriminator = (losses.adversarial > 0.0).then(|| {
        let shape = DiscriminatorConfig::published(losses.discriminator_width);
        Discriminator::new(&(store.root() / DISCRIMINATOR), shape)
    });
    let judges = StageJudges {
        pictures: Judges::load(&losses.features, wanted, kind, device)?,
        regions: losses
            .judges_regions()
            .then(|| RegionLoss::load(losses.regions.clone(), kind, device))
            .transpose()?,
        discriminator,
        probe: (losses.point_probe > 0.0).then(|| PointProbe::new(&(store.root() / PROBE))),
    };
    let mut folder = StageRun::open(run, STAGE, config.features.steps, sitting, tell)?;
    let validation = Validation::new(&clips, losses.emphasis(), run.join(STAGE), device);
    let finished = {
        let learner = FeaturesLearner::new(&networks, &clips, config, judges, validation, kind, device)?;
        run_steps(&learner, &store, &config.features, config.seed, &mut folder)?
    };
    if !finished {
        return Ok(());
    }
    draw_curves(&mut folder)?;
    let path = run.join(format!("{}.safetensors", config.name));
    let mut checkpoint = deviation_checkpoint(&config.networks, &store, &notes(config, &clips))?;
    let helps = [DISCRIMINATOR, PROBE].map(|name| format!("{name}."));
    checkpoint.tensors.retain(|name, _| !helps.iter().any(|help| name.starts_with(help)));
    checkpoint.write(&path, Precision::Half)?;
    folder.wrote(&path);
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
        ("steps".to_string(), format!("{STAGE} {}", config.features.steps)),
    ])
}
