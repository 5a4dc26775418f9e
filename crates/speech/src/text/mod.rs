//! Features of what is said, by word and motion frame (METHODS 0.3, open there: an optional embedding by word times, zeros in silence).
//!
//! METHODS asks for RoBERTa's 768 numbers. No package registry carries it, so that the model that comes with `setup` is
//! MiniLM-L6 (384 numbers); a folder with RoBERTa or another model of BERT's make works as well.

mod bert;
mod listener;
mod pieces;

pub use listener::TextListener;

use crate::words::Word;
use crate::{Result, SpeechError};
use bert::{Bert, Configuration};
use ndarray::{Array2, ArrayView1, Axis};
use orator_assets::{Asset, locate};
use pieces::Pieces;
use std::path::Path;
use tch::Kind;

/// Tokens that are read at once, signs included: long texts are cut into stretches of so many. The models were trained on
/// stretches of up to 512; a sentence or ten are context enough for a word.
const WINDOW_TOKENS: usize = 256;
/// Motion frames a second.
const FRAME_RATE: f64 = 25.0;

/// Turns words into features.
pub struct TextEncoder {
    bert: Bert,
    pieces: Pieces,
}

impl TextEncoder {
    /// Loads MiniLM-L6, which `setup` has put into the cache.
    ///
    /// # Errors
    /// [`SpeechError::Asset`] when it is missing; as [`Self::from_folder`].
    pub fn load() -> Result<Self> {
        let weights = locate(Asset::MiniLm)?;
        locate(Asset::MiniLmVocabulary)?;
        Self::from_folder(weights.parent().unwrap_or(Path::new(".")))
    }

    /// Loads a model from a folder in the published layout: `config.json`, `model.safetensors`, and `vocab.txt` (BERT, uncased)
    /// or `vocab.json` and `merges.txt` (RoBERTa).
    ///
    /// # Errors
    /// [`SpeechError::Model`] or [`SpeechError::Network`] when a file cannot be read, holds something else, or does not go with
    /// the others.
    pub fn from_folder(folder: &Path) -> Result<Self> {
        let configuration = Configuration::read(&folder.join("config.json"))?;
        let vocabulary = if configuration.model_type == "roberta" { "vocab.json" } else { "vocab.txt" };
        let vocabulary = folder.join(vocabulary);
        let pieces = if configuration.model_type == "roberta" {
            Pieces::byte_pairs(&vocabulary, &folder.join("merges.txt"))?
        } else {
            Pieces::word_pieces(&vocabulary)?
        };
        if pieces.largest() >= configuration.vocab_size || pieces.smallest() < 0 {
            return Err(SpeechError::Model {
                path: vocabulary,
                what: format!(
                    "pieces are numbered {} to {}, but the model knows {}",
                    pieces.smallest(),
                    pieces.largest(),
                    configuration.vocab_size
                ),
            });
        }
        Ok(Self { bert: Bert::read(configuration, &folder.join("model.safetensors"))?, pieces })
    }

    /// Numbers of one feature row: 384 for MiniLM-L6, 768 for RoBERTa-base.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.bert.configuration.hidden_size as usize
    }

    /// Features at 25 Hz, `[frames, dimensions]`: in each frame those of the word that is being said in its middle, zeros where
    /// none is. A word too short for that has the frame in its middle, if no other has it.
    ///
    /// # Errors
    /// [`SpeechError::Network`] when libtorch refuses.
    pub fn encode(&self, words: &[Word], frames: usize) -> Result<Array2<f32>> {
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let features = self.features(&texts)?;
        let times: Vec<(f64, f64)> = words.iter().map(|word| (word.start, word.end)).collect();
        Ok(by_frame(&features, &times, frames))
    }

    /// Features of each word of a text, `[words, dimensions]`: the mean of the last layer over its pieces, in the context of the
    /// words around. Zeros for a word without letters or marks.
    ///
    /// # Errors
    /// [`SpeechError::Network`] when libtorch refuses.
    pub fn features(&self, words: &[&str]) -> Result<Array2<f32>> {
        let most = WINDOW_TOKENS.min(self.bert.configuration.places()).saturating_sub(2);
        let mut result = Array2::zeros((words.len(), self.dimensions()));
        let mut window: Vec<(usize, Vec<i64>)> = Vec::new();
        let mut tokens = 0;
        for (index, word) in words.iter().enumerate() {
            let mut own = self.pieces.of_word(word, window.is_empty());
            if tokens + own.len() > most {
                self.read(&window, &mut result)?;
                window.clear();
                tokens = 0;
                own = self.pieces.of_word(word, true);
            }
            own.truncate(most);
            tokens += own.len();
            window.push((index, own));
        }
        self.read(&window, &mut result)?;
        Ok(result)
    }

    /// Reads words with their numbers and tokens at once, and writes their rows.
    fn read(&self, window: &[(usize, Vec<i64>)], result: &mut Array2<f32>) -> Result<()> {
        if window.is_empty() {
            return Ok(());
        }
        let text = window.iter().flat_map(|(_, tokens)| tokens.iter().copied());
        let tokens: Vec<i64> = [self.pieces.begin].into_iter().chain(text).chain([self.pieces.end]).collect();
        let hidden = tch::no_grad(|| self.bert.forward(&tokens))?.to_kind(Kind::Float);
        let hidden = orator_nn::to_array2(&hidden)?;
        let mut first = 1;
        for (index, tokens) in window {
            for row in hidden.axis_iter(Axis(0)).skip(first).take(tokens.len()) {
                let mut target = result.row_mut(*index);
                target.scaled_add(1.0 / tokens.len() as f32, &row);
            }
            first += tokens.len();
        }
        Ok(())
    }
}

impl std::fmt::Debug for TextEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TextEncoder({:?})", self.bert.configuration)
    }
}

/// Rows by word to rows by motion frame.
fn by_frame(features: &Array2<f32>, times: &[(f64, f64)], frames: usize) -> Array2<f32> {
    let mut result = Array2::zeros((frames, features.ncols()));
    let mut taken = vec![false; frames];
    let mut give = |frame: usize, row: ArrayView1<f32>, taken: &mut Vec<bool>| {
        if frame < frames && !taken[frame] {
            result.row_mut(frame).assign(&row);
            taken[frame] = true;
        }
    };
    // The middle of frame k lies at (k + 1/2) / 25 s.
    let from = |time: f64| (time * FRAME_RATE - 0.5).ceil().clamp(0.0, frames as f64) as usize;
    for (row, &(start, end)) in features.axis_iter(Axis(0)).zip(times) {
        // Times that are no numbers are in no order.
        if start < end {
            (from(start)..from(end)).for_each(|frame| give(frame, row, &mut taken));
        }
    }
    for (row, &(start, end)) in features.axis_iter(Axis(0)).zip(times) {
        if from(start) >= from(end) && start.is_finite() && end >= start && start >= 0.0 {
            give(((start + end) / 2.0 * FRAME_RATE) as usize, row, &mut taken);
        }
    }
    result
}

#[cfg(test)]
mod tests;
