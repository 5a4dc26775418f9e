//! Readers for the times of words and phones, and what every [`Talk`] must keep to.
//!
//! Three forms are read: our own JSON (what `tools/made-speech` writes), the GRID corpus's `.align` tables, and the JSON that
//! PocketSphinx's aligner writes (the LibriVox clips come with it).

mod check;
mod grid;
mod pocketsphinx;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Phone, Talk, Word, mark_stress};
use crate::{Result, StageError};

pub use check::check;

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

/// The fields that tell our own JSON from PocketSphinx's.
#[derive(Deserialize)]
struct Fields {
    words: Option<IgnoredAny>,
    #[serde(rename = "w")]
    parts: Option<IgnoredAny>,
}

impl AlignmentForm {
    /// The form of a file of times: by its extension where it is GRID's (`align`), else by the fields of its JSON.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    fn of(path: &Path, text: &str) -> std::result::Result<Self, String> {
        if path.extension().is_some_and(|extension| extension == "align") {
            return Ok(Self::Grid);
        }
        let fields: Fields =
            serde_json::from_str(text).map_err(|error| format!("holds no times as JSON: {error}"))?;
        match (fields.words, fields.parts) {
            (Some(_), _) => Ok(Self::Talk),
            (None, Some(_)) => Ok(Self::PocketSphinx),
            (None, None) => {
                Err("has neither `words`, as our own files of times, nor `w`, as PocketSphinx's".into())
            }
        }
    }
}

/// Reads a file of times, in whichever form it is: `.align` is GRID's table, JSON with `words` our own form, JSON with `w`
/// PocketSphinx's.
///
/// Words get a stress time and phones a stress where the file has none ([`mark_stress`]); what it has is kept.
///
/// # Errors
/// [`StageError::Speech`] where the file cannot be read, is larger than 16 MiB, is of none of these forms, or breaks what [`check`] asks.
pub fn read(path: &Path) -> Result<Talk> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| StageError::speech(path, error))?;
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|error| StageError::speech(path, error))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(StageError::speech(path, format!("is larger than {} MiB", MAX_BYTES >> 20)));
    }
    AlignmentForm::of(path, &text)
        .and_then(|form| parse(&text, form))
        .map_err(|cause| StageError::speech(path, cause))
}

/// As [`read`], from text of a known form.
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
