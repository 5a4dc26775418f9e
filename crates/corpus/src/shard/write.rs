//! Writing one shard.

use super::content::{ClipInput, Content, Source};
use super::record::{FORMAT, ShardRecord, VERSION};
use super::tar_stream::{END, TarStream, space_of};
use super::{MAX_SHARD, SHARDS, leftovers, sidecar_path, tar_path};
use crate::{ClipRow, CorpusError, Limits, Member, Origin, Result, Truth, truth};
use orator_media::OutputFile;
use orator_media::output_file::write_whole;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// Bound of a shard's size unless another is set: 256 MiB.
pub const DEFAULT_SHARD_BYTES: u64 = 256 << 20;

/// Which shard is to be written, and what it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct ShardPlan {
    /// Its number, from 0 to 99999.
    pub shard: u32,
    /// Number of shards in all, where that is settled beforehand: then all must be there before they are assembled.
    pub of: Option<u32>,
    /// The most bytes its tar may have.
    pub max_bytes: u64,
    /// What the corpus is and who makes it.
    pub origin: Origin,
}

impl ShardPlan {
    /// Shard `shard` of `of`, bounded by [`DEFAULT_SHARD_BYTES`].
    #[must_use]
    pub fn new(shard: u32, of: Option<u32>, origin: Origin) -> Self {
        Self { shard, of, max_bytes: DEFAULT_SHARD_BYTES, origin }
    }
}

/// A shard being written. Dropped unfinished, it leaves nothing behind.
pub struct ShardWriter {
    dir: PathBuf,
    plan: ShardPlan,
    tar: TarStream<BufWriter<OutputFile>>,
    /// Tells other processes that somebody is at work here.
    _claim: File,
    rows: Vec<ClipRow>,
    names: BTreeSet<String>,
    /// A write failed half-way: nothing more can be added.
    broken: bool,
}

impl ShardWriter {
    /// Opens a shard in the corpus folder `dir`, which is made if it is not there. What killed runs left of this shard is
    /// removed; an earlier shard of this number stops counting now and is replaced at the end.
    ///
    /// # Errors
    /// [`CorpusError::Busy`] when another process is writing it; [`CorpusError::Io`] and [`CorpusError::Media`] when the
    /// system refuses; [`CorpusError::Damaged`] for a number that cannot be.
    pub fn begin(dir: &Path, plan: ShardPlan) -> Result<Self> {
        let path = tar_path(dir, plan.shard);
        if plan.shard > MAX_SHARD || plan.of.is_some_and(|of| plan.shard >= of) {
            let of = plan.of.map_or(MAX_SHARD + 1, |of| of.min(MAX_SHARD + 1));
            return Err(CorpusError::damaged(
                &path,
                format!("there is no shard {} of {of}: they are counted from 0", plan.shard),
            ));
        }
        let folder = dir.join(SHARDS);
        std::fs::create_dir_all(&folder).map_err(|source| CorpusError::io(&folder, source))?;
        leftovers::remove(dir, plan.shard)?;
        leftovers::remove_sidecar(dir, plan.shard)?;
        let output = OutputFile::create(&path)?;
        let claim = leftovers::claim(output.temporary_path())?;
        Ok(Self {
            dir: dir.to_owned(),
            plan,
            tar: TarStream::new(BufWriter::with_capacity(1 << 18, output)),
            _claim: claim,
            rows: Vec::new(),
            names: BTreeSet::new(),
            broken: false,
        })
    }

    /// Clips so far.
    #[must_use]
    pub fn clips(&self) -> usize {
        self.rows.len()
    }

    /// Bytes that are left below the bound.
    #[must_use]
    pub fn room(&self) -> u64 {
        self.plan.max_bytes.saturating_sub(self.tar.at() + END)
    }

