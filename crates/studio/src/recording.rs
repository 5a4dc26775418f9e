//! Reading a recording, with a word on what is odd about it.

use crate::stages::Progress;
use crate::{Result, StudioError};
use orator_media::{Audio, Limits, audio};
use std::path::Path;

/// Reads a recording; silence is an error unless it is allowed.
pub(crate) fn read(path: &Path, allow_silence: bool, progress: &mut Progress<'_>) -> Result<Audio> {
    let (audio, notes) = audio::read_with_notes(path, &Limits::default()).map_err(StudioError::Input)?;
    if (notes.silent || audio.is_silent()) && !allow_silence {
        return Err(StudioError::Silent { path: path.to_owned() });
    }
    for warning in notes.warnings() {
        progress.warn(format!("{}: {warning}", path.display()));
    }
    Ok(audio)
}
