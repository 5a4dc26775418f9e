//! Finds the stressed vowel of each word of a talk.

use super::timing::stressed_share;
use super::{is_vowel, is_weak, stresses};
use crate::script::{Phone, Talk, Word};

/// Fills [`Word::stress`]: the middle of the vowel with primary stress among the aligned phones. Where the phones carry
/// no stress, the lexicon says which vowel it is; where there are no phones, also where in the word it lies. Words said
/// without stress ("the", "of") get none.
pub fn mark_stress(talk: &mut Talk) {
    let Talk { words, phones, .. } = talk;
    for word in words {
        word.stress = if is_weak(&word.text) { None } else { stressed_moment(word, phones) };
    }
}

fn stressed_moment(word: &Word, phones: &[Phone]) -> Option<f64> {
    let middle = |phone: &Phone| 0.5 * (phone.start + phone.end);
    let vowels: Vec<&Phone> = phones
        .iter()
        .filter(|phone| is_vowel(&phone.symbol) && (word.start..word.end).contains(&middle(phone)))
        .collect();
    let with_stress = |stress: u8| vowels.iter().find(|phone| phone.stress == stress).copied();
    let by_lexicon = || {
        let expected = stresses(&word.text);
        let at = expected.iter().position(|stress| *stress == 1)?;
        // The aligner may have said the word with more or fewer vowels: the one at the like place is taken.
        let like = if expected.len() == vowels.len() { at } else { at * vowels.len() / expected.len() };
        vowels.get(like).copied()
    };
    let found = with_stress(1).or_else(by_lexicon).or_else(|| with_stress(2)).map(middle);
    found.or_else(|| {
        let length = word.end - word.start;
        stressed_share(&word.text).filter(|_| length > 0.0).map(|share| word.start + share * length)
    })
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
        for text in ["i", "you", "my", "big"] {
            assert!(talk.words.iter().find(|word| word.text == text).unwrap().stress.is_some(), "{text}");
        }
    }
}
