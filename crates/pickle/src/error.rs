//! One error type for the crate.

use std::path::{Path, PathBuf};

/// Longest piece of a file's own text in a message, in characters.
const SHOWN: usize = 60;

/// A text of a file as messages show it: what a file says is told, but not at any length.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// The crate's result.
pub type Result<T> = std::result::Result<T, PickleError>;

/// Why a checkpoint could not be read, or does not hold what was looked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PickleError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is cut off, altered, or no pickle at all.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// A name that is not on the list; running it is what would make a pickle dangerous.
    #[error("the file asks for `{0}`, which is not on the list of harmless names; nothing was run")]
    Forbidden(String),
    /// Something that exists in the format and is not supported here.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// A stated size above the limits; found before memory was taken.
    #[error("{0}")]
    TooLarge(String),
    /// The file is sound, but what was looked for is not in it.
    #[error("{0}")]
    Missing(String),
    /// Any of the others, in this file.
    #[error("{}: {source}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<PickleError>,
    },
}

impl PickleError {
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }

    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }

    pub(crate) fn too_large(what: impl Into<String>) -> Self {
        Self::TooLarge(what.into())
    }

    pub(crate) fn missing(what: impl Into<String>) -> Self {
        Self::Missing(what.into())
    }

    pub(crate) fn in_file(self, path: &Path) -> Self {
        match self {
            Self::Io { .. } | Self::InFile { .. } => self,
            other => Self::InFile { path: path.to_owned(), source: Box::new(other) },
        }
    }

    /// The next step for a person, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { .. } => Some("check that the file exists and may be read".into()),
            Self::Damaged(_) => Some("fetch the file again; it may be cut off or of another kind".into()),
            Self::Forbidden(_) => Some(
                "save the weights alone: in Python, torch.save(model.state_dict(), path), or as safetensors"
                    .into(),
            ),
            Self::Unsupported(_) => {
                Some("save the weights as safetensors, or with torch.save as plain tensors on the CPU".into())
            }
            Self::TooLarge(_) => Some("raise the limits if the file is meant to be so large".into()),
            Self::Missing(_) => Some("give the checkpoint that belongs to this network".into()),
            Self::InFile { source, .. } => source.hint(),
        }
    }
}
