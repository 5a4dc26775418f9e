//! Pictures, audio and video in and out, rational time, size and time limits.
//!
//! Everything here streams: a video is an iterator of [`Picture`]s and is never held whole.

mod error;
mod picture;
mod time;

pub use error::{MediaError, Result};
pub use picture::{Picture, Rect};
pub use time::FrameRate;
