//! `orator stage`: synthetic presenters.

use crate::exit::{Code, Failure};
use crate::screen::Screen;
use clap::{Args, Subcommand, ValueEnum};
use orator_perceive::Perceiver;
use orator_stage::figure::Anatomy;
use orator_stage::script::{Form, Recordings, sentences};
use orator_stage::{
    CheckSettings, PortraitSettings, Progress, RenderSettings, SheetSettings, StageError, Subject, calibrate,
    check, finish_corpus, portrait, render_shard, sheet, strokes,
};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments of `orator stage`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

/// What is done with the presenters.
#[derive(Subcommand)]
enum Action {
    /// Render a corpus, or one shard of it
    Render(Render),
    /// Lay out people, mouth shapes or gestures on one picture
    Sheet(Sheet),
    /// Draw one person, silent, with open hands: a picture for `orator generate`
    Portrait(Portrait),
    /// Print sentences to be spoken, rich in words that call for gestures
    Sentences(Sentences),
    /// Look at random frames with the detector and compare with the truth
    Check(Look),
    /// Look for the stored strokes in the motion of the true wrists
    Strokes(Look),
    /// Fit the places of the keypoints on the figure to the detector (for developers)
    Calibrate(Calibrate),
}

/// Arguments of `orator stage render`.
#[derive(Args)]
struct Render {
    /// Seed of people, speech, gestures, light and camera
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// Number of people; every tenth is held out
    #[arg(long, default_value_t = 20)]
    people: u32,
    /// Minutes over all people together, at 25 frames a second
    #[arg(long)]
    minutes: f64,
    /// One shard of so many, counted from 0; without it, all of --shards are rendered and joined
    #[arg(long, value_name = "I/N", conflicts_with = "shards")]
    shard: Option<String>,
    /// Number of shards
    #[arg(long, default_value_t = 1, value_name = "N")]
    shards: u32,
    /// Recordings: NAME.wav or NAME.mp4 files with the times of their words, or `librivox` [default: 40 sentences that come along]
    #[arg(long, value_name = "FOLDER")]
    speech: Option<PathBuf>,
    /// Side of the pictures in pixels; 0 for sound and truth only
    #[arg(long, default_value_t = 256)]
    size: usize,
    /// Backgrounds from 0 (plain) to 1 (cluttered)
    #[arg(long, default_value_t = 0.5)]
    clutter: f32,
    /// Compression of the videos: each clip's own, from none that one sees (0) up to this, at most 1 (a bad video call)
    #[arg(long, default_value_t = 0.7)]
    compression: f32,
    /// Keep the camera on its stand
    #[arg(long)]
    still: bool,
    /// Least length of a clip in seconds
    #[arg(long, default_value_t = 9.0)]
    clip_seconds: f64,
    /// The corpus folder
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// Arguments of `orator stage sheet`.
#[derive(Args)]
struct Sheet {
    /// What is laid out
    #[arg(long, value_enum, default_value_t = SubjectName::People)]
    of: SubjectName,
    /// The first person, or the only one, by identity seed
    #[arg(long, default_value_t = 0)]
    identity: u64,
    /// Number of people
    #[arg(long, default_value_t = 100)]
    count: usize,
    /// Tiles in a row
    #[arg(long, default_value_t = 10)]
    columns: usize,
    /// Side of a tile in pixels
    #[arg(long, default_value_t = 160)]
    size: usize,
    /// The picture
    #[arg(long, value_name = "PICTURE.png")]
    out: PathBuf,
}

/// [`Subject`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum SubjectName {
    /// One person a tile
    People,
    /// One person's mouth shapes
    Expressions,
    /// One person's gestures, start and end of each stroke
    Gestures,
}

/// Arguments of `orator stage portrait`.
#[derive(Args)]
struct Portrait {
    /// Who: the identity seed
    #[arg(long, default_value_t = 0)]
    identity: u64,
    /// The gesture that both hands hold
    #[arg(long, value_enum, default_value_t = HeldName::Offer)]
    gesture: HeldName,
    /// Side in pixels
    #[arg(long, default_value_t = 512)]
    size: usize,
    /// Background from 0 (plain) to 1 (cluttered)
    #[arg(long, default_value_t = 0.3)]
    clutter: f32,
    /// Seed of light, background and posture
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The picture
    #[arg(long, value_name = "PICTURE.png")]
    out: PathBuf,
}

/// The gestures that look well held, on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum HeldName {
    /// Cupped hands that offer a thought
    Offer,
    /// Hands wide apart
    Big,
    /// Hands close together
    Small,
    /// Hands raised
    Up,
    /// Hands swept outwards
    All,
}

/// Arguments of `orator stage sentences`.
#[derive(Args)]
struct Sentences {
    /// Seed
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many
    #[arg(long, default_value_t = 100)]
    count: usize,
}

