//! Sizes of the networks. The defaults are the small ones that ship; the paper's are given beside them.

use serde::{Deserialize, Serialize};

/// Frames in a window: 3.2 s at 25 fps (METHODS 0.2).
pub const WINDOW_FRAMES: usize = 80;
/// Frames between the windows of a clip in training, and frames of a finished window that the next one keeps (METHODS
/// 0.2 and 2.5, where the paper gives no number for the latter).
pub const WINDOW_STRIDE: usize = 10;

/// Numbers a frame from the learned speech encoder (WakeHuBERT).
pub const SPEECH_LEARNED: usize = 128;
/// Numbers a frame of low-level speech features (METHODS 0.3).
pub const SPEECH_LOW_LEVEL: usize = 35;
/// All speech features of a frame: learned, then low-level.
pub const SPEECH_FEATURES: usize = SPEECH_LEARNED + SPEECH_LOW_LEVEL;

/// The residual-VQ tokenizer of one stream (METHODS 2.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenizerConfig {
    /// Channels of the convolutions (paper: 512).
    pub width: i64,
    /// Residual stacks on each side (paper: 2).
    pub blocks: i64,
    /// Residual blocks in a stack, dilation growing by 3 (MoMask: 3).
    pub depth: i64,
    /// Numbers in a code (paper: 128).
    pub code_dimensions: i64,
    /// Codes in a layer (paper: 1024).
    pub codes: i64,
    /// Quantiser layers (paper: 4 to 6).
    pub layers: i64,
    /// Probability of training a window with fewer layers than all (0.2).
    pub quantiser_dropout: f64,
    /// Temperature at which codes are drawn in training (0.5).
    pub code_temperature: f64,
    /// Decay of the codebooks' running averages (0.99).
    pub codebook_decay: f64,
}

impl Default for TokenizerConfig {
    fn default() -> Self {
        Self {
            width: 128,
            blocks: 2,
            depth: 3,
            code_dimensions: 64,
            codes: 256,
            layers: 4,
            quantiser_dropout: 0.2,
            code_temperature: 0.5,
            codebook_decay: 0.99,
        }
    }
}

/// The mask generator and the residual generator (METHODS 2.3, 2.4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GeneratorConfig {
    /// Width of the transformers (paper: 384).
    pub width: i64,
    /// Attention heads (paper silent; 6 for 384).
    pub heads: i64,
    /// Hidden width of the feed-forward layers (paper: 1024).
    pub hidden: i64,
    /// Blocks of the mask generator (paper: 8).
    pub blocks: i64,
    /// Blocks of the residual generator (paper: 6).
    pub residual_blocks: i64,
    /// Layers of each speech encoder (paper: 2).
    pub speech_layers: i64,
    /// Dropout everywhere (0.1).
    pub dropout: f64,
    /// Whether face and body attend to each other in every second block (METHODS 2.3 proposes it; the paper is silent).
    pub joint: bool,
    /// Whether the encoded speech of a frame is also added to that frame's token. The paper has cross-attention only;
    /// on little data the lips need the shorter way.
    pub aligned_speech: bool,
}

impl Default for GeneratorConfig {
    fn default() -> Self {
        Self {
            width: 128,
            heads: 4,
            hidden: 384,
            blocks: 4,
            residual_blocks: 3,
            speech_layers: 2,
            dropout: 0.1,
            joint: true,
            aligned_speech: true,
        }
    }
}

/// Everything that decides the networks' shapes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContextualConfig {
    /// The face tokenizer.
    pub face: TokenizerConfig,
    /// The body tokenizer.
    pub body: TokenizerConfig,
    /// Both generators.
    pub generator: GeneratorConfig,
    /// Speakers by name; their place is their style's number.
    pub speakers: Vec<String>,
    /// The speaker taken when none is named; empty means none in particular.
    pub default_speaker: String,
    /// The speaker of the face when none is named, if it is to be another: who gestures well on film is not always heard
    /// in step with the lips. Empty means [`ContextualConfig::default_speaker`].
    pub default_face_speaker: String,
}
