//! LPIPS v0.1 (Zhang et al. 2018): the distance of two pictures in the features of a network, weighted as people judged.
//!
//! Five layers of AlexNet or VGG-16; features are brought to unit length at every pixel (norm + 1e-10), their squared
//! differences weighted by one published number a channel, averaged over the picture and summed over the layers. Equal to
//! fixtures `08b_lpips_alex` and `08b_lpips_vgg`. METHODS 5 quotes AlexNet.

use crate::alexnet::AlexNet;
use crate::psnr::same_size;
use crate::published::{Arrays, convolutions_from_jax, fetched, kernel_from_jax, named, settle};
use crate::{MetricsError, Result};
use orator_assets::Asset;
use orator_media::Picture;
use orator_nn::vgg::{Tap, VggConfig, VggDepth, VggFeatures};
use serde::{Deserialize, Serialize};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

/// Subtracted from pictures in −1..=1, by channel (the published constants).
const SHIFT: [f32; 3] = [-0.030, -0.088, -0.188];
/// Then divided by, by channel.
const SCALE: [f32; 3] = [0.458, 0.448, 0.450];
/// Added to the length of a feature vector before dividing by it.
const SMALLEST_LENGTH: f64 = 1e-10;
/// Smallest side of a picture: AlexNet's layers leave nothing of less.
const SMALLEST_SIDE: i64 = 32;

/// Pictures as the networks were trained on them: the published constants are the mean and the deviation of ImageNet's
/// colours, on −1..=1.
pub(crate) struct Normalised {
    shift: Tensor,
    scale: Tensor,
}

impl Normalised {
    pub(crate) fn new(device: Device) -> Self {
        let constant = |values: [f32; 3]| Tensor::from_slice(&values).view([1, 3, 1, 1]).to_device(device);
        Self { shift: constant(SHIFT), scale: constant(SCALE) }
    }

    pub(crate) fn device(&self) -> Device {
        self.shift.device()
    }

    /// Pictures `[batch, 3, height, width]` in 0..=1, normalised.
    pub(crate) fn of(&self, pictures: &Tensor) -> Tensor {
        let pictures = pictures.to_device(self.device()).to_kind(Kind::Float) * 2.0 - 1.0;
        (pictures - &self.shift) / &self.scale
    }
}

/// Whose features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LpipsNetwork {
    /// AlexNet: what scores are quoted with.
    #[default]
    AlexNet,
    /// VGG-16.
    Vgg16,
}

impl LpipsNetwork {
    /// The file that `setup` brings.
    #[must_use]
    pub fn asset(self) -> Asset {
        match self {
            Self::AlexNet => Asset::LpipsAlexNet,
            Self::Vgg16 => Asset::LpipsVgg16,
        }
    }
}

enum Features {
    AlexNet(AlexNet),
    Vgg16(VggFeatures, Vec<Tap>),
}

/// The distance with its frozen network.
pub struct Lpips {
    features: Features,
    /// One weight a channel and layer, `[1, channels, 1, 1]`.
    channels: Vec<Tensor>,
    normalised: Normalised,
    // Owns the weights.
    _store: VarStore,
}

impl std::fmt::Debug for Lpips {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.features {
            Features::AlexNet(_) => "Lpips(AlexNet)",
            Features::Vgg16(..) => "Lpips(VGG-16)",
        })
    }
}

impl Lpips {
    /// With the weights that `setup` brings.
    ///
    /// # Errors
    /// [`MetricsError::Asset`] when they were not fetched; as [`Lpips::from_arrays`].
    pub fn load(network: LpipsNetwork, device: Device) -> Result<Self> {
        Self::from_arrays(network, &fetched(network.asset())?, device)
    }

