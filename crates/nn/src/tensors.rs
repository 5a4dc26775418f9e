//! Arrays to tensors and back. (`tch` speaks an older `ndarray`, so the bytes are copied here.)

use crate::{NnError, Result};
use ndarray::{Array2, Array3};
use tch::{Kind, Tensor};

/// `[a, b]` to a float tensor on the CPU.
pub fn from_array2(array: &Array2<f32>) -> Tensor {
    let (a, b) = array.dim();
    let values: Vec<f32> = array.iter().copied().collect();
    Tensor::from_slice(&values).view([a as i64, b as i64])
}

/// `[a, b, c]` to a float tensor on the CPU.
pub fn from_array3(array: &Array3<f32>) -> Tensor {
    let (a, b, c) = array.dim();
    let values: Vec<f32> = array.iter().copied().collect();
    Tensor::from_slice(&values).view([a as i64, b as i64, c as i64])
}

fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    let flat = tensor.detach().to_device(tch::Device::Cpu).to_kind(Kind::Float).contiguous().view([-1]);
    Ok(Vec::<f32>::try_from(&flat)?)
}

/// A tensor of two axes to an array.
///
/// # Errors
/// [`NnError::Shape`] when it has another number of axes.
pub fn to_array2(tensor: &Tensor) -> Result<Array2<f32>> {
    let size = tensor.size();
    let &[a, b] = size.as_slice() else {
        return Err(NnError::Shape(format!("expected two axes, not {size:?}")));
    };
    Array2::from_shape_vec((a as usize, b as usize), values(tensor)?)
        .map_err(|e| NnError::Shape(e.to_string()))
}

/// A tensor of three axes to an array.
///
/// # Errors
/// [`NnError::Shape`] when it has another number of axes.
pub fn to_array3(tensor: &Tensor) -> Result<Array3<f32>> {
    let size = tensor.size();
    let &[a, b, c] = size.as_slice() else {
        return Err(NnError::Shape(format!("expected three axes, not {size:?}")));
    };
    Array3::from_shape_vec((a as usize, b as usize, c as usize), values(tensor)?)
        .map_err(|e| NnError::Shape(e.to_string()))
}
