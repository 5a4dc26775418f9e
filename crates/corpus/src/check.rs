//! Checksums.

use crate::{CorpusError, Result};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Block in which files are read.
const BLOCK: usize = 1 << 20;

/// SHA-256 of `bytes` as 64 small hexadecimal digits.
pub fn sha256_of(bytes: &[u8]) -> String {
    hex(Sha256::new_with_prefix(bytes))
}

/// The digits of a finished sum.
pub fn hex(sum: Sha256) -> String {
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of the file at `path`; `tell` hears of every block's bytes.
pub fn sha256_of_file(path: &Path, tell: &mut dyn FnMut(u64)) -> Result<String> {
    let io = |source| CorpusError::io(path, source);
    let mut file = File::open(path).map_err(io)?;
    let mut sum = Sha256::new();
    let mut block = vec![0; BLOCK];
    loop {
        let read = file.read(&mut block).map_err(io)?;
        if read == 0 {
            return Ok(hex(sum));
        }
        sum.update(&block[..read]);
        tell(read as u64);
    }
}
