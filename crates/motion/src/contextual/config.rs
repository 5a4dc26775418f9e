//! Sizes of the networks. The defaults are the small ones that ship; the paper's are given beside them.

use super::{MotionLayout, Stream, StrokeConfig};
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

/// Most codes in a layer.
pub const LARGEST_CODEBOOK: i64 = 1 << 16;

/// Largest width or number of layers: far above the paper's, so that a damaged file asks for no impossible memory.
const LARGEST_SIZE: i64 = 1 << 13;
/// Most parameters of all networks together, as [`ContextualConfig::parameters`] estimates them: 4 GB of 32-bit floats.
const MOST_PARAMETERS: f64 = 1e9;
/// Most stacks of a tokenizer, and blocks in a stack: dilation grows threefold from block to block.
const MOST_BLOCKS: i64 = 8;
/// Most smoothing of slow motion in frames.
const LARGEST_SMOOTHING: f64 = 100.0;
/// Most axes of a grid of codes; with 64 points each their product still is a number.
const MOST_AXES: usize = 10;

/// How a tokenizer turns an encoder's output into codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuantiserKind {
    /// Learned codebooks kept as running averages (METHODS 2.2; the paper's).
    #[default]
    ResidualVq,
    /// A fixed grid, refined from layer to layer (METHODS 4.2): no dead codes and nothing to commit to, for small batches.
    ResidualFsq,
}

/// Where the generators' memory of the speech comes from; all but the second are ablations of the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpeechMemory {
    /// A content encoder that starts from nothing.
    #[default]
    Fresh,
    /// A content encoder that starts as the alignment stage left it (METHODS 2.3).
    Aligned,
    /// No cross-attention: the speech of a frame is joined to that frame's token.
    ConcatenatedAudio,
}

/// What the generators work on (the paper's ablation of the motion representation). Whether the encoders distilled from have
/// seen chronological negatives is [`AlignmentConfig::chronological`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Representation {
    /// Normalised motion itself, without tokens: hidden frames are guessed as numbers.
    Raw,
    /// Tokens of a tokenizer that learned from reconstruction alone.
    #[default]
    Tokens,
    /// Tokens of a tokenizer whose codes also foretell what the frozen alignment encoders say of the motion (Eq. 2).
    Distilled,
}

/// The encoders that bring speech and motion into one space (METHODS 2.1): one pair for the face, one for the body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlignmentConfig {
    /// Width of the transformers (paper: 384). Must be the generators' where they start from these encoders.
    pub width: i64,
    /// Attention heads (paper silent; 6 for 384).
    pub heads: i64,
    /// Hidden width of the feed-forward layers (paper: 1024).
    pub hidden: i64,
    /// Transformer layers (paper: 2).
    pub layers: i64,
    /// Numbers in the embedding of a whole window (paper silent; 256).
    pub embedding: i64,
    /// Dropout (0.1).
    pub dropout: f64,
    /// Whether speech with its phrases in another order is a further negative (the paper's own proposal; off is an
    /// ablation). It stands here and not among the losses so that no stage can take the one for the other.
    pub chronological: bool,
}

impl Default for AlignmentConfig {
    fn default() -> Self {
        Self {
            width: 128,
            heads: 4,
            hidden: 384,
            layers: 2,
            embedding: 128,
            dropout: 0.1,
            chronological: true,
        }
    }
}

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
    /// Kind of quantiser.
    pub quantiser: QuantiserKind,
    /// Of a residual FSQ: points of the grid along each axis; the paper's 1024 codes are nearest to 8 × 5 × 5 × 5.
    pub levels: Vec<i64>,
    /// How many of the residual stacks halve the time (MoMask: 2). The generators need one token a frame: 0.
    pub halvings: i64,
    /// Whether the encoder's residual blocks go from wide to narrow, as the decoder's (MoMask's do).
    pub encoder_widest_first: bool,
}

