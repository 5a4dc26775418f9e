//! Pictures, audio and video in and out, rational time, size and time limits.
//!
//! Everything here streams: a video is an iterator of [`Picture`]s and is never held whole.

pub mod audio;
mod colour;
mod content_kind;
mod error;
mod limits;
pub mod output_file;
pub mod picture;
mod time;
pub mod video_in;
pub mod video_out;

pub use audio::{Audio, AudioNotes};
pub use content_kind::ContentKind;
pub use error::{MediaError, Result};
pub use limits::Limits;
pub use output_file::OutputFile;
pub use picture::{Fill, Picture, Rect};
pub use time::FrameRate;
