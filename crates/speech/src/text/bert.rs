//! The encoder of BERT (Devlin et al. 2018) and RoBERTa (Liu et al. 2019), under the names of their published checkpoints.

use crate::attention::Attention;
use crate::{Result, SpeechError};
use orator_nn::Checkpoint;
use serde::Deserialize;
use std::path::Path as FilePath;
use tch::nn::{self, Module, Path, VarStore};
use tch::{Device, Tensor};

/// Largest configuration file that is read, in bytes.
const LARGEST_CONFIGURATION: u64 = 1 << 20;
/// What names in a file may begin with, when the encoder is a part of a larger model.
const PREFIXES: [&str; 3] = ["", "bert.", "roberta."];

/// The fields of a published `config.json` that the encoder needs.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Configuration {
    pub model_type: String,
    pub hidden_size: i64,
    pub num_hidden_layers: i64,
    pub num_attention_heads: i64,
    pub intermediate_size: i64,
    pub vocab_size: i64,
    pub max_position_embeddings: i64,
    pub type_vocab_size: i64,
    pub layer_norm_eps: f64,
    #[serde(default = "usual_activation")]
    pub hidden_act: String,
    #[serde(default)]
    pub pad_token_id: i64,
}

fn usual_activation() -> String {
    "gelu".into()
}

