//! The guides of a clip on disk: every kept frame, drawn from a few of its frames.

use crate::{Result, TrainError};
#[cfg(test)]
use orator_media::Picture;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Every kept frame of a clip, drawn from each of a few source frames.
pub(super) struct Guides {
    /// Frames that are drawn from; the first has a face where any has.
    pub(super) sources: Vec<usize>,
    pub(super) frames: usize,
    pub(super) bytes: usize,
    pub(super) path: PathBuf,
}

impl Guides {
    /// Frames that are drawn from.
    pub fn sources(&self) -> &[usize] {
        &self.sources
    }

    /// What is drawn of `frame` from the source frame `source`, one of [`Guides::sources`]: red, green, blue of each pixel.
    ///
    /// # Errors
    /// When `source` is no source, or the file was cut since.
    pub fn picture(&self, source: usize, frame: usize) -> Result<Vec<u8>> {
        let at = self.sources.iter().position(|&s| s == source).ok_or_else(|| TrainError::Corpus {
            what: format!("{}: nothing was drawn from frame {source}", self.path.display()),
            hint: "delete the prepared folder of the run and prepare again".into(),
        })?;
        read_at(&self.path, self.bytes, at * self.frames + frame)
    }
}

/// The `number`-th picture of `bytes` in a file of pictures. The file is opened each time: a corpus has more clips than a program
/// may have files open.
pub(super) fn read_at(path: &Path, bytes: usize, number: usize) -> Result<Vec<u8>> {
    let mut rgb = vec![0; bytes];
    File::open(path)
        .and_then(|file| file.read_exact_at(&mut rgb, (number * bytes) as u64))
        .map_err(|e| TrainError::io(path, e))?;
    Ok(rgb)
}

#[cfg(test)]
impl Guides {
    /// Guides that show the first of some pictures whatever the pose; their file lies in `folder`.
    pub(super) fn made_up(pictures: &[Picture], folder: &Path) -> Self {
        let path = folder.join("made-up.guides");
        let bytes: Vec<u8> = pictures.iter().flat_map(|_| pictures[0].rgb().to_vec()).collect();
        std::fs::write(&path, &bytes).unwrap();
        let bytes = bytes.len() / pictures.len();
        Self { sources: vec![0], frames: pictures.len(), bytes, path }
    }
}
