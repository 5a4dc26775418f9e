//! Prints how long the stages of speech analysis take, and the process's peak memory (Linux).
//!
//! `cargo run --release -p orator-speech --example speech_timing [seconds ...]`

use orator_speech::{SpeechEncoder, WakeHubert, low_level};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let asked: Vec<usize> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let start = Instant::now();
    let mut encoder = WakeHubert::load()?;
    println!("load: {:.3} s", start.elapsed().as_secs_f64());
    for seconds in if asked.is_empty() { vec![10, 300] } else { asked } {
        let frames = seconds * 25;
        let sound = sound(seconds * 16_000, 16_000.0);
        let start = Instant::now();
        let rows = encoder.encode(&sound, frames, &mut |_| ())?;
        let encoded = start.elapsed().as_secs_f64();
        drop((rows, sound));
        let sound = self::sound(seconds * 12_800, 12_800.0);
        let mut marks = Vec::new();
        let start = Instant::now();
        let rows =
            low_level::features_with_progress(&sound, &mut |_| marks.push(start.elapsed().as_secs_f64()));
        let of = |stage: usize| marks[stage] - if stage == 0 { 0.0 } else { marks[stage - 1] };
        println!(
            "{seconds} s of sound: encoder {encoded:.3} s ({:.0} x real time), mel {:.3} s, MFCC and onsets \
             {:.3} s, chroma {:.3} s, tempo and beats {:.3} s; {} rows; peak memory {}",
            seconds as f64 / encoded,
            of(0),
            of(1),
            of(2),
            of(3),
            rows.nrows(),
            peak_memory()
        );
    }
    Ok(())
}

/// A chirping tone in syllables.
fn sound(samples: usize, rate: f32) -> Vec<f32> {
    (0..samples)
        .map(|n| {
            let time = (n % (rate as usize * 8)) as f32 / rate;
            (time * 13.0).sin().max(0.0) * 0.3 * (time * 900.0 + (time * 3.0).sin() * 40.0).sin()
        })
        .collect()
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.map_or("unknown".into(), |line| line.trim_start_matches("VmHWM:").trim().to_owned())
}
