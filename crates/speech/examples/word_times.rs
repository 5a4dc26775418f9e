//! Prints what is heard on the five LibriVox clips and how far the word times lie from those that come with the clips
//! (PocketSphinx's forced alignment); with a folder: the same for every 20th clip of a GRID corpus there
//! (`NAME.mp4`, `align/NAME.align`); with recordings: their words.
//!
//! `cargo run --release -p orator-speech --example word_times [folder or recording ...]`

use orator_media::Limits;
use orator_speech::{WordFinder, Words};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Of a corpus every so many clips are measured.
const EVERY: usize = 20;

/// Word, start, end.
type Said = (String, f64, f64);
/// Recordings with what is said in them.
type Clips = Vec<(PathBuf, Vec<Said>)>;

fn main() -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let finder = WordFinder::load()?;
    println!("load: {:.2} s", start.elapsed().as_secs_f64());
    let asked: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    for path in &asked {
        if path.is_dir() {
            measure(&finder, &grid(path)?)?;
            continue;
        }
        let audio = orator_media::audio::read(path, &Limits::default())?;
        let start = Instant::now();
        let found = finder.recognise(&audio)?;
        let took = start.elapsed().as_secs_f64();
        println!("{} ({:.1} s) in {took:.2} s: {}", path.display(), audio.duration_seconds(), found.text);
        for word in &found.words {
            println!("{:8.2} {:8.2} {:.2} {}", word.start, word.end, word.probability, word.text);
        }
    }
    if asked.is_empty() {
        let clips = orator_assets::demo_speeches()?.into_iter();
        let clips: Result<Clips, Box<dyn Error>> =
            clips.map(|path| Ok((path.clone(), librivox(&path)?))).collect();
        measure(&finder, &clips?)?;
    }
    Ok(())
}

fn measure(finder: &WordFinder, clips: &[(PathBuf, Vec<Said>)]) -> Result<(), Box<dyn Error>> {
    let (mut changes, mut said, mut seconds, mut hearing, mut aligning) = (0, 0, 0.0, 0.0, 0.0);
    let (mut recognised, mut forced) = (Errors::default(), Errors::default());
    for (path, truth) in clips {
        let audio = orator_media::audio::read(path, &Limits::default())?;
        let start = Instant::now();
        let heard = finder.recognise(&audio)?;
        hearing += start.elapsed().as_secs_f64();
        let start = Instant::now();
        let text: Vec<&str> = truth.iter().map(|word| word.0.as_str()).collect();
        let found = finder.align(&audio, &text.join(" "))?;
        aligning += start.elapsed().as_secs_f64();
        seconds += audio.duration_seconds();
        println!("{}", heard.text);
        let pairs = pairs(truth, &heard);
        changes += pairs.changes;
        said += truth.len();
        for (i, j) in pairs.equal {
            recognised.add(&truth[i], &heard, j);
        }
        let beside: Vec<String> = truth
            .iter()
            .zip(&found.words)
            .map(|(t, w)| format!("{} {:+.0}/{:+.0}", t.0, (w.start - t.1) * 1e3, (w.end - t.2) * 1e3))
            .collect();
        println!("    {}", beside.join(", "));
        for (index, word) in truth.iter().enumerate().take(found.words.len()) {
            forced.add(word, &found, index);
        }
    }
    println!("word error rate: {changes} of {said} = {:.1} %", 100.0 * changes as f64 / said as f64);
    println!("recognised: {recognised}");
    println!("text given: {forced}");
    let ten = 10.0 / seconds;
    println!(
        "for 10 s of speech: {:.2} s to recognise, {:.2} s with the text given",
        hearing * ten,
        aligning * ten
    );
    Ok(())
}

/// Every 20th clip of a corpus with the words that are said in it; times in 25,000ths of a second.
fn grid(folder: &Path) -> Result<Clips, Box<dyn Error>> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        paths.extend(Some(entry?.path()).filter(|path| path.extension().is_some_and(|e| e == "mp4")));
    }
    paths.sort();
    let mut clips = Clips::new();
    for path in paths.into_iter().step_by(EVERY) {
        let name = path.with_extension("align");
        let text = std::fs::read_to_string(folder.join("align").join(name.file_name().unwrap_or_default()))?;
        let mut words = Vec::new();
        for line in text.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if let &[start, end, word] = fields.as_slice()
                && word != "sil"
                && word != "sp"
            {
                let (start, end): (f64, f64) = (start.parse()?, end.parse()?);
                words.push((word.to_owned(), start / 25_000.0, end / 25_000.0));
            }
        }
        clips.push((path, words));
    }
    Ok(clips)
}

/// The words that come with a LibriVox clip.
fn librivox(path: &Path) -> Result<Vec<Said>, Box<dyn Error>> {
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

/// Absolute errors of starts and ends in seconds.
#[derive(Default)]
struct Errors {
    starts: Vec<f64>,
    ends: Vec<f64>,
}

impl Errors {
    fn add(&mut self, truth: &Said, found: &Words, index: usize) {
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

struct Pairs {
    /// Words put in, left out and exchanged.
    changes: usize,
    /// Numbers of equal words, true and heard.
    equal: Vec<(usize, usize)>,
}

/// The smallest number of changes between the true and the heard words. "Mr." counts as "mister".
fn pairs(truth: &[Said], heard: &Words) -> Pairs {
    let heard: Vec<String> = heard
        .words
        .iter()
        .map(|word| word.text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase())
        .map(|word| if word == "mr" { "mister".into() } else { word })
        .collect();
    let mut costs = vec![(0..=heard.len()).collect::<Vec<usize>>()];
    for (i, said) in truth.iter().enumerate() {
        let before = &costs[i];
        let mut row = vec![i + 1];
        for (j, word) in heard.iter().enumerate() {
            let exchanged = before[j] + usize::from(said.0 != *word);
            row.push(exchanged.min(before[j + 1] + 1).min(row[j] + 1));
        }
        costs.push(row);
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
