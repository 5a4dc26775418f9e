//! A corpus opened for reading.

use crate::assemble::{check_names, records};
use crate::manifest::INDEX;
use crate::shard::tar_path;
use crate::{
    Check, Clip, ClipRow, CorpusError, Limits, Manifest, Origin, Result, ShardEntry, Split, Totals, Window,
    index,
};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A corpus folder whose index has been read. Clips are read from their shards when asked for, in any order.
#[derive(Debug)]
pub struct Corpus {
    dir: PathBuf,
    origin: Origin,
    shards: Vec<ShardEntry>,
    rows: Vec<ClipRow>,
    places: HashMap<String, usize>,
    limits: Limits,
}

impl Corpus {
    /// Opens an assembled corpus: checks manifest, index and the shards' sizes, but not their checksums
    /// ([`Corpus::verify`]).
    ///
    /// # Errors
    /// [`CorpusError::Io`] when there is none, [`CorpusError::Version`], [`CorpusError::Damaged`],
    /// [`CorpusError::TooLarge`], or [`CorpusError::Unfinished`] when a shard is missing or cut off.
    pub fn open(dir: &Path) -> Result<Self> {
        Self::open_with(dir, &Limits::default())
    }

    /// As [`Corpus::open`], with other limits.
    ///
    /// # Errors
    /// As [`Corpus::open`].
    pub fn open_with(dir: &Path, limits: &Limits) -> Result<Self> {
        let manifest = Manifest::read(dir, limits)?;
        let rows = index::read(&dir.join(INDEX), Some(&manifest.index.sha256), limits)?;
        Self::of(dir, manifest.origin, manifest.shards, rows, limits)
    }

    /// Opens what is there of a corpus that is not assembled yet: every whole shard in the folder.
    ///
    /// # Errors
    /// As [`Corpus::open`]; [`CorpusError::Unfinished`] when no shard is whole, [`CorpusError::Different`] when shards
    /// do not belong together.
    pub fn open_shards(dir: &Path, limits: &Limits) -> Result<Self> {
        let mut rows = Vec::new();
        let mut shards = Vec::new();
        let mut origin: Option<Origin> = None;
        for record in records(dir, limits)? {
            match record.check_tar(dir, Check::Size, &mut |_| {}) {
                Ok(()) => {}
                Err(CorpusError::Unfinished { .. }) => continue,
                Err(error) => return Err(error),
            }
            let first = origin.get_or_insert_with(|| record.origin.clone());
            if let Some(difference) = record.origin.difference(first) {
                return Err(CorpusError::Different {
                    path: tar_path(dir, record.shard),
                    what: format!("belongs to another corpus than the shards before it: {difference}"),
                });
            }
            shards.push(ShardEntry {
                shard: record.shard,
                bytes: record.bytes,
                clips: record.clips.len() as u64,
                sha256: record.sha256,
            });
            rows.extend(record.clips);
        }
        let Some(origin) = origin else {
            return Err(CorpusError::Unfinished {
                path: dir.to_owned(),
                what: "no whole shard is there".into(),
            });
        };
        check_names(dir, &rows)?;
        Self::of(dir, origin, shards, rows, limits)
    }

    fn of(
        dir: &Path,
        origin: Origin,
        shards: Vec<ShardEntry>,
        rows: Vec<ClipRow>,
        limits: &Limits,
    ) -> Result<Self> {
        let mut sizes = HashMap::new();
        for shard in &shards {
            let path = tar_path(dir, shard.shard);
            let unfinished = |what: String| CorpusError::Unfinished { path: path.clone(), what };
            match std::fs::metadata(&path) {
                Ok(status) if status.len() == shard.bytes => {}
                Ok(status) => {
                    return Err(unfinished(format!(
                        "has {} bytes; {} are expected",
                        status.len(),
                        shard.bytes
                    )));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    return Err(unfinished("is missing".into()));
                }
                Err(error) => return Err(CorpusError::io(&path, error)),
            }
            sizes.insert(shard.shard, shard.bytes);
        }
        let mut places = HashMap::with_capacity(rows.len());
        for (place, row) in rows.iter().enumerate() {
            let wrong =
                |what: String| CorpusError::damaged(&dir.join(INDEX), format!("clip {}: {what}", row.id));
            let size =
                sizes.get(&row.shard).ok_or_else(|| wrong(format!("there is no shard {}", row.shard)))?;
            for (extension, member) in row.members() {
                let end = member.offset.checked_add(member.bytes);
                if member.offset < 512 || end.is_none_or(|end| end > *size) {
                    return Err(wrong(format!("its {extension} member lies outside of shard {}", row.shard)));
                }
            }
            if places.insert(row.id.clone(), place).is_some() {
                return Err(wrong("is in the index twice".into()));
            }
        }
        Ok(Self { dir: dir.to_owned(), origin, shards, rows, places, limits: limits.clone() })
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the corpus is and who made it.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its shards.
    #[must_use]
    pub fn shards(&self) -> &[ShardEntry] {
        &self.shards
    }

    /// What is read at most.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Number of clips.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no clips.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Sums over all clips.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals::of(&self.rows, self.shards.iter().map(|shard| shard.bytes).sum())
    }

    /// All clips in order of shards, and as written within each.
    pub fn clips(&self) -> impl ExactSizeIterator<Item = Clip<'_>> {
        self.rows.iter().map(|row| Clip::new(self, row))
    }

    /// The clips of one side of the split.
    pub fn clips_of(&self, split: Split) -> impl Iterator<Item = Clip<'_>> {
        self.clips().filter(move |clip| clip.row().split == split)
    }

    /// The clip with this name.
    #[must_use]
    pub fn clip(&self, id: &str) -> Option<Clip<'_>> {
        self.places.get(id).map(|&place| Clip::new(self, &self.rows[place]))
    }

    /// All windows of all clips, one every `stride` frames (at least 1).
    pub fn windows(&self, stride: u64) -> impl Iterator<Item = Window<'_>> {
        self.clips().flat_map(move |clip| clip.windows(stride))
    }
}
