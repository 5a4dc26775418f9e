//! One error type for the crate.

use std::path::PathBuf;

/// The crate's result.
pub type Result<T> = std::result::Result<T, BodyError>;

/// Why keypoints could not be read, written or converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// Arrays of the wrong size for the layout they claim.
    #[error("{0}")]
    Shape(String),
    /// A keypoint file that is missing, damaged or of another kind.
    #[error("{}: {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}
