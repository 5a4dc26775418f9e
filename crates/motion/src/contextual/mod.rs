//! The motion half of Contextual Gesture (METHODS 2.2–2.5): residual-VQ tokenizers for face and body, a mask generator
//! for the first layer of tokens, a residual generator for the others, and sampling window by window.

pub mod alignment;
mod block;
mod config;
pub(crate) mod decoding;
mod embedding;
mod layout;
mod mask_generator;
mod model;
mod networks;
mod normaliser;
mod quantiser;
mod raw_decoding;
mod residual_generator;
mod speech_encoder;
mod statistics;
mod strokes;
mod token_entrance;
mod tokenizer;

pub use alignment::Alignment;
pub use config::{
    AlignmentConfig, ContextualConfig, GeneratorConfig, LARGEST_CODEBOOK, QuantiserKind, Representation,
    SPEECH_FEATURES, SPEECH_LEARNED, SPEECH_LOW_LEVEL, SpeechMemory, TokenizerConfig, WINDOW_FRAMES,
    WINDOW_STRIDE,
};
pub use decoding::{Window, fill, masked_counts};
pub use layout::{LayoutPart, MotionLayout};
pub use mask_generator::{MaskGenerator, MaskInput, StrokeGuide};
pub use model::ContextualModel;
pub use networks::{ALIGNMENT, Networks, STAGES, STROKES};
pub use normaliser::Normaliser;
pub use quantiser::{CodeUse, Quantised, ResidualQuantiser};
pub use raw_decoding::{RawWindow, fill_raw};
pub use residual_generator::ResidualGenerator;
pub use speech_encoder::SILENCE as SPEECH_SILENCE;
pub use statistics::{Statistics, adapted_features, speech_features};
pub use strokes::{
    ARM_NUMBERS, GUIDE_NUMBERS, STROKE_KINDS, StrokeConfig, StrokePlan, StrokePredictor, StrokeShaper,
    VARIETY, pick,
};
pub use tokenizer::{Stream, Tokenizer};
