//! Arrays whose numbers lie apart, brought together.

use crate::{PickleError, Result};

/// The strides of an array without gaps whose last axis runs fastest.
pub(crate) fn c_strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1usize; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(shape[axis]);
    }
    strides
}

/// Copies a view's numbers, each `width` bytes, into C order. The size of the result was checked by the caller.
pub(crate) fn gather(
    storage: &[u8],
    width: usize,
    offset: usize,
    shape: &[usize],
    strides: &[usize],
) -> Result<Vec<u8>> {
    let outside = || PickleError::damaged(format!("a tensor of shape {shape:?} reaches outside its storage"));
    if shape.contains(&0) {
        return Ok(Vec::new());
    }
    let last = shape
        .iter()
        .zip(strides)
        .try_fold(offset, |last, (side, stride)| last.checked_add((side - 1).checked_mul(*stride)?));
    let last = last.filter(|last| *last < storage.len() / width).ok_or_else(outside)?;
    // A side of one may have any stride, also one that leads beyond all numbers: only the others count.
    let (shape, strides): (Vec<usize>, Vec<usize>) =
        shape.iter().zip(strides).filter(|(side, _)| **side > 1).unzip();
    if strides == c_strides(&shape) {
        return Ok(storage[offset * width..(last + 1) * width].to_vec());
    }
    let count: usize = shape.iter().product();
    let mut bytes = Vec::with_capacity(count * width);
    let mut position = vec![0; shape.len()];
    let mut at = offset;
    loop {
        bytes.extend_from_slice(&storage[at * width..(at + 1) * width]);
        // The next position, last axis first.
        let mut axis = shape.len();
        loop {
            if axis == 0 {
                return Ok(bytes);
            }
            axis -= 1;
            position[axis] += 1;
            at += strides[axis];
            if position[axis] < shape[axis] {
                break;
            }
            at -= strides[axis] * shape[axis];
            position[axis] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_copied_in_order() {
        let storage: Vec<u8> = (0..12).collect();
        assert_eq!(gather(&storage, 1, 0, &[3, 4], &[4, 1]).unwrap(), storage);
        assert_eq!(gather(&storage, 1, 1, &[2, 3], &[1, 4]).unwrap(), [1, 5, 9, 2, 6, 10]);
        assert_eq!(gather(&storage, 2, 1, &[2, 2], &[3, 1]).unwrap(), [2, 3, 4, 5, 8, 9, 10, 11]);
        assert_eq!(gather(&storage, 1, 5, &[3], &[0]).unwrap(), [5, 5, 5]);
        assert_eq!(gather(&storage, 1, 0, &[2, 1, 2], &[1, usize::MAX, 2]).unwrap(), [0, 2, 1, 3]);
        assert_eq!(gather(&storage, 4, 2, &[], &[]).unwrap(), [8, 9, 10, 11]);
        assert_eq!(gather(&storage, 1, 99, &[0, 7], &[1, 1]).unwrap(), []);
        assert!(gather(&storage, 1, 0, &[3, 4], &[5, 1]).is_err());
        assert!(gather(&storage, 4, 3, &[], &[]).is_err());
        assert!(gather(&storage, 1, 0, &[2, 2], &[usize::MAX, usize::MAX]).is_err());
    }
}
