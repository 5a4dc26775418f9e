//! One error type for the crate.

use std::path::PathBuf;

/// The crate's result.
pub type Result<T> = std::result::Result<T, NnError>;

/// Why weights could not be read, written or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NnError {
    /// The file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a whole safetensors file.
    #[error("{}: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The file holds weights, but not those of the network asked for.
    #[error("{what}")]
    Mismatch {
        /// Which names or shapes differ.
        what: String,
    },
    /// libtorch refused an operation.
    #[error("{0}")]
    Torch(#[from] tch::TchError),
    /// A tensor of the wrong shape.
    #[error("{0}")]
    Shape(String),
}

impl NnError {
    /// The same, naming the weight file that does not fit.
    #[must_use]
    pub fn in_file(self, path: &std::path::Path) -> Self {
        match self {
            Self::Mismatch { what } => Self::Mismatch { what: format!("{}: {what}", path.display()) },
            other => other,
        }
    }

    /// The next step for a person, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { .. } => {
                Some("check that the file exists and that there is space and permission".into())
            }
            Self::Damaged { .. } => {
                Some("fetch or train the weights again; `orator models verify` tells which are whole".into())
            }
            Self::Mismatch { .. } => Some(
                "give the weights that belong to this configuration; `orator models show` prints both".into(),
            ),
            Self::Torch(_) | Self::Shape(_) => None,
        }
    }
}
