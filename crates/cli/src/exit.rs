//! Exit codes, and failures with what a person is told about them.

use orator_studio::{ErrorKind, StudioError};
use orator_train::TrainError;

/// The codes the program ends with; `docs/exit-codes.md` and `--help` list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// A fault of the program.
    Internal = 1,
    /// The command line cannot be understood or contradicts itself.
    Usage = 2,
    /// An input file cannot be read.
    BadInput = 3,
    /// An input can be read, but there is nothing in it to work on.
    Nothing = 4,
    /// An output cannot be written.
    Output = 5,
    /// Weights or fetched files are missing or damaged.
    Models = 6,
    /// Stopped by Ctrl-C.
    Interrupted = 130,
    /// The reader of the output went away.
    ClosedPipe = 141,
}

/// For the end of `orator --help`.
pub const HELP: &str = "\
Exit codes:
  0    done
  1    a fault of orator itself
  2    the command line is wrong or contradicts itself
  3    an input file is missing, damaged, too large or of another kind
  4    nothing to work on: no person, silence, an empty file
  5    an output cannot be written: no such folder, no permission, full disk
  6    weights or fetched files are missing or damaged (see `orator doctor`)
  130  stopped by Ctrl-C; nothing is left half-written
  141  the program that read the output went away";

/// Why a command did not succeed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What the program ends with.
    pub code: Code,
    /// Which file, and what is wrong.
    pub text: String,
    /// The next step.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with a next step.
    pub fn new(code: Code, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, text: text.into(), hint: Some(hint.into()) }
    }
}

impl From<StudioError> for Failure {
    fn from(error: StudioError) -> Self {
        let code = match error.kind() {
            ErrorKind::Internal => Code::Internal,
            ErrorKind::Usage => Code::Usage,
            ErrorKind::BadInput => Code::BadInput,
            ErrorKind::Nothing => Code::Nothing,
            ErrorKind::Output => Code::Output,
            ErrorKind::Models => Code::Models,
        };
        Self { code, text: error.to_string(), hint: error.hint() }
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        use orator_metrics::MetricsError;
        use orator_motion::MotionError;
        use orator_perceive::PerceiveError;
        use orator_render::RenderError;
        use orator_speech::SpeechError;
        let code = match &error {
            TrainError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => Code::BadInput,
            TrainError::Io { .. } => Code::Output,
            TrainError::Config { .. }
            | TrainError::Corpus { .. }
            | TrainError::Format(_)
            | TrainError::Diverged { .. }
            | TrainError::Media(_) => Code::BadInput,
            TrainError::Motion(MotionError::Request { .. }) => Code::Usage,
            TrainError::Metrics(MetricsError::Asset(_)) => Code::Models,
            TrainError::Perceive(PerceiveError::Asset(_) | PerceiveError::Load { .. })
            | TrainError::Speech(SpeechError::Asset(_) | SpeechError::Model { .. })
            | TrainError::Render(RenderError::Weights(_))
            | TrainError::Nn(_) => Code::Models,
            TrainError::Perceive(_) | TrainError::Body(_) => Code::BadInput,
            _ => Code::Internal,
        };
        Self { code, text: error.to_string(), hint: error.hint() }
    }
}

impl From<orator_stage::StageError> for Failure {
    fn from(error: orator_stage::StageError) -> Self {
        use orator_corpus::CorpusError;
        use orator_stage::StageError;
        let code = match &error {
            StageError::Asset { .. } => Code::Models,
            StageError::Setting { .. } | StageError::Corpus(CorpusError::Different { .. }) => Code::Usage,
            StageError::Speech { .. } => Code::BadInput,
            _ => Code::Output,
        };
        Self { code, text: error.to_string(), hint: error.hint() }
    }
}
