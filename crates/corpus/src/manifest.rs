//! `manifest.json`: what a corpus is, its shards with checksums, its totals.

use crate::limits::read_bounded;
use crate::{ClipRow, CorpusError, Limits, Origin, Result, Split};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

/// The manifest's name in the corpus folder.
pub const MANIFEST: &str = "manifest.json";
/// The index's name in the corpus folder.
pub const INDEX: &str = "index.parquet";
/// What `format` says in every manifest.
pub const FORMAT: &str = "orator-corpus";
/// The version written, and the only one read.
pub const VERSION: u64 = 1;

/// One shard in the manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShardEntry {
    /// Its number, from 0; its tar is `shards/NNNNN.tar`.
    pub shard: u32,
    /// Length of the tar.
    pub bytes: u64,
    /// Clips in it.
    pub clips: u64,
    /// SHA-256 of the tar, 64 small hexadecimal digits.
    pub sha256: String,
}

/// The index in the manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// Length of the file.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// Sums over all clips.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Clips.
    pub clips: u64,
    /// Clips that are held out.
    pub held_out_clips: u64,
    /// Frames.
    pub frames: u64,
    /// Frames of held-out clips.
    pub held_out_frames: u64,
    /// Length in whole milliseconds.
    pub milliseconds: u64,
    /// Different speakers.
    pub speakers: u64,
    /// Words with times.
    pub words: u64,
    /// Gesture triggers.
    pub triggers: u64,
    /// Bytes of all shards.
    pub bytes: u64,
}

impl Totals {
    /// The sums over `rows`, which lie in shards of `bytes` in all.
    #[must_use]
    pub fn of(rows: &[ClipRow], bytes: u64) -> Self {
        let sum = |value: fn(&ClipRow) -> u64| rows.iter().map(value).fold(0, u64::saturating_add);
        let held_out = |row: &&ClipRow| row.split == Split::HeldOut;
        Self {
            clips: rows.len() as u64,
            held_out_clips: rows.iter().filter(held_out).count() as u64,
            frames: sum(|row| row.frames),
            held_out_frames: rows.iter().filter(held_out).map(|row| row.frames).sum(),
            milliseconds: sum(|row| (row.seconds() * 1000.0).round() as u64),
            speakers: rows.iter().map(|row| row.speaker.as_str()).collect::<BTreeSet<_>>().len() as u64,
            words: sum(|row| u64::from(row.words)),
            triggers: sum(|row| u64::from(row.triggers)),
            bytes,
        }
    }
}

/// What `manifest.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `orator-corpus`.
    pub format: String,
    /// Version of the format, 1.
    pub version: u64,
    /// What it is and who made it.
    pub origin: Origin,
    /// Sums.
    pub totals: Totals,
    /// The index file.
    pub index: IndexEntry,
    /// The shards in order of their numbers, from 0 without a gap.
    pub shards: Vec<ShardEntry>,
}

impl Manifest {
    /// Reads and checks the manifest of the corpus folder `dir`.
    pub(crate) fn read(dir: &Path, limits: &Limits) -> Result<Self> {
        let path = dir.join(MANIFEST);
        let manifest: Self =
            parse_versioned(&path, &read_bounded(&path, limits.max_text_bytes)?, FORMAT, VERSION)?;
        for (expected, shard) in (0u32..).zip(&manifest.shards) {
            if shard.shard != expected {
                return Err(CorpusError::damaged(
                    &path,
                    format!("shard {} stands where shard {expected} belongs", shard.shard),
                ));
            }
        }
        Ok(manifest)
    }
}

/// Reads a JSON file that says its `format` and `version` before anything else of it is believed.
pub fn parse_versioned<T: for<'a> Deserialize<'a>>(
    path: &Path,
    bytes: &[u8],
    format: &str,
    version: u64,
) -> Result<T> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u64,
    }
    let head: Head = serde_json::from_slice(bytes)
        .map_err(|e| CorpusError::damaged(path, format!("not a {format} file, or cut off ({e})")))?;
    if head.format != format {
        return Err(CorpusError::damaged(
            path,
            format!("holds `{}`, not `{format}`", head.format.escape_debug()),
        ));
    }
    if head.version != version {
        return Err(CorpusError::Version { path: path.to_owned(), found: head.version, read: version });
    }
    serde_json::from_slice(bytes).map_err(|e| CorpusError::damaged(path, e.to_string()))
}