impl Configuration {
    pub fn read(path: &FilePath) -> Result<Self> {
        let wrong = |what: String| SpeechError::Model { path: path.to_owned(), what };
        let length = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
        if length > LARGEST_CONFIGURATION {
            return Err(wrong(format!("{length} bytes are more than a configuration has")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let read: Self = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        read.check().map_err(wrong)?;
        Ok(read)
    }

    /// Bounds every size before anything is made of it.
    fn check(&self) -> std::result::Result<(), String> {
        if self.model_type != "bert" && self.model_type != "roberta" {
            return Err(format!("a model of the type {:?}; bert and roberta are known", self.model_type));
        }
        if self.hidden_act != "gelu" {
            return Err(format!("the activation {:?}; gelu is known", self.hidden_act));
        }
        let sizes = [
            ("hidden_size", self.hidden_size, 4096),
            ("num_hidden_layers", self.num_hidden_layers, 48),
            ("num_attention_heads", self.num_attention_heads, 64),
            ("intermediate_size", self.intermediate_size, 16_384),
            ("vocab_size", self.vocab_size, 1_000_000),
            ("max_position_embeddings", self.max_position_embeddings, 8192),
            ("type_vocab_size", self.type_vocab_size, 16),
        ];
        for (name, value, most) in sizes {
            if !(1..=most).contains(&value) {
                return Err(format!("{name} is {value} and should be 1 to {most}"));
            }
        }
        if self.hidden_size % self.num_attention_heads != 0 {
            return Err(format!(
                "{} heads do not share {} numbers",
                self.num_attention_heads, self.hidden_size
            ));
        }
        let places = self.max_position_embeddings - self.first_position();
        if !(0..=self.max_position_embeddings).contains(&self.pad_token_id) || places < 3 {
            return Err(format!("{places} places are too few for a text"));
        }
        Ok(())
    }

    /// RoBERTa counts places from behind the padding's number.
    pub fn first_position(&self) -> i64 {
        if self.model_type == "roberta" { self.pad_token_id + 1 } else { 0 }
    }

    /// Tokens that can be read at once.
    pub fn places(&self) -> usize {
        usize::try_from(self.max_position_embeddings - self.first_position()).unwrap_or(0)
    }
}

/// The encoder with its weights.
pub(crate) struct Bert {
    pub configuration: Configuration,
    words: Tensor,
    positions: Tensor,
    types: Tensor,
    norm: nn::LayerNorm,
    layers: Vec<Layer>,
    store: VarStore,
}

/// Attention and feed-forward, each added to its input and then normalised.
struct Layer {
    attention: Attention,
    attention_norm: nn::LayerNorm,
    inner: nn::Linear,
    outer: nn::Linear,
    norm: nn::LayerNorm,
}

impl Bert {
    /// An encoder with fresh weights.
    pub fn new(configuration: Configuration) -> Self {
        let store = VarStore::new(Device::Cpu);
        let root = store.root();
        let c = &configuration;
        let embeddings = &root / "embeddings";
        let table = |name: &str, rows: i64| {
            let path = &embeddings / name;
            path.var("weight", &[rows, c.hidden_size], nn::Init::Randn { mean: 0.0, stdev: 0.02 })
        };
        let layers = &root / "encoder" / "layer";
        Self {
            words: table("word_embeddings", c.vocab_size),
            positions: table("position_embeddings", c.max_position_embeddings),
            types: table("token_type_embeddings", c.type_vocab_size),
            norm: norm(&embeddings / "LayerNorm", c),
            layers: (0..c.num_hidden_layers).map(|layer| Layer::new(&(&layers / layer), c)).collect(),
            configuration,
            store,
        }
    }

    /// Reads the weights of a safetensors file under the published names, alone or as a part of a larger model.
    pub fn read(configuration: Configuration, path: &FilePath) -> Result<Self> {
        let checkpoint = Checkpoint::read(path)?;
        let known = |prefix: &&str| {
            checkpoint.tensors.contains_key(&format!("{prefix}embeddings.word_embeddings.weight"))
        };
        let prefix = PREFIXES.iter().copied().find(known).unwrap_or("");
        let encoder = Self::new(configuration);
        orator_nn::assign(&encoder.store, &checkpoint.tensors, prefix)
            .map_err(|error| SpeechError::Model { path: path.to_owned(), what: error.to_string() })?;
        Ok(encoder)
    }

    #[cfg(test)]
    pub fn weights(&self) -> &VarStore {
        &self.store
    }

    /// What the last layer makes of each token: `[tokens, width]`. At most [`Configuration::places`] tokens.
    pub fn forward(&self, tokens: &[i64]) -> Result<Tensor> {
        let count = tokens.len() as i64;
        let positions = self.positions.f_narrow(0, self.configuration.first_position(), count)?;
        let words = self.words.f_index_select(0, &Tensor::from_slice(tokens))?;
        let mut x = self.norm.forward(&(words + positions + self.types.get(0)).unsqueeze(0));
        for layer in &self.layers {
            x = layer.forward(&x);
        }
        Ok(x.squeeze_dim(0))
    }
}

impl Layer {
    fn new(path: &Path, c: &Configuration) -> Self {
        let linear = |path: Path, input: i64, output: i64| {
            nn::linear(path, input, output, nn::LinearConfig::default())
        };
        let (own, after) = (path / "attention" / "self", path / "attention" / "output");
        let width = c.hidden_size;
        Self {
            attention: Attention {
                query: linear(&own / "query", width, width),
                key: linear(&own / "key", width, width),
                value: linear(&own / "value", width, width),
                output: linear(&after / "dense", width, width),
                heads: c.num_attention_heads,
            },
            attention_norm: norm(&after / "LayerNorm", c),
            inner: linear(path / "intermediate" / "dense", width, c.intermediate_size),
            outer: linear(path / "output" / "dense", c.intermediate_size, width),
            norm: norm(path / "output" / "LayerNorm", c),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let attended = self.attention.forward(x, &self.attention.memory(x), false);
        let x = self.attention_norm.forward(&(x + attended));
        let fed = self.outer.forward(&self.inner.forward(&x).gelu("none"));
        self.norm.forward(&(&x + fed))
    }
}

fn norm(path: Path, c: &Configuration) -> nn::LayerNorm {
    let config = nn::LayerNormConfig { eps: c.layer_norm_eps, ..Default::default() };
    nn::layer_norm(path, vec![c.hidden_size], config)
}
