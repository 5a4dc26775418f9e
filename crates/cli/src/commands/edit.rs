//! `orator edit`: a part of a video made anew.

use crate::commands::generate::MotionName;
use crate::commands::look::{CodecName, RendererName};
use crate::exit::Failure;
use crate::screen::Screen;
use clap::Args;
use orator_studio::{DEFAULT_LABEL, EditReport, EditRequest, edit};
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `orator edit`.
#[derive(Args)]
pub struct Arguments {
    /// The video: filmed or generated
    #[arg(long, value_name = "VIDEO")]
    video: PathBuf,
    /// The range to make anew begins here
    #[arg(long, value_name = "SECONDS")]
    from: f64,
    /// The range ends here
    #[arg(long, value_name = "SECONDS")]
    to: f64,
    /// The new video, in the old one's size
    #[arg(long, value_name = "VIDEO.mp4")]
    out: PathBuf,
    /// What is said in the range instead; the range becomes as long as it
    #[arg(long, value_name = "RECORDING")]
    audio: Option<PathBuf>,
    /// Gesture in the style of this speaker (`orator models show` names them)
    #[arg(long, value_name = "NAME")]
    speaker: Option<String>,
    /// Another seed, another take
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// What makes the motion
    #[arg(long, value_enum, default_value_t = MotionName::Contextual)]
    motion: MotionName,
    /// Weights of the motion system, by name or path
    #[arg(long, value_name = "NAME|FILE")]
    weights: Option<String>,
    /// Text model for motion weights that listen to the text, in the layout of BERT or RoBERTa [default: MiniLM]
    #[arg(long, value_name = "FOLDER")]
    text_model: Option<PathBuf>,
    /// What draws the motion
    #[arg(long, value_enum, default_value_t = RendererName::Contextual)]
    renderer: RendererName,
    /// Weights of the renderer, by name or path
    #[arg(long, value_name = "NAME|FILE")]
    renderer_weights: Option<String>,
    /// Write the whole motion as a keypoint file, too
    #[arg(long, value_name = "FILE.safetensors")]
    keypoints: Option<PathBuf>,
    /// Write a small visible text into the lower left corner (of every frame)
    #[arg(long, value_name = "TEXT", num_args = 0..=1, default_missing_value = DEFAULT_LABEL)]
    label: Option<String>,
    /// How the sound is coded; aac needs the ffmpeg program
    #[arg(long, value_enum, default_value_t = CodecName::Opus)]
    audio_codec: CodecName,
}

#[derive(Serialize)]
#[serde(tag = "event", rename = "edited")]
struct Edited<'a> {
    #[serde(flatten)]
    report: &'a EditReport,
}

/// Carries it out.
pub fn run(arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    let request = EditRequest {
        audio: arguments.audio.clone(),
        speaker: arguments.speaker.clone(),
        seed: arguments.seed,
        motion: arguments.motion.into(),
        weights: arguments.weights.clone(),
        text_model: arguments.text_model.clone(),
        renderer: arguments.renderer.into(),
        renderer_weights: arguments.renderer_weights.clone(),
        keypoints: arguments.keypoints.clone(),
        label: arguments.label.clone(),
        audio_codec: arguments.audio_codec.into(),
        ..EditRequest::new(&arguments.video, arguments.from, arguments.to, &arguments.out)
    };
    let report = edit(&request, &mut |event| screen.event(&event))?;
    screen.json(&Edited { report: &report });
    let pixels = |speed: Option<f64>| speed.map_or_else(|| "-".to_owned(), |speed| format!("{speed:.2}"));
    screen.say(&format!(
        "frames {} to {} are new; points move {} and {} px across the borders, at most {:.2} px in 99 % of the frames that were kept",
        report.first_new,
        report.first_kept,
        pixels(report.seams.begin),
        pixels(report.seams.end),
        report.seams.clip_99
    ));
    Ok(())
}
