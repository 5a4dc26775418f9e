//! The older stream of `torch.save`: a magic number, a version, facts about the machine, the object, the storages'
//! names (each a pickle of its own), and then the storages in that order, each a count (64 bits) and its numbers.

use crate::error::shown;
use crate::limits::{Budget, Limits};
use crate::node::Node;
use crate::{PickleError, Result, Value, follow, tensor, tree};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The number that such a file begins with.
pub(crate) const MAGIC: i128 = 0x1950_a86a_20f9_469c_fc6c;
const VERSION: i64 = 1001;

/// Reads the rest of a file, behind the magic number.
pub(crate) fn read(bytes: &[u8], limits: &Limits, budget: &mut Budget) -> Result<Value> {
    let (version, rest) = plain(bytes, limits, budget)?;
    if version.as_int() != Some(VERSION) {
        return Err(PickleError::unsupported("another version of torch's old format"));
    }
    let (machine_facts, rest) = plain(rest, limits, budget)?;
    if machine_facts.get("little_endian") != Some(&Value::Bool(true)) {
        return Err(PickleError::unsupported("a file from a big-endian machine"));
    }
    let mut built = follow::run(rest, limits, budget)?;
    let (names, mut rest) = plain(&rest[built.end..], limits, budget)?;
    let Value::List(names) = names else {
        return Err(PickleError::damaged("the list of storages is missing"));
    };
    // How wide a storage's numbers are stands in the object.
    let widths = tensor::widths(&built.nodes);
    let mut storages: BTreeMap<&str, &[u8]> = BTreeMap::new();
    for name in &names {
        let name = name.as_text().ok_or_else(|| PickleError::damaged("a storage whose name is no text"))?;
        let cut_off = || PickleError::damaged(format!("storage `{}` is cut off", shown(name)));
        let Some(width) = widths.get(name) else {
            // Without its width nobody can tell where it ends.
            return Err(PickleError::damaged(format!("storage `{}` belongs to no tensor", shown(name))));
        };
        let (count, behind) = rest.split_first_chunk::<8>().ok_or_else(cut_off)?;
        let size =
            usize::try_from(u64::from_le_bytes(*count)).ok().and_then(|count| count.checked_mul(*width));
        let (numbers, behind) = size.and_then(|size| behind.split_at_checked(size)).ok_or_else(cut_off)?;
        if storages.insert(name, numbers).is_some() {
            return Err(PickleError::damaged(format!("two storages are called `{}`", shown(name))));
        }
        rest = behind;
    }
    if !rest.is_empty() {
        return Err(PickleError::damaged(format!("{} bytes follow the last storage", rest.len())));
    }
    tensor::resolve(&mut built.nodes, budget, |key| {
        let storage = storages.get(key).copied();
        storage
            .map(Cow::Borrowed)
            .ok_or_else(|| PickleError::damaged(format!("storage `{}` is missing", shown(key))))
    })?;
    tree::value(&built.nodes, built.root, limits)
}

/// A pickle without tensors, and what follows it.
fn plain<'a>(bytes: &'a [u8], limits: &Limits, budget: &mut Budget) -> Result<(Value, &'a [u8])> {
    let built = follow::run(bytes, limits, budget)?;
    if built.nodes.iter().any(|node| matches!(node, Node::View(_))) {
        return Err(PickleError::damaged("a tensor where none belongs"));
    }
    Ok((tree::value(&built.nodes, built.root, limits)?, &bytes[built.end..]))
}
