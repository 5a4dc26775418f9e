//! The stages by name, and which needs which.

use orator_motion::contextual::{ContextualConfig, Representation, SpeechMemory};
use std::str::FromStr;

/// Which stage to train; each needs the weights of some of the others. The order of the variants decides the stages' seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Residual-VQ tokenizers of face and body.
    Tokenizer,
    /// The mask generator.
    Generator,
    /// The residual generator.
    Residual,
    /// The encoders that bring speech and motion into one space; comes first where it is wanted.
    Alignment,
    /// The network that foretells when hands stroke, where it is wanted.
    Strokes,
}

impl Stage {
    /// All, in the order in which they can be trained.
    pub const ALL: [Self; 5] =
        [Self::Alignment, Self::Tokenizer, Self::Strokes, Self::Generator, Self::Residual];

    /// The name on the command line and in the run folder.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Alignment => "alignment",
            Self::Strokes => "strokes",
            Self::Tokenizer => "tokenizer",
            Self::Generator => "generator",
            Self::Residual => "residual",
        }
    }

    /// The stage that writes the finished weights.
    #[must_use]
    pub fn last(config: &ContextualConfig) -> Self {
        match config.representation {
            // Without tokens there are no residual layers.
            Representation::Raw => Self::Generator,
            Representation::Tokens | Representation::Distilled => Self::Residual,
        }
    }

    /// The stages that must be trained before this one.
    #[must_use]
    pub fn needs(self, config: &ContextualConfig) -> Vec<Self> {
        let aligned = config.alignment.is_some()
            && match self {
                Self::Alignment | Self::Strokes => false,
                Self::Tokenizer => config.representation == Representation::Distilled,
                // The finished weights hold the alignment encoders.
                Self::Generator => {
                    config.generator.speech_encoder == SpeechMemory::Aligned || Self::last(config) == self
                }
                Self::Residual => true,
            };
        let mut all = if aligned { vec![Self::Alignment] } else { Vec::new() };
        match self {
            Self::Alignment | Self::Tokenizer | Self::Strokes => {}
            Self::Generator if Self::last(config) == self => {}
            Self::Generator => all.push(Self::Tokenizer),
            // The finished weights hold what foretells strokes; the generator learns with those of the true motion.
            Self::Residual if config.strokes.is_some() => {
                all.extend([Self::Tokenizer, Self::Strokes, Self::Generator]);
            }
            Self::Residual => all.extend([Self::Tokenizer, Self::Generator]),
        }
        all
    }
}

impl FromStr for Stage {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        Self::ALL.into_iter().find(|s| s.name() == text).ok_or_else(|| {
            format!("{text} is not a stage: alignment, tokenizer, strokes, generator or residual")
        })
    }
}
