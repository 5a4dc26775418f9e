//! Weights with alignment encoders: of a whole model, or of the alignment stage alone.

use crate::{Result, TrainError};
use orator_motion::contextual::{ContextualConfig, ContextualModel, Networks, Statistics};
use orator_nn::{Checkpoint, NnError, assign};
use std::path::Path;
use tch::Device;

/// What the alignment stage writes (`RUN/alignment.safetensors`).
const STAGE_KIND: &str = "contextual-motion-alignment";

/// Reads weights that embed speech and motion: a finished model, or what the alignment stage left, whose other networks are
/// then untrained.
///
/// # Errors
/// When the file is damaged or of another kind, or holds no alignment encoders.
pub fn load_aligned(path: &Path, device: Device) -> Result<ContextualModel> {
    let checkpoint = Checkpoint::read(path)?;
    if checkpoint.metadata.get("kind").map(String::as_str) != Some(STAGE_KIND) {
        let model = ContextualModel::load(path, device)?;
        check(&model).map_err(|error| named(path, error))?;
        return Ok(model);
    }
    let mismatch = |what: String| NnError::Mismatch { what: format!("{}: {what}", path.display()) };
    let text = checkpoint.metadata.get("networks").map(String::as_str).unwrap_or_default();
    let config: ContextualConfig =
        serde_json::from_str(text).map_err(|e| mismatch(format!("configuration: {e}")))?;
    config.check().map_err(|what| mismatch(format!("configuration: {what}")))?;
    let networks = Networks::new(&config, device);
    if let Some(alignment) = &networks.alignment {
        assign(&alignment.store, &checkpoint.tensors, "")?;
    }
    let statistics = Statistics::from_tensors(&checkpoint.tensors, &config)?;
    let model = ContextualModel::new(config, statistics, networks);
    check(&model).map_err(|error| named(path, error))?;
    Ok(model)
}

/// Refuses weights that cannot compare.
pub(super) fn check(model: &ContextualModel) -> Result<()> {
    let what = if model.networks().alignment.is_none() {
        "these weights hold no alignment encoders".to_owned()
    } else if !model.config().layout.is_keypoints() {
        format!("these weights are of the layout {}, not of keypoints", model.config().layout.name)
    } else if model.config().text_features > 0 {
        "these weights listen to the text, which is not found for every clip of a corpus".to_owned()
    } else {
        return Ok(());
    };
    Err(TrainError::Corpus {
        what,
        hint: "train some (`orator train contextual alignment --config configs/contextual-small-aligned.yaml --corpus DIR \
               --out RUN`) and give --weights RUN/alignment.safetensors"
            .into(),
    })
}

fn named(path: &Path, error: TrainError) -> TrainError {
    match error {
        TrainError::Corpus { what, hint } => {
            TrainError::Corpus { what: format!("{}: {what}", path.display()), hint }
        }
        other => other,
    }
}