impl TokenizerConfig {
    /// What cannot be built, in words.
    pub(crate) fn check(&self) -> Result<(), String> {
        let counts = [self.width, self.code_dimensions, self.layers];
        let possible = counts.iter().all(|n| (1..=LARGEST_SIZE).contains(n))
            && (0..=MOST_BLOCKS).contains(&self.blocks)
            && (0..=MOST_BLOCKS).contains(&self.depth)
            && (0..=self.blocks).contains(&self.halvings);
        if !possible {
            return Err(
                "a tokenizer needs at least one layer, and widths above zero that are not absurd".into()
            );
        }
        if self.quantiser == QuantiserKind::ResidualFsq
            && (self.levels.is_empty()
                || self.levels.len() > MOST_AXES
                || self.levels.iter().any(|l| !(2..=64).contains(l)))
        {
            return Err(format!(
                "levels of a residual FSQ are two to 64 points along one to {MOST_AXES} axes"
            ));
        }
        if !(2..=LARGEST_CODEBOOK).contains(&self.codebook_size()) {
            return Err(format!("a layer has 2 to {LARGEST_CODEBOOK} codes, not {}", self.codebook_size()));
        }
        Ok(())
    }

    /// Codes in a layer: `codes`, or the points of the grid of a residual FSQ.
    #[must_use]
    pub fn codebook_size(&self) -> i64 {
        match self.quantiser {
            QuantiserKind::ResidualVq => self.codes,
            QuantiserKind::ResidualFsq => self.levels.iter().product(),
        }
    }
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
            quantiser: QuantiserKind::default(),
            levels: vec![8, 5, 5, 5],
            halvings: 0,
            encoder_widest_first: false,
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
    /// Where the memory of the speech comes from.
    pub speech_encoder: SpeechMemory,
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
            speech_encoder: SpeechMemory::default(),
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
    /// The alignment encoders, if there are any: for distillation, for the generators' beginning, and for retrieval.
    pub alignment: Option<AlignmentConfig>,
    /// Numbers a frame of what is said, behind the other speech features (METHODS 0.3's optional block): 384 for MiniLM, 768 for
    /// RoBERTa; 0 leaves them out.
    pub text_features: usize,
    /// The network that foretells when hands stroke. With it the mask generator is told a plan of strokes beside the speech
    /// (ours; absent, as in the paper, speech alone).
    pub strokes: Option<StrokeConfig>,
    /// What the generators work on.
    pub representation: Representation,
    /// Which numbers motion is made of. Only keypoints can be drawn; any layout can be trained.
    pub layout: MotionLayout,
    /// Speakers by name; their place is their style's number.
    pub speakers: Vec<String>,
    /// The speaker taken when none is named; empty means none in particular.
    pub default_speaker: String,
    /// The speaker of the face when none is named, if it is to be another: who gestures well on film is not always heard
    /// in step with the lips. Empty means [`ContextualConfig::default_speaker`].
    pub default_face_speaker: String,
}

impl ContextualConfig {
    /// The tokenizer of a stream as it is built; raw motion needs none, and its place is taken by the smallest there is.
    #[must_use]
    pub fn tokenizer(&self, stream: Stream) -> TokenizerConfig {
        let own = [&self.face, &self.body][stream as usize];
        match self.representation {
            Representation::Raw => TokenizerConfig {
                width: 1,
                blocks: 0,
                code_dimensions: 1,
                codes: 2,
                layers: 1,
                ..TokenizerConfig::default()
            },
            Representation::Tokens | Representation::Distilled => own.clone(),
        }
    }

    /// What the mask generator reads of a frame of a stream, and what it gives for one: a code's numbers and the logits of all
    /// codes; of raw motion both are the motion's own numbers.
    #[must_use]
    pub fn frame_sizes(&self, stream: Stream) -> (i64, i64) {
        match self.representation {
            Representation::Raw => {
                let numbers = self.layout.dimensions(stream) as i64;
                (numbers, numbers)
            }
            Representation::Tokens | Representation::Distilled => {
                let tokenizer = self.tokenizer(stream);
                (tokenizer.code_dimensions, tokenizer.codebook_size())
            }
        }
    }

    /// All numbers of a frame that speech is heard by.
    #[must_use]
    pub fn speech_features(&self) -> usize {
        SPEECH_FEATURES + self.text_features
    }

