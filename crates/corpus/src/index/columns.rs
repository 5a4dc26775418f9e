//! The columns of the index: one table for writing and reading.

use crate::description::{check_extent, check_id, check_ranges};
use crate::{ClipRow, Limits, Member, SoundFormat, Split};
use orator_media::FrameRate;
use std::collections::HashMap;

/// One value of the index.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    Number(u64),
    Flag(bool),
}

/// How a column is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Json,
    U32,
    U64,
    Flag,
}

pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub value: fn(&ClipRow) -> Option<Cell>,
}

const fn required(name: &'static str, kind: Kind, value: fn(&ClipRow) -> Option<Cell>) -> Column {
    Column { name, kind, required: true, value }
}

const fn optional(name: &'static str, kind: Kind, value: fn(&ClipRow) -> Option<Cell>) -> Column {
    Column { name, kind, required: false, value }
}

fn text(value: &str) -> Option<Cell> {
    Some(Cell::Text(value.to_owned()))
}

fn number(value: impl Into<u64>) -> Option<Cell> {
    Some(Cell::Number(value.into()))
}

fn offset(member: Option<Member>) -> Option<Cell> {
    member.map(|m| Cell::Number(m.offset))
}

fn bytes(member: Option<Member>) -> Option<Cell> {
    member.map(|m| Cell::Number(m.bytes))
}

/// All columns in order.
pub const COLUMNS: [Column; 34] = [
    required("id", Kind::Text, |r| text(&r.id)),
    required("shard", Kind::U32, |r| number(r.shard)),
    required("speaker", Kind::Text, |r| text(&r.speaker)),
    optional("identity", Kind::U64, |r| r.identity.and_then(number)),
    required("split", Kind::Text, |r| text(r.split.name())),
    required("frames", Kind::U64, |r| number(r.frames)),
    required("rate_numerator", Kind::U32, |r| number(r.rate.numerator())),
    required("rate_denominator", Kind::U32, |r| number(r.rate.denominator())),
    required("width", Kind::U32, |r| number(r.width)),
    required("height", Kind::U32, |r| number(r.height)),
    required("samples", Kind::U64, |r| number(r.samples)),
    required("sample_rate", Kind::U32, |r| number(r.sample_rate)),
    required("people", Kind::U32, |r| number(r.people)),
    optional("licence", Kind::Text, |r| r.licence.as_deref().and_then(text)),
    optional("source", Kind::Text, |r| r.source.as_deref().and_then(text)),
    required("text", Kind::Text, |r| text(&r.text)),
    required("words", Kind::U32, |r| number(r.words)),
    required("triggers", Kind::U32, |r| number(r.triggers)),
    optional("style", Kind::Json, |r| r.style.as_ref().and_then(|s| text(&s.to_string()))),
    optional("usable", Kind::Json, |r| {
        (!r.usable.is_empty()).then(|| Cell::Text(serde_json::json!(r.usable).to_string()))
    }),
    required("has_pictures", Kind::Flag, |r| Some(Cell::Flag(r.pictures.is_some()))),
    required("has_sound", Kind::Flag, |r| Some(Cell::Flag(r.samples > 0))),
    required("has_truth", Kind::Flag, |r| Some(Cell::Flag(r.truth.is_some()))),
    required("exact", Kind::Flag, |r| Some(Cell::Flag(r.exact))),
    optional("sound_format", Kind::Text, |r| r.sound_format.and_then(|f| text(f.extension()))),
    optional("pictures_offset", Kind::U64, |r| offset(r.pictures)),
    optional("pictures_bytes", Kind::U64, |r| bytes(r.pictures)),
    optional("sound_offset", Kind::U64, |r| offset(r.sound)),
    optional("sound_bytes", Kind::U64, |r| bytes(r.sound)),
    required("description_offset", Kind::U64, |r| offset(Some(r.description))),
    required("description_bytes", Kind::U64, |r| bytes(Some(r.description))),
    optional("truth_offset", Kind::U64, |r| offset(r.truth)),
    optional("truth_bytes", Kind::U64, |r| bytes(r.truth)),
    // Seconds are for people's queries; programs count frames.
    required("milliseconds", Kind::U64, |r| Some(Cell::Number((r.seconds() * 1000.0).round() as u64))),
];