    /// With the weights of the published file: `VGG16_0.Conv_0.kernel` `[3, 3, 3, 64]` or `AlexNet_0.…`, and
    /// `NetLinLayer_0.Conv_0.kernel` `[1, 1, 64, 1]`.
    ///
    /// # Errors
    /// [`MetricsError::Weights`] or [`MetricsError::Nn`] when the weights are not those of this network.
    pub fn from_arrays(network: LpipsNetwork, arrays: &Arrays, device: Device) -> Result<Self> {
        let mut store = VarStore::new(device);
        let (features, theirs, ours) = match network {
            LpipsNetwork::AlexNet => {
                let names = AlexNet::names();
                (Features::AlexNet(AlexNet::new(&store.root())), "AlexNet_0", names)
            }
            LpipsNetwork::Vgg16 => {
                let all = VggDepth::Sixteen.taps();
                let taps = VggDepth::Sixteen.block_ends();
                let deepest =
                    *taps.last().ok_or_else(|| MetricsError::Config("VGG without layers".into()))?;
                let config = VggConfig { depth: VggDepth::Sixteen, reflect: false, colours: false, deepest };
                let network = VggFeatures::new(&store.root(), config)?;
                (Features::Vgg16(network, taps), "VGG16_0", all.iter().map(Tap::to_string).collect())
            }
        };
        settle(&mut store, &convolutions_from_jax(arrays, theirs, &ours)?)?;
        let channels = (0..5).map(|layer| {
            let name = format!("NetLinLayer_{layer}.Conv_0.kernel");
            Ok(kernel_from_jax(&name, &named(arrays, &name)?)?.to_device(device))
        });
        Ok(Self {
            features,
            channels: channels.collect::<Result<_>>()?,
            normalised: Normalised::new(device),
            _store: store,
        })
    }

    /// The five layers' features of pictures `[batch, 3, height, width]` in 0..=1, before they are brought to unit length.
    ///
    /// # Errors
    /// [`MetricsError::Size`] for other shapes, and for sides below 32.
    pub fn features(&self, pictures: &Tensor) -> Result<Vec<Tensor>> {
        let size = pictures.size();
        if size.len() != 4 || size[1] != 3 || size[2] < SMALLEST_SIDE || size[3] < SMALLEST_SIDE {
            return Err(MetricsError::Size(format!(
                "LPIPS needs [batch, 3, {SMALLEST_SIDE} or more, {SMALLEST_SIDE} or more], not {size:?}"
            )));
        }
        let x = self.normalised.of(pictures);
        match &self.features {
            Features::AlexNet(network) => Ok(network.features(&x)),
            Features::Vgg16(network, taps) => Ok(network.features(&x, taps)?),
        }
    }

    /// The distance at each layer, `[batch]` each; LPIPS is their sum. Differentiable.
    ///
    /// # Errors
    /// [`MetricsError::Size`] when the shapes differ; as [`Lpips::features`].
    pub fn by_layer(&self, a: &Tensor, b: &Tensor) -> Result<Vec<Tensor>> {
        if a.size() != b.size() {
            return Err(MetricsError::Size(format!(
                "pictures of {:?} and {:?} cannot be compared",
                a.size(),
                b.size()
            )));
        }
        let unit = |x: &Tensor| {
            x / (x.square().sum_dim_intlist([1i64].as_slice(), true, Kind::Float).sqrt() + SMALLEST_LENGTH)
        };
        let (a, b) = (self.features(a)?, self.features(b)?);
        Ok(a.iter()
            .zip(&b)
            .zip(&self.channels)
            .map(|((a, b), channels)| {
                let weighted = (unit(a) - unit(b)).square() * channels;
                weighted.sum_dim_intlist([1i64].as_slice(), false, Kind::Float).mean_dim(
                    [1i64, 2].as_slice(),
                    false,
                    Kind::Float,
                )
            })
            .collect())
    }

    /// The distance of two 8-bit pictures of the same size, sides of 32 or more: 0 for equal ones.
    ///
    /// # Errors
    /// As [`Lpips::by_layer`].
    pub fn distance(&self, a: &Picture, b: &Picture) -> Result<f64> {
        same_size(a, b)?;
        let layers = tch::no_grad(|| self.by_layer(&picture_tensor(a)?, &picture_tensor(b)?))?;
        Ok(layers.iter().map(|layer| layer.double_value(&[0])).sum())
    }
}

/// A picture as `[1, 3, height, width]` in 0..=1.
///
/// # Errors
/// [`MetricsError::Torch`] when libtorch has no memory for it.
pub fn picture_tensor(picture: &Picture) -> Result<Tensor> {
    let shape = [picture.height() as i64, picture.width() as i64, 3];
    let bytes = Tensor::f_from_data_size(picture.rgb(), &shape, Kind::Uint8)?;
    Ok(bytes.permute([2, 0, 1]).unsqueeze(0).to_kind(Kind::Float) / 255.0)
}
