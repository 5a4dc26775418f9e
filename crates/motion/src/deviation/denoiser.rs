//! The denoiser: a window of noisy motion, the source frame, the frames before it and speech in, a window of motion out
//! (METHODS 1.8; the published form is S2G-MDDiffusion's, after EDGE, Tseng et al. 2023).
//!
//! Choices where the paper is silent: the source frame is joined to every frame's numbers; the frames before the window are
//! tokens in front of it that are not foretold. With rotary positions of heads the two tokens of the time stand at place 0.

use super::layer::{FilmLayer, LayerPositions};
use super::{DenoiserConfig, WINDOW_FRAMES};
use orator_nn::attention::{EncoderLayer, RotaryPlace, RotaryPositions, layer_norm};
use tch::nn::{self, Init, Module, Path};
use tch::{Device, Kind, Tensor};

/// Tokens that the time makes in the memory.
const TIME_TOKENS: i64 = 2;
/// How much wider the hidden vector of the time is.
const TIME_HIDDEN: i64 = 4;
/// The slowest of the time's sine waves, in steps.
const SLOWEST: f64 = 10_000.0;

/// What a window of noisy motion is denoised with besides speech.
pub struct NoisyWindow<'a> {
    /// Noisy motion `[batch, frames, numbers]`, at most 80 frames.
    pub noisy: &'a Tensor,
    /// How noisy, `[batch]`: 0 is clean, 999 is noise.
    pub time: &'a Tensor,
    /// The source frame, `[batch, numbers]`.
    pub source: &'a Tensor,
    /// The clean frames before the window, `[batch, prefix, numbers]`; left out by networks without a prefix.
    pub prefix: Option<&'a Tensor>,
}

/// Speech as the decoder hears it; the same for all steps of a window.
pub struct Heard {
    /// `[batch, frames, width]`.
    tokens: Tensor,
    /// `[batch, width]`.
    pooled: Tensor,
}

impl Heard {
    /// The same for `batch` copies, if there is one.
    #[must_use]
    pub fn repeated(&self, batch: i64) -> Self {
        Self { tokens: self.tokens.repeat([batch, 1, 1]), pooled: self.pooled.repeat([batch, 1]) }
    }
}

/// The denoising network.
pub struct Denoiser {
    config: DenoiserConfig,
    numbers: i64,
    enter: nn::Linear,
    clean: Option<Tensor>,
    speech_enter: nn::Linear,
    speech_layers: Vec<EncoderLayer>,
    no_speech: Tensor,
    no_pooled: Tensor,
    pooled_norm: nn::LayerNorm,
    pooled: [nn::Linear; 2],
    time_hidden: nn::Linear,
    time_condition: nn::Linear,
    time_tokens: nn::Linear,
    memory_norm: nn::LayerNorm,
    layers: Vec<FilmLayer>,
    leave: nn::Linear,
    device: Device,
}

impl Denoiser {
    /// For motion of `numbers` a frame and speech of `features` a frame; `config` was checked.
    #[must_use]
    pub fn new(path: &Path, numbers: i64, features: i64, config: &DenoiserConfig) -> Self {
        let w = config.width;
        let linear =
            |name: &str, from: i64, to: i64| nn::linear(path / name, from, to, nn::LinearConfig::default());
        let speech_layer = |i: i64| {
            let path = path / "speech_layer" / i;
            EncoderLayer::new(&path, w, config.heads, config.hidden, config.dropout)
        };
        let frames = WINDOW_FRAMES as i64;
        // At first the mean is foretold, which is nought of whitened numbers.
        let nothing =
            nn::LinearConfig { ws_init: Init::Const(0.0), bs_init: Some(Init::Const(0.0)), bias: true };
        Self {
            numbers,
            enter: linear("enter", 2 * numbers, w),
            clean: (config.prefix > 0).then(|| path.randn("clean", &[1, 1, w], 0.0, 0.02)),
            speech_enter: linear("speech_enter", features, w),
            speech_layers: (0..config.speech_layers).map(speech_layer).collect(),
            no_speech: path.randn("no_speech", &[1, frames, w], 0.0, 1.0),
            no_pooled: path.randn("no_pooled", &[1, w], 0.0, 1.0),
            pooled_norm: layer_norm(path / "pooled_norm", w),
            pooled: [linear("pooled_inner", w, w), linear("pooled_outer", w, w)],
            time_hidden: linear("time_hidden", w, TIME_HIDDEN * w),
            time_condition: linear("time_condition", TIME_HIDDEN * w, w),
            time_tokens: linear("time_tokens", TIME_HIDDEN * w, TIME_TOKENS * w),
            memory_norm: layer_norm(path / "memory_norm", w),
            layers: (0..config.layers).map(|i| FilmLayer::new(&(path / "layer" / i), config)).collect(),
            leave: nn::linear(path / "leave", w, numbers, nothing),
            device: path.device(),
            config: config.clone(),
        }
    }

