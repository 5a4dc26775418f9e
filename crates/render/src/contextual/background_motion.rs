//! Camera motion from both pictures, so that the splines need not explain it (METHODS 2.6). Only where a driving
//! picture exists: in training. Drawing from keypoints leaves the background where it is.

use orator_nn::residual_network::ResidualNetwork;
use tch::nn::Path;
use tch::{Kind, Tensor};

/// Predicts the map from the driving picture's background to the source's.
pub struct BackgroundMotion {
    encoder: ResidualNetwork,
}

impl BackgroundMotion {
    /// `width` is 64 as published. Begins as no motion.
    #[must_use]
    pub fn new(path: &Path, width: i64) -> Self {
        let encoder = ResidualNetwork::new(&(path / "encoder"), 6, width, 6);
        let head = encoder.head();
        tch::no_grad(|| {
            let _ = head.ws.shallow_clone().zero_();
            if let Some(bias) = &head.bs {
                bias.shallow_clone().copy_(&Tensor::from_slice(&[1f32, 0.0, 0.0, 0.0, 1.0, 0.0]));
            }
        });
        Self { encoder }
    }

    /// Both pictures `[batch, 3, s, s]` to `[batch, 3, 3]`, last row (0, 0, 1).
    pub fn forward(&self, source: &Tensor, driving: &Tensor, train: bool) -> Tensor {
        let batch = driving.size()[0];
        let size = source.size();
        let source = source.expand([batch, size[1], size[2], size[3]], false);
        let upper = self.encoder.forward(&Tensor::cat(&[&source, driving], 1), train).view([batch, 2, 3]);
        let last = Tensor::from_slice(&[0f32, 0.0, 1.0]).view([1, 1, 3]).to_device(upper.device());
        Tensor::cat(&[upper, last.expand([batch, 1, 3], false)], 1).to_kind(Kind::Float)
    }
}
