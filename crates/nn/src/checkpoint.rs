//! Weights on disk: one safetensors file with text metadata. Never executes anything it reads.

use crate::{NnError, Result};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;
use tch::{Device, Kind, Tensor};

/// Largest weight file that is read, in bytes.
const LARGEST_FILE: u64 = 8 << 30;

/// Largest header of such a file, in bytes; the largest network here needs a hundredth of it.
const LARGEST_HEADER: u64 = 16 << 20;

/// Most axes of a tensor; libtorch itself works on no more than 64.
const MOST_AXES: usize = 16;

/// How floating-point tensors are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As they are.
    Full,
    /// 16-bit IEEE floats: half the size, for weights that ship.
    Half,
}

/// Named tensors with text metadata.
pub struct Checkpoint {
    /// Text by key: the kind of network, its configuration as JSON, where it comes from.
    pub metadata: BTreeMap<String, String>,
    /// Tensors by name, on the CPU; 16-bit floats are widened to 32.
    pub tensors: BTreeMap<String, Tensor>,
}

impl Checkpoint {
    /// Writes to a temporary name beside `path` and renames, so that a killed run leaves the former file whole.
    ///
    /// # Errors
    /// [`NnError::Io`] when the folder cannot be written.
    pub fn write(&self, path: &Path, precision: Precision) -> Result<()> {
        let io = |source| NnError::Io { path: path.to_owned(), source };
        let mut stored: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::with_capacity(self.tensors.len());
        for (name, tensor) in &self.tensors {
            let tensor = tensor.detach().to_device(Device::Cpu).contiguous();
            let shape = tensor.size().iter().map(|&n| n as usize).collect();
            let (dtype, bytes) = match tensor.kind() {
                Kind::Int64 => {
                    let v = Vec::<i64>::try_from(&tensor.view([-1]))?;
                    (Dtype::I64, v.iter().flat_map(|x| x.to_le_bytes()).collect())
                }
                // What 16 bits cannot hold stays as it is: a count or a sum of many.
                _ if precision == Precision::Half && fits_half(&tensor)? => {
                    let v = Vec::<half::f16>::try_from(&tensor.to_kind(Kind::Half).view([-1]))?;
                    (Dtype::F16, v.iter().flat_map(|x| x.to_le_bytes()).collect())
                }
                _ => {
                    let v = Vec::<f32>::try_from(&tensor.to_kind(Kind::Float).view([-1]))?;
                    (Dtype::F32, v.iter().flat_map(|x| x.to_le_bytes()).collect())
                }
            };
            stored.push((name.clone(), dtype, shape, bytes));
        }
        let mut views = Vec::with_capacity(stored.len());
        for (name, dtype, shape, bytes) in &stored {
            let view = TensorView::new(*dtype, shape.clone(), bytes)
                .map_err(|e| NnError::Shape(format!("{name}: {e}")))?;
            views.push((name.as_str(), view));
        }
        // One key of metadata, because the format's own map would be written in a random order.
        let text = serde_json::to_string(&self.metadata).map_err(|e| io(std::io::Error::other(e)))?;
        let metadata = HashMap::from([("orator".to_string(), text)]);
        let bytes = safetensors::serialize(views, Some(metadata))
            .map_err(|e| NnError::Damaged { path: path.to_owned(), what: e.to_string() })?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
        file.write_all(&bytes).map_err(io)?;
        file.as_file().sync_all().map_err(io)?;
        file.persist(path).map_err(|e| io(e.error))?;
        Ok(())
    }

    /// Reads a whole file, checking every declared size against what is there before allocating.
    ///
    /// # Errors
    /// [`NnError::Io`] when it cannot be read, [`NnError::Damaged`] when it is cut off or altered.
    pub fn read(path: &Path) -> Result<Self> {
        let io = |source| NnError::Io { path: path.to_owned(), source };
        let damaged = |what: String| NnError::Damaged { path: path.to_owned(), what };
        let length = std::fs::metadata(path).map_err(io)?.len();
        if length > LARGEST_FILE {
            return Err(damaged(format!("{length} bytes is more than any weight file of this project")));
        }
        let bytes = std::fs::read(path).map_err(io)?;
        Self::parse(&bytes).map_err(damaged)
    }

    /// The content of a file; what is wrong with it in words.
    fn parse(bytes: &[u8]) -> std::result::Result<Self, String> {
        if bytes.first_chunk().is_some_and(|size| u64::from_le_bytes(*size) > LARGEST_HEADER) {
            return Err("not a safetensors file, or one with an endless header".into());
        }
        let not_whole = |error| format!("not a whole safetensors file ({error})");
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(not_whole)?;
        let metadata = match header.metadata().as_ref().and_then(|m| m.get("orator")) {
            Some(text) => serde_json::from_str(text).map_err(|e| format!("unreadable metadata ({e})"))?,
            None => BTreeMap::new(),
        };
        let file = SafeTensors::deserialize(bytes).map_err(not_whole)?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.iter() {
            let tensor = tensor_of(&view).map_err(|what| {
                let name: String = name.chars().take(100).collect();
                format!("{name} {what}")
            })?;
            tensors.insert(name.to_string(), tensor);
        }
        Ok(Self { metadata, tensors })
    }
}

