//! Whole commands, as people type them: help, every kind of bad input, Ctrl-C, a full disk, and one real run.

mod animate;
mod bad_inputs;
mod bench;
mod help;
mod made;
mod models;
mod outputs;
mod real_run;
mod weights;
