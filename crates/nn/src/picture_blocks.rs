//! Two-dimensional building blocks over pictures `[batch, channels, height, width]`.
//!
//! Every block computes in the kind of its input and casts its weights to it, so that one definition runs in 32-bit
//! floats and, with 32-bit master weights, in bfloat16. Weights that were cast beforehand are used as they are.

use crate::arithmetic;
use serde::{Deserialize, Serialize};
use tch::nn::init::{FanInOut, NonLinearity, NormalOrUniform};
use tch::nn::{Init, Path};
use tch::{Kind, Tensor};

/// Added to variances before the square root (the default of the published networks).
const NORMALISER_EPSILON: f64 = 1e-5;
/// How fast running statistics of batch normalisation follow.
const BATCH_MOMENTUM: f64 = 0.1;

/// The same picture with its channels beside each other in memory, which convolutions on the CPU like best. Shape and
/// values stay.
pub fn channels_last(x: &Tensor) -> Tensor {
    x.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
}

/// Shape and start of a convolution.
#[derive(Clone, Copy, Debug)]
pub struct ConvolutionConfig {
    /// Width and height of the kernel.
    pub kernel: i64,
    /// Step between outputs.
    pub stride: i64,
    /// Rows and columns added on each side.
    pub padding: i64,
    /// Whether what is added mirrors the picture instead of being zero.
    pub reflect: bool,
    /// Whether a bias is added.
    pub bias: bool,
    /// Initial weights.
    pub weights: Init,
}

impl ConvolutionConfig {
    /// Keeps the size; `kernel` odd.
    #[must_use]
    pub fn same(kernel: i64) -> Self {
        let weights = Init::Kaiming {
            dist: NormalOrUniform::Uniform,
            fan: FanInOut::FanIn,
            non_linearity: NonLinearity::ReLU,
        };
        Self { kernel, stride: 1, padding: kernel / 2, reflect: false, bias: true, weights }
    }

    /// The same with the output at 1/`stride` of the size.
    #[must_use]
    pub fn strided(self, stride: i64) -> Self {
        Self { stride, ..self }
    }

    /// The same with weights that start at zero: a block that begins as "no change".
    #[must_use]
    pub fn from_zero(self) -> Self {
        Self { weights: Init::Const(0.0), ..self }
    }

    /// The same without bias.
    #[must_use]
    pub fn without_bias(self) -> Self {
        Self { bias: false, ..self }
    }
}

/// A convolution over pictures.
pub struct Convolution {
    weight: Tensor,
    bias: Option<Tensor>,
    config: ConvolutionConfig,
}

impl Convolution {
    /// Weight `[output, input, kernel, kernel]` and bias `[output]` (zero at first) under `path`.
    #[must_use]
    pub fn new(path: &Path, input: i64, output: i64, config: ConvolutionConfig) -> Self {
        let weight = path.var("weight", &[output, input, config.kernel, config.kernel], config.weights);
        let bias = config.bias.then(|| path.zeros("bias", &[output]));
        Self { weight, bias, config }
    }

