//! The chores of the repository: `cargo xtask setup|demo|test|check|bench`.
//!
//! Depends on nothing that needs libtorch, because `setup` is what brings libtorch.

mod bench;
mod check;
mod commands;
mod demo;
mod error;
mod screen;
mod setup;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::ChoreError;

/// The chores of the repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Fetch libtorch, the models and the demo speech into the cache, once for all checkouts.
    Setup(setup::Options),
    /// Make `demo.mp4` from the demo picture and the demo speech; sets up first where needed.
    Demo(demo::Options),
    /// Run all tests; sets up first where needed. Further arguments go to `cargo test`.
    Test {
        /// Arguments for `cargo test`, for example `-p orator-media` or `-- --nocapture`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Format, clippy with warnings as errors, docs, licences, floors, house rules.
    Check(check::Options),
    /// Measure `orator generate` (seconds by stage, peak memory) or, with --stage, `orator stage render`. Writes a run into benches/runs.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    match run(Arguments::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error}");
            if let Some(hint) = error.hint() {
                eprintln!("  next step: {hint}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> Result<(), ChoreError> {
    match chore {
        Chore::Setup(options) => setup::run(options),
        Chore::Demo(options) => demo::run(options),
        Chore::Test { arguments } => {
            setup::ensure()?;
            commands::run(&commands::cargo_test(&arguments))
        }
        Chore::Check(options) => check::run(options),
        Chore::Bench(options) => bench::run(options),
    }
}
