//! Outputs that cannot be written, a full disk, Ctrl-C in the middle, a reader that goes away.

use crate::bench::{Bench, assets_are_there, of_checkout, outcome, program};
use crate::{made, weights};
use assert_cmd::Command;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

fn with_inputs(seconds: f32) -> Bench {
    let bench = Bench::new();
    fs::copy(of_checkout("assets/presenter_man.png"), bench.path("photo.png")).unwrap();
    bench.file("speech.wav", &made::wav(seconds));
    bench
}

#[test]
fn places_that_cannot_be_written_to() {
    let bench = with_inputs(1.0);
    let before = bench.names();
    // Below a file, in no folder, where not even root may write; and a folder of that name.
    for out in ["speech.wav/out.mp4", "missing/out.mp4", "/proc/out.mp4", "/dev/null/out.mp4"] {
        let outcome = bench.run(&format!("generate --image photo.png --audio speech.wav --out {out}"));
        assert_eq!(outcome.code, 5, "{out}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(out), "{}", outcome.stderr);
        assert_eq!(bench.names(), before);
    }
    fs::create_dir(bench.path("folder.mp4")).unwrap();
    let outcome = bench.run("generate --image photo.png --audio speech.wav --out folder.mp4");
    assert_eq!(outcome.code, 5, "{}", outcome.stderr);
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let bench = with_inputs(1.0);
    fs::create_dir(bench.path("locked")).unwrap();
    fs::set_permissions(bench.path("locked"), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(bench.path("locked/probe"), "").is_ok() {
        eprintln!("skipped: this user may write everywhere");
        return;
    }
    let outcome = bench.run("generate --image photo.png --audio speech.wav --out locked/out.mp4");
    assert_eq!(outcome.code, 5, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("help: "), "{}", outcome.stderr);
}

#[test]
fn inputs_are_not_overwritten() {
    let bench = with_inputs(1.0);
    fs::rename(bench.path("speech.wav"), bench.path("speech.mp4")).unwrap();
    let before = fs::read(bench.path("speech.mp4")).unwrap();
    let outcome = bench.run("generate --image photo.png --audio speech.mp4 --out ./speech.mp4");
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    assert_eq!(fs::read(bench.path("speech.mp4")).unwrap(), before);
}

/// A limit on the size of files stands for the full disk: writing fails in the middle of the video.
#[cfg(unix)]
#[test]
fn a_full_disk() {
    if !assets_are_there() {
        return;
    }
    let bench = with_inputs(2.0);
    let before = bench.names();
    let mut shell = Command::new("sh");
    shell
        .current_dir(bench.path(""))
        .env("ORATOR_MODELS", weights::folder())
        .args(["-c", r#"trap "" XFSZ; ulimit -f 16 || exit 99; exec "$0" "$@""#])
        .arg(program())
        .args("generate --image photo.png --audio speech.wav --out out.mp4".split(' '));
    let outcome = outcome(&mut shell);
    if outcome.code == 99 {
        eprintln!("skipped: the shell cannot limit the size of files");
        return;
    }
    assert_eq!(outcome.code, 5, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("out.mp4: ") && outcome.stderr.contains("help: "), "{}", outcome.stderr);
    assert_eq!(bench.names(), before);
}

/// Starts a long run, waits until it renders, and sends a signal.
#[cfg(unix)]
#[test]
fn ctrl_c_in_the_middle() {
    if !assets_are_there() {
        return;
    }
    let bench = with_inputs(30.0);
    let before = bench.names();
    let mut child = std::process::Command::new(program())
        .current_dir(bench.path(""))
        .env("ORATOR_MODELS", weights::folder())
        .args("generate --json --image photo.png --audio speech.wav --out out.mp4".split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let rendering = |line: &String| line.contains(r#""progress","name":"render""#);
    assert!(lines.by_ref().any(|line| rendering(&line.unwrap())), "it never began to render");
    assert!(bench.names().iter().any(|name| name.contains("partial")), "{:?}", bench.names());
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let status = child.wait().unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("stopped"), "{stderr}");
    assert_eq!(bench.names(), before);
}

/// `orator … --json | head -1`: it ends instead of working on for nobody.
#[cfg(unix)]
#[test]
fn a_reader_that_goes_away() {
    if !assets_are_there() {
        return;
    }
    let bench = with_inputs(2.0);
    let before = bench.names();
    let mut child = std::process::Command::new(program())
        .current_dir(bench.path(""))
        .env("ORATOR_MODELS", weights::folder())
        .args("generate --json --image photo.png --audio speech.wav --out out.mp4".split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(141));
    assert_eq!(bench.names(), before);
}
