//! Files that appear whole or not at all.
//!
//! An [`OutputFile`] is written under a temporary name in the folder of its final path and renamed
//! when it is finished, so nobody ever sees half a file under the name that was asked for. Dropping
//! it unfinished deletes it. Every unfinished file of the process is known, so that a Ctrl-C handler
//! can delete them with [`remove_all_unfinished`].

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{MediaError, Result};

/// Temporary paths that exist now. A rename happens under this lock, so a file is either still
/// listed (and removable) or already whole under its final name.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
static NEXT_NUMBER: AtomicU32 = AtomicU32::new(0);

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Deletes every file that is being written by this process and has not been finished; gives their
/// number. For a Ctrl-C handler, just before it ends the process: what is dropped this way can no
/// longer be persisted.
pub fn remove_all_unfinished() -> usize {
    let mut paths = unfinished();
    let count = paths.len();
    for path in std::mem::take(&mut *paths) {
        // Nothing better can be done about a failure while the process ends.
        let _ = fs::remove_file(path);
    }
    count
}

/// A file that takes its final name only when it is whole.
#[derive(Debug)]
pub struct OutputFile {
    final_path: PathBuf,
    temporary_path: PathBuf,
    file: File,
}

impl OutputFile {
    /// Opens `<stem>.partial-<process>-<number>.<extension>` in the folder of `path`. An existing
    /// file at `path` stays untouched until [`OutputFile::persist`] replaces it.
    ///
    /// # Errors
    /// [`MediaError::Io`] with the final path: the folder is missing or may not be written to, or
    /// `path` is a folder, a device or a write-protected file.
    pub fn create(path: &Path) -> Result<Self> {
        // A link is followed, so that the file behind it is replaced and not the link.
        let final_path = match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_symlink() => {
                fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
            }
            _ => path.to_owned(),
        };
        let fail = |kind: ErrorKind, text: String| Err(MediaError::io(path, io::Error::new(kind, text)));
        if let Ok(metadata) = fs::metadata(&final_path) {
            if metadata.is_dir() {
                return fail(ErrorKind::IsADirectory, "is a folder; a file name is needed".into());
            }
            if !metadata.is_file() {
                return fail(ErrorKind::InvalidInput, "is a device or a pipe, not a file".into());
            }
            if metadata.permissions().readonly() {
                return fail(ErrorKind::PermissionDenied, "is write-protected".into());
            }
        }
        let Some(name) = final_path.file_name() else {
            return fail(ErrorKind::InvalidInput, "is not a file name".into());
        };
        let folder = match final_path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if !folder.exists() {
            return fail(ErrorKind::NotFound, format!("the folder {} does not exist", folder.display()));
        }
        let stem = Path::new(name).file_stem().unwrap_or(name);
        loop {
            let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
            let mut temporary_name = OsString::from(stem);
            temporary_name.push(format!(".partial-{}-{number}", std::process::id()));
            if let Some(extension) = final_path.extension() {
                temporary_name.push(".");
                temporary_name.push(extension);
            }
            let temporary_path = folder.join(temporary_name);
            let mut paths = unfinished();
            match OpenOptions::new().read(true).write(true).create_new(true).open(&temporary_path) {
                Ok(file) => {
                    paths.insert(temporary_path.clone());
                    return Ok(Self { final_path, temporary_path, file });
                }
                // Left by an earlier process with the same number that was killed.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(MediaError::io(path, error)),
            }
        }
    }

    /// The name it will have.
    #[must_use]
    pub fn final_path(&self) -> &Path {
        &self.final_path
    }

    /// The name it has now, for a program that writes it itself. It ends in the final extension.
    #[must_use]
    pub fn temporary_path(&self) -> &Path {
        &self.temporary_path
    }

    /// Turns a failed write into an error that names the final path.
    #[must_use]
    pub fn error(&self, source: io::Error) -> MediaError {
        MediaError::io(&self.final_path, source)
    }

    /// Writes everything to the disk and gives the file its final name, replacing what was there.
    ///
    /// # Errors
    /// [`MediaError::Io`] with the final path; the temporary file is gone then.
    pub fn persist(self) -> Result<()> {
        self.file.sync_all().map_err(|error| self.error(error))?;
        let mut paths = unfinished();
        if !paths.contains(&self.temporary_path) {
            drop(paths);
            return Err(self.error(io::Error::new(ErrorKind::Interrupted, "stopped before it was whole")));
        }
        let renamed = fs::rename(&self.temporary_path, &self.final_path);
        if renamed.is_ok() {
            paths.remove(&self.temporary_path);
        }
        drop(paths);
        renamed.map_err(|error| self.error(error))
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        // Not listed any more means renamed or already deleted.
        if unfinished().remove(&self.temporary_path) {
            let _ = fs::remove_file(&self.temporary_path);
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for OutputFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Writes `bytes` to `path` through an [`OutputFile`].
///
/// # Errors
/// As [`OutputFile::create`] and [`OutputFile::persist`]; [`MediaError::Io`] for a full disk.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut output = OutputFile::create(path)?;
    output.write_all(bytes).map_err(|error| output.error(error))?;
    output.persist()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_name_appears_when_the_file_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.mp4");
        fs::write(&path, "old").unwrap();
        let mut output = OutputFile::create(&path).unwrap();
        output.write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        let temporary = output.temporary_path().file_name().unwrap().to_string_lossy().into_owned();
        assert!(temporary.starts_with("out.partial-") && temporary.ends_with(".mp4"), "{temporary}");
        output.persist().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["out.mp4"]);
    }

    #[test]
    fn what_is_dropped_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut output = OutputFile::create(&folder.path().join("out")).unwrap();
        output.write_all(b"half").unwrap();
        assert_eq!(names(folder.path()).len(), 1);
        drop(output);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn places_that_cannot_be_written_are_named_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let kind = |path: &Path| match OutputFile::create(path) {
            Err(MediaError::Io { path: named, source }) => {
                assert_eq!(named, path);
                source.kind()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(kind(&folder.path().join("missing/out.png")), ErrorKind::NotFound);
        assert_eq!(kind(folder.path()), ErrorKind::IsADirectory);
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        assert!(matches!(kind(&plain.join("out.png")), ErrorKind::NotADirectory | ErrorKind::NotFound));
        let mut permissions = fs::metadata(&plain).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&plain, permissions).unwrap();
        assert_eq!(kind(&plain), ErrorKind::PermissionDenied);
        assert_eq!(names(folder.path()), ["plain"]);
    }

    #[cfg(unix)]
    #[test]
    fn an_unwritable_folder_a_device_and_a_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        assert!(OutputFile::create(Path::new("/dev/null")).is_err());

        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        fs::write(&target, "old").unwrap();
        let link = folder.path().join("link");
        symlink(&target, &link).unwrap();
        write_whole(&link, b"new").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());

        let locked = folder.path().join("locked");
        fs::create_dir(&locked).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
        if fs::write(locked.join("probe"), "").is_ok() {
            eprintln!("skipped: this user may write everywhere");
            return;
        }
        let error = OutputFile::create(&locked.join("out.png")).unwrap_err();
        assert!(error.hint().unwrap().contains("folder"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_with_the_final_name_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.wav");
        let mut output = OutputFile::create(&path).unwrap();
        output.file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let source = output.write_all(b"anything").unwrap_err();
        let error = output.error(source);
        drop(output);
        assert!(error.to_string().contains("out.wav"), "{error}");
        assert!(error.hint().unwrap().contains("free some space"));
        assert!(names(folder.path()).is_empty());
    }
}
