//! `orator generate`: photo and recording to video.

use crate::commands::look::Look;
use crate::exit::Failure;
use crate::screen::Screen;
use clap::{Args, ValueEnum};
use orator_studio::{GenerateRequest, MotionKind, generate};
use std::path::PathBuf;

/// Arguments of `orator generate`.
#[derive(Args)]
pub struct Arguments {
    /// The photo of the speaker: PNG, JPEG or WebP
    #[arg(long, value_name = "PICTURE")]
    image: PathBuf,
    /// The speech recording: WAV, FLAC, MP3, OGG or MP4
    #[arg(long, value_name = "RECORDING")]
    audio: PathBuf,
    /// The video; with several takes NAME-1.mp4, NAME-2.mp4, …
    #[arg(long, value_name = "VIDEO.mp4")]
    out: PathBuf,
    /// The same seed gives the same video
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Make this many videos, with seeds N, N+1, …
    #[arg(long, value_name = "N", default_value_t = 1)]
    takes: usize,
    /// Gesture in the style of this speaker (`orator models show` names them)
    #[arg(long, value_name = "NAME")]
    speaker: Option<String>,
    /// What makes the motion
    #[arg(long, value_enum, default_value_t = MotionName::Contextual)]
    motion: MotionName,
    /// Weights of the motion system, by name or path
    #[arg(long, value_name = "NAME|FILE")]
    weights: Option<String>,
    /// Text model for motion weights that listen to the text, in the layout of BERT or RoBERTa [default: MiniLM]
    #[arg(long, value_name = "FOLDER")]
    text_model: Option<PathBuf>,
    /// Write the motion as a keypoint file, too
    #[arg(long, value_name = "FILE.safetensors")]
    keypoints: Option<PathBuf>,
    /// Go on when the recording is silent
    #[arg(long)]
    allow_silence: bool,
    #[command(flatten)]
    look: Look,
}

/// [`MotionKind`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub enum MotionName {
    /// Masked gesture tokens
    Contextual,
    /// Diffusion of latent motion, for the renderer of the same name
    Deviation,
}

impl From<MotionName> for MotionKind {
    fn from(name: MotionName) -> Self {
        match name {
            MotionName::Contextual => Self::Contextual,
            MotionName::Deviation => Self::Deviation,
        }
    }
}

/// Carries it out.
pub fn run(arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    let motion = MotionKind::from(arguments.motion);
    let request = GenerateRequest {
        size: arguments.look.size,
        fit: arguments.look.fit.into(),
        seed: arguments.seed,
        takes: arguments.takes,
        speaker: arguments.speaker.clone(),
        motion,
        weights: arguments.weights.clone(),
        text_model: arguments.text_model.clone(),
        renderer: arguments.look.renderer.map_or_else(|| motion.renderer(), Into::into),
        renderer_weights: arguments.look.renderer_weights.clone(),
        keypoints: arguments.keypoints.clone(),
        label: arguments.look.label.clone(),
        audio_codec: arguments.look.audio_codec.into(),
        allow_silence: arguments.allow_silence,
        ..GenerateRequest::new(&arguments.image, &arguments.audio, &arguments.out)
    };
    generate(&request, &mut |event| screen.event(&event))?;
    Ok(())
}
