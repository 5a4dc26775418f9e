//! What can go wrong in a chore, and the next step for each.

use std::path::{Path, PathBuf};

use orator_assets::AssetError;

/// What went wrong in a chore.
#[derive(Debug, thiserror::Error)]
pub enum ChoreError {
    /// Only Linux x86-64 is tested; the pinned files are for it alone.
    #[error("set-up knows Linux on x86-64 only, and this is {os} on {arch}; nothing was changed")]
    Platform { os: &'static str, arch: &'static str },
    /// Python or its pip is absent.
    #[error("no Python with pip was found (tried `python3 -m pip` and `python -m pip`): {detail}")]
    NoPip { detail: String },
    /// pip ended with an error.
    #[error("pip could not fetch {file} (package {package}): {cause}\n{log}")]
    Pip { package: String, file: String, cause: &'static str, remedy: &'static str, log: String },
    /// A fetched archive is not the pinned one, twice.
    #[error("{file} (package {package}) is not the pinned file: SHA-256 is {found}, pinned is {pinned}")]
    Checksum { package: String, file: String, pinned: String, found: String },
    /// An archive cannot be unpacked.
    #[error("{} cannot be unpacked: {detail}", archive.display())]
    Archive { archive: PathBuf, detail: String },
    /// Too little room on disk.
    #[error("not enough room in {}: {} MB are free, {} MB are needed", folder.display(), free / 1_000_000, need / 1_000_000)]
    NoRoom { folder: PathBuf, free: u64, need: u64 },
    /// The file system said no.
    #[error("cannot {doing} {}: {cause}", path.display())]
    File { doing: &'static str, path: PathBuf, cause: std::io::Error },
    /// A real folder or file lies where the link to the cache belongs.
    #[error("{} is in the way: a link into the cache belongs there", path.display())]
    InTheWay { path: PathBuf },
    /// The repository's root was not found.
    #[error("no workspace was found in or above {}", from.display())]
    NoWorkspace { from: PathBuf },
    /// A program could not be started.
    #[error("cannot start `{program}`: {cause}")]
    Start { program: String, cause: std::io::Error },
    /// A program ended with an error.
    #[error("`{command}` ended with {status}")]
    Ended { command: String, status: String },
    /// Something printed what could not be understood.
    #[error("{what} could not be read: {detail}")]
    Unexpected { what: String, detail: String },
    /// Some checks failed; each was printed where it happened.
    #[error("{} of {total} checks failed: {}", failed.len(), failed.join(", "))]
    Checks { failed: Vec<&'static str>, total: usize },
    /// A cache question went wrong.
    #[error(transparent)]
    Asset(#[from] AssetError),
}

impl ChoreError {
    /// For `map_err` on file operations.
    pub fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |cause| Self::File { doing, path, cause }
    }

    /// The next step, in plain words.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Platform { .. } => "use a Linux x86-64 machine or container; other platforms are not tried yet".into(),
            Self::NoPip { .. } => {
                "install Python 3 with pip (Debian and Ubuntu: `apt install python3-pip`), then run this again".into()
            }
            Self::Pip { remedy, .. } => (*remedy).into(),
            Self::Checksum { .. } => "it was fetched twice with the same outcome: the package index that pip uses \
                                      serves another file. Check pip's index settings (`python3 -m pip config list`); \
                                      the file was deleted and nothing was unpacked"
                .into(),
            Self::Archive { archive, .. } => format!("delete {} and run this again", archive.display()),
            Self::NoRoom { .. } => "free some room, or set ORATOR_HOME to a folder on a larger disk".into(),
            Self::File { cause, path, .. } => match cause.kind() {
                std::io::ErrorKind::PermissionDenied => {
                    format!("check who may write {}, or set ORATOR_HOME to another folder", path.display())
                }
                std::io::ErrorKind::StorageFull => {
                    "free some room, or set ORATOR_HOME to a folder on a larger disk".into()
                }
                _ => return None,
            },
            Self::InTheWay { path } => format!("move {} away and run this again", path.display()),
            Self::NoWorkspace { .. } => "run it inside a clone of the repository".into(),
            Self::Checks { .. } => "each failed check is explained above".into(),
            Self::Asset(error) => return error.hint(),
            Self::Start { .. } | Self::Ended { .. } | Self::Unexpected { .. } => return None,
        })
    }
}
