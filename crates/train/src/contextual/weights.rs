//! What the stages hand on: each stage's weight file holds its own networks and the statistics; the last joins all.

use super::stages::Stage;
use crate::clips::Clips;
use crate::{Result, Split, TrainConfig, TrainError};
use orator_motion::contextual::{ContextualConfig, ContextualModel, Networks, SPEECH_SILENCE, Statistics};
use orator_nn::{Checkpoint, Precision, assign, parameters};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tch::nn::VarStore;

fn file_of(run: &Path, stage: Stage) -> PathBuf {
    run.join(format!("{}.safetensors", stage.name()))
}

/// The variables of a stage.
pub(super) fn store(stage: Stage, networks: &Networks) -> Result<&VarStore> {
    match stage {
        Stage::Tokenizer | Stage::Generator | Stage::Residual => Ok(&networks.stores[stage as usize]),
        Stage::Alignment => {
            networks.alignment.as_ref().map(|alignment| &alignment.store).ok_or_else(|| TrainError::Corpus {
                what: "the configuration has no alignment encoders".into(),
                hint: "add networks.alignment, or leave this stage out".into(),
            })
        }
        Stage::Strokes => {
            networks.strokes.as_ref().map(|strokes| &strokes.store).ok_or_else(|| TrainError::Corpus {
                what: "the configuration has nothing that foretells strokes".into(),
                hint: "add networks.strokes, or leave this stage out".into(),
            })
        }
    }
}

/// The settings that `stage` depends on: encoders and tokenizers know nothing of strokes.
fn settings_of(stage: Stage, networks: &ContextualConfig) -> ContextualConfig {
    let mut settings = networks.clone();
    if matches!(stage, Stage::Alignment | Stage::Tokenizer) {
        settings.strokes = None;
    }
    settings
}

fn read(path: &Path, stage: Stage, config: &TrainConfig) -> Result<Checkpoint> {
    let checkpoint = Checkpoint::read(path)?;
    // Compared as settings and not as text: files of earlier versions do not know of newer settings.
    let own =
        checkpoint.metadata.get("networks").and_then(|t| serde_json::from_str::<ContextualConfig>(t).ok());
    if own.map(|own| settings_of(stage, &own)) != Some(settings_of(stage, &config.networks)) {
        return Err(TrainError::Corpus {
            what: format!("{} was trained with other network settings", path.display()),
            hint: "use the configuration of that run, or start another run folder".into(),
        });
    }
    Ok(checkpoint)
}

/// Reads the weights of the stages that `stage` needs into `networks`; returns the statistics of the run, if it has any yet.
pub(super) fn read_earlier(
    stage: Stage,
    run: &Path,
    config: &TrainConfig,
    networks: &Networks,
) -> Result<Option<Statistics>> {
    let mut statistics = None;
    for earlier in stage.needs(&config.networks) {
        let path = file_of(run, earlier);
        if !path.is_file() {
            return Err(TrainError::Corpus {
                what: format!("{} is missing", path.display()),
                hint: format!("train the {} first, into the same run folder", earlier.name()),
            });
        }
        let checkpoint = read(&path, earlier, config)?;
        assign(store(earlier, networks)?, &checkpoint.tensors, "")?;
        statistics = Some(Statistics::from_tensors(&checkpoint.tensors, &config.networks)?);
    }
    // Stages that do not need each other still speak of the same numbers.
    for other in [Stage::Alignment, Stage::Tokenizer] {
        let path = file_of(run, other);
        if statistics.is_none() && other != stage && path.is_file() {
            statistics =
                Some(Statistics::from_tensors(&read(&path, other, config)?.tensors, &config.networks)?);
        }
    }
    Ok(statistics)
}

