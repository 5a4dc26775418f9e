//! What is known about a clip in words: the member `ID.json`.

use crate::{CorpusError, Limits, Result, Split};
use orator_media::FrameRate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Longest clip name, so that a tar member needs no extended header.
pub const MAX_ID: usize = 80;
/// How far a time may lie outside the clip, in seconds: the sound may end a little after the last frame.
const TIME_TOLERANCE: f64 = 1.0;

/// A spoken word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpokenWord {
    /// As written, in small letters, without punctuation.
    pub text: String,
    /// Start in seconds from the start of the clip.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
    /// Middle of the vowel of the stressed syllable in seconds; absent where it is not stressed or not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stress: Option<f64>,
}

/// A spoken phone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpokenPhone {
    /// ARPAbet without the stress digit: `AA`, `TH`; `SIL` for silence.
    pub symbol: String,
    /// 1 primary, 2 secondary, 0 none.
    #[serde(default)]
    pub stress: u8,
    /// Start in seconds.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
}

/// A gesture and the word that triggered it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// Index of the word.
    pub word: usize,
    /// The moment in the word that the gesture belongs to, in seconds.
    pub time: f64,
    /// `beat`, `deictic`, `iconic` or `metaphoric`; filmed corpora may have others.
    pub class: String,
    /// What the gesture looks like, such as `big`; empty if nobody says.
    #[serde(default)]
    pub form: String,
    /// Hands that take part: `left`, `right`, `both`; empty if nobody says.
    #[serde(default)]
    pub hands: String,
    /// Preparation begins, seconds.
    pub start: f64,
    /// The stroke: greatest speed of the hand, seconds.
    pub stroke: f64,
    /// Retraction ends, or the next gesture begins, seconds.
    pub end: f64,
}

/// What is known about a clip, apart from pictures, sound and arrays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipDescription {
    /// Unique in the corpus: 1 to 80 letters (a–z, A–Z), digits, `-` and `_`.
    pub id: String,
    /// Who speaks.
    pub speaker: String,
    /// Seed of a made-up person; absent for filmed ones. With it, the split is [`Split::of_identity`].
    pub identity: Option<u64>,
    /// Train or held out.
    pub split: Split,
    /// Frames per second.
    pub rate: FrameRate,
    /// Number of frames, at least 1.
    pub frames: u64,
    /// Width and height of the picture in pixels; what keypoints refer to, even where there are no pictures.
    pub size: (u32, u32),
    /// Length of the sound in samples; 0 without sound.
    pub samples: u64,
    /// Samples per second; 0 without sound.
    pub sample_rate: u32,
    /// People in view; the truth is about one of them, the speaker.
    pub people: u32,
    /// Licence as an SPDX expression, where it is not the corpus's.
    pub licence: Option<String>,
    /// Where the clip was taken from (work, time range), where it is not the corpus's source.
    pub source: Option<String>,
    /// What is said, with punctuation.
    pub text: String,
    /// Words in order; empty where nobody has aligned them.
    pub words: Vec<SpokenWord>,
    /// Phones in order; empty where nobody has aligned them.
    pub phones: Vec<SpokenPhone>,
    /// Gestures with their triggers in order of their stroke; empty where not known.
    pub triggers: Vec<Trigger>,
    /// The speaker's style, whatever its maker puts there; goes into the index, too.
    pub style: Option<Value>,
    /// Ranges of frames (first, one past the last) that windows may be cut from; empty means all.
    pub usable: Vec<(u64, u64)>,
    /// Everything else, by the name of who put it there: `seeds`, `camera`, `score`.
    pub sections: BTreeMap<String, Value>,
}

impl ClipDescription {
    /// A silent clip of one person about whom nothing more is said yet; the split follows from `identity` where there is one.
    #[must_use]
    pub fn new(
        id: &str,
        speaker: &str,
        identity: Option<u64>,
        rate: FrameRate,
        frames: u64,
        size: (u32, u32),
    ) -> Self {
        Self {
            id: id.to_owned(),
            speaker: speaker.to_owned(),
            identity,
            split: identity.map_or(Split::Train, Split::of_identity),
            rate,
            frames,
            size,
            samples: 0,
            sample_rate: 0,
            people: 1,
            licence: None,
            source: None,
            text: String::new(),
            words: Vec::new(),
            phones: Vec::new(),
            triggers: Vec::new(),
            style: None,
            usable: Vec::new(),
            sections: BTreeMap::new(),
        }
    }

