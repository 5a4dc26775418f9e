//! `orator animate`: a photo driven by a video's motion.

use crate::commands::look::Look;
use crate::exit::Failure;
use crate::screen::Screen;
use clap::{Args, ValueEnum};
use orator_studio::{AnimateReport, AnimateRequest, CheckReport, Mode, animate};
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `orator animate`.
#[derive(Args)]
pub struct Arguments {
    /// The photo of the speaker [default: the driving video's first frame]
    #[arg(long, value_name = "PICTURE")]
    image: Option<PathBuf>,
    /// The driving video, or a keypoint file (.safetensors)
    #[arg(long, value_name = "VIDEO|KEYPOINTS")]
    driving: PathBuf,
    /// Begin here in the driving video
    #[arg(long, value_name = "SECONDS")]
    from: Option<f64>,
    /// End here in the driving video
    #[arg(long, value_name = "SECONDS")]
    to: Option<f64>,
    /// The video
    #[arg(long, value_name = "VIDEO.mp4")]
    out: PathBuf,
    /// How driving points become points of the photo
    #[arg(long, value_enum, default_value_t = ModeName::Auto)]
    mode: ModeName,
    /// Write the motion as a keypoint file, too
    #[arg(long, value_name = "FILE.safetensors")]
    keypoints: Option<PathBuf>,
    /// Look at the video again and measure how well it follows
    #[arg(long)]
    check: bool,
    /// Write the measures as JSON (and take them)
    #[arg(long, value_name = "FILE.json")]
    report: Option<PathBuf>,
    #[command(flatten)]
    look: Look,
}

/// [`Mode`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum ModeName {
    /// Absolute without --image, else relative
    Auto,
    /// Points are used where they are: for the same person in the same place
    Absolute,
    /// Parts move as the driver's parts do, in the photo's own measures
    Relative,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Auto => Self::Auto,
            ModeName::Absolute => Self::Absolute,
            ModeName::Relative => Self::Relative,
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "event", rename = "measured")]
struct Measured<'a> {
    #[serde(flatten)]
    report: &'a AnimateReport,
}

/// Carries it out.
pub fn run(arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    let request = AnimateRequest {
        image: arguments.image.clone(),
        from: arguments.from,
        to: arguments.to,
        size: arguments.look.size,
        fit: arguments.look.fit.into(),
        mode: arguments.mode.into(),
        renderer: arguments.look.renderer(),
        renderer_weights: arguments.look.renderer_weights.clone(),
        keypoints: arguments.keypoints.clone(),
        label: arguments.look.label.clone(),
        audio_codec: arguments.look.audio_codec.into(),
        check: arguments.check,
        report: arguments.report.clone(),
        ..AnimateRequest::new(&arguments.driving, &arguments.out)
    };
    let report = animate(&request, &mut |event| screen.event(&event))?;
    if let Some(check) = &report.check {
        screen.json(&Measured { report: &report });
        table(check, screen);
    }
    Ok(())
}

fn table(check: &CheckReport, screen: &Screen) {
    let pixels = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    let points = &check.keypoints;
    screen.say(&format!("{} frames; distances in pixels of 256x256", check.frames));
    screen.say(&format!("{:<14}{:>8}{:>8}{:>12}", "", "median", "95 %", "found again"));
    for (name, part) in
        [("wrists", points.wrists), ("finger tips", points.finger_tips), ("face", points.face)]
    {
        screen.say(&format!(
            "{name:<14}{:>8}{:>8}{:>10.1} %",
            pixels(part.median),
            pixels(part.percentile_95),
            100.0 * part.coverage
        ));
    }
    screen.say(&format!(
        "person found in {:.1} % of the frames, both hands in {:.1} %",
        100.0 * points.person_found,
        100.0 * points.both_hands_found
    ));
    if let Some(pictures) = &check.pictures {
        for (name, area) in
            [("whole frames", pictures.whole), ("hands", pictures.hands), ("lips", pictures.lips)]
        {
            let share =
                |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
            screen.say(&format!(
                "{name:<14}PSNR {} dB, SSIM {}, LPIPS {}",
                pixels(area.psnr),
                share(area.ssim),
                share(area.lpips)
            ));
        }
    }
}
