//! Whisper (Radford et al. 2022, "Robust speech recognition via large-scale weak supervision"): an encoder of log-mel windows
//! and a decoder of text, under the names of the published checkpoints.

use super::log_mel;
use crate::attention::{Attention, Memory};
use crate::{Result, SpeechError};
use orator_nn::attention::layer_norm;
use std::collections::BTreeMap;
use std::path::Path as FilePath;
use tch::nn::{self, Module, Path, VarStore};
use tch::{Device, Kind, Tensor};

/// Samples of one encoded place: 20 ms.
const SAMPLES_PER_PLACE: usize = 320;
/// Places of silence that are encoded behind the sound: 4 s.
const SILENCE_BEHIND: usize = 200;

/// Sides of the network, as the published checkpoints state them under `dims`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dimensions {
    pub mels: i64,
    /// Encoded places of one window: 50 a second.
    pub audio_positions: i64,
    pub width: i64,
    pub heads: i64,
    pub audio_layers: i64,
    pub text_layers: i64,
    pub text_positions: i64,
    pub vocabulary: i64,
}

impl Dimensions {
    pub const TINY_EN: Self = Self {
        mels: log_mel::BANDS as i64,
        audio_positions: log_mel::FRAMES as i64 / 2,
        width: 384,
        heads: 6,
        audio_layers: 4,
        text_layers: 4,
        text_positions: 448,
        vocabulary: 51_864,
    };
}

/// The whole network with its weights.
pub(crate) struct Whisper {
    pub dimensions: Dimensions,
    convolutions: [nn::Conv1D; 2],
    audio_positions: Tensor,
    audio_blocks: Vec<Block>,
    audio_norm: nn::LayerNorm,
    tokens: Tensor,
    text_positions: Tensor,
    text_blocks: Vec<Block>,
    text_norm: nn::LayerNorm,
    store: VarStore,
}

/// Self-attention, in the decoder cross-attention, feed-forward; each on normalised input and added to it.
struct Block {
    attention: Attention,
    attention_norm: nn::LayerNorm,
    cross: Option<(Attention, nn::LayerNorm)>,
    feed_forward: (nn::Linear, nn::Linear),
    feed_forward_norm: nn::LayerNorm,
}

/// A window of sound as the decoder's layers look at it.
pub(crate) struct Encoded {
    layers: Vec<Memory>,
}

impl Encoded {
    /// How many places of 20 ms it has.
    pub fn places(&self) -> i64 {
        self.layers.first().map_or(1, Memory::length).max(1)
    }
}

/// What the decoder has read so far, by layer.
#[derive(Default)]
pub(crate) struct TextState {
    layers: Vec<Memory>,
}

impl Whisper {
    /// A network with fresh weights.
    pub fn new(dimensions: Dimensions) -> Self {
        let store = VarStore::new(Device::Cpu);
        let root = store.root();
        let d = dimensions;
        let (encoder, decoder) = (root.clone() / "encoder", root / "decoder");
        let convolution = |name: &str, input: i64, stride: i64| {
            let config = nn::ConvConfig { padding: 1, stride, ..Default::default() };
            nn::conv1d(&encoder / name, input, d.width, 3, config)
        };
        let blocks = |path: &Path, layers: i64, cross: bool| -> Vec<Block> {
            (0..layers).map(|layer| Block::new(&(path / "blocks" / layer), d.width, d.heads, cross)).collect()
        };
        let table = |path: &Path, name: &str, rows: i64| {
            path.var(name, &[rows, d.width], nn::init::DEFAULT_KAIMING_UNIFORM)
        };
        Self {
            dimensions,
            convolutions: [convolution("conv1", d.mels, 1), convolution("conv2", d.width, 2)],
            audio_positions: table(&encoder, "positional_embedding", d.audio_positions),
            audio_blocks: blocks(&encoder, d.audio_layers, false),
            audio_norm: layer_norm(&encoder / "ln_post", d.width),
            tokens: table(&(&decoder / "token_embedding"), "weight", d.vocabulary),
            text_positions: table(&decoder, "positional_embedding", d.text_positions),
            text_blocks: blocks(&decoder, d.text_layers, true),
            text_norm: layer_norm(&decoder / "ln", d.width),
            store,
        }
    }

    /// Reads tiny.en's published checkpoint.
    pub fn tiny_en(path: &FilePath) -> Result<Self> {
        let wrong = |what: String| SpeechError::Model { path: path.to_owned(), what };
        let checkpoint = orator_pickle::read(path)?;
        let arrays = checkpoint.at(&["model_state_dict"]).and_then(|state| state.arrays());
        let arrays = arrays.map_err(|error| wrong(format!("not a checkpoint of Whisper: {error}")))?;
        let mut tensors = BTreeMap::new();
        for (name, array) in arrays {
            let shape: Vec<i64> = array.shape().iter().map(|&side| side as i64).collect();
            let values = array.to_f32().map_err(|error| wrong(format!("{name}: {error}")))?;
            tensors.insert(name, Tensor::from_slice(&values).f_view(shape.as_slice())?);
        }
        let network = Self::new(Dimensions::TINY_EN);
        orator_nn::assign(&network.store, &tensors, "")
            .map_err(|error| wrong(format!("not Whisper tiny.en: {error}")))?;
        Ok(network)
    }

