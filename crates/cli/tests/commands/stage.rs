//! Staging presenters: what cannot be carried out is refused, and nothing is left behind.

use crate::bench::{Bench, Outcome, names, outcome, program};
use crate::made;
use assert_cmd::Command;
use std::fs;

#[test]
fn impossible_settings_are_refused() {
    let bench = Bench::new();
    for (arguments, code) in [
        ("stage render --minutes 0 --out corpus", 2),
        ("stage render --minutes 1 --people 0 --out corpus", 2),
        ("stage render --minutes 1 --size 77 --out corpus", 2),
        ("stage render --minutes 1 --shard 4/4 --out corpus", 2),
        ("stage render --minutes 1 --shard half --out corpus", 2),
        ("stage render --minutes 1 --shards 0 --out corpus", 2),
        ("stage render --minutes 1 --compression 1.5 --out corpus", 2),
        ("stage render --minutes 1 --speech nowhere --out corpus", 3),
    ] {
        let outcome = bench.run(arguments);
        assert_eq!(outcome.code, code, "{arguments}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("help: "), "{arguments}: {}", outcome.stderr);
        assert!(bench.names().is_empty(), "{arguments} left {:?}", bench.names());
    }
}

#[test]
fn sentences_are_printed_and_repeatable() {
    let bench = Bench::new();
    let outcome = bench.run("stage sentences --seed 4 --count 7");
    assert_eq!((outcome.code, outcome.stdout.lines().count()), (0, 7), "{}", outcome.stderr);
    assert_eq!(outcome.stdout, bench.run("stage sentences --seed 4 --count 7").stdout);
}

/// Two clips of one person who says "no", small and quickly made.
pub const RENDER: &str =
    "stage render --people 1 --minutes 0.08 --clip-seconds 2 --size 64 --speech speech --out";

pub fn with_speech() -> Bench {
    let bench = Bench::new();
    fs::create_dir(bench.path("speech")).unwrap();
    bench.file("speech/no.wav", &made::wav(2.0));
    let times = r#"{"text":"No.","words":[{"text":"no","start":0.4,"end":0.8,"stress":0.6}],"phones":[],"duration":2.0}"#;
    bench.file("speech/no.json", times.as_bytes());
    bench
}

/// Runs [`RENDER`] where no file may grow beyond some blocks of 512 bytes; `before` says what happens then.
fn limited(bench: &Bench, before: &str, blocks: u64, out: &str) -> Outcome {
    let script = format!(r#"{before}; ulimit -c 0; ulimit -f {blocks} || exit 99; exec "$0" "$@""#);
    outcome(
        Command::new("sh")
            .current_dir(bench.path(""))
            .args(["-c", &script])
            .arg(program())
            .args(RENDER.split(' '))
            .arg(out),
    )
}

/// The limit lies below the size of a whole shard and above that of everything else, so that writing ends within the shard.
#[cfg(target_os = "linux")]
#[test]
fn neither_a_full_disk_nor_a_killed_run_leaves_a_whole_shard() {
    if let Err(error) = orator_assets::figure() {
        eprintln!("skipped: {error}");
        return;
    }
    let bench = with_speech();
    let whole = bench.run(&format!("{RENDER} whole"));
    assert_eq!(whole.code, 0, "{}", whole.stderr);
    let bytes = fs::read(bench.path("whole/shards/00000.tar")).unwrap();
    let blocks = bytes.len() as u64 * 3 / 4 / 512;

    // With the signal ignored the system refuses to write more, as on a full disk.
    let full = limited(&bench, "trap '' XFSZ", blocks, "full");
    if full.code == 99 {
        eprintln!("skipped: the shell cannot limit the size of files");
        return;
    }
    assert_eq!(full.code, 5, "{}", full.stderr);
    assert!(full.stderr.contains("00000.tar") && full.stderr.contains("help: "), "{}", full.stderr);
    assert!(names(&bench.path("full/shards")).is_empty(), "{:?}", names(&bench.path("full/shards")));

    // With the signal in force the run is killed in the middle of the shard; what it leaves is never taken.
    let killed = limited(&bench, ":", blocks, "killed");
    assert!(killed.code != 0 && killed.code != 5, "{}: {}", killed.code, killed.stderr);
    let left = names(&bench.path("killed/shards"));
    assert!(!left.iter().any(|name| name == "00000.json" || name == "00000.tar"), "{left:?}");
    let again = bench.run(&format!("{RENDER} killed"));
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(!again.stderr.contains("whole already"), "{}", again.stderr);
    assert!(
        fs::read(bench.path("killed/shards/00000.tar")).unwrap() == bytes,
        "other bytes after a killed run"
    );
    assert_eq!(names(&bench.path("killed/shards")), ["00000.json", "00000.tar"]);
}
