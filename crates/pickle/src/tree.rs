//! From the machine's memory to a tree of values.

use crate::globals::Global;
use crate::node::{Id, Node};
use crate::{Limits, PickleError, Result, Value};
use std::sync::Arc;

/// A text of this many bytes counts as one value more: a text that is named many times is copied as often.
const TEXT_UNIT: usize = 32;

/// The value of `root`. Objects that contain themselves end at the depth limit; objects that are named many times are
/// counted each time, so that a small file cannot make a large tree.
pub(crate) fn value(nodes: &[Node<'_>], root: Id, limits: &Limits) -> Result<Value> {
    Walk { nodes, depth: limits.depth, left: limits.objects }.value(root, 0)
}

struct Walk<'n, 'a> {
    nodes: &'n [Node<'a>],
    depth: usize,
    left: usize,
}

impl Walk<'_, '_> {
    fn charge(&mut self, values: usize) -> Result<()> {
        let left = self.left.checked_sub(values);
        self.left = left.ok_or_else(|| PickleError::too_large("the pickle unfolds into too many values"))?;
        Ok(())
    }

    fn value(&mut self, id: Id, depth: usize) -> Result<Value> {
        if depth > self.depth {
            return Err(PickleError::too_large(format!(
                "the pickle nests deeper than {} levels, or an object contains itself",
                self.depth
            )));
        }
        self.charge(1)?;
        let nodes = self.nodes;
        Ok(match &nodes[id] {
            Node::None => Value::None,
            Node::Bool(truth) => Value::Bool(*truth),
            Node::Int(number) => Value::Int(*number),
            Node::Float(number) => Value::Float(*number),
            Node::Text(text) => {
                self.charge(text.len() / TEXT_UNIT)?;
                Value::Text(text.to_string())
            }
            Node::Bytes(bytes) => {
                self.charge(bytes.len() / TEXT_UNIT)?;
                Value::Bytes(bytes.to_vec())
            }
            Node::Tuple(items) | Node::List(items) | Node::Set(items) => {
                let mut values = Vec::new();
                for item in items {
                    values.push(self.value(*item, depth + 1)?);
                }
                Value::List(values)
            }
            Node::Dict(entries) => {
                let mut values = Vec::new();
                for (key, value) in entries {
                    values.push((self.value(*key, depth + 1)?, self.value(*value, depth + 1)?));
                }
                Value::Dict(values)
            }
            Node::Array(array) => Value::Array(Arc::clone(array)),
            Node::Global(Global::NumberName(name)) => Value::Text(format!("torch.{name}")),
            other @ (Node::Global(_)
            | Node::NumberType { .. }
            | Node::EmptyArray
            | Node::Storage(_)
            | Node::View(_)) => {
                return Err(PickleError::unsupported(format!("{} standing by itself", other.name())));
            }
        })
    }
}
