//! What the stages hand on: each stage's weight file holds its own networks and the statistics; the last joins all.

use super::stages::Stage;
use crate::clips::Clips;
use crate::{Result, Split, TrainConfig, TrainError};
use orator_motion::contextual::{ContextualModel, Networks, STAGES, Statistics};
use orator_nn::{Checkpoint, Precision, assign, parameters};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const ORDER: [Stage; 3] = [Stage::Tokenizer, Stage::Generator, Stage::Residual];

fn file_of(run: &Path, stage: Stage) -> PathBuf {
    run.join(format!("{}.safetensors", stage.name()))
}

/// Reads the weights of the stages before `stage` into `networks`; returns their statistics, if there is any.
pub(super) fn read_earlier(
    stage: Stage,
    run: &Path,
    config: &TrainConfig,
    networks: &Networks,
) -> Result<Option<Statistics>> {
    let wanted = serde_json::to_string(&config.networks).unwrap_or_default();
    let mut statistics = None;
    for earlier in ORDER.into_iter().take(stage as usize) {
        let path = file_of(run, earlier);
        if !path.is_file() {
            return Err(TrainError::Corpus {
                what: format!("{} is missing", path.display()),
                hint: format!("train the {} first, into the same run folder", earlier.name()),
            });
        }
        let checkpoint = Checkpoint::read(&path)?;
        if checkpoint.metadata.get("networks") != Some(&wanted) {
            return Err(TrainError::Corpus {
                what: format!("{} was trained with other network settings", path.display()),
                hint: "use the configuration of that run, or start another run folder".into(),
            });
        }
        assign(&networks.stores[earlier as usize], &checkpoint.tensors, "")?;
        statistics = Some(Statistics::from_tensors(&checkpoint.tensors)?);
    }
    Ok(statistics)
}

/// Writes the stage's weights, and after the last stage everything in one file; returns the files.
pub(super) fn write(
    stage: Stage,
    run: &Path,
    config: &TrainConfig,
    clips: &Clips,
    networks: Networks,
) -> Result<Vec<PathBuf>> {
    let mut tensors: BTreeMap<_, _> = parameters(&networks.stores[stage as usize]);
    tensors.extend(clips.statistics.tensors());
    let metadata = BTreeMap::from([
        ("kind".to_string(), format!("contextual-motion-{}", stage.name())),
        ("networks".to_string(), serde_json::to_string(&config.networks).unwrap_or_default()),
    ]);
    let path = file_of(run, stage);
    Checkpoint { metadata, tensors }.write(&path, Precision::Full)?;
    let mut written = vec![path];
    if stage == Stage::Residual {
        let training: Vec<_> = clips.clips.iter().filter(|c| c.split == Split::Train).collect();
        let frames: usize = training.iter().map(|c| c.streams.face.nrows()).sum();
        let notes = BTreeMap::from([
            ("name".to_string(), config.name.clone()),
            ("orator".to_string(), env!("CARGO_PKG_VERSION").to_string()),
            ("trained-on".to_string(), format!("{} clips, {frames} frames at 25 fps", training.len())),
            ("seed".to_string(), config.seed.to_string()),
            (
                "steps".to_string(),
                STAGES
                    .iter()
                    .zip([&config.tokenizer, &config.generator, &config.residual])
                    .map(|(name, s)| format!("{name} {}", s.steps))
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        ]);
        let model = ContextualModel::new(config.networks.clone(), clips.statistics.clone(), networks);
        let path = run.join(format!("{}.safetensors", config.name));
        model.checkpoint(&notes)?.write(&path, Precision::Half)?;
        written.push(path);
    }
    Ok(written)
}
