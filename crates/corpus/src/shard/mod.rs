//! Shards: tars of a bounded size, each whole by itself.
//!
//! A shard is written under a temporary name, brought to the disk, and renamed; then its sidecar is written the same
//! way. Only a sidecar whose tar has the stated size makes a shard whole, so neither a killed run nor a full disk can
//! leave half a shard that is taken for a whole one.

mod content;
mod leftovers;
mod record;
mod rolling;
mod tar_stream;
mod write;

pub use content::{ClipInput, Content};
pub use record::{Check, ShardRecord, finished};
pub use rolling::RollingWriter;
pub use write::{DEFAULT_SHARD_BYTES, ShardPlan, ShardWriter};

use std::path::{Path, PathBuf};

/// The folder of the shards in the corpus folder.
pub const SHARDS: &str = "shards";
/// The highest shard number.
pub const MAX_SHARD: u32 = 99_999;

/// The name of a shard without its extension.
pub fn stem(shard: u32) -> String {
    format!("{shard:05}")
}

/// A shard's tar in the corpus folder `dir`.
pub fn tar_path(dir: &Path, shard: u32) -> PathBuf {
    dir.join(SHARDS).join(format!("{}.tar", stem(shard)))
}

/// A shard's sidecar in the corpus folder `dir`.
pub fn sidecar_path(dir: &Path, shard: u32) -> PathBuf {
    dir.join(SHARDS).join(format!("{}.json", stem(shard)))
}

#[cfg(test)]
mod tests;
