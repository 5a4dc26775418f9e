//! How large the files of a corpus may be. Every stated size is held against these before memory is taken.

use crate::{CorpusError, Result};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The largest corpus files that are read. The defaults hold for corpora of some thousand hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `manifest.json` and a shard's sidecar, in bytes. Default 64 MiB.
    pub max_text_bytes: u64,
    /// `index.parquet`, in bytes. Default 1 GiB.
    pub max_index_bytes: u64,
    /// Clips in a corpus. Default 2 million.
    pub max_clips: u64,
    /// One clip's description, in bytes. Default 64 MiB.
    pub max_description_bytes: u64,
    /// One member of a shard that is read into memory, in bytes. Default 1 GiB.
    pub max_member_bytes: u64,
    /// One array of a clip's truth, unpacked, in bytes. Default 1 GiB: 16 thousand masks of 256².
    pub max_array_bytes: u64,
    /// Frames of a clip. Default two hours at 60 frames a second.
    pub max_frames: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_text_bytes: 64 << 20,
            max_index_bytes: 1 << 30,
            max_clips: 2_000_000,
            max_description_bytes: 64 << 20,
            max_member_bytes: 1 << 30,
            max_array_bytes: 1 << 30,
            max_frames: 432_000,
        }
    }
}

/// The whole of an ordinary file of at most `most` bytes.
pub(crate) fn read_bounded(path: &Path, most: u64) -> Result<Vec<u8>> {
    let io = |source| CorpusError::io(path, source);
    let file = File::open(path).map_err(io)?;
    let status = file.metadata().map_err(io)?;
    if !status.is_file() {
        return Err(CorpusError::damaged(path, "not an ordinary file"));
    }
    check_size(path, "the file", status.len(), most)?;
    let mut bytes = Vec::with_capacity(usize::try_from(status.len()).unwrap_or(0));
    file.take(most + 1).read_to_end(&mut bytes).map_err(io)?;
    // It may have grown since it was asked for its size.
    check_size(path, "the file", bytes.len() as u64, most)?;
    Ok(bytes)
}

/// Refuses `bytes` above `most`.
pub(crate) fn check_size(path: &Path, what: &str, bytes: u64, most: u64) -> Result<()> {
    if bytes > most {
        return Err(CorpusError::too_large(
            path,
            format!("{what} has {bytes} bytes; at most {most} are read"),
        ));
    }
    Ok(())
}
