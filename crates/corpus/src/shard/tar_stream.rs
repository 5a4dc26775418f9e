//! A tar as a stream: counted, summed, and the same for the same members on every machine.

use sha2::{Digest, Sha256};
use std::io::{self, Write};
use tar::{EntryType, Header};

/// Tars come in blocks of so many bytes.
pub const BLOCK: u64 = 512;
/// Two empty blocks end a tar.
pub const END: u64 = 2 * BLOCK;

/// Bytes that a member with so many bytes of content takes: header, content, filling up to a whole block.
pub fn space_of(bytes: u64) -> u64 {
    BLOCK + bytes.next_multiple_of(BLOCK)
}

pub struct TarStream<W> {
    target: W,
    sum: Sha256,
    at: u64,
}

impl<W: Write> TarStream<W> {
    pub fn new(target: W) -> Self {
        Self { target, sum: Sha256::new(), at: 0 }
    }

    /// Bytes written so far.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Writes a member's header: no time, no owner, plain permissions. Gives the offset of its content.
    pub fn begin(&mut self, name: &str, bytes: u64) -> io::Result<u64> {
        let mut header = Header::new_ustar();
        header.set_path(name)?;
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        self.write(header.as_bytes())?;
        Ok(self.at)
    }

    /// Writes content.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.target.write_all(bytes)?;
        self.sum.update(bytes);
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Fills up the member's last block.
    pub fn end_member(&mut self) -> io::Result<()> {
        let missing = self.at.next_multiple_of(BLOCK) - self.at;
        self.write(&[0; BLOCK as usize][..missing as usize])
    }

    /// Ends the tar; gives the target, the length and the checksum.
    pub fn finish(mut self) -> io::Result<(W, u64, String)> {
        self.write(&[0; END as usize])?;
        self.target.flush()?;
        Ok((self.target, self.at, crate::check::hex(self.sum)))
    }
}