    /// Numbers a frame of its motion.
    #[must_use]
    pub fn numbers(&self) -> i64 {
        self.numbers
    }

    /// Its sizes.
    #[must_use]
    pub fn config(&self) -> &DenoiserConfig {
        &self.config
    }

    /// Encodes speech `[batch, frames, features]`. Where `deaf` `[batch]` is 1, learned constants take its place: what guidance
    /// is measured against.
    pub fn hear(&self, speech: &Tensor, deaf: &Tensor, train: bool) -> Heard {
        let frames = speech.size()[1];
        let places = places(0, frames);
        let positions = self.positions(&places, &places);
        let mut tokens = self.speech_enter.forward(speech);
        for layer in &self.speech_layers {
            tokens = layer.forward_turned(&tokens, &positions, train);
        }
        let deaf = deaf.to_kind(Kind::Float).view([-1, 1, 1]);
        let hearing: Tensor = 1.0 - &deaf;
        let tokens = tokens * &hearing + self.no_speech.narrow(1, 0, frames) * &deaf;
        let mean = tokens.mean_dim([1i64].as_slice(), false, Kind::Float);
        let [inner, outer] = &self.pooled;
        let pooled = outer.forward(&inner.forward(&self.pooled_norm.forward(&mean)).silu());
        let pooled = pooled * hearing.squeeze_dim(-1) + &self.no_pooled * deaf.squeeze_dim(-1);
        Heard { tokens, pooled }
    }

    /// What the network foretells for each frame of the window, `[batch, frames, numbers]`.
    pub fn forward(&self, window: &NoisyWindow<'_>, heard: &Heard, train: bool) -> Tensor {
        let (batch, frames) = (window.noisy.size()[0], window.noisy.size()[1]);
        let enter = |motion: &Tensor| {
            let source = window.source.unsqueeze(1).expand_as(motion);
            self.enter.forward(&Tensor::cat(&[motion, &source], -1))
        };
        let mut x = enter(window.noisy);
        let mut before = 0;
        if let (Some(clean), Some(prefix)) = (&self.clean, window.prefix) {
            before = prefix.size()[1];
            x = Tensor::cat(&[enter(prefix) + clean, x], 1);
        }
        let hidden = self.time_hidden.forward(&time_waves(window.time, self.config.width)).mish();
        let condition = self.time_condition.forward(&hidden) + &heard.pooled;
        let time = self.time_tokens.forward(&hidden).view([batch, TIME_TOKENS, self.config.width]);
        let memory = self.memory_norm.forward(&Tensor::cat(&[&heard.tokens, &time], 1));

        let own = places(-before, frames);
        let heard_frames = heard.tokens.size()[1];
        let mut memory_places = places(0, heard_frames);
        memory_places.extend((0..TIME_TOKENS).map(|i| match self.config.rotary {
            RotaryPlace::Heads => 0.0,
            RotaryPlace::Latent => (heard_frames + i) as f64,
        }));
        let positions =
            LayerPositions { own: self.positions(&own, &own), memory: self.positions(&own, &memory_places) };
        for layer in &self.layers {
            x = layer.forward(&x, &memory, &condition, &positions, train);
        }
        self.leave.forward(&x.narrow(1, before, frames))
    }

    /// The same with guidance: `deaf + weight · (hearing − deaf)`; a weight of 1 needs nothing of `deaf`.
    pub fn guided(&self, window: &NoisyWindow<'_>, heard: &Heard, deaf: &Heard, weight: f64) -> Tensor {
        if (weight - 1.0).abs() < 1e-9 {
            return self.forward(window, heard, false);
        }
        let twice = |t: &Tensor| Tensor::cat(&[t, t], 0);
        let prefix = window.prefix.map(twice);
        let both = NoisyWindow {
            noisy: &twice(window.noisy),
            time: &twice(window.time),
            source: &twice(window.source),
            prefix: prefix.as_ref(),
        };
        let joined = Heard {
            tokens: Tensor::cat(&[&heard.tokens, &deaf.tokens], 0),
            pooled: Tensor::cat(&[&heard.pooled, &deaf.pooled], 0),
        };
        let made = self.forward(&both, &joined, false).chunk(2, 0);
        &made[1] + (&made[0] - &made[1]) * weight
    }

