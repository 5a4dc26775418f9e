//! One error type for the crate.

use orator_assets::AssetError;
use orator_nn::NnError;
use orator_pickle::PickleError;

/// The crate's result.
pub type Result<T> = std::result::Result<T, MetricsError>;

/// Why two things could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// Pictures or tracks of different or unsuitable sizes.
    #[error("{0}")]
    Size(String),
    /// Settings that make no sense.
    #[error("{0}")]
    Config(String),
    /// Weights that are not those of the network.
    #[error("the weights do not fit the network: {0}")]
    Weights(String),
    /// A network that was not fetched.
    #[error(transparent)]
    Asset(#[from] AssetError),
    /// A file of weights that could not be read.
    #[error(transparent)]
    Pickle(#[from] PickleError),
    /// A network that could not be built or run.
    #[error(transparent)]
    Nn(#[from] NnError),
    /// libtorch refused an operation.
    #[error("{0}")]
    Torch(#[from] tch::TchError),
}

impl MetricsError {
    /// The next step for a person, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Size(_) => {
                Some("bring both to the same size, frame rate and length before comparing them".into())
            }
            Self::Config(_) => Some("correct the settings named in the message".into()),
            Self::Weights(_) => {
                Some("run `cargo xtask setup --verify` to fetch the published weights again".into())
            }
            Self::Asset(error) => error.hint(),
            Self::Pickle(error) => error.hint(),
            Self::Nn(error) => error.hint(),
            Self::Torch(_) => None,
        }
    }
}
