//! The stages by name.

use std::str::FromStr;

/// Which stage to train; each needs the weights of those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Residual-VQ tokenizers of face and body.
    Tokenizer,
    /// The mask generator.
    Generator,
    /// The residual generator.
    Residual,
}

impl Stage {
    /// The name on the command line and in the run folder.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tokenizer => "tokenizer",
            Self::Generator => "generator",
            Self::Residual => "residual",
        }
    }
}

impl FromStr for Stage {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        [Self::Tokenizer, Self::Generator, Self::Residual]
            .into_iter()
            .find(|s| s.name() == text)
            .ok_or_else(|| format!("{text} is not a stage: tokenizer, generator or residual"))
    }
}
