//! Finds the stressed vowel of each word of a talk.

use super::timing::stressed_share;
use super::{in_lexicon, is_vowel, stresses};
use crate::script::{Phone, Talk, Word};

/// Words said without stress in running speech, in order: articles, prepositions, auxiliaries, most pronouns. The same list
/// as `tools/made-speech` has. `i` and `you` are not among them: people point when they say these.
const FUNCTION_WORDS: [&str; 65] = [
    "a", "am", "an", "and", "are", "as", "at", "be", "been", "being", "but", "by", "can", "could", "did",
    "do", "does", "for", "from", "had", "has", "have", "he", "her", "him", "his", "if", "in", "into", "is",
    "it", "its", "may", "me", "might", "must", "my", "nor", "of", "on", "or", "our", "shall", "she",
    "should", "so", "than", "that", "the", "their", "them", "there", "they", "to", "us", "was", "we", "were",
    "will", "with", "would", "you'd", "you'll", "you're", "your",
];

/// Phones may reach over the edge of their word by this much, in seconds.
const EDGE: f64 = 5e-3;

/// Whether a word, in small letters, is said without stress in running speech: it gets no gesture.
#[must_use]
pub fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.binary_search(&word).is_ok()
}

/// Fills [`Word::stress`], and the stress of the vowel that it lies in.
///
/// It is the middle of the vowel with primary stress among the aligned phones. Where the phones carry no stress, the lexicon
/// says which vowel it is, and for words beyond it the phones do: the first vowel that is neither AH nor a closing IY or ER
/// (about nine of ten English words). Where there are no phones, the pronunciation also says where in the word the vowel lies.
/// Function words get none.
pub fn mark_stress(talk: &mut Talk) {
    let Talk { words, phones, .. } = talk;
    for word in words {
        let from = phones.partition_point(|phone| middle(phone) < word.start - EDGE);
        let to = from + phones[from..].partition_point(|phone| middle(phone) <= word.end + EDGE);
        word.stress = (!is_function_word(&word.text)).then(|| stressed_moment(word, &mut phones[from..to]));
    }
}

fn middle(phone: &Phone) -> f64 {
    0.5 * (phone.start + phone.end)
}

fn stressed_moment(word: &Word, phones: &mut [Phone]) -> f64 {
    let vowels: Vec<usize> = (0..phones.len()).filter(|&index| is_vowel(&phones[index].symbol)).collect();
    let with_stress = |stress: u8| vowels.iter().copied().find(|&index| phones[index].stress == stress);
    let by_lexicon = || {
        if !in_lexicon(&word.text) {
            return None;
        }
        let expected = stresses(&word.text);
        let at = expected.iter().position(|stress| *stress == 1)?;
        // The aligner may have said the word with more or fewer vowels: the one at the like place is taken.
        let like = if expected.len() == vowels.len() { at } else { at * vowels.len() / expected.len() };
        vowels.get(like).copied()
    };
    let open = |index: &usize| {
        let (symbol, last) = (phones[*index].symbol.as_str(), index + 1 == phones.len());
        symbol != "AH" && !(last && matches!(symbol, "IY" | "ER"))
    };
    let chosen = with_stress(1)
        .or_else(by_lexicon)
        .or_else(|| with_stress(2))
        .or_else(|| vowels.iter().copied().find(open))
        .or_else(|| vowels.first().copied());
    if let Some(chosen) = chosen {
        phones[chosen].stress = 1;
        return middle(&phones[chosen]).clamp(word.start, word.end);
    }
    word.start + stressed_share(&word.text).unwrap_or(0.5) * (word.end - word.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, start: f64, end: f64) -> Word {
        Word { text: text.to_owned(), start, end, stress: None }
    }

    fn phone(symbol: &str, stress: u8, start: f64, end: f64) -> Phone {
        Phone { symbol: symbol.to_owned(), stress, start, end }
    }

    #[test]
    fn the_list_can_be_searched() {
        assert!(FUNCTION_WORDS.is_sorted());
        assert!(is_function_word("the") && is_function_word("your"));
        assert!(!is_function_word("you") && !is_function_word("i") && !is_function_word("no"));
    }

    #[test]
    fn aligned_phones_decide() {
        let mut phones = vec![
            phone("AH", 0, 0.0, 0.1),
            phone("B", 0, 0.1, 0.2),
            phone("AW", 1, 0.2, 0.4),
            phone("T", 0, 0.4, 0.5),
        ];
        let words = vec![word("about", 0.0, 0.5)];
        let mut talk = Talk { words, phones: phones.clone(), duration: 0.5, ..Talk::default() };
        mark_stress(&mut talk);
        assert!((talk.words[0].stress.unwrap() - 0.3).abs() < 1e-12);
        // Without stress digits the lexicon says which vowel it is.
        phones[2].stress = 0;
        talk.phones = phones;
        mark_stress(&mut talk);
        assert!((talk.words[0].stress.unwrap() - 0.3).abs() < 1e-12);
        assert_eq!(talk.phones[2].stress, 1);
    }

    #[test]
    fn without_phones_the_lexicon_guesses() {
        let mut talk = Talk {
            words: vec![word("the", 0.0, 0.1), word("tomorrow", 0.1, 0.7), word("of", 0.7, 0.8)],
            duration: 1.0,
            ..Talk::default()
        };
        mark_stress(&mut talk);
        assert_eq!((talk.words[0].stress, talk.words[2].stress), (None, None));
        let stress = talk.words[1].stress.unwrap();
        assert!((0.25..0.5).contains(&stress), "{stress}");
    }

    #[test]
    fn pointing_words_keep_their_stress() {
        let talk = Talk::timed("I told you, and my brother is big.", 150.0, 0);
        for text in ["i", "you", "big"] {
            assert!(talk.words.iter().find(|word| word.text == text).unwrap().stress.is_some(), "{text}");
        }
    }
}
