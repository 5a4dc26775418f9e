//! Tensors of torch: views into storages that lie elsewhere in the file.

use crate::array::{Array, Kind};
use crate::globals::Global;
use crate::limits::Budget;
use crate::machine::Machine;
use crate::node::{Id, Node};
use crate::{PickleError, Result};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A storage as the pickle names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Storage {
    /// The text that names it.
    key: Id,
    kind: Kind,
    /// First number of the storage that belongs to this one (old files have views of storages).
    start: usize,
    /// How many numbers.
    count: usize,
}

/// A view: the number at position p of the view is that at `offset` + Σ pᵢ·strideᵢ of the storage.
#[derive(Clone, Debug)]
pub(crate) struct View {
    storage: Storage,
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<usize>,
}

impl Machine<'_, '_> {
    /// `("storage", torch.FloatStorage, key, location, count)`, in old files with the view or `None` behind it.
    pub(crate) fn storage(&mut self, id: Id) -> Result<Storage> {
        let parts = self.tuple(id, "the parts of a storage")?;
        let (word, kind, key, count, view) = match *parts.as_slice() {
            [word, kind, key, _, count] => (word, kind, key, count, None),
            [word, kind, key, _, count, view] => (word, kind, key, count, Some(view)),
            _ => return Err(self.damaged("a storage with other than five or six parts")),
        };
        let Node::Global(Global::Storage(kind)) = self.nodes[kind] else {
            return Err(self.damaged("a storage without its number type"));
        };
        if !matches!(&self.nodes[word], Node::Text(word) if word == "storage")
            || !matches!(self.nodes[key], Node::Text(_))
        {
            return Err(self.damaged("a reference to something other than a storage"));
        }
        let mut storage = Storage { key, kind, start: 0, count: self.count(count)? };
        if let Some(view) = view.filter(|view| !matches!(self.nodes[*view], Node::None)) {
            let view = self.tuple(view, "the parts of a storage's view")?;
            let &[_, start, count] = view.as_slice() else {
                return Err(self.damaged("a view of a storage with other than three parts"));
            };
            (storage.start, storage.count) = (self.count(start)?, self.count(count)?);
        }
        Ok(storage)
    }

    /// `_rebuild_tensor_v2(storage, offset, shape, strides, …)`; what follows is about gradients.
    pub(crate) fn view(&mut self, arguments: &[Id]) -> Result<View> {
        let &[storage, offset, shape, strides, ..] = arguments else {
            return Err(self.damaged("a tensor with fewer than four arguments"));
        };
        let Node::Storage(storage) = self.nodes[storage] else {
            return Err(self.damaged("a tensor without a storage"));
        };
        let view = View {
            storage,
            offset: self.count(offset)?,
            shape: self.counts(shape)?,
            strides: self.counts(strides)?,
        };
        if view.shape.len() != view.strides.len() {
            return Err(self.damaged("a tensor with other strides than sides"));
        }
        Ok(view)
    }
}

