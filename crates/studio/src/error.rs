//! One error type for the crate, with the kind that decides the program's exit code.

use orator_assets::AssetError;
use orator_body::BodyError;
use orator_media::MediaError;
use orator_metrics::MetricsError;
use orator_motion::MotionError;
use orator_nn::NnError;
use orator_perceive::PerceiveError;
use orator_pickle::PickleError;
use orator_render::RenderError;
use orator_speech::SpeechError;
use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<T> = std::result::Result<T, StudioError>;

/// Whose fault it is, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A fault of the program.
    Internal,
    /// The request contradicts itself.
    Usage,
    /// An input cannot be read.
    BadInput,
    /// An input can be read, but there is nothing in it to work on.
    Nothing,
    /// An output cannot be written.
    Output,
    /// Weights or fetched files are missing or damaged.
    Models,
}

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudioError {
    /// The request contradicts itself or asks for what is not there.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// The next step.
        hint: String,
    },
    /// An input cannot be read.
    #[error(transparent)]
    Input(MediaError),
    /// A keypoint file cannot be read.
    #[error(transparent)]
    Keypoints(BodyError),
    /// An output cannot be written.
    #[error(transparent)]
    Output(MediaError),
    /// The recording has no sound in it.
    #[error("{}: the recording is silent", path.display())]
    Silent {
        /// The recording.
        path: PathBuf,
    },
    /// A picture or video could not be perceived.
    #[error("{}: {source}", path.display())]
    Perceive {
        /// The picture or video.
        path: PathBuf,
        /// Why.
        source: PerceiveError,
    },
    /// The portrait shows no face, from which all motion is measured.
    #[error("{}: no face was recognised", path.display())]
    NoFace {
        /// The picture or video.
        path: PathBuf,
    },
    /// Speech could not be analysed.
    #[error(transparent)]
    Speech(#[from] SpeechError),
    /// Motion could not be made.
    #[error(transparent)]
    Motion(#[from] MotionError),
    /// The weights cannot be used.
    #[error(transparent)]
    Weights(NnError),
    /// The weights are not where they should be, or not what they should be.
    #[error("{}: {what}", path.display())]
    Models {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        what: String,
        /// The next step.
        hint: String,
    },
    /// A checkpoint of others cannot be read, or asks for something to be executed.
    #[error(transparent)]
    Checkpoint(#[from] PickleError),
    /// A checkpoint of others holds something else than it should.
    #[error("{}: {what}", path.display())]
    Published {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
        /// The next step.
        hint: String,
    },
    /// Something `setup` brings is missing.
    #[error(transparent)]
    Asset(#[from] AssetError),
    /// A frame could not be drawn.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A measure could not be taken.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// Keypoints could not be converted.
    #[error(transparent)]
    Body(BodyError),
    /// A worker of the program ended early.
    #[error("{0}")]
    Internal(String),
}

impl From<BodyError> for StudioError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Media(error) => Self::Output(error),
            error => Self::Body(error),
        }
    }
}

impl StudioError {
    /// Says which picture or video an error of perception is about.
    pub(crate) fn perceive(path: &Path) -> impl Fn(PerceiveError) -> Self + '_ {
        |source| match source {
            PerceiveError::Media(error) => Self::Input(error),
            PerceiveError::Asset(error) => Self::Asset(error),
            source => Self::Perceive { path: path.to_owned(), source },
        }
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Usage { .. } => ErrorKind::Usage,
            Self::Input(error) => match error {
                MediaError::Empty { .. } => ErrorKind::Nothing,
                MediaError::Argument(_) => ErrorKind::Usage,
                _ => ErrorKind::BadInput,
            },
            Self::Output(error) => match error {
                MediaError::Argument(_) => ErrorKind::Usage,
                MediaError::Empty { .. } => ErrorKind::Nothing,
                _ => ErrorKind::Output,
            },
            Self::Keypoints(_) | Self::Checkpoint(_) | Self::Published { .. } => ErrorKind::BadInput,
            Self::Silent { .. } | Self::NoFace { .. } => ErrorKind::Nothing,
            Self::Perceive { source, .. } => match source {
                PerceiveError::NoPerson | PerceiveError::NoFrames => ErrorKind::Nothing,
                PerceiveError::Asset(_) | PerceiveError::Load { .. } => ErrorKind::Models,
                PerceiveError::Run { .. } | PerceiveError::Body(_) => ErrorKind::Internal,
                _ => ErrorKind::BadInput,
            },
            Self::Speech(error) => match error {
                SpeechError::Asset(_) | SpeechError::Model { .. } => ErrorKind::Models,
                _ => ErrorKind::Internal,
            },
            Self::Motion(error) => match error {
                MotionError::Weights(_) => ErrorKind::Models,
                MotionError::Request { .. } => ErrorKind::Nothing,
                _ => ErrorKind::Internal,
            },
            Self::Weights(_)
            | Self::Models { .. }
            | Self::Asset(_)
            | Self::Render(RenderError::Weights(_)) => ErrorKind::Models,
            Self::Render(_) | Self::Metrics(_) | Self::Body(_) | Self::Internal(_) => ErrorKind::Internal,
        }
    }

    /// The next step for a person, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Usage { hint, .. } | Self::Models { hint, .. } | Self::Published { hint, .. } => {
                Some(hint.clone())
            }
            Self::Checkpoint(error) => error.hint(),
            Self::Input(error) => error.hint(),
            Self::Output(error) => error.hint().or_else(|| {
                Some("free some space or choose another folder; nothing was left half-written".into())
            }),
            Self::Keypoints(error) | Self::Body(error) => error.hint(),
            Self::Silent { .. } => {
                Some("give a recording of speech, or add --allow-silence to see idle motion".into())
            }
            Self::Perceive { source, .. } => source.hint(),
            Self::NoFace { .. } => Some("use a picture in which the face is seen from the front".into()),
            Self::Speech(error) => error.hint(),
            Self::Motion(error) => error.hint(),
            Self::Weights(error) => error.hint(),
            Self::Asset(error) => error.hint(),
            Self::Render(error) => error.hint(),
            Self::Metrics(error) => error.hint(),
            Self::Internal(_) => Some("please report it, with the command that was given".into()),
        }
    }
}
