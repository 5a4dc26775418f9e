//! What every talk must keep to before anything is staged from it.

use super::{Phone, Talk, Word};
use crate::script::is_vowel;

/// The consonants of ARPAbet; the vowels are known to [`is_vowel`].
const CONSONANTS: [&str; 24] = [
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH",
    "V", "W", "Y", "Z", "ZH",
];
const SILENCE: &str = "SIL";
/// Times may differ by this much, in seconds, from what their order asks: files round them.
const ROUNDING: f64 = 2e-3;
/// The longest talk that is believed, in seconds.
const MAX_SECONDS: f64 = 7200.0;

/// Checks a talk: times are numbers within `0..=duration`, words and phones stand in order without overlap, symbols are
/// ARPAbet, stress is on vowels only, and a word's stressed moment lies within the word.
///
/// # Errors
/// What is wrong, in words, with the place.
pub fn check(talk: &Talk) -> Result<(), String> {
    if !talk.duration.is_finite() || talk.duration <= 0.0 {
        return Err(format!("states a length of {} s", talk.duration));
    }
    if talk.duration > MAX_SECONDS {
        return Err(format!("states a length of {} s; at most {MAX_SECONDS} s are read", talk.duration));
    }
    let mut words = Order::new("word", talk.duration);
    for word in &talk.words {
        words.next(&word.text, word.start, word.end)?;
        check_word(word)?;
    }
    let mut phones = Order::new("phone", talk.duration);
    for phone in &talk.phones {
        phones.next(&phone.symbol, phone.start, phone.end)?;
        check_phone(phone)?;
    }
    Ok(())
}

fn check_word(word: &Word) -> Result<(), String> {
    if word.text.is_empty() {
        return Err(format!("has a word without letters at {:.3} s", word.start));
    }
    match word.stress {
        Some(stress) if !(stress >= word.start - ROUNDING && stress <= word.end + ROUNDING) => {
            Err(format!("stresses the word `{}` at {stress:.3} s, which is outside of it", word.text))
        }
        _ => Ok(()),
    }
}

fn check_phone(phone: &Phone) -> Result<(), String> {
    let vowel = is_vowel(&phone.symbol);
    if !vowel && phone.symbol != SILENCE && !CONSONANTS.contains(&phone.symbol.as_str()) {
        return Err(format!("has `{}` at {:.3} s, which is no ARPAbet phone", phone.symbol, phone.start));
    }
    if phone.stress > 2 || (phone.stress > 0 && !vowel) {
        return Err(format!("has stress {} on `{}` at {:.3} s", phone.stress, phone.symbol, phone.start));
    }
    Ok(())
}

/// Follows a row of spans in time.
struct Order {
    kind: &'static str,
    duration: f64,
    end: f64,
}

impl Order {
    fn new(kind: &'static str, duration: f64) -> Self {
        Self { kind, duration, end: 0.0 }
    }

    fn next(&mut self, name: &str, start: f64, end: f64) -> Result<(), String> {
        let kind = self.kind;
        if !start.is_finite() || !end.is_finite() || end < start {
            return Err(format!("has the {kind} `{name}` from {start} s to {end} s"));
        }
        if start < self.end - ROUNDING {
            return Err(format!(
                "has the {kind} `{name}` at {start:.3} s, before the one before it ends ({:.3} s)",
                self.end
            ));
        }
        if end > self.duration + ROUNDING {
            return Err(format!(
                "has the {kind} `{name}` until {end:.3} s, after the end of the sound ({:.3} s)",
                self.duration
            ));
        }
        self.end = end;
        Ok(())
    }
}
