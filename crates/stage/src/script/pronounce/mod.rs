//! How words sound: a small lexicon, rules for everything else, and times for speech that nobody has recorded.

mod letters;
mod lexicon;
mod stress;
mod timing;

pub use lexicon::in_lexicon;
pub use stress::{is_function_word, mark_stress};

/// One phone of a pronunciation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// ARPAbet without the stress digit.
    pub symbol: &'static str,
    /// 1 primary, 2 secondary, 0 none; vowels only.
    pub stress: u8,
}

impl Sound {
    /// Whether it is a vowel.
    pub fn is_vowel(&self) -> bool {
        is_vowel(self.symbol)
    }
}

/// The vowels of ARPAbet.
const VOWELS: [&str; 15] =
    ["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"];

/// Whether an ARPAbet symbol (without stress digit) is a vowel's.
#[must_use]
pub fn is_vowel(symbol: &str) -> bool {
    VOWELS.contains(&symbol)
}

/// The words of a text as they stand in a [`super::Talk`]: small letters, without punctuation, apostrophes kept.
pub fn spoken_words(text: &str) -> Vec<String> {
    let plain = text.replace(['\u{2019}', '\u{2018}'], "'").to_lowercase();
    plain
        .split(|letter: char| !letter.is_alphanumeric() && letter != '\'')
        .map(|word| word.trim_matches('\'').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The phones of a word (small letters): from the lexicon, as a regular form of a word in it, or by letter-to-sound
/// rules. Never empty.
pub fn pronounce(word: &str) -> Vec<Sound> {
    lexicon::look_up(word).unwrap_or_else(|| letters::sounds_of(word))
}

/// The stress of each vowel of a word, in order: 1 primary, 2 secondary, 0 none.
pub fn stresses(word: &str) -> Vec<u8> {
    pronounce(word).iter().filter(|sound| sound.is_vowel()).map(|sound| sound.stress).collect()
}
