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
    /// The weights could not be read or do not fit.
    #[error(transparent)]
    Weights(#[from] orator_nn::NnError),
    /// libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}

impl RenderError {
    /// The same, naming the weight file.
    pub(crate) fn in_file(self, path: &std::path::Path) -> Self {
        match self {
            Self::Weights(error) => Self::Weights(error.in_file(path)),
            other => other,
        }
    }

    /// What to do next, in plain words.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Weights(error) => return error.hint(),
            Self::Torch(_) => return None,
            Self::Portrait(_) => {
                "Use a picture of 256x256 pixels or more with one person in it, prepared by Orator itself."
                    .into()
            }
            Self::Motion(_) => {
                "Make the motion again; the renderer needs finite points in the 133-point layout.".into()
            }
        })
    }
}
