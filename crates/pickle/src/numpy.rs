//! Arrays of numpy: the pickle holds their numbers.

use crate::array::{Array, Kind};
use crate::error::shown;
use crate::machine::Machine;
use crate::node::{Id, Node};
use crate::strides::{c_strides, gather};
use crate::{PickleError, Result};
use std::sync::Arc;

impl Machine<'_, '_> {
    /// `numpy.dtype("f4", …)`.
    pub(crate) fn number_type(&mut self, arguments: &[Id]) -> Result<()> {
        let Some(Node::Text(code)) = arguments.first().map(|id| &self.nodes[*id]) else {
            return Err(self.damaged("a number type without its code"));
        };
        let code = code.as_ref();
        let bare = code.strip_prefix(['<', '>', '=', '|']).unwrap_or(code);
        let Some(kind) = kind(bare) else {
            let code = shown(code);
            return Err(PickleError::unsupported(format!("the number type `{code}` of numpy")));
        };
        let big_endian = code.starts_with('>');
        self.push(Node::NumberType { kind, big_endian })
    }

    /// The state of a number type; only its byte order matters: `(3, "<", None, None, None, -1, -1, 0)`.
    pub(crate) fn order_bytes(&mut self, object: Id, state: Id) -> Result<()> {
        let state = self.tuple(state, "the parts of a number type")?;
        let order = match state.get(1).map(|id| &self.nodes[*id]) {
            Some(Node::Text(order)) => match order.as_ref() {
                "<" | "|" | "=" => false,
                ">" => true,
                _ => return Err(self.damaged("an unknown byte order")),
            },
            _ => return Err(self.damaged("a number type without its byte order")),
        };
        if let Node::NumberType { big_endian, .. } = &mut self.nodes[object] {
            *big_endian = order;
        }
        Ok(())
    }

    /// The state of an array: `(1, shape, number type, in Fortran's order, bytes)`.
    pub(crate) fn fill_array(&mut self, object: Id, state: Id) -> Result<()> {
        let state = self.tuple(state, "the parts of an array")?;
        let [_, shape, number_type, order, data] = state.as_slice() else {
            return Err(self.damaged("an array whose state has not five parts"));
        };
        let columns_first = match self.nodes[*order] {
            Node::Bool(order) => order,
            Node::Int(order) => order != 0,
            _ => return Err(self.damaged("an array without its order")),
        };
        self.nodes[object] = self.new_array(*shape, *number_type, columns_first, *data)?;
        Ok(())
    }

    /// `_frombuffer(bytes, number type, shape, "C" or "F")`.
    pub(crate) fn array_from_buffer(&mut self, arguments: &[Id]) -> Result<()> {
        let [data, number_type, shape, order] = arguments else {
            return Err(self.damaged("an array with other than four arguments"));
        };
        let columns_first = match &self.nodes[*order] {
            Node::Text(order) if order == "C" => false,
            Node::Text(order) if order == "F" => true,
            _ => return Err(self.damaged("an array without its order")),
        };
        let array = self.new_array(*shape, *number_type, columns_first, *data)?;
        self.push(array)
    }

    /// `scalar(number type, bytes)`: a single number.
    pub(crate) fn scalar(&mut self, arguments: &[Id]) -> Result<()> {
        let [number_type, data] = arguments else {
            return Err(self.damaged("a number with other than two arguments"));
        };
        let array = self.array_of(Vec::new(), *number_type, false, *data)?;
        let node = if array.kind() == Kind::F64 {
            let bytes = array.bytes().as_chunks::<8>().0.first().copied().unwrap_or_default();
            Node::Float(f64::from_le_bytes(bytes))
        } else if array.kind().is_float() {
            Node::Float(array.to_f32()?.first().copied().map_or(0.0, f64::from))
        } else if array.kind() == Kind::Bool {
            Node::Bool(array.bytes() != [0])
        } else {
            Node::Int(array.to_i64()?.first().copied().map_or(0, i128::from))
        };
        self.push(node)
    }

    fn new_array(
        &mut self,
        shape: Id,
        number_type: Id,
        columns_first: bool,
        data: Id,
    ) -> Result<Node<'static>> {
        let shape = self.counts(shape)?;
        Ok(Node::Array(Arc::new(self.array_of(shape, number_type, columns_first, data)?)))
    }

    fn array_of(
        &mut self,
        shape: Vec<usize>,
        number_type: Id,
        columns_first: bool,
        data: Id,
    ) -> Result<Array> {
        let Node::NumberType { kind, big_endian } = self.nodes[number_type] else {
            return Err(self.damaged("an array without its number type"));
        };
        let data: &[u8] = match &self.nodes[data] {
            Node::Bytes(bytes) => bytes,
            Node::Text(text) => text.as_bytes(),
            Node::List(_) => return Err(PickleError::unsupported("an array of Python objects")),
            other => {
                return Err(PickleError::damaged(format!("an array whose numbers are {}", other.name())));
            }
        };
        self.budget.take(data.len())?;
        Array::check(kind, &shape, data.len())?;
        let mut bytes = if columns_first && shape.len() > 1 {
            let mut strides = c_strides(&shape.iter().rev().copied().collect::<Vec<_>>());
            strides.reverse();
            gather(data, kind.bytes(), 0, &shape, &strides)?
        } else {
            data.to_vec()
        };
        if big_endian {
            bytes.chunks_exact_mut(kind.bytes()).for_each(<[u8]>::reverse);
        }
        Array::new(kind, shape, bytes)
    }
}

fn kind(code: &str) -> Option<Kind> {
    Some(match code {
        "f8" => Kind::F64,
        "f4" => Kind::F32,
        "f2" => Kind::F16,
        "i8" => Kind::I64,
        "i4" => Kind::I32,
        "i2" => Kind::I16,
        "i1" => Kind::I8,
        "u8" => Kind::U64,
        "u4" => Kind::U32,
        "u2" => Kind::U16,
        "u1" => Kind::U8,
        "b1" => Kind::Bool,
        _ => return None,
    })
}
