//! `cargo xtask demo`: from nothing to `demo.mp4`.

use std::path::PathBuf;

use orator_assets::Asset;

use crate::error::ChoreError;
use crate::{commands, setup, workspace};

/// The picture of the demo, in the repository.
pub const PICTURE: &str = "assets/presenter_man.png";

/// What `demo` may be asked for.
#[derive(clap::Args)]
pub struct Options {
    /// Where the video goes.
    #[arg(long, default_value = "demo.mp4")]
    out: PathBuf,
    /// Further arguments for `orator generate`, for example `--seed 7 --size 512`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Sets up where needed, builds the program, makes the video and says where it is.
pub fn run(options: Options) -> Result<(), ChoreError> {
    setup::ensure()?;
    let root = workspace::root()?;
    let out = std::path::absolute(root.join(&options.out)).map_err(ChoreError::file("find", &options.out))?;
    let speech = orator_assets::locate(Asset::DemoSpeech)?;
    let mut command =
        commands::cargo(&["run", "--release", "--package", "orator-cli", "--", "generate", "--image"])?;
    command.arg(PICTURE).arg("--audio").arg(speech).arg("--out").arg(&out).args(&options.arguments);
    commands::wait(command)?;
    eprintln!("\nThe video is {}", out.display());
    Ok(())
}
