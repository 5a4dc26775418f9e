//! PyTorch's zip archives: `…/data.pkl` and the storages `…/data/0`, `…/data/1` and so on, none of them compressed.

use crate::error::shown;
use crate::limits::{Budget, Limits};
use crate::{PickleError, Result, Value, follow, tensor, tree};
use std::borrow::Cow;
use std::io::{Read, Seek};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

const PICKLE: &str = "data.pkl";

/// How a zip archive begins.
pub(crate) const MAGIC: &[u8] = b"PK\x03\x04";

struct Members<R> {
    archive: ZipArchive<R>,
    file_bytes: u64,
    /// Bytes that may still be taken out; members that overlap would give more than the file has.
    left: u64,
}

pub(crate) fn read<R: Read + Seek>(reader: R, file_bytes: u64, limits: &Limits) -> Result<Value> {
    let archive = ZipArchive::new(reader)
        .map_err(|cause| PickleError::damaged(format!("a zip archive with {cause}")))?;
    let mut members = Members { archive, file_bytes, left: file_bytes };
    let prefix = members.prefix()?;
    if members.archive.file_names().any(|name| name.strip_prefix(&prefix) == Some("constants.pkl")) {
        return Err(PickleError::unsupported("a TorchScript archive, which holds a program,"));
    }
    if members.archive.index_for_name(&format!("{prefix}byteorder")).is_some() {
        let order = members.take(&format!("{prefix}byteorder"))?;
        if order != b"little" {
            return Err(PickleError::unsupported("a file from a big-endian machine"));
        }
    }
    let pickle = members.take(&format!("{prefix}{PICKLE}"))?;
    let mut budget = Budget::of(limits, file_bytes);
    let mut built = follow::run(&pickle, limits, &mut budget)?;
    tensor::resolve(&mut built.nodes, &mut budget, |key| {
        members.take(&format!("{prefix}data/{key}")).map(Cow::Owned)
    })?;
    tree::value(&built.nodes, built.root, limits)
}

impl<R: Read + Seek> Members<R> {
    /// What stands before `data.pkl`: the archive's own folder, with its closing `/`.
    fn prefix(&self) -> Result<String> {
        let prefixes = self.archive.file_names().filter_map(|name| name.strip_suffix(PICKLE));
        let mut prefixes = prefixes.filter(|prefix| prefix.is_empty() || prefix.ends_with('/'));
        match (prefixes.next(), prefixes.next()) {
            (Some(prefix), None) => Ok(prefix.to_owned()),
            (None, _) => Err(PickleError::damaged("a zip archive without data.pkl, so not one of PyTorch's")),
            (Some(_), Some(_)) => Err(PickleError::damaged("a zip archive with more than one data.pkl")),
        }
    }

    /// A member's bytes, its checksum verified.
    fn take(&mut self, name: &str) -> Result<Vec<u8>> {
        let shown = shown(name);
        let wrong =
            |cause: &dyn std::fmt::Display| PickleError::damaged(format!("member `{shown}`: {cause}"));
        let member = self.archive.by_name(name).map_err(|cause| match cause {
            ZipError::FileNotFound => wrong(&"it is missing"),
            other => wrong(&other),
        })?;
        if member.compression() != CompressionMethod::Stored {
            return Err(PickleError::unsupported(format!("the compressed member `{shown}`")));
        }
        let size = member.size();
        if size > self.file_bytes {
            return Err(wrong(&"it is larger than the file"));
        }
        self.left = self.left.checked_sub(size).ok_or_else(|| wrong(&"it overlaps others"))?;
        // One byte more than is wanted: the checksum is compared where the member ends.
        let mut bytes = Vec::new();
        member.take(size + 1).read_to_end(&mut bytes).map_err(|cause| wrong(&cause))?;
        if bytes.len() as u64 == size { Ok(bytes) } else { Err(wrong(&"it is cut off")) }
    }
}
