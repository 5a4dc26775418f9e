//! What a pickle works on while it is read: its objects, its stack, its marks, and the bytes still to come.

use crate::limits::{Budget, Limits};
use crate::node::{Id, Node};
use crate::{PickleError, Result};
use std::collections::BTreeMap;

/// The state of a pickle half read.
pub(crate) struct Machine<'a, 'l> {
    input: &'a [u8],
    at: usize,
    pub(crate) limits: &'l Limits,
    pub(crate) budget: &'l mut Budget,
    pub(crate) nodes: Vec<Node<'a>>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: BTreeMap<u64, Id>,
    /// Objects pushed or copied so far.
    charged: usize,
}

impl<'a, 'l> Machine<'a, 'l> {
    /// At the start of `input`, with nothing built.
    pub(crate) fn new(input: &'a [u8], limits: &'l Limits, budget: &'l mut Budget) -> Self {
        Self {
            input,
            at: 0,
            limits,
            budget,
            nodes: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: BTreeMap::new(),
            charged: 0,
        }
    }

    // The stack.

    /// Counts objects against the limit, before they take memory.
    pub(crate) fn charge(&mut self, objects: usize) -> Result<()> {
        self.charged = self.charged.saturating_add(objects);
        if self.charged > self.limits.objects {
            return Err(PickleError::too_large(format!(
                "the pickle has more than {} objects",
                self.limits.objects
            )));
        }
        Ok(())
    }

    pub(crate) fn push(&mut self, node: Node<'a>) -> Result<()> {
        self.charge(1)?;
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
        Ok(())
    }

    pub(crate) fn push_again(&mut self, id: Id) -> Result<()> {
        self.charge(1)?;
        self.stack.push(id);
        Ok(())
    }

    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub(crate) fn pop(&mut self) -> Result<Id> {
        let id = self.top()?;
        self.stack.pop();
        Ok(id)
    }

    pub(crate) fn top(&self) -> Result<Id> {
        match self.stack.last() {
            Some(id) if self.stack.len() > self.floor() => Ok(*id),
            _ => Err(self.damaged("it takes more objects than it made")),
        }
    }

    pub(crate) fn pop_to_mark(&mut self) -> Result<Vec<Id>> {
        let mark = self.marks.pop().ok_or_else(|| self.damaged("it ends a group that it never began"))?;
        Ok(self.stack.split_off(mark))
    }

    /// Begins a group.
    pub(crate) fn mark(&mut self) -> Result<()> {
        self.charge(1)?;
        self.marks.push(self.stack.len());
        Ok(())
    }

    /// Remembers the top of the stack under a number, or under the next one.
    pub(crate) fn store(&mut self, key: Option<u64>) -> Result<()> {
        let top = self.top()?;
        self.charge(1)?;
        self.memo.insert(key.unwrap_or(self.memo.len() as u64), top);
        Ok(())
    }

    /// Pushes what was remembered under a number.
    pub(crate) fn recall(&mut self, key: u64) -> Result<()> {
        let id = *self.memo.get(&key).ok_or_else(|| self.damaged("it recalls what it never stored"))?;
        self.push_again(id)
    }

    /// Adds items to the list or set on top of the stack.
    pub(crate) fn extend(&mut self, items: Vec<Id>) -> Result<()> {
        let top = self.top()?;
        match &mut self.nodes[top] {
            Node::List(list) | Node::Set(list) => list.extend(items),
            other => return Err(PickleError::damaged(format!("it adds items to {}", other.name()))),
        }
        Ok(())
    }

    /// Adds keys and values, in turn, to the dictionary on top of the stack.
    pub(crate) fn set_items(&mut self, items: Vec<Id>) -> Result<()> {
        let top = self.top()?;
        let (pairs, rest) = items.as_chunks::<2>();
        match &mut self.nodes[top] {
            Node::Dict(entries) if rest.is_empty() => {
                entries.extend(pairs.iter().map(|[key, value]| (*key, *value)))
            }
            Node::Dict(_) => return Err(self.damaged("a key without a value")),
            other => return Err(PickleError::damaged(format!("it sets items of {}", other.name()))),
        }
        Ok(())
    }

    // The input.

    /// Where the next byte lies.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn damaged(&self, what: &str) -> PickleError {
        PickleError::damaged(format!("{what} (near byte {})", self.at))
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(length);
        let Some(bytes) = end.and_then(|end| self.input.get(self.at..end)) else {
            return Err(self.damaged(&format!("{length} bytes are stated where fewer are left")));
        };
        self.at += length;
        Ok(bytes)
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    /// A stated length as this machine counts.
    pub(crate) fn size(&self, stated: u64) -> Result<usize> {
        usize::try_from(stated).map_err(|_| self.damaged("a length beyond this machine"))
    }

    /// A text up to the end of the line.
    pub(crate) fn line(&mut self) -> Result<&'a str> {
        let rest = &self.input[self.at..];
        let length = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or_else(|| self.damaged("a line without an end"))?;
        self.at += length + 1;
        std::str::from_utf8(&rest[..length]).map_err(|_| self.damaged("a name that is not UTF-8"))
    }
}
