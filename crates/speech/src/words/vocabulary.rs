//! What Whisper's English models write in: GPT-2's tokens and a few signs of their own.

use crate::byte_pairs::BytePairs;
use crate::{Result, SpeechError};
use std::collections::HashMap;
use std::path::Path;

/// Tokens of text in the published vocabulary.
pub(crate) const TEXT_TOKENS: usize = 50_256;
/// Largest vocabulary file that is read, in bytes.
const LARGEST_FILE: u64 = 16 << 20;
/// Languages that the signs make room for, in English-only models, too.
const LANGUAGES: i64 = 99;
/// Characters that stand for sounds rather than words: "[music]", "(laughs)", "♪". Tokens with them are not heard.
const NO_SPEECH_CHARACTERS: [char; 22] = [
    '[', ']', '(', ')', '{', '}', '<', '>', '*', '#', '@', '_', '~', '^', '|', '\\', '/', '=', '+', '♪', '♫',
    '\u{fffd}',
];

/// The tokens of an English model. Text comes first; the signs follow it in a fixed order: end, start, languages, translate,
/// transcribe, start of a language model's text, start of what came before, no speech, no times, times.
pub(crate) struct Vocabulary {
    tokens: Vec<Vec<u8>>,
    numbers: HashMap<Vec<u8>, i64>,
    pairs: BytePairs,
}

impl Vocabulary {
    /// Reads the published file of 50,256 lines "BASE64 NUMBER".
    pub fn from_file(path: &Path) -> Result<Self> {
        let wrong = |what: String| SpeechError::Model { path: path.to_owned(), what };
        let length = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
        if length > LARGEST_FILE {
            return Err(wrong(format!("{length} bytes are more than a vocabulary has")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let vocabulary = Self::parse(&text).map_err(wrong)?;
        if vocabulary.tokens.len() != TEXT_TOKENS {
            return Err(wrong(format!("{} tokens instead of {TEXT_TOKENS}", vocabulary.tokens.len())));
        }
        Ok(vocabulary)
    }

    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let mut tokens = Vec::new();
        let mut numbers = HashMap::new();
        for (line, content) in text.lines().enumerate() {
            let fields = content.split_once(' ');
            let token =
                fields.filter(|(_, number)| number.parse() == Ok(line)).and_then(|(code, _)| base64(code));
            let Some(token) = token else {
                return Err(format!("line {} is not \"BASE64 {line}\"", line + 1));
            };
            numbers.insert(token.clone(), line as i64);
            tokens.push(token);
        }
        if let Some(byte) = (0..=u8::MAX).find(|byte| !numbers.contains_key(&[*byte][..])) {
            return Err(format!("there is no token for the byte {byte}"));
        }
        let ranks = numbers.iter().map(|(token, &number)| (token.clone(), number as u32)).collect();
        Ok(Self { tokens, numbers, pairs: BytePairs::new(ranks) })
    }

    /// The end of the text.
    pub fn end(&self) -> i64 {
        self.tokens.len() as i64
    }

    /// What every text begins with.
    pub fn start(&self) -> i64 {
        self.end() + 1
    }

    /// "Nobody speaks."
    pub fn no_speech(&self) -> i64 {
        self.start() + LANGUAGES + 5
    }

    /// "Without times", which text follows.
    pub fn no_times(&self) -> i64 {
        self.no_speech() + 1
    }

    /// The tokens of a text. Every byte has one.
    pub fn encode(&self, text: &str) -> Vec<i64> {
        self.pairs.split(text).iter().filter_map(|token| self.numbers.get(token)).copied().collect()
    }

    /// The bytes of a token of text; none of a sign.
    pub fn bytes(&self, token: i64) -> &[u8] {
        usize::try_from(token).ok().and_then(|token| self.tokens.get(token)).map_or(&[], Vec::as_slice)
    }

    /// The text of tokens; bytes that are no text are shown as �.
    pub fn decode(&self, tokens: &[i64]) -> String {
        let bytes: Vec<u8> = tokens.iter().flat_map(|&token| self.bytes(token)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Whether a token may be heard: text that is not a remark on sounds, or the end.
    pub fn may_be_heard(&self, token: i64) -> bool {
        let Ok(text) = std::str::from_utf8(self.bytes(token)) else { return true };
        token == self.end() || (!text.is_empty() && !text.contains(NO_SPEECH_CHARACTERS))
    }
}

/// Decodes base64 (RFC 4648, with padding).
fn base64(code: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits = code.trim_end_matches('=');
    if code.is_empty() || !code.len().is_multiple_of(4) || code.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0);
    for c in digits.bytes() {
        bits = ((bits << 6) | u32::from(digit(c)?)) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// All bytes, and a few merges.
    pub(crate) fn small() -> Vocabulary {
        let mut text = String::new();
        let merges = ["th", "he", "the", " t", " the", " c", "at", " cat"];
        let tokens = (0..=255u8).map(|byte| vec![byte]).chain(merges.iter().map(|m| m.as_bytes().to_vec()));
        for (number, token) in tokens.enumerate() {
            text.push_str(&format!("{} {number}\n", to_base64(&token)));
        }
        Vocabulary::parse(&text).unwrap()
    }

    fn to_base64(bytes: &[u8]) -> String {
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut code = String::new();
        for group in bytes.chunks(3) {
            let bits =
                group.iter().fold(0u32, |bits, &b| (bits << 8) | u32::from(b)) << (8 * (3 - group.len()));
            for place in 0..4 {
                let digit = digits[((bits >> (18 - 6 * place)) & 63) as usize] as char;
                code.push(if place > group.len() { '=' } else { digit });
            }
        }
        code
    }

    #[test]
    fn text_survives_and_signs_follow_it() {
        let vocabulary = small();
        let tokens = vocabulary.encode(" the cat thé");
        assert_eq!(vocabulary.decode(&tokens), " the cat thé");
        assert_eq!(&tokens[..2], [260, 263]);
        assert_eq!(vocabulary.end(), 264);
        assert_eq!((vocabulary.no_speech(), vocabulary.no_times()), (264 + 105, 264 + 106));
        assert!(
            vocabulary.may_be_heard(264) && vocabulary.may_be_heard(260) && !vocabulary.may_be_heard(265)
        );
        assert!(!vocabulary.may_be_heard(i64::from(b'[')));
        // Half of a character of two bytes may be heard: the other half makes it whole.
        assert!(vocabulary.may_be_heard(0xc3));
    }

    #[test]
    fn damaged_files_are_refused() {
        for (text, reason) in
            [("IQ== 1\n", "line 1"), ("IQ==\n", "line 1"), ("I!== 0\n", "line 1"), ("IQ== 0\n", "the byte 0")]
        {
            let error = Vocabulary::parse(text).err().unwrap();
            assert!(error.contains(reason), "{error}");
        }
        assert_eq!(base64("aGVsbG8="), Some(b"hello".to_vec()));
        assert!(base64("A===").is_none() && base64("").is_none() && base64("A").is_none());
    }
}
