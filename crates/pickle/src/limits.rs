//! What a file may ask for.

use crate::{PickleError, Result};

/// Bounds on what is taken from a file, whatever the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, in bytes. Default 8 GiB.
    pub file_bytes: u64,
    /// Most objects that a pickle may put on its stack, repeats included; also the most values of the tree. Default 2
    /// million; a large checkpoint has some ten thousand.
    pub objects: usize,
    /// Deepest nesting. Default 64.
    pub depth: usize,
    /// All arrays together, as a multiple of the file's size: views may repeat a storage's bytes. Default 4.
    pub repeats: u64,
    /// Most axes of an array. Default 16.
    pub axes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 8 << 30, objects: 2_000_000, depth: 64, repeats: 4, axes: 16 }
    }
}

/// Bytes that arrays may still take.
pub(crate) struct Budget {
    left: u64,
    all: u64,
}

impl Budget {
    pub(crate) fn of(limits: &Limits, file_bytes: u64) -> Self {
        let all = file_bytes.saturating_mul(limits.repeats);
        Self { left: all, all }
    }

    /// Takes `bytes` from the budget, before they are allocated.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<()> {
        self.left = self.left.checked_sub(bytes as u64).ok_or_else(|| {
            PickleError::too_large(format!(
                "the file states arrays of more than {} bytes together, which so small a file does not hold",
                self.all
            ))
        })?;
        Ok(())
    }
}
