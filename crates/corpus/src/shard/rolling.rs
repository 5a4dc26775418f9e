//! Shard after shard, for makers that do not know beforehand how many there will be.

use super::{ClipInput, DEFAULT_SHARD_BYTES, ShardPlan, ShardRecord, ShardWriter};
use crate::{CorpusError, Origin, Result};
use std::path::{Path, PathBuf};

/// Writes clips into shards 0, 1, 2 …, a new one whenever the last is full.
pub struct RollingWriter {
    dir: PathBuf,
    origin: Origin,
    max_bytes: u64,
    next: u32,
    current: Option<ShardWriter>,
    done: Vec<ShardRecord>,
}

impl RollingWriter {
    /// Starts with shard `first`: 0, or the first that is not whole when a run is resumed.
    #[must_use]
    pub fn new(dir: &Path, origin: Origin, first: u32) -> Self {
        Self {
            dir: dir.to_owned(),
            origin,
            max_bytes: DEFAULT_SHARD_BYTES,
            next: first,
            current: None,
            done: Vec::new(),
        }
    }

    /// Bounds the shards' size.
    #[must_use]
    pub fn with_max_bytes(self, max_bytes: u64) -> Self {
        Self { max_bytes, ..self }
    }

    /// Adds a clip, in a new shard if it does not fit into the last.
    ///
    /// # Errors
    /// As [`ShardWriter::push`]; [`CorpusError::ShardFull`] only for a clip that is larger than a whole shard may be.
    pub fn push(&mut self, clip: &ClipInput) -> Result<()> {
        if let Some(writer) = &mut self.current {
            match writer.push(clip) {
                Err(CorpusError::ShardFull { .. }) if writer.clips() > 0 => self.end_shard()?,
                other => return other,
            }
        }
        let plan =
            ShardPlan { max_bytes: self.max_bytes, ..ShardPlan::new(self.next, None, self.origin.clone()) };
        self.current.insert(ShardWriter::begin(&self.dir, plan)?).push(clip)
    }

    /// Ends the last shard; gives the records of all that were written.
    ///
    /// # Errors
    /// As [`ShardWriter::finish`].
    pub fn finish(mut self) -> Result<Vec<ShardRecord>> {
        self.end_shard()?;
        Ok(self.done)
    }

    fn end_shard(&mut self) -> Result<()> {
        if let Some(writer) = self.current.take()
            && writer.clips() > 0
        {
            self.done.push(writer.finish()?);
            self.next += 1;
        }
        Ok(())
    }
}
