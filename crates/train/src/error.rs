//! One error type for the crate.

use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<T> = std::result::Result<T, TrainError>;

/// Why training cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The configuration cannot be used.
    #[error("{}: {what}", path.display())]
    Config {
        /// The configuration file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The corpus lacks what the stage needs, or one of its files cannot be used.
    #[error("{what}")]
    Corpus {
        /// What is wrong.
        what: String,
        /// The next step.
        hint: String,
    },
    /// The loss is not a number any more; nothing was learned from that step.
    #[error("the loss of step {step} is not finite{}", saved_in(batch.as_deref()))]
    Diverged {
        /// The step, from 0.
        step: u64,
        /// Where what it was made from was saved to be looked at.
        batch: Option<PathBuf>,
    },
    /// From the corpus crate.
    #[error(transparent)]
    Format(#[from] orator_corpus::CorpusError),
    /// From the media crate.
    #[error(transparent)]
    Media(#[from] orator_media::MediaError),
    /// From the body crate.
    #[error(transparent)]
    Body(#[from] orator_body::BodyError),
    /// From the speech crate.
    #[error(transparent)]
    Speech(#[from] orator_speech::SpeechError),
    /// From the perceive crate.
    #[error(transparent)]
    Perceive(#[from] orator_perceive::PerceiveError),
    /// From the motion crate.
    #[error(transparent)]
    Motion(#[from] orator_motion::MotionError),
    /// From the render crate.
    #[error(transparent)]
    Render(#[from] orator_render::RenderError),
    /// From the metrics crate.
    #[error(transparent)]
    Metrics(#[from] orator_metrics::MetricsError),
    /// From the nn crate.
    #[error(transparent)]
    Nn(#[from] orator_nn::NnError),
}

fn saved_in(batch: Option<&Path>) -> String {
    batch.map(|path| format!("; its batch is in {}", path.display())).unwrap_or_default()
}

impl TrainError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    /// The next step for a person, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { .. } => Some("check the path, the permissions and the free space".into()),
            Self::Config { .. } => Some("compare with the examples in configs/".into()),
            Self::Corpus { hint, .. } => Some(hint.clone()),
            Self::Diverged { batch: None, .. } => {
                Some("lower the learning rate and resume from the last state".into())
            }
            Self::Diverged { .. } => Some(
                "look for numbers that are not finite in the saved batch; if there are none, lower the learning rate and \
                 resume from the last state"
                    .into(),
            ),
            Self::Format(e) => e.hint(),
            Self::Media(e) => e.hint(),
            Self::Body(e) => e.hint(),
            Self::Speech(e) => e.hint(),
            Self::Perceive(e) => e.hint(),
            Self::Motion(e) => e.hint(),
            Self::Render(e) => e.hint(),
            Self::Metrics(e) => e.hint(),
            Self::Nn(e) => e.hint(),
        }
    }
}
