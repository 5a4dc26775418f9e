//! The latent pose estimator LPE (METHODS 1.4, Eq. 3): rotations at 16 × 16 places and one translation, from a picture.

use super::config::{PoseEstimatorConfig, PoseNormalisation};
use orator_nn::picture_blocks::{Convolution, ConvolutionConfig, GroupNorm, Norm, Normalisation, groups_of};
use orator_nn::rotation;
use tch::nn::Path;
use tch::{Kind, Tensor};

/// Degrees that a bin stands for.
const DEGREES: f64 = 3.0;
/// Degrees of the first bin.
const FIRST: f64 = -99.0;
/// Groups of a normaliser, where it works on groups.
const GROUPS: i64 = 8;

/// The latent motion feature: the pose of a picture as the networks see it.
pub struct LatentPose {
    /// `[batch, h, w, 3, 3]` in 32-bit floats, h and w being 1/16 of the picture's sides.
    pub rotations: Tensor,
    /// `[batch, 3]`, in −1..=1.
    pub translation: Tensor,
}

impl LatentPose {
    /// MF of Eq. 3, `[batch, h · w · 9 + 3]`: rotations row by row, then the translation.
    pub fn to_rows(&self) -> Tensor {
        Tensor::cat(&[self.rotations.flatten(1, -1), self.translation.shallow_clone()], 1)
    }

    /// The pose of such rows; `side` is h and w.
    #[must_use]
    pub fn from_rows(rows: &Tensor, side: i64) -> Self {
        let rows = rows.to_kind(Kind::Float);
        Self {
            rotations: rows.narrow(1, 0, side * side * 9).reshape([-1, side, side, 3, 3]),
            translation: rows.narrow(1, side * side * 9, 3),
        }
    }

    /// The same tensors under new handles.
    #[must_use]
    pub fn share(&self) -> Self {
        Self { rotations: self.rotations.shallow_clone(), translation: self.translation.shallow_clone() }
    }
}

/// Logits over bins at each place and the translation.
pub struct Estimate {
    /// `[batch, bins, h, w]`.
    pub yaw: Tensor,
    /// `[batch, bins, h, w]`.
    pub pitch: Tensor,
    /// `[batch, bins, h, w]`.
    pub roll: Tensor,
    /// `[batch, 3]`.
    pub translation: Tensor,
}

enum Spread {
    Batch(Norm),
    Group(GroupNorm),
}

impl Spread {
    fn new(path: &Path, channels: i64, normalisation: PoseNormalisation) -> Self {
        match normalisation {
            PoseNormalisation::Batch => Self::Batch(Norm::new(path, channels, Normalisation::Batch)),
            PoseNormalisation::Group => {
                Self::Group(GroupNorm::new(path, channels, groups_of(GROUPS, &[channels])))
            }
        }
    }

    fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        match self {
            Self::Batch(norm) => norm.forward(x, train),
            Self::Group(norm) => norm.forward(x),
        }
    }
}

/// A convolution and its normaliser.
struct Layer {
    conv: Convolution,
    norm: Spread,
}

impl Layer {
    fn new(
        path: &Path,
        input: i64,
        output: i64,
        config: ConvolutionConfig,
        normalisation: PoseNormalisation,
    ) -> Self {
        Self {
            conv: Convolution::new(&(path / "conv"), input, output, config),
            norm: Spread::new(&(path / "norm"), output, normalisation),
        }
    }

    fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        self.norm.forward(&self.conv.forward(x), train)
    }
}

/// 1 × 1 to a quarter of the channels, 3 × 3, 1 × 1 back, added to the input.
pub(super) struct Bottleneck {
    layers: [Layer; 3],
    skip: Option<Layer>,
}

impl Bottleneck {
    pub(super) fn new(path: &Path, channels: i64, stride: i64, normalisation: PoseNormalisation) -> Self {
        let narrow = (channels / 4).max(1);
        let point = ConvolutionConfig::same(1);
        let layer = |name: &str, input, output, config| {
            Layer::new(&(path / name), input, output, config, normalisation)
        };
        Self {
            layers: [
                layer("narrow", channels, narrow, point),
                layer("middle", narrow, narrow, ConvolutionConfig::same(3).strided(stride)),
                layer("widen", narrow, channels, point),
            ],
            skip: (stride > 1).then(|| layer("skip", channels, channels, point.strided(stride))),
        }
    }

