//! The convolutional part of VGG-16 and VGG-19 (Simonyan & Zisserman 2014): features that pictures are compared by, in
//! the perceptual loss of training and in LPIPS.
//!
//! Five blocks of 3 × 3 convolutions with ReLU, halved between blocks by the largest of 2 × 2. A tap is the output of one
//! ReLU; only what lies in front of the deepest tap is built.

use crate::grid::for_convolution;
use crate::picture_blocks::{Convolution, ConvolutionConfig};
use crate::{NnError, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use tch::nn::Path;
use tch::{Kind, Tensor};

/// Channels of the five blocks.
const CHANNELS: [i64; 5] = [64, 128, 256, 512, 512];

/// Which of the two networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VggDepth {
    /// 13 convolutions: 2, 2, 3, 3, 3.
    Sixteen,
    /// 16 convolutions: 2, 2, 4, 4, 4.
    Nineteen,
}

impl VggDepth {
    /// Convolutions of each block.
    #[must_use]
    pub fn convolutions(self) -> [u8; 5] {
        match self {
            Self::Sixteen => [2, 2, 3, 3, 3],
            Self::Nineteen => [2, 2, 4, 4, 4],
        }
    }

    /// All its taps, first to last.
    #[must_use]
    pub fn taps(self) -> Vec<Tap> {
        let blocks = (1..).zip(self.convolutions());
        blocks.flat_map(|(block, layers)| (1..=layers).map(move |layer| Tap { block, layer })).collect()
    }

    /// The last tap of each block, which pooling comes after.
    #[must_use]
    pub fn block_ends(self) -> Vec<Tap> {
        (1..).zip(self.convolutions()).map(|(block, layer)| Tap { block, layer }).collect()
    }
}

/// The output of one ReLU, written `relu3_1`: the first of the third block. In order of depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tap {
    block: u8,
    layer: u8,
}

impl Tap {
    /// Its block, from 1.
    #[must_use]
    pub fn block(self) -> u8 {
        self.block
    }

    /// Its place in the block, from 1.
    #[must_use]
    pub fn layer(self) -> u8 {
        self.layer
    }

    /// The convolution in front of it, counted from 0 over the whole network; `None` if the network has no such layer.
    #[must_use]
    pub fn index(self, depth: VggDepth) -> Option<usize> {
        depth.taps().iter().position(|tap| *tap == self)
    }
}

impl fmt::Display for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "relu{}_{}", self.block, self.layer)
    }
}

impl FromStr for Tap {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = || format!("`{text}` is no layer of VGG; write relu1_1 to relu5_4");
        let (block, layer) =
            text.strip_prefix("relu").and_then(|rest| rest.split_once('_')).ok_or_else(wrong)?;
        let tap =
            Self { block: block.parse().map_err(|_| wrong())?, layer: layer.parse().map_err(|_| wrong())? };
        if VggDepth::Nineteen.taps().contains(&tap) { Ok(tap) } else { Err(wrong()) }
    }
}

impl TryFrom<String> for Tap {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        text.parse()
    }
}

impl From<Tap> for String {
    fn from(tap: Tap) -> Self {
        tap.to_string()
    }
}

/// What is built of which network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VggConfig {
    /// Which network.
    pub depth: VggDepth,
    /// Whether convolutions continue the picture by its mirror image instead of zeros (the normalised VGG-19 does).
    pub reflect: bool,
    /// Whether a 1 × 1 convolution of the colours stands in front (the normalised VGG-19 has one).
    pub colours: bool,
    /// The deepest tap that will be asked for.
    pub deepest: Tap,
}

struct Layer {
    tap: Tap,
    convolution: Convolution,
}

/// The network; its weights are not meant to be trained (freeze the store).
pub struct VggFeatures {
    reflect: bool,
    colours: Option<Convolution>,
    layers: Vec<Layer>,
}

impl VggFeatures {
    /// Variables `colours.weight` (if any), `relu1_1.weight` `[64, 3, 3, 3]`, `relu1_1.bias` `[64]` and so on under
    /// `path`, all zero until weights are assigned.
    ///
    /// # Errors
    /// [`NnError::Shape`] when the network has no such layer.
    pub fn new(path: &Path, config: VggConfig) -> Result<Self> {
        let taps = config.depth.taps();
        let count = config.deepest.index(config.depth).map(|index| index + 1);
        let count =
            count.ok_or_else(|| NnError::Shape(format!("{:?} has no {}", config.depth, config.deepest)))?;
        let colours = config
            .colours
            .then(|| Convolution::new(&(path / "colours"), 3, 3, ConvolutionConfig::same(1).from_zero()));
        let shape = ConvolutionConfig { reflect: config.reflect, ..ConvolutionConfig::same(3).from_zero() };
        let mut input = 3;
        let layers = taps.into_iter().take(count).map(|tap| {
            let output = CHANNELS[usize::from(tap.block) - 1];
            let convolution = Convolution::new(&(path / tap.to_string()), input, output, shape);
            input = output;
            Layer { tap, convolution }
        });
        Ok(Self { reflect: config.reflect, colours, layers: layers.collect() })
    }

