//! Readers for the times of words and phones, and what every [`Talk`] must keep to.
//!
//! Three forms are read: our own JSON (what `tools/made-speech` writes), the GRID corpus's `.align` tables, and the JSON that
//! PocketSphinx's aligner writes (the LibriVox clips come with it).

mod check;
mod grid;
mod pocketsphinx;
mod stress;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{Phone, Talk, Word};
use crate::{Result, StageError};

pub use check::check;
pub use stress::{is_function_word, is_vowel, mark_stress};

/// The largest file of times that is read, in bytes: an hour of speech takes about 5 MB.
const MAX_BYTES: u64 = 16 << 20;

/// Which form a file of times has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlignmentForm {
    /// [`Talk`] as JSON.
    Talk,
    /// GRID: lines of `start end word` in 1/25,000 s.
    Grid,
    /// PocketSphinx's JSON, with or without phones.
    PocketSphinx,
}

/// Reads a file of times.
///
/// Words get a stress time and phones a stress where the file has none ([`mark_stress`]); what it has is kept.
///
/// # Errors
/// [`StageError::Speech`] where the file cannot be read, is larger than 16 MiB, is not of that form, or breaks what [`check`] asks.
pub fn read(path: &Path, form: AlignmentForm) -> Result<Talk> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| StageError::speech(path, error))?;
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|error| StageError::speech(path, error))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(StageError::speech(path, format!("is larger than {} MiB", MAX_BYTES >> 20)));
    }
    parse(&text, form).map_err(|cause| StageError::speech(path, cause))
}

/// As [`read`], from text.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse(text: &str, form: AlignmentForm) -> std::result::Result<Talk, String> {
    let mut talk = match form {
        AlignmentForm::Talk => {
            serde_json::from_str::<Talk>(text).map_err(|error| format!("is no talk with times: {error}"))?
        }
        AlignmentForm::Grid => grid::parse(text)?,
        AlignmentForm::PocketSphinx => pocketsphinx::parse(text)?,
    };
    check(&talk)?;
    if talk.words.iter().all(|word| word.stress.is_none()) {
        mark_stress(&mut talk);
    }
    Ok(talk)
}

#[cfg(test)]
mod tests;
