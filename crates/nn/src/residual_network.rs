//! The 18-layer residual network (He et al. 2016), as TPS motion models use it to find points and camera motion.

use crate::picture_blocks::{Convolution, ConvolutionConfig, Norm, Normalisation, halve};
use tch::nn::{self, Path};
use tch::{Kind, Tensor};

struct BasicBlock {
    conv1: Convolution,
    bn1: Norm,
    conv2: Convolution,
    bn2: Norm,
    downsample: Option<(Convolution, Norm)>,
}

impl BasicBlock {
    fn new(path: &Path, input: i64, output: i64, stride: i64) -> Self {
        let batch = Normalisation::Batch;
        let same = ConvolutionConfig::same(3).without_bias();
        let downsample = (stride != 1 || input != output).then(|| {
            let at = path / "downsample";
            let shape = ConvolutionConfig::same(1).without_bias().strided(stride);
            (Convolution::new(&(&at / 0), input, output, shape), Norm::new(&(&at / 1), output, batch))
        });
        Self {
            conv1: Convolution::new(&(path / "conv1"), input, output, same.strided(stride)),
            bn1: Norm::new(&(path / "bn1"), output, batch),
            conv2: Convolution::new(&(path / "conv2"), output, output, same),
            bn2: Norm::new(&(path / "bn2"), output, batch),
            downsample,
        }
    }

    fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        let y = self.bn1.forward(&self.conv1.forward(x), train).relu();
        let y = self.bn2.forward(&self.conv2.forward(&y), train);
        let kept = match &self.downsample {
            Some((conv, norm)) => norm.forward(&conv.forward(x), train),
            None => x.shallow_clone(),
        };
        (y + kept).relu()
    }
}

/// ResNet-18 with any number of input channels and outputs.
pub struct ResidualNetwork {
    conv1: Convolution,
    bn1: Norm,
    layers: Vec<[BasicBlock; 2]>,
    fc: nn::Linear,
}

impl ResidualNetwork {
    /// `width` channels in the first layer (64 as published), doubled in each of the four.
    #[must_use]
    pub fn new(path: &Path, input: i64, width: i64, outputs: i64) -> Self {
        let stem = ConvolutionConfig::same(7).without_bias().strided(2);
        let layers = (0..4u32)
            .map(|i| {
                let at = path / format!("layer{}", i + 1);
                let output = width << i;
                let (from, stride) = if i == 0 { (width, 1) } else { (output / 2, 2) };
                [
                    BasicBlock::new(&(&at / 0), from, output, stride),
                    BasicBlock::new(&(&at / 1), output, output, 1),
                ]
            })
            .collect();
        Self {
            conv1: Convolution::new(&(path / "conv1"), input, width, stem),
            bn1: Norm::new(&(path / "bn1"), width, Normalisation::Batch),
            layers,
            fc: nn::linear(path / "fc", width * 8, outputs, nn::LinearConfig::default()),
        }
    }

    /// Feature maps `[batch, width·2^i, h / 2^(i + 2), w / 2^(i + 2)]` after the stem and after each layer.
    pub fn features(&self, x: &Tensor, train: bool) -> Vec<Tensor> {
        let x = self.bn1.forward(&self.conv1.forward(x), train).relu();
        let mut maps = vec![x.max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false)];
        for layer in &self.layers {
            let before = maps.last().map_or_else(|| x.shallow_clone(), Tensor::shallow_clone);
            maps.push(layer.iter().fold(before, |x, block| block.forward(&x, train)));
        }
        maps
    }

    /// `[batch, input, h, w]` to `[batch, outputs]` in 32-bit floats.
    pub fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        let maps = self.features(x, train);
        let last = maps.last().map_or_else(|| halve(x), Tensor::shallow_clone);
        let mean = last.to_kind(Kind::Float).mean_dim([2i64, 3].as_slice(), false, Kind::Float);
        // In 32 bits even where weights were cast: these few numbers are coordinates.
        let weight = self.fc.ws.to_kind(Kind::Float);
        mean.linear(&weight, self.fc.bs.as_ref().map(|b| b.to_kind(Kind::Float)))
    }

    /// The last layer, whose start some uses choose themselves.
    #[must_use]
    pub fn head(&self) -> &nn::Linear {
        &self.fc
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, nn::VarStore};

    #[test]
    fn sizes_and_parameters_are_those_of_resnet18() {
        let store = VarStore::new(Device::Cpu);
        let network = ResidualNetwork::new(&store.root(), 3, 64, 1000);
        let trainable: i64 = store.trainable_variables().iter().map(|t| t.numel() as i64).sum();
        assert_eq!(trainable, 11_689_512);
        let x = Tensor::rand([2, 3, 64, 64], (Kind::Float, Device::Cpu));
        let maps = network.features(&x, false);
        assert_eq!(maps[4].size(), [2, 512, 2, 2]);
        assert_eq!(network.forward(&x, true).size(), [2, 1000]);
    }
}