    /// `[batch, input, h, w]` to `[batch, output, h / stride, w / stride]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        self.with_weight(x, &self.weight)
    }

    /// As [`Convolution::forward`], with a weight made from the stored one.
    pub(crate) fn with_weight(&self, x: &Tensor, weight: &Tensor) -> Tensor {
        let kind = x.kind();
        let (stride, padding) = (self.config.stride, self.config.padding);
        let bias = self.bias.as_ref().map(|b| b.to_kind(kind));
        let weight = weight.to_kind(kind);
        let y = if self.config.reflect {
            let x = x.reflection_pad2d([padding; 4]);
            x.conv2d(&weight, bias, [stride; 2], [0, 0], [1, 1], 1)
        } else {
            x.conv2d(&weight, bias, [stride; 2], [padding; 2], [1, 1], 1)
        };
        let (out, taps) = (y.size(), weight.size());
        arithmetic::note(out.iter().product::<i64>() * taps[1] * taps[2] * taps[3]);
        y
    }

    /// The convolution of the picture at twice its size by nearest values, `[batch, input, h, w]` to `[batch, output, 2h, 2w]`; only
    /// for kernels of 3 that keep the size.
    ///
    /// Each output then sees 2 × 2 different values and not 3 × 3: its nine weights are added up to four, differently for even
    /// and odd rows and columns, and 4 instead of 9 products are taken.
    pub fn forward_doubled(&self, x: &Tensor) -> Tensor {
        debug_assert!(self.config.kernel == 3 && self.config.stride == 1 && !self.config.reflect);
        let (kind, size, of) = (x.kind(), x.size(), self.weight.size());
        let (batch, height, width, input, output) = (size[0], size[2], size[3], of[1], of[0]);
        let sums = self.weight.to_kind(Kind::Float).reshape([-1, 9]).matmul(&pairs_of_taps(x.device()));
        let weight = sums.to_kind(kind).view([output, input, 4, 2, 2]).permute([2, 0, 1, 3, 4]);
        let weight = weight.reshape([4 * output, input, 2, 2]);
        let bias = self.bias.as_ref().map(|b| b.to_kind(kind).repeat([4]));
        // One row and column more than are needed of each: even ones begin with the first, odd ones with the second. So the output
        // at (2i + r, 2j + c) is part 2r + c at (i + r, j + c), which is a view.
        let y = x.conv2d(&weight, bias, [1; 2], [1; 2], [1, 1], 1);
        arithmetic::note(y.size().iter().product::<i64>() * input * 4);
        let y = y.permute([0, 2, 3, 1]).contiguous();
        let (row, column) = (y.stride()[1], y.stride()[2]);
        let shape = [batch, height, 2, width, 2, output];
        let strides = [y.stride()[0], row, row + 2 * output, column, column + output, 1];
        let whole = y.as_strided(shape, strides, None::<i64>);
        whole.reshape([batch, 2 * height, 2 * width, output]).permute([0, 3, 1, 2])
    }

    /// The stored weight.
    pub fn weight(&self) -> &Tensor {
        &self.weight
    }

    /// Sets the bias of every output to `value`.
    pub fn start_bias(&self, value: f64) {
        if let Some(bias) = &self.bias {
            tch::no_grad(|| {
                let _ = bias.shallow_clone().fill_(value);
            });
        }
    }
}

/// `[9, 16]`: which of 3 × 3 weights make each of 2 × 2, for even and odd rows and columns (even rows, even columns; even, odd; odd,
/// even; odd, odd).
fn pairs_of_taps(device: tch::Device) -> Tensor {
    // Of the three rows that an output sees, an even one finds the last two in one place, an odd one the first two.
    let line = Tensor::from_slice(&[1.0f32, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0])
        .view([2, 2, 3])
        .to_device(device);
    let both = line.view([2, 1, 2, 1, 3, 1]) * line.view([1, 2, 1, 2, 1, 3]);
    both.reshape([16, 9]).tr()
}

/// A transposed convolution with a kernel of 4 and a stride of 2: twice the size.
pub struct DoublingConvolution {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl DoublingConvolution {
    const KERNEL: i64 = 4;

    /// Weight `[input, output, 4, 4]` and, if asked for, bias `[output]` under `path`.
    #[must_use]
    pub fn new(path: &Path, input: i64, output: i64, bias: bool) -> Self {
        // Each output is reached by 2 × 2 taps.
        let bound = (6.0 / (4 * input) as f64).sqrt();
        let weight = path.var(
            "weight",
            &[input, output, Self::KERNEL, Self::KERNEL],
            Init::Uniform { lo: -bound, up: bound },
        );
        Self { weight, bias: bias.then(|| path.zeros("bias", &[output])) }
    }

