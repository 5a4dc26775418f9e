//! The networks of all three stages, as training and inference both use them.

use super::{ContextualConfig, MaskGenerator, ResidualGenerator, SPEECH_FEATURES, Stream, Tokenizer};
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
    /// Variables of the three stages: tokenizer (names begin with the stream), generator, residual.
    pub stores: [VarStore; 3],
}

/// Names of [`Networks::stores`] in weight files.
pub const STAGES: [&str; 3] = ["tokenizer", "generator", "residual"];

impl Networks {
    /// Fresh networks; initial values come from libtorch's generator, so seed that first.
    #[must_use]
    pub fn new(config: &ContextualConfig, device: Device) -> Self {
        let stores = [VarStore::new(device), VarStore::new(device), VarStore::new(device)];
        let features = SPEECH_FEATURES as i64;
        let root = stores[0].root();
        let tokenizers = [
            Tokenizer::new(&(&root / "face"), Stream::Face, &config.face),
            Tokenizer::new(&(&root / "body"), Stream::Body, &config.body),
        ];
        let mask_generator = MaskGenerator::new(&stores[1].root(), features, config);
        let residual_generator = ResidualGenerator::new(&stores[2].root(), features, config);
        Self { tokenizers, mask_generator, residual_generator, stores }
    }
}
