//! `orator import`: published checkpoints of predecessors as weight files of this project.

use crate::exit::Failure;
use crate::screen::Screen;
use clap::{Args, ValueEnum};
use orator_studio::{ImportReport, ImportRequest, Published, TensorCount, import};
use serde::Serialize;
use std::path::PathBuf;

const ABOUT_FILES: &str = "\
The checkpoint is read as data: nothing in it is executed, and a file that asks for it is refused.
Files of torch.save (.pt, .pth, .tar, .ckpt) and .safetensors with the published names are read.";

/// Arguments of `orator import`.
#[derive(Args)]
#[command(after_help = ABOUT_FILES)]
pub struct Arguments {
    /// Whose checkpoint it is
    #[arg(value_enum, value_name = "WHOSE")]
    published: PublishedName,
    /// The checkpoint
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// The weight file
    #[arg(long, value_name = "FILE.safetensors")]
    out: PathBuf,
}

/// The command line's names for [`Published`].
#[derive(Clone, Copy, ValueEnum)]
enum PublishedName {
    /// The TPS motion model (picture networks), with or without S2G's refiner
    Tps,
    /// MoMask: its tokenizer, mask transformer or residual transformer
    Momask,
    /// S2G-MDDiffusion: the denoiser of its second stage
    S2g,
    /// Latent deviation: the networks of its first stage
    Deviation,
}

impl From<PublishedName> for Published {
    fn from(name: PublishedName) -> Self {
        match name {
            PublishedName::Tps => Self::Tps,
            PublishedName::Momask => Self::Momask,
            PublishedName::S2g => Self::S2g,
            PublishedName::Deviation => Self::Deviation,
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "event", rename = "imported")]
struct Imported<'a> {
    #[serde(flatten)]
    report: &'a ImportReport,
}

/// Carries it out.
pub fn run(arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    let request = ImportRequest {
        published: arguments.published.into(),
        path: arguments.path.clone(),
        out: arguments.out.clone(),
    };
    let report = import(&request, &mut |event| screen.event(&event))?;
    screen.json(&Imported { report: &report });
    screen.say(&format!("{}: {}", report.out.display(), report.kind));
    tell("", &report.modules, screen);
    if !report.left_out.is_empty() {
        screen.say("  left out:");
        tell("  ", &report.left_out, screen);
    }
    Ok(())
}

fn tell(indent: &str, counts: &std::collections::BTreeMap<String, TensorCount>, screen: &Screen) {
    for (name, count) in counts {
        screen
            .say(&format!("  {indent}{name:<34} {:>4} tensors {:>12} numbers", count.tensors, count.numbers));
    }
}
