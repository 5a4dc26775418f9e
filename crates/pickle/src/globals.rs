//! The fixed list of names that a pickle may use. Each stands for something that is built here, in Rust; none is run.

use crate::array::Kind;

/// A name from the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Global {
    /// `collections.OrderedDict`, `dict`; also `collections.Counter`, in which torch's schedules keep their steps.
    Dict,
    /// `collections.defaultdict`: its first argument makes values that are missing and is left out.
    DefaultDict,
    /// `list`.
    List,
    /// `tuple`, `torch.Size`.
    Tuple,
    /// `set`, `frozenset`.
    Set,
    /// `bytearray`, `bytes`.
    Bytes,
    /// `_codecs.encode`: how old protocols write bytes.
    Encode,
    /// `torch.…Storage`.
    Storage(Kind),
    /// `torch._utils._rebuild_tensor`, `…_v2`.
    RebuildTensor,
    /// `torch._utils._rebuild_parameter`.
    RebuildParameter,
    /// `torch.device`.
    Device,
    /// `torch.float32` and its like, as a value of its own.
    NumberName(&'static str),
    /// `numpy.core.multiarray._reconstruct`.
    NumpyReconstruct,
    /// `numpy.core.numeric._frombuffer`.
    NumpyFromBuffer,
    /// `numpy.core.multiarray.scalar`.
    NumpyScalar,
    /// `numpy.ndarray`, only as an argument of `_reconstruct`.
    NumpyArray,
    /// `numpy.dtype`.
    NumpyNumberType,
}

/// Looks a name up; `None` when it is not on the list.
pub(crate) fn find(module: &str, name: &str) -> Option<Global> {
    Some(match (module, name) {
        ("collections", "OrderedDict" | "Counter") => Global::Dict,
        ("collections", "defaultdict") => Global::DefaultDict,
        ("builtins" | "__builtin__", name) => match name {
            "dict" => Global::Dict,
            "list" => Global::List,
            "tuple" => Global::Tuple,
            "set" | "frozenset" => Global::Set,
            "bytearray" | "bytes" => Global::Bytes,
            _ => return None,
        },
        ("_codecs", "encode") => Global::Encode,
        ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Global::RebuildTensor,
        ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state")
        | ("torch.nn.parameter" | "torch.nn", "Parameter") => Global::RebuildParameter,
        ("torch", "Size") => Global::Tuple,
        ("torch", "device") => Global::Device,
        ("torch" | "torch.cuda", name) if name.ends_with("Storage") => Global::Storage(storage(name)?),
        ("torch", name) => Global::NumberName(number_name(name)?),
        ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Global::NumpyReconstruct,
        ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Global::NumpyScalar,
        ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Global::NumpyFromBuffer,
        ("numpy", "ndarray") => Global::NumpyArray,
        ("numpy", "dtype") => Global::NumpyNumberType,
        _ => return None,
    })
}

fn storage(name: &str) -> Option<Kind> {
    Some(match name {
        "DoubleStorage" => Kind::F64,
        "FloatStorage" => Kind::F32,
        "HalfStorage" => Kind::F16,
        "BFloat16Storage" => Kind::Bf16,
        "LongStorage" => Kind::I64,
        "IntStorage" => Kind::I32,
        "ShortStorage" => Kind::I16,
        "CharStorage" => Kind::I8,
        "ByteStorage" => Kind::U8,
        "BoolStorage" => Kind::Bool,
        _ => return None,
    })
}

/// Number types that stand in checkpoints as settings.
const NUMBER_NAMES: [&str; 13] = [
    "float64", "double", "float32", "float", "float16", "half", "bfloat16", "int64", "long", "int32",
    "int16", "uint8", "bool",
];

fn number_name(name: &str) -> Option<&'static str> {
    NUMBER_NAMES.into_iter().find(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_do_harm_is_not_on_the_list() {
        for (module, name) in [
            ("os", "system"),
            ("posix", "system"),
            ("builtins", "eval"),
            ("builtins", "getattr"),
            ("__builtin__", "exec"),
            ("torch", "load"),
            ("torch", "FloatStorage.__init__"),
            ("numpy", "load"),
            ("collections", "OrderedDict.__class__"),
        ] {
            assert_eq!(find(module, name), None, "{module}.{name}");
        }
        assert_eq!(find("torch", "HalfStorage"), Some(Global::Storage(Kind::F16)));
        assert_eq!(find("torch", "float32"), Some(Global::NumberName("float32")));
    }
}
