//! One error type for the crate: what failed, on which file, and what to do next.

use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<T> = std::result::Result<T, MediaError>;

/// Why a picture, recording or video could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The operating system refused (missing file, no permission, full disk).
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The content is damaged, cut off, or not what its name says.
    #[error("{}: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, in words.
        what: String,
    },
    /// The content is well formed but nothing here can read it.
    #[error("{}: {what}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it is, in words.
        what: String,
        /// What the user can do about it.
        hint: String,
    },
    /// The content is larger than the stated limits; found before anything was allocated.
    #[error("{}: {what}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Which limit, and by how much.
        what: String,
    },
    /// Nothing in it to work on (no samples, no frames).
    #[error("{}: {what}", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// What is missing.
        what: String,
    },
    /// A caller's argument is out of range.
    #[error("{0}")]
    Argument(String),
}

impl MediaError {
    /// Wraps an input/output failure on `path`.
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    /// The next step for a person, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => Some("check the path".into()),
                std::io::ErrorKind::PermissionDenied => {
                    Some("choose a folder you may write to, or change the file's permissions".into())
                }
                std::io::ErrorKind::IsADirectory => Some("give the name of a file, not of a folder".into()),
                std::io::ErrorKind::Interrupted => {
                    Some("start it again; nothing was left half-written".into())
                }
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                    Some("free some space or write to another disk; nothing was left half-written".into())
                }
                _ => None,
            },
            Self::Damaged { .. } => {
                Some("copy or export the file again, and check that it opens in a player".into())
            }
            Self::Unsupported { hint, .. } => Some(hint.clone()),
            Self::TooLarge { .. } => Some("shrink or cut it first".into()),
            Self::Empty { .. } => Some("give a file with content".into()),
            Self::Argument(_) => None,
        }
    }
}