    pub(super) fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        let y = self.layers[0].forward(x, train).relu();
        let y = self.layers[1].forward(&y, train).relu();
        let y = self.layers[2].forward(&y, train);
        let kept = self.skip.as_ref().map_or_else(|| x.shallow_clone(), |skip| skip.forward(x, train));
        (y + kept).relu()
    }
}

/// The latent pose estimator.
pub struct PoseEstimator {
    stem: Layer,
    widen: Vec<Layer>,
    halve: Vec<Bottleneck>,
    stages: Vec<Vec<Bottleneck>>,
    yaw: Convolution,
    pitch: Convolution,
    roll: Convolution,
    translation: Convolution,
    half_turn: f64,
}

impl PoseEstimator {
    /// Under `path`: `stem`, `widen.i`, `halve.i`, `stage.i.j`, `yaw`, `pitch`, `roll`, `translation`. `half_turn` is 180 degrees
    /// in radians (the released code says 3.14).
    #[must_use]
    pub fn new(path: &Path, config: &PoseEstimatorConfig, half_turn: f64) -> Self {
        let (width, normalisation) = (config.width, config.normalisation);
        let point = ConvolutionConfig::same(1);
        let widths: Vec<i64> = std::iter::once(width).chain((0..3).map(|i| width << (i + 2))).collect();
        let deepest = width * 16;
        let head = |name: &str, outputs| Convolution::new(&(path / name), deepest, outputs, point);
        let stage = |i: usize| {
            let at = path / "stage" / i as i64;
            let block = |j: usize| Bottleneck::new(&(&at / j as i64), widths[i + 1], 1, normalisation);
            (0..config.bottlenecks[i]).map(block).collect()
        };
        Self {
            stem: Layer::new(
                &(path / "stem"),
                3,
                width,
                ConvolutionConfig::same(7).strided(2),
                normalisation,
            ),
            widen: (0..3)
                .map(|i| {
                    Layer::new(&(path / "widen" / i as i64), widths[i], widths[i + 1], point, normalisation)
                })
                .collect(),
            halve: (0..2)
                .map(|i| Bottleneck::new(&(path / "halve" / i as i64), widths[i + 2], 2, normalisation))
                .collect(),
            stages: (0..3).map(stage).collect(),
            yaw: head("yaw", config.bins),
            pitch: head("pitch", config.bins),
            roll: head("roll", config.bins),
            // From zero, so that nothing moves at first.
            translation: Convolution::new(&(path / "translation"), deepest, 3, point.from_zero()),
            half_turn,
        }
    }

    /// Logits and translation of pictures `[batch, 3, s, s]`, s a multiple of 16, in their kind.
    #[must_use]
    pub fn estimate(&self, picture: &Tensor, train: bool) -> Estimate {
        let x = self.stem.forward(picture, train).relu();
        let mut x = x.max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false);
        for i in 0..3 {
            x = self.widen[i].forward(&x, train).relu();
            if i > 0 {
                x = self.halve[i - 1].forward(&x, train);
            }
            for block in &self.stages[i] {
                x = block.forward(&x, train);
            }
        }
        let logits = |head: &Convolution| head.forward(&x).to_kind(Kind::Float);
        let mean = x.mean_dim([2i64, 3].as_slice(), true, x.kind());
        let translation = self.translation.forward(&mean).to_kind(Kind::Float).tanh().flatten(1, -1);
        Estimate { yaw: logits(&self.yaw), pitch: logits(&self.pitch), roll: logits(&self.roll), translation }
    }

    /// Eq. 3.
    #[must_use]
    pub fn forward(&self, picture: &Tensor, train: bool) -> LatentPose {
        self.pose(&self.estimate(picture, train))
    }

    /// The mean over bins as angles, and the rotations of these.
    #[must_use]
    pub fn pose(&self, estimate: &Estimate) -> LatentPose {
        let radians = |logits: &Tensor| {
            let bins = Tensor::arange(logits.size()[1], (Kind::Float, logits.device())).view([1, -1, 1, 1]);
            let mean = (logits.softmax(1, Kind::Float) * bins).sum_dim_intlist(
                [1i64].as_slice(),
                false,
                Kind::Float,
            );
            (mean * DEGREES + FIRST) / 180.0 * self.half_turn
        };
        let (yaw, pitch, roll) = (radians(&estimate.yaw), radians(&estimate.pitch), radians(&estimate.roll));
        LatentPose {
            rotations: rotation::matrices(&yaw, &pitch, &roll),
            translation: estimate.translation.shallow_clone(),
        }
    }
}
