//! Where the checkout is.

use std::path::{Path, PathBuf};

use crate::error::ChoreError;

/// The root of the checkout that this chore works on.
///
/// Cargo tells where `xtask` lies; started by hand, the folders above the current one are searched.
pub fn root() -> Result<PathBuf, ChoreError> {
    let from = match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => std::env::current_dir().map_err(ChoreError::file("find", Path::new(".")))?,
    };
    let root = from.ancestors().find(|folder| {
        std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.contains("[workspace]"))
    });
    root.map(Path::to_path_buf).ok_or(ChoreError::NoWorkspace { from })
}
