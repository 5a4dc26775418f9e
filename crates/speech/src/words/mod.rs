//! The words of a recording and when each is said (METHODS 0.3 and 2.1 take them from WhisperX; here Whisper tiny.en alone gives
//! both, by recognition or, where the text is known, by forced decoding).
//!
//! ```no_run,standalone_crate
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let finder = orator_speech::WordFinder::load()?;
//! let audio = orator_media::audio::read("speech.wav".as_ref(), &orator_media::Limits::default())?;
//! for word in finder.recognise(&audio)?.words {
//!     println!("{:.2}–{:.2} {}", word.start, word.end, word.text);
//! }
//! # Ok(()) }
//! ```
//!
//! Long recordings go through windows of at most 29 s, cut in pauses. English only.

mod hearing;
mod log_mel;
mod matching;
mod spoken;
mod timing;
mod vocabulary;
mod whisper;
mod windows;

use crate::level::{active_level, levelling_gain};
use crate::segments::{Segment, from_energy, from_words, quiet_stretches};
use crate::{ENCODER_RATE, Result, SpeechError};
use matching::{lay_beside, plain};
use orator_assets::{Asset, locate};
use orator_media::Audio;
use spoken::Spoken;
use std::path::Path;
use vocabulary::Vocabulary;
use whisper::{Encoded, TextState, Whisper};

/// A word and when it is said.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// As written, with its punctuation.
    pub text: String,
    /// Seconds from the beginning of the recording.
    pub start: f64,
    /// Seconds; `start <= end`, and not after the next word's start.
    pub end: f64,
    /// How sure the model is of it, 0..1: the geometric mean of its tokens' probabilities. Low for a given word that was not said.
    pub probability: f64,
}

/// What is said in a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// The whole text.
    pub text: String,
    /// Its words in order of time. Marks that stand alone, such as a dash, belong to the word before.
    pub words: Vec<Word>,
}

/// Least mean probability of words that are believed.
const LEAST_SURE: f64 = 0.4;

impl Words {
    /// Whether the words were heard with some certainty. In another language tiny.en hears words that nobody said, and is unsure
    /// of them.
    #[must_use]
    pub fn are_sure(&self) -> bool {
        let sum: f64 = self.words.iter().map(|word| word.probability).sum();
        sum >= LEAST_SURE * self.words.len() as f64
    }

    /// Beginning and end of each word in seconds, as [`segments::from_words`](from_words) takes them.
    #[must_use]
    pub fn times(&self) -> Vec<(f64, f64)> {
        self.words.iter().map(|word| (word.start, word.end)).collect()
    }

    /// The phrases of the mono recording at 16 kHz that the words were found in: by the words or, where there are none, by its energy.
    #[must_use]
    pub fn segments(&self, waveform_16k: &[f32]) -> Vec<Segment> {
        if self.words.is_empty() {
            return from_energy(waveform_16k);
        }
        from_words(&self.times(), waveform_16k.len() as f64 / f64::from(ENCODER_RATE))
    }
}

/// Finds words and their times with Whisper tiny.en.
pub struct WordFinder {
    whisper: Whisper,
    vocabulary: Vocabulary,
    heads: Vec<(usize, i64)>,
}

impl WordFinder {
    /// Loads the weights that `setup` has put into the cache.
    ///
    /// # Errors
    /// [`SpeechError::Asset`] when they are missing; as [`Self::from_files`].
    pub fn load() -> Result<Self> {
        Self::from_files(&locate(Asset::WhisperTinyEn)?, &locate(Asset::WhisperVocabulary)?)
    }

    /// Loads tiny.en's published checkpoint (`tiny.en.pt`) and vocabulary (`gpt2.tiktoken`).
    ///
    /// # Errors
    /// [`SpeechError::Checkpoint`] or [`SpeechError::Model`] when a
    /// file cannot be read or holds something else.
    pub fn from_files(weights: &Path, vocabulary: &Path) -> Result<Self> {
        Ok(Self {
            vocabulary: Vocabulary::from_file(vocabulary)?,
            whisper: Whisper::tiny_en(weights)?,
            heads: timing::TINY_EN_HEADS.to_vec(),
        })
    }

    /// Recognises what is said. Silence and sounds without words give no words.
    ///
    /// # Errors
    /// [`SpeechError::Audio`] for an impossible rate, [`SpeechError::Network`]
    /// when libtorch refuses.
    pub fn recognise(&self, audio: &Audio) -> Result<Words> {
        self.recognise_with_progress(audio, &mut |_| ())
    }

    /// As [`Self::recognise`]; `progress` is told the finished share, 0..1.
    ///
    /// # Errors
    /// As [`Self::recognise`].
    pub fn recognise_with_progress(&self, audio: &Audio, progress: &mut dyn FnMut(f64)) -> Result<Words> {
        let waveform = prepared(audio)?;
        tch::no_grad(|| self.recognised(&waveform, progress))
    }

    /// Finds the times of a text that is known to be said. The words come out as given.
    ///
    /// In a recording of more than one window (29 s) the text is laid beside what is recognised, to tell which words are said
    /// in which window; where nothing is recognised there, or the recording is silent, no words come back, and
    /// [`Words::segments`] goes by the energy.
    ///
    /// # Errors
    /// As [`Self::recognise`], and [`SpeechError::Argument`] when the text is far too long for
    /// the recording.
    pub fn align(&self, audio: &Audio, text: &str) -> Result<Words> {
        self.align_with_progress(audio, text, &mut |_| ())
    }

