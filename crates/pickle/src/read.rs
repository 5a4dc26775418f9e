//! Telling the kinds of files apart.

use crate::error::shown;
use crate::limits::{Budget, Limits};
use crate::node::Node;
use crate::{PickleError, Result, Value, follow, legacy, tensor, torch_zip, tree, zip_members};
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

/// Reads a checkpoint with the default [`Limits`].
///
/// # Errors
/// [`PickleError::Io`], and any other inside [`PickleError::InFile`]: damaged, too large, with a name that is not on
/// the list, or with something that is not supported.
pub fn read(path: &Path) -> Result<Value> {
    read_with(path, &Limits::default())
}

/// Reads a checkpoint.
///
/// # Errors
/// As [`read`].
pub fn read_with(path: &Path, limits: &Limits) -> Result<Value> {
    let io = |source| PickleError::Io { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    if size > limits.file_bytes {
        return Err(over_limit(size, limits).in_file(path));
    }
    let mut start = Vec::new();
    file.by_ref().take(zip_members::MAGIC.len() as u64).read_to_end(&mut start).map_err(io)?;
    file.rewind().map_err(io)?;
    let limits = &limits.within(size);
    let value = if start == zip_members::MAGIC {
        torch_zip::read(BufReader::new(file), size, limits)
    } else {
        let mut bytes = Vec::new();
        file.take(limits.file_bytes).read_to_end(&mut bytes).map_err(io)?;
        read_stream(&bytes, limits)
    };
    value.map_err(|error| error.in_file(path))
}

/// Reads a checkpoint from memory.
///
/// # Errors
/// As [`read`], without a file to name.
pub fn read_bytes(bytes: &[u8], limits: &Limits) -> Result<Value> {
    let size = bytes.len() as u64;
    if size > limits.file_bytes {
        return Err(over_limit(size, limits));
    }
    let limits = &limits.within(size);
    if bytes.starts_with(zip_members::MAGIC) {
        torch_zip::read(Cursor::new(bytes), size, limits)
    } else {
        read_stream(bytes, limits)
    }
}

fn over_limit(size: u64, limits: &Limits) -> PickleError {
    PickleError::too_large(format!("{size} bytes are more than the {} that are read", limits.file_bytes))
}

/// A plain pickle, or several in a row as torch once wrote them.
fn read_stream(bytes: &[u8], limits: &Limits) -> Result<Value> {
    let mut budget = Budget::of(limits, bytes.len() as u64);
    let mut built = follow::run(bytes, limits, &mut budget)?;
    let rest = &bytes[built.end..];
    if matches!(built.nodes[built.root], Node::Int(legacy::MAGIC)) {
        return legacy::read(rest, limits, &mut budget);
    }
    if !rest.is_empty() {
        return Err(PickleError::damaged(format!("{} bytes follow the end of the pickle", rest.len())));
    }
    tensor::resolve(&mut built.nodes, &mut budget, |key| {
        Err(PickleError::damaged(format!("a tensor's storage `{}` is not in the file", shown(key))))
    })?;
    tree::value(&built.nodes, built.root, limits)
}
