//! `cargo xtask check`: everything that is checked besides the tests.

mod files;
mod floors;
mod licences;
mod metadata;
mod paths;
mod rooms;

use crate::commands;
use crate::error::ChoreError;
use crate::workspace;

/// What `check` may be asked for.
#[derive(clap::Args, Clone, Copy)]
pub struct Options {
    /// Only the checks that need no compiling.
    #[arg(long)]
    quick: bool,
}

/// A check and its outcome: lines that say what is wrong, none when all is well.
type Outcome = Result<Vec<String>, ChoreError>;

/// Runs all checks, to the end even when one fails.
pub fn run(options: Options) -> Result<(), ChoreError> {
    let metadata = metadata::read()?;
    let root = workspace::root()?;
    let mut report = Report::default();
    report.add("format", || cargo(&["fmt", "--all", "--check"], &[]));
    report.add("floors", || Ok(floors::check(&metadata)));
    report.add("licences", || Ok(licences::check(&metadata)));
    report.add("rooms", || rooms::check(&root, &metadata));
    report.add("files", || files::check(&root));
    report.add("paths", || paths::check(&root));
    if !options.quick {
        let clippy = ["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"];
        report.add("clippy", || cargo(&clippy, &[]));
        let doc = ["doc", "--release", "--workspace", "--no-deps"];
        report.add("docs", || cargo(&doc, &[("RUSTDOCFLAGS", "-D warnings")]));
    }
    report.end()
}

fn cargo(arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let mut command = commands::cargo(arguments)?;
    command.envs(variables.iter().copied());
    match commands::wait(command) {
        Ok(()) => Ok(Vec::new()),
        Err(ChoreError::Ended { command, status }) => Ok(vec![format!("`{command}` ended with {status}")]),
        Err(other) => Err(other),
    }
}

#[derive(Default)]
struct Report {
    total: usize,
    failed: Vec<&'static str>,
}

impl Report {
    fn add(&mut self, name: &'static str, check: impl FnOnce() -> Outcome) {
        self.total += 1;
        let wrong = check().unwrap_or_else(|error| {
            let hint = error.hint().map(|hint| format!(" (next step: {hint})")).unwrap_or_default();
            vec![format!("{error}{hint}")]
        });
        for line in &wrong {
            eprintln!("  {name}: {line}");
        }
        eprintln!("check {name}: {}", if wrong.is_empty() { "ok" } else { "FAILED" });
        if !wrong.is_empty() {
            self.failed.push(name);
        }
    }

    fn end(self) -> Result<(), ChoreError> {
        if self.failed.is_empty() {
            eprintln!("All {} checks passed.", self.total);
            return Ok(());
        }
        Err(ChoreError::Checks { failed: self.failed, total: self.total })
    }
}
