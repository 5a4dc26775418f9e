//! One error type for the crate: what failed, on which file, and what to do next.

use orator_body::BodyError;
use orator_media::MediaError;
use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<T> = std::result::Result<T, CorpusError>;

/// Why a corpus could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// The operating system refused (missing file, no permission, full disk).
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what its place says, was changed, or is cut off.
    #[error("{}: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A file of another version of the format.
    #[error("{}: written in version {found} of the format; this program reads version {read}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The version that can be read.
        read: u64,
    },
    /// A file states a size above the limits; found before memory was taken.
    #[error("{}: {what}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Which limit, and by how much.
        what: String,
    },
    /// Shards of the corpus are missing or not whole.
    #[error("{}: {what}", path.display())]
    Unfinished {
        /// The folder or shard.
        path: PathBuf,
        /// What is missing.
        what: String,
    },
    /// The folder holds a corpus that was made with other settings.
    #[error("{}: {what}", path.display())]
    Different {
        /// The file that says so.
        path: PathBuf,
        /// What differs.
        what: String,
    },
    /// Another process is writing this shard now.
    #[error("{}: another process is writing this shard", path.display())]
    Busy {
        /// The shard.
        path: PathBuf,
    },
    /// The clip does not fit into what is left of the shard; the shard can still be finished without it.
    #[error("{}: the next clip needs {needed} bytes, {room} are left", path.display())]
    ShardFull {
        /// The shard.
        path: PathBuf,
        /// Bytes that the clip needs in the tar.
        needed: u64,
        /// Bytes left below the shard's bound.
        room: u64,
    },
    /// A clip that cannot be stored as it was handed in.
    #[error("clip {id}: {what}")]
    Clip {
        /// The clip's name.
        id: String,
        /// What is wrong with it.
        what: String,
    },
    /// From the media crate.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// From the body crate.
    #[error(transparent)]
    Body(#[from] BodyError),
}

impl CorpusError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.into() }
    }

    pub(crate) fn too_large(path: &Path, what: impl Into<String>) -> Self {
        Self::TooLarge { path: path.to_owned(), what: what.into() }
    }

    pub(crate) fn clip(id: &str, what: impl Into<String>) -> Self {
        Self::Clip { id: id.to_owned(), what: what.into() }
    }

    /// The next step for a person, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => Some(
                    "check the path; a corpus is a folder with manifest.json, index.parquet and shards"
                        .into(),
                ),
                std::io::ErrorKind::PermissionDenied => {
                    Some("choose a folder you may write to, or change the file's permissions".into())
                }
                std::io::ErrorKind::StorageFull
                | std::io::ErrorKind::QuotaExceeded
                | std::io::ErrorKind::FileTooLarge => Some(
                    "free some space or write to another disk, then start it again: whole shards are kept"
                        .into(),
                ),
                _ => None,
            },
            Self::Damaged { .. } => Some(
                "copy the file again, or delete it and make the shard again: whole shards are kept".into(),
            ),
            Self::Version { .. } => Some("use the program version that wrote it, or make it again".into()),
            Self::TooLarge { .. } => Some("raise the limits if the file is meant to be so large".into()),
            Self::Unfinished { .. } => {
                Some("make or copy the missing shards into this folder, then assemble again".into())
            }
            Self::Different { .. } => Some("use the same settings as before, or another folder".into()),
            Self::Busy { .. } => Some("wait for the other process, or give this one another shard".into()),
            Self::ShardFull { .. } => {
                Some("spread the clips over more shards, or raise the shards' bound".into())
            }
            Self::Clip { .. } => None,
            Self::Media(error) => error.hint(),
            Self::Body(error) => error.hint(),
        }
    }
}
