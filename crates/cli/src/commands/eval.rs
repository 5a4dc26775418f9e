//! `orator eval`: models on clips they did not learn from.

use crate::exit::{Code, Failure};
use crate::screen::Screen;
use clap::{Args, Subcommand};
use orator_media::OutputFile;
use orator_motion::SampleOptions;
use orator_studio::{MotionKind, RendererKind, load_renderer, models};
use orator_train::evaluation::{Beside, EvaluationSettings, evaluate};
use orator_train::picture::{PictureTrainConfig, ReenactmentSettings, reenact};
use orator_train::{Event, TrainConfig};
use serde::Serialize;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::look::RendererName;
use super::preparing;

/// Arguments of `orator eval`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

/// What is evaluated.
#[derive(Subcommand)]
enum What {
    /// Motion: do lips follow the voice, do strokes fall on stressed syllables?
    Motion(MotionArguments),
    /// Pictures: does a clip's first frame with its keypoints give the clip back?
    Pictures(PictureArguments),
}

/// Where the clips are.
#[derive(Args)]
struct Clips {
    /// A training configuration; its clips with `split: held-out` are looked at
    #[arg(long, value_name = "FILE.yaml")]
    config: PathBuf,
    /// The folder that the configuration's clips lie in
    #[arg(long, value_name = "FOLDER")]
    corpus: PathBuf,
    /// The folder for what is prepared (that of the training run saves time) and for the results
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Most clips of each kind, filmed and staged
    #[arg(long, value_name = "N", default_value_t = 10)]
    clips: usize,
}

/// Arguments of `orator eval motion`.
#[derive(Args)]
struct MotionArguments {
    #[command(flatten)]
    clips: Clips,
    /// Weights of the motion system, by name or path
    #[arg(long, value_name = "NAME|FILE")]
    weights: Option<String>,
    /// Gesture in the style of this speaker
    #[arg(long, value_name = "NAME")]
    speaker: Option<String>,
    /// The take
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Steps of decoding; the usual number when absent
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// Temperature of drawing tokens; the usual one when absent
    #[arg(long, value_name = "T")]
    temperature: Option<f64>,
    /// How much more than without speech and plan counts what they ask for; as usual when absent
    #[arg(long, value_name = "G")]
    guidance: Option<f64>,
    /// Do not plan strokes from the speech first
    #[arg(long)]
    unplanned: bool,
}

/// Arguments of `orator eval pictures`.
#[derive(Args)]
struct PictureArguments {
    #[command(flatten)]
    clips: Clips,
    /// Renderers to compare
    #[arg(long, value_enum, num_args = 1.., default_values_t = [RendererName::Warp, RendererName::Contextual])]
    renderer: Vec<RendererName>,
    /// Weights of the learned renderer, by name or path
    #[arg(long, value_name = "NAME|FILE")]
    renderer_weights: Option<String>,
    /// Frames of each clip
    #[arg(long, value_name = "N", default_value_t = 12)]
    frames: usize,
}

/// Carries it out.
pub fn run(arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    match &arguments.what {
        What::Motion(arguments) => motion(arguments, screen),
        What::Pictures(arguments) => pictures(arguments, screen),
    }
}

fn wrong(error: orator_train::TrainError) -> Failure {
    Failure { code: Code::BadInput, ..Failure::from(error) }
}

