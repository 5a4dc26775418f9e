//! Speech with the times of its words and phones.

use serde::{Deserialize, Serialize};

/// One word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// As written, in small letters, without punctuation: `i`, `don't`.
    pub text: String,
    /// Start in seconds from the start of the sound.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
    /// Middle of the vowel of its stressed syllable, in seconds; absent for words said without stress ("the", "of").
    pub stress: Option<f64>,
}

/// One phone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phone {
    /// ARPAbet without the stress digit: `AA`, `TH`; `SIL` for silence.
    pub symbol: String,
    /// 1 primary, 2 secondary, 0 none; vowels only.
    pub stress: u8,
    /// Start in seconds.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
}

/// What is said in a clip, and when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Talk {
    /// The text with its punctuation.
    pub text: String,
    /// Words in order; pauses are the gaps between them.
    pub words: Vec<Word>,
    /// Phones in order; empty where nobody has aligned them.
    pub phones: Vec<Phone>,
    /// Length of the sound in seconds.
    pub duration: f64,
}
