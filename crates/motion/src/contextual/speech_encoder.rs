//! Speech features to one vector a frame, for the generators' cross-attention (METHODS 2.1, 2.3).

use super::alignment::{ContentEncoder, EncoderSizes};
use super::{GeneratorConfig, SpeechMemory};
use tch::nn::Path;
use tch::{Kind, Tensor};

/// The name of the variable that stands for no speech: the only one here that the alignment encoders do not have.
pub const SILENCE: &str = "unconditional";

/// The content encoder of speech for one stream, and what stands for no speech.
pub(super) struct SpeechEncoder {
    content: ContentEncoder,
    silence: Tensor,
}

impl SpeechEncoder {
    pub(super) fn new(path: &Path, features: i64, config: &GeneratorConfig) -> Self {
        let mut sizes = EncoderSizes::from(config);
        if config.speech_encoder == SpeechMemory::ConcatenatedAudio {
            // The features themselves are joined to the tokens, not what a transformer makes of them.
            sizes.layers = 0;
        }
        Self {
            content: ContentEncoder::new(path, features, sizes),
            silence: path.randn(SILENCE, &[1, 1, config.width], 0.0, 0.02),
        }
    }

    /// `[batch, time, features]` to `[batch, time, width]`. Where `drop` `[batch]` is 1 the result is a learned
    /// constant instead, which is what guidance is measured against.
    pub(super) fn forward(&self, speech: &Tensor, drop: &Tensor, train: bool) -> Tensor {
        let x = self.content.forward(speech, train);
        let drop = drop.to_kind(Kind::Float).view([-1, 1, 1]);
        &x * (1.0 - &drop) + &self.silence * &drop
    }
}