    /// About how many parameters the networks have, from their settings alone.
    fn parameters(&self) -> f64 {
        let transformer = |width: i64, hidden: i64, layers: i64| {
            let (width, hidden) = (width as f64, hidden as f64);
            layers as f64 * (8.0 * width * width + 3.0 * width * hidden)
        };
        let tokenizer = |t: &TokenizerConfig| {
            let convolutions = 2.0 * (t.blocks * (t.depth + 2)) as f64 * 4.0 * (t.width as f64).powi(2);
            convolutions + 3.0 * t.codes as f64 * t.code_dimensions as f64 * t.layers as f64
        };
        let g = &self.generator;
        let streams =
            2.0 * transformer(g.width, g.hidden, g.blocks + g.residual_blocks + 2 * g.speech_layers);
        let names = g.width as f64 * self.speakers.len() as f64;
        let aligned = self.alignment.as_ref().map_or(0.0, |a| 4.0 * transformer(a.width, a.hidden, a.layers));
        streams + names + aligned + tokenizer(&self.face) + tokenizer(&self.body)
    }

    /// What cannot be built or does not fit together, in words.
    ///
    /// # Errors
    /// Names the setting.
    pub fn check(&self) -> Result<(), String> {
        self.layout.check()?;
        let g = &self.generator;
        let chances = [("generator", g.dropout)]
            .into_iter()
            .chain(self.alignment.iter().map(|a| ("alignment", a.dropout)));
        for (name, dropout) in chances {
            if !(0.0..1.0).contains(&dropout) {
                return Err(format!("{name} dropout {dropout} must be at least 0 and below 1"));
            }
        }
        if g.width < 2 || g.width % 2 != 0 || g.heads < 1 || g.width % g.heads != 0 {
            return Err(format!(
                "generator width {} must be even and a multiple of its {} heads",
                g.width, g.heads
            ));
        }
        let counts = [g.width, g.heads, g.hidden, g.blocks, g.residual_blocks, g.speech_layers];
        if counts.iter().any(|n| !(0..=LARGEST_SIZE).contains(n)) {
            return Err(format!("no size of the generator may be below 0 or above {LARGEST_SIZE}"));
        }
        for t in [&self.face, &self.body] {
            t.check()?;
            if t.halvings != 0 {
                return Err("the generators need one token a frame: halvings must be 0".into());
            }
        }
        if let Some(s) = &self.strokes {
            let possible = (1..=LARGEST_SIZE).contains(&s.width)
                && (0..=MOST_BLOCKS).contains(&s.depth)
                && (0.1..=LARGEST_SMOOTHING).contains(&s.smoothing);
            if !possible {
                return Err(format!(
                    "strokes need a width above 0, at most {MOST_BLOCKS} blocks, and a smoothing of 0.1 to {LARGEST_SMOOTHING} frames"
                ));
            }
            if self.representation == Representation::Raw || !self.layout.is_keypoints() {
                return Err("strokes are planned for tokens of keypoints only".into());
            }
        }
        if self.text_features as i64 > LARGEST_SIZE {
            return Err(format!("text_features may not be above {LARGEST_SIZE}"));
        }
        let parameters = self.parameters();
        if parameters > MOST_PARAMETERS {
            return Err(format!(
                "the networks would have {:.1} thousand million parameters",
                parameters / 1e9
            ));
        }
        let needs = |what: &str| format!("{what} needs alignment encoders: add networks.alignment");
        match &self.alignment {
            None if self.representation == Representation::Distilled => {
                return Err(needs("representation: distilled"));
            }
            None if g.speech_encoder == SpeechMemory::Aligned => {
                return Err(needs("speech_encoder: aligned"));
            }
            None => {}
            Some(a) => {
                if a.width < 2 || a.width % 2 != 0 || a.heads < 1 || a.width % a.heads != 0 || a.embedding < 1
                {
                    return Err(format!(
                        "alignment width {} must be even and a multiple of its {} heads",
                        a.width, a.heads
                    ));
                }
                if [a.width, a.hidden, a.layers, a.embedding].iter().any(|n| !(1..=LARGEST_SIZE).contains(n))
                {
                    return Err(format!("no size of the alignment may be below 1 or above {LARGEST_SIZE}"));
                }
                let same =
                    (a.width, a.heads, a.hidden, a.layers) == (g.width, g.heads, g.hidden, g.speech_layers);
                if g.speech_encoder == SpeechMemory::Aligned && !same {
                    return Err("generators that start from the alignment encoders need their width, heads, hidden and \
                         layers (speech_layers)"
                        .into());
                }
            }
        }
        Ok(())
    }
}
