//! Tensors of torch: views into storages that lie elsewhere in the file.

use crate::array::Array;
use crate::error::shown;
use crate::globals::Global;
use crate::limits::Budget;
use crate::machine::Machine;
use crate::node::{Id, Node, Storage, View};
use crate::strides::gather;
use crate::{PickleError, Result};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest name of a storage, in bytes; torch numbers them. Every tensor's is compared with the others'.
const LONGEST_KEY: usize = 256;

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
        let named = matches!(&self.nodes[word], Node::Text(word) if word == "storage");
        match &self.nodes[key] {
            Node::Text(key) if named && key.len() <= LONGEST_KEY => {}
            Node::Text(_) if named => return Err(self.damaged("a storage with an endless name")),
            _ => return Err(self.damaged("a reference to something other than a storage")),
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
            let (key, bytes) = (shown(key), storage.len());
            PickleError::damaged(format!("storage `{key}` has {bytes} bytes, fewer than stated"))
        })?;
        let size = self.shape.iter().try_fold(width, |size, side| size.checked_mul(*side));
        let size =
            size.ok_or_else(|| PickleError::too_large(format!("a tensor of shape {:?}", self.shape)))?;
        budget.take(size)?;
        let bytes = gather(mine, width, self.offset, &self.shape, &self.strides)?;
        Array::new(self.storage.kind, self.shape.clone(), bytes)
    }
}
