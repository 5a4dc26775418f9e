//! The convolutional part of AlexNet (Krizhevsky 2014, the one-column form), whose features LPIPS compares by default.

use tch::Tensor;
use tch::nn::{self, ConvConfig, Init, Module, Path};

/// Input and output channels, kernel, stride and padding of the five convolutions.
const CONVOLUTIONS: [(i64, i64, i64, i64, i64); 5] =
    [(3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1)];
/// Convolutions behind the largest of 3 × 3 with a step of 2.
const POOLED: [usize; 2] = [1, 2];

pub(crate) struct AlexNet {
    convolutions: Vec<nn::Conv2D>,
}

impl AlexNet {
    /// Variables `relu1.weight`, `relu1.bias` and so on, all zero until weights are assigned.
    pub(crate) fn new(path: &Path) -> Self {
        let convolutions =
            CONVOLUTIONS.iter().zip(Self::names()).map(|((input, output, kernel, stride, padding), name)| {
                let config = ConvConfig {
                    stride: *stride,
                    padding: *padding,
                    ws_init: Init::Const(0.0),
                    ..Default::default()
                };
                nn::conv2d(path / name, *input, *output, *kernel, config)
            });
        Self { convolutions: convolutions.collect() }
    }

    /// The names of the convolutions, first to last.
    pub(crate) fn names() -> Vec<String> {
        (1..=CONVOLUTIONS.len()).map(|layer| format!("relu{layer}")).collect()
    }

    /// The outputs of the five ReLUs.
    pub(crate) fn features(&self, x: &Tensor) -> Vec<Tensor> {
        let mut x = x.shallow_clone();
        let mut found = Vec::with_capacity(CONVOLUTIONS.len());
        for (place, convolution) in self.convolutions.iter().enumerate() {
            if POOLED.contains(&place) {
                x = x.max_pool2d([3, 3], [2, 2], [0, 0], [1, 1], false);
            }
            x = convolution.forward(&x).relu();
            found.push(x.shallow_clone());
        }
        found
    }
}