    fn positions(&self, queries: &[f64], memory: &[f64]) -> RotaryPositions {
        let c = &self.config;
        RotaryPositions::new(c.rotary, queries, memory, c.width, c.heads, self.device)
    }
}

/// Places in time `from..to`.
fn places(from: i64, to: i64) -> Vec<f64> {
    (from..to).map(|place| place as f64).collect()
}

/// Sines, then cosines of the time `[batch]` at `width / 2` rates each: `[batch, width]`.
pub fn time_waves(time: &Tensor, width: i64) -> Tensor {
    let half = width / 2;
    let rate =
        (Tensor::arange(half, (Kind::Float, time.device())) * (-SLOWEST.ln() / (half - 1) as f64)).exp();
    let angle = time.to_kind(Kind::Float).unsqueeze(1) * rate.unsqueeze(0);
    Tensor::cat(&[angle.sin(), angle.cos()], -1)
}

/// Moves all variables away from where they begin: what begins as nothing would show nothing.
#[cfg(test)]
pub(super) fn shake(store: &nn::VarStore) {
    tch::no_grad(|| {
        for (_, variable) in orator_nn::parameters(store) {
            variable.shallow_clone().copy_(&(&variable + variable.randn_like() * 0.1));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(prefix: usize) -> DenoiserConfig {
        DenoiserConfig {
            width: 16,
            heads: 2,
            hidden: 24,
            layers: 2,
            speech_layers: 1,
            prefix,
            ..DenoiserConfig::default()
        }
    }

    fn draw(shape: &[i64]) -> Tensor {
        Tensor::randn(shape, (Kind::Float, Device::Cpu))
    }

    #[test]
    fn guidance_of_one_is_the_conditional_result_and_of_nought_the_deaf_one() {
        tch::manual_seed(3);
        let store = nn::VarStore::new(Device::Cpu);
        let network = Denoiser::new(&store.root(), 5, 7, &small(4));
        shake(&store);
        let (noisy, source, prefix) = (draw(&[2, 80, 5]), draw(&[2, 5]), draw(&[2, 4, 5]));
        let speech = draw(&[2, 80, 7]);
        let time = Tensor::from_slice(&[10.0f32, 700.0]);
        let window = NoisyWindow { noisy: &noisy, time: &time, source: &source, prefix: Some(&prefix) };
        let flag = |v: f32| Tensor::from_slice(&[v, v]);
        let (heard, deaf) =
            (network.hear(&speech, &flag(0.0), false), network.hear(&speech, &flag(1.0), false));
        let conditional = network.forward(&window, &heard, false);
        assert_eq!(conditional.size(), [2, 80, 5]);
        assert!(network.guided(&window, &heard, &deaf, 1.0).equal(&conditional));
        let without = network.forward(&window, &deaf, false);
        // A batch of two sums in another order than one.
        let close = |a: &Tensor, b: &Tensor| (a - b).abs().max().double_value(&[]) < 1e-4;
        assert!(close(&network.guided(&window, &heard, &deaf, 0.0), &without));
        let twice = &without + (&conditional - &without) * 2.0;
        assert!(close(&network.guided(&window, &heard, &deaf, 2.0), &twice));
        // Deaf, any speech is the same; hearing, it is not.
        let other = draw(&[2, 80, 7]);
        let again = network.forward(&window, &network.hear(&other, &flag(1.0), false), false);
        assert!(close(&again, &without));
        let again = network.forward(&window, &network.hear(&other, &flag(0.0), false), false);
        assert!(!close(&again, &conditional));
    }

    #[test]
    fn the_prefix_and_the_source_matter_and_short_windows_work() {
        tch::manual_seed(4);
        let store = nn::VarStore::new(Device::Cpu);
        let network = Denoiser::new(&store.root(), 5, 7, &small(4));
        shake(&store);
        let (noisy, source, prefix) = (draw(&[1, 9, 5]), draw(&[1, 5]), draw(&[1, 4, 5]));
        let heard = network.hear(&draw(&[1, 9, 7]), &Tensor::from_slice(&[0.0f32]), false);
        let time = Tensor::from_slice(&[500.0f32]);
        let run = |source: &Tensor, prefix: &Tensor| {
            let window = NoisyWindow { noisy: &noisy, time: &time, source, prefix: Some(prefix) };
            network.forward(&window, &heard, false)
        };
        let made = run(&source, &prefix);
        assert_eq!(made.size(), [1, 9, 5]);
        assert!(!run(&source, &(&prefix + 1.0)).equal(&made));
        assert!(!run(&(&source + 1.0), &prefix).equal(&made));
        assert!(run(&source, &prefix).equal(&made));
    }
}
