//! Whole commands, as people type them: help, every kind of bad input, Ctrl-C, a full disk, and one real run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod animate;
mod bad_inputs;
mod bench;
mod edit;
mod help;
mod made;
mod models;
mod outputs;
mod real_run;
mod stage;
mod weights;
