//! MoMask's networks in weight files of this project.

use super::{
    Imported, MaskTransformer, ResidualTransformer, ResidualTransformerConfig, TextTransformerConfig,
};
use crate::Result;
use crate::contextual::{Tokenizer, TokenizerConfig};
use orator_nn::{Checkpoint, NnError, assign, parameters};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;
use tch::Device;
use tch::nn::VarStore;

/// What the files say they are, and which network they hold.
const KINDS: [&str; 3] = ["momask-tokenizer", "momask-mask", "momask-residual"];
/// Most layers of a tokenizer.
pub(super) const MOST_LAYERS: i64 = 64;
/// Most numbers a frame of motion.
pub(super) const WIDEST: i64 = 4096;

impl Imported {
    /// As a weight file.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        let json = |value: serde_json::Result<String>| value.unwrap_or_default();
        let (kind, config, store) = match self {
            Self::Tokenizer { config, store, .. } => (KINDS[0], json(serde_json::to_string(config)), store),
            Self::Mask(t) => (KINDS[1], json(serde_json::to_string(t.config())), &t.store),
            Self::Residual(t) => (KINDS[2], json(serde_json::to_string(t.config())), &t.store),
        };
        let mut metadata =
            BTreeMap::from([("kind".to_string(), kind.to_string()), ("config".to_string(), config)]);
        if let Self::Tokenizer { dimensions, .. } = self {
            metadata.insert("dimensions".into(), dimensions.to_string());
        }
        Checkpoint { metadata, tensors: parameters(store) }
    }

    /// Reads a file written by [`Imported::checkpoint`].
    ///
    /// # Errors
    /// When the file is damaged, of another kind, or does not fit its own configuration.
    pub fn read(path: &Path) -> Result<Self> {
        let file = Checkpoint::read(path)?;
        let mismatch = |what: String| NnError::Mismatch { what: format!("{}: {what}", path.display()) };
        let text = |key: &str| file.metadata.get(key).map(String::as_str).unwrap_or_default();
        match text("kind") {
            "momask-tokenizer" => {
                let config: TokenizerConfig = parse(text("config")).map_err(mismatch)?;
                let dimensions = text("dimensions").parse().unwrap_or(0);
                if !(1..=WIDEST).contains(&dimensions) {
                    return Err(mismatch("the sizes cannot be".into()).into());
                }
                config.check().map_err(mismatch)?;
                let store = VarStore::new(Device::Cpu);
                let network = Tokenizer::new(&store.root(), dimensions, &config, None);
                assign(&store, &file.tensors, "")?;
                Ok(Self::Tokenizer {
                    network: Box::new(network),
                    config: Box::new(config),
                    dimensions,
                    store,
                })
            }
            "momask-mask" => {
                let config: TextTransformerConfig = parse(text("config")).map_err(mismatch)?;
                config.check().map_err(mismatch)?;
                let network = MaskTransformer::new(&config, Device::Cpu);
                assign(&network.store, &file.tensors, "")?;
                Ok(Self::Mask(network))
            }
            "momask-residual" => {
                let config: ResidualTransformerConfig = parse(text("config")).map_err(mismatch)?;
                config.transformer.check().map_err(mismatch)?;
                if !(3..=MOST_LAYERS).contains(&config.quantisers) {
                    return Err(mismatch("the sizes cannot be".into()).into());
                }
                let network = ResidualTransformer::new(&config, Device::Cpu);
                assign(&network.store, &file.tensors, "")?;
                Ok(Self::Residual(network))
            }
            other => Err(mismatch(format!("holds {other:?} and no network of MoMask")).into()),
        }
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> std::result::Result<T, String> {
    serde_json::from_str(text).map_err(|e| format!("configuration: {e}"))
}
