//! Looking at everything: checksums, members, descriptions, truth.

use crate::check::sha256_of_file;
use crate::shard::tar_path;
use crate::{Corpus, CorpusError, Result, ShardEntry};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;

impl Corpus {
    /// Reads every byte: shards against their checksums, their members against the index, every description and every
    /// truth. Goes on to the end and gives all that is wrong; `tell` hears of bytes as they are done, out of
    /// [`Totals::bytes`](crate::Totals::bytes).
    #[must_use]
    pub fn verify(&self, tell: &mut dyn FnMut(u64)) -> Vec<CorpusError> {
        let mut wrong = Vec::new();
        for shard in self.shards() {
            if let Err(error) = self.verify_shard(shard, tell) {
                wrong.push(error);
            }
        }
        for clip in self.clips() {
            if let Err(error) = clip.description() {
                wrong.push(error);
            }
            if clip.row().truth.is_some()
                && let Err(error) = clip.truth()
            {
                wrong.push(error);
            }
        }
        wrong
    }

    fn verify_shard(&self, shard: &ShardEntry, tell: &mut dyn FnMut(u64)) -> Result<()> {
        let path = tar_path(self.dir(), shard.shard);
        if sha256_of_file(&path, tell)? != shard.sha256 {
            return Err(CorpusError::damaged(&path, "its checksum is not the one in manifest.json"));
        }
        let mut expected: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for clip in self.clips().filter(|clip| clip.row().shard == shard.shard) {
            for (extension, member) in clip.row().members() {
                expected.insert(format!("{}.{extension}", clip.id()), (member.offset, member.bytes));
            }
        }
        let io = |source| CorpusError::io(&path, source);
        let mut archive = tar::Archive::new(BufReader::new(File::open(&path).map_err(io)?));
        for entry in archive.entries_with_seek().map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let place = (entry.raw_file_position(), entry.size());
            if expected.remove(&name) != Some(place) {
                return Err(CorpusError::damaged(&path, format!("{name} is not what the index says")));
            }
        }
        match expected.keys().next() {
            Some(name) => {
                Err(CorpusError::damaged(&path, format!("{name} is in the index, but not in the shard")))
            }
            None => Ok(()),
        }
    }
}
