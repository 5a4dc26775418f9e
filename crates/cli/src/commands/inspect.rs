//! `orator inspect`: what is found in a picture or video.

use crate::commands::look::FitName;
use crate::exit::Failure;
use crate::screen::Screen;
use clap::Args;
use orator_studio::{InspectReport, InspectRequest, inspect};
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `orator inspect`.
#[derive(Args)]
pub struct Arguments {
    /// A picture or a video
    #[arg(value_name = "PICTURE|VIDEO")]
    path: PathBuf,
    /// Keypoints as .safetensors; drawn on the picture as .png, on the video as .mp4
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How it would become square
    #[arg(long, value_enum, default_value_t = FitName::Crop)]
    fit: FitName,
}

#[derive(Serialize)]
#[serde(tag = "event", rename = "inspected")]
struct Inspected<'a> {
    #[serde(flatten)]
    report: &'a InspectReport,
}

/// Carries it out.
pub fn run(arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    let request = InspectRequest {
        path: arguments.path.clone(),
        out: arguments.out.clone(),
        fit: arguments.fit.into(),
    };
    let report = inspect(&request, &mut |event| screen.event(&event))?;
    screen.json(&Inspected { report: &report });
    tell(&report, screen);
    Ok(())
}

fn tell(report: &InspectReport, screen: &Screen) {
    let path = report.path.display();
    screen.say(&format!("{path}: a {} of {}x{} pixels", report.kind, report.width, report.height));
    if report.kind == "video" {
        let sound = if report.sound == Some(true) { "with sound" } else { "without sound" };
        screen.say(&format!("  {} frames at 25 per second, {sound}", report.frames));
        for (name, share) in [
            ("person", report.person),
            ("face", report.face),
            ("left hand", report.left_hand),
            ("right hand", report.right_hand),
            ("both hands", report.both_hands),
        ] {
            screen.say(&format!("  {name:<11}in {:>5.1} % of the frames", 100.0 * share));
        }
    } else {
        for (name, share) in
            [("face", report.face), ("left hand", report.left_hand), ("right hand", report.right_hand)]
        {
            screen.say(&format!("  {name:<11}{}", if share > 0.5 { "found" } else { "not found" }));
        }
    }
    let crop = report.crop;
    screen.say(&format!("  square     {0:.0}x{0:.0} pixels from {1:.0}, {2:.0}", crop.side, crop.x, crop.y));
    for remark in &report.remarks {
        screen.say(&format!("  note: {remark}"));
    }
    if let Some(provenance) = &report.provenance {
        screen.say(&format!("  {}", provenance.sentence()));
    }
}
