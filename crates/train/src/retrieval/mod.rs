//! Retrieval (METHODS 2.1, 2.5): gestures of a corpus that fit a recording, and recordings that fit a gesture, by the cosine of
//! what the alignment encoders make of them.
//!
//! The question is cut into windows of 80 frames (3.2 s), as training saw them, and each is answered for itself; what is left
//! over at the end is not asked about. A corpus is looked at every 20 frames, and of windows of a clip that overlap only the
//! best counts. With both streams the similarity is the mean of the face's and the body's.

mod library;
mod preview;
mod question;
mod weights;

pub use weights::load_aligned;

use crate::{ClipPlace, Event, Result, TrainError};
use library::Library;
use ndarray::Array2;
use orator_motion::contextual::{ContextualModel, Stream};
use question::Question;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Frames a second of all motion.
const RATE: f64 = crate::clips::RATE;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Gestures that fit this recording.
    Recording(PathBuf),
    /// Recordings that fit this gesture: a video, or keypoints (`.safetensors`, 133 points at 25 fps).
    Gesture(PathBuf),
}

/// What to look for, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrievalRequest {
    /// What is looked for.
    pub query: Query,
    /// A corpus folder, or a folder with videos in it and in its folders.
    pub corpus: PathBuf,
    /// Which streams are compared; not empty.
    pub streams: Vec<Stream>,
    /// Answers to each window of the question. Default 5.
    pub count: usize,
    /// Where perceived keypoints and speech features are kept (that of a training run saves time); `None` forgets them.
    pub prepared: Option<PathBuf>,
    /// A video of the best answers beside the question, ending in `.mp4`.
    pub out: Option<PathBuf>,
}

impl RetrievalRequest {
    /// Both streams, five answers, nothing kept.
    #[must_use]
    pub fn new(query: Query, corpus: impl Into<PathBuf>) -> Self {
        Self {
            query,
            corpus: corpus.into(),
            streams: Stream::ALL.to_vec(),
            count: 5,
            prepared: None,
            out: None,
        }
    }
}

/// A window of the corpus.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The clip: its name in the corpus, or its file below the folder.
    pub clip: String,
    /// Who speaks there, where the corpus says so.
    pub speaker: String,
    /// Where the window begins in the clip, in seconds.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Mean cosine over the streams, −1 to 1.
    pub similarity: f64,
    /// Its name among the prepared clips.
    #[serde(skip)]
    prepared: String,
    #[serde(skip)]
    place: ClipPlace,
    /// First frame and the one after the last.
    #[serde(skip)]
    frames: (usize, usize),
}

/// The answers to one window of the question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Where the window begins in the question, in seconds.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Mean similarity of all windows of the corpus, to hold the best against.
    pub mean: f64,
    /// The best windows, best first.
    pub found: Vec<Found>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RetrievalReport {
    /// Names of the streams that were compared.
    pub streams: Vec<&'static str>,
    /// Clips that were looked at.
    pub clips: usize,
    /// Windows of theirs that were compared.
    pub windows: usize,
    /// Clips that could not be used, and why.
    pub skipped: Vec<String>,
    /// Answers, one for each window of the question.
    pub answers: Vec<Answer>,
}

/// Looks through a corpus, and writes the video if one is wanted.
///
/// # Errors
/// When question or corpus cannot be read, nothing is left to compare, the weights hold no alignment encoders, or the video
/// cannot be written.
pub fn retrieve(
    model: &ContextualModel,
    request: &RetrievalRequest,
    tell: &mut dyn FnMut(Event),
) -> Result<RetrievalReport> {
    weights::check(model)?;
    if request.streams.is_empty() || request.count == 0 {
        return Err(nothing("nothing is asked for", "name a stream and ask for one answer or more"));
    }
    let forgotten;
    let folder = match &request.prepared {
        Some(folder) => folder.as_path(),
        None => {
            forgotten = tempfile::tempdir().map_err(|e| TrainError::io(&std::env::temp_dir(), e))?;
            forgotten.path()
        }
    };
    let question = Question::read(model, &request.query, &request.streams, folder, tell)?;
    let library = Library::read(model, request, folder, tell)?;
    let similarity = mean_products(&question.embeddings, &library.embeddings);
    let answers: Vec<Answer> = similarity
        .rows()
        .into_iter()
        .zip(&question.windows)
        .map(|(row, &(from, to))| Answer {
            from: from as f64 / RATE,
            to: to as f64 / RATE,
            mean: row.iter().map(|&v| f64::from(v)).sum::<f64>() / row.len().max(1) as f64,
            found: library.best(row, request.count),
        })
        .collect();
    let report = RetrievalReport {
        streams: request.streams.iter().map(|stream| stream.name()).collect(),
        clips: library.clips.len(),
        windows: library.windows.len(),
        skipped: library.skipped,
        answers,
    };
    if let Some(out) = &request.out {
        preview::write(&question, &report.answers, folder, out)?;
        tell(Event::Wrote { path: out.clone() });
    }
    Ok(report)
}

/// Mean over streams of the products of rows, `[questions, windows]`.
fn mean_products(questions: &[Array2<f32>], windows: &[Array2<f32>]) -> Array2<f32> {
    let mut sum =
        Array2::zeros((questions.first().map_or(0, Array2::nrows), windows.first().map_or(0, Array2::nrows)));
    for (question, window) in questions.iter().zip(windows) {
        sum += &question.dot(&window.t());
    }
    sum / questions.len().max(1) as f32
}

fn nothing(what: impl Into<String>, hint: &str) -> TrainError {
    TrainError::Corpus { what: what.into(), hint: hint.into() }
}

/// A path as a pattern of nothing but itself.
fn literal(path: &Path) -> String {
    glob::Pattern::escape(&path.to_string_lossy())
}
