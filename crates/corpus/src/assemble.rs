//! Joining shards to a corpus: index and manifest from the sidecars.

use crate::manifest::{FORMAT, INDEX, IndexEntry, MANIFEST, VERSION};
use crate::shard::{SHARDS, sidecar_path};
use crate::{Check, CorpusError, Limits, Manifest, Result, ShardEntry, ShardRecord, Totals, index};
use orator_media::output_file::write_whole;
use std::collections::BTreeMap;
use std::path::Path;

/// Joins the shards in the corpus folder `dir`, wherever they were made, and writes `index.parquet` and then
/// `manifest.json`. All must be there: as many as they say themselves, or else all numbers from 0 on.
///
/// # Errors
/// [`CorpusError::Unfinished`] naming the shards that are missing or not whole, [`CorpusError::Different`] when shards do
/// not belong together, [`CorpusError::Damaged`] for a wrong checksum (with [`Check::Checksum`]) or two clips of one name.
pub fn assemble(dir: &Path, check: Check, limits: &Limits) -> Result<Manifest> {
    let records = records(dir, limits)?;
    let Some(first) = records.first() else {
        return Err(CorpusError::Unfinished { path: dir.to_owned(), what: "no shard is there".into() });
    };
    let origin = first.origin.clone();
    let last = records.last().map_or(0, |record| record.shard);
    let expected = first.of.unwrap_or(last + 1);
    let there: Vec<u32> = records.iter().map(|record| record.shard).collect();
    let missing: Vec<String> =
        (0..expected).filter(|n| there.binary_search(n).is_err()).take(20).map(|n| n.to_string()).collect();
    if !missing.is_empty() {
        return Err(CorpusError::Unfinished {
            path: dir.to_owned(),
            what: format!(
                "of {expected} shards, {} are missing: {}",
                expected as usize - there.len().min(expected as usize),
                missing.join(", ")
            ),
        });
    }
    let mut rows = Vec::new();
    let mut shards = Vec::with_capacity(records.len());
    for record in records {
        check_belongs(dir, &record, &origin, first_of(expected, &record))?;
        record.check_tar(dir, check, &mut |_| {})?;
        shards.push(ShardEntry {
            shard: record.shard,
            bytes: record.bytes,
            clips: record.clips.len() as u64,
            sha256: record.sha256,
        });
        rows.extend(record.clips);
        if rows.len() as u64 > limits.max_clips {
            return Err(CorpusError::too_large(dir, format!("more than {} clips", limits.max_clips)));
        }
    }
    check_names(dir, &rows)?;
    let path = dir.join(INDEX);
    let mut bytes = Vec::new();
    index::write(&mut bytes, &rows).map_err(|e| CorpusError::damaged(&path, e.to_string()))?;
    let entry = IndexEntry { bytes: bytes.len() as u64, sha256: crate::check::sha256_of(&bytes) };
    // The manifest names the index's checksum: an old manifest beside a new index is noticed, not believed.
    write_whole(&path, &bytes)?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        origin,
        totals: Totals::of(&rows, shards.iter().map(|shard| shard.bytes).sum()),
        index: entry,
        shards,
    };
    let path = dir.join(MANIFEST);
    let mut text =
        serde_json::to_vec_pretty(&manifest).map_err(|e| CorpusError::damaged(&path, e.to_string()))?;
    text.push(b'\n');
    write_whole(&path, &text)?;
    Ok(manifest)
}

fn first_of(expected: u32, record: &ShardRecord) -> Option<u32> {
    record.of.map(|_| expected)
}

fn check_belongs(dir: &Path, record: &ShardRecord, origin: &crate::Origin, of: Option<u32>) -> Result<()> {
    let path = sidecar_path(dir, record.shard);
    if let Some(difference) = record.origin.difference(origin) {
        return Err(CorpusError::Different {
            path,
            what: format!("belongs to another corpus than shard 0: {difference}"),
        });
    }
    if record.of != of || of.is_some_and(|of| record.shard >= of) {
        return Err(CorpusError::Different {
            path,
            what: "was made as one of another number of shards".into(),
        });
    }
    Ok(())
}

/// The sidecars of all shards in the folder in order of their numbers.
pub(crate) fn records(dir: &Path, limits: &Limits) -> Result<Vec<ShardRecord>> {
    let folder = dir.join(SHARDS);
    let io = |source| CorpusError::io(&folder, source);
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".json"));
        // Temporary names have more than the five digits.
        if let Some(number) = number.filter(|n| n.len() == 5).and_then(|n| n.parse::<u32>().ok()) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    numbers.into_iter().map(|number| ShardRecord::read(dir, number, limits)).collect()
}

/// Refuses two clips of one name.
pub(crate) fn check_names(dir: &Path, rows: &[crate::ClipRow]) -> Result<()> {
    let mut seen = BTreeMap::new();
    for row in rows {
        if let Some(other) = seen.insert(row.id.as_str(), row.shard) {
            return Err(CorpusError::damaged(
                dir,
                format!("shards {other} and {} both hold a clip {}", row.shard, row.id),
            ));
        }
    }
    Ok(())
}
