//! The ordinary `pip download`, for one pinned file, with a progress bar.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use orator_assets::{Package, Selector};

use crate::error::ChoreError;
use crate::screen::Step;

/// How pip's run ended when it ended well enough to go on.
pub enum Outcome {
    /// pip stored this file (not yet verified by us).
    Stored(PathBuf),
    /// pip itself refused the file because of its hash, which was this.
    WrongHash(String),
}

/// Lets pip fetch a package's file into a folder of its own below `downloads`.
pub fn download(package: &Package, downloads: &Path) -> Result<Outcome, ChoreError> {
    let python = python()?;
    let work = work_folder(package, downloads);
    clean(package, downloads)?;
    // pip writes into TMPDIR while it fetches and moves the whole file to `stored`.
    let (growing, stored) = (work.join("growing"), work.join("stored"));
    for folder in [&growing, &stored] {
        std::fs::create_dir_all(folder).map_err(ChoreError::file("make the folder", folder))?;
    }
    let requirements = work.join("requirements.txt");
    let line = format!("{} --hash=sha256:{}\n", package.requirement(), package.archive.sha256);
    std::fs::write(&requirements, line).map_err(ChoreError::file("write", &requirements))?;
    let log = work.join("pip.log");
    let log_file = File::create(&log).map_err(ChoreError::file("write", &log))?;
    let log_again = log_file.try_clone().map_err(ChoreError::file("write", &log))?;

    let mut child = Command::new(python)
        .args(arguments(package, &requirements, &stored))
        .env("TMPDIR", &growing)
        // A source archive's build tools come through pip as well; this variable would forbid it.
        .env_remove("PIP_NO_BUILD_ISOLATION")
        .env("PIP_REQUIRE_VIRTUALENV", "0")
        .env("PYTHONUNBUFFERED", "1")
        .stdin(Stdio::null())
        .stdout(log_file)
        .stderr(log_again)
        .spawn()
        .map_err(|cause| ChoreError::Start { program: python.into(), cause })?;
    let step = Step::bytes(&format!("fetch {}", package.requirement()), package.archive.bytes);
    let status = loop {
        if let Some(status) = child.try_wait().map_err(ChoreError::file("wait for pip on", &log))? {
            break status;
        }
        let bytes = bytes_in(&growing) + bytes_in(&stored);
        step.reach(bytes);
        if bytes > package.archive.bytes && package.selector == Selector::Source {
            step.remark("(pip prepares it)");
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    let file = stored.join(package.archive.file);
    if status.success() && file.is_file() {
        step.done();
        return Ok(Outcome::Stored(file));
    }
    step.abandon();
    let said = std::fs::read_to_string(&log).unwrap_or_default();
    if let Some(found) = wrong_hash(&said) {
        return Ok(Outcome::WrongHash(found));
    }
    let (cause, remedy) = if status.success() {
        (
            "it stored another file",
            "set pip's options back to their defaults (`python3 -m pip config list` shows them)",
        )
    } else {
        explain(&said)
    };
    let log = tail(&said, 12);
    Err(ChoreError::Pip {
        package: package.requirement(),
        file: package.archive.file.into(),
        cause,
        remedy,
        log,
    })
}

/// Deletes what pip left beside the stored file.
pub fn clean(package: &Package, downloads: &Path) -> Result<(), ChoreError> {
    super::remove(&work_folder(package, downloads))
}

fn work_folder(package: &Package, downloads: &Path) -> PathBuf {
    downloads.join(format!("{}-{}.partial", package.name, package.version))
}

/// pip's arguments: always the same file of the package, whatever Python is installed here. The hash is given to
/// pip too, so that it never runs a source archive's build script before the archive was verified.
fn arguments(package: &Package, requirements: &Path, stored: &Path) -> Vec<std::ffi::OsString> {
    let mut arguments: Vec<std::ffi::OsString> = [
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        "download",
        "--no-deps",
        "--no-cache-dir",
        "--progress-bar=off",
    ]
    .iter()
    .map(Into::into)
    .collect();
    match package.selector {
        Selector::Wheel { platform } => {
            let wheel = [
                "--only-binary=:all:",
                "--implementation=cp",
                "--python-version=3.11",
                "--platform",
                platform,
            ];
            arguments.extend(wheel.iter().map(Into::into));
        }
        Selector::Source => arguments.extend(["--no-binary".into(), package.name.into()]),
    }
    arguments.extend(["--dest".into(), stored.into(), "--requirement".into(), requirements.into()]);
    arguments
}

/// The Python whose pip works, asked once.
fn python() -> Result<&'static str, ChoreError> {
    static PYTHON: OnceLock<Result<&'static str, String>> = OnceLock::new();
    let found = PYTHON.get_or_init(|| {
        let mut complaints = Vec::new();
        for python in ["python3", "python"] {
            match Command::new(python).args(["-m", "pip", "--version"]).stdin(Stdio::null()).output() {
                Ok(output) if output.status.success() => return Ok(python),
                Ok(output) => {
                    complaints.push(format!("{python}: {}", String::from_utf8_lossy(&output.stderr).trim()));
                }
                Err(cause) => complaints.push(format!("{python}: {cause}")),
            }
        }
        Err(complaints.join("; "))
    });
    found.clone().map_err(|detail| ChoreError::NoPip { detail })
}

/// The hash that pip found where it refuses a file.
fn wrong_hash(said: &str) -> Option<String> {
    if !said.contains("DO NOT MATCH THE HASHES") {
        return None;
    }
    let found = said.lines().find_map(|line| line.trim().strip_prefix("Got "));
    Some(found.map_or_else(|| "unknown".to_owned(), |hash| hash.trim().to_owned()))
}

/// Cause and remedy, from what pip says.
fn explain(said: &str) -> (&'static str, &'static str) {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["No space left on device", "Disk quota exceeded"]) {
        (
            "the disk is full",
            "free some room, or set ORATOR_HOME to a folder on a larger disk, then run this again",
        )
    } else if says(&["CERTIFICATE_VERIFY_FAILED", "SSLError"]) {
        (
            "the package index's certificate was not accepted",
            "set pip's certificate store (`PIP_CERT`, or `pip config set global.cert FILE`), then run this again",
        )
    } else if says(&[
        "NewConnectionError",
        "Temporary failure in name resolution",
        "Network is unreachable",
        "Connection refused",
        "Connection aborted",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "Read timed out",
        "ProxyError",
        "IncompleteRead",
        "ProtocolError",
    ]) {
        (
            "the package index cannot be reached",
            "check the network (and `HTTPS_PROXY`), then run this again: what is already fetched is kept",
        )
    } else if says(&["No matching distribution found", "Could not find a version"]) {
        (
            "the package index that pip uses does not offer it, or cannot be reached",
            "check the network and pip's index settings (`python3 -m pip config list`); pip must be 20.3 or newer",
        )
    } else if says(&["metadata-generation-failed", "BackendUnavailable", "Failed to build"]) {
        (
            "its build tools did not run",
            "update pip (`python3 -m pip install --upgrade pip`, in a virtual environment where the system's pip \
             is locked), then run this again",
        )
    } else {
        (
            "pip ended with an error",
            "read pip's message above, then run this again: what is already fetched is kept",
        )
    }
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..]
        .iter()
        .map(|line| format!("    | {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The bytes of all files below a folder; what vanishes meanwhile counts nothing.
fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => bytes_in(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use orator_assets::catalogue;

    use super::*;

    #[test]
    fn every_failure_has_its_remedy() {
        for (said, cause) in [
            ("OSError: [Errno 28] No space left on device", "disk is full"),
            ("Failed to establish a new connection: NewConnectionError", "cannot be reached"),
            ("ERROR: No matching distribution found for torch==2.11.0", "does not offer it"),
            ("BackendUnavailable: Traceback", "build tools"),
            ("something new", "ended with an error"),
        ] {
            assert!(explain(said).0.contains(cause), "{said}");
        }
    }

    #[test]
    fn a_refused_hash_is_read() {
        let said = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n  Expected sha256 aa\n       Got        bb\n";
        assert_eq!(wrong_hash(said).as_deref(), Some("bb"));
        assert_eq!(wrong_hash("fine"), None);
    }

    #[test]
    fn wheels_are_always_those_of_python_3_11_and_never_built() {
        for package in catalogue().iter().flat_map(|bundle| bundle.packages) {
            let told = arguments(package, Path::new("r"), Path::new("s"));
            let has = |word: &str| told.iter().any(|argument| argument == word);
            assert!(has("--no-deps") && has("download"));
            assert_eq!(
                has("--python-version=3.11"),
                package.selector != Selector::Source,
                "{}",
                package.name
            );
        }
    }
}