/// How many bytes a number of each storage takes, by the storage's name.
pub(crate) fn widths(nodes: &[Node<'_>]) -> BTreeMap<String, usize> {
    let mut widths = BTreeMap::new();
    for node in nodes {
        let Node::Storage(storage) = node else { continue };
        let Node::Text(key) = &nodes[storage.key] else { continue };
        if !widths.contains_key(key.as_ref()) {
            widths.insert(key.to_string(), storage.kind.bytes());
        }
    }
    widths
}

/// Turns every view among `nodes` into an array. `fetch` gives the bytes of a storage by its name and is asked once
/// for each.
pub(crate) fn resolve<'b>(
    nodes: &mut [Node<'_>],
    budget: &mut Budget,
    mut fetch: impl FnMut(&str) -> Result<Cow<'b, [u8]>>,
) -> Result<()> {
    let mut users: BTreeMap<String, Vec<Id>> = BTreeMap::new();
    for (id, node) in nodes.iter().enumerate() {
        let Node::View(view) = node else { continue };
        let Node::Text(key) = &nodes[view.storage.key] else { continue };
        match users.get_mut(key.as_ref()) {
            Some(ids) => ids.push(id),
            None => drop(users.insert(key.to_string(), vec![id])),
        }
    }
    for (key, ids) in users {
        let bytes = fetch(&key)?;
        // Tied weights are the same view twice and stay one array.
        let mut made = BTreeMap::new();
        for id in ids {
            let Node::View(view) = &nodes[id] else { continue };
            let same = (
                view.storage.kind,
                view.storage.start,
                view.offset,
                view.shape.clone(),
                view.strides.clone(),
            );
            let array = match made.get(&same) {
                Some(array) => Arc::clone(array),
                None => {
                    let array = Arc::new(view.cut(&key, &bytes, budget)?);
                    made.insert(same, Arc::clone(&array));
                    array
                }
            };
            nodes[id] = Node::Array(array);
        }
    }
    Ok(())
}

impl View {
    fn cut(&self, key: &str, storage: &[u8], budget: &mut Budget) -> Result<Array> {
        let width = self.storage.kind.bytes();
        let range = || {
            let start = self.storage.start.checked_mul(width)?;
            storage.get(start..start.checked_add(self.storage.count.checked_mul(width)?)?)
        };
        let mine = range().ok_or_else(|| {
            PickleError::damaged(format!("storage `{key}` has {} bytes, fewer than stated", storage.len()))
        })?;
        let size = self.shape.iter().try_fold(width, |size, side| size.checked_mul(*side));
        let size =
            size.ok_or_else(|| PickleError::too_large(format!("a tensor of shape {:?}", self.shape)))?;
        budget.take(size)?;
        let bytes = gather(mine, width, self.offset, &self.shape, &self.strides)?;
        Array::new(self.storage.kind, self.shape.clone(), bytes)
    }
}

/// The strides of an array without gaps whose last axis runs fastest.
pub(crate) fn c_strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1usize; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(shape[axis]);
    }
    strides
}

/// Copies a view's numbers, each `width` bytes, into C order. The size of the result was checked by the caller.
pub(crate) fn gather(
    storage: &[u8],
    width: usize,
    offset: usize,
    shape: &[usize],
    strides: &[usize],
) -> Result<Vec<u8>> {
    let outside = || PickleError::damaged(format!("a tensor of shape {shape:?} reaches outside its storage"));
    if shape.contains(&0) {
        return Ok(Vec::new());
    }
    let last = shape
        .iter()
        .zip(strides)
        .try_fold(offset, |last, (side, stride)| last.checked_add((side - 1).checked_mul(*stride)?));
    let last = last.filter(|last| *last < storage.len() / width).ok_or_else(outside)?;
    // A side of one may have any stride.
    let gapless =
        shape.iter().zip(strides).zip(c_strides(shape)).all(|((side, stride), c)| *side == 1 || *stride == c);
    if gapless {
        return Ok(storage[offset * width..(last + 1) * width].to_vec());
    }
    let count: usize = shape.iter().product();
    let mut bytes = Vec::with_capacity(count * width);
    let mut position = vec![0; shape.len()];
    let mut at = offset;
    loop {
        bytes.extend_from_slice(&storage[at * width..(at + 1) * width]);
        // The next position, last axis first.
        let mut axis = shape.len();
        loop {
            if axis == 0 {
                return Ok(bytes);
            }
            axis -= 1;
            position[axis] += 1;
            at += strides[axis];
            if position[axis] < shape[axis] {
                break;
            }
            at -= strides[axis] * shape[axis];
            position[axis] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_copied_in_order() {
        let storage: Vec<u8> = (0..12).collect();
        assert_eq!(gather(&storage, 1, 0, &[3, 4], &[4, 1]).unwrap(), storage);
        assert_eq!(gather(&storage, 1, 1, &[2, 3], &[1, 4]).unwrap(), [1, 5, 9, 2, 6, 10]);
        assert_eq!(gather(&storage, 2, 1, &[2, 2], &[3, 1]).unwrap(), [2, 3, 4, 5, 8, 9, 10, 11]);
        assert_eq!(gather(&storage, 1, 5, &[3], &[0]).unwrap(), [5, 5, 5]);
        assert_eq!(gather(&storage, 4, 2, &[], &[]).unwrap(), [8, 9, 10, 11]);
        assert_eq!(gather(&storage, 1, 99, &[0, 7], &[1, 1]).unwrap(), []);
        assert!(gather(&storage, 1, 0, &[3, 4], &[5, 1]).is_err());
        assert!(gather(&storage, 4, 3, &[], &[]).is_err());
        assert!(gather(&storage, 1, 0, &[2, 2], &[usize::MAX, usize::MAX]).is_err());
    }
}
