//! I3D of Kinetics-400 (Carreira & Zisserman 2017): the features of clips that the Fréchet video distance compares.
//!
//! The network of TF-Hub: padding of TensorFlow's kind "same" (what is missing at the end goes there), batch normalisation
//! without scale folded into the convolutions, 400 logits before the softmax as features. Equal to fixture `08d`.

use crate::published::{Arrays, fetched, named};
use crate::{MetricsError, Result};
use orator_assets::Asset;
use tch::{Device, Kind, Tensor};

/// Width and height of the pictures that the network sees.
const SIDE: i64 = 224;
/// Added to variances before the square root.
const EPSILON: f64 = 1e-3;
/// Fewest frames of which the last layers leave the two that are averaged.
const FEWEST_FRAMES: i64 = 9;
/// Most frames of a clip.
const MOST_FRAMES: i64 = 256;
/// The last average: frames, rows, columns.
const LAST_POOL: [i64; 3] = [2, 7, 7];
/// What happens between the first convolutions and the logits: a pooling step by kernel and stride, or a mixed block by name.
const STEPS: [Step; 14] = [
    Step::Pool([1, 3, 3], [1, 2, 2]),
    Step::Convolution("Conv3d_2b_1x1"),
    Step::Convolution("Conv3d_2c_3x3"),
    Step::Pool([1, 3, 3], [1, 2, 2]),
    Step::Mixed("Mixed_3b"),
    Step::Mixed("Mixed_3c"),
    Step::Pool([3; 3], [2; 3]),
    Step::Mixed("Mixed_4b"),
    Step::Mixed("Mixed_4c"),
    Step::Mixed("Mixed_4d"),
    Step::Mixed("Mixed_4e"),
    Step::Mixed("Mixed_4f"),
    Step::Pool([2; 3], [2; 3]),
    Step::Mixed("Mixed_5b"),
];
/// The block in front of the logits.
const LAST_BLOCK: &str = "Mixed_5c";

