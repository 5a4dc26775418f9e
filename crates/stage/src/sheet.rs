//! Contact sheets: people, expressions and gestures laid out for a person to look at.

use orator_media::Picture;
use rayon::prelude::*;

use crate::figure::Anatomy;
use crate::picture::{Drawn, PictureMaker};
use crate::portrait::held;
use crate::script::{Form, Hands, Score, Talk, sentences};
use crate::{Presenter, RenderSettings, Result, Scene, StageError};

/// What is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One person a tile, in the middle of a sentence.
    People,
    /// The mouth shapes of one person.
    Expressions,
    /// The gestures of one person at their stroke's end.
    Gestures,
}

/// A sheet's plan.
#[derive(Clone, Debug, PartialEq)]
pub struct SheetSettings {
    /// What is laid out.
    pub subject: Subject,
    /// The first identity, or the only one.
    pub identity: u64,
    /// Number of people (1–400); the other sheets have as many tiles as there are shapes.
    pub count: usize,
    /// Tiles in a row.
    pub columns: usize,
    /// Side of a tile in pixels.
    pub tile: usize,
}

/// Draws a sheet.
///
/// # Errors
/// For impossible settings, or when the figure's data is missing.
pub fn sheet(anatomy: &Anatomy, settings: &SheetSettings) -> Result<Picture> {
    if !(1..=400).contains(&settings.count)
        || !(1..=40).contains(&settings.columns)
        || !(32..=512).contains(&settings.tile)
    {
        return Err(StageError::Setting {
            what: "a sheet has 1 to 400 people, 1 to 40 columns, and tiles of 32 to 512 pixels".into(),
            hint: "give --count, --columns, --size".into(),
        });
    }
    let tiles = match settings.subject {
        Subject::People => (0..settings.count)
            .into_par_iter()
            .map(|index| person(anatomy, settings.identity + index as u64, settings.tile))
            .collect::<Result<Vec<Drawn>>>()?,
        Subject::Expressions => expressions(anatomy, settings)?,
        Subject::Gestures => gestures(anatomy, settings)?,
    };
    Ok(lay_out(&tiles, settings))
}

fn look(tile: usize) -> RenderSettings {
    RenderSettings { size: Some(tile), drift: false, clutter: 0.6, ..RenderSettings::default() }
}

/// How fast people without sound speak.
const WORDS_PER_MINUTE: f64 = 150.0;
/// Where in the talk a person is shown, in seconds.
const MOMENT: f64 = 2.0;

fn person(anatomy: &Anatomy, identity: u64, tile: usize) -> Result<Drawn> {
    let presenter = Presenter::new(anatomy, identity)?;
    let text = sentences(identity).next().unwrap_or_default();
    let scene =
        Scene::new(&presenter, &Talk::timed(&text, WORDS_PER_MINUTE, identity), identity, &look(tile));
    let moment =
        scene.score.gestures.iter().map(|gesture| gesture.stroke_end).find(|at| *at > 1.0).unwrap_or(MOMENT);
    Ok(scene.draw(moment, &mut PictureMaker::new(tile)).unwrap_or_default())
}

/// One phone of each mouth shape.
const PHONES: [&str; 20] = [
    "SIL", "AA", "AE", "EH", "IY", "OW", "UW", "AH", "ER", "B", "F", "TH", "D", "S", "SH", "K", "L", "R",
    "W", "AY",
];

fn expressions(anatomy: &Anatomy, settings: &SheetSettings) -> Result<Vec<Drawn>> {
    let presenter = Presenter::new(anatomy, settings.identity)?;
    let tile = |symbol: &&str| {
        let phone = |symbol: &str, start: f64, end: f64| crate::script::Phone {
            symbol: symbol.into(),
            stress: 0,
            start,
            end,
        };
        let phones = vec![phone("SIL", 0.0, 0.4), phone(symbol, 0.4, 0.8), phone("SIL", 0.8, 1.2)];
        let talk = Talk { text: String::new(), words: Vec::new(), phones, duration: 1.2 };
        let scene = Scene::new(&presenter, &talk, settings.identity, &look(settings.tile));
        scene.draw_face(0.6, &mut PictureMaker::new(settings.tile)).unwrap_or_default()
    };
    Ok(PHONES.par_iter().map(tile).collect())
}

fn gestures(anatomy: &Anatomy, settings: &SheetSettings) -> Result<Vec<Drawn>> {
    let presenter = Presenter::new(anatomy, settings.identity)?;
    let mut shown = Vec::new();
    let forms = Form::ALL.into_iter().filter(|form| !matches!(form, Form::Number(_)));
    for form in forms.chain((1..=5).map(Form::Number)) {
        // The start and the end of each stroke, side by side.
        for at in [1.2, 1.5] {
            shown.push((form, at));
        }
    }
    let tile = |&(form, at): &(Form, f64)| {
        let talk = Talk { duration: 4.0, ..Talk::timed("This is shown.", WORDS_PER_MINUTE, 0) };
        let hands =
            if matches!(form, Form::Big | Form::All | Form::Small) { Hands::Both } else { Hands::Right };
        let hands = if form == Form::OneHand { Hands::Left } else { hands };
        let gesture = held(form, hands, 1.2..1.5);
        let score = Score { gestures: vec![gesture] };
        let scene =
            Scene::new(&presenter, &talk, settings.identity, &look(settings.tile)).with_score(&talk, score);
        scene.draw(at, &mut PictureMaker::new(settings.tile)).unwrap_or_default()
    };
    Ok(shown.par_iter().map(tile).collect())
}

fn lay_out(tiles: &[Drawn], settings: &SheetSettings) -> Picture {
    let (side, columns) = (settings.tile, settings.columns.min(tiles.len()).max(1));
    let width = columns * side;
    let mut sheet = Picture::filled(width, tiles.len().div_ceil(columns) * side, [24; 3]);
    for (index, drawn) in tiles.iter().enumerate().filter(|(_, drawn)| drawn.size == side) {
        let (left, top) = (index % columns * side, index / columns * side);
        for (y, row) in drawn.rgb.chunks_exact(side * 3).enumerate() {
            let at = ((top + y) * width + left) * 3;
            sheet.rgb_mut()[at..at + side * 3].copy_from_slice(row);
        }
    }
    sheet
}
