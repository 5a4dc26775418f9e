//! Speech: sound together with the times of what is said in it.

use std::path::Path;

use orator_media::{Limits, audio};

use super::{Phone, Talk, alignment};
use crate::{Result, StageError};

/// How far the sound's length may be from what its times state, in seconds.
const LENGTH_TOLERANCE: f64 = 0.05;
/// The longest clip that is read from a folder, in seconds.
const MAX_CLIP_SECONDS: f64 = 600.0;
/// Sound is faded over this time, in seconds, where parts are joined.
const FADE_SECONDS: f64 = 0.005;
/// Samples a second of all speech on stage; sound of other rates is resampled when it is read. What speech features want.
const RATE: u32 = 16_000;

/// A recording and what is said in it.
#[derive(Clone, Debug, PartialEq)]
pub struct SpokenTalk {
    /// What is said, and when.
    pub talk: Talk,
    /// The sound, `[n]`, within [-1, 1], one channel.
    pub samples: Vec<f32>,
    /// Samples per second.
    pub sample_rate: u32,
}

impl SpokenTalk {
    /// Reads sound and times, in any of the forms that [`alignment::read`] knows; the sound comes at 16 kHz, whatever its rate.
    ///
    /// # Errors
    /// [`StageError::Speech`] where either cannot be read, the sound lasts longer than ten minutes, or their lengths differ by more
    /// than 50 ms. GRID's and PocketSphinx's tables end up to 50 ms before or after the sound; the talk then gets the sound's length.
    pub fn read(sound: &Path, times: &Path) -> Result<Self> {
        Self::with_sound(sound, alignment::read(times)?)
    }

    /// Reads the sound of a talk.
    pub(super) fn with_sound(sound: &Path, mut talk: Talk) -> Result<Self> {
        let limits = Limits { max_audio_seconds: MAX_CLIP_SECONDS, ..Limits::default() };
        let audio = audio::read(sound, &limits).map_err(|error| from_media(sound, error))?;
        let seconds = audio.duration_seconds();
        if (seconds - talk.duration).abs() > LENGTH_TOLERANCE {
            return Err(StageError::speech(
                sound,
                format!("lasts {seconds:.3} s, but its times are for {:.3} s", talk.duration),
            ));
        }
        let audio = audio.resampled(RATE).map_err(|error| from_media(sound, error))?;
        shorten(&mut talk, audio.duration_seconds());
        Ok(Self { talk, samples: audio.samples, sample_rate: audio.rate })
    }

    /// Joins parts into one talk with `pauses` of silence in seconds: before the first, between each two, after the last.
    /// All times move by whole samples, so they stay exact.
    ///
    /// # Errors
    /// [`StageError::Setting`] without parts, where their sample rates differ, or where there is not one pause more than parts,
    /// each 0 s to 600 s.
    pub fn join(parts: &[Self], pauses: &[f64]) -> Result<Self> {
        let rate = check_parts(parts, pauses)?;
        let mut whole = Self { talk: Talk::default(), samples: Vec::new(), sample_rate: rate };
        for (part, pause) in parts.iter().zip(pauses) {
            whole.append_silence(*pause);
            whole.append(part);
        }
        whole.append_silence(pauses.last().copied().unwrap_or_default());
        Ok(whole)
    }

    fn append(&mut self, part: &Self) {
        let shift = self.samples.len() as f64 / f64::from(self.sample_rate);
        let from = self.samples.len();
        self.samples.extend_from_slice(&part.samples);
        fade_ends(&mut self.samples[from..], self.sample_rate);
        if !self.talk.text.is_empty() {
            self.talk.text.push(' ');
        }
        self.talk.text.push_str(&part.talk.text);
        self.talk.words.extend(part.talk.words.iter().cloned().map(|mut word| {
            word.start += shift;
            word.end += shift;
            word.stress = word.stress.map(|stress| stress + shift);
            word
        }));
        for phone in &part.talk.phones {
            self.append_phone(Phone { start: phone.start + shift, end: phone.end + shift, ..phone.clone() });
        }
        self.talk.duration = self.samples.len() as f64 / f64::from(self.sample_rate);
    }

    /// Silence after silence is one phone.
    fn append_phone(&mut self, phone: Phone) {
        match self.talk.phones.last_mut() {
            Some(last) if last.symbol == "SIL" && phone.symbol == "SIL" => last.end = phone.end,
            _ => self.talk.phones.push(phone),
        }
    }

    fn append_silence(&mut self, seconds: f64) {
        self.append_samples_of_silence(samples_in(seconds, self.sample_rate));
    }

    fn append_samples_of_silence(&mut self, count: usize) {
        let start = self.talk.duration;
        self.samples.resize(self.samples.len() + count, 0.0);
        self.talk.duration = self.samples.len() as f64 / f64::from(self.sample_rate);
        if count > 0 {
            self.append_phone(Phone { symbol: "SIL".into(), stress: 0, start, end: self.talk.duration });
        }
    }
}

/// The media crate's messages name the file already.
fn from_media(path: &Path, error: impl std::fmt::Display) -> StageError {
    let message = error.to_string();
    let cause = message.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&message).to_owned();
    StageError::speech(path, cause)
}

fn setting(what: String, hint: &str) -> StageError {
    StageError::Setting { what, hint: hint.into() }
}

fn check_parts(parts: &[SpokenTalk], pauses: &[f64]) -> Result<u32> {
    let Some(first) = parts.first() else {
        return Err(setting("a clip of no sentences cannot be made".into(), "give at least one sentence"));
    };
    if let Some(other) =
        parts.iter().find(|part| part.sample_rate != first.sample_rate || part.sample_rate == 0)
    {
        return Err(setting(
            format!("sound at {} Hz and at {} Hz cannot be joined", first.sample_rate, other.sample_rate),
            "resample all of it to one rate",
        ));
    }
    let fits = |pause: &f64| (0.0..=MAX_CLIP_SECONDS).contains(pause);
    if pauses.len() != parts.len() + 1 || !pauses.iter().all(fits) {
        return Err(setting(
            format!("{} sentences cannot be joined with the pauses {pauses:?}", parts.len()),
            "give one pause more than sentences, each 0 s to 600 s",
        ));
    }
    Ok(first.sample_rate)
}

fn samples_in(seconds: f64, rate: u32) -> usize {
    (seconds * f64::from(rate)).round() as usize
}

fn fade_ends(samples: &mut [f32], rate: u32) {
    let count = samples_in(FADE_SECONDS, rate).min(samples.len() / 2);
    let last = samples.len().wrapping_sub(1);
    for index in 0..count {
        let gain = index as f32 / count as f32;
        samples[index] *= gain;
        samples[last - index] *= gain;
    }
}

/// Sets the length to the sound's; what reaches beyond is cut.
fn shorten(talk: &mut Talk, seconds: f64) {
    talk.duration = seconds;
    for word in &mut talk.words {
        word.start = word.start.min(seconds);
        word.end = word.end.min(seconds);
        word.stress = word.stress.map(|stress| stress.min(seconds));
    }
    for phone in &mut talk.phones {
        phone.start = phone.start.min(seconds);
        phone.end = phone.end.min(seconds);
    }
}

#[cfg(test)]
mod tests;
