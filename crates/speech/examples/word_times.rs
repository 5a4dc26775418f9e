//! Prints what is heard on the five LibriVox clips and how far the word times lie from those that come with the clips
//! (PocketSphinx's forced alignment); with arguments: the words of those recordings.
//!
//! `cargo run --release -p orator-speech --example word_times [recording ...]`

use orator_speech::{WordFinder, Words};
use std::path::{Path, PathBuf};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let finder = WordFinder::load()?;
    println!("load: {:.2} s", start.elapsed().as_secs_f64());
    let asked: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    for path in &asked {
        let audio = orator_media::audio::read(path, &orator_media::Limits::default())?;
        let start = Instant::now();
        let found = finder.recognise(&audio)?;
        let took = start.elapsed().as_secs_f64();
        println!("{} ({:.1} s) in {took:.2} s: {}", path.display(), audio.duration_seconds(), found.text);
        for word in &found.words {
            println!("{:8.2} {:8.2} {:.2} {}", word.start, word.end, word.probability, word.text);
        }
    }
    if asked.is_empty() {
        librivox(&finder)?;
    }
    Ok(())
}

fn librivox(finder: &WordFinder) -> Result<(), Box<dyn std::error::Error>> {
    let (mut changes, mut said, mut seconds, mut hearing, mut aligning) = (0, 0, 0.0, 0.0, 0.0);
    let (mut recognised, mut forced) = (Errors::default(), Errors::default());
    for path in orator_assets::demo_speeches()? {
        let audio = orator_media::audio::read(&path, &orator_media::Limits::default())?;
        let truth = truth(&path)?;
        let start = Instant::now();
        let heard = finder.recognise(&audio)?;
        hearing += start.elapsed().as_secs_f64();
        let start = Instant::now();
        let text = std::fs::read_to_string(path.with_extension("txt"))?;
        let found = finder.align(&audio, &text)?;
        aligning += start.elapsed().as_secs_f64();
        seconds += audio.duration_seconds();
        println!("{}", heard.text);
        let pairs = pairs(&truth, &heard);
        changes += pairs.changes;
        said += truth.len();
        for (i, j) in pairs.equal {
            recognised.add(&truth[i], &heard, j);
        }
        for (i, word) in truth.iter().enumerate() {
            if i < found.words.len() {
                forced.add(word, &found, i);
            }
        }
        let line: Vec<String> = truth
            .iter()
            .zip(&found.words)
            .map(|(t, w)| format!("{} {:+.0}/{:+.0}", t.0, (w.start - t.1) * 1e3, (w.end - t.2) * 1e3))
            .collect();
        println!("    {}", line.join(", "));
    }
    println!("word error rate: {changes} of {said} = {:.1} %", 100.0 * changes as f64 / said as f64);
    println!("recognised: {recognised}");
    println!("text given: {forced}");
    println!(
        "for 10 s of speech: {:.2} s to recognise, {:.2} s with the text given",
        hearing / seconds * 10.0,
        aligning / seconds * 10.0
    );
    Ok(())
}

/// Absolute errors of starts and ends in seconds.
#[derive(Default)]
struct Errors {
    starts: Vec<f64>,
    ends: Vec<f64>,
}

impl Errors {
    fn add(&mut self, truth: &(String, f64, f64), found: &Words, index: usize) {
        self.starts.push((found.words[index].start - truth.1).abs());
        self.ends.push((found.words[index].end - truth.2).abs());
    }
}

impl std::fmt::Display for Errors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, values) in [("starts", &self.starts), ("ends", &self.ends)] {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let mean = sorted.iter().sum::<f64>() / sorted.len().max(1) as f64;
            let at = |share: f64| sorted.get((sorted.len() as f64 * share) as usize).copied().unwrap_or(0.0);
            write!(
                f,
                "{name} of {} words: mean {:.0} ms, median {:.0} ms, 90 % within {:.0} ms; ",
                sorted.len(),
                mean * 1e3,
                at(0.5) * 1e3,
                at(0.9) * 1e3
            )?;
        }
        Ok(())
    }
}

/// Word, start, end.
fn truth(path: &Path) -> Result<Vec<(String, f64, f64)>, Box<dyn std::error::Error>> {
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path.with_extension("json"))?)?;
    let words = json["w"].as_array().cloned().unwrap_or_default();
    Ok(words
        .iter()
        .filter_map(|word| {
            let text = word["t"].as_str()?.split('(').next()?.to_owned();
            let (begin, length) = (word["b"].as_f64()?, word["d"].as_f64()?);
            (!text.starts_with(['<', '['])).then_some((text, begin, begin + length))
        })
        .collect())
}

struct Pairs {
    /// Words put in, left out and exchanged.
    changes: usize,
    /// Numbers of equal words, true and heard.
    equal: Vec<(usize, usize)>,
}

/// The smallest number of changes between the true and the heard words. "Mr." counts as "mister".
fn pairs(truth: &[(String, f64, f64)], heard: &Words) -> Pairs {
    let heard: Vec<String> = heard
        .words
        .iter()
        .map(|word| word.text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase())
        .map(|word| if word == "mr" { "mister".into() } else { word })
        .collect();
    let mut costs = vec![vec![0usize; heard.len() + 1]; truth.len() + 1];
    for i in 0..=truth.len() {
        for j in 0..=heard.len() {
            costs[i][j] = match (i, j) {
                (0, _) => j,
                (_, 0) => i,
                _ => (costs[i - 1][j - 1] + usize::from(truth[i - 1].0 != heard[j - 1]))
                    .min(costs[i - 1][j] + 1)
                    .min(costs[i][j - 1] + 1),
            };
        }
    }
    let (mut i, mut j) = (truth.len(), heard.len());
    let mut equal = Vec::new();
    while i > 0 && j > 0 {
        let same = truth[i - 1].0 == heard[j - 1];
        if costs[i][j] == costs[i - 1][j - 1] + usize::from(!same) {
            if same {
                equal.push((i - 1, j - 1));
            }
            (i, j) = (i - 1, j - 1);
        } else if costs[i][j] == costs[i - 1][j] + 1 {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    Pairs { changes: costs[truth.len()][heard.len()], equal }
}