    /// The outputs of `taps` for pictures `[batch, 3, height, width]` in the order in which they were asked for: of block
    /// b `[batch, channels, height / 2^(b−1), width / 2^(b−1)]`, rounded down, in the kind of the weights. Computed no
    /// deeper than the deepest.
    ///
    /// # Errors
    /// [`NnError::Shape`] when a tap lies deeper than what was built, or the picture is too small for it.
    pub fn features(&self, x: &Tensor, taps: &[Tap]) -> Result<Vec<Tensor>> {
        let Some(deepest) = taps.iter().max() else { return Ok(Vec::new()) };
        if let Some(tap) = taps.iter().find(|tap| !self.layers.iter().any(|layer| layer.tap == **tap)) {
            return Err(NnError::Shape(format!("{tap} was not built into this VGG")));
        }
        let smallest = self.smallest_side(*deepest);
        let size = x.size();
        if size.len() != 4 || size[1] != 3 || size[2] < smallest || size[3] < smallest {
            return Err(NnError::Shape(format!(
                "VGG up to {deepest} needs [batch, 3, {smallest} or more, {smallest} or more], not {size:?}"
            )));
        }
        let x = self.colours.as_ref().map_or_else(|| x.shallow_clone(), |colours| colours.forward(x));
        let kind = self.layers.first().map_or(Kind::Float, |layer| layer.convolution.weight().kind());
        let mut x = for_convolution(&x, kind);
        let mut found = Vec::new();
        for layer in self.layers.iter().take_while(|layer| layer.tap <= *deepest) {
            if layer.tap.block > 1 && layer.tap.layer == 1 {
                x = x.max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false);
            }
            x = layer.convolution.forward(&x).relu();
            if taps.contains(&layer.tap) {
                found.push((layer.tap, x.shallow_clone()));
            }
        }
        let of = |tap: &Tap| found.iter().find(|(name, _)| name == tap).map(|(_, x)| x.shallow_clone());
        Ok(taps.iter().filter_map(of).collect())
    }

    /// The smallest picture that reaches a tap: at least one pixel is left, two where the border is mirrored.
    #[must_use]
    pub fn smallest_side(&self, tap: Tap) -> i64 {
        let left = if self.reflect { 2 } else { 1 };
        left << (i64::from(tap.block) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;
    use tch::nn::VarStore;

    fn tap(name: &str) -> Tap {
        name.parse().unwrap()
    }

    fn config(depth: VggDepth, deepest: &str) -> VggConfig {
        VggConfig { depth, reflect: false, colours: false, deepest: tap(deepest) }
    }

    #[test]
    fn parameters_are_those_of_the_published_networks() {
        let count = |config| {
            let store = VarStore::new(Device::Cpu);
            let _network = VggFeatures::new(&store.root(), config).unwrap();
            store.variables().values().map(Tensor::numel).sum::<usize>()
        };
        assert_eq!(count(config(VggDepth::Sixteen, "relu5_3")), 14_714_688);
        assert_eq!(count(config(VggDepth::Nineteen, "relu5_4")), 20_024_384);
        assert_eq!(count(config(VggDepth::Nineteen, "relu1_1")), 1_792);
        let store = VarStore::new(Device::Cpu);
        assert!(VggFeatures::new(&store.root(), config(VggDepth::Sixteen, "relu5_4")).is_err());
    }

    #[test]
    fn taps_come_in_the_order_asked_for_and_no_deeper() {
        let store = VarStore::new(Device::Cpu);
        let network = VggFeatures::new(&store.root(), config(VggDepth::Nineteen, "relu3_1")).unwrap();
        let x = Tensor::rand([2, 3, 20, 12], (Kind::Float, Device::Cpu));
        let found = network.features(&x, &[tap("relu3_1"), tap("relu1_2")]).unwrap();
        assert_eq!(found[0].size(), [2, 256, 5, 3]);
        assert_eq!(found[1].size(), [2, 64, 20, 12]);
        assert!(network.features(&x, &[tap("relu4_1")]).is_err());
        assert!(
            network
                .features(&Tensor::zeros([1, 3, 3, 9], (Kind::Float, Device::Cpu)), &[tap("relu3_1")])
                .is_err()
        );
        assert!(network.features(&x, &[]).unwrap().is_empty());
    }

    #[test]
    fn taps_are_written_as_in_the_literature() {
        assert_eq!(tap("relu5_4").to_string(), "relu5_4");
        for wrong in ["relu0_1", "relu1_3", "relu6_1", "conv1_1", "relu1", "reluA_1", ""] {
            assert!(wrong.parse::<Tap>().is_err(), "{wrong}");
        }
        let read: Vec<Tap> = serde_json::from_str(r#"["relu1_1","relu4_2"]"#).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"["relu1_1","relu4_2"]"#);
        assert!(tap("relu1_2") < tap("relu2_1"));
    }

    #[test]
    fn mirrored_borders_keep_an_even_picture_even() {
        let store = VarStore::new(Device::Cpu);
        let config = VggConfig { reflect: true, colours: true, ..config(VggDepth::Nineteen, "relu2_1") };
        let network = VggFeatures::new(&store.root(), config).unwrap();
        for variable in store.variables().into_values() {
            let fan = variable.numel() as f64;
            let _ = tch::no_grad(|| variable.shallow_clone().fill_(1.0 / fan));
        }
        let x = Tensor::full([1, 3, 8, 8], 0.5, (Kind::Float, Device::Cpu));
        let found = network.features(&x, &[tap("relu2_1")]).unwrap().remove(0);
        assert!((found.max() - found.min()).double_value(&[]).abs() < 1e-6);
    }
}
