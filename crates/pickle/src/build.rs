//! What the names of the list build from their arguments.

use crate::globals::Global;
use crate::machine::Machine;
use crate::node::{Id, Node};
use crate::{PickleError, Result};
use std::borrow::Cow;

impl<'a> Machine<'a, '_> {
    /// `callable(*arguments)`, for the names on the list.
    pub(crate) fn reduce(&mut self, callable: Id, arguments: Id) -> Result<()> {
        let Node::Global(global) = self.nodes[callable] else {
            return Err(self.damaged(&format!("it calls {}", self.nodes[callable].name())));
        };
        let arguments = self.tuple(arguments, "arguments")?;
        match global {
            Global::Dict => self.new_dict(arguments.first().copied()),
            Global::DefaultDict => self.new_dict(arguments.get(1).copied()),
            Global::List | Global::Tuple | Global::Set => {
                let items = match arguments.first() {
                    Some(items) => self.sequence(*items)?,
                    None => Vec::new(),
                };
                self.push(match global {
                    Global::List => Node::List(items),
                    Global::Set => Node::Set(items),
                    _ => Node::Tuple(items),
                })
            }
            Global::Bytes => match arguments.as_slice() {
                [] => self.push(Node::Bytes(Cow::Borrowed(&[]))),
                [bytes] if matches!(self.nodes[*bytes], Node::Bytes(_)) => self.push_again(*bytes),
                _ => self.encode(&arguments),
            },
            Global::Encode => self.encode(&arguments),
            Global::RebuildTensor => {
                let view = self.view(&arguments)?;
                self.push(Node::View(view))
            }
            Global::RebuildParameter => match arguments.first() {
                Some(data) if matches!(self.nodes[*data], Node::View(_)) => self.push_again(*data),
                _ => Err(self.damaged("a parameter without its tensor")),
            },
            Global::Device => {
                let texts = arguments.iter().filter_map(|id| match &self.nodes[*id] {
                    Node::Text(text) => Some(text.chars().take(32).collect()),
                    Node::Int(number) => Some(number.to_string()),
                    _ => None,
                });
                let name = texts.collect::<Vec<String>>().join(":");
                self.push(Node::Text(Cow::Owned(name)))
            }
            Global::NumpyReconstruct => self.push(Node::EmptyArray),
            Global::NumpyFromBuffer => self.array_from_buffer(&arguments),
            Global::NumpyScalar => self.scalar(&arguments),
            Global::NumpyNumberType => self.number_type(&arguments),
            Global::Storage(_) | Global::NumberName(_) | Global::NumpyArray => {
                Err(self.damaged(&format!("it calls {global:?}, which only stands for itself")))
            }
        }
    }

    /// Gives `object` its state.
    pub(crate) fn build(&mut self, object: Id, state: Id) -> Result<()> {
        match &self.nodes[object] {
            Node::EmptyArray => self.fill_array(object, state),
            Node::NumberType { .. } => self.order_bytes(object, state),
            // A state dictionary carries the versions of its modules as an attribute; nobody needs them here.
            Node::Dict(_) | Node::View(_) => Ok(()),
            other => Err(PickleError::damaged(format!("it gives a state to {}", other.name()))),
        }
    }

    fn new_dict(&mut self, pairs: Option<Id>) -> Result<()> {
        let mut entries = Vec::new();
        if let Some(pairs) = pairs {
            if let Node::Dict(given) = &self.nodes[pairs] {
                entries = given.clone();
            } else {
                for pair in self.sequence(pairs)? {
                    match self.sequence(pair)?.as_slice() {
                        [key, value] => entries.push((*key, *value)),
                        _ => return Err(self.damaged("a key without a value")),
                    }
                }
            }
            self.charge(2 * entries.len())?;
        }
        self.push(Node::Dict(entries))
    }

    /// `_codecs.encode(text, "latin1")`: bytes, each a character of the text.
    fn encode(&mut self, arguments: &[Id]) -> Result<()> {
        let nodes = &self.nodes;
        let coding = match arguments.get(1).map(|id| &nodes[*id]) {
            Some(Node::Text(coding)) => coding.as_ref(),
            _ => "",
        };
        let Some(Node::Text(text)) = arguments.first().map(|id| &nodes[*id]) else {
            return Err(self.damaged("bytes from what is no text"));
        };
        if !matches!(coding, "latin1" | "latin-1" | "iso-8859-1") {
            return Err(PickleError::unsupported("bytes written in another coding than latin1"));
        }
        self.budget.take(text.len())?;
        let bytes: std::result::Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
        let bytes = bytes.map_err(|_| self.damaged("a character that is no byte"))?;
        self.push(Node::Bytes(Cow::Owned(bytes)))
    }

    // Reading nodes.

    /// The items of a tuple, counted as a copy.
    pub(crate) fn tuple(&mut self, id: Id, what: &str) -> Result<Vec<Id>> {
        if matches!(self.nodes[id], Node::Tuple(_)) {
            self.sequence(id)
        } else {
            Err(self.damaged(&format!("{what} that are {}", self.nodes[id].name())))
        }
    }

    /// The items of a tuple, list or set, counted as a copy.
    fn sequence(&mut self, id: Id) -> Result<Vec<Id>> {
        match &self.nodes[id] {
            Node::Tuple(items) | Node::List(items) | Node::Set(items) => {
                let items = items.clone();
                self.charge(items.len())?;
                Ok(items)
            }
            other => Err(PickleError::damaged(format!("{} where a list belongs", other.name()))),
        }
    }

    /// A count or an offset.
    pub(crate) fn count(&self, id: Id) -> Result<usize> {
        match self.nodes[id] {
            Node::Int(number) => {
                usize::try_from(number).map_err(|_| self.damaged(&format!("{number} where a count belongs")))
            }
            _ => Err(self.damaged(&format!("{} where a count belongs", self.nodes[id].name()))),
        }
    }

    /// The sides or strides of an array.
    pub(crate) fn counts(&mut self, id: Id) -> Result<Vec<usize>> {
        let items = self.tuple(id, "sides")?;
        if items.len() > self.limits.axes {
            return Err(PickleError::too_large(format!("an array of {} axes", items.len())));
        }
        items.into_iter().map(|item| self.count(item)).collect()
    }
}
