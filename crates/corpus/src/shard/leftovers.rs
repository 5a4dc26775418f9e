//! What killed runs leave behind, and who is at work on a shard now.

use super::{SHARDS, sidecar_path, stem};
use crate::{CorpusError, Result};
use std::fs::{File, TryLockError};
use std::path::Path;

/// Locks the file a shard is written to, for as long as the returned handle lives: that tells it from a leftover.
/// Where the file system has no locks, nothing is locked.
pub fn claim(path: &Path) -> Result<File> {
    let file = File::open(path).map_err(|source| CorpusError::io(path, source))?;
    match file.try_lock() {
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CorpusError::Busy { path: path.to_owned() }),
    }
}

/// Removes the temporary files of shard `shard` in the corpus folder `dir` that no living process is writing.
pub fn remove(dir: &Path, shard: u32) -> Result<()> {
    let folder = dir.join(SHARDS);
    let io = |source| CorpusError::io(&folder, source);
    let start = format!("{}.partial-", stem(shard));
    let mut leftovers = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(&start)) {
            leftovers.push(folder.join(name));
        }
    }
    for path in leftovers {
        match claim(&path) {
            Ok(lock) => {
                drop(lock);
                delete(&path)?;
            }
            Err(CorpusError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(CorpusError::Busy { .. }) => {
                return Err(CorpusError::Busy { path: super::tar_path(dir, shard) });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes a shard back: without its sidecar, its tar counts for nothing.
pub fn remove_sidecar(dir: &Path, shard: u32) -> Result<()> {
    delete(&sidecar_path(dir, shard))?;
    sync_folder(&dir.join(SHARDS))
}

fn delete(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(CorpusError::io(path, error)),
        _ => Ok(()),
    }
}

/// Brings the folder's names to the disk, so that a rename survives a power cut before the next one is made.
pub fn sync_folder(folder: &Path) -> Result<()> {
    // Only unix can open a folder; elsewhere the system keeps the order of renames itself.
    if cfg!(unix) {
        let io = |source| CorpusError::io(folder, source);
        File::open(folder).map_err(io)?.sync_all().map_err(io)?;
    }
    Ok(())
}