/// A stored tensor, floats as 32-bit ones.
fn tensor_of(view: &TensorView<'_>) -> std::result::Result<Tensor, String> {
    let kind = match view.dtype() {
        Dtype::F32 => Kind::Float,
        Dtype::F16 => Kind::Half,
        Dtype::BF16 => Kind::BFloat16,
        Dtype::F64 => Kind::Double,
        Dtype::I64 => Kind::Int64,
        other => return Err(format!("is stored as {other:?}, which no network here uses")),
    };
    let sides: Option<Vec<i64>> = view.shape().iter().map(|&side| i64::try_from(side).ok()).collect();
    // The binding multiplies the sides one by one, also past one that is 0.
    let countable =
        |sides: &[i64]| sides.iter().try_fold(1i64, |count, side| count.checked_mul(*side)).is_some();
    let sides = sides.filter(|sides| sides.len() <= MOST_AXES && countable(sides));
    let sides = sides.ok_or("has a shape that no network here has")?;
    let refused = |error: tch::TchError| {
        let first = error.to_string().lines().next().unwrap_or_default().to_owned();
        format!("is refused by libtorch ({first})")
    };
    let tensor = Tensor::f_from_data_size(view.data(), &sides, kind).map_err(refused)?;
    if kind == Kind::Int64 {
        return Ok(tensor);
    }
    let tensor = tensor.f_to_kind(Kind::Float).map_err(refused)?;
    let finite = tensor.f_isfinite().and_then(|finite| finite.f_all()).map_err(refused)?;
    match i64::try_from(finite).map_err(refused)? {
        0 => Err("holds numbers that are not finite".into()),
        _ => Ok(tensor),
    }
}

/// Whether no number is beyond what 16-bit floats hold.
fn fits_half(tensor: &Tensor) -> Result<bool> {
    const LARGEST: f64 = 65_504.0;
    Ok(tensor.numel() == 0 || f64::try_from(tensor.to_kind(Kind::Float).abs().max())? <= LARGEST)
}

/// The variables of a store by name, in a fixed order.
#[must_use]
pub fn parameters(store: &tch::nn::VarStore) -> BTreeMap<String, Tensor> {
    store.variables().into_iter().collect()
}

/// Copies tensors called `prefix` + name into the variables of `store`.
///
/// # Errors
/// [`NnError::Mismatch`] naming what is missing or of another shape; nothing is changed then.
pub fn assign(store: &tch::nn::VarStore, tensors: &BTreeMap<String, Tensor>, prefix: &str) -> Result<()> {
    let variables = parameters(store);
    let mut wrong = Vec::new();
    for (name, variable) in &variables {
        match tensors.get(&format!("{prefix}{name}")) {
            None => wrong.push(format!("{prefix}{name} is missing")),
            Some(t) if t.size() != variable.size() => {
                wrong.push(format!("{prefix}{name} is {:?} and should be {:?}", t.size(), variable.size()));
            }
            Some(_) => {}
        }
    }
    if !wrong.is_empty() {
        let more = wrong.len().saturating_sub(3);
        wrong.truncate(3);
        let tail = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        return Err(NnError::Mismatch {
            what: format!("the weights do not fit the network: {}{tail}", wrong.join("; ")),
        });
    }
    tch::no_grad(|| {
        for (name, mut variable) in variables {
            if let Some(tensor) = tensors.get(&format!("{prefix}{name}")) {
                variable.copy_(tensor);
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_refusals() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let checkpoint = Checkpoint {
            metadata: BTreeMap::from([("kind".into(), "test".into()), ("b".into(), "2".into())]),
            tensors: BTreeMap::from([
                ("a".into(), Tensor::from_slice(&[1.5f32, -2.25, 3.0]).view([3, 1])),
                ("n".into(), Tensor::from_slice(&[4i64])),
            ]),
        };
        checkpoint.write(&path, Precision::Half).unwrap();
        let first = std::fs::read(&path).unwrap();
        checkpoint.write(&path, Precision::Half).unwrap();
        assert_eq!(first, std::fs::read(&path).unwrap(), "same content, same bytes");
        let back = Checkpoint::read(&path).unwrap();
        assert_eq!(back.metadata, checkpoint.metadata);
        assert!(back.tensors["a"].equal(&checkpoint.tensors["a"]));

        std::fs::write(&path, &first[..first.len() - 3]).unwrap();
        assert!(matches!(Checkpoint::read(&path), Err(NnError::Damaged { .. })));
        std::fs::write(&path, b"hello").unwrap();
        assert!(matches!(Checkpoint::read(&path), Err(NnError::Damaged { .. })));
        std::fs::write(&path, [0xff; 64]).unwrap();
        assert!(matches!(Checkpoint::read(&path), Err(NnError::Damaged { .. })));
        assert!(matches!(Checkpoint::read(&folder.path().join("none")), Err(NnError::Io { .. })));
    }

    #[test]
    fn assigning_names_what_differs() {
        let store = tch::nn::VarStore::new(Device::Cpu);
        let _ = store.root().zeros("w", &[2, 3]);
        let none = assign(&store, &BTreeMap::new(), "").unwrap_err().to_string();
        assert!(none.contains("w is missing"), "{none}");
        let wrong = BTreeMap::from([("x.w".to_string(), Tensor::zeros([3, 2], (Kind::Float, Device::Cpu)))]);
        let text = assign(&store, &wrong, "x.").unwrap_err().to_string();
        assert!(text.contains("[3, 2]") && text.contains("[2, 3]"), "{text}");
    }
}