/// Arguments of `orator stage check`, and of `calibrate`.
#[derive(Args)]
struct Look {
    /// Seed of the choice of frames
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// First person, by identity seed
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Number of people
    #[arg(long, default_value_t = 200)]
    people: u64,
    /// Frames of each
    #[arg(long, default_value_t = 25)]
    frames: usize,
    /// Side of the pictures in pixels
    #[arg(long, default_value_t = 256)]
    size: usize,
    /// Recordings, as for `render`
    #[arg(long, value_name = "FOLDER")]
    speech: Option<PathBuf>,
    /// Write the figures as JSON
    #[arg(long, value_name = "FILE.json")]
    report: Option<PathBuf>,
}

/// Arguments of `orator stage calibrate`.
#[derive(Args)]
struct Calibrate {
    #[command(flatten)]
    look: Look,
    /// The table of anchors
    #[arg(long, value_name = "FILE.json")]
    out: PathBuf,
}

/// Carries it out.
pub fn run(arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    match &arguments.action {
        Action::Render(arguments) => render(arguments, screen),
        Action::Sheet(arguments) => draw_sheet(arguments, screen),
        Action::Portrait(arguments) => draw_portrait(arguments, screen),
        Action::Sentences(arguments) => {
            for sentence in sentences(arguments.seed).take(arguments.count) {
                screen.print(&sentence);
            }
            Ok(())
        }
        Action::Check(arguments) => look(arguments, screen),
        Action::Strokes(arguments) => find_strokes(arguments, screen),
        Action::Calibrate(arguments) => fit(arguments, screen),
    }
}

/// In the place of a folder of recordings: the LibriVox clips that `setup` brings.
const LIBRIVOX: &str = "librivox";

fn not_fetched(error: orator_assets::AssetError) -> Failure {
    Failure { code: Code::Models, text: error.to_string(), hint: error.hint() }
}

fn anatomy() -> Result<Anatomy, Failure> {
    Ok(Anatomy::load(&orator_assets::figure().map_err(not_fetched)?)?)
}

fn recordings(folder: Option<&Path>) -> Result<Recordings, Failure> {
    match folder {
        None => Ok(Recordings::bundled()?),
        Some(name) if name == Path::new(LIBRIVOX) => {
            let clips = orator_assets::demo_speeches().map_err(not_fetched)?;
            let folder = clips.first().and_then(|clip| clip.parent()).unwrap_or(name);
            Ok(Recordings::open(folder)?)
        }
        Some(folder) => Ok(Recordings::open(folder)?),
    }
}

fn render(arguments: &Render, screen: &mut Screen) -> Result<(), Failure> {
    let (shards, only) = match &arguments.shard {
        None => (arguments.shards, None),
        Some(text) => {
            let parts = text
                .split_once('/')
                .and_then(|(i, n)| Some((i.parse::<u32>().ok()?, n.parse::<u32>().ok()?)));
            let (index, shards) = parts.filter(|(index, shards)| index < shards).ok_or_else(|| {
                Failure::new(
                    Code::Usage,
                    format!("--shard {text} is not I/N with I below N"),
                    "shards are counted from 0: 0/4 is the first of four",
                )
            })?;
            (shards, Some(index))
        }
    };
    let settings = RenderSettings {
        seed: arguments.seed,
        people: arguments.people,
        minutes: arguments.minutes,
        shards,
        size: (arguments.size > 0).then_some(arguments.size),
        clutter: arguments.clutter,
        compression: arguments.compression,
        drift: !arguments.still,
        clip_seconds: arguments.clip_seconds,
    };
    settings.check()?;
    let speech = recordings(arguments.speech.as_deref())?;
    let anatomy = anatomy()?;
    std::fs::create_dir_all(&arguments.out).map_err(|e| unwritable(&arguments.out, &e))?;
    for shard in only.map_or(0..shards, |index| index..index + 1) {
        let began = Instant::now();
        render_shard(&anatomy, &speech, &settings, shard, &arguments.out, &mut |progress| match progress {
            Progress::Kept { shard } => screen.say(&format!("shard {shard} is whole already")),
            Progress::Clips { shard, done, total } => {
                let left = began.elapsed().as_secs_f64() / done as f64 * (total - done) as f64;
                screen.json(&json!({ "event": "progress", "name": "render", "shard": shard, "done": done, "total": total }));
                screen.progress("render", done as u64, total as u64, left);
            }
        })?;
        screen.end_bar();
    }
    if only.is_none() {
        let totals = finish_corpus(&arguments.out)?;
        screen.json(&json!({ "event": "corpus", "totals": totals }));
        screen.say(&format!("wrote the corpus {}", arguments.out.display()));
    }
    Ok(())
}

