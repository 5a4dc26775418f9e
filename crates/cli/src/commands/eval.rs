//! `orator eval`: models on clips they did not learn from.

use crate::exit::{Code, Failure};
use crate::screen::Screen;
use clap::{Args, Subcommand, ValueEnum};
use orator_media::OutputFile;
use orator_motion::SampleOptions;
use orator_studio::{MotionKind, RendererKind, load_motion, load_renderer, models};
use orator_train::Event;
use orator_train::evaluation::{Beside, EvaluationSettings, evaluate};
use orator_train::picture::{HeldOutClips, ReenactmentSettings, reenact};
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
    /// Draw the motion with this renderer and measure what is seen in the pictures
    #[arg(long, value_name = "NAME[=WEIGHTS]", value_parser = contender)]
    renderer: Option<Contender>,
}

/// Arguments of `orator eval pictures`.
#[derive(Args)]
struct PictureArguments {
    #[command(flatten)]
    clips: Clips,
    /// Renderers to compare, each with its weights by name or path: warp, contextual, deviation=FILE, ...
    #[arg(long, value_name = "NAME[=WEIGHTS]", num_args = 1.., value_parser = contender, default_values = ["warp", "contextual"])]
    renderer: Vec<Contender>,
    /// Weights of learned renderers that are named without
    #[arg(long, value_name = "NAME|FILE")]
    renderer_weights: Option<String>,
    /// Frames of each clip
    #[arg(long, value_name = "N", default_value_t = 12)]
    frames: usize,
}

/// A renderer and its weights as they are named on the command line.
#[derive(Clone)]
struct Contender {
    kind: RendererKind,
    weights: Option<String>,
}

fn contender(text: &str) -> Result<Contender, String> {
    let (name, weights) = match text.split_once('=') {
        Some((name, weights)) => (name, Some(weights.to_owned())),
        None => (text, None),
    };
    let kind = RendererKind::from(RendererName::from_str(name, false).map_err(|_| {
        let names = RendererName::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
        format!("there is no renderer `{name}`; there are {}", names.join(", "))
    })?);
    if weights.is_some() && kind.default_weights().is_none() {
        return Err(format!("the renderer {name} has no weights"));
    }
    Ok(Contender { kind, weights })
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
    let held_out = HeldOutClips::read(config).map_err(wrong)?;
    let renderer = match &arguments.renderer {
        Some(Contender { kind, weights }) => Some(load_renderer(*kind, weights.as_deref())?.0),
        None => None,
    };
    let latent = renderer.as_ref().is_some_and(|renderer| renderer.motion_reader().is_some());
    let usual = if latent { MotionKind::Deviation } else { MotionKind::default() };
    let path = models::find(arguments.weights.as_deref().unwrap_or(usual.default_weights()))?;
    let (model, weights) =
        if latent { load_motion(usual, path.to_str())? } else { models::load_keypoint_motion(&path)? };
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
        evaluate(model.as_ref(), renderer.as_deref(), &held_out, corpus, &folder, &settings, &mut |e| {
            tell(&e, screen)
        })?;
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
    let held_out = HeldOutClips::read(config).map_err(wrong)?;
    let mut renderers = Vec::new();
    let mut weights = Vec::new();
    for Contender { kind, weights: own } in &arguments.renderer {
        let given = own.as_deref().or(arguments.renderer_weights.as_deref());
        let (renderer, used) = load_renderer(*kind, given)?;
        renderers.push((row_name(*kind, used.as_deref(), &arguments.renderer), renderer));
        weights.extend(used);
    }
    let settings =
        ReenactmentSettings { clips: *clips, frames: arguments.frames, ..ReenactmentSettings::default() };
    let (folder, sheet) = (out.join("prepared"), out.join("reenactment.png"));
    let table =
        reenact(&renderers, &held_out, corpus, &folder, &settings, &sheet, &mut |e| tell(&e, screen))?;
    screen.end_bar();
    screen.json(&json!({ "event": "pictures", "weights": weights, "table": table }));
    write(&out.join("pictures.json"), &json!({ "weights": weights, "table": table }), screen)?;
    let shown = |v: Option<f64>, digits: usize| v.map_or_else(|| "-".to_owned(), |v| format!("{v:.digits$}"));
    for (kind, scores) in &table.scores {
        let clips = table.clips.get(kind).copied().unwrap_or(0);
        let wide = scores.keys().map(|name| name.len() + 2).max().unwrap_or(0).max(14);
        let head = format!("{kind}: {clips} clips");
        let columns = ["pictures", "PSNR", "SSIM", "LPIPS"].map(|name| format!("{name:>9}")).concat();
        screen.say(&format!("{head:<width$}{columns}", width = wide + 8));
        // In the order in which they were named.
        for (name, report) in renderers.iter().filter_map(|(name, _)| scores.get_key_value(name)) {
            for (area, of) in [("whole", report.whole), ("hands", report.hands), ("lips", report.lips)] {
                screen.say(&format!(
                    "{name:<wide$}{area:<8}{:>9}{:>9}{:>9}{:>9}",
                    of.compared,
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

/// A renderer's name in tables: with its weights where others of its kind are compared, too.
fn row_name(kind: RendererKind, used: Option<&str>, all: &[Contender]) -> String {
    let alone = all.iter().filter(|other| other.kind == kind).count() == 1;
    match used.filter(|_| !alone) {
        Some(used) => format!("{} {}", kind.name(), used.split_whitespace().next().unwrap_or_default()),
        None => kind.name().to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renderers_are_named_with_their_weights() {
        let of = |text: &str| contender(text).map(|named| (named.kind, named.weights));
        assert_eq!(of("warp"), Ok((RendererKind::Warp, None)));
        assert_eq!(of("deviation=a/b=c"), Ok((RendererKind::Deviation, Some("a/b=c".into()))));
        assert!(of("warp=x").is_err_and(|what| what.contains("no weights")));
        assert!(of("oil").is_err_and(|what| what.contains("contextual")));
    }

    #[test]
    fn rows_of_one_kind_are_told_apart() {
        let all = ["warp", "contextual=a", "contextual=b"].map(|text| contender(text).unwrap());
        assert_eq!(row_name(RendererKind::Warp, None, &all), "warp");
        assert_eq!(row_name(RendererKind::Contextual, Some("a sha256:12"), &all), "contextual a");
        assert_eq!(row_name(RendererKind::Contextual, Some("a sha256:12"), &all[..2]), "contextual");
    }
}
