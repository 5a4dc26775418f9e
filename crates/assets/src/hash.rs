//! SHA-256 of files, in pieces, so that a 500 MB archive needs no 500 MB of memory.

use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::AssetError;

/// Computes a SHA-256 piece by piece.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all bytes taken in, as 64 lower-case hexadecimal digits.
    pub fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The SHA-256 of a file as 64 lower-case hexadecimal digits; `progress` hears how many bytes each read gave.
///
/// # Errors
/// [`AssetError::Missing`] or [`AssetError::Unreadable`].
pub fn sha256_of(path: &Path, mut progress: impl FnMut(u64)) -> Result<String, AssetError> {
    let mut file = std::fs::File::open(path).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => AssetError::Missing { path: path.into() },
        _ => AssetError::Unreadable { path: path.into(), cause },
    })?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0_u8; 1 << 20];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                progress(count as u64);
            }
            Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(AssetError::Unreadable { path: path.into(), cause }),
        }
    }
}

/// One SHA-256 for a folder: of the lines `PATH HASH` of its files in the order of their paths (with `/`, relative to the
/// folder). Files whose name begins with a dot are set-up's own and do not count.
///
/// # Errors
/// [`AssetError::Missing`] or [`AssetError::Unreadable`].
pub fn sha256_of_folder(folder: &Path) -> Result<String, AssetError> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        let unreadable = |cause| AssetError::Unreadable { path: next.clone(), cause };
        for entry in std::fs::read_dir(&next).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if path.is_dir() {
                open.push(path);
            } else if !hidden {
                let inside = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                files.push((inside, path));
            }
        }
    }
    files.sort();
    let mut hasher = Hasher::default();
    for (inside, path) in files {
        hasher.update(format!("{inside} {}\n", sha256_of(&path, |_| {})?).as_bytes());
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_input_has_the_published_hash() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Hasher::default().finish(), empty);
    }

    #[test]
    fn an_absent_file_is_missing() {
        let error = sha256_of(Path::new("no such file"), |_| {}).unwrap_err();
        assert!(matches!(error, AssetError::Missing { .. }));
    }

    #[test]
    fn a_folder_has_another_hash_when_a_file_is_altered_or_added() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        std::fs::write(folder.path().join("b/one"), "1").unwrap();
        std::fs::write(folder.path().join("a"), "2").unwrap();
        let before = sha256_of_folder(folder.path()).unwrap();
        std::fs::write(folder.path().join(".stamp"), "anything").unwrap();
        assert_eq!(sha256_of_folder(folder.path()).unwrap(), before);
        std::fs::write(folder.path().join("b/two"), "").unwrap();
        let added = sha256_of_folder(folder.path()).unwrap();
        assert_ne!(added, before);
        std::fs::remove_file(folder.path().join("b/two")).unwrap();
        std::fs::write(folder.path().join("a"), "3").unwrap();
        assert_ne!(sha256_of_folder(folder.path()).unwrap(), before);
        assert!(matches!(sha256_of_folder(Path::new("no such folder")), Err(AssetError::Unreadable { .. })));
    }
}
