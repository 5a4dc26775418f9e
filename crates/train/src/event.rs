//! What a training run tells while it runs.

use serde::Serialize;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Clips are being perceived and analysed.
    Preparing {
        /// Clips done.
        done: usize,
        /// Clips in all.
        total: usize,
        /// The clip at work.
        clip: String,
    },
    /// A step was taken (told every few steps).
    Step {
        /// The stage's name.
        stage: String,
        /// Steps taken.
        step: u64,
        /// Steps in all.
        total: u64,
        /// Losses by name, averaged since the last such event.
        losses: std::collections::BTreeMap<String, f64>,
        /// Seconds left at the present pace.
        seconds_left: f64,
    },
    /// The held-out clips were tried.
    Validation {
        /// The stage's name.
        stage: String,
        /// Steps taken.
        step: u64,
        /// Measures by name.
        measures: std::collections::BTreeMap<String, f64>,
    },
    /// Nothing can be learned from a clip.
    LeftOut {
        /// The clip's name.
        clip: String,
        /// Why.
        why: String,
    },
    /// The sitting's time was up: the state is saved, and the stage goes on from here when it is resumed.
    Paused {
        /// The stage's name.
        stage: String,
        /// Steps taken.
        step: u64,
        /// Steps in all.
        total: u64,
    },
    /// A file was written that a person may want to look at.
    Wrote {
        /// The file.
        path: std::path::PathBuf,
    },
}
