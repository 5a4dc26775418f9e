//! What the stages hand on: the first its own networks, the last everything in one file that the renderer reads.

use super::config::PictureTrainConfig;
use super::frame_store::FrameClip;
use super::stages::Stage;
use crate::{Result, Split, TrainError};
use orator_nn::{Checkpoint, Precision, assign, parameters};
use orator_render::contextual::{PictureConfig, picture_checkpoint};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tch::Tensor;
use tch::nn::VarStore;

/// Name of the discriminator among the variables of the refinement: it learns with it and stays out of the finished weights.
pub(super) const DISCRIMINATOR: &str = "discriminator";

fn file_of(run: &Path, stage: Stage) -> PathBuf {
    run.join(format!("{}.safetensors", stage.name()))
}

/// The variables whose names begin with the stage's.
fn of_stage(store: &VarStore, stage: Stage) -> BTreeMap<String, Tensor> {
    let prefix = format!("{}.", stage.name());
    parameters(store).into_iter().filter(|(name, _)| name.starts_with(&prefix)).collect()
}

/// Only what `stage` learns asks for gradients.
pub(super) fn freeze_others(store: &VarStore, stage: Stage) {
    let own = of_stage(store, stage);
    for (name, variable) in parameters(store) {
        if !own.contains_key(&name) {
            let _ = variable.set_requires_grad(false);
        }
    }
}

/// Reads what the motion-field stage left, which refinement builds on.
pub(super) fn read_field(run: &Path, config: &PictureTrainConfig, store: &VarStore) -> Result<()> {
    let path = file_of(run, Stage::MotionField);
    let lacking = |what: String, hint: &str| TrainError::Corpus { what, hint: hint.into() };
    if !path.is_file() {
        return Err(lacking(
            format!("{} is missing", path.display()),
            "train the motion-field first, into the same run folder",
        ));
    }
    let checkpoint = Checkpoint::read(&path)?;
    let own = checkpoint.metadata.get("networks").and_then(|t| serde_json::from_str::<PictureConfig>(t).ok());
    // Another refinement on the same field is what the paper's ablation compares.
    let field = own.map(|own| (own.motion, own.generator, own.warping, own.background_motion));
    let n = &config.networks;
    let wanted = (n.motion.clone(), n.generator.clone(), n.warping, n.background_motion);
    if field != Some(wanted) {
        return Err(lacking(
            format!("{} was trained with other network settings", path.display()),
            "use the configuration of that run, or start another run folder",
        ));
    }
    let mut tensors: BTreeMap<String, Tensor> = checkpoint.tensors;
    for (name, variable) in parameters(store) {
        tensors.entry(name).or_insert(variable);
    }
    Ok(assign(store, &tensors, "")?)
}

/// Writes the stage's weights; with `whole` also everything in one file. Returns the files.
pub(super) fn write(
    stage: Stage,
    run: &Path,
    config: &PictureTrainConfig,
    clips: &[FrameClip],
    store: &VarStore,
    whole: bool,
) -> Result<Vec<PathBuf>> {
    let metadata = BTreeMap::from([
        ("kind".to_string(), format!("contextual-picture-{}", stage.name())),
        ("networks".to_string(), serde_json::to_string(&config.networks).unwrap_or_default()),
    ]);
    let path = file_of(run, stage);
    Checkpoint { metadata, tensors: of_stage(store, stage) }.write(&path, Precision::Full)?;
    let mut written = vec![path];
    if whole {
        let training: Vec<_> = clips.iter().filter(|c| c.split == Split::Train).collect();
        let frames: usize = training.iter().map(|c| c.frames()).sum();
        let notes = BTreeMap::from([
            ("name".to_string(), config.name.clone()),
            ("orator".to_string(), env!("CARGO_PKG_VERSION").to_string()),
            (
                "trained-on".to_string(),
                format!("{} clips, {frames} frames of {} pixels", training.len(), config.side),
            ),
            ("seed".to_string(), config.seed.to_string()),
            (
                "steps".to_string(),
                format!("motion-field {}, refine {}", config.motion_field.steps, config.refine.steps),
            ),
        ]);
        let mut checkpoint = picture_checkpoint(&config.networks, store, &notes)?;
        let judge = format!("{}.{DISCRIMINATOR}.", Stage::Refine.name());
        checkpoint.tensors.retain(|name, _| !name.starts_with(&judge));
        let path = run.join(format!("{}.safetensors", config.name));
        checkpoint.write(&path, Precision::Half)?;
        written.push(path);
    }
    Ok(written)
}
