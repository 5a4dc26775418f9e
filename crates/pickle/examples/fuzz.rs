//! Reads checkpoints that are wrong on purpose, for as long as one likes.
//!
//!     cargo run --release -p orator-pickle --example fuzz -- --minutes 10 [--first N]
//!     cargo run --release -p orator-pickle --example fuzz -- --case N [--out FILE]
//!
//! Ends with status 1 at the first case that panics, takes too much memory or too long, or gives unsound arrays.

#[path = "../tests/fuzzing/mod.rs"]
mod fuzzing;

use fuzzing::{Outcome, counted::Counted, file, judge};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// Longest that a case may take; the largest are of a few hundred kilobytes. Generous, for machines with other work.
const LONGEST: Duration = Duration::from_secs(5);

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let number = |name: &str| value(name).and_then(|text| text.parse::<u64>().ok());
    let minutes = value("--minutes").and_then(|text| text.parse().ok()).unwrap_or(1.0);
    let first = number("--first").unwrap_or(0);
    if let Some(case) = number("--case") {
        let bytes = file(case);
        if let Some(path) = value("--out")
            && let Err(error) = std::fs::write(path, &bytes)
        {
            eprintln!("{path}: {error}");
            return 2.into();
        }
        println!("case {case}, {} bytes: {:?}", bytes.len(), judge(&bytes));
        return 0.into();
    }
    let began = Instant::now();
    let mut outcomes: BTreeMap<Outcome, u64> = BTreeMap::new();
    let (mut most, mut longest) = ((0, 0), (Duration::ZERO, 0));
    let mut case = first;
    while began.elapsed().as_secs_f64() < minutes * 60.0 {
        let bytes = file(case);
        let start = Instant::now();
        let judged = judge(&bytes);
        let took = start.elapsed();
        let judged = if took > LONGEST { Err(format!("it takes {took:?}")) } else { judged };
        match judged {
            Ok((outcome, held)) => {
                *outcomes.entry(outcome).or_default() += 1;
                most = most.max((held, case));
                longest = longest.max((took, case));
            }
            Err(wrong) => {
                eprintln!("case {case}: {wrong}");
                return 1.into();
            }
        }
        case += 1;
    }
    println!("{} cases: {outcomes:?}", case - first);
    println!("most memory {} bytes (case {}), longest {:?} (case {})", most.0, most.1, longest.0, longest.1);
    0.into()
}
