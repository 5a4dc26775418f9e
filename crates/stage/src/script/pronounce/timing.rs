//! Times for speech that nobody has recorded: plausible lengths of phones, words and pauses.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Sound, is_function_word, is_vowel, mark_stress, pronounce, spoken_words};
use crate::script::{Phone, Talk, Word};

/// Stream of the random generator for times, so that other uses of the same seed stay independent.
const STREAM: u64 = 0x5449_4d45;
/// Silence before the first and after the last word, in seconds.
const LEAD_IN: f64 = 0.35;
const LEAD_OUT: f64 = 0.7;
/// Pauses in seconds at an ordinary speaking rate, and how far each may be from it.
const COMMA_PAUSE: f64 = 0.24;
const SENTENCE_PAUSE: f64 = 0.55;
const PAUSE_SPREAD: f64 = 0.25;
/// The ordinary rate in words per minute, and the limits of the rate.
const ORDINARY_RATE: f64 = 150.0;
const RATES: (f64, f64) = (60.0, 320.0);
/// Pauses take at most this share of the time.
const LONGEST_PAUSES: f64 = 0.35;
/// Spread of phone lengths about the model's.
const LENGTH_SPREAD: f64 = 0.12;
/// Factors on a phone's length: vowels with and without stress, the last syllable before a pause, words without stress.
const STRESSED: f64 = 1.25;
const UNSTRESSED: f64 = 0.75;
const PHRASE_END: f64 = 1.4;
const WEAK_WORD: f64 = 0.75;

/// Ordinary length of a phone in seconds, after the classes of Klatt (1976).
fn base_length(symbol: &str) -> f64 {
    match symbol {
        "AW" | "AY" | "OY" | "EY" | "OW" => 0.14,
        "AA" | "AE" | "AO" | "IY" | "UW" | "ER" => 0.12,
        "AH" | "EH" | "IH" | "UH" => 0.085,
        "S" | "SH" | "CH" => 0.1,
        "F" | "TH" | "Z" | "ZH" | "JH" => 0.085,
        "P" | "T" | "K" => 0.075,
        "B" | "D" | "G" | "V" => 0.06,
        "DH" => 0.045,
        "M" | "N" | "NG" | "HH" => 0.062,
        _ => 0.058,
    }
}

/// Lengths of the phones of one word in seconds at an ordinary rate.
pub(super) fn lengths(word: &str, sounds: &[Sound], before_pause: bool) -> Vec<f64> {
    let last_vowel = sounds.iter().rposition(Sound::is_vowel).unwrap_or(0);
    let weak = if is_function_word(word) { WEAK_WORD } else { 1.0 };
    let length = |(index, sound): (usize, &Sound)| {
        let stress = match (sound.is_vowel(), sound.stress) {
            (true, 1) => STRESSED,
            (true, 0) => UNSTRESSED,
            _ => 1.0,
        };
        let end = if before_pause && index >= last_vowel { PHRASE_END } else { 1.0 };
        base_length(sound.symbol) * stress * end * weak
    };
    sounds.iter().enumerate().map(length).collect()
}

/// A word with the pause that follows it.
struct Piece {
    word: String,
    sounds: Vec<Sound>,
    lengths: Vec<f64>,
    pause: f64,
}

/// Splits a text into words and says what pause each is followed by.
fn pieces(text: &str, random: &mut ChaCha8Rng) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for token in text.split_whitespace() {
        let mark =
            token.chars().rev().find(|letter| !matches!(letter, '"' | '\'' | ')' | '\u{201d}' | '\u{2019}'));
        let pause = match mark {
            Some('.' | '?' | '!') => SENTENCE_PAUSE,
            Some(',' | ';' | ':' | '-' | '\u{2013}' | '\u{2014}') => COMMA_PAUSE,
            _ => 0.0,
        };
        let pause = pause * (1.0 + random.random_range(-PAUSE_SPREAD..PAUSE_SPREAD));
        let words = spoken_words(token);
        let count = words.len();
        if count == 0 {
            // A dash that stands alone belongs to the word before it.
            if let Some(last) = pieces.last_mut() {
                last.pause = last.pause.max(pause);
            }
        }
        for (index, word) in words.into_iter().enumerate() {
            let pause = if index + 1 == count { pause } else { 0.0 };
            pieces.push(Piece { sounds: pronounce(&word), word, lengths: Vec::new(), pause });
        }
    }
    for piece in &mut pieces {
        piece.lengths = lengths(&piece.word, &piece.sounds, piece.pause > 0.0);
        for length in &mut piece.lengths {
            *length *= 1.0 + random.random_range(-LENGTH_SPREAD..LENGTH_SPREAD);
        }
    }
    if let Some(last) = pieces.last_mut() {
        last.pause = 0.0;
    }
    pieces
}

