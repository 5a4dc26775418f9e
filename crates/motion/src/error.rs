//! One error type for the crate.

/// The crate's result.
pub type Result<T> = std::result::Result<T, MotionError>;

/// Why no motion could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MotionError {
    /// The weights could not be read or do not fit.
    #[error(transparent)]
    Weights(#[from] orator_nn::NnError),
    /// The keypoints are of another layout or cannot be used.
    #[error(transparent)]
    Keypoints(#[from] orator_body::BodyError),
    /// The request cannot be met.
    #[error("{what}")]
    Request {
        /// What is wrong with it.
        what: String,
        /// The next step.
        hint: String,
    },
    /// libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}

impl MotionError {
    /// The next step for a person, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Weights(e) => e.hint(),
            Self::Request { hint, .. } => Some(hint.clone()),
            Self::Keypoints(e) => e.hint(),
            Self::Torch(_) => None,
        }
    }
}
