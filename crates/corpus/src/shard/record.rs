//! The sidecar `shards/NNNNN.json`: what makes a shard whole.

use super::{sidecar_path, tar_path};
use crate::check::sha256_of_file;
use crate::index::check_row;
use crate::limits::read_bounded;
use crate::manifest::parse_versioned;
use crate::{ClipRow, CorpusError, Limits, Origin, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What `format` says in every sidecar.
pub const FORMAT: &str = "orator-shard";
/// The version written, and the only one read.
pub const VERSION: u64 = 1;

/// What a sidecar holds: everything that the index and the manifest need to know about a shard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShardRecord {
    /// `orator-shard`.
    pub format: String,
    /// Version of the format, 1.
    pub version: u64,
    /// The shard's number.
    pub shard: u32,
    /// Number of shards in all, where that was settled beforehand.
    pub of: Option<u32>,
    /// Length of the tar.
    pub bytes: u64,
    /// SHA-256 of the tar, 64 small hexadecimal digits.
    pub sha256: String,
    /// What the corpus is and who made it.
    pub origin: Origin,
    /// The clips in order.
    pub clips: Vec<ClipRow>,
}

/// How closely a shard is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The sidecar is there and the tar has the stated size.
    Size,
    /// Also, the tar has the stated checksum.
    Checksum,
}

impl ShardRecord {
    /// Reads the sidecar of shard `shard` in the corpus folder `dir`.
    ///
    /// # Errors
    /// [`CorpusError::Io`] when it is not there, [`CorpusError::Version`], [`CorpusError::Damaged`].
    pub fn read(dir: &Path, shard: u32, limits: &Limits) -> Result<Self> {
        let path = sidecar_path(dir, shard);
        let record: Self =
            parse_versioned(&path, &read_bounded(&path, limits.max_text_bytes)?, FORMAT, VERSION)?;
        let wrong = |what: String| CorpusError::damaged(&path, what);
        if record.shard != shard || record.clips.iter().any(|row| row.shard != shard) {
            return Err(wrong(format!("is not about shard {shard}")));
        }
        for row in &record.clips {
            check_row(row, limits).map_err(wrong)?;
        }
        Ok(record)
    }

    /// Whether the tar beside the sidecar is the one it speaks of.
    ///
    /// # Errors
    /// [`CorpusError::Unfinished`] when the tar is missing or has another size, [`CorpusError::Damaged`] when it has
    /// another checksum.
    pub fn check_tar(&self, dir: &Path, check: Check, tell: &mut dyn FnMut(u64)) -> Result<()> {
        let path = tar_path(dir, self.shard);
        let unfinished = |what: String| CorpusError::Unfinished { path: path.clone(), what };
        match std::fs::metadata(&path) {
            Ok(status) if status.len() == self.bytes => {}
            Ok(status) => {
                return Err(unfinished(format!("has {} bytes; {} are expected", status.len(), self.bytes)));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(unfinished("is missing".into()));
            }
            Err(error) => return Err(CorpusError::io(&path, error)),
        }
        if check == Check::Checksum && sha256_of_file(&path, tell)? != self.sha256 {
            return Err(CorpusError::damaged(&path, "its checksum is not the one it was written with"));
        }
        Ok(())
    }
}

/// The record of shard `shard` if it lies whole in the corpus folder `dir`, so that it need not be made again; `None` if
/// it has to be made.
///
/// # Errors
/// [`CorpusError::Different`] when the shard was made with other settings, [`CorpusError::Version`] when by another
/// version of the format, [`CorpusError::Io`] when the system refuses.
pub fn finished(
    dir: &Path,
    shard: u32,
    of: Option<u32>,
    origin: &Origin,
    check: Check,
) -> Result<Option<ShardRecord>> {
    let record = match ShardRecord::read(dir, shard, &Limits::default()) {
        Ok(record) => record,
        Err(CorpusError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(None);
        }
        // A sidecar appears whole or not at all; one that cannot be read was damaged later, and its shard is made again.
        Err(CorpusError::Damaged { .. } | CorpusError::TooLarge { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let different = |what: String| Err(CorpusError::Different { path: sidecar_path(dir, shard), what });
    if let Some(difference) = origin.difference(&record.origin) {
        return different(format!("was made with other settings: {difference}"));
    }
    if record.of != of {
        let words = |of: Option<u32>| of.map_or("an open number of".to_owned(), |n| n.to_string());
        return different(format!("is one of {} shards, not of {}", words(record.of), words(of)));
    }
    match record.check_tar(dir, check, &mut |_| {}) {
        Ok(()) => Ok(Some(record)),
        Err(CorpusError::Unfinished { .. } | CorpusError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
