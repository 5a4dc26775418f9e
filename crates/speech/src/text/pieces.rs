//! Words to numbers: the word pieces of uncased BERT models (Devlin et al. 2018) and the byte pairs of RoBERTa.

use crate::byte_pairs::BytePairs;
use crate::{Result, SpeechError};
use std::collections::HashMap;
use std::path::Path;

/// Largest vocabulary file that is read, in bytes.
const LARGEST_FILE: u64 = 64 << 20;
/// Longer stretches without a break are unknown words, as in the published tokenizer.
const LONGEST_WORD: usize = 100;
/// Pieces of one word (by white space) that are kept.
const MOST_PIECES: usize = 64;
/// Letters whose accents uncased models do not know, and what they write instead.
const ACCENTED: [(&str, char); 13] = [
    ("àáâãäåāăą", 'a'),
    ("çćč", 'c'),
    ("ď", 'd'),
    ("èéêëēęě", 'e'),
    ("ìíîïī", 'i'),
    ("ñńň", 'n'),
    ("òóôõöōő", 'o'),
    ("řŕ", 'r'),
    ("śš", 's'),
    ("ťţ", 't'),
    ("ùúûüūůű", 'u'),
    ("ýÿ", 'y'),
    ("źżž", 'z'),
];

/// How a model writes words, and the signs it puts around a text.
pub(crate) struct Pieces {
    numbers: HashMap<Vec<u8>, i64>,
    /// Byte pairs; word pieces where there are none.
    pairs: Option<BytePairs>,
    /// The sign before a text.
    pub begin: i64,
    /// The sign behind a text.
    pub end: i64,
    unknown: i64,
}

impl Pieces {
    /// Reads `vocab.txt` (one piece a line) of an uncased BERT model.
    pub fn word_pieces(path: &Path) -> Result<Self> {
        let text = read(path)?;
        let numbers: HashMap<Vec<u8>, i64> = text
            .lines()
            .enumerate()
            .map(|(number, piece)| (piece.as_bytes().to_vec(), number as i64))
            .collect();
        Self::with_signs(path, numbers, None, ["[CLS]", "[SEP]", "[UNK]"])
    }

    /// Reads `vocab.json` (pieces to numbers) and `merges.txt` (pairs in the order in which they are merged) of a RoBERTa model.
    pub fn byte_pairs(vocabulary: &Path, merges: &Path) -> Result<Self> {
        let wrong = |path: &Path, what: String| SpeechError::Model { path: path.to_owned(), what };
        let written: HashMap<String, i64> =
            serde_json::from_str(&read(vocabulary)?).map_err(|error| wrong(vocabulary, error.to_string()))?;
        let letters = letters();
        // Signs such as <s> are spelled with themselves.
        let bytes = |piece: &str| -> Vec<u8> {
            let spelled: Option<Vec<u8>> = piece.chars().map(|c| letters.get(&c).copied()).collect();
            spelled.unwrap_or_else(|| piece.as_bytes().to_vec())
        };
        let numbers = written.iter().map(|(piece, &number)| (bytes(piece), number)).collect();
        let mut ranks = HashMap::new();
        let text = read(merges)?;
        for (line, pair) in text.lines().filter(|line| !line.starts_with("#version")).enumerate() {
            let Some((first, second)) = pair.split_once(' ') else {
                return Err(wrong(merges, format!("line {} is not a pair", line + 1)));
            };
            ranks.entry([bytes(first), bytes(second)].concat()).or_insert(line as u32);
        }
        Self::with_signs(vocabulary, numbers, Some(BytePairs::new(ranks)), ["<s>", "</s>", "<unk>"])
    }

    fn with_signs(
        path: &Path,
        numbers: HashMap<Vec<u8>, i64>,
        pairs: Option<BytePairs>,
        signs: [&str; 3],
    ) -> Result<Self> {
        let mut found = [0; 3];
        for (sign, number) in signs.into_iter().zip(&mut found) {
            *number = *numbers.get(sign.as_bytes()).ok_or_else(|| SpeechError::Model {
                path: path.to_owned(),
                what: format!("the vocabulary has no {sign}"),
            })?;
        }
        let [begin, end, unknown] = found;
        Ok(Self { numbers, pairs, begin, end, unknown })
    }

    /// The largest number in use.
    pub fn largest(&self) -> i64 {
        self.numbers.values().copied().max().unwrap_or(0)
    }

    /// The smallest number in use.
    pub fn smallest(&self) -> i64 {
        self.numbers.values().copied().min().unwrap_or(0)
    }

    /// The numbers of a word's pieces. `first`: it begins the text, which byte pairs mark by leaving the space away.
    pub fn of_word(&self, word: &str, first: bool) -> Vec<i64> {
        let mut result = Vec::new();
        if let Some(pairs) = &self.pairs {
            let text = if first { word.to_owned() } else { format!(" {word}") };
            result.extend(pairs.split(&text).iter().map(|piece| self.number(piece)));
        } else {
            for stretch in stretches(word) {
                self.longest_first(&stretch, &mut result);
            }
        }
        result.truncate(MOST_PIECES);
        result
    }