    /// Encodes one window, `[mels, frames]`: half as many places as frames, at most `audio_positions`.
    pub fn encode(&self, mel: &Tensor) -> Encoded {
        let mut x = mel.unsqueeze(0);
        for convolution in &self.convolutions {
            x = convolution.forward(&x).gelu("none");
        }
        let x = x.transpose(1, 2);
        let mut x = &x + self.audio_positions.narrow(0, 0, x.size()[1]);
        for block in &self.audio_blocks {
            x = block.forward(&x, &block.attention.memory(&block.attention_norm.forward(&x)), None, false).0;
        }
        let x = self.audio_norm.forward(&x);
        let layers = self.text_blocks.iter().filter_map(|block| Some(block.cross.as_ref()?.0.memory(&x)));
        Encoded { layers: layers.collect() }
    }

    /// Reads tokens that follow those in `state` (several at once only at the beginning), and gives logits of what follows each,
    /// `[tokens, vocabulary]`. With `scores`, the cross-attention of each layer is appended to it, `[heads, tokens,
    /// audio_positions]`, before the softmax.
    pub fn read(
        &self,
        tokens: &[i64],
        sound: &Encoded,
        state: &mut TextState,
        mut scores: Option<&mut Vec<Tensor>>,
    ) -> Result<Tensor> {
        let offset = state.layers.first().map_or(0, Memory::length);
        let count = tokens.len() as i64;
        if count == 0 || offset + count > self.dimensions.text_positions || (offset > 0 && count > 1) {
            return Err(SpeechError::Argument(format!("{count} tokens cannot be read after {offset}")));
        }
        let positions = self.text_positions.narrow(0, offset, count);
        let mut x = (self.tokens.f_index_select(0, &Tensor::from_slice(tokens))? + positions).unsqueeze(0);
        let mut read = Vec::with_capacity(self.text_blocks.len());
        for (layer, block) in self.text_blocks.iter().enumerate() {
            let new = block.attention.memory(&block.attention_norm.forward(&x));
            let memory = match state.layers.get(layer) {
                Some(before) => before.extended(&new),
                None => new,
            };
            let cross = sound.layers.get(layer);
            let (next, looked) = block.forward(&x, &memory, cross.map(|m| (m, scores.is_some())), count > 1);
            x = next;
            if let (Some(all), Some(looked)) = (scores.as_deref_mut(), looked) {
                all.push(looked);
            }
            read.push(memory);
        }
        state.layers = read;
        Ok(self.text_norm.forward(&x).squeeze_dim(0).linear::<&Tensor>(&self.tokens, None))
    }
}

impl Block {
    fn new(path: &Path, width: i64, heads: i64, cross: bool) -> Self {
        let linear = |path: Path, input: i64, output: i64, bias: bool| {
            nn::linear(path, input, output, nn::LinearConfig { bias, ..Default::default() })
        };
        let attention = |name: &str| {
            let path = path / name;
            Attention {
                query: linear(&path / "query", width, width, true),
                key: linear(&path / "key", width, width, false),
                value: linear(&path / "value", width, width, true),
                output: linear(&path / "out", width, width, true),
                heads,
            }
        };
        Self {
            attention: attention("attn"),
            attention_norm: layer_norm(path / "attn_ln", width),
            cross: cross.then(|| (attention("cross_attn"), layer_norm(path / "cross_attn_ln", width))),
            feed_forward: (
                linear(path / "mlp" / 0, width, 4 * width, true),
                linear(path / "mlp" / 2, 4 * width, width, true),
            ),
            feed_forward_norm: layer_norm(path / "mlp_ln", width),
        }
    }

    /// `x` after the block; and, if asked for by the flag beside the sound, the cross-attention's scores without the batch axis.
    fn forward(
        &self,
        x: &Tensor,
        memory: &Memory,
        sound: Option<(&Memory, bool)>,
        causal: bool,
    ) -> (Tensor, Option<Tensor>) {
        let mut x = x + self.attention.forward(&self.attention_norm.forward(x), memory, causal);
        let mut scores = None;
        if let (Some((cross, norm)), Some((sound, wanted))) = (&self.cross, sound) {
            let normed = norm.forward(&x);
            if wanted {
                scores = Some(cross.scores(&normed, sound).squeeze_dim(0));
            }
            x = &x + cross.forward(&normed, sound, false);
        }
        let inner = self.feed_forward.0.forward(&self.feed_forward_norm.forward(&x)).gelu("none");
        (&x + self.feed_forward.1.forward(&inner), scores)
    }
}

/// Log-mel values as the encoder takes them, `[mels, frames]`: those of the sound and of [`SILENCE_BEHIND`]. The network was
/// trained on 30 s always; with only some of the silence it hears the same, in a fraction of the time.
pub(crate) fn window(samples: &[f32]) -> Tensor {
    let mel = orator_nn::from_array2(&log_mel::log_mel(samples)).to_kind(Kind::Float);
    let places = samples.len().div_ceil(SAMPLES_PER_PLACE) + SILENCE_BEHIND;
    mel.narrow(1, 0, (2 * places).min(log_mel::FRAMES) as i64)
}
