//! Whole commands, as people type them: help, every kind of bad input, Ctrl-C, a full disk, and one real run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod animate;
mod bad_inputs;
mod bench;
mod deviation;
mod edit;
mod help;
mod import;
mod made;
mod models;
mod outputs;
mod published;
mod real_run;
mod retrieve;
mod stage;
mod weights;

/// Writes files as torch does; the tests of `orator-pickle` use the rest of it.
#[allow(dead_code)]
#[path = "../../../pickle/tests/writer/mod.rs"]
mod writer;
