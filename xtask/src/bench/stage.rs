//! `cargo xtask bench --stage`: how fast presenters are drawn and a corpus is rendered, and how large it is.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{remove, watch};
use crate::commands;
use crate::error::ChoreError;

/// The measured corpus: large enough for a steady figure, small enough for a minute on two cores.
const PEOPLE: u32 = 6;
const MINUTES: f64 = 0.5;
const SHARDS: u32 = 2;
const SIZE: u32 = 256;
/// Draws presenters without encoding them (`crates/stage/examples/frame_time.rs`).
const FRAME_TIME: &str = "frame_time";

/// Builds and measures; gives what is kept of it.
pub fn measure(program: &Path, work: &Path) -> Result<Value, ChoreError> {
    let example = program.with_file_name("examples").join(FRAME_TIME);
    let build = ["build", "--release", "--package", "orator-stage", "--example", FRAME_TIME];
    commands::wait(commands::cargo(&build)?)?;
    let drawn = watch::run(Command::new(&example))?;
    let frames: Vec<Value> =
        drawn.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let corpus = work.join("corpus");
    let mut command = Command::new(program);
    command.args(["stage", "render", "--json", "--seed", "0", "--out"]).arg(&corpus).args([
        "--people",
        &PEOPLE.to_string(),
        "--minutes",
        &MINUTES.to_string(),
        "--shards",
        &SHARDS.to_string(),
        "--size",
        &SIZE.to_string(),
    ]);
    let rendered = watch::run(command)?;
    remove(&corpus)?;
    let measured = json!({ "frames": frames, "render": rendering(&rendered)? });
    print(&measured);
    Ok(measured)
}

/// What the run of `orator stage render` says about its speed and size.
fn rendering(watched: &watch::Watched) -> Result<Value, ChoreError> {
    let missing = |what: &str| ChoreError::Unexpected {
        what: "what `orator stage render` printed".into(),
        detail: format!("there is no {what}"),
    };
    let totals = watched
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|event| event["event"] == "corpus")
        .map(|event| event["totals"].clone())
        .ok_or_else(|| missing("event `corpus`"))?;
    let number = |name: &str| totals[name].as_f64().filter(|n| *n > 0.0).ok_or_else(|| missing(name));
    let minutes = number("milliseconds")? / 60_000.0;
    Ok(json!({
        "people": PEOPLE, "minutes_asked": MINUTES, "shards": SHARDS, "size": SIZE,
        "clips": totals["clips"], "minutes_of_corpus": minutes, "bytes": totals["bytes"],
        "wall_seconds": watched.wall_seconds, "cpu_seconds": watched.cpu_seconds, "peak_mb": watched.peak_mb,
        "minutes_per_core_hour": minutes * 3600.0 / watched.cpu_seconds.max(f64::MIN_POSITIVE),
        "bytes_per_minute": number("bytes")? / minutes,
    }))
}

fn print(measured: &Value) {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    for frames in measured["frames"].as_array().into_iter().flatten() {
        println!(
            "\npresenters at {0} × {0}: {1:.1} ms a frame on one thread, {2:.1} frames a second on {3} threads",
            frames["size"],
            number(&frames["milliseconds_on_one_thread"]),
            number(&frames["frames_per_second"]),
            frames["threads"]
        );
        for stage in frames["stages"].as_array().into_iter().flatten() {
            let name = stage["name"].as_str().unwrap_or_default();
            println!("  {name:<24} {:>8.2} ms", number(&stage["milliseconds"]));
        }
    }
    let render = &measured["render"];
    println!(
        "\n{:.2} minutes of corpus at {SIZE} × {SIZE}: {:.1} s, of which {:.1} s on a core; peak memory {:.0} MB\n  \
         {:.1} minutes of corpus per core-hour, {:.2} MB per minute",
        number(&render["minutes_of_corpus"]),
        number(&render["wall_seconds"]),
        number(&render["cpu_seconds"]),
        number(&render["peak_mb"]),
        number(&render["minutes_per_core_hour"]),
        number(&render["bytes_per_minute"]) / 1e6,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_and_size_follow_from_the_totals_and_the_time_on_cores() {
        let stdout = "{\"event\":\"progress\",\"done\":1}\n\
            {\"event\":\"corpus\",\"totals\":{\"clips\":3,\"milliseconds\":30000,\"bytes\":4000000}}\n"
            .to_owned();
        let watched = watch::Watched { stdout, wall_seconds: 20.0, cpu_seconds: 36.0, peak_mb: 300.0 };
        let told = rendering(&watched).unwrap();
        assert_eq!(told["minutes_per_core_hour"], 50.0);
        assert_eq!(told["bytes_per_minute"], 8_000_000.0);
        let silent = watch::Watched { stdout: String::new(), ..watched };
        assert!(rendering(&silent).is_err());
    }
}
