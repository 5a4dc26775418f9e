//! `orator train`: the stages of a system's training.

use super::preparing;
use crate::exit::{Code, Failure};
use crate::screen::{Screen, in_words};
use clap::{Args, Subcommand, ValueEnum};
use orator_studio::models;
use orator_train::deviation::{features, motion};
use orator_train::picture::PictureTrainConfig;
use orator_train::{Event, Sitting, TrainConfig, contextual, picture};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Time between two lines of losses.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Arguments of `orator train`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    system: System,
}

/// The systems that can be trained.
#[derive(Subcommand)]
enum System {
    /// Masked gesture tokens for the motion, a learned warp for the pictures
    Contextual(ContextualArguments),
    /// A diffusion of latent motion, and the deviation of features that draws it
    Deviation(DeviationArguments),
}

/// Arguments of `orator train contextual`.
#[derive(Args)]
struct ContextualArguments {
    /// Each stage needs those before it
    #[arg(value_enum)]
    stage: StageName,
    /// The configuration: configs/contextual-small.yaml for motion, configs/contextual-picture-lite.yaml for pictures
    #[arg(long, value_name = "FILE.yaml")]
    config: PathBuf,
    #[command(flatten)]
    folders: Folders,
}

/// Arguments of `orator train deviation`.
#[derive(Args)]
struct DeviationArguments {
    /// Motion needs the weights of the features, which its configuration names
    #[arg(value_enum)]
    stage: DeviationStage,
    /// The configuration: configs/deviation-lite.yaml for features, configs/deviation-motion-lite.yaml for motion
    #[arg(long, value_name = "FILE.yaml")]
    config: PathBuf,
    #[command(flatten)]
    folders: Folders,
}

/// The stages of the deviation system on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum DeviationStage {
    /// What finds poses, by itself; first, where the configuration has it
    Pose,
    /// All networks that find poses and draw by them; writes the finished picture weights
    Features,
    /// The diffusion of latent motion; writes the finished motion weights
    Motion,
}

/// Where a stage reads and writes, and how much of it is done in one go.
#[derive(Args)]
struct Folders {
    /// The folder that the configuration's clips lie in
    #[arg(long, value_name = "FOLDER")]
    corpus: PathBuf,
    /// The folder for logs, states and weights; the same for all stages
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Go on where the stage was stopped
    #[arg(long)]
    resume: bool,
    /// Save and stop after so many minutes of steps; --resume goes on from there
    #[arg(long, value_name = "N", value_parser = minutes)]
    minutes: Option<f64>,
}

/// The stages on the command line: five of the motion half, two of the picture half.
#[derive(Clone, Copy, ValueEnum)]
enum StageName {
    /// Encoders of speech and motion in one space; first, where the configuration has them
    Alignment,
    /// Residual-VQ tokenizers of face and body
    Tokenizer,
    /// What foretells strokes of the hands, where the configuration has it
    Strokes,
    /// The mask generator
    Generator,
    /// The residual generator; writes the finished motion weights
    Residual,
    /// Dense motion and the picture generator
    MotionField,
    /// Repainting what the warp could not show; writes the finished picture weights
    Refine,
}

/// A stage of one of the halves.
enum Half {
    Motion(contextual::Stage),
    Picture(picture::Stage),
}

impl From<StageName> for Half {
    fn from(name: StageName) -> Self {
        match name {
            StageName::Alignment => Self::Motion(contextual::Stage::Alignment),
            StageName::Tokenizer => Self::Motion(contextual::Stage::Tokenizer),
            StageName::Strokes => Self::Motion(contextual::Stage::Strokes),
            StageName::Generator => Self::Motion(contextual::Stage::Generator),
            StageName::Residual => Self::Motion(contextual::Stage::Residual),
            StageName::MotionField => Self::Picture(picture::Stage::MotionField),
            StageName::Refine => Self::Picture(picture::Stage::Refine),
        }
    }
}

