//! Speech features at 25 Hz, one row a motion frame (METHODS 0.3).
//!
//! Two blocks, each on its own scale:
//!
//! * a *learned* block behind [`SpeechEncoder`]; [`WakeHubert`] is the one the package registries carry;
//! * a *low-level* block of 35 descriptors ([`low_level`]): onset strength, MFCC, chroma CENS, onset
//!   peaks and beats, numerically equal to librosa 0.11.0's.
//!
//! A third block, features of the text by word times ([`TextEncoder`], [`WordFinder`]), is there only where it is asked for.
//!
//! [`Speech::analyse`] computes the first two for a recording and is what most callers want.
//!
//! Frame `k` covers the time from `k/25` to `(k+1)/25` seconds of the recording.

mod attention;
mod byte_pairs;
mod encoder;
mod energy;
mod error;
mod level;
pub mod low_level;
mod resample;
pub mod segments;
mod shuffle;
mod speech;
pub mod text;
mod wakehubert;
pub mod words;

pub use encoder::{SpeechEncoder, to_motion_frames};
pub use energy::energy;
pub use error::{Result, SpeechError};
pub use level::{MAXIMUM_GAIN_DECIBELS, TARGET_LEVEL_DBFS, active_level, levelling_gain};
pub use segments::Segment;
pub use shuffle::{CROSS_FADE, shuffle, shuffled_frames};
pub use speech::Speech;
pub use text::{TextEncoder, TextListener};
pub use wakehubert::WakeHubert;
pub use words::{Word, WordFinder, Words};

/// Samples a second that learned encoders take.
pub const ENCODER_RATE: u32 = 16_000;

/// Samples of [`ENCODER_RATE`] in one motion frame.
pub const ENCODER_SAMPLES_PER_FRAME: usize = 640;

/// Samples a second that the low-level block takes: 25 × its hop of 512.
pub const LOW_LEVEL_RATE: u32 = 12_800;
