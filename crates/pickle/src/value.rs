//! What a file holds, as a tree.

use crate::array::Array;
use crate::{PickleError, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest name of an array, in bytes. Names repeat what stands above them: without an end, one long key above many
/// arrays would take any amount of memory.
const LONGEST_NAME: usize = 4096;

/// A value of a checkpoint. Classes are gone: an ordered dictionary is a dictionary, a parameter is its array.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Python's `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A floating-point number.
    Float(f64),
    /// A text; also the name of a number type or a device.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list, tuple or set, in the file's order.
    List(Vec<Value>),
    /// A dictionary, in the file's order.
    Dict(Vec<(Value, Value)>),
    /// An array; arrays that the file holds once and names twice are shared.
    Array(Arc<Array>),
}

impl Value {
    /// The value under a text key of a dictionary (the last one if there are several, as in Python).
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dict(entries) = self else { return None };
        entries.iter().rev().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
    }

    /// The value at the end of a path of text keys.
    ///
    /// # Errors
    /// [`PickleError::Missing`] naming the first key that is not there, and those that are.
    pub fn at(&self, path: &[&str]) -> Result<&Self> {
        path.iter().try_fold(self, |value, key| {
            value.get(key).ok_or_else(|| {
                PickleError::missing(format!("nothing is called `{key}`; there is {}", value.summary()))
            })
        })
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The whole number, if it is one that fits.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { i64::try_from(*number).ok() } else { None }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            Self::Int(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// The array, if it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&Arc<Array>> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }

    /// All arrays below this value by name: keys and list positions joined by dots, as in the names of a state
    /// dictionary. What is no array is left out.
    ///
    /// # Errors
    /// [`PickleError::Damaged`] when two arrays would have the same name; [`PickleError::Unsupported`] when a key on
    /// the way to an array is neither a text nor a whole number; [`PickleError::TooLarge`] for a name of more than
    /// 4096 bytes.
    pub fn arrays(&self) -> Result<BTreeMap<String, Arc<Array>>> {
        let mut arrays = BTreeMap::new();
        self.collect(String::new(), &mut arrays)?;
        Ok(arrays)
    }

    fn collect(&self, name: String, arrays: &mut BTreeMap<String, Arc<Array>>) -> Result<()> {
        let below = |key: &str| match name.as_str() {
            "" => key.to_owned(),
            name => format!("{name}.{key}"),
        };
        if name.len() > LONGEST_NAME {
            return Err(PickleError::too_large(format!("an array's name of {} bytes", name.len())));
        }
        match self {
            Self::Array(array) => {
                let former = arrays.insert(name.clone(), Arc::clone(array));
                return match former {
                    None => Ok(()),
                    Some(_) => Err(PickleError::damaged(format!("two arrays are called `{name}`"))),
                };
            }
            Self::List(values) => {
                for (position, value) in
                    values.iter().enumerate().filter(|(_, value)| value.may_hold_arrays())
                {
                    value.collect(below(&position.to_string()), arrays)?;
                }
            }
            Self::Dict(entries) => {
                for (key, value) in entries.iter().filter(|(_, value)| value.may_hold_arrays()) {
                    let key = match key {
                        Self::Text(text) => text.clone(),
                        Self::Int(number) => number.to_string(),
                        _ => {
                            return Err(PickleError::unsupported(format!(
                                "a key that is no text, below `{name}`,"
                            )));
                        }
                    };
                    value.collect(below(&key), arrays)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn may_hold_arrays(&self) -> bool {
        matches!(self, Self::Array(_) | Self::List(_) | Self::Dict(_))
    }

    /// A few words for error messages.
    fn summary(&self) -> String {
        match self {
            Self::Dict(entries) => {
                let names = entries.iter().filter_map(|(name, _)| name.as_text()).take(8);
                let names: Vec<String> = names.map(|name| name.chars().take(60).collect()).collect();
                format!("a dictionary of {} with {}", entries.len(), names.join(", "))
            }
            Self::List(values) => format!("a list of {}", values.len()),
            Self::Array(array) => format!("an array of shape {:?}", array.shape()),
            _ => "a single value".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    fn array() -> Value {
        Value::Array(Arc::new(Array::new(Kind::U8, vec![1], vec![7]).unwrap()))
    }

    fn dict(entries: Vec<(&str, Value)>) -> Value {
        Value::Dict(entries.into_iter().map(|(key, value)| (Value::Text(key.into()), value)).collect())
    }

    #[test]
    fn names_are_joined_by_dots() {
        let tree = dict(vec![
            ("epoch", Value::Int(3)),
            ("model", dict(vec![("a.b", array()), ("list", Value::List(vec![Value::None, array()]))])),
            ("state", Value::Dict(vec![(Value::Int(0), array()), (Value::None, Value::None)])),
        ]);
        let names: Vec<_> = tree.arrays().unwrap().into_keys().collect();
        assert_eq!(names, ["model.a.b", "model.list.1", "state.0"]);
        assert_eq!(tree.at(&["epoch"]).unwrap().as_int(), Some(3));
        let missing = tree.at(&["model", "c"]).unwrap_err().to_string();
        assert!(missing.contains("`c`") && missing.contains("a.b"), "{missing}");
    }

    #[test]
    fn clashing_names_are_an_error() {
        let tree = dict(vec![("a", dict(vec![("b", array())])), ("a.b", array())]);
        assert!(matches!(tree.arrays(), Err(PickleError::Damaged(_))));
        assert!(Value::Dict(vec![(Value::None, array())]).arrays().is_err());
    }
}