    fn number(&self, piece: &[u8]) -> i64 {
        self.numbers.get(piece).copied().unwrap_or(self.unknown)
    }

    /// The longest piece that begins the stretch, then the longest that goes on (marked `##`), and so on.
    fn longest_first(&self, stretch: &str, result: &mut Vec<i64>) {
        let before = result.len();
        if stretch.chars().count() > LONGEST_WORD {
            return result.push(self.unknown);
        }
        let mut rest = stretch;
        while !rest.is_empty() {
            let mark = if rest.len() == stretch.len() { "" } else { "##" };
            let ends = rest.char_indices().map(|(start, c)| start + c.len_utf8()).rev();
            let found = ends.into_iter().find_map(|end| {
                self.numbers.get(format!("{mark}{}", &rest[..end]).as_bytes()).map(|n| (*n, end))
            });
            let Some((number, end)) = found else {
                result.truncate(before);
                return result.push(self.unknown);
            };
            result.push(number);
            rest = &rest[end..];
        }
    }
}

/// A word in small letters without accents, cut at its marks, which stand alone; so does every Chinese character.
fn stretches(word: &str) -> Vec<String> {
    let mut result: Vec<String> = Vec::new();
    let mut open = false;
    for c in word.chars().flat_map(char::to_lowercase) {
        let c = ACCENTED.iter().find(|(accented, _)| accented.contains(c)).map_or(c, |(_, plain)| *plain);
        if c.is_whitespace() || c.is_control() || ('\u{300}'..='\u{36f}').contains(&c) {
            // Combining accents are left away, the rest separates.
            open = open && !c.is_whitespace();
            continue;
        }
        let alone = !c.is_alphanumeric() || ('\u{3400}'..='\u{9fff}').contains(&c);
        match result.last_mut() {
            Some(last) if open && !alone => last.push(c),
            _ => result.push(c.to_string()),
        }
        open = !alone;
    }
    result
}

/// The letters by which GPT-2's files spell bytes: printable ones stand for themselves, the others for those from U+0100 on.
fn letters() -> HashMap<char, u8> {
    let printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let mut next = 0x100u32;
    (0..=u8::MAX)
        .filter_map(|byte| {
            let letter = if printable(byte) {
                u32::from(byte)
            } else {
                next += 1;
                next - 1
            };
            char::from_u32(letter).map(|letter| (letter, byte))
        })
        .collect()
}

fn read(path: &Path) -> Result<String> {
    let wrong = |what: String| SpeechError::Model { path: path.to_owned(), what };
    let length = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
    if length > LARGEST_FILE {
        return Err(wrong(format!("{length} bytes are more than a vocabulary has")));
    }
    std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(lines: &str) -> Pieces {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vocab.txt");
        std::fs::write(&path, lines).unwrap();
        Pieces::word_pieces(&path).unwrap()
    }

    #[test]
    fn the_longest_pieces_come_first() {
        let pieces = pieces("[UNK]\n[CLS]\n[SEP]\nun\n##aff\n##able\n,\ncafe\n##a\n中");
        assert_eq!(pieces.of_word("Unaffable,", true), [3, 4, 5, 6]);
        assert_eq!(pieces.of_word("Café", false), [7]);
        assert_eq!(pieces.of_word("cafe\u{301}", false), [7]);
        assert_eq!(pieces.of_word("unx", false), [0]);
        assert_eq!(pieces.of_word("中中", false), [9, 9]);
        assert_eq!(pieces.of_word(&"un".repeat(80), false), [0]);
        assert_eq!(pieces.of_word(&",".repeat(80), false).len(), MOST_PIECES);
        assert!(pieces.of_word("", true).is_empty());
        assert_eq!((pieces.begin, pieces.end, pieces.largest(), pieces.smallest()), (1, 2, 9, 0));
    }

    #[test]
    fn byte_pairs_are_read_as_published() {
        let folder = tempfile::tempdir().unwrap();
        let (vocabulary, merges) = (folder.path().join("vocab.json"), folder.path().join("merges.txt"));
        let json = r#"{"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"h":4,"e":5,"he":6,"Ġ":7,"Ġhe":8,"Ã":9,"©":10}"#;
        std::fs::write(&vocabulary, json).unwrap();
        std::fs::write(&merges, "#version: 0.2\nh e\nĠ he\n").unwrap();
        let pieces = Pieces::byte_pairs(&vocabulary, &merges).unwrap();
        assert_eq!(pieces.of_word("he", true), [6]);
        assert_eq!(pieces.of_word("he", false), [8]);
        // é is two bytes; x is not in this vocabulary.
        assert_eq!(pieces.of_word("éx", true), [9, 10, 3]);
        assert_eq!((pieces.begin, pieces.end), (0, 2));
        std::fs::write(&merges, "h\n").unwrap();
        assert!(Pieces::byte_pairs(&vocabulary, &merges).err().unwrap().to_string().contains("line 1"));
        std::fs::write(&vocabulary, "{}").unwrap();
        std::fs::write(&merges, "h e\n").unwrap();
        assert!(Pieces::byte_pairs(&vocabulary, &merges).err().unwrap().to_string().contains("<s>"));
    }
}
