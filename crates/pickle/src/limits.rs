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

/// Objects that any file may have, however small it is.
const FEW_OBJECTS: usize = 10_000;

/// Bytes of memory that an object may take while a file is read: its place, its place on the stack and in the list
/// that holds it, what it becomes, each in a buffer of twice the size.
const OBJECT_BYTES: u64 = 512;

/// Bytes of memory that reading takes in any case: buffers, tables.
const READING_BYTES: u64 = 1 << 16;

impl Limits {
    /// Most bytes of memory that reading a file of `file_bytes` bytes takes at a time, whatever is in it: the file's own
    /// bytes and a copy, its arrays, and its objects, of which a pickle has at most four for each byte (and 10 000 more).
    #[must_use]
    pub fn memory(&self, file_bytes: u64) -> u64 {
        let objects = self.within(file_bytes).objects as u64;
        let arrays = file_bytes.saturating_mul(self.repeats.saturating_add(2));
        READING_BYTES.saturating_add(arrays).saturating_add(objects.saturating_mul(OBJECT_BYTES))
    }

    /// These limits for a file of that size.
    pub(crate) fn within(&self, file_bytes: u64) -> Self {
        let plenty = usize::try_from(file_bytes.saturating_mul(4)).unwrap_or(usize::MAX);
        Self { objects: self.objects.min(plenty.saturating_add(FEW_OBJECTS)), ..*self }
    }
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
