//! Writing down what is said in one window: greedy decoding, with a bounded length.

use super::vocabulary::Vocabulary;
use super::whisper::{Encoded, TextState, Whisper};
use crate::Result;
use tch::{Kind, Tensor};

/// Above this probability of the no-speech sign, and below [`LOWEST_MEAN_LOGARITHM`], nobody speaks (Radford et al. 2022,
/// section 4.5).
const NO_SPEECH_PROBABILITY: f64 = 0.6;
/// Mean logarithm of the tokens' probabilities below which a text is doubted (the same section).
const LOWEST_MEAN_LOGARITHM: f64 = -1.0;
/// Tokens that one second of speech can hold; fast speech has about 6. What is longer is a loop of the decoder.
const TOKENS_PER_SECOND: f64 = 12.0;
/// Tokens that even the shortest window may have.
const TOKENS_AT_LEAST: usize = 8;
/// Tokens of one window at most: half of the decoder's places, as published.
const TOKENS_AT_MOST: usize = 224;
/// A stretch of up to this many tokens said [`REPEATS`] times in a row is a loop of the decoder, which is known for them.
const LONGEST_LOOP: usize = 16;
const REPEATS: usize = 4;

/// The tokens of the text that the decoder hears in a window of `seconds`; none where nobody speaks.
pub(crate) fn hear(
    whisper: &Whisper,
    vocabulary: &Vocabulary,
    sound: &Encoded,
    seconds: f64,
) -> Result<Vec<i64>> {
    let places = whisper.dimensions.text_positions as usize;
    let most = (TOKENS_AT_LEAST + (seconds * TOKENS_PER_SECOND) as usize).min(TOKENS_AT_MOST).min(places - 3);
    let refused = refused(vocabulary, whisper.dimensions.vocabulary);
    let mut state = TextState::default();
    let logits = whisper.read(&[vocabulary.start(), vocabulary.no_times()], sound, &mut state, None)?;
    let beginning = logits.get(0).softmax(-1, Kind::Float);
    let silence = f64::try_from(beginning.f_get(vocabulary.no_speech())?)?;
    let mut last = logits.get(1);
    let (mut tokens, mut sum) = (Vec::new(), 0.0);
    while tokens.len() < most {
        let logarithms = (last + &refused).log_softmax(-1, Kind::Float);
        let token = i64::try_from(logarithms.argmax(-1, false))?;
        sum += f64::try_from(logarithms.f_get(token)?)?;
        if token == vocabulary.end() {
            break;
        }
        tokens.push(token);
        if let Some(kept) = before_loop(&tokens) {
            tokens.truncate(kept);
            break;
        }
        last = whisper.read(&[token], sound, &mut state, None)?.get(0);
    }
    let mean = sum / (tokens.len() + 1) as f64;
    if silence > NO_SPEECH_PROBABILITY && mean < LOWEST_MEAN_LOGARITHM {
        tokens.clear();
    }
    Ok(tokens)
}

/// What is added to the logits: −∞ for tokens that may not be heard.
fn refused(vocabulary: &Vocabulary, count: i64) -> Tensor {
    let added: Vec<f32> = (0..count)
        .map(|token| if vocabulary.may_be_heard(token) { 0.0 } else { f32::NEG_INFINITY })
        .collect();
    Tensor::from_slice(&added)
}

/// If the text ends in a loop: its length with the looping stretch said once.
fn before_loop(tokens: &[i64]) -> Option<usize> {
    (1..=LONGEST_LOOP).find_map(|length| {
        let start = tokens.len().checked_sub(length * REPEATS)?;
        let looping = tokens[start..].windows(length + 1).all(|window| window[0] == window[length]);
        looping.then_some(start + length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_said_once() {
        assert_eq!(before_loop(&[1, 2, 3, 4, 5]), None);
        assert_eq!(before_loop(&[9, 7, 7, 7]), None);
        assert_eq!(before_loop(&[9, 7, 7, 7, 7]), Some(2));
        assert_eq!(before_loop(&[9, 1, 2, 1, 2, 1, 2, 1, 2]), Some(3));
        assert_eq!(before_loop(&[]), None);
    }
}
