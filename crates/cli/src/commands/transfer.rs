//! `orator transfer`: another's way of moving, either a speaker's style for a recording or a video's motion.

use crate::commands::look::Look;
use crate::exit::Failure;
use crate::screen::Screen;
use clap::Args;
use orator_studio::{AnimateRequest, GenerateRequest, Mode, animate, generate};
use std::path::PathBuf;

/// Arguments of `orator transfer`.
#[derive(Args)]
pub struct Arguments {
    /// The photo of the speaker
    #[arg(long, value_name = "PICTURE")]
    image: PathBuf,
    /// Another person's motion: a video, or a keypoint file (.safetensors)
    #[arg(long, value_name = "VIDEO|KEYPOINTS", conflicts_with = "audio", required_unless_present = "audio")]
    motion: Option<PathBuf>,
    /// A recording, to be gestured in the style of --speaker
    #[arg(long, value_name = "RECORDING", requires = "speaker")]
    audio: Option<PathBuf>,
    /// Whose style (`orator models show` names the speakers)
    #[arg(long, value_name = "NAME", requires = "audio")]
    speaker: Option<String>,
    /// The take, with --audio
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// The video
    #[arg(long, value_name = "VIDEO.mp4")]
    out: PathBuf,
    #[command(flatten)]
    look: Look,
}

/// Carries it out: the one as `animate` in relative mode, the other as `generate`.
pub fn run(arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    let look = &arguments.look;
    match (&arguments.motion, &arguments.audio) {
        (Some(motion), _) => {
            let request = AnimateRequest {
                image: Some(arguments.image.clone()),
                mode: Mode::Relative,
                size: look.size,
                fit: look.fit.into(),
                renderer: look.renderer(),
                renderer_weights: look.renderer_weights.clone(),
                label: look.label.clone(),
                audio_codec: look.audio_codec.into(),
                ..AnimateRequest::new(motion, &arguments.out)
            };
            animate(&request, &mut |event| screen.event(&event))?;
        }
        (None, audio) => {
            let request = GenerateRequest {
                size: look.size,
                fit: look.fit.into(),
                seed: arguments.seed,
                speaker: arguments.speaker.clone(),
                renderer: look.renderer(),
                renderer_weights: look.renderer_weights.clone(),
                label: look.label.clone(),
                audio_codec: look.audio_codec.into(),
                ..GenerateRequest::new(&arguments.image, audio.clone().unwrap_or_default(), &arguments.out)
            };
            generate(&request, &mut |event| screen.event(&event))?;
        }
    }
    Ok(())
}
