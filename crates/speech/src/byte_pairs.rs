//! Byte-level byte pair encoding, as GPT-2 introduced it (Radford et al. 2019, section 2.2); Whisper and RoBERTa write in it.

use std::collections::HashMap;

/// Longest stretch that is merged as one piece, in bytes. Merging takes time that grows with the square of it, and no
/// word of a language is nearly so long.
const LONGEST_PIECE: usize = 256;
const CONTRACTIONS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

/// Which neighbours are merged, and in what order.
pub(crate) struct BytePairs {
    /// Merged bytes to their rank; lower ranks are merged first.
    ranks: HashMap<Vec<u8>, u32>,
}

impl BytePairs {
    /// From the results of merges with their ranks.
    pub fn new(ranks: HashMap<Vec<u8>, u32>) -> Self {
        Self { ranks }
    }

    /// The tokens of a text, as bytes; put together they are the text.
    pub fn split(&self, text: &str) -> Vec<Vec<u8>> {
        words(text)
            .into_iter()
            .flat_map(|word| word.as_bytes().chunks(LONGEST_PIECE).flat_map(|piece| self.merge(piece)))
            .collect()
    }

    fn merge(&self, piece: &[u8]) -> Vec<Vec<u8>> {
        // Ends of the parts, which begin as single bytes.
        let mut ends: Vec<usize> = (1..=piece.len()).collect();
        loop {
            let mut best: Option<(u32, usize)> = None;
            let mut start = 0;
            for (part, pair) in ends.windows(2).enumerate() {
                if let Some(&rank) = self.ranks.get(&piece[start..pair[1]])
                    && best.is_none_or(|(lowest, _)| rank < lowest)
                {
                    best = Some((rank, part));
                }
                start = pair[0];
            }
            let Some((_, part)) = best else { break };
            ends.remove(part);
        }
        let mut start = 0;
        ends.into_iter().map(|end| piece[std::mem::replace(&mut start, end)..end].to_vec()).collect()
    }
}

/// The stretches inside of which bytes are merged: English contractions, letters, numbers, other signs (each with one space
/// before), and white space. GPT-2's pattern, with Rust's classes of characters.
fn words(text: &str) -> Vec<&str> {
    let mut result = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if let Some(short) = CONTRACTIONS.iter().find(|short| rest.starts_with(*short)) {
            short.len()
        } else {
            let space = usize::from(first == ' ');
            match rest[space..].chars().next() {
                Some(next) if !next.is_whitespace() => {
                    space + run(&rest[space..], |c| class(c) == class(next))
                }
                _ => {
                    let blank = run(rest, char::is_whitespace);
                    // The last blank before something else belongs to that, if anything is before it.
                    let last = rest[..blank].chars().next_back().map_or(0, char::len_utf8);
                    if blank < rest.len() && blank > last { blank - last } else { blank }
                }
            }
        };
        let (word, left) = rest.split_at(length);
        result.push(word);
        rest = left;
    }
    result
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn class(c: char) -> u8 {
    if c.is_whitespace() {
        0
    } else if c.is_alphabetic() {
        1
    } else if c.is_numeric() {
        2
    } else {
        3
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(merges: &[&str]) -> BytePairs {
        BytePairs::new(merges.iter().enumerate().map(|(i, m)| (m.as_bytes().to_vec(), i as u32)).collect())
    }

    #[test]
    fn words_are_split_as_gpt2_does() {
        assert_eq!(words("Hello  world, it's 25°!"), ["Hello", " ", " world", ",", " it", "'s", " 25", "°!"]);
        assert_eq!(words(" a\n\nb "), [" a", "\n", "\n", "b", " "]);
        assert_eq!(words("we'll  "), ["we", "'ll", "  "]);
        assert!(words("").is_empty());
    }

    #[test]
    fn lower_ranks_are_merged_first() {
        let text = |tokens: Vec<Vec<u8>>| -> Vec<String> {
            tokens.into_iter().map(|t| String::from_utf8(t).unwrap()).collect()
        };
        let pairs = pairs(&["er", "he", "her", " t", "th"]);
        assert_eq!(text(pairs.split("her the")), ["her", " t", "he"]);
        assert_eq!(text(self::pairs(&["th", "he"]).split("the")), ["th", "e"]);
    }

    proptest! {
        #[test]
        fn tokens_put_together_are_the_text(text in ".{0,60}", blanks in "[ \\n\\ta'sl1]{0,30}") {
            let pairs = pairs(&["er", "he", "  ", "'s", " a", "é"]);
            for text in [text, blanks] {
                prop_assert_eq!(pairs.split(&text).concat(), text.into_bytes());
            }
        }
    }
}
