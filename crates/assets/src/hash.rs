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
}
