//! Where a word is stressed.

use super::{Phone, Talk, Word};

const VOWELS: [&str; 15] =
    ["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"];

/// Words said without stress, in order.
const FUNCTION_WORDS: [&str; 65] = [
    "a", "am", "an", "and", "are", "as", "at", "be", "been", "being", "but", "by", "can", "could", "did",
    "do", "does", "for", "from", "had", "has", "have", "he", "her", "him", "his", "if", "in", "into", "is",
    "it", "its", "may", "me", "might", "must", "my", "nor", "of", "on", "or", "our", "shall", "she",
    "should", "so", "than", "that", "the", "their", "them", "there", "they", "to", "us", "was", "we", "were",
    "will", "with", "would", "you'd", "you'll", "you're", "your",
];

/// Phones may reach over the edge of their word by this much, in seconds.
const EDGE: f64 = 5e-3;

/// Whether an ARPAbet symbol (without stress digit) is a vowel.
#[must_use]
pub fn is_vowel(symbol: &str) -> bool {
    VOWELS.contains(&symbol)
}

/// Whether a word, in small letters, is said without stress: articles, prepositions, auxiliaries, most pronouns.
/// `i` and `you` are not among them: people point when they say these.
#[must_use]
pub fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.binary_search(&word).is_ok()
}

/// Fills the stress of words and phones.
///
/// A word that is not a function word is stressed in the middle of its vowel with stress 1, or with the next best stress. Where
/// the phones carry no stress it is estimated: the first vowel that is neither AH nor a closing IY or ER, else the first vowel
/// (about nine of ten English words); without phones it is the middle of the word. Function words get none.
pub fn mark_stress(talk: &mut Talk) {
    let phones = &mut talk.phones;
    let mut from = 0;
    for word in &mut talk.words {
        while phones.get(from).is_some_and(|phone| middle(phone) < word.start - EDGE) {
            from += 1;
        }
        let mut to = from;
        while phones.get(to).is_some_and(|phone| middle(phone) <= word.end + EDGE) {
            to += 1;
        }
        word.stress =
            if is_function_word(&word.text) { None } else { Some(stress_of(word, &mut phones[from..to])) };
        from = to;
    }
}

fn middle(phone: &Phone) -> f64 {
    0.5 * (phone.start + phone.end)
}

fn stress_of(word: &Word, phones: &mut [Phone]) -> f64 {
    let vowels: Vec<usize> = (0..phones.len()).filter(|&index| is_vowel(&phones[index].symbol)).collect();
    let marked = |stress| vowels.iter().copied().find(|&index| phones[index].stress == stress);
    let open = |index: usize| {
        let last = index + 1 == phones.len();
        phones[index].symbol != "AH" && !(last && matches!(phones[index].symbol.as_str(), "IY" | "ER"))
    };
    let chosen = marked(1)
        .or_else(|| marked(2))
        .or_else(|| vowels.iter().copied().find(|&index| open(index)))
        .or_else(|| vowels.first().copied());
    let Some(chosen) = chosen else {
        return 0.5 * (word.start + word.end);
    };
    phones[chosen].stress = 1;
    middle(&phones[chosen]).clamp(word.start, word.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(FUNCTION_WORDS.is_sorted());
        assert!(is_function_word("the") && is_function_word("your"));
        assert!(!is_function_word("you") && !is_function_word("i") && !is_function_word("no"));
    }
}
