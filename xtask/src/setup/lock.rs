//! One set-up at a time per cache: two checkouts share it.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::ChoreError;

/// Takes the cache's lock, waiting for another set-up if there is one. Dropping the file frees it, and so does
/// the end of the process, however it ends.
pub fn take(home: &Path) -> Result<File, ChoreError> {
    let path = home.join("setup.lock");
    let file = File::create(&path).map_err(ChoreError::file("make", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("Another set-up is filling {}; waiting for it.", home.display());
            file.lock().map_err(ChoreError::file("lock", &path))?;
        }
        Err(TryLockError::Error(cause)) => return Err(ChoreError::File { doing: "lock", path, cause }),
    }
    Ok(file)
}
