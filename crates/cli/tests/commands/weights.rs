//! Small weights that were never trained.

use orator_motion::contextual::{
    AlignmentConfig, ContextualConfig, ContextualModel, GeneratorConfig, Networks, Normaliser,
    SPEECH_LEARNED, SPEECH_LOW_LEVEL, Statistics, TokenizerConfig,
};
use orator_motion::{BODY_DIMENSIONS, FACE_DIMENSIONS};
use orator_nn::{Checkpoint, Precision, choose_device};
use orator_render::contextual::{PictureConfig, PictureNetworks, picture_checkpoint};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tch::nn::VarStore;

/// A small model of the contextual system.
pub fn small() -> Checkpoint {
    with(None)
}

fn with(alignment: Option<AlignmentConfig>) -> Checkpoint {
    let tokenizer = TokenizerConfig {
        width: 16,
        blocks: 1,
        depth: 1,
        code_dimensions: 8,
        codes: 16,
        layers: 2,
        ..TokenizerConfig::default()
    };
    let generator = GeneratorConfig {
        width: 16,
        heads: 2,
        hidden: 32,
        blocks: 1,
        residual_blocks: 1,
        speech_layers: 1,
        ..GeneratorConfig::default()
    };
    let config = ContextualConfig {
        face: tokenizer.clone(),
        body: tokenizer,
        generator,
        speakers: vec!["anna".into(), "ben".into()],
        default_speaker: "anna".into(),
        alignment,
        ..ContextualConfig::default()
    };
    let networks = Networks::new(&config, choose_device());
    let hand = std::array::from_fn(|point| [point as f32 / 40.0, -(point as f32) / 9.0]);
    let statistics = Statistics {
        motion: [Normaliser::identity(FACE_DIMENSIONS), Normaliser::identity(BODY_DIMENSIONS)],
        speech: Normaliser::identity(SPEECH_LEARNED + SPEECH_LOW_LEVEL),
        hands: [hand, hand],
    };
    let notes = BTreeMap::from([("trained_on".to_owned(), "nothing".to_owned())]);
    ContextualModel::new(config, statistics, networks).checkpoint(&notes).unwrap()
}

/// Small picture networks, which leave the guide nearly as it is.
fn pictures() -> Checkpoint {
    let mut config = PictureConfig::lite();
    (config.motion.width, config.motion.maximum, config.motion.levels) = (4, 16, 3);
    (config.generator.width, config.generator.maximum) = (4, 16);
    (config.fusion.width, config.fusion.hidden) = (8, 4);
    (config.refiner.width, config.refiner.maximum, config.refiner.levels) = (4, 16, 4);
    let store = VarStore::new(choose_device());
    let _ = PictureNetworks::new(&store.root(), &config);
    picture_checkpoint(&config, &store, &BTreeMap::new()).unwrap()
}

/// A model folder with the small weights under the names of those that ship.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("untrained");
        std::fs::create_dir_all(&folder).unwrap();
        small().write(&folder.join("contextual-small.safetensors"), Precision::Half).unwrap();
        pictures().write(&folder.join("contextual-picture-lite.safetensors"), Precision::Half).unwrap();
        folder
    })
}

/// A weight file of the same with alignment encoders.
pub fn aligned() -> PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("aligned");
        std::fs::create_dir_all(&folder).unwrap();
        let alignment =
            AlignmentConfig { width: 16, heads: 2, hidden: 16, embedding: 8, ..AlignmentConfig::default() };
        let path = folder.join("aligned.safetensors");
        with(Some(alignment)).write(&path, Precision::Half).unwrap();
        path
    });
    file.clone()
}
