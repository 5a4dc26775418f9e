//! One error type for the crate.

/// The crate's result.
pub type Result<T> = std::result::Result<T, RenderError>;

/// Why a frame could not be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The portrait cannot be animated.
    #[error("{0}")]
    Portrait(String),
    /// The motion does not fit the renderer.
    #[error("{0}")]
    Motion(String),
}
