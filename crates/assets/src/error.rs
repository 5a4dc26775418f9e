//! Why an asset is not at hand, and what to do about it.

use std::path::PathBuf;

/// Why an asset is not at hand.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// Neither `ORATOR_HOME` nor a home folder is known.
    #[error("no cache folder: neither ORATOR_HOME nor HOME is set")]
    NoHome,
    /// The file was never fetched.
    #[error("{} is missing", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The file is there but cannot be read.
    #[error("{} cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file is there but is not the one the catalogue pins.
    #[error("{} is damaged: SHA-256 is {found}, pinned is {pinned}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The hash in the catalogue.
        pinned: String,
        /// The hash of the file on disk.
        found: String,
    },
}

impl AssetError {
    /// The next step, in plain words.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoHome => {
                "set ORATOR_HOME to a folder with 2 GB of room, then run `cargo xtask setup`".into()
            }
            Self::Missing { .. } => {
                "run `cargo xtask setup` (if ORATOR_HOME was set then, set it now too)".into()
            }
            Self::Unreadable { path, .. } => format!("check who may read {}", path.display()),
            Self::Damaged { path, .. } => {
                let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
                format!("delete {} and run `cargo xtask setup`", folder.display())
            }
        })
    }
}
