//! The subcommands, one file each, thin: they turn arguments into a library call and show what it tells.

pub mod animate;
pub mod doctor;
pub mod edit;
pub mod eval;
pub mod generate;
pub mod import;
pub mod inspect;
pub mod look;
pub mod models;
mod preparing;
pub mod retrieve;
pub mod stage;
pub mod train;
pub mod transfer;
