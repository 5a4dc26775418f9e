//! Writes weights of the contextual system that were never trained, to try everything around them:
//! `cargo run --release -p orator-studio --example untrained_weights -- FILE.safetensors`

use orator_motion::contextual::{
    ContextualConfig, ContextualModel, Networks, Normaliser, SPEECH_LEARNED, SPEECH_LOW_LEVEL, Statistics,
};
use orator_motion::{BODY_DIMENSIONS, FACE_DIMENSIONS};
use orator_nn::{Precision, choose_device};
use std::collections::BTreeMap;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("give the file to write")?;
    let config = ContextualConfig::default();
    let networks = Networks::new(&config, choose_device());
    let hand = std::array::from_fn(|point| [0.0, -(point as f32) / 9.0]);
    let statistics = Statistics {
        motion: [Normaliser::identity(FACE_DIMENSIONS), Normaliser::identity(BODY_DIMENSIONS)],
        speech: Normaliser::identity(SPEECH_LEARNED + SPEECH_LOW_LEVEL),
        hands: [hand, hand],
    };
    let notes = BTreeMap::from([("trained_on".to_owned(), "nothing".to_owned())]);
    let checkpoint = ContextualModel::new(config, statistics, networks).checkpoint(&notes)?;
    checkpoint.write(path.as_ref(), Precision::Half)?;
    Ok(())
}