impl Talk {
    /// Speech with plausible times and no sound: phones, words, stresses and pauses for `text` at
    /// `words_per_minute` (pauses included; limited to 60–320), with a short silence before and after.
    pub fn timed(text: &str, words_per_minute: f64, seed: u64) -> Talk {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(STREAM);
        let rate = if words_per_minute.is_finite() {
            words_per_minute.clamp(RATES.0, RATES.1)
        } else {
            ORDINARY_RATE
        };
        let pieces = pieces(text, &mut random);
        let whole = pieces.len() as f64 * 60.0 / rate;
        let pauses: f64 = pieces.iter().map(|piece| piece.pause).sum();
        let spoken: f64 = pieces.iter().flat_map(|piece| &piece.lengths).sum();
        let pause_time = (pauses * ORDINARY_RATE / rate).min(whole * LONGEST_PAUSES);
        let pause_scale = if pauses > 0.0 { pause_time / pauses } else { 0.0 };
        let phone_scale = if spoken > 0.0 { (whole - pause_time) / spoken } else { 0.0 };

        let mut talk = Talk { text: text.to_owned(), ..Talk::default() };
        let mut now = 0.0;
        let mut silence = LEAD_IN;
        for piece in &pieces {
            push_silence(&mut talk.phones, &mut now, silence);
            let start = now;
            for (sound, length) in piece.sounds.iter().zip(&piece.lengths) {
                let end = now + length * phone_scale;
                talk.phones.push(Phone {
                    symbol: sound.symbol.to_owned(),
                    stress: sound.stress,
                    start: now,
                    end,
                });
                now = end;
            }
            talk.words.push(Word { text: piece.word.clone(), start, end: now, stress: None });
            silence = piece.pause * pause_scale;
        }
        push_silence(&mut talk.phones, &mut now, LEAD_OUT);
        talk.duration = now;
        mark_stress(&mut talk);
        talk
    }
}

fn push_silence(phones: &mut Vec<Phone>, now: &mut f64, length: f64) {
    if length > 0.0 {
        let end = *now + length;
        phones.push(Phone { symbol: "SIL".to_owned(), stress: 0, start: *now, end });
        *now = end;
    }
}

/// Where in a word's time (0–1) its stressed vowel lies, by the lengths that its phones would ordinarily have.
pub(super) fn stressed_share(word: &str) -> Option<f64> {
    let sounds = pronounce(word);
    let lengths = lengths(word, &sounds, false);
    let whole: f64 = lengths.iter().sum();
    let at = sounds.iter().position(|sound| is_vowel(sound.symbol) && sound.stress == 1)?;
    let before: f64 = lengths[..at].iter().sum();
    (whole > 0.0).then(|| (before + lengths[at] / 2.0) / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "On the one hand I think the plan is big, on the other hand it may be too slow. Is it?";

    #[test]
    fn times_follow_each_other_without_gaps() {
        let talk = Talk::timed(TEXT, 150.0, 1);
        assert_eq!(talk.words.len(), 21);
        assert_eq!(talk.phones[0].start, 0.0);
        for pair in talk.phones.windows(2) {
            assert_eq!(pair[0].end, pair[1].start);
            assert!(pair[0].end > pair[0].start);
        }
        assert_eq!(talk.phones.last().unwrap().end, talk.duration);
        let pauses: Vec<&str> = talk
            .words
            .windows(2)
            .filter(|pair| pair[1].start - pair[0].end > 0.1)
            .map(|pair| pair[0].text.as_str())
            .collect();
        assert_eq!(pauses, ["big", "slow"]);
    }

    #[test]
    fn the_rate_is_kept() {
        for rate in [100.0, 150.0, 220.0] {
            let talk = Talk::timed(TEXT, rate, 2);
            let spoken = talk.words.last().unwrap().end - talk.words[0].start;
            assert!((talk.words.len() as f64 * 60.0 / spoken - rate).abs() < 1.0);
        }
    }

    #[test]
    fn nothing_to_say_is_silence() {
        for text in ["", " -- ", "..."] {
            let talk = Talk::timed(text, f64::NAN, 0);
            assert!(talk.words.is_empty() && talk.duration > 0.0);
        }
    }

    #[test]
    fn same_seed_same_times() {
        assert_eq!(Talk::timed(TEXT, 150.0, 3), Talk::timed(TEXT, 150.0, 3));
        assert_ne!(Talk::timed(TEXT, 150.0, 3), Talk::timed(TEXT, 150.0, 4));
    }
}
