//! Published weights brought to the names and orders of the networks here.

use crate::{MetricsError, Result};
use orator_assets::{Asset, locate};
use orator_nn::vgg::{Tap, VggDepth};
use orator_pickle::{Array, Kind};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tch::Tensor;
use tch::nn::VarStore;

/// Arrays of a checkpoint by name.
pub type Arrays = BTreeMap<String, Arc<Array>>;

/// A fetched network.
pub(crate) fn fetched(asset: Asset) -> Result<Arrays> {
    let path: PathBuf = locate(asset)?;
    Ok(orator_pickle::read(&path)?.arrays()?)
}

/// An array as a tensor of 32-bit floats on the CPU.
///
/// # Errors
/// [`MetricsError::Weights`] when it holds something other than finite floats.
pub(crate) fn tensor(name: &str, array: &Array) -> Result<Tensor> {
    let kind = match array.kind() {
        Kind::F32 => tch::Kind::Float,
        Kind::F16 => tch::Kind::Half,
        Kind::Bf16 => tch::Kind::BFloat16,
        Kind::F64 => tch::Kind::Double,
        other => return Err(MetricsError::Weights(format!("{name} holds {other:?} instead of floats"))),
    };
    let shape: Vec<i64> = array.shape().iter().map(|side| *side as i64).collect();
    let tensor = Tensor::f_from_data_size(array.bytes(), &shape, kind)?.to_kind(tch::Kind::Float);
    if i64::try_from(tensor.isfinite().all())? == 0 {
        return Err(MetricsError::Weights(format!("{name} holds numbers that are not finite")));
    }
    Ok(tensor)
}

/// The array called `name`, as a tensor.
pub(crate) fn named(arrays: &Arrays, name: &str) -> Result<Tensor> {
    let array = arrays.get(name).ok_or_else(|| MetricsError::Weights(format!("{name} is missing")))?;
    tensor(name, array)
}

/// A kernel of two axes in JAX's order `[height, width, input, output]`, in libtorch's `[output, input, height, width]`.
pub(crate) fn kernel_from_jax(name: &str, kernel: &Tensor) -> Result<Tensor> {
    if kernel.dim() != 4 {
        return Err(MetricsError::Weights(format!(
            "{name} is {:?} and no kernel of a picture",
            kernel.size()
        )));
    }
    Ok(kernel.permute([3, 2, 0, 1]).contiguous())
}

/// Convolutions of a JAX network, `from.Conv_0.kernel` and so on, under our names in this order.
pub(crate) fn convolutions_from_jax(
    arrays: &Arrays,
    from: &str,
    ours: &[String],
) -> Result<BTreeMap<String, Tensor>> {
    let mut tensors = BTreeMap::new();
    for (index, name) in ours.iter().enumerate() {
        let theirs = format!("{from}.Conv_{index}");
        let kernel = format!("{theirs}.kernel");
        tensors.insert(format!("{name}.weight"), kernel_from_jax(&kernel, &named(arrays, &kernel)?)?);
        tensors.insert(format!("{name}.bias"), named(arrays, &format!("{theirs}.bias"))?);
    }
    Ok(tensors)
}

/// The normalised VGG-19 as it is published: a sequence of a convolution of the colours (0), and then, for every
/// convolution, mirrored border, convolution, ReLU, with a pooling step between blocks.
pub(crate) fn normalised_vgg19(arrays: &Arrays, deepest: Tap) -> Result<BTreeMap<String, Tensor>> {
    let mut tensors = BTreeMap::new();
    let mut take = |ours: &str, place: usize| -> Result<()> {
        for part in ["weight", "bias"] {
            tensors.insert(format!("{ours}.{part}"), named(arrays, &format!("{place}.{part}"))?);
        }
        Ok(())
    };
    take("colours", 0)?;
    let mut place = 2;
    let mut block = 1;
    for tap in VggDepth::Nineteen.taps().into_iter().take_while(|tap| *tap <= deepest) {
        if tap.block() > block {
            block = tap.block();
            place += 1;
        }
        take(&tap.to_string(), place)?;
        place += 3;
    }
    Ok(tensors)
}

/// Puts weights into a store and keeps them from being trained.
pub(crate) fn settle(store: &mut VarStore, tensors: &BTreeMap<String, Tensor>) -> Result<()> {
    orator_nn::assign(store, tensors, "")?;
    store.freeze();
    Ok(())
}
