//! Residual finite scalar quantisation (METHODS 4.2; Mentzer et al. 2023): a fixed grid in a few dimensions, each layer
//! the same grid, finer by as much as the one before left over.
//!
//! Chosen here, where the sources differ: the input goes through tanh once and then lies within the first grid, which spans
//! −1..1 with `levels` points an axis; what rounding leaves is at most half a grid step, and the next layer's grid spans
//! exactly that. So every layer lowers the error whatever the network has learned. Codes are mapped to the tokenizer's code
//! width by a linear map without bias, so that the sum of the layers' codes is still what the decoder sees.

use super::{Quantised, active_layers};
use crate::contextual::TokenizerConfig;
use orator_nn::Randomness;
use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

/// The grid and the maps to it and from it.
pub struct ScalarQuantiser {
    enter: nn::Linear,
    leave: nn::Linear,
    levels: Vec<i64>,
    layers: usize,
    dropout: f64,
}

impl ScalarQuantiser {
    pub(super) fn new(path: &Path, config: &TokenizerConfig) -> Self {
        let (code, axes) = (config.code_dimensions, config.levels.len() as i64);
        let without_bias = nn::LinearConfig { bias: false, ..Default::default() };
        Self {
            enter: nn::linear(path / "enter", code, axes, nn::LinearConfig::default()),
            leave: nn::linear(path / "leave", axes, code, without_bias),
            levels: config.levels.clone(),
            layers: config.layers.max(1) as usize,
            dropout: config.quantiser_dropout,
        }
    }

    fn row(&self, of: impl Fn(i64) -> f32, like: &Tensor) -> Tensor {
        Tensor::from_slice(&self.levels.iter().map(|&l| of(l)).collect::<Vec<_>>()).to_device(like.device())
    }

    /// Half the span of layer `layer`'s grid along each axis.
    fn reach(&self, layer: usize, like: &Tensor) -> Tensor {
        self.row(|l| ((l - 1) as f32).powi(-(layer as i32)), like)
    }

    /// Nearest grid places (from 0) of layer `layer` to `[rows, axes]`, and where they lie.
    fn nearest(&self, residual: &Tensor, layer: usize) -> (Tensor, Tensor) {
        let last = self.row(|l| (l - 1) as f32, residual);
        let reach = self.reach(layer, residual);
        let place = ((residual / &reach + 1.0) * &last / 2.0).round();
        let place = place.maximum(&place.zeros_like()).minimum(&last);
        let value = (&place * 2.0 / &last - 1.0) * &reach;
        (place, value)
    }

    /// The number of each grid place: mixed radix, the first axis fastest.
    fn number(&self, place: &Tensor) -> Tensor {
        let mut weight = 1.0;
        let weights: Vec<f32> = self
            .levels
            .iter()
            .map(|&l| {
                let here = weight;
                weight *= l as f32;
                here
            })
            .collect();
        let weights = Tensor::from_slice(&weights).to_device(place.device());
        (place * weights).sum_dim_intlist([-1i64].as_slice(), false, Kind::Float).round().to_kind(Kind::Int64)
    }

    /// Where every code of layer `layer` lies, `[codes, axes]`.
    fn grid(&self, layer: usize) -> Tensor {
        let count: i64 = self.levels.iter().product();
        let mut places = Vec::with_capacity(count as usize * self.levels.len());
        for code in 0..count {
            let mut rest = code;
            for &l in &self.levels {
                places.push((rest % l) as f32 * 2.0 / (l - 1) as f32 - 1.0);
                rest /= l;
            }
        }
        let places = Tensor::from_slice(&places).view([count, -1]).to_device(self.leave.ws.device());
        let reach = self.reach(layer, &places);
        places * reach
    }

    pub(super) fn codebook(&self, layer: usize) -> Tensor {
        self.leave.forward(&self.grid(layer))
    }

