//! Arguments that several commands share: how the video looks and sounds.

use clap::{Args, ValueEnum};
use orator_studio::{AudioCodec, DEFAULT_LABEL, Fit, RendererKind};

/// How the video looks and sounds.
#[derive(Args)]
pub struct Look {
    /// Side of the square video in pixels
    #[arg(long, value_name = "256|512", default_value_t = 256)]
    pub size: u32,
    /// How a picture that is not square becomes square: a square around the person, or all of it filled up
    #[arg(long, value_enum, default_value_t = FitName::Crop)]
    pub fit: FitName,
    /// What draws the motion [default: contextual, or what belongs to --motion]
    #[arg(long, value_enum, value_name = "RENDERER")]
    pub renderer: Option<RendererName>,
    /// Weights of the renderer, by name or path
    #[arg(long, value_name = "NAME|FILE")]
    pub renderer_weights: Option<String>,
    /// Write a small visible text into the lower left corner
    #[arg(long, value_name = "TEXT", num_args = 0..=1, default_missing_value = DEFAULT_LABEL)]
    pub label: Option<String>,
    /// How the sound is coded; aac needs the ffmpeg program
    #[arg(long, value_enum, default_value_t = CodecName::Opus)]
    pub audio_codec: CodecName,
}

/// [`Fit`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub enum FitName {
    /// A square around the person
    Crop,
    /// The whole picture, filled up
    Pad,
}

impl From<FitName> for Fit {
    fn from(name: FitName) -> Self {
        match name {
            FitName::Crop => Self::Crop,
            FitName::Pad => Self::Pad,
        }
    }
}

/// [`RendererKind`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub enum RendererName {
    /// Warps of the photo's own pixels, no training
    Warp,
    /// Learned motion, painting and refinement
    Contextual,
    /// Features warped by motion that is read from pictures
    Deviation,
}

impl Look {
    /// The renderer, by default the one that draws most motion.
    pub fn renderer(&self) -> RendererKind {
        self.renderer.map(RendererKind::from).unwrap_or_default()
    }
}

impl From<RendererName> for RendererKind {
    fn from(name: RendererName) -> Self {
        match name {
            RendererName::Warp => Self::Warp,
            RendererName::Contextual => Self::Contextual,
            RendererName::Deviation => Self::Deviation,
        }
    }
}

/// [`AudioCodec`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub enum CodecName {
    /// Built in
    Opus,
    /// Needs the ffmpeg program
    Aac,
}

impl From<CodecName> for AudioCodec {
    fn from(name: CodecName) -> Self {
        match name {
            CodecName::Opus => Self::Opus,
            CodecName::Aac => Self::Aac,
        }
    }
}
