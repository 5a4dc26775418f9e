//! Points that a network finds without being told what they are (TPS motion model), for the ablation of warping.

use orator_nn::residual_network::ResidualNetwork;
use tch::Tensor;
use tch::nn::Path;

/// The point finder.
pub struct LearnedKeypoints {
    encoder: ResidualNetwork,
    points: i64,
}

impl LearnedKeypoints {
    /// `points` points; `width` is 64 as published.
    #[must_use]
    pub fn new(path: &Path, points: i64, width: i64) -> Self {
        Self { encoder: ResidualNetwork::new(&(path / "encoder"), 3, width, points * 2), points }
    }

    /// A picture `[batch, 3, s, s]` to `[batch, points, 2]` in (−1, 1).
    pub fn forward(&self, picture: &Tensor, train: bool) -> Tensor {
        self.encoder.forward(picture, train).sigmoid().view([-1, self.points, 2]) * 2.0 - 1.0
    }

    /// The network itself, for tests of its feature maps.
    #[must_use]
    pub fn encoder(&self) -> &ResidualNetwork {
        &self.encoder
    }
}
