//! A clip as it is handed in.

use crate::{ClipDescription, CorpusError, Result, SoundFormat, Truth};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// The content of a member.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file, which is copied.
    File(PathBuf),
}

/// A clip to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipInput {
    /// What is known about it in words.
    pub description: ClipDescription,
    /// An mp4 with pictures and, unless `sound` is there, with sound.
    pub pictures: Option<Content>,
    /// Sound outside of the video: a whole WAV or FLAC file.
    pub sound: Option<(SoundFormat, Content)>,
    /// The truth.
    pub truth: Option<Truth>,
}

/// A member that is ready to be read from its start.
pub enum Source<'a> {
    Bytes(&'a [u8]),
    File(&'a PathBuf, File, u64),
}

impl Content {
    /// Opens it and learns its length.
    pub(super) fn open(&self) -> Result<Source<'_>> {
        match self {
            Self::Bytes(bytes) => Ok(Source::Bytes(bytes)),
            Self::File(path) => {
                let io = |source| CorpusError::io(path, source);
                let file = File::open(path).map_err(io)?;
                let status = file.metadata().map_err(io)?;
                if !status.is_file() {
                    return Err(CorpusError::damaged(path, "not an ordinary file"));
                }
                Ok(Source::File(path, file, status.len()))
            }
        }
    }
}

impl Source<'_> {
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, _, length) => *length,
        }
    }

    /// Calls `take` with block after block of exactly `len()` bytes in all.
    pub fn for_each_block(self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        const BLOCK: usize = 1 << 18;
        match self {
            Self::Bytes(bytes) => take(bytes),
            Self::File(path, file, length) => {
                let mut file = file.take(length);
                let mut block = vec![0; BLOCK];
                let mut copied = 0;
                loop {
                    let read = file.read(&mut block).map_err(|source| CorpusError::io(path, source))?;
                    if read == 0 {
                        break;
                    }
                    copied += read as u64;
                    take(&block[..read])?;
                }
                if copied == length {
                    return Ok(());
                }
                Err(CorpusError::damaged(path, "became shorter while it was copied"))
            }
        }
    }
}
