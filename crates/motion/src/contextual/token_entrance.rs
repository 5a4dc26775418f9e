//! Where tokens and speech meet before the first block: the entrance of both generators.

use super::speech_encoder::SpeechEncoder;
use super::{GeneratorConfig, SpeechMemory};
use tch::Tensor;
use tch::nn::{self, Module, Path};

/// Speech encoder of a stream, and how its frames join the tokens.
pub(super) struct SpeechEntrance {
    encoder: SpeechEncoder,
    join: Option<nn::Linear>,
    aligned: bool,
}

impl SpeechEntrance {
    pub(super) fn new(path: &Path, features: i64, config: &GeneratorConfig) -> Self {
        let w = config.width;
        let joined = config.speech_encoder == SpeechMemory::ConcatenatedAudio;
        Self {
            encoder: SpeechEncoder::new(&(path / "speech"), features, config),
            join: joined.then(|| nn::linear(path / "join", 2 * w, w, nn::LinearConfig::default())),
            aligned: config.aligned_speech,
        }
    }

    /// The memory of the speech `[batch, time, width]`, see [`SpeechEncoder::forward`].
    pub(super) fn hear(&self, speech: &Tensor, drop: &Tensor, train: bool) -> Tensor {
        self.encoder.forward(speech, drop, train)
    }

    /// Tokens `[batch, time, width]` that know the speech of their own frame: joined to it (an ablation), or with it added
    /// (ours), or as they were (the paper).
    pub(super) fn meet(&self, tokens: Tensor, memory: &Tensor) -> Tensor {
        match &self.join {
            Some(join) => join.forward(&Tensor::cat(&[&tokens, memory], -1)),
            None if self.aligned => tokens + memory,
            None => tokens,
        }
    }
}
