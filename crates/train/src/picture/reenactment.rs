//! Renderers on held-out clips: the first frame and the clip's own motion should give the clip back (METHODS 5).

use super::frame_store::{FrameClip, load_frames};
use super::guide_drawing::portrait;
use super::held_out::HeldOutClips;
use super::sheet::Sheet;
use crate::{ClipSource, Event, Result, TrainError};
use ndarray::Axis;
use orator_body::{KeypointTrack, Portrait};
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

/// A renderer and the name it has in tables.
pub type Contender = (String, Box<dyn Renderer>);

/// Draws held-out clips with each renderer, scores them, and writes `sheet` (a row a clip: source, driving, then each
/// renderer's picture of the driving frame). Renderers of keypoints are given the clip's own; renderers of a latent motion
/// of their own read it from the driving frames. `folder` keeps what is prepared.
///
/// # Errors
/// When clips cannot be prepared or drawn, or the sheet cannot be written.
pub fn reenact(
    renderers: &[Contender],
    held_out: &HeldOutClips,
    corpus: &Path,
    folder: &Path,
    settings: &ReenactmentSettings,
    sheet: &Path,
    tell: &mut dyn FnMut(Event),
) -> Result<ReenactmentTable> {
    if renderers.is_empty() {
        return Err(TrainError::Corpus {
            what: "there is nothing to compare".into(),
            hint: "name a renderer".into(),
        });
    }
    let silent: Vec<ClipSource> =
        held_out.clips.iter().map(|clip| ClipSource { speech: false, ..clip.clone() }).collect();
    let clips = load_frames(&silent, (held_out.side, held_out.every), corpus, folder, tell)?;
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
    renderers: &[Contender],
    clip: &FrameClip,
    settings: &ReenactmentSettings,
    perceiver: &mut Perceiver,
    scores: &mut [PictureScores],
) -> Result<Row> {
    let picture = |frame: usize| -> Result<Picture> {
        Ok(Picture::from_rgb(clip.side, clip.side, clip.picture(frame)?)?)
    };
    let portrait = portrait(clip, 0, perceiver)?;
    let last = clip.frames() - 1;
    let count = settings.frames.clamp(1, last);
    let frames: Vec<usize> = (1..=count).map(|n| (n * last) / count).collect();
    let real: Vec<Picture> = frames.iter().map(|&frame| picture(frame)).collect::<Result<_>>()?;
    let shown = count / 2;
    let mut row = vec![picture(0)?, real[shown].clone()];
    let mut psnr = 0.0;
    for ((_, renderer), scores) in renderers.iter().zip(scores) {
        let mut made = draw(renderer.as_ref(), &portrait, &clip.track, &frames, &real)?;
        let mut of_clip = PictureScores::default();
        for ((&frame, real), made) in frames.iter().zip(&real).zip(&made) {
            let boxes = PartBoxes::of(&clip.track, frame, &BoxConfig::default());
            scores.add_with_boxes(real, made, &boxes)?;
            of_clip.add(real, made)?;
        }
        row.push(made.swap_remove(shown));
        psnr = of_clip.report().whole.psnr.unwrap_or(f64::INFINITY);
    }
    Ok(Row { pictures: row, psnr })
}

