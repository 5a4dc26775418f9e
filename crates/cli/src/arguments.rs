//! The command line's grammar.

use crate::commands;
use crate::exit;
use clap::{Parser, Subcommand};
use std::num::NonZeroUsize;

/// One photo of a speaker and a speech recording in, a video of that person talking and gesturing out.
#[derive(Parser)]
#[command(name = "orator", version, after_help = exit::HELP, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Print one JSON object per event on stdout
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
    /// Print nothing but errors
    #[arg(long, short, global = true, help_heading = "Everywhere")]
    pub quiet: bool,
    /// Print more: every stage, however short
    #[arg(long, short, global = true, help_heading = "Everywhere")]
    pub verbose: bool,
    /// Use this many threads [default: one for each core]
    #[arg(long, global = true, value_name = "N", help_heading = "Everywhere")]
    pub threads: Option<NonZeroUsize>,
}

/// The subcommands, one file each.
#[derive(Subcommand)]
pub enum Command {
    /// Make a video of the person in a photo speaking a recording
    Generate(commands::generate::Arguments),
    /// Make a video of the person in a photo moving as somebody in a video does
    Animate(commands::animate::Arguments),
    /// Make a part of a video anew: another take, another style, or other words
    Edit(commands::edit::Arguments),
    /// Move the person in a photo in another's way: a speaker's style, or a video's motion
    Transfer(commands::transfer::Arguments),
    /// Show what is found in a picture or video, and which square would be used
    Inspect(commands::inspect::Arguments),
    /// Train a system
    Train(commands::train::Arguments),
    /// Measure models on clips that they did not learn from
    Eval(commands::eval::Arguments),
    /// Find gestures that fit a recording, or recordings that fit a gesture
    Retrieve(commands::retrieve::Arguments),
    /// Stage synthetic presenters: people, speech and gestures whose truth is known
    Stage(commands::stage::Arguments),
    /// Turn a published checkpoint of others into weights of this program
    Import(commands::import::Arguments),
    /// List, show or verify the weights that are there
    Models(commands::models::Arguments),
    /// Check that everything that is needed is there
    Doctor,
}

impl Command {
    /// Whether it does long arithmetic, for which the program is set up differently.
    pub fn computes(&self) -> bool {
        match self {
            Self::Generate(_)
            | Self::Animate(_)
            | Self::Edit(_)
            | Self::Transfer(_)
            | Self::Inspect(_)
            | Self::Train(_)
            | Self::Eval(_)
            | Self::Retrieve(_)
            | Self::Stage(_) => true,
            Self::Import(_) | Self::Models(_) | Self::Doctor => false,
        }
    }
}
