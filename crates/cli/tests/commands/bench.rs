//! A place to run commands in, and what is looked at afterwards.

use crate::weights;
use assert_cmd::Command;
use orator_assets::Asset;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder of its own for one test.
pub struct Bench {
    folder: TempDir,
}

/// What a command did.
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Bench {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file there.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Names of all files there.
    pub fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }

    /// The program, working in the folder, with weights that were never trained.
    pub fn orator(&self) -> Command {
        let mut command = Command::new(program());
        command.current_dir(self.folder.path()).env("ORATOR_MODELS", weights::folder());
        command
    }

    /// Runs `orator` with arguments parted by blanks.
    pub fn run(&self, arguments: &str) -> Outcome {
        outcome(self.orator().args(arguments.split_whitespace()))
    }
}

impl Outcome {
    /// The events on stdout; every line must be one.
    pub fn events(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// The first event of a kind.
    pub fn event(&self, kind: &str) -> Value {
        let found = self.events().into_iter().find(|event| event["event"] == kind);
        found.unwrap_or_else(|| panic!("no event {kind} in {}", self.stdout))
    }
}

pub fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_orator"))
}

pub fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().unwrap();
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Names of a folder's files, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Whether everything that `setup` brings is there; says so when not.
pub fn assets_are_there() -> bool {
    match Asset::ALL.into_iter().find_map(|asset| orator_assets::locate(asset).err()) {
        None => true,
        Some(error) => {
            eprintln!("skipped: {error}");
            false
        }
    }
}

/// A file of the checkout.
pub fn of_checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