    /// `[batch, input, h, w]` to `[batch, output, 2h, 2w]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let kind = x.kind();
        let bias = self.bias.as_ref().map(|b| b.to_kind(kind));
        let weight = self.weight.to_kind(kind);
        arithmetic::note(x.size().iter().product::<i64>() * weight.size()[1] * Self::KERNEL * Self::KERNEL);
        x.conv_transpose2d(&weight, bias, [2, 2], [1, 1], [0, 0], 1, [1, 1])
    }
}

/// What a block does to the spread of its channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalisation {
    /// Nothing.
    None,
    /// Each channel of each picture to mean 0 and variance 1, then a learned scale and shift.
    #[default]
    Instance,
    /// Each channel over the batch (running averages when drawing), then a learned scale and shift.
    Batch,
}

/// A normaliser of `channels` channels.
pub struct Norm {
    scale: Option<(Tensor, Tensor)>,
    running: Option<(Tensor, Tensor)>,
}

impl Norm {
    /// `weight`, `bias` and, for batches, `running_mean` and `running_var` under `path`.
    #[must_use]
    pub fn new(path: &Path, channels: i64, normalisation: Normalisation) -> Self {
        let scale = (normalisation != Normalisation::None)
            .then(|| (path.ones("weight", &[channels]), path.zeros("bias", &[channels])));
        let running = (normalisation == Normalisation::Batch).then(|| {
            (path.zeros_no_train("running_mean", &[channels]), path.ones_no_train("running_var", &[channels]))
        });
        Self { scale, running }
    }

    /// Same shape out; `train` lets batch normalisation use and follow the batch's statistics.
    pub fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        let Some((weight, bias)) = &self.scale else { return x.shallow_clone() };
        let kind = x.kind();
        let cast = |t: &Tensor| t.to_kind(kind);
        match &self.running {
            None => normalise_instances(x, Some((&cast(weight), &cast(bias)))),
            // Statistics stay in 32 bits; libtorch mixes these two kinds on purpose.
            Some((mean, variance)) => x.batch_norm(
                Some(weight.to_kind(mean.kind())),
                Some(bias.to_kind(mean.kind())),
                Some(mean.shallow_clone()),
                Some(variance.shallow_clone()),
                train,
                BATCH_MOMENTUM,
                NORMALISER_EPSILON,
                true,
            ),
        }
    }
}

/// Each channel of each picture to mean 0 and variance 1, then scale and shift by `[channels]` each if given.
pub fn normalise_instances(x: &Tensor, scale: Option<(&Tensor, &Tensor)>) -> Tensor {
    // One group per channel is the same arithmetic, and keeps the memory layout, which libtorch's own does not.
    x.group_norm(x.size()[1], scale.map(|s| s.0), scale.map(|s| s.1), NORMALISER_EPSILON, true)
}

/// Groups of channels of each picture to mean 0 and variance 1, then a learned scale and shift of each channel.
pub struct GroupNorm {
    weight: Tensor,
    bias: Tensor,
    groups: i64,
}

impl GroupNorm {
    /// `weight` and `bias` `[channels]` under `path`; `groups` is to divide `channels` ([`groups_of`]).
    #[must_use]
    pub fn new(path: &Path, channels: i64, groups: i64) -> Self {
        Self { weight: path.ones("weight", &[channels]), bias: path.zeros("bias", &[channels]), groups }
    }

    /// Same shape out.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let kind = x.kind();
        let (weight, bias) = (self.weight.to_kind(kind), self.bias.to_kind(kind));
        x.group_norm(self.groups, Some(&weight), Some(&bias), NORMALISER_EPSILON, true)
    }
}

/// The largest number up to `most` that divides every one of `channels`.
#[must_use]
pub fn groups_of(most: i64, channels: &[i64]) -> i64 {
    (1..=most.max(1)).rev().find(|g| channels.iter().all(|c| c % g == 0)).unwrap_or(1)
}

/// Convolution, normaliser, ReLU at the same size.
pub struct SameBlock {
    conv: Convolution,
    norm: Norm,
}

