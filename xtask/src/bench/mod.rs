//! `cargo xtask bench`: how long `orator generate` takes, step by step, and how much memory; with `--stage`, how fast
//! synthetic presenters are rendered.

mod machine;
mod sound;
mod stage;
mod watch;

use std::path::{Path, PathBuf};
use std::process::Command;

use orator_assets::Asset;
use serde_json::{Value, json};

use crate::error::ChoreError;
use crate::{commands, demo, setup, workspace};

/// Seconds of the ordinary and of the long recording.
const SHORT_SECONDS: u32 = 10;
const LONG_SECONDS: u32 = 300;
/// Peak memory may grow by so much from the short to the long recording: frames are streamed, never collected.
const ALLOWED_GROWTH_MB: f64 = 200.0;

/// What `bench` may be asked for.
#[derive(clap::Args)]
pub struct Options {
    /// Measure a recording of five minutes too, for its peak memory.
    #[arg(long)]
    long: bool,
    /// Measure `orator stage render` instead: frames a second, minutes of corpus per core-hour, bytes per minute.
    #[arg(long, conflicts_with_all = ["long", "size", "arguments"])]
    stage: bool,
    /// Side of the video in pixels.
    #[arg(long, default_value_t = 256)]
    size: u32,
    /// Do not write a file into benches/runs.
    #[arg(long)]
    dry: bool,
    /// Further arguments for `orator generate`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds, measures, prints, and keeps the run.
pub fn run(options: Options) -> Result<(), ChoreError> {
    setup::ensure()?;
    let root = workspace::root()?;
    commands::wait(commands::cargo(&["build", "--release", "--package", "orator-cli"])?)?;
    let machine = machine::describe();
    let commit = commit(&root);
    println!("machine: {}", machine::line(&machine));
    println!("commit:  {commit}");

    let head = json!({ "date": machine::now(), "commit": commit, "machine": machine });
    let measured = if options.stage {
        let work = work_folder(&root)?;
        let measured = json!({ "stage": stage::measure(&program(&root), &work)? });
        remove(&work)?;
        measured
    } else {
        generating(&root, &options)?
    };
    if !options.dry {
        let name = format!("{}_{commit}.json", machine::now().replace(':', ""));
        let path = root.join("benches/runs").join(name);
        write(&path, &joined(head, measured))?;
        println!("kept in {}", path.strip_prefix(&root).unwrap_or(&path).display());
    }
    Ok(())
}

/// The fields of two objects in one.
fn joined(mut head: Value, measured: Value) -> Value {
    if let (Some(head), Value::Object(measured)) = (head.as_object_mut(), measured) {
        head.extend(measured);
    }
    head
}

/// Measures `orator generate` with recordings of the asked lengths.
fn generating(root: &Path, options: &Options) -> Result<Value, ChoreError> {
    let mut lengths = vec![SHORT_SECONDS];
    if options.long {
        lengths.push(LONG_SECONDS);
    }
    let mut measured = Vec::new();
    for seconds in lengths {
        let run = measure(root, &program(root), seconds, options)?;
        print(&run);
        measured.push(run);
    }
    if let [short, long] = measured.as_slice() {
        let growth = long.peak_mb - short.peak_mb;
        let verdict = if growth <= ALLOWED_GROWTH_MB { "within" } else { "MORE THAN" };
        println!(
            "peak memory grows by {growth:.0} MB from {SHORT_SECONDS} s to {LONG_SECONDS} s: {verdict} {ALLOWED_GROWTH_MB} MB"
        );
    }
    let runs: Vec<Value> = measured.iter().map(Measured::to_json).collect();
    Ok(json!({ "size": options.size, "arguments": options.arguments, "runs": runs }))
}

/// One measured `orator generate`.
struct Measured {
    seconds_of_speech: u32,
    wall_seconds: f64,
    peak_mb: f64,
    stages: Vec<(String, f64)>,
    events: Vec<Value>,
}

impl Measured {
    fn to_json(&self) -> Value {
        let stages: Vec<Value> =
            self.stages.iter().map(|(name, seconds)| json!({ "name": name, "seconds": seconds })).collect();
        json!({ "seconds_of_speech": self.seconds_of_speech, "wall_seconds": self.wall_seconds,
            "peak_mb": self.peak_mb, "stages": stages, "events": self.events })
    }
}

fn measure(root: &Path, program: &Path, seconds: u32, options: &Options) -> Result<Measured, ChoreError> {
    let work = work_folder(root)?;
    let speech = work.join(format!("speech_{seconds}s.wav"));
    sound::write_looped(&orator_assets::locate(Asset::DemoSpeech)?, seconds, &speech)?;
    let out = work.join(format!("video_{seconds}s.mp4"));
    let mut command = Command::new(program);
    command.current_dir(root).args(["generate", "--json", "--image", demo::PICTURE, "--audio"]).arg(&speech);
    command
        .arg("--out")
        .arg(&out)
        .args(["--size", &options.size.to_string(), "--seed", "0"])
        .args(&options.arguments);
    let watched = watch::run(command)?;
    remove(&work)?;
    let events: Vec<Value> =
        watched.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(is_kept).collect();
    Ok(Measured {
        seconds_of_speech: seconds,
        wall_seconds: watched.wall_seconds,
        peak_mb: watched.peak_mb,
        stages: events.iter().filter_map(stage).collect(),
        events,
    })
}

/// Inside target, so that a run leaves nothing in the tree; a folder per process, so that two may run.
fn work_folder(root: &Path) -> Result<PathBuf, ChoreError> {
    let work = root.join("target/bench").join(std::process::id().to_string());
    std::fs::create_dir_all(&work).map_err(ChoreError::file("make the folder", &work))?;
    Ok(work)
}

fn remove(folder: &Path) -> Result<(), ChoreError> {
    std::fs::remove_dir_all(folder).map_err(ChoreError::file("delete", folder))
}

/// The built program; cargo's target folder may lie elsewhere.
fn program(root: &Path) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
    target.join("release/orator")
}

