//! Residual vector quantisation with codebooks kept as running averages (METHODS 2.2; van den Oord et al. 2017, Zeghidour
//! et al. 2021).

use super::{CodeUse, Quantised, active_layers};
use crate::contextual::TokenizerConfig;
use orator_nn::Randomness;
use tch::nn::Path;
use tch::{Kind, Tensor};

/// A code whose running count falls below this is replaced by an encoder output of the present batch.
const DEAD_COUNT: f64 = 1.0;

struct Codebook {
    codes: Tensor,
    count: Tensor,
    sum: Tensor,
    started: Tensor,
}

/// The codebooks of all layers.
pub struct VectorQuantiser {
    layers: Vec<Codebook>,
    config: TokenizerConfig,
}

impl VectorQuantiser {
    /// Empty codebooks; the first training batch fills them.
    pub(super) fn new(path: &Path, config: &TokenizerConfig) -> Self {
        let (n, d) = (config.codes, config.code_dimensions);
        let layers = (0..config.layers)
            .map(|q| {
                let at = path / q;
                Codebook {
                    codes: at.zeros_no_train("codes", &[n, d]),
                    count: at.zeros_no_train("count", &[n]),
                    sum: at.zeros_no_train("sum", &[n, d]),
                    started: at.zeros_no_train("started", &[1]),
                }
            })
            .collect();
        Self { layers, config: config.clone() }
    }

    pub(super) fn codebook(&self, layer: usize) -> Tensor {
        self.layers[layer].codes.shallow_clone()
    }

    /// Draws codes at the training temperature. Empty codebooks are filled; else they stay until [`Self::learn`].
    pub(super) fn train(&self, input: &Tensor, random: &mut Randomness) -> Quantised {
        let size = input.size();
        let flat = input.reshape([-1, self.config.code_dimensions]);
        let active = active_layers(self.layers.len(), self.config.quantiser_dropout, random);
        let mut residual = flat.shallow_clone();
        let mut total = flat.detach().zeros_like();
        let mut commitment = Tensor::zeros([1], (Kind::Float, flat.device())).squeeze();
        let mut ids = Vec::new();
        let mut uses = Vec::new();
        for (q, layer) in self.layers.iter().enumerate() {
            if q >= active {
                ids.push(Tensor::full([flat.size()[0]], -1, (Kind::Int64, flat.device())));
                continue;
            }
            let detached = residual.detach();
            if layer.started.double_value(&[0]) == 0.0 {
                layer.start(&detached, random);
            }
            let logits = layer.similarity(&detached) / self.config.code_temperature;
            let noise = random.gumbel_tensor(&logits.size()).to_device(logits.device());
            let chosen = (logits + noise).argmax(-1, false);
            let code = layer.codes.index_select(0, &chosen);
            commitment = commitment + (&residual - &code).square().mean(Kind::Float);
            residual = residual - &code;
            total += code;
            uses.push(CodeUse { layer: q, rows: detached, chosen: chosen.shallow_clone() });
            ids.push(chosen);
        }
        let codes = &flat + (total - &flat).detach();
        Quantised {
            codes: codes.reshape(&size),
            ids: Tensor::stack(&ids, -1).view([size[0], size[1], -1]),
            commitment,
            uses,
        }
    }

    /// One step of every layer's running averages, over all passes of a training step together.
    pub(super) fn learn(&self, uses: &[CodeUse], random: &mut Randomness) {
        for (q, layer) in self.layers.iter().enumerate() {
            let of_layer: Vec<&CodeUse> = uses.iter().filter(|u| u.layer == q).collect();
            if of_layer.is_empty() {
                continue;
            }
            let join = |part: fn(&CodeUse) -> &Tensor| {
                Tensor::cat(&of_layer.iter().map(|u| part(u)).collect::<Vec<_>>(), 0)
            };
            layer.follow(&join(|u| &u.rows), &join(|u| &u.chosen), self.config.codebook_decay, random);
        }
    }

    pub(super) fn encode(&self, input: &Tensor) -> Tensor {
        let size = input.size();
        let mut residual = input.reshape([-1, self.config.code_dimensions]);
        let mut ids = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let chosen = layer.similarity(&residual).argmax(-1, false);
            residual = residual - layer.codes.index_select(0, &chosen);
            ids.push(chosen);
        }
        Tensor::stack(&ids, -1).view([size[0], size[1], -1])
    }
}

