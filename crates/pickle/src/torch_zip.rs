//! PyTorch's zip archives: `…/data.pkl` and the storages `…/data/0`, `…/data/1` and so on, none of them compressed.

use crate::error::shown;
use crate::limits::{Budget, Limits};
use crate::zip_members::Members;
use crate::{PickleError, Result, Value, follow, tensor, tree};
use std::borrow::Cow;
use std::io::{Read, Seek};

const PICKLE: &str = "data.pkl";

pub(crate) fn read<R: Read + Seek>(reader: R, file_bytes: u64, limits: &Limits) -> Result<Value> {
    let mut members = Members::open(reader, file_bytes, limits)?;
    let prefix = prefix(&members)?;
    if members.names().any(|name| name.strip_prefix(&prefix) == Some("constants.pkl")) {
        return Err(PickleError::unsupported("a TorchScript archive, which holds a program,"));
    }
    if members.find(&format!("{prefix}byteorder"))?.is_some_and(|order| order != b"little") {
        return Err(PickleError::unsupported("a file from a big-endian machine"));
    }
    let pickle = take(&mut members, &format!("{prefix}{PICKLE}"))?;
    let mut budget = Budget::of(limits, file_bytes);
    let mut built = follow::run(&pickle, limits, &mut budget)?;
    tensor::resolve(&mut built.nodes, &mut budget, |key| {
        take(&mut members, &format!("{prefix}data/{key}")).map(Cow::Owned)
    })?;
    tree::value(&built.nodes, built.root, limits)
}

fn take<R: Read + Seek>(members: &mut Members<R>, name: &str) -> Result<Vec<u8>> {
    let missing = || PickleError::damaged(format!("member `{}`: it is missing", shown(name)));
    members.find(name)?.ok_or_else(missing)
}

/// What stands before `data.pkl`: the archive's own folder, with its closing `/`.
fn prefix<R: Read + Seek>(members: &Members<R>) -> Result<String> {
    let prefixes = members.names().filter_map(|name| name.strip_suffix(PICKLE));
    let mut prefixes = prefixes.filter(|prefix| prefix.is_empty() || prefix.ends_with('/'));
    match (prefixes.next(), prefixes.next()) {
        (Some(prefix), None) => Ok(prefix.to_owned()),
        (None, _) => Err(PickleError::damaged("a zip archive without data.pkl, so not one of PyTorch's")),
        (Some(_), Some(_)) => Err(PickleError::damaged("a zip archive with more than one data.pkl")),
    }
}