/// Progress events come by the hundred and say nothing afterwards; written files are named by a path of this machine.
fn is_kept(event: &Value) -> bool {
    !matches!(event.get("event").and_then(Value::as_str), Some("progress" | "wrote"))
}

/// Name and seconds of a stage that ended: `{"event":"stage","name":"render","seconds":3.2}`.
fn stage(event: &Value) -> Option<(String, f64)> {
    let name = event.get("name").or_else(|| event.get("stage"))?.as_str()?;
    Some((name.to_owned(), event.get("seconds")?.as_f64()?))
}

fn print(run: &Measured) {
    let speech = f64::from(run.seconds_of_speech);
    println!(
        "\n{speech:.0} s of speech: {:.2} s ({:.2} s per second of video), peak memory {:.0} MB",
        run.wall_seconds,
        run.wall_seconds / speech,
        run.peak_mb
    );
    for (name, seconds) in &run.stages {
        println!("  {name:<24} {seconds:>8.2} s");
    }
    let known: f64 = run.stages.iter().map(|(_, seconds)| seconds).sum();
    println!("  {:<24} {:>8.2} s", "start, load, the rest", (run.wall_seconds - known).max(0.0));
}

/// The commit that was measured, with a mark where the tree differs from it.
fn commit(root: &Path) -> String {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(root);
        commands::output(command).map(|text| text.trim().to_owned())
    };
    let hash = git(&["rev-parse", "--short=10", "HEAD"]).unwrap_or_else(|_| "unknown".to_owned());
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_ok_and(|text| !text.is_empty());
    if changed { format!("{hash}-changed") } else { hash }
}

fn write(path: &Path, record: &Value) -> Result<(), ChoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(ChoreError::file("make the folder", folder))?;
    let partial = path.with_extension("json.partial");
    let text = format!("{record:#}\n");
    std::fs::write(&partial, text).map_err(ChoreError::file("write", &partial))?;
    std::fs::rename(&partial, path).map_err(ChoreError::file("put in place", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that behaves like `orator generate --json`, as far as the measuring goes.
    #[cfg(unix)]
    #[test]
    fn a_run_is_measured_by_its_events() {
        use std::os::unix::fs::PermissionsExt;
        if let Err(error) = orator_assets::locate(Asset::DemoSpeech) {
            eprintln!("skipped: {error}");
            return;
        }
        let root = tempfile::tempdir().unwrap();
        let program = root.path().join("orator");
        let script = "#!/bin/sh\necho '{\"event\":\"progress\",\"done\":1}'\n\
            echo '{\"event\":\"stage\",\"name\":\"render\",\"seconds\":3.5}'\necho not json\n";
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let options = Options { long: false, stage: false, size: 256, dry: true, arguments: Vec::new() };
        let run = measure(root.path(), &program, 10, &options).unwrap();
        assert_eq!(run.stages, [("render".to_owned(), 3.5)]);
        assert_eq!(run.events.len(), 1);
    }

    #[test]
    fn stages_are_read_from_either_field() {
        let event = json!({"event": "stage", "name": "render", "seconds": 3.5});
        assert_eq!(stage(&event), Some(("render".to_owned(), 3.5)));
        let event = json!({"event": "stage-end", "stage": "speech", "seconds": 1});
        assert_eq!(stage(&event), Some(("speech".to_owned(), 1.0)));
        assert_eq!(stage(&json!({"event": "stage", "name": "render"})), None);
    }
}