/// The portrait in the poses of `frames` of the track, or in those that the renderer itself sees in the driving pictures
/// `real`, as many.
fn draw(
    renderer: &dyn Renderer,
    portrait: &Portrait,
    track: &KeypointTrack,
    frames: &[usize],
    real: &[Picture],
) -> Result<Vec<Picture>> {
    let mut scene = renderer.prepare(portrait)?;
    let Some(reader) = renderer.motion_reader() else {
        let (points, confidence) = (track.points(), track.confidence());
        let pose = |&frame| (points.index_axis(Axis(0), frame), confidence.index_axis(Axis(0), frame));
        let poses: Vec<_> = frames.iter().map(pose).collect();
        return Ok(scene.render_many(&poses)?);
    };
    let latents = reader.read_motion(real)?;
    Ok(scene.render_latents(&latents.rows().into_iter().collect::<Vec<_>>())?)
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

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2};
    use orator_body::Layout;
    use orator_media::FrameRate;
    use orator_render::{MotionReader, Scene};

    /// Draws its own portrait as bright as the driving picture's first pixel, or as far right as the first point.
    struct Flat {
        latent: bool,
    }

    struct FlatScene(usize);

    impl MotionReader for Flat {
        fn read_motion(&self, pictures: &[Picture]) -> orator_render::Result<Array2<f32>> {
            let values = pictures.iter().map(|picture| f32::from(picture.pixel(0, 0)[0])).collect();
            Ok(Array1::from_vec(values).insert_axis(Axis(1)))
        }

        fn transfer(
            &self,
            motion: ArrayView2<'_, f32>,
            _: ArrayView1<'_, f32>,
            _: ArrayView1<'_, f32>,
        ) -> Array2<f32> {
            motion.to_owned()
        }
    }

    impl Renderer for Flat {
        fn name(&self) -> &'static str {
            "flat"
        }

        fn motion_reader(&self) -> Option<&dyn MotionReader> {
            self.latent.then_some(self as &dyn MotionReader)
        }

        fn prepare(&self, portrait: &Portrait) -> orator_render::Result<Box<dyn Scene>> {
            Ok(Box::new(FlatScene(portrait.picture.width())))
        }
    }

    impl Scene for FlatScene {
        fn render(
            &mut self,
            points: ArrayView2<'_, f32>,
            _: ArrayView1<'_, f32>,
        ) -> orator_render::Result<Picture> {
            Ok(Picture::filled(self.0, self.0, [points[[0, 0]] as u8; 3]))
        }

        fn render_latents(&mut self, latents: &[ArrayView1<'_, f32>]) -> orator_render::Result<Vec<Picture>> {
            Ok(latents.iter().map(|row| Picture::filled(self.0, self.0, [row[0] as u8; 3])).collect())
        }
    }

    #[test]
    fn each_renderer_is_given_what_it_draws_from() {
        let mut points = Array3::<f32>::zeros((4, Layout::WholeBody133.len(), 2));
        for frame in 0..4 {
            points[[frame, 0, 0]] = 10.0 + frame as f32;
        }
        let confidence = Array2::<f32>::ones((4, Layout::WholeBody133.len()));
        let rate = FrameRate::new(25, 1).unwrap();
        let track = KeypointTrack::new(Layout::WholeBody133, rate, (32, 32), points, confidence).unwrap();
        let portrait = Portrait {
            picture: Picture::filled(32, 32, [0; 3]),
            keypoints: track.frame(0).unwrap(),
            person_mask: vec![0; 32 * 32],
        };
        let real = [Picture::filled(32, 32, [77; 3]), Picture::filled(32, 32, [88; 3])];
        let of = |latent| {
            let made = draw(&Flat { latent }, &portrait, &track, &[1, 3], &real).unwrap();
            made.iter().map(|picture| picture.pixel(5, 5)[0]).collect::<Vec<u8>>()
        };
        assert_eq!(of(false), [11, 13]);
        assert_eq!(of(true), [77, 88]);
    }

    #[test]
    fn the_worst_two_are_shown_first() {
        let row = |psnr: f64| Row { pictures: vec![Picture::filled(2, 2, [psnr as u8; 3])], psnr };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        write_sheet([30.0, 10.0, 50.0, 20.0, 40.0].map(row).into(), 4, &path).unwrap();
        let sheet = orator_media::picture::read(&path, &orator_media::Limits::default()).unwrap();
        let shown: Vec<u8> = (0..sheet.height() / 2).map(|at| sheet.pixel(0, 2 * at)[0]).collect();
        assert_eq!(shown, [10, 20, 30, 50]);
    }
}
