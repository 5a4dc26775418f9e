//! The orator command line.

mod arguments;
mod commands;
mod exit;
mod screen;
mod start;
mod stop;

use arguments::{Cli, Command};
use clap::Parser;
use screen::Screen;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.command.computes() {
        start::with_sleeping_threads();
        start::threads(cli.threads);
    }
    let mut screen = Screen::new(cli.json, cli.quiet, cli.verbose);
    if let Err(failure) = start::remove_files_on_interrupt() {
        return screen.fail(&failure);
    }
    let outcome = match &cli.command {
        Command::Generate(arguments) => commands::generate::run(arguments, &mut screen),
        Command::Animate(arguments) => commands::animate::run(arguments, &mut screen),
        Command::Edit(arguments) => commands::edit::run(arguments, &mut screen),
        Command::Transfer(arguments) => commands::transfer::run(arguments, &mut screen),
        Command::Inspect(arguments) => commands::inspect::run(arguments, &mut screen),
        Command::Train(arguments) => commands::train::run(arguments, &mut screen),
        Command::Eval(arguments) => commands::eval::run(arguments, &mut screen),
        Command::Retrieve(arguments) => commands::retrieve::run(arguments, &mut screen),
        Command::Stage(arguments) => commands::stage::run(arguments, &mut screen),
        Command::Import(arguments) => commands::import::run(arguments, &mut screen),
        Command::Models(arguments) => commands::models::run(arguments, &mut screen),
        Command::Doctor => commands::doctor::run(&mut screen),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => screen.fail(&failure),
    }
}