impl SameBlock {
    /// From `input` to `output` channels.
    #[must_use]
    pub fn new(path: &Path, input: i64, output: i64, kernel: i64, normalisation: Normalisation) -> Self {
        Self::with(path, input, output, ConvolutionConfig::same(kernel), normalisation)
    }

    /// The same with a convolution of another shape.
    #[must_use]
    pub fn with(
        path: &Path,
        input: i64,
        output: i64,
        config: ConvolutionConfig,
        normalisation: Normalisation,
    ) -> Self {
        Self {
            conv: Convolution::new(&(path / "conv"), input, output, config),
            norm: Norm::new(&(path / "norm"), output, normalisation),
        }
    }

    /// `[batch, input, h, w]` to `[batch, output, h, w]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        self.norm.forward(&self.conv.forward(x), true).relu()
    }
}

/// A [`SameBlock`] with a 3 × 3 kernel, then the mean over 2 × 2.
pub struct DownBlock(SameBlock);

impl DownBlock {
    /// From `input` to `output` channels.
    #[must_use]
    pub fn new(path: &Path, input: i64, output: i64, normalisation: Normalisation) -> Self {
        Self(SameBlock::new(path, input, output, 3, normalisation))
    }

    /// `[batch, input, h, w]` to `[batch, output, h / 2, w / 2]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        halve(&self.0.forward(x))
    }
}

/// The mean over 2 × 2.
pub fn halve(x: &Tensor) -> Tensor {
    x.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None::<i64>)
}

/// Twice the size, each value four times.
pub fn double(x: &Tensor) -> Tensor {
    let size = x.size();
    x.upsample_nearest2d([size[2] * 2, size[3] * 2], None::<f64>, None::<f64>)
}

/// Twice the size and a [`SameBlock`] with a 3 × 3 kernel.
pub struct UpBlock {
    block: SameBlock,
    convolve_first: bool,
}

impl UpBlock {
    /// From `input` to `output` channels. `convolve_first` computes at the smaller size: a quarter of the arithmetic.
    #[must_use]
    pub fn new(
        path: &Path,
        input: i64,
        output: i64,
        normalisation: Normalisation,
        convolve_first: bool,
    ) -> Self {
        Self { block: SameBlock::new(path, input, output, 3, normalisation), convolve_first }
    }

    /// `[batch, input, h, w]` to `[batch, output, 2h, 2w]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        if self.convolve_first { double(&self.block.forward(x)) } else { self.block.forward(&double(x)) }
    }
}

/// Normaliser, ReLU, 3 × 3 convolution, twice, added to the input.
pub struct ResidualBlock {
    conv1: Convolution,
    conv2: Convolution,
    norm1: Norm,
    norm2: Norm,
}

impl ResidualBlock {
    /// `channels` in and out. Without normaliser it begins as "no change", else its output would grow with depth.
    #[must_use]
    pub fn new(path: &Path, channels: i64, normalisation: Normalisation) -> Self {
        let same = ConvolutionConfig::same(3);
        let last = if normalisation == Normalisation::None { same.from_zero() } else { same };
        Self {
            conv1: Convolution::new(&(path / "conv1"), channels, channels, same),
            conv2: Convolution::new(&(path / "conv2"), channels, channels, last),
            norm1: Norm::new(&(path / "norm1"), channels, normalisation),
            norm2: Norm::new(&(path / "norm2"), channels, normalisation),
        }
    }

    /// Same shape out.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let change = self.conv1.forward(&self.norm1.forward(x, true).relu());
        x + self.conv2.forward(&self.norm2.forward(&change, true).relu())
    }
}

/// Casts the weights of convolutions and linear layers (two axes or more) of `store` to `kind`, so that drawing need
/// not do it for each frame. Scales, biases and learned single numbers keep their precision.
pub fn cast_weights(store: &mut tch::nn::VarStore, kind: Kind) {
    cast_some_weights(store, kind, |_| true);
}

