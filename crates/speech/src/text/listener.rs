//! From a recording to features of what is said in it.

use super::TextEncoder;
use crate::words::{WordFinder, Words};
use crate::{Result, Speech};
use ndarray::Array2;
use orator_media::Audio;
use std::path::Path;

/// Hears words and turns them into features: METHODS 0.3's optional third block.
#[derive(Debug)]
pub struct TextListener {
    finder: WordFinder,
    encoder: TextEncoder,
}

impl TextListener {
    /// Loads Whisper tiny.en, and MiniLM or the text model of a folder (see [`TextEncoder::from_folder`]).
    ///
    /// # Errors
    /// As [`WordFinder::load`], [`TextEncoder::load`] and [`TextEncoder::from_folder`].
    pub fn load(text_model: Option<&Path>) -> Result<Self> {
        let encoder = text_model.map_or_else(TextEncoder::load, TextEncoder::from_folder)?;
        Ok(Self { finder: WordFinder::load()?, encoder })
    }

    /// Numbers of one feature row.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.encoder.dimensions()
    }

    /// Features `[frames, dimensions]` of a recording. Zeros where nothing is said, and everywhere where the words were heard
    /// with little certainty, as those of another language are.
    ///
    /// # Errors
    /// As [`WordFinder::recognise`] and [`TextEncoder::encode`].
    pub fn hear(&self, audio: &Audio, frames: usize) -> Result<Array2<f32>> {
        let words = self.finder.recognise(audio)?;
        if words.are_sure() {
            self.read(&words, frames)
        } else {
            Ok(Array2::zeros((frames, self.dimensions())))
        }
    }

    /// The same of words that are known.
    ///
    /// # Errors
    /// As [`TextEncoder::encode`].
    pub fn read(&self, words: &Words, frames: usize) -> Result<Array2<f32>> {
        self.encoder.encode(&words.words, frames)
    }

    /// The speech of a recording with the features of its text.
    ///
    /// # Errors
    /// As [`TextListener::hear`].
    pub fn add_to(&self, speech: Speech, audio: &Audio) -> Result<Speech> {
        let text = self.hear(audio, speech.frames)?;
        speech.with_text(text)
    }
}
