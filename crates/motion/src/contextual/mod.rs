//! The motion half of Contextual Gesture (METHODS 2.2–2.5): residual-VQ tokenizers for face and body, a mask generator
//! for the first layer of tokens, a residual generator for the others, and sampling window by window.

mod block;
mod config;
mod decoding;
mod mask_generator;
mod model;
mod networks;
mod normaliser;
mod quantiser;
mod residual_generator;
mod speech_encoder;
mod statistics;
mod tokenizer;

pub use config::{
    ContextualConfig, GeneratorConfig, SPEECH_FEATURES, SPEECH_LEARNED, SPEECH_LOW_LEVEL, TokenizerConfig,
    WINDOW_FRAMES, WINDOW_STRIDE,
};
pub use decoding::masked_counts;
pub use mask_generator::{MaskGenerator, MaskInput};
pub use model::ContextualModel;
pub use networks::{Networks, STAGES};
pub use normaliser::Normaliser;
pub use quantiser::{Quantised, ResidualQuantiser};
pub use residual_generator::ResidualGenerator;
pub use statistics::{Statistics, speech_features};
pub use tokenizer::{Stream, Tokenizer};
