//! Renderers on held-out clips: the first frame and the clip's own keypoints should give the clip back (METHODS 5).

use super::config::PictureTrainConfig;
use super::frame_store::FrameClip;
use super::guide_drawing::portrait;
use super::run::load_clips;
use super::sheet::Sheet;
use crate::{Event, Result, Split, TrainError};
use ndarray::Axis;
use orator_media::Picture;
use orator_metrics::{BoxConfig, PartBoxes, PictureReport, PictureScores};
use orator_perceive::Perceiver;
use orator_render::Renderer;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What is compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReenactmentSettings {
    /// Most held-out clips of each kind, spread evenly. Default 10.
    pub clips: usize,
    /// Frames of each clip, spread evenly. Default 12.
    pub frames: usize,
    /// Rows of the sheet; the two clips that the last renderer draws worst are among them. Default 10.
    pub rows: usize,
}

impl Default for ReenactmentSettings {
    fn default() -> Self {
        Self { clips: 10, frames: 12, rows: 10 }
    }
}

/// The scores of every renderer by kind of clips (`filmed`, `staged`) and renderer.
#[derive(Clone, Debug, Serialize)]
pub struct ReenactmentTable {
    /// How it was compared.
    pub settings: ReenactmentSettings,
    /// Clips of each kind.
    pub clips: BTreeMap<&'static str, usize>,
    /// The scores.
    pub scores: BTreeMap<&'static str, BTreeMap<String, PictureReport>>,
}

/// One clip's row of the sheet, and how well the last renderer drew the clip.
struct Row {
    pictures: Vec<Picture>,
    psnr: f64,
}

/// Draws held-out clips with each renderer, scores them, and writes `sheet` (a row a clip: source, driving, then each
/// renderer's picture of the driving frame). `folder` keeps what is prepared.
///
/// # Errors
/// When clips cannot be prepared or drawn, or the sheet cannot be written.
pub fn reenact(
    renderers: &[(String, Box<dyn Renderer>)],
    config: &PictureTrainConfig,
    corpus: &Path,
    folder: &Path,
    settings: &ReenactmentSettings,
    sheet: &Path,
    tell: &mut dyn FnMut(Event),
) -> Result<ReenactmentTable> {
    let mut held_out = config.clone();
    held_out.clips.retain(|clip| clip.split == Split::HeldOut);
    // Renderers draw their own guides.
    held_out.networks.refiner.guided = false;
    if held_out.clips.is_empty() || renderers.is_empty() {
        return Err(TrainError::Corpus {
            what: "there is nothing to compare".into(),
            hint: "name a renderer, and mark some clips of the configuration with `split: held-out`".into(),
        });
    }
    let clips = load_clips(&held_out, corpus, folder, tell)?;
    let mut perceiver = Perceiver::load()?;
    let mut table =
        ReenactmentTable { settings: settings.clone(), clips: BTreeMap::new(), scores: BTreeMap::new() };
    let mut rows = Vec::new();
    for (kind, exact) in [("filmed", false), ("staged", true)] {
        let all: Vec<&FrameClip> =
            clips.iter().filter(|c| c.exact == exact && c.frames() > 1 && c.has_face(0)).collect();
        let step = all.len().div_ceil(settings.clips.max(1)).max(1);
        let chosen: Vec<&FrameClip> = all.into_iter().step_by(step).collect();
        let mut scores: Vec<PictureScores> =
            renderers.iter().map(|_| Ok(PictureScores::with_what_is_there()?)).collect::<Result<_>>()?;
        for (done, clip) in chosen.iter().enumerate() {
            tell(Event::Preparing { done, total: chosen.len(), clip: format!("{} (drawn)", clip.name) });
            rows.push(clip_row(renderers, clip, settings, &mut perceiver, &mut scores)?);
        }
        if !chosen.is_empty() {
            table.clips.insert(kind, chosen.len());
            let reports = renderers.iter().zip(&scores).map(|((name, _), s)| (name.clone(), s.report()));
            table.scores.insert(kind, reports.collect());
        }
    }
    write_sheet(rows, settings.rows, sheet)?;
    Ok(table)
}

fn clip_row(
    renderers: &[(String, Box<dyn Renderer>)],
    clip: &FrameClip,
    settings: &ReenactmentSettings,
    perceiver: &mut Perceiver,
    scores: &mut [PictureScores],
) -> Result<Row> {
    let picture = |frame: usize| -> Result<Picture> {
        Ok(Picture::from_rgb(clip.side, clip.side, clip.picture(frame)?)?)
    };
    let source = picture(0)?;
    let portrait = portrait(clip, 0, perceiver)?;
    let last = clip.frames() - 1;
    let count = settings.frames.clamp(1, last);
    let frames: Vec<usize> = (1..=count).map(|n| (n * last) / count).collect();
    let shown = frames[count / 2];
    let mut row = vec![source, picture(shown)?];
    let mut psnr = 0.0;
    for ((_, renderer), scores) in renderers.iter().zip(scores) {
        let mut scene = renderer.prepare(&portrait)?;
        let mut of_clip = PictureScores::default();
        for &frame in &frames {
            let real = picture(frame)?;
            let made = scene.render(
                clip.track.points().index_axis(Axis(0), frame),
                clip.track.confidence().index_axis(Axis(0), frame),
            )?;
            let boxes = PartBoxes::of(&clip.track, frame, &BoxConfig::default());
            scores.add_with_boxes(&real, &made, &boxes)?;
            of_clip.add(&real, &made)?;
            if frame == shown {
                row.push(made);
            }
        }
        psnr = of_clip.report().whole.psnr.unwrap_or(f64::INFINITY);
    }
    Ok(Row { pictures: row, psnr })
}

/// The two worst clips first, then others spread over the rest.
fn write_sheet(mut rows: Vec<Row>, most: usize, path: &Path) -> Result<()> {
    const WORST: usize = 2;
    rows.sort_by(|a, b| a.psnr.total_cmp(&b.psnr));
    let rest = rows.split_off(WORST.min(rows.len()));
    let step = rest.len().div_ceil(most.saturating_sub(WORST).max(1)).max(1);
    let mut sheet = Sheet::default();
    for row in rows.into_iter().chain(rest.into_iter().step_by(step)).take(most) {
        sheet.row(row.pictures);
    }
    sheet.write(path)
}
