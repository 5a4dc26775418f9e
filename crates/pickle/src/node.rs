//! What the machine's memory holds while a pickle is read.

use crate::array::{Array, Kind};
use crate::globals::Global;
use std::borrow::Cow;
use std::sync::Arc;

/// Place of a node in the machine's memory. Pickles may name an object before it is filled, hence no references.
pub(crate) type Id = usize;

/// An object in the making.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Bytes(Cow<'a, [u8]>),
    Text(Cow<'a, str>),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Set(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A name from the fixed list.
    Global(Global),
    /// A number type of numpy.
    NumberType {
        kind: Kind,
        big_endian: bool,
    },
    /// An array of numpy before its state is there.
    EmptyArray,
    /// A storage of torch, which lies elsewhere in the file.
    Storage(Storage),
    /// A view into a storage; becomes an array when the storage is read.
    View(View),
    Array(Arc<Array>),
}

impl Node<'_> {
    /// The kind of object, for error messages.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Bytes(_) => "bytes",
            Self::Text(_) => "a text",
            Self::Tuple(_) => "a tuple",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Dict(_) => "a dictionary",
            Self::Global(_) => "a name",
            Self::NumberType { .. } => "a number type",
            Self::EmptyArray => "an array without numbers",
            Self::Storage(_) => "a storage",
            Self::View(_) | Self::Array(_) => "an array",
        }
    }
}

/// A storage as the pickle names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Storage {
    /// The text that names it.
    pub(crate) key: Id,
    pub(crate) kind: Kind,
    /// First number of the storage that belongs to this one (old files have views of storages).
    pub(crate) start: usize,
    /// How many numbers.
    pub(crate) count: usize,
}

/// A view: the number at position p of the view is that at `offset` + Σ pᵢ·strideᵢ of the storage.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) storage: Storage,
    pub(crate) offset: usize,
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<usize>,
}