fn motion(arguments: &MotionArguments, screen: &mut Screen) -> Result<(), Failure> {
    let Clips { config, corpus, out, clips } = &arguments.clips;
    let config = TrainConfig::read(config).map_err(wrong)?;
    let usual = MotionKind::default().default_weights();
    let path = models::find(arguments.weights.as_deref().unwrap_or(usual))?;
    let (model, weights) = models::load_keypoint_motion(&path)?;
    let usual = SampleOptions::default();
    let settings = EvaluationSettings {
        clips: *clips,
        speaker: arguments.speaker.clone(),
        options: SampleOptions {
            seed: arguments.seed,
            steps: arguments.steps,
            temperature: arguments.temperature.unwrap_or(usual.temperature),
            guidance: arguments.guidance,
            planned_strokes: !arguments.unplanned,
            ..usual
        },
    };
    let folder = out.join("prepared");
    let report =
        evaluate(model.as_ref(), &config.clips, corpus, &folder, &settings, &mut |e| tell(&e, screen))?;
    screen.end_bar();
    screen.json(&json!({ "event": "motion", "weights": weights, "report": report }));
    write(&out.join("motion.json"), &json!({ "weights": weights, "report": report }), screen)?;
    let line = |screen: &Screen, name: &str, b: &Beside| {
        let shown = |v: Option<f64>| v.map_or_else(|| "-".to_owned(), |v| format!("{v:.3}"));
        screen.say(&format!(
            "{name:<34}{:>9}{:>14}{:>9}{:>9}",
            shown(b.own),
            shown(b.other),
            shown(b.truth),
            shown(b.represented)
        ));
    };
    for (kind, r) in &report.kinds {
        screen.say(&format!("{kind}: {} clips, {:.0} s", r.clips, r.seconds));
        screen
            .say(&format!("{:<34}{:>9}{:>14}{:>9}{:>9}", "", "own sound", "other sound", "truth", "as held"));
        line(screen, "lips follow loudness", &r.lips);
        line(screen, "  the same, sound moved", &r.lips_shifted);
        line(screen, "beats with a stroke in 120 ms", &r.beats_answered);
        line(screen, "strokes on a stressed syllable", &r.strokes_on_stress);
        line(screen, "  by chance", &r.strokes_on_stress_by_chance);
        line(screen, "strokes a minute", &r.strokes_a_minute);
        line(screen, "faster strokes on such a syllable", &r.fast_strokes_on_stress);
        line(screen, "  by chance", &r.fast_strokes_on_stress_by_chance);
        line(screen, "planned strokes a minute", &r.planned_a_minute);
        line(screen, "  planned on a stressed syllable", &r.planned_on_stress);
        line(screen, "  made by the hand in 120 ms", &r.planned_made);
        line(screen, "beat strokes on their syllable", &r.beats_on_syllable);
        line(screen, "  by chance", &r.beats_on_syllable_by_chance);
        line(screen, "arms, error (shoulder widths)", &r.arm_error);
        line(screen, "arms, Fréchet distance", &r.arm_distance);
    }
    Ok(())
}

fn pictures(arguments: &PictureArguments, screen: &mut Screen) -> Result<(), Failure> {
    let Clips { config, corpus, out, clips } = &arguments.clips;
    let config = PictureTrainConfig::read(config).map_err(wrong)?;
    let mut renderers = Vec::new();
    let mut weights = Vec::new();
    for name in &arguments.renderer {
        let kind = RendererKind::from(*name);
        let (renderer, used) = load_renderer(kind, arguments.renderer_weights.as_deref())?;
        renderers.push((kind.name().to_owned(), renderer));
        weights.extend(used);
    }
    let settings =
        ReenactmentSettings { clips: *clips, frames: arguments.frames, ..ReenactmentSettings::default() };
    let (folder, sheet) = (out.join("prepared"), out.join("reenactment.png"));
    let table = reenact(&renderers, &config, corpus, &folder, &settings, &sheet, &mut |e| tell(&e, screen))?;
    screen.end_bar();
    screen.json(&json!({ "event": "pictures", "weights": weights, "table": table }));
    write(&out.join("pictures.json"), &json!({ "weights": weights, "table": table }), screen)?;
    let shown = |v: Option<f64>, digits: usize| v.map_or_else(|| "-".to_owned(), |v| format!("{v:.digits$}"));
    for (kind, scores) in &table.scores {
        let count = table.clips.get(kind).copied().unwrap_or(0);
        screen.say(&format!("{kind}: {count} clips{:>28}{:>8}{:>8}", "PSNR", "SSIM", "LPIPS"));
        for (name, report) in scores {
            for (area, of) in [("whole", report.whole), ("hands", report.hands), ("lips", report.lips)] {
                screen.say(&format!(
                    "{name:<14}{area:<18}{:>8}{:>8}{:>8}",
                    shown(of.psnr, 2),
                    shown(of.ssim, 3),
                    shown(of.lpips, 3)
                ));
            }
        }
    }
    screen.say(&format!("wrote {}", sheet.display()));
    Ok(())
}

fn tell(event: &Event, screen: &mut Screen) {
    if let Event::Preparing { done, total, clip } = event {
        preparing::show(*done, *total, clip, screen);
    }
}

fn write(path: &Path, value: &impl Serialize, screen: &Screen) -> Result<(), Failure> {
    let failed = |error: orator_media::MediaError| Failure {
        code: Code::Output,
        text: error.to_string(),
        hint: error.hint(),
    };
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut file = OutputFile::create(path).map_err(failed)?;
    writeln!(file, "{text}").map_err(|error| failed(file.error(error)))?;
    file.persist().map_err(failed)?;
    screen.say(&format!("wrote {}", path.display()));
    Ok(())
}
