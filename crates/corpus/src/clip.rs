//! One clip of an opened corpus.

use crate::limits::check_size;
use crate::shard::tar_path;
use crate::truth::TruthFile;
use crate::windows::starts;
use crate::{ClipDescription, ClipRow, Corpus, CorpusError, Member, Result, Truth, Window};
use orator_body::KeypointTrack;
use orator_media::Audio;
use orator_media::video_in::{VideoReadOptions, VideoReader};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A clip of an opened corpus; its content is read from the shard when asked for.
#[derive(Clone, Copy, Debug)]
pub struct Clip<'a> {
    corpus: &'a Corpus,
    row: &'a ClipRow,
}

/// A member copied out into a temporary file, which is deleted when this is dropped.
#[derive(Debug)]
pub struct Extracted {
    file: NamedTempFile,
}

impl Extracted {
    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }
}

impl<'a> Clip<'a> {
    pub(crate) fn new(corpus: &'a Corpus, row: &'a ClipRow) -> Self {
        Self { corpus, row }
    }

    /// What the index knows.
    #[must_use]
    pub fn row(&self) -> &'a ClipRow {
        self.row
    }

    /// The clip's name.
    #[must_use]
    pub fn id(&self) -> &'a str {
        &self.row.id
    }

    /// The licence: the clip's own or the corpus's.
    #[must_use]
    pub fn licence(&self) -> &'a str {
        self.row.licence.as_deref().unwrap_or(&self.corpus.origin().licence)
    }

    /// Words, phones, triggers, and everything else that is known in words.
    ///
    /// # Errors
    /// [`CorpusError`] naming the shard and the clip.
    pub fn description(&self) -> Result<ClipDescription> {
        let limits = self.corpus.limits();
        check_size(&self.shard_path(), self.id(), self.row.description.bytes, limits.max_description_bytes)?;
        let bytes = self.member("json", self.row.description)?;
        let description: ClipDescription =
            serde_json::from_slice(&bytes).map_err(|e| self.damaged("json", &e.to_string()))?;
        if description.id != self.row.id || description.frames != self.row.frames {
            return Err(self.damaged("json", "speaks of another clip than the index"));
        }
        description.check(limits)?;
        Ok(description)
    }

    /// The whole truth.
    ///
    /// # Errors
    /// [`CorpusError`] naming the shard and the clip, also when it has none.
    pub fn truth(&self) -> Result<Truth> {
        self.with_truth(|file| file.all())
    }

    /// Keypoints with visibility; masks and depth stay packed.
    ///
    /// # Errors
    /// As [`Clip::truth`].
    pub fn motion(&self) -> Result<Truth> {
        self.with_truth(|file| file.motion())
    }

    /// The keypoints as a track (see [`Truth::track`]).
    ///
    /// # Errors
    /// As [`Clip::truth`].
    pub fn track(&self) -> Result<KeypointTrack> {
        Ok(self.motion()?.track()?)
    }

    /// Reads the truth's header and hands it to `take`, which unpacks what it wants.
    ///
    /// # Errors
    /// As [`Clip::truth`], and what `take` finds wrong.
    pub fn with_truth<T>(
        &self,
        take: impl FnOnce(&TruthFile<'_>) -> std::result::Result<T, String>,
    ) -> Result<T> {
        let member = self.row.truth.ok_or_else(|| CorpusError::clip(self.id(), "has no truth"))?;
        let bytes = self.member("truth", member)?;
        let wrong = |what: String| self.damaged("truth", &what);
        let file = TruthFile::open(&bytes, self.corpus.limits()).map_err(wrong)?;
        if file.frames() as u64 != self.row.frames {
            return Err(wrong(format!("has {} frames; the index says {}", file.frames(), self.row.frames)));
        }
        take(&file).map_err(wrong)
    }

    /// The bytes of the mp4; `None` without pictures.
    ///
    /// # Errors
    /// [`CorpusError`] naming the shard and the clip.
    pub fn picture_bytes(&self) -> Result<Option<Vec<u8>>> {
        self.row.pictures.map(|member| self.member("mp4", member)).transpose()
    }

    /// The bytes of the file that holds the sound, WAV, FLAC or mp4; `None` without sound.
    ///
    /// # Errors
    /// [`CorpusError`] naming the shard and the clip.
    pub fn sound_bytes(&self) -> Result<Option<Vec<u8>>> {
        self.sound_member().map(|(extension, member)| self.member(extension, member)).transpose()
    }

    /// The sound; `None` without.
    ///
    /// # Errors
    /// [`CorpusError`] naming the shard and the clip, or what is wrong with the recording.
    pub fn audio(&self) -> Result<Option<Audio>> {
        let Some((extension, member)) = self.sound_member() else { return Ok(None) };
        let file = self.extracted(extension, member)?;
        // The message of a reader names the temporary file, which nobody can look at any more.
        orator_media::audio::read(file.path(), &orator_media::Limits::default())
            .map(Some)
            .map_err(|error| self.damaged(extension, &error.to_string()))
    }

    /// The file that holds the sound, copied out; `None` without sound.
    ///
    /// # Errors
    /// [`CorpusError`] naming the shard and the clip, or a full disk.
    pub fn extract_sound(&self) -> Result<Option<Extracted>> {
        self.sound_member().map(|(extension, member)| self.extracted(extension, member)).transpose()
    }

    /// The mp4, copied out; `None` without pictures.
    ///
    /// # Errors
    /// [`CorpusError`] naming the shard and the clip, or a full disk.
    pub fn extract_pictures(&self) -> Result<Option<Extracted>> {
        self.row.pictures.map(|member| self.extracted("mp4", member)).transpose()
    }

    /// The pictures, read frame by frame, with the temporary file that must live as long; `None` without pictures.
    ///
    /// # Errors
    /// As [`Clip::extract_pictures`], or what is wrong with the video.
    pub fn video(&self, options: &VideoReadOptions) -> Result<Option<(VideoReader, Extracted)>> {
        let Some(file) = self.extract_pictures()? else { return Ok(None) };
        let reader = VideoReader::open(file.path(), options)?;
        Ok(Some((reader, file)))
    }

    /// Its windows, one every `stride` frames (at least 1) in each usable range; none if it is shorter than a window.
    pub fn windows(&self, stride: u64) -> impl Iterator<Item = Window<'a>> + use<'a> {
        let clip = *self;
        starts(self.row.frames, &self.row.usable, stride).map(move |start| Window { clip, start })
    }

    fn sound_member(&self) -> Option<(&'static str, Member)> {
        if self.row.samples == 0 {
            return None;
        }
        match (self.row.sound, self.row.sound_format) {
            (Some(member), Some(format)) => Some((format.extension(), member)),
            _ => self.row.pictures.map(|member| ("mp4", member)),
        }
    }

    pub(crate) fn shard_path(&self) -> PathBuf {
        tar_path(self.corpus.dir(), self.row.shard)
    }

    pub(crate) fn damaged(&self, extension: &str, what: &str) -> CorpusError {
        CorpusError::damaged(&self.shard_path(), format!("{}.{extension}: {what}", self.row.id))
    }

    /// A member's bytes.
    fn member(&self, extension: &str, member: Member) -> Result<Vec<u8>> {
        let path = self.shard_path();
        check_size(
            &path,
            &format!("{}.{extension}", self.id()),
            member.bytes,
            self.corpus.limits().max_member_bytes,
        )?;
        let mut file = self.open_at(extension, member)?;
        let mut bytes = Vec::with_capacity(usize::try_from(member.bytes).unwrap_or(0));
        file.read_to_end(&mut bytes).map_err(|source| CorpusError::io(&path, source))?;
        if bytes.len() as u64 != member.bytes {
            return Err(self.damaged(extension, "is cut off"));
        }
        Ok(bytes)
    }

    /// A member copied into a temporary file with its extension, so that readers can tell what it is.
    fn extracted(&self, extension: &str, member: Member) -> Result<Extracted> {
        let io = |source| CorpusError::io(&std::env::temp_dir(), source);
        let mut source = self.open_at(extension, member)?;
        let mut file = tempfile::Builder::new().suffix(&format!(".{extension}")).tempfile().map_err(io)?;
        let copied = std::io::copy(&mut source, file.as_file_mut()).map_err(io)?;
        if copied != member.bytes {
            return Err(self.damaged(extension, "is cut off"));
        }
        Ok(Extracted { file })
    }

    /// The shard at the start of the member's content, bounded to it, after a look at the header before it: the index
    /// and the shard must be speaking of the same member.
    fn open_at(&self, extension: &str, member: Member) -> Result<std::io::Take<File>> {
        let path = self.shard_path();
        let io = |source| CorpusError::io(&path, source);
        let mut file = File::open(&path).map_err(io)?;
        let mut header = tar::Header::new_old();
        file.seek(SeekFrom::Start(member.offset.saturating_sub(512))).map_err(io)?;
        file.read_exact(header.as_mut_bytes()).map_err(io)?;
        let name = format!("{}.{extension}", self.id());
        if *header.path_bytes() != *name.as_bytes() || header.entry_size().ok() != Some(member.bytes) {
            return Err(self.damaged(extension, "does not lie where the index says"));
        }
        Ok(file.take(member.bytes))
    }
}
