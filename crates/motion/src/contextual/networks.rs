//! The networks of all three stages, as training and inference both use them.

use super::{
    Alignment, ContextualConfig, MaskGenerator, Representation, ResidualGenerator, Stream, StrokePredictor,
    Tokenizer,
};
use tch::Device;
use tch::nn::VarStore;

/// The networks, as training and inference both use them.
pub struct Networks {
    /// Face and body tokenizers.
    pub tokenizers: [Tokenizer; 2],
    /// Base-layer tokens from speech.
    pub mask_generator: MaskGenerator,
    /// The other layers' tokens.
    pub residual_generator: ResidualGenerator,
    /// The alignment encoders, where the configuration has them, with variables of their own.
    pub alignment: Option<Alignment>,
    /// What foretells strokes, where the configuration has it, with variables of its own.
    pub strokes: Option<StrokePredictor>,
    /// Variables of the three stages: tokenizer (names begin with the stream), generator, residual.
    pub stores: [VarStore; 3],
}

/// Names of [`Networks::stores`] in weight files.
pub const STAGES: [&str; 3] = ["tokenizer", "generator", "residual"];
/// What the names of the alignment encoders' variables begin with in weight files.
pub const ALIGNMENT: &str = "alignment";
/// The same of the network that foretells strokes.
pub const STROKES: &str = "strokes";

impl Networks {
    /// Fresh networks; initial values come from libtorch's generator, so seed that first.
    #[must_use]
    pub fn new(config: &ContextualConfig, device: Device) -> Self {
        let stores = [VarStore::new(device), VarStore::new(device), VarStore::new(device)];
        let features = config.speech_features() as i64;
        let root = stores[0].root();
        let distilled = config
            .alignment
            .as_ref()
            .filter(|_| config.representation == Representation::Distilled)
            .map(|a| a.width);
        let tokenizers = Stream::ALL.map(|stream| {
            let dimensions = config.layout.dimensions(stream) as i64;
            Tokenizer::new(&(&root / stream.name()), dimensions, &config.tokenizer(stream), distilled)
        });
        let mask_generator = MaskGenerator::new(&stores[1].root(), features, config);
        let residual_generator = ResidualGenerator::new(&stores[2].root(), features, config);
        // Last, so that the others begin alike with and without them.
        let alignment =
            config.alignment.as_ref().map(|a| Alignment::new(a, &config.layout, features, device));
        let strokes = config.strokes.as_ref().map(|s| StrokePredictor::new(s, config.speakers.len(), device));
        Self { tokenizers, mask_generator, residual_generator, alignment, strokes, stores }
    }
}
