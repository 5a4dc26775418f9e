//! What every weight file of a model says of itself: kind, format, configuration.

use crate::{Checkpoint, NnError, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use tch::Tensor;

/// Changes when old files can no longer be read.
const FORMAT: &str = "1";

/// A weight file of these tensors; `notes` (what they were trained on, for how long) go into the metadata.
///
/// # Errors
/// Never in practice: when the configuration cannot be written as JSON.
pub fn checkpoint_of(
    kind: &str,
    config: &impl Serialize,
    tensors: BTreeMap<String, Tensor>,
    notes: &BTreeMap<String, String>,
) -> Result<Checkpoint> {
    let mut metadata = notes.clone();
    metadata.insert("kind".into(), kind.into());
    metadata.insert("format".into(), FORMAT.into());
    let config = serde_json::to_string(config)
        .map_err(|e| NnError::Shape(format!("the configuration cannot be written: {e}")))?;
    metadata.insert("config".into(), config);
    Ok(Checkpoint { metadata, tensors })
}

/// The configuration of a weight file, after making sure that it is of `kind`.
///
/// # Errors
/// [`NnError::Mismatch`] when it is of another kind or format, or its configuration cannot be read.
pub fn config_of<C: DeserializeOwned>(checkpoint: &Checkpoint, kind: &str) -> Result<C> {
    let mismatch = |what: String| NnError::Mismatch { what };
    let found = checkpoint.metadata.get("kind").map(String::as_str).unwrap_or("nothing known");
    if found != kind {
        return Err(mismatch(format!("holds weights of {found}, not of {kind}")));
    }
    if checkpoint.metadata.get("format").map(String::as_str) != Some(FORMAT) {
        return Err(mismatch("was written by another version of orator".into()));
    }
    let text = checkpoint.metadata.get("config");
    let text = text.ok_or_else(|| mismatch("has no configuration".into()))?;
    serde_json::from_str(text).map_err(|e| mismatch(format!("configuration: {e}")))
}
