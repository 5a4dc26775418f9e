//! The recordings that a corpus is staged with: a folder's, or those that come along.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::path::Path;

use super::alignment;
use super::bundled::{self, BundledTalk};
use super::folder::{self, TalkFile};
use super::sound::SpokenTalk;
use crate::Result;

/// Pauses between recordings that are joined to a clip, in seconds.
const PAUSES: std::ops::Range<f64> = 0.15..0.6;

/// Recordings with the times of their words; sounds are read when they are asked for.
#[derive(Clone, Debug)]
pub struct Recordings(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// Files, and how long each lasts in seconds.
    Folder(Vec<(TalkFile, f64)>),
    Bundled(Vec<BundledTalk>),
}

impl Recordings {
    /// The sentences that come with the project.
    ///
    /// # Errors
    /// Never, unless what is compiled in was spoilt.
    pub fn bundled() -> Result<Self> {
        Ok(Self(Kind::Bundled(bundled::talks()?)))
    }

    /// Every `NAME.wav` or `NAME.mp4` of a folder with its times in `NAME.json` (our own form, or PocketSphinx's, in which the
    /// LibriVox clips come), `NAME.align` or `align/NAME.align` (GRID), in the order of their names. Each may have its own
    /// form and sample rate.
    ///
    /// # Errors
    /// [`StageError::Speech`](crate::StageError::Speech) when there are none, or one is damaged or contradicts itself.
    pub fn open(folder: &Path) -> Result<Self> {
        let timed = folder::list_folder(folder)?.into_iter().map(|file| {
            let seconds = alignment::read(&file.times)?.duration;
            Ok((file, seconds))
        });
        Ok(Self(Kind::Folder(timed.collect::<Result<_>>()?)))
    }

    /// Whether these are the sentences that come with the project, whose licence is known.
    #[must_use]
    pub fn are_bundled(&self) -> bool {
        matches!(self.0, Kind::Bundled(_))
    }

    /// Length of each recording in seconds.
    #[must_use]
    pub fn seconds(&self) -> Vec<f64> {
        match &self.0 {
            Kind::Folder(files) => files.iter().map(|(_, seconds)| *seconds).collect(),
            Kind::Bundled(talks) => talks.iter().map(|bundled| bundled.talk.duration).collect(),
        }
    }

    /// Reads the recordings of these indices and joins them to one, with pauses that chance draws.
    ///
    /// # Errors
    /// When a sound cannot be read, or lasts longer or shorter than its words.
    pub fn joined(&self, of: &[usize], chance: &mut ChaCha8Rng) -> Result<SpokenTalk> {
        let read = |&index: &usize| match &self.0 {
            Kind::Folder(files) => files[index].0.read(),
            Kind::Bundled(talks) => talks[index].decode(),
        };
        let parts = of.iter().map(read).collect::<Result<Vec<_>>>()?;
        let pauses: Vec<f64> = (0..=parts.len()).map(|_| chance.random_range(PAUSES)).collect();
        SpokenTalk::join(&parts, &pauses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn joined_recordings_keep_all_words_and_an_empty_folder_is_refused() {
        let recordings = Recordings::bundled().unwrap();
        let whole = recordings.joined(&[0, 5, 9], &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
        let said: f64 = [0, 5, 9].iter().map(|&i| recordings.seconds()[i]).sum();
        assert!(whole.talk.duration > said + 0.6 && whole.talk.duration < said + 2.4);
        assert!(
            (whole.samples.len() as f64 / f64::from(whole.sample_rate) - whole.talk.duration).abs() < 1e-3
        );
        assert!(whole.talk.words.windows(2).all(|pair| pair[0].end <= pair[1].start + 1e-9));
        let empty = tempfile::tempdir().unwrap();
        assert!(Recordings::open(empty.path()).unwrap_err().hint().is_some());
    }
}