/// The values of one row by the names of their columns.
pub type Cells = HashMap<&'static str, Cell>;

struct Fields(Cells);

impl Fields {
    fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Cell::Text(text)) => Ok(Some(text)),
            Some(_) => Err(format!("{name} is no text")),
        }
    }

    fn number(&mut self, name: &str) -> Result<Option<u64>, String> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Cell::Number(number)) => Ok(Some(number)),
            Some(_) => Err(format!("{name} is no number")),
        }
    }

    fn flag(&mut self, name: &str) -> Result<bool, String> {
        match self.0.remove(name) {
            Some(Cell::Flag(flag)) => Ok(flag),
            _ => Err(format!("{name} is missing or neither true nor false")),
        }
    }

    fn must<T>(name: &str, value: Option<T>) -> Result<T, String> {
        value.ok_or_else(|| format!("{name} is missing"))
    }

    fn small(&mut self, name: &str) -> Result<u32, String> {
        let number = self.number(name)?;
        u32::try_from(Self::must(name, number)?).map_err(|_| format!("{name} is too large"))
    }

    fn large(&mut self, name: &str) -> Result<u64, String> {
        let number = self.number(name)?;
        Self::must(name, number)
    }

    fn words(&mut self, name: &str) -> Result<String, String> {
        let text = self.text(name)?;
        Self::must(name, text)
    }

    fn member(&mut self, name: &str) -> Result<Option<Member>, String> {
        let offset = self.number(&format!("{name}_offset"))?;
        let bytes = self.number(&format!("{name}_bytes"))?;
        match (offset, bytes) {
            (Some(offset), Some(bytes)) => Ok(Some(Member { offset, bytes })),
            (None, None) => Ok(None),
            _ => Err(format!("{name} has an offset without a length, or a length without an offset")),
        }
    }
}

/// The row that `cells` hold, or what is wrong with them.
pub fn row_of(cells: Cells, limits: &Limits) -> Result<ClipRow, String> {
    let mut f = Fields(cells);
    let json = |name: &str, text: Option<String>| {
        text.map(|t| serde_json::from_str(&t).map_err(|e| format!("{name}: {e}"))).transpose()
    };
    let split = f.words("split")?;
    let (numerator, denominator) = (f.small("rate_numerator")?, f.small("rate_denominator")?);
    let style = f.text("style")?;
    let usable = f.text("usable")?;
    let sound_format = f.text("sound_format")?;
    let description = f.member("description")?;
    let row = ClipRow {
        id: f.words("id")?,
        shard: f.small("shard")?,
        speaker: f.words("speaker")?,
        identity: f.number("identity")?,
        split: Split::from_name(&split).ok_or_else(|| format!("`{split}` is no side of the split"))?,
        rate: FrameRate::try_from((numerator, denominator))?,
        frames: f.large("frames")?,
        width: f.small("width")?,
        height: f.small("height")?,
        samples: f.large("samples")?,
        sample_rate: f.small("sample_rate")?,
        people: f.small("people")?,
        licence: f.text("licence")?,
        source: f.text("source")?,
        text: f.words("text")?,
        words: f.small("words")?,
        triggers: f.small("triggers")?,
        style: json("style", style)?,
        usable: match json("usable", usable)? {
            Some(value) => serde_json::from_value(value).map_err(|e| format!("usable: {e}"))?,
            None => Vec::new(),
        },
        exact: f.flag("exact")?,
        pictures: f.member("pictures")?,
        sound: f.member("sound")?,
        sound_format: sound_format
            .map(|text| SoundFormat::from_extension(&text).ok_or(format!("`{text}` is no sound format")))
            .transpose()?,
        description: Fields::must("description", description)?,
        truth: f.member("truth")?,
    };
    check_row(&row, limits)?;
    Ok(row)
}

/// Whether a row that was read is possible.
pub fn check_row(row: &ClipRow, limits: &Limits) -> Result<(), String> {
    let named = |what: String| format!("clip {}: {what}", row.id.escape_debug());
    check_id(&row.id)?;
    check_extent(row.frames, (row.width, row.height), row.samples, row.sample_rate, limits).map_err(named)?;
    check_ranges(&row.usable, row.frames).map_err(named)?;
    if row.sound.is_some() != row.sound_format.is_some() {
        return Err(named("sound without a format, or a format without sound".into()));
    }
    Ok(())
}