    /// Adds a clip.
    ///
    /// # Errors
    /// [`CorpusError::ShardFull`] when it does not fit any more and [`CorpusError::Clip`] when it cannot be stored: then
    /// nothing was written, and others can still be added. After any other error the shard is lost.
    pub fn push(&mut self, clip: &ClipInput) -> Result<()> {
        let path = tar_path(&self.dir, self.plan.shard);
        if self.broken {
            return Err(CorpusError::damaged(
                &path,
                "an earlier write failed; the shard has to be made again",
            ));
        }
        let id = &clip.description.id;
        clip.description.check(&Limits::default())?;
        if self.names.contains(id) {
            return Err(CorpusError::clip(id, "there is a clip of this name in the shard already"));
        }
        let json = serde_json::to_vec(&clip.description).map_err(|e| CorpusError::clip(id, e.to_string()))?;
        let truth = clip.truth.as_ref().map(|truth| packed(truth, clip)).transpose()?;
        let mut row = ClipRow::of(&clip.description, self.plan.shard);
        row.sound_format = clip.sound.as_ref().map(|(format, _)| *format);
        row.exact = clip.truth.as_ref().is_some_and(|truth| truth.confidence.is_none());
        let mut sources: Vec<(&'static str, Source<'_>)> = Vec::new();
        if let Some(pictures) = &clip.pictures {
            sources.push(("mp4", pictures.open()?));
        }
        if let Some((format, sound)) = &clip.sound {
            sources.push((format.extension(), sound.open()?));
        }
        if row.samples > 0 && sources.is_empty() {
            return Err(CorpusError::clip(id, "states sound, but neither pictures nor sound are handed in"));
        }
        sources.push(("json", Source::Bytes(&json)));
        if let Some(truth) = &truth {
            sources.push(("truth", Source::Bytes(truth)));
        }
        let needed = sources.iter().map(|(_, source)| space_of(source.len())).sum();
        if needed > self.room() {
            return Err(CorpusError::ShardFull { path, needed, room: self.room() });
        }
        self.broken = true;
        for (extension, source) in sources {
            let bytes = source.len();
            let full = |source| CorpusError::io(&path, source);
            let offset = self.tar.begin(&format!("{id}.{extension}"), bytes).map_err(full)?;
            source.for_each_block(|block| self.tar.write(block).map_err(full))?;
            self.tar.end_member().map_err(full)?;
            let member = Member { offset, bytes };
            match extension {
                "mp4" => row.pictures = Some(member),
                "json" => row.description = member,
                "truth" => row.truth = Some(member),
                _ => row.sound = Some(member),
            }
        }
        self.broken = false;
        self.names.insert(id.clone());
        self.rows.push(row);
        Ok(())
    }

    /// Brings the shard to the disk, gives it its name, and then writes its sidecar: only now it is whole.
    ///
    /// # Errors
    /// When the system refuses, as on a full disk; the shard is not whole then.
    pub fn finish(self) -> Result<ShardRecord> {
        let path = tar_path(&self.dir, self.plan.shard);
        if self.broken {
            return Err(CorpusError::damaged(
                &path,
                "an earlier write failed; the shard has to be made again",
            ));
        }
        let full = |source| CorpusError::io(&path, source);
        let (buffer, bytes, sha256) = self.tar.finish().map_err(full)?;
        let output = buffer.into_inner().map_err(|error| full(error.into_error()))?;
        output.persist()?;
        leftovers::sync_folder(&self.dir.join(SHARDS))?;
        let record = ShardRecord {
            format: FORMAT.to_owned(),
            version: VERSION,
            shard: self.plan.shard,
            of: self.plan.of,
            bytes,
            sha256,
            origin: self.plan.origin,
            clips: self.rows,
        };
        let sidecar = sidecar_path(&self.dir, record.shard);
        let text = serde_json::to_vec(&record).map_err(|e| CorpusError::damaged(&sidecar, e.to_string()))?;
        write_whole(&sidecar, &text)?;
        leftovers::sync_folder(&self.dir.join(SHARDS))?;
        Ok(record)
    }
}

/// The truth's bytes, after a check that it is of this clip.
fn packed(truth: &Truth, clip: &ClipInput) -> Result<Vec<u8>> {
    let description = &clip.description;
    let same = truth.frames() as u64 == description.frames
        && truth.rate == description.rate
        && truth.size == description.size;
    if !same {
        return Err(CorpusError::clip(
            &description.id,
            format!(
                "the truth has {} frames of {:?} pixels at {} a second, the description {} of {:?} at {}",
                truth.frames(),
                truth.size,
                truth.rate,
                description.frames,
                description.size,
                description.rate
            ),
        ));
    }
    truth::encode(truth).map_err(|what| CorpusError::clip(&description.id, what))
}

impl Content {
    /// 16-bit PCM of a recording, as a whole WAV file.
    ///
    /// # Errors
    /// When the folder for temporary files cannot be written to.
    pub fn wav(audio: &orator_media::Audio) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(|source| CorpusError::io(&std::env::temp_dir(), source))?;
        let path = folder.path().join("sound.wav");
        orator_media::audio::write_wav(&path, audio)?;
        std::fs::read(&path).map(Self::Bytes).map_err(|source| CorpusError::io(&path, source))
    }
}