    /// Checks what every clip must fulfil.
    ///
    /// # Errors
    /// [`CorpusError::Clip`] naming the field.
    pub fn check(&self, limits: &Limits) -> Result<()> {
        let wrong = |what: String| Err(CorpusError::clip(&self.id, what));
        check_id(&self.id).or_else(wrong)?;
        if self.speaker.is_empty() || self.speaker.len() > 200 {
            return wrong("the speaker's name must have 1 to 200 characters".into());
        }
        if let Some(seed) = self.identity
            && self.split != Split::of_identity(seed)
        {
            return wrong(format!(
                "identity {seed} is on the side `{}`, not `{}`",
                Split::of_identity(seed).name(),
                self.split.name()
            ));
        }
        check_extent(self.frames, self.size, self.samples, self.sample_rate, limits).or_else(wrong)?;
        check_ranges(&self.usable, self.frames).or_else(wrong)?;
        let end = self.frames as f64 / self.rate.as_f64() + TIME_TOLERANCE;
        let times = |what: &str, number: usize, times: &[f64]| {
            let ordered = times.windows(2).all(|pair| pair[0] <= pair[1]);
            if ordered && times.iter().all(|t| (-TIME_TOLERANCE..=end).contains(t)) {
                Ok(())
            } else {
                Err(CorpusError::clip(
                    &self.id,
                    format!("{what} {number}: the times {times:?} are out of order or range"),
                ))
            }
        };
        for (i, word) in self.words.iter().enumerate() {
            times("word", i, &[word.start, word.end])?;
            if let Some(stress) = word.stress {
                times("stress of word", i, &[stress])?;
            }
        }
        for (i, phone) in self.phones.iter().enumerate() {
            times("phone", i, &[phone.start, phone.end])?;
        }
        for (i, trigger) in self.triggers.iter().enumerate() {
            times("trigger", i, &[trigger.start, trigger.stroke, trigger.end])?;
            times("trigger", i, &[trigger.time])?;
            if trigger.word >= self.words.len() {
                return wrong(format!(
                    "trigger {i} is of word {}, but there are {}",
                    trigger.word,
                    self.words.len()
                ));
            }
        }
        Ok(())
    }
}

/// Whether `id` can name a clip.
pub(crate) fn check_id(id: &str) -> std::result::Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if id.is_empty() || id.len() > MAX_ID || !id.chars().all(fits) {
        return Err(format!(
            "a clip's name is 1 to {MAX_ID} letters, digits, `-` and `_`, not `{}`",
            id.escape_debug()
        ));
    }
    Ok(())
}

/// Whether the lengths and sizes of a clip are possible.
pub(crate) fn check_extent(
    frames: u64,
    size: (u32, u32),
    samples: u64,
    sample_rate: u32,
    limits: &Limits,
) -> std::result::Result<(), String> {
    if frames == 0 || frames > limits.max_frames {
        return Err(format!("{frames} frames; 1 to {} are possible", limits.max_frames));
    }
    let side = crate::truth::MAX_SIDE;
    if !(1..=side).contains(&size.0) || !(1..=side).contains(&size.1) {
        return Err(format!("a picture of {}x{} pixels; a side has 1 to {side}", size.0, size.1));
    }
    if (samples == 0) != (sample_rate == 0) {
        return Err(format!("{samples} samples at {sample_rate} a second; sound has both, silence neither"));
    }
    Ok(())
}

/// Whether ranges of frames are in order, apart, and within the clip.
pub(crate) fn check_ranges(ranges: &[(u64, u64)], frames: u64) -> std::result::Result<(), String> {
    let mut end = 0;
    for &(from, to) in ranges {
        if from < end || to <= from || to > frames {
            return Err(format!(
                "usable frames {from}..{to} are empty, out of order, or past the {frames} frames"
            ));
        }
        end = to;
    }
    Ok(())
}
