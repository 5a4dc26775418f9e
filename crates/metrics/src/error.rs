//! One error type for the crate.

/// The crate's result.
pub type Result<T> = std::result::Result<T, MetricsError>;

/// Why two things could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// Pictures or tracks of different or unsuitable sizes.
    #[error("{0}")]
    Size(String),
}

impl MetricsError {
    /// The next step for a person.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Size(_) => {
                Some("bring both to the same size, frame rate and length before comparing them".into())
            }
        }
    }
}
