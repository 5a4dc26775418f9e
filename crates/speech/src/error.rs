//! One error type for the crate.

use orator_assets::AssetError;
use orator_media::MediaError;
use orator_nn::NnError;
use orator_pickle::PickleError;
use std::path::PathBuf;

/// The crate's result.
pub type Result<T> = std::result::Result<T, SpeechError>;

/// Why speech could not be analysed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpeechError {
    /// The encoder's weights are not in the cache.
    #[error("the speech encoder's weights are not at hand: {0}")]
    Asset(#[from] AssetError),
    /// The encoder's file is damaged or is another model.
    #[error("{}: {what}", path.display())]
    Model {
        /// The weight file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The encoder failed while running.
    #[error("the speech encoder {encoder} failed: {what}")]
    Run {
        /// The encoder's name.
        encoder: String,
        /// What the inference library said.
        what: String,
    },
    /// The recording could not be brought to the encoder's rate.
    #[error("the recording could not be resampled: {0}")]
    Audio(#[from] MediaError),
    /// A published checkpoint could not be read.
    #[error(transparent)]
    Checkpoint(#[from] PickleError),
    /// A network's weights do not fit, or libtorch refused.
    #[error(transparent)]
    Network(#[from] NnError),
    /// A caller asked for something impossible.
    #[error("{0}")]
    Argument(String),
}

impl From<tch::TchError> for SpeechError {
    fn from(error: tch::TchError) -> Self {
        Self::Network(error.into())
    }
}

impl SpeechError {
    /// The next step for a person, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Asset(_) => Some("run `cargo xtask setup` once; it fetches every third-party file".into()),
            Self::Model { .. } => Some(
                "delete the file and run `cargo xtask setup` again; it fetches and verifies a fresh copy"
                    .into(),
            ),
            Self::Run { .. } | Self::Argument(_) => None,
            Self::Audio(error) => error.hint(),
            Self::Checkpoint(error) => error.hint(),
            Self::Network(error) => error.hint(),
        }
    }
}
