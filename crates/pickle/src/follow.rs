//! A pickle's instructions, one after the other. They build data and can do nothing else.

use crate::error::shown;
use crate::globals::{self, Global};
use crate::limits::{Budget, Limits};
use crate::machine::Machine;
use crate::node::{Id, Node};
use crate::{PickleError, Result, opcode as op};
use std::borrow::Cow;

/// What a pickle built: its objects, which of them is the result, and where in the input it ended.
pub(crate) struct Built<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) root: Id,
    pub(crate) end: usize,
}

/// Follows the pickle that begins at the start of `input`.
pub(crate) fn run<'a>(input: &'a [u8], limits: &Limits, budget: &mut Budget) -> Result<Built<'a>> {
    let mut machine = Machine::new(input, limits, budget);
    loop {
        let code = machine.byte()?;
        if code == op::STOP {
            let root = machine.pop()?;
            return Ok(Built { end: machine.at(), nodes: machine.nodes, root });
        }
        machine.step(code)?;
    }
}

impl Machine<'_, '_> {
    fn step(&mut self, code: u8) -> Result<()> {
        match code {
            op::PROTO => match self.byte()? {
                2..=5 => Ok(()),
                other => Err(PickleError::unsupported(format!("version {other} of the pickle format"))),
            },
            op::FRAME => self.bytes(8).map(|_| ()),
            op::MARK => self.mark(),
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
                self.recall(key)
            }
            op::PUT | op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => {
                let key = if code == op::MEMOIZE { None } else { Some(self.memo_key(code)?) };
                self.store(key)
            }
            op::GLOBAL => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(Node::Global(named(module, name)?))
            }
            op::STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Node::Text(module), Node::Text(name)) = (&self.nodes[module], &self.nodes[name]) else {
                    return Err(self.damaged("a name that is no text"));
                };
                let global = named(module, name)?;
                self.push(Node::Global(global))
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
                    let stated = u32::from_le_bytes(self.array()?);
                    self.size(u64::from(stated))?
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
}

/// A name from the list.
fn named(module: &str, name: &str) -> Result<Global> {
    globals::find(module, name)
        .ok_or_else(|| PickleError::Forbidden(format!("{}.{}", shown(module), shown(name))))
}
