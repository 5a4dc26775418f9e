//! `orator retrieve`: gestures of a corpus that fit a recording, or recordings that fit a gesture.

use super::preparing;
use crate::exit::{Code, Failure};
use crate::screen::Screen;
use clap::{Args, ValueEnum};
use orator_media::OutputFile;
use orator_motion::contextual::Stream;
use orator_nn::choose_device;
use orator_studio::{MotionKind, models};
use orator_train::Event;
use orator_train::retrieval::{Query, RetrievalReport, RetrievalRequest, load_aligned, retrieve};
use serde::Serialize;
use std::path::PathBuf;

const HOW: &str = "\
Question and corpus are compared in windows of 3.2 s, by the cosine of what the alignment encoders make of them.
The weights must hold such encoders: `orator train contextual alignment` makes them.";

/// Arguments of `orator retrieve`.
#[derive(Args)]
#[command(after_help = HOW)]
pub struct Arguments {
    /// A corpus, or a folder with videos in it and in its folders
    #[arg(long, value_name = "FOLDER")]
    corpus: PathBuf,
    /// Look for gestures that fit this recording
    #[arg(long, value_name = "RECORDING", required_unless_present = "gesture", conflicts_with = "gesture")]
    recording: Option<PathBuf>,
    /// Look for recordings that fit this gesture: a video, or a keypoint file (.safetensors)
    #[arg(long, value_name = "VIDEO|KEYPOINTS")]
    gesture: Option<PathBuf>,
    /// What is compared
    #[arg(long, value_enum, default_value_t = StreamName::Both)]
    stream: StreamName,
    /// Answers to each 3.2 s of the question
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    count: u32,
    /// Weights with alignment encoders, by name or path
    #[arg(long, value_name = "NAME|FILE")]
    weights: Option<String>,
    /// Keep keypoints and features of the corpus here for the next time (that of a training run saves time, too)
    #[arg(long, value_name = "FOLDER")]
    prepared: Option<PathBuf>,
    /// A video of the best answers beside the question
    #[arg(long, value_name = "VIDEO.mp4")]
    out: Option<PathBuf>,
}

/// The command line's names for one or both [`Stream`]s.
#[derive(Clone, Copy, ValueEnum)]
enum StreamName {
    /// The face
    Face,
    /// Arms and hands
    Body,
    /// The mean of both
    Both,
}

impl StreamName {
    fn streams(self) -> Vec<Stream> {
        match self {
            Self::Face => vec![Stream::Face],
            Self::Body => vec![Stream::Body],
            Self::Both => Stream::ALL.to_vec(),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "event", rename = "retrieved")]
struct Retrieved<'a> {
    weights: &'a str,
    #[serde(flatten)]
    report: &'a RetrievalReport,
}

/// Carries it out.
pub fn run(arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    let query = match (&arguments.recording, &arguments.gesture) {
        (_, Some(gesture)) => Query::Gesture(gesture.clone()),
        (recording, None) => Query::Recording(recording.clone().unwrap_or_default()),
    };
    if let Some(out) = &arguments.out {
        if out.extension().is_none_or(|e| !e.eq_ignore_ascii_case("mp4")) {
            let what = format!("{}: the name of this output must end in .mp4", out.display());
            let hint = format!("for example {}", out.with_extension("mp4").display());
            return Err(Failure::new(Code::Usage, what, hint));
        }
        // Dropped at once, which deletes it: an hour of work is not to end in a folder that cannot be written to.
        OutputFile::create(out).map_err(|error| Failure {
            code: Code::Output,
            text: error.to_string(),
            hint: error.hint(),
        })?;
    }
    let default = MotionKind::default().default_weights();
    let path = models::find(arguments.weights.as_deref().unwrap_or(default))?;
    let weights = models::check_hash(&path)?;
    let model = load_aligned(&path, choose_device())
        .map_err(|error| Failure { code: Code::Models, ..Failure::from(error) })?;
    let request = RetrievalRequest {
        streams: arguments.stream.streams(),
        count: arguments.count as usize,
        prepared: arguments.prepared.clone(),
        out: arguments.out.clone(),
        ..RetrievalRequest::new(query, &arguments.corpus)
    };
    let report = retrieve(&model, &request, &mut |event| tell(&event, screen))?;
    screen.end_bar();
    screen.json(&Retrieved { weights: &weights.short(), report: &report });
    show(&report, screen);
    Ok(())
}

fn tell(event: &Event, screen: &mut Screen) {
    match event {
        Event::Preparing { done, total, clip } => preparing::show(*done, *total, clip, screen),
        Event::Wrote { path } => screen.say(&format!("wrote {}", path.display())),
        Event::Step { .. } | Event::Validation { .. } | Event::LeftOut { .. } | Event::Paused { .. } => {}
    }
}

fn show(report: &RetrievalReport, screen: &Screen) {
    for skipped in &report.skipped {
        screen.say(&format!("warning: skipped {skipped}"));
    }
    screen.say(&format!(
        "{} windows of {} clips, compared by {}",
        report.windows,
        report.clips,
        report.streams.join(" and ")
    ));
    for answer in &report.answers {
        screen.answer(&format!(
            "{:>6.1} to {:>6.1} s        (mean of all {:>6.3})",
            answer.from, answer.to, answer.mean
        ));
        for (place, found) in answer.found.iter().enumerate() {
            screen.answer(&format!(
                "{:>3}  {:>6.3}  {}  {:.1} to {:.1} s  {}",
                place + 1,
                found.similarity,
                found.clip,
                found.from,
                found.to,
                found.speaker
            ));
        }
    }
}
