//! One error type for the crate.

use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<T> = std::result::Result<T, StageError>;

/// Why a presenter could not be staged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StageError {
    /// A file of the figure's data cannot be read.
    #[error("{}: {cause}", path.display())]
    Asset {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// A setting that cannot be carried out.
    #[error("{what}")]
    Setting {
        /// What is wrong.
        what: String,
        /// The next step.
        hint: String,
    },
    /// Speech, or the times of its words and phones, cannot be read.
    #[error("{}: {cause}", path.display())]
    Speech {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The corpus cannot be written.
    #[error(transparent)]
    Corpus(#[from] orator_corpus::CorpusError),
    /// A picture or sound cannot be written.
    #[error(transparent)]
    Media(#[from] orator_media::MediaError),
}

impl StageError {
    /// A fault in a file of the figure's data.
    pub(crate) fn asset(path: &Path, cause: impl ToString) -> Self {
        Self::Asset { path: path.to_owned(), cause: cause.to_string() }
    }

    /// A fault in speech or its times.
    pub(crate) fn speech(path: &Path, cause: impl ToString) -> Self {
        Self::Speech { path: path.to_owned(), cause: cause.to_string() }
    }

    /// The next step, in plain words.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Asset { .. } => {
                Some("run `cargo xtask setup`: it verifies the figure's data and fetches what is missing or altered".into())
            }
            Self::Setting { hint, .. } => Some(hint.clone()),
            Self::Speech { .. } => {
                Some("give a folder of NAME.wav files, each with its times in NAME.json or NAME.align (see docs/stage.md)".into())
            }
            Self::Corpus(error) => error.hint(),
            Self::Media(error) => error.hint(),
        }
    }
}