/// A number of minutes above zero, a month at most.
fn minutes(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("{text} is not a number"))?;
    if number > 0.0 && number <= 43_200.0 {
        Ok(number)
    } else {
        Err("must be above 0 and at most 43200".into())
    }
}

/// Carries it out.
pub fn run(arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    let mut last_line = None;
    let mut tell = |event: Event| show(&event, &mut last_line, screen);
    match &arguments.system {
        System::Contextual(arguments) => train_contextual(arguments, &mut tell)?,
        System::Deviation(arguments) => train_deviation(arguments, &mut tell)?,
    }
    screen.end_bar();
    Ok(())
}

impl Folders {
    fn sitting(&self) -> Sitting {
        let limit = self.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0));
        Sitting { resume: self.resume, limit }
    }
}

/// Whatever is wrong there, it is an input.
fn wrong(error: orator_train::TrainError) -> Failure {
    Failure { code: Code::BadInput, ..Failure::from(error) }
}

fn train_contextual(arguments: &ContextualArguments, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
    let ContextualArguments { stage, config, folders } = arguments;
    let (sitting, device) = (folders.sitting(), orator_nn::choose_device());
    match (*stage).into() {
        Half::Motion(stage) => {
            let config = TrainConfig::read(config).map_err(wrong)?;
            contextual::train(stage, &config, &folders.corpus, &folders.out, sitting, device, tell)?;
        }
        Half::Picture(stage) => {
            let config = PictureTrainConfig::read(config).map_err(wrong)?;
            picture::train(stage, &config, &folders.corpus, &folders.out, sitting, device, tell)?;
        }
    }
    Ok(())
}

fn train_deviation(arguments: &DeviationArguments, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
    let DeviationArguments { stage, config, folders } = arguments;
    let (sitting, device) = (folders.sitting(), orator_nn::choose_device());
    match stage {
        DeviationStage::Pose | DeviationStage::Features => {
            let stage = match stage {
                DeviationStage::Pose => features::Stage::Pose,
                _ => features::Stage::Features,
            };
            let config = features::FeaturesTrainConfig::read(config).map_err(wrong)?;
            features::train(stage, &config, &folders.corpus, &folders.out, sitting, device, tell)?;
        }
        DeviationStage::Motion => {
            let config = motion::DeviationMotionConfig::read(config).map_err(wrong)?;
            let weights = models::check_hash(&models::find(&config.features)?)?;
            let renderer = motion::load_features(&weights.path, device)?;
            let features = motion::Features::from(&renderer);
            motion::train(&config, &features, &folders.corpus, &folders.out, sitting, device, tell)?;
        }
    }
    Ok(())
}

fn show(event: &Event, last_line: &mut Option<Instant>, screen: &mut Screen) {
    screen.json(event);
    match event {
        Event::Preparing { done, total, clip } => preparing::show(*done, *total, clip, screen),
        Event::Step { stage, step, total, losses, seconds_left } => {
            screen.progress(stage, *step, *total, *seconds_left);
            if last_line.is_none_or(|last| last.elapsed() >= BETWEEN_LINES) {
                *last_line = Some(Instant::now());
                let left = in_words(*seconds_left);
                screen.say(&format!("{stage} {step}/{total}  {}  {left} left", listed(losses)));
            }
        }
        Event::Validation { stage, step, measures } => {
            screen.say(&format!("{stage} {step} on held-out clips: {}", listed(measures)));
        }
        Event::LeftOut { clip, why } => screen.say(&format!("warning: {clip} is left out: {why}")),
        Event::Paused { stage, step, total } => {
            screen.say(&format!("{stage} is saved at step {step} of {total}; go on with --resume"));
        }
        Event::Wrote { path } => screen.say(&format!("wrote {}", path.display())),
    }
}

fn listed(values: &BTreeMap<String, f64>) -> String {
    values.iter().map(|(name, value)| format!("{name} {value:.4}")).collect::<Vec<_>>().join("  ")
}
