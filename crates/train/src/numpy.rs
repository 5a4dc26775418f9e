//! Arrays out of NumPy's `.npz` files: little-endian 32-bit floats in C order, nothing else.

use crate::{Result, TrainError};
use std::io::Read;
use std::path::Path;

/// Largest array that is read, in numbers.
const LARGEST_ARRAY: usize = 1 << 26;

/// One array: its shape and its values, row by row.
pub(crate) struct NumpyArray {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// Reads the array `name` of the archive at `path`.
pub(crate) fn read(path: &Path, name: &str) -> Result<NumpyArray> {
    let wrong = |what: String| TrainError::Corpus {
        what: format!("{}: {what}", path.display()),
        hint: "save it with numpy.savez as float32 arrays".into(),
    };
    let file = std::fs::File::open(path).map_err(|e| TrainError::io(path, e))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|e| wrong(format!("not an npz file ({e})")))?;
    let mut member =
        archive.by_name(&format!("{name}.npy")).map_err(|_| wrong(format!("has no array called {name}")))?;
    let mut start = [0u8; 10];
    member.read_exact(&mut start).map_err(|e| wrong(e.to_string()))?;
    if &start[..6] != b"\x93NUMPY" || start[6] != 1 {
        return Err(wrong(format!("{name} is not a version-1 npy array")));
    }
    let mut header = vec![0u8; usize::from(u16::from_le_bytes([start[8], start[9]]))];
    member.read_exact(&mut header).map_err(|e| wrong(e.to_string()))?;
    let header = String::from_utf8_lossy(&header).into_owned();
    if !header.contains("'<f4'") || header.contains("'fortran_order': True") {
        return Err(wrong(format!("{name} is not a float32 array in C order")));
    }
    let inside = header.split_once('(').and_then(|(_, r)| r.split_once(')')).map(|(i, _)| i);
    let shape: Option<Vec<usize>> = inside
        .map(|i| i.split(',').map(str::trim).filter(|s| !s.is_empty()).map(|s| s.parse().ok()).collect())
        .unwrap_or_default();
    let shape = shape.ok_or_else(|| wrong(format!("{name} has an unreadable shape")))?;
    let count = shape
        .iter()
        .try_fold(1usize, |n, &d| n.checked_mul(d))
        .filter(|&n| n <= LARGEST_ARRAY)
        .ok_or_else(|| wrong(format!("{name} is too large")))?;
    let mut bytes = Vec::new();
    member.take(count as u64 * 4).read_to_end(&mut bytes).map_err(|e| wrong(e.to_string()))?;
    if bytes.len() != count * 4 {
        return Err(wrong(format!("{name} is cut off")));
    }
    let values = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    Ok(NumpyArray { shape, values })
}
