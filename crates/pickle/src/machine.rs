//! The machine that follows a pickle's instructions. It builds data and can do nothing else.

use crate::limits::{Budget, Limits};
use crate::node::{Id, Node};
use crate::{PickleError, Result, globals, opcode as op};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What a pickle built: its objects, which of them is the result, and where in the input it ended.
pub(crate) struct Built<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) root: Id,
    pub(crate) end: usize,
}

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

/// Follows the pickle that begins at the start of `input`.
pub(crate) fn run<'a>(input: &'a [u8], limits: &Limits, budget: &mut Budget) -> Result<Built<'a>> {
    let machine = Machine {
        input,
        at: 0,
        limits,
        budget,
        nodes: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: BTreeMap::new(),
        charged: 0,
    };
    machine.follow()
}

impl<'a> Machine<'a, '_> {
    fn follow(mut self) -> Result<Built<'a>> {
        loop {
            let code = self.byte()?;
            if code == op::STOP {
                let root = self.pop()?;
                return Ok(Built { nodes: self.nodes, root, end: self.at });
            }
            self.step(code)?;
        }
    }

    fn step(&mut self, code: u8) -> Result<()> {
        match code {
            op::PROTO => match self.byte()? {
                2..=5 => Ok(()),
                other => Err(PickleError::unsupported(format!("version {other} of the pickle format"))),
            },
            op::FRAME => self.bytes(8).map(|_| ()),
            op::MARK => {
                self.charge(1)?;
                self.marks.push(self.stack.len());
                Ok(())
            }
            op::POP => self.pop().map(|_| ()),
            op::POP_MARK => self.pop_to_mark().map(|_| ()),
            op::DUP => {
                let top = self.top()?;
                self.push_again(top)
            }
            op::NONE => self.push(Node::None),
            op::NEWTRUE => self.push(Node::Bool(true)),
            op::NEWFALSE => self.push(Node::Bool(false)),
            op::BININT | op::BININT1 | op::BININT2 | op::INT | op::LONG | op::LONG1 | op::LONG4 => {
                self.whole_number(code)
            }
            op::BINFLOAT => {
                let bytes = self.array::<8>()?;
                self.push(Node::Float(f64::from_be_bytes(bytes)))
            }
            op::FLOAT => {
                let text = self.line()?;
                let number = text.parse().map_err(|_| self.damaged("a number that is none"))?;
                self.push(Node::Float(number))
            }
            op::BINUNICODE | op::SHORT_BINUNICODE | op::BINUNICODE8 => {
                let length = self.length(code)?;
                let text = std::str::from_utf8(self.bytes(length)?)
                    .map_err(|_| self.damaged("a text that is not UTF-8"))?;
                self.push(Node::Text(Cow::Borrowed(text)))
            }
            op::BINBYTES | op::SHORT_BINBYTES | op::BINBYTES8 | op::BYTEARRAY8 => {
                let length = self.length(code)?;
                let bytes = self.bytes(length)?;
                self.push(Node::Bytes(Cow::Borrowed(bytes)))
            }
            // Python 2 had one type for both: what is plain text is taken as a text.
            op::BINSTRING | op::SHORT_BINSTRING => {
                let length = self.length(code)?;
                let bytes = self.bytes(length)?;
                self.push(match std::str::from_utf8(bytes) {
                    Ok(text) if text.is_ascii() => Node::Text(Cow::Borrowed(text)),
                    _ => Node::Bytes(Cow::Borrowed(bytes)),
                })
            }
            op::GET | op::BINGET | op::LONG_BINGET => {
                let key = self.memo_key(code)?;
                let id =
                    *self.memo.get(&key).ok_or_else(|| self.damaged("it recalls what it never stored"))?;
                self.push_again(id)
            }
            op::PUT | op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => {
                let key = if code == op::MEMOIZE { self.memo.len() as u64 } else { self.memo_key(code)? };
                let top = self.top()?;
                self.charge(1)?;
                self.memo.insert(key, top);
                Ok(())
            }
            op::GLOBAL => {
                let (module, name) = (self.line()?, self.line()?);
                self.global(module, name)
            }
            op::STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                match (&self.nodes[module], &self.nodes[name]) {
                    (Node::Text(module), Node::Text(name)) => {
                        let (module, name) = (module.to_string(), name.to_string());
                        self.global(&module, &name)
                    }
                    _ => Err(self.damaged("a name that is no text")),
                }
            }
            op::REDUCE | op::NEWOBJ => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                self.reduce(callable, arguments)
            }
            op::BUILD => {
                let (state, object) = (self.pop()?, self.top()?);
                self.build(object, state)
            }
            op::BINPERSID => {
                let id = self.pop()?;
                let storage = self.storage(id)?;
                self.push(Node::Storage(storage))
            }
            other => self.collection(other),
        }
    }

    /// Instructions around tuples, lists, sets and dictionaries.
    fn collection(&mut self, code: u8) -> Result<()> {
        match code {
            op::EMPTY_TUPLE => self.push(Node::Tuple(Vec::new())),
            op::TUPLE1 | op::TUPLE2 | op::TUPLE3 => {
                let mut items = Vec::with_capacity(3);
                for _ in op::TUPLE1..=code {
                    items.push(self.pop()?);
                }
                items.reverse();
                self.push(Node::Tuple(items))
            }
            op::TUPLE => {
                let items = self.pop_to_mark()?;
                self.push(Node::Tuple(items))
            }
            op::EMPTY_LIST => self.push(Node::List(Vec::new())),
            op::LIST => {
                let items = self.pop_to_mark()?;
                self.push(Node::List(items))
            }
            op::APPEND => {
                let item = self.pop()?;
                self.extend(vec![item])
            }
            op::APPENDS | op::ADDITEMS => {
                let items = self.pop_to_mark()?;
                self.extend(items)
            }
            op::EMPTY_SET => self.push(Node::Set(Vec::new())),
            op::FROZENSET => {
                let items = self.pop_to_mark()?;
                self.push(Node::Set(items))
            }
            op::EMPTY_DICT => self.push(Node::Dict(Vec::new())),
            op::DICT => {
                let items = self.pop_to_mark()?;
                self.push(Node::Dict(Vec::new()))?;
                self.set_items(items)
            }
            op::SETITEM => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set_items(vec![key, value])
            }
            op::SETITEMS => {
                let items = self.pop_to_mark()?;
                self.set_items(items)
            }
            other => Err(match op::left_out(other) {
                Some(name) => PickleError::unsupported(format!("the pickle instruction {name}")),
                None => self.damaged(&format!("{other:#04x} is no pickle instruction")),
            }),
        }
    }

    fn whole_number(&mut self, code: u8) -> Result<()> {
        let node = match code {
            op::BININT => Node::Int(i128::from(i32::from_le_bytes(self.array()?))),
            op::BININT1 => Node::Int(i128::from(self.byte()?)),
            op::BININT2 => Node::Int(i128::from(u16::from_le_bytes(self.array()?))),
            op::LONG1 | op::LONG4 => {
                let length = if code == op::LONG1 {
                    usize::from(self.byte()?)
                } else {
                    {
                        let stated = u32::from_le_bytes(self.array()?);
                        self.size(u64::from(stated))?
                    }
                };
                let bytes = self.bytes(length)?;
                if length > 16 {
                    return Err(PickleError::unsupported("a whole number of more than 128 bits"));
                }
                let sign = if bytes.last().is_some_and(|last| *last >= 0x80) { 0xff } else { 0 };
                let mut wide = [sign; 16];
                wide[..length].copy_from_slice(bytes);
                Node::Int(i128::from_le_bytes(wide))
            }
            _ => match self.line()? {
                "00" if code == op::INT => Node::Bool(false),
                "01" if code == op::INT => Node::Bool(true),
                text => {
                    let number = text.trim_end_matches('L').parse();
                    Node::Int(number.map_err(|_| self.damaged("a number that is none"))?)
                }
            },
        };
        self.push(node)
    }

    fn global(&mut self, module: &str, name: &str) -> Result<()> {
        match globals::find(module, name) {
            Some(global) => self.push(Node::Global(global)),
            None => {
                // What a file wants to run is told, but not at any length.
                let full: String = format!("{module}.{name}").chars().take(120).collect();
                Err(PickleError::Forbidden(full))
            }
        }
    }

    fn extend(&mut self, items: Vec<Id>) -> Result<()> {
        let top = self.top()?;
        match &mut self.nodes[top] {
            Node::List(list) | Node::Set(list) => list.extend(items),
            other => return Err(PickleError::damaged(format!("it adds items to {}", other.name()))),
        }
        Ok(())
    }

    fn set_items(&mut self, items: Vec<Id>) -> Result<()> {
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

    fn pop(&mut self) -> Result<Id> {
        let id = self.top()?;
        self.stack.pop();
        Ok(id)
    }

    fn top(&self) -> Result<Id> {
        match self.stack.last() {
            Some(id) if self.stack.len() > self.floor() => Ok(*id),
            _ => Err(self.damaged("it takes more objects than it made")),
        }
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>> {
        let mark = self.marks.pop().ok_or_else(|| self.damaged("it ends a group that it never began"))?;
        Ok(self.stack.split_off(mark))
    }

    // The input.

    pub(crate) fn damaged(&self, what: &str) -> PickleError {
        PickleError::damaged(format!("{what} (near byte {})", self.at))
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(length);
        let Some(bytes) = end.and_then(|end| self.input.get(self.at..end)) else {
            return Err(self.damaged(&format!("{length} bytes are stated where fewer are left")));
        };
        self.at += length;
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    fn size(&self, stated: u64) -> Result<usize> {
        usize::try_from(stated).map_err(|_| self.damaged("a length beyond this machine"))
    }

    /// The length that follows an instruction, one, four or eight bytes wide.
    fn length(&mut self, code: u8) -> Result<usize> {
        let stated = match code {
            op::SHORT_BINUNICODE | op::SHORT_BINBYTES | op::SHORT_BINSTRING => u64::from(self.byte()?),
            op::BINUNICODE8 | op::BINBYTES8 | op::BYTEARRAY8 => u64::from_le_bytes(self.array()?),
            _ => u64::from(u32::from_le_bytes(self.array()?)),
        };
        self.size(stated)
    }

    fn memo_key(&mut self, code: u8) -> Result<u64> {
        Ok(match code {
            op::BINGET | op::BINPUT => u64::from(self.byte()?),
            op::LONG_BINGET | op::LONG_BINPUT => u64::from(u32::from_le_bytes(self.array()?)),
            _ => self.line()?.parse().map_err(|_| self.damaged("a number that is none"))?,
        })
    }

    /// A text up to the end of the line.
    fn line(&mut self) -> Result<&'a str> {
        let rest = &self.input[self.at..];
        let length = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or_else(|| self.damaged("a line without an end"))?;
        self.at += length + 1;
        std::str::from_utf8(&rest[..length]).map_err(|_| self.damaged("a name that is not UTF-8"))
    }
}