/// Lets a stage begin with the values that a finished weight file has under the same names and in the same shapes; what the file
/// lacks begins fresh.
///
/// # Errors
/// When the file cannot be read, or has nothing for the stage.
pub(super) fn begin_with(path: &Path, stage: Stage, networks: &Networks) -> Result<()> {
    let checkpoint = Checkpoint::read(path)?;
    let mut begun = 0;
    tch::no_grad(|| {
        for (name, variable) in parameters(store(stage, networks)?) {
            let known = checkpoint.tensors.get(&format!("{}.{name}", stage.name()));
            if let Some(known) = known.filter(|t| t.size() == variable.size()) {
                variable.shallow_clone().copy_(known);
                begun += 1;
            }
        }
        if begun == 0 {
            return Err(TrainError::Corpus {
                what: format!("{} holds nothing that the {} could begin with", path.display(), stage.name()),
                hint: "name finished weights of the same sizes, or leave out `begin`".into(),
            });
        }
        Ok(())
    })
}

/// Lets the speech encoders of a generator begin as the alignment stage left its own (METHODS 2.3).
pub(super) fn begin_aligned(stage: Stage, networks: &Networks) -> Result<()> {
    let aligned = parameters(store(Stage::Alignment, networks)?);
    let mut begun = 0;
    tch::no_grad(|| {
        for (name, variable) in parameters(store(stage, networks)?) {
            let speech = ["face.speech.", "body.speech."].iter().any(|p| name.starts_with(p));
            if !speech || name.ends_with(SPEECH_SILENCE) {
                continue;
            }
            let from = aligned.get(&name).filter(|t| t.size() == variable.size());
            let from = from.ok_or_else(|| TrainError::Corpus {
                what: format!("the alignment encoders have no {name} of this shape"),
                hint: "give both the same width, heads, hidden and layers".into(),
            })?;
            variable.shallow_clone().copy_(from);
            begun += 1;
        }
        if begun == 0 {
            return Err(TrainError::Corpus {
                what: "the generator has no speech encoders to begin with".into(),
                hint: "this is a fault of the training program, please report it".into(),
            });
        }
        Ok(())
    })
}

/// Writes the stage's weights, and after the last stage everything in one file; returns the files.
pub(super) fn write(
    stage: Stage,
    run: &Path,
    config: &TrainConfig,
    clips: &Clips,
    networks: Networks,
) -> Result<Vec<PathBuf>> {
    let mut tensors: BTreeMap<_, _> = parameters(store(stage, &networks)?);
    tensors.extend(clips.statistics.tensors());
    let metadata = BTreeMap::from([
        ("kind".to_string(), format!("contextual-motion-{}", stage.name())),
        ("networks".to_string(), serde_json::to_string(&config.networks).unwrap_or_default()),
    ]);
    let path = file_of(run, stage);
    Checkpoint { metadata, tensors }.write(&path, Precision::Full)?;
    let mut written = vec![path];
    if stage == Stage::last(&config.networks) {
        let training: Vec<_> = clips.clips.iter().filter(|c| c.split == Split::Train).collect();
        let frames: usize = training.iter().map(|c| c.streams.face.nrows()).sum();
        let steps = Stage::ALL
            .into_iter()
            .filter(|&s| s == stage || stage.needs(&config.networks).contains(&s))
            .filter_map(|s| config.settings(s).map(|settings| format!("{} {}", s.name(), settings.steps)))
            .collect::<Vec<_>>();
        let notes = BTreeMap::from([
            ("name".to_string(), config.name.clone()),
            ("orator".to_string(), env!("CARGO_PKG_VERSION").to_string()),
            ("trained-on".to_string(), format!("{} clips, {frames} frames at 25 fps", training.len())),
            ("seed".to_string(), config.seed.to_string()),
            ("steps".to_string(), steps.join(", ")),
        ]);
        let model = ContextualModel::new(config.networks.clone(), clips.statistics.clone(), networks);
        let path = run.join(format!("{}.safetensors", config.name));
        model.checkpoint(&notes)?.write(&path, Precision::Half)?;
        written.push(path);
    }
    Ok(written)
}