fn draw_sheet(arguments: &Sheet, screen: &mut Screen) -> Result<(), Failure> {
    let settings = SheetSettings {
        subject: match arguments.of {
            SubjectName::People => Subject::People,
            SubjectName::Expressions => Subject::Expressions,
            SubjectName::Gestures => Subject::Gestures,
        },
        identity: arguments.identity,
        count: arguments.count,
        columns: arguments.columns,
        tile: arguments.size,
    };
    sheet(&anatomy()?, &settings)?.write_png(&arguments.out).map_err(StageError::from)?;
    screen.say(&format!("wrote {}", arguments.out.display()));
    Ok(())
}

fn draw_portrait(arguments: &Portrait, screen: &mut Screen) -> Result<(), Failure> {
    let settings = PortraitSettings {
        identity: arguments.identity,
        form: match arguments.gesture {
            HeldName::Offer => Form::Offer,
            HeldName::Big => Form::Big,
            HeldName::Small => Form::Small,
            HeldName::Up => Form::Up,
            HeldName::All => Form::All,
        },
        size: arguments.size,
        clutter: arguments.clutter,
        seed: arguments.seed,
    };
    portrait(&anatomy()?, &settings)?.write_png(&arguments.out).map_err(StageError::from)?;
    screen.say(&format!("wrote {}", arguments.out.display()));
    Ok(())
}

fn settings(arguments: &Look) -> CheckSettings {
    CheckSettings {
        seed: arguments.seed,
        first: arguments.first,
        people: arguments.people,
        frames: arguments.frames,
        size: arguments.size,
    }
}

fn perceiver() -> Result<Perceiver, Failure> {
    Perceiver::load().map_err(|e| Failure { code: Code::Models, text: e.to_string(), hint: e.hint() })
}

fn look(arguments: &Look, screen: &mut Screen) -> Result<(), Failure> {
    let total = arguments.people * arguments.frames as u64;
    let began = Instant::now();
    let mut tell = |done: usize| {
        let left = began.elapsed().as_secs_f64() / done as f64 * (total as f64 - done as f64);
        screen.progress("look", done as u64, total, left);
    };
    let speech = recordings(arguments.speech.as_deref())?;
    let report = check(&anatomy()?, &speech, &settings(arguments), &mut perceiver()?, &mut tell)?;
    screen.end_bar();
    screen.json(&json!({ "event": "check", "report": report }));
    screen.say(&format!(
        "{} frames: body in {:.2} %, face in {:.2} %, {} visible hands, of which {:.2} % found",
        report.frames,
        100.0 * report.body,
        100.0 * report.face,
        report.hands,
        100.0 * report.hands_found
    ));
    for (part, errors) in &report.errors {
        screen.say(&format!(
            "{part:<6} mean {:.2} px, median {:.2} px at 512 px, {} keypoints",
            errors.mean, errors.median, errors.count
        ));
    }
    if let Some(path) = &arguments.report {
        write_json(path, &report)?;
    }
    Ok(())
}

fn find_strokes(arguments: &Look, screen: &mut Screen) -> Result<(), Failure> {
    let speech = recordings(arguments.speech.as_deref())?;
    let report = strokes(&anatomy()?, &speech, &settings(arguments))?;
    screen.json(&json!({ "event": "strokes", "report": report }));
    let line = |what: &str, count: usize, found: f64, chance: f64| {
        let (found, chance) = (100.0 * found, 100.0 * chance);
        screen.say(&format!("{count} {what}: {found:.1} % found within 120 ms, {chance:.1} % by chance"));
    };
    screen.say(&format!("{} clips, {:.0} s", report.clips, report.seconds));
    line("beats", report.beats, report.beats_found, report.beats_by_chance);
    line("strokes", report.strokes, report.strokes_found, report.strokes_by_chance);
    if let Some(path) = &arguments.report {
        write_json(path, &report)?;
    }
    Ok(())
}

fn fit(arguments: &Calibrate, screen: &mut Screen) -> Result<(), Failure> {
    let total = arguments.look.people * arguments.look.frames as u64;
    let speech = recordings(arguments.look.speech.as_deref())?;
    let mut tell = |done: usize| screen.progress("look", done as u64, total, f64::NAN);
    let anchors = calibrate(&anatomy()?, &speech, &settings(&arguments.look), &mut perceiver()?, &mut tell)?;
    screen.end_bar();
    write_json(&arguments.out, &anchors)?;
    screen.say(&format!("wrote {}", arguments.out.display()));
    Ok(())
}

fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).unwrap_or_default() + "\n";
    std::fs::write(path, text).map_err(|e| unwritable(path, &e))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Code::Output, format!("{}: {error}", path.display()), "choose another place with --out")
}
