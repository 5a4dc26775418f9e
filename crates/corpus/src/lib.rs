//! The corpus: clips of people who talk, with the truth about them, in a form that training reads directly.
//!
//! ```text
//! CORPUS/
//!   manifest.json        what it is, who made it and how, its shards with their SHA-256, totals   (Manifest)
//!   index.parquet        one row a clip: where it lies, whose it is, how long, what is said        (ClipRow)
//!   shards/00000.tar     the clips; members of a clip share their stem, as in WebDataset
//!   shards/00000.json    written last: its presence, and a tar of its size, make the shard whole   (ShardRecord)
//! ```
//!
//! A clip `ID` is up to four members of one tar, in this order: `ID.mp4` (pictures with sound), `ID.wav` or `ID.flac`
//! (sound alone), `ID.json` ([`ClipDescription`]: words, phones, triggers, style, seeds), `ID.truth` ([`Truth`]:
//! keypoints, visibility, part masks, depth; see [`truth`] for its layout and error bounds).
//!
//! Shards are written one by one, each alone ([`ShardWriter`]), on as many machines as there are; [`assemble`] joins
//! what has been copied together. A folder with shards but no manifest yet is read by [`Corpus::open_shards`].
//! The same clips give the same bytes: no clock, no user names, fixed order, one compression level, one thread.

mod assemble;
mod check;
mod clip;
mod corpus;
mod description;
mod error;
mod index;
mod limits;
mod manifest;
mod origin;
mod row;
#[cfg(test)]
mod samples;
mod shard;
mod split;
#[cfg(test)]
mod tests;
pub mod truth;
mod verify;
mod windows;

pub use assemble::assemble;
pub use clip::{Clip, Extracted};
pub use corpus::Corpus;
pub use description::{ClipDescription, SpokenPhone, SpokenWord, Trigger};
pub use error::{CorpusError, Result};
pub use limits::Limits;
pub use manifest::{MANIFEST, Manifest, ShardEntry, Totals};
pub use origin::Origin;
pub use row::{ClipRow, Member, SoundFormat};
pub use shard::{
    Check, ClipInput, Content, DEFAULT_SHARD_BYTES, RollingWriter, SHARDS, ShardPlan, ShardRecord,
    ShardWriter, finished,
};
pub use split::Split;
pub use truth::Truth;
pub use windows::{WINDOW_FRAMES, Window};
