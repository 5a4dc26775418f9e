//! One error type for the crate: what failed, on which file, and what to do next.

use orator_media::MediaError;
use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<T> = std::result::Result<T, BodyError>;

/// Why keypoints could not be read, written or converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// Arrays of the wrong size for the layout they claim.
    #[error("{0}")]
    Shape(String),
    /// Motion in another representation than the one that is needed.
    #[error("the motion is {found}, but {wanted} is needed")]
    Representation {
        /// What is needed.
        wanted: String,
        /// What there is.
        found: String,
    },
    /// A keypoint file that is missing, damaged or of another kind.
    #[error("{}: {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The operating system refused (missing file, no permission).
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A picture could not be put together, or a file not be written.
    #[error(transparent)]
    Media(#[from] MediaError),
}

impl BodyError {
    pub(crate) fn file(path: &Path, what: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), what: what.into() }
    }

    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    /// The next step for a person, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Shape(_) => None,
            Self::Representation { .. } => {
                Some("choose a motion system and a renderer that belong together".into())
            }
            Self::File { .. } => {
                Some("write it again, for example with `orator inspect VIDEO --out FILE.safetensors`".into())
            }
            Self::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => Some("check the path".into()),
                std::io::ErrorKind::PermissionDenied => Some("change the file's permissions".into()),
                _ => None,
            },
            Self::Media(error) => error.hint(),
        }
    }
}