    /// As [`Self::align`]; `progress` is told the finished share, 0..1.
    ///
    /// # Errors
    /// As [`Self::align`].
    pub fn align_with_progress(
        &self,
        audio: &Audio,
        text: &str,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Words> {
        let waveform = prepared(audio)?;
        tch::no_grad(|| self.aligned(&waveform, text, progress))
    }

    fn recognised(&self, waveform: &[f32], progress: &mut dyn FnMut(f64)) -> Result<Words> {
        let mut found = Words::default();
        if active_level(waveform, ENCODER_RATE).is_none() {
            progress(1.0);
            return Ok(found);
        }
        for range in windows::windows(waveform) {
            let window = &waveform[range.clone()];
            let sound = self.whisper.encode(&whisper::window(window));
            let tokens = hearing::hear(&self.whisper, &self.vocabulary, &sound, seconds(window.len()))?;
            let spoken = spoken::of_tokens(&self.vocabulary, &tokens);
            let text = self.vocabulary.decode(&tokens);
            if !spoken.is_empty() {
                found.text = format!("{} {}", found.text, text.trim()).trim().to_owned();
            }
            found.words.extend(self.timed(&sound, &spoken, window, range.start)?);
            progress(range.end as f64 / waveform.len() as f64);
        }
        Ok(found)
    }

    fn aligned(&self, waveform: &[f32], text: &str, progress: &mut dyn FnMut(f64)) -> Result<Words> {
        let given = spoken::of_text(&self.vocabulary, text);
        let mut found = Words { text: text.trim().to_owned(), words: Vec::new() };
        let windows = windows::windows(waveform);
        if given.is_empty() || active_level(waveform, ENCODER_RATE).is_none() {
            progress(1.0);
            return Ok(found);
        }
        let places = if windows.len() == 1 {
            vec![0; given.len()]
        } else {
            let heard = self.recognised(waveform, &mut |done| progress(done / 2.0))?;
            if heard.words.is_empty() {
                progress(1.0);
                return Ok(found);
            }
            let of = |words: &mut dyn Iterator<Item = &str>| -> Vec<String> { words.map(plain).collect() };
            let beside = lay_beside(
                &of(&mut given.iter().map(|word| word.text.as_str())),
                &of(&mut heard.words.iter().map(|word| word.text.as_str())),
            )?;
            let window_of = |time: f64| {
                windows.iter().position(|range| time < seconds(range.end)).unwrap_or(windows.len() - 1)
            };
            beside
                .into_iter()
                .map(|index| window_of((heard.words[index].start + heard.words[index].end) / 2.0))
                .collect()
        };
        for (number, range) in windows.into_iter().enumerate() {
            let (from, to) =
                (places.partition_point(|&p| p < number), places.partition_point(|&p| p <= number));
            if from < to {
                let window = &waveform[range.clone()];
                let sound = self.whisper.encode(&whisper::window(window));
                found.words.extend(self.timed(&sound, &given[from..to], window, range.start)?);
            }
            progress(range.end as f64 / waveform.len() as f64);
        }
        Ok(found)
    }

    /// The times of words that are said in a window, which begins at the sample `start` of the recording.
    fn timed(&self, sound: &Encoded, spoken: &[Spoken], window: &[f32], start: usize) -> Result<Vec<Word>> {
        if spoken.is_empty() {
            return Ok(Vec::new());
        }
        let text: Vec<i64> = spoken.iter().flat_map(|word| word.tokens.iter().copied()).collect();
        let read =
            [&[self.vocabulary.start(), self.vocabulary.no_times()], &text[..], &[self.vocabulary.end()]];
        let most = self.whisper.dimensions.text_positions as usize;
        if text.len() + 3 > most {
            return Err(SpeechError::Argument(format!(
                "a text of {} tokens is too long for {:.1} s of speech",
                text.len(),
                seconds(window.len())
            )));
        }
        let mut scores = Vec::new();
        let logits =
            self.whisper.read(&read.concat(), sound, &mut TextState::default(), Some(&mut scores))?;
        let logarithms = timing::logarithms(&logits, &text)?;
        let length = seconds(window.len());
        let places = ((length * timing::PLACES_PER_SECOND).ceil() as i64).clamp(1, sound.places());
        let agreement = timing::agreement(&scores, &self.heads, places)?;
        let starts = timing::starts_of_text(&agreement, text.len());
        let mut words = spoken::words(&self.vocabulary, spoken, &starts, &logarithms, length);
        spoken::fit_to_pauses(&mut words, &quiet_stretches(window), length);
        for word in &mut words {
            word.start += seconds(start);
            word.end += seconds(start);
        }
        Ok(words)
    }
}

impl std::fmt::Debug for WordFinder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WordFinder({:?})", self.whisper.dimensions)
    }
}

/// The recording at 16 kHz, finite, and as loud as speech usually is.
fn prepared(audio: &Audio) -> Result<Vec<f32>> {
    let mut samples = audio.resampled(ENCODER_RATE)?.samples;
    samples.iter_mut().filter(|sample| !sample.is_finite()).for_each(|sample| *sample = 0.0);
    let gain = levelling_gain(&samples, ENCODER_RATE);
    samples.iter_mut().for_each(|sample| *sample *= gain);
    Ok(samples)
}

fn seconds(samples: usize) -> f64 {
    samples as f64 / f64::from(ENCODER_RATE)
}

#[cfg(test)]
mod tests;