    /// Numbers of the first `active` layers of bounded input `[rows, axes]`, and the sum of where they lie.
    fn refine(&self, bounded: &Tensor, active: usize) -> (Vec<Tensor>, Tensor) {
        let mut residual = bounded.shallow_clone();
        let mut total = bounded.zeros_like();
        let mut ids = Vec::with_capacity(self.layers);
        for layer in 0..active {
            let (place, value) = self.nearest(&residual, layer);
            ids.push(self.number(&place));
            residual = residual - &value;
            total = total + value;
        }
        (ids, total)
    }

    pub(super) fn train(&self, input: &Tensor, random: &mut Randomness) -> Quantised {
        let size = input.size();
        let flat = input.reshape([-1, size[2]]);
        let active = active_layers(self.layers, self.dropout, random);
        let bounded = self.enter.forward(&flat).tanh();
        let (mut ids, total) = self.refine(&bounded.detach(), active);
        let dropped = Tensor::full([flat.size()[0]], -1, (Kind::Int64, flat.device()));
        ids.resize_with(self.layers, || dropped.shallow_clone());
        let straight = &bounded + (total - &bounded).detach();
        Quantised {
            codes: self.leave.forward(&straight).view([size[0], size[1], -1]),
            ids: Tensor::stack(&ids, -1).view([size[0], size[1], -1]),
            commitment: Tensor::zeros([1], (Kind::Float, flat.device())).squeeze(),
            uses: Vec::new(),
        }
    }

    pub(super) fn encode(&self, input: &Tensor) -> Tensor {
        let size = input.size();
        let bounded = self.enter.forward(&input.reshape([-1, size[2]])).tanh();
        let (ids, _) = self.refine(&bounded, self.layers);
        Tensor::stack(&ids, -1).view([size[0], size[1], -1])
    }
}

#[cfg(test)]
mod tests {
    use crate::contextual::{QuantiserKind, ResidualQuantiser, TokenizerConfig};
    use orator_nn::Randomness;
    use tch::nn::VarStore;
    use tch::{Device, Kind, Tensor};

    fn quantiser(store: &VarStore) -> ResidualQuantiser {
        let config = TokenizerConfig {
            quantiser: QuantiserKind::ResidualFsq,
            code_dimensions: 6,
            layers: 4,
            quantiser_dropout: 0.0,
            ..TokenizerConfig::default()
        };
        assert_eq!(config.codebook_size(), 1000);
        ResidualQuantiser::new(&store.root(), &config)
    }

    #[test]
    fn every_layer_divides_the_error_and_the_sum_of_codes_is_what_training_decodes() {
        tch::manual_seed(4);
        let store = VarStore::new(Device::Cpu);
        let quantiser = quantiser(&store);
        let input = Tensor::randn([2, 30, 6], (Kind::Float, Device::Cpu));
        let ids = quantiser.encode(&input);
        assert_eq!(ids.size(), [2, 30, 4]);
        assert!(ids.min().int64_value(&[]) >= 0 && ids.max().int64_value(&[]) < 1000);
        let trained = quantiser.train(&input, &mut Randomness::new(1));
        assert!(trained.ids.equal(&ids));
        let error = |layers| (quantiser.decode(&ids, layers) - &trained.codes).abs().max().double_value(&[]);
        let errors: Vec<f64> = (0..=4).map(error).collect();
        assert!(errors.windows(2).all(|w| w[1] < 0.5 * w[0]), "{errors:?}");
        assert!(errors[4] < 1e-5, "{errors:?}");
    }

    #[test]
    fn gradients_reach_the_input_and_the_maps() {
        tch::manual_seed(5);
        let store = VarStore::new(Device::Cpu);
        let quantiser = quantiser(&store);
        let input = Tensor::randn([1, 9, 6], (Kind::Float, Device::Cpu)).set_requires_grad(true);
        quantiser.train(&input, &mut Randomness::new(1)).codes.square().sum(Kind::Float).backward();
        assert!(input.grad().abs().max().double_value(&[]) > 0.0);
        assert!(store.trainable_variables().iter().all(|v| v.grad().defined()));
    }
}