impl Codebook {
    /// Minus the squared distance of every row to every code, up to a constant per row.
    fn similarity(&self, rows: &Tensor) -> Tensor {
        rows.matmul(&self.codes.transpose(0, 1)) * 2.0
            - self.codes.square().sum_dim_intlist([-1i64].as_slice(), false, Kind::Float)
    }

    fn pick(&self, rows: &Tensor, random: &mut Randomness) -> Tensor {
        let (count, d) = (self.codes.size()[0], self.codes.size()[1]);
        let available = rows.size()[0] as usize;
        let chosen: Vec<i64> = (0..count).map(|_| random.below(available) as i64).collect();
        let picked = rows.index_select(0, &Tensor::from_slice(&chosen).to_device(rows.device()));
        let noise = random.gumbel_tensor(&[count, d]).to_device(rows.device());
        picked + noise * (0.01 / (d as f64).sqrt())
    }

    fn start(&self, rows: &Tensor, random: &mut Randomness) {
        let picked = self.pick(rows, random);
        tch::no_grad(|| {
            self.codes.shallow_clone().copy_(&picked);
            self.sum.shallow_clone().copy_(&picked);
            let _ = self.count.shallow_clone().fill_(1.0);
            let _ = self.started.shallow_clone().fill_(1.0);
        });
    }

    fn follow(&self, rows: &Tensor, chosen: &Tensor, decay: f64, random: &mut Randomness) {
        tch::no_grad(|| {
            let hot = chosen.one_hot(self.codes.size()[0]).to_kind(Kind::Float);
            let _ = self
                .count
                .shallow_clone()
                .lerp_(&hot.sum_dim_intlist([0i64].as_slice(), false, Kind::Float), 1.0 - decay);
            let _ = self.sum.shallow_clone().lerp_(&hot.transpose(0, 1).matmul(rows), 1.0 - decay);
            let dead = self.count.lt(DEAD_COUNT).unsqueeze(-1);
            let mean = &self.sum / self.count.clamp_min(1e-5).unsqueeze(-1);
            let fresh = self.pick(rows, random);
            self.codes.shallow_clone().copy_(&fresh.where_self(&dead, &mean));
            // A replaced code starts with the weight of one member.
            self.sum.shallow_clone().copy_(&fresh.where_self(&dead, &self.sum));
            self.count.shallow_clone().copy_(&self.count.clamp_min(DEAD_COUNT));
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::contextual::{ResidualQuantiser, TokenizerConfig};
    use orator_nn::Randomness;
    use tch::{Device, nn::VarStore};
    use tch::{Kind, Tensor};

    fn trained() -> (ResidualQuantiser, Tensor) {
        tch::manual_seed(3);
        let config =
            TokenizerConfig { codes: 16, code_dimensions: 4, layers: 3, ..TokenizerConfig::default() };
        let store = VarStore::new(Device::Cpu);
        let quantiser = ResidualQuantiser::new(&store.root(), &config);
        let data = Tensor::randn([8, 40, 4], (Kind::Float, Device::Cpu));
        let mut random = Randomness::new(5);
        for _ in 0..60 {
            let uses = quantiser.train(&data, &mut random).uses;
            quantiser.learn(&uses, &mut random);
        }
        (quantiser, data)
    }

    #[test]
    fn every_further_layer_lowers_the_error_and_the_sum_is_the_decoder_input() {
        let (quantiser, data) = trained();
        let ids = quantiser.encode(&data);
        assert_eq!(ids.size(), [8, 40, 3]);
        let error =
            |layers| (quantiser.decode(&ids, layers) - &data).square().mean(Kind::Float).double_value(&[]);
        let errors: Vec<f64> = (0..=3).map(error).collect();
        assert!(errors.windows(2).all(|w| w[1] < w[0]), "{errors:?}");
    }

    #[test]
    fn gradients_pass_straight_through() {
        let (quantiser, data) = trained();
        let input = data.copy().set_requires_grad(true);
        let out = quantiser.train(&input, &mut Randomness::new(1));
        out.codes.sum(Kind::Float).backward();
        let g = input.grad();
        assert!((g - 1.0).abs().max().double_value(&[]) < 1e-6);
    }
}