/// As [`cast_weights`], but only those of the names that are `chosen`.
pub fn cast_some_weights(store: &mut tch::nn::VarStore, kind: Kind, chosen: impl Fn(&str) -> bool) {
    tch::no_grad(|| {
        for (name, mut variable) in store.variables() {
            if variable.is_floating_point() && variable.dim() >= 2 && chosen(&name) {
                let cast = variable.to_kind(kind);
                variable.set_data(&cast);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, nn::VarStore};

    #[test]
    fn blocks_change_size_and_channels_as_they_say() {
        let store = VarStore::new(Device::Cpu);
        let root = store.root();
        let x = Tensor::rand([2, 3, 16, 12], (Kind::Float, Device::Cpu));
        let instance = Normalisation::Instance;
        let down = DownBlock::new(&(&root / "down"), 3, 8, instance).forward(&x);
        assert_eq!(down.size(), [2, 8, 8, 6]);
        for first in [false, true] {
            let path = &root / format!("up{first}");
            assert_eq!(UpBlock::new(&path, 8, 5, instance, first).forward(&down).size(), [2, 5, 16, 12]);
        }
        let doubled = DoublingConvolution::new(&(&root / "double"), 8, 4, true).forward(&down);
        assert_eq!(doubled.size(), [2, 4, 16, 12]);
        let block = ResidualBlock::new(&(&root / "still"), 3, Normalisation::None);
        assert!(block.forward(&x).equal(&x), "begins as no change");
    }

    #[test]
    fn bfloat16_stays_near_and_channels_last_changes_nothing() {
        tch::manual_seed(3);
        let mut store = VarStore::new(Device::Cpu);
        let block = SameBlock::new(&store.root(), 8, 16, 3, Normalisation::Instance);
        let x = Tensor::rand([1, 8, 32, 32], (Kind::Float, Device::Cpu));
        let reference = block.forward(&x);
        let last = block.forward(&channels_last(&x));
        assert!((&last - &reference).abs().max().double_value(&[]) < 1e-4);
        cast_weights(&mut store, Kind::BFloat16);
        let small = block.forward(&channels_last(&x).to_kind(Kind::BFloat16));
        assert_eq!(small.kind(), Kind::BFloat16);
        assert!((small.to_kind(Kind::Float) - reference).abs().max().double_value(&[]) < 0.1);
    }

    #[test]
    fn doubling_within_a_convolution_is_doubling_before_it() {
        tch::manual_seed(7);
        let store = VarStore::new(Device::Cpu);
        let conv = Convolution::new(&store.root(), 5, 6, ConvolutionConfig::same(3));
        conv.start_bias(0.3);
        let x = Tensor::rand([2, 5, 7, 4], (Kind::Float, Device::Cpu));
        let (plain, quick) = (conv.forward(&double(&x)), conv.forward_doubled(&channels_last(&x)));
        assert_eq!(quick.size(), plain.size());
        assert!((&quick - &plain).abs().max().double_value(&[]) < 1e-5);
        // And so are the gradients.
        let gradient = |y: &Tensor| {
            let weight = conv.weight();
            let gradients = Tensor::run_backward(&[y.square().sum(Kind::Float)], &[weight], false, false);
            gradients[0].shallow_clone()
        };
        assert!(gradient(&quick).allclose(&gradient(&plain), 1e-4, 1e-3, false));
    }

    #[test]
    fn arithmetic_is_counted() {
        let store = VarStore::new(Device::Cpu);
        let block = Convolution::new(&store.root(), 4, 6, ConvolutionConfig::same(3).strided(2));
        let x = Tensor::zeros([2, 4, 8, 8], (Kind::Float, Device::Cpu));
        let (_, count) = arithmetic::counted(|| block.forward(&x));
        assert_eq!(count, 2 * 2 * 6 * 4 * 4 * (4 * 9));
    }
}
