//! The distance of two crops in the pooled features of VGG-16 (METHODS 1.7, Eq. 9): Σ over pools of mean |difference|.
//!
//! The network is that of LPIPS' package, whose weights and normalisation are those of ImageNet; METHODS notes that a
//! predecessor feeds it pictures as they are and says to normalise.

use crate::lpips::Normalised;
use crate::published::{Arrays, convolutions_from_jax, fetched, settle};
use crate::{MetricsError, Result};
use orator_assets::Asset;
use orator_nn::picture_blocks::cast_weights;
use orator_nn::vgg::{Tap, VggConfig, VggDepth, VggFeatures};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

/// The frozen network up to one of its pools.
pub struct PooledFeatures {
    network: VggFeatures,
    /// The last layer in front of each pool.
    taps: Vec<Tap>,
    normalised: Normalised,
    // Owns the weights.
    _store: VarStore,
}

impl PooledFeatures {
    /// Up to pool number `pools` (1 to 5), with the weights that `setup` brings, computing in `kind`.
    ///
    /// # Errors
    /// [`MetricsError::Asset`] when they were not fetched; as [`PooledFeatures::from_arrays`].
    pub fn load(pools: usize, kind: Kind, device: Device) -> Result<Self> {
        Self::from_arrays(pools, &fetched(Asset::LpipsVgg16)?, kind, device)
    }

    /// With the weights of the published file, as [`crate::Lpips::from_arrays`] takes them.
    ///
    /// # Errors
    /// [`MetricsError::Config`] for other numbers of pools, [`MetricsError::Weights`] or [`MetricsError::Nn`] when the weights
    /// are not those of this network.
    pub fn from_arrays(pools: usize, arrays: &Arrays, kind: Kind, device: Device) -> Result<Self> {
        let mut taps = VggDepth::Sixteen.block_ends();
        taps.truncate(pools);
        let deepest = taps.last().copied().filter(|_| taps.len() == pools);
        let deepest = deepest.ok_or_else(|| MetricsError::Config(format!("VGG-16 has no {pools} pools")))?;
        let mut store = VarStore::new(device);
        let config = VggConfig { depth: VggDepth::Sixteen, reflect: false, colours: false, deepest };
        let network = VggFeatures::new(&store.root(), config)?;
        let all = VggDepth::Sixteen.taps();
        let names: Vec<String> = all.iter().take_while(|tap| **tap <= deepest).map(Tap::to_string).collect();
        settle(&mut store, &convolutions_from_jax(arrays, "VGG16_0", &names)?)?;
        if kind != Kind::Float {
            cast_weights(&mut store, kind);
        }
        Ok(Self { network, taps, normalised: Normalised::new(device), _store: store })
    }

    /// The pools' outputs for pictures `[batch, 3, height, width]` in 0..=1: the p-th is `[batch, channels, height / 2^p,
    /// width / 2^p]`, rounded down.
    ///
    /// # Errors
    /// [`MetricsError::Nn`] for other shapes, and when a pool has nothing left.
    pub fn features(&self, pictures: &Tensor) -> Result<Vec<Tensor>> {
        let features = self.network.features(&self.normalised.of(pictures), &self.taps)?;
        let size = pictures.size();
        if size[2].min(size[3]) >> self.taps.len() == 0 {
            return Err(MetricsError::Size(format!("pictures of {size:?} are too small to be pooled")));
        }
        Ok(features.iter().map(|x| x.max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false)).collect())
    }

    /// Σ over pools of the mean absolute difference, a single 32-bit float. Gradients reach `made` only.
    ///
    /// # Errors
    /// As [`PooledFeatures::features`]; [`MetricsError::Size`] when the shapes differ.
    pub fn distance(&self, made: &Tensor, real: &Tensor) -> Result<Tensor> {
        if made.size() != real.size() {
            let (made, real) = (made.size(), real.size());
            return Err(MetricsError::Size(format!("crops of {made:?} and {real:?} cannot be compared")));
        }
        let real = tch::no_grad(|| self.features(real))?;
        let made = self.features(made)?;
        let zero = Tensor::zeros([], (Kind::Float, self.normalised.device()));
        Ok(made.iter().zip(&real).fold(zero, |sum, (made, real)| {
            sum + (made.to_kind(Kind::Float) - real.to_kind(Kind::Float)).abs().mean(Kind::Float)
        }))
    }
}