#[derive(Clone, Copy)]
enum Step {
    Pool([i64; 3], [i64; 3]),
    Convolution(&'static str),
    Mixed(&'static str),
}

/// A convolution with its folded normalisation.
struct Unit {
    kernel: Tensor,
    bias: Tensor,
    stride: [i64; 3],
}

struct Mixed {
    straight: Unit,
    narrow: [Unit; 2],
    wide: [Unit; 2],
    pooled: Unit,
}

enum Layer {
    Pool([i64; 3], [i64; 3]),
    Unit(Unit),
    Mixed(Mixed),
}

/// The frozen network.
pub struct I3d {
    layers: Vec<(&'static str, Layer)>,
    kernel: Tensor,
    bias: Tensor,
    device: Device,
}

impl I3d {
    /// With the weights that `setup` brings.
    ///
    /// # Errors
    /// [`MetricsError::Asset`] when they were not fetched; as [`I3d::from_arrays`].
    pub fn load(device: Device) -> Result<Self> {
        Self::from_arrays(&fetched(Asset::I3d)?, device)
    }

    /// With the weights of the published file: `params.Conv3d_1a_7x7.Conv_0.kernel` `[7, 7, 7, 3, 64]` and so on, and the
    /// statistics under `batch_stats`.
    ///
    /// # Errors
    /// [`MetricsError::Weights`] when one is missing or of another shape.
    pub fn from_arrays(arrays: &Arrays, device: Device) -> Result<Self> {
        let read = |name: &str, stride: [i64; 3]| Unit::read(arrays, name, stride, device);
        let mut layers = vec![("Conv3d_1a_7x7", Layer::Unit(read("Conv3d_1a_7x7", [2; 3])?))];
        for step in STEPS.into_iter().chain([Step::Mixed(LAST_BLOCK)]) {
            layers.push(match step {
                Step::Pool(kernel, stride) => ("pool", Layer::Pool(kernel, stride)),
                Step::Convolution(name) => (name, Layer::Unit(read(name, [1; 3])?)),
                Step::Mixed(name) => {
                    let unit = |branch: &str| read(&format!("{name}.{branch}"), [1; 3]);
                    let mixed = Mixed {
                        straight: unit("Branch_0/Conv3d_0a_1x1")?,
                        narrow: [unit("Branch_1/Conv3d_0a_1x1")?, unit("Branch_1/Conv3d_0b_3x3")?],
                        wide: [unit("Branch_2/Conv3d_0a_1x1")?, unit("Branch_2/Conv3d_0b_3x3")?],
                        pooled: unit("Branch_3/Conv3d_0b_1x1")?,
                    };
                    (name, Layer::Mixed(mixed))
                }
            });
        }
        let last = "params.Logits/Conv3d_0c_1x1.Conv_0";
        let kernel = kernel_from_jax(last, &named(arrays, &format!("{last}.kernel"))?)?.to_device(device);
        let bias = named(arrays, &format!("{last}.bias"))?.to_device(device);
        Ok(Self { layers, kernel, bias, device })
    }

    /// The features of clips `[batch, 3, frames, height, width]` in 0..=1, brought to 224 × 224: `[batch, 400]`.
    ///
    /// # Errors
    /// As [`I3d::logits`].
    pub fn features(&self, clips: &Tensor) -> Result<Tensor> {
        check(clips)?;
        let frames = clips.size()[2];
        let clips = clips.to_device(self.device).to_kind(Kind::Float);
        let resized = clips.upsample_trilinear3d([frames, SIDE, SIDE], false, None, None, None);
        self.logits(&(resized * 2.0 - 1.0))
    }

    /// The logits of clips `[batch, 3, frames, 224, 224]` in −1..=1, averaged over time: `[batch, 400]`.
    ///
    /// # Errors
    /// [`MetricsError::Size`] for other shapes, fewer than 9 or more than 256 frames.
    pub fn logits(&self, clips: &Tensor) -> Result<Tensor> {
        self.run(clips, |_, _| {})
    }

    /// As [`I3d::logits`]; `look` sees the output of every layer by its published name (`pool` for pooling steps).
    ///
    /// # Errors
    /// As [`I3d::logits`].
    pub fn run(&self, clips: &Tensor, mut look: impl FnMut(&str, &Tensor)) -> Result<Tensor> {
        check(clips)?;
        if clips.size()[3..] != [SIDE, SIDE] {
            return Err(MetricsError::Size(format!(
                "I3D sees {SIDE} x {SIDE} pixels, not {:?}",
                clips.size()
            )));
        }
        let _frozen = tch::no_grad_guard();
        let mut x = clips.to_device(self.device).to_kind(Kind::Float);
        for (name, layer) in &self.layers {
            x = match layer {
                Layer::Pool(kernel, stride) => largest(&x, *kernel, *stride),
                Layer::Unit(unit) => unit.forward(&x),
                Layer::Mixed(mixed) => mixed.forward(&x),
            };
            look(name, &x);
        }
        let pooled = x.avg_pool3d(LAST_POOL, [1, 1, 1], [0, 0, 0], false, true, None);
        look("avg_pool", &pooled);
        let logits = pooled.conv3d(&self.kernel, Some(&self.bias), [1, 1, 1], [0, 0, 0], [1, 1, 1], 1);
        Ok(logits.mean_dim([2i64, 3, 4].as_slice(), false, Kind::Float))
    }
}

fn check(clips: &Tensor) -> Result<()> {
    let size = clips.size();
    if size.len() == 5
        && size[1] == 3
        && (FEWEST_FRAMES..=MOST_FRAMES).contains(&size[2])
        && size[3] > 0
        && size[4] > 0
    {
        Ok(())
    } else {
        Err(MetricsError::Size(format!(
            "I3D needs [batch, 3, {FEWEST_FRAMES} to {MOST_FRAMES} frames, height, width], not {size:?}"
        )))
    }
}

impl Unit {
    fn read(arrays: &Arrays, name: &str, stride: [i64; 3], device: Device) -> Result<Self> {
        let kernel = format!("params.{name}.Conv_0.kernel");
        let weights = kernel_from_jax(&kernel, &named(arrays, &kernel)?)?;
        let channels = weights.size()[0];
        let one_a_channel = |part: String| -> Result<Tensor> {
            let tensor = named(arrays, &part)?;
            if tensor.numel() as i64 == channels {
                Ok(tensor.view([channels]))
            } else {
                Err(MetricsError::Weights(format!("{part} is {:?}, not [{channels}]", tensor.size())))
            }
        };
        let statistics = format!("batch_stats.{name}.BatchNorm_0");
        let shift = one_a_channel(format!("params.{name}.BatchNorm_0.bias"))?;
        let mean = one_a_channel(format!("{statistics}.mean"))?;
        let scale = (one_a_channel(format!("{statistics}.var"))? + EPSILON).rsqrt();
        Ok(Self {
            kernel: (weights * scale.view([-1, 1, 1, 1, 1])).to_device(device),
            bias: (shift - mean * scale).to_device(device),
            stride,
        })
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let size = self.kernel.size();
        let x = same(x, [size[2], size[3], size[4]], self.stride, 0.0);
        x.conv3d(&self.kernel, Some(&self.bias), self.stride, [0, 0, 0], [1, 1, 1], 1).relu()
    }
}

impl Mixed {
    fn forward(&self, x: &Tensor) -> Tensor {
        let two = |units: &[Unit; 2]| units[1].forward(&units[0].forward(x));
        let pooled = self.pooled.forward(&largest(x, [3; 3], [1; 3]));
        Tensor::cat(&[self.straight.forward(x), two(&self.narrow), two(&self.wide), pooled], 1)
    }
}

fn largest(x: &Tensor, kernel: [i64; 3], stride: [i64; 3]) -> Tensor {
    same(x, kernel, stride, f64::NEG_INFINITY).max_pool3d(kernel, stride, [0, 0, 0], [1, 1, 1], false)
}

/// Padded so that the output has ⌈size / stride⌉ along each axis; an odd number of rows has its extra one at the end.
fn same(x: &Tensor, kernel: [i64; 3], stride: [i64; 3], value: f64) -> Tensor {
    let size = x.size();
    // libtorch names the last axis first.
    let mut pads = Vec::with_capacity(6);
    for axis in (0..3).rev() {
        let (length, step) = (size[2 + axis], stride[axis]);
        let outputs = (length + step - 1) / step;
        let missing = ((outputs - 1) * step + kernel[axis] - length).max(0);
        pads.extend([missing / 2, missing - missing / 2]);
    }
    if pads.iter().all(|pad| *pad == 0) { x.shallow_clone() } else { x.pad(pads, "constant", value) }
}

/// A kernel of three axes in JAX's order `[frames, height, width, input, output]`, in libtorch's.
fn kernel_from_jax(name: &str, kernel: &Tensor) -> Result<Tensor> {
    if kernel.dim() != 5 {
        return Err(MetricsError::Weights(format!("{name} is {:?} and no kernel of a clip", kernel.size())));
    }
    Ok(kernel.permute([4, 3, 0, 1, 2]).contiguous())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_an_error() {
        assert!(matches!(I3d::from_arrays(&Arrays::new(), Device::Cpu), Err(MetricsError::Weights(_))));
        let clip = |shape: &[i64]| Tensor::zeros(shape, (Kind::Float, Device::Cpu));
        assert!(check(&clip(&[1, 3, 8, 4, 4])).is_err());
        assert!(check(&clip(&[1, 1, 16, 4, 4])).is_err());
        assert!(check(&clip(&[3, 16, 4, 4])).is_err());
        assert!(check(&clip(&[1, 3, 16, 4, 4])).is_ok());
    }

    #[test]
    fn padding_puts_the_extra_row_at_the_end() {
        let x = Tensor::ones([1, 1, 1, 1, 4], (Kind::Float, Device::Cpu));
        let padded = same(&x, [1, 1, 3], [1, 1, 2], 0.0);
        assert_eq!(Vec::<f32>::try_from(padded.view([-1])).unwrap(), [1.0, 1.0, 1.0, 1.0, 0.0]);
        assert_eq!(largest(&x, [1, 1, 3], [1, 1, 2]).size(), [1, 1, 1, 1, 2]);
    }
}
