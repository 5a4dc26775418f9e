//! One error type for the crate: what failed and what to do next. Errors about a picture do not
//! know its file name; the caller, who does, adds it.

use orator_assets::AssetError;
use orator_body::BodyError;
use orator_media::MediaError;
use std::path::PathBuf;

/// The crate's result.
pub type Result<T> = std::result::Result<T, PerceiveError>;

/// Why no keypoints could be given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PerceiveError {
    /// No person is visible (an empty scene, a drawing, a person too small or hidden).
    #[error("no person was found in the picture")]
    NoPerson,
    /// A video without a single frame.
    #[error("the video has no frames")]
    NoFrames,
    /// A frame of another size than the first one.
    #[error("frame {frame} is {}x{}, but the video began with {}x{}", found.0, found.1, first.0, first.1)]
    SizeChanged {
        /// Index of the offending frame.
        frame: usize,
        /// Its width and height.
        found: (usize, usize),
        /// Width and height of the first frame.
        first: (usize, usize),
    },
    /// A picture without pixels, or with a side above what the crops can address.
    #[error("a {width}x{height} picture cannot be searched for a person")]
    PictureSize {
        /// Pixels in a row.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// A library or model that `cargo xtask setup` brings is missing or damaged.
    #[error(transparent)]
    Asset(#[from] AssetError),
    /// A library or model file that could not be read or prepared.
    #[error("{}: {what}", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        what: String,
    },
    /// The runtime refused to run a model.
    #[error("running the {model} model failed: {what}")]
    Run {
        /// Which model.
        model: &'static str,
        /// What the runtime said.
        what: String,
    },
    /// Reading a frame failed.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// Keypoints could not be packed.
    #[error(transparent)]
    Body(#[from] BodyError),
}

impl PerceiveError {
    /// The next step for a person, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoPerson => Some(
                "use a photo of one person with the head and shoulders in view, upright and well lit; \
                 drawings are often not recognised"
                    .into(),
            ),
            Self::NoFrames => Some("check that the video plays".into()),
            Self::SizeChanged { .. } => Some("convert the video to one frame size first".into()),
            Self::PictureSize { .. } => Some("use a picture between 16 and 32000 pixels a side".into()),
            Self::Asset(error) => error.hint().or_else(|| Some("run `cargo xtask setup`".into())),
            Self::Load { .. } => Some("delete the file and run `cargo xtask setup` to bring it again".into()),
            Self::Run { .. } => Some("run `orator doctor` to check the installed models".into()),
            Self::Media(error) => error.hint(),
            Self::Body(_) => None,
        }
    }
}
