//! Training loops: data preparation, losses, run folders.
//!
//! A training run is a folder. Every stage leaves a log (`<stage>/log.jsonl`), a state to go on from
//! (`<stage>/state.safetensors`) and, when done, its weights. All randomness is drawn per step from the run's seed, so
//! a run that was stopped and resumed takes the very same steps as one that was not.

mod adversarial;
mod beat2;
mod cache;
pub mod clips;
mod config;
pub mod contextual;
mod curves;
pub mod deviation;
mod error;
pub mod evaluation;
mod event;
mod from_corpus;
mod gestures;
mod hearing;
mod learner;
mod numpy;
mod phrases;
pub mod picture;
mod poses;
mod prepare;
pub mod retrieval;
mod run_folder;
mod text;
mod training_loop;
pub mod windows;

pub use clips::Gestures;
pub use config::{ClipSource, ContrastKind, StageConfig, TrainConfig};
pub use error::{Result, TrainError};
pub use event::Event;
pub use orator_corpus::Split;
pub use phrases::Phrases;
pub use prepare::{ClipPlace, PreparedClip, prepare};
pub use run_folder::Sitting;
