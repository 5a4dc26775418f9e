//! Arrays out of NumPy's `.npz` files: little-endian floats of 32 or 64 bits in C order, nothing else.

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

/// The names of the arrays in the archive at `path`; none where it cannot be read as one.
pub(crate) fn names(path: &Path) -> Vec<String> {
    let archive = std::fs::File::open(path).ok().and_then(|file| zip::ZipArchive::new(file).ok());
    let names = archive.as_ref().map(|a| a.file_names().filter_map(|n| n.strip_suffix(".npy")));
    names.map(|n| n.map(str::to_owned).collect()).unwrap_or_default()
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
    let size = if header.contains("'<f4'") { 4 } else { 8 };
    if !(size == 4 || header.contains("'<f8'")) || header.contains("'fortran_order': True") {
        return Err(wrong(format!("{name} is not a float32 or float64 array in C order")));
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
    member.take((count * size) as u64).read_to_end(&mut bytes).map_err(|e| wrong(e.to_string()))?;
    if bytes.len() != count * size {
        return Err(wrong(format!("{name} is cut off")));
    }
    let values = bytes
        .chunks_exact(size)
        .map(|b| match *b {
            [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
            [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32,
            _ => 0.0,
        })
        .collect();
    Ok(NumpyArray { shape, values })
}
